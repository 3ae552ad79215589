"""What a search for free times reads: who works when, which rooms and devices, what is held.

Holds come as text and each distinct text is read once: a full fortnight is thousands of them
and some hundred different instants.
"""

from __future__ import annotations

import datetime as dt
import uuid
from collections import defaultdict
from functools import lru_cache
from typing import Any
from zoneinfo import ZoneInfo

from django.db.models import F, QuerySet, TextField, Value
from django.db.models.functions import Cast

from bookings.models import Appointment, Hold
from bookings.queries.going_on import taken_now
from bookings.queries.offered import devices_in_service
from bookings.queries.rosters import rosters_of
from bookings.rules.free_times import Need, Window
from bookings.rules.rosters import Roster
from bookings.rules.shifts import shift_span
from clinic.models import Clinic, Patient, Practitioner, Room
from clinic.prepared import prepared
from clinic.queries.licenses import Held, practitioners_of, with_licenses
from clinic.rules import day_span

DAY = dt.timedelta(days=1)


class Asked:
    """What was asked, with the days as one line of minutes."""

    def __init__(self, clinic: Clinic, need: Need, first: dt.date, days: int) -> None:
        self.clinic, self.need, self.zone = clinic, need, clinic.zone
        self.days = [first + DAY * n for n in range(days)]
        self.window = _window(first, days, clinic.zone, clinic.start_step_min)


# What follows from the days and a roster alone is worked out once and kept: clerks who lose one
# time all ask for the days around it.
@lru_cache(maxsize=64)
def _window(first: dt.date, days: int, zone: ZoneInfo, step_min: int) -> Window:
    """Days in a row as one line of minutes."""
    spans = [day_span(first + DAY * n, zone) for n in range(days)]
    return Window(spans, step_min=step_min, zone=zone)


@lru_cache(maxsize=1024)
def _at_work(window: Window, roster: Roster, first: dt.date, days: int, zone: ZoneInfo) -> int:
    """When someone is at work on the days of a window, as a mask."""
    # A treatment that begins on the last evening ends in the next day's shift.
    return window.at_work(roster.works(first=first, last=first + DAY * days, zone=zone))


def people_of(clinic: Clinic, practitioner: Practitioner | None) -> dict[Practitioner, list[Held]]:
    """Who may be asked for, in name order, with their licenses."""
    if practitioner is None:
        return with_licenses(practitioners_of(clinic))
    # One who does not work in this clinic has no shift in it.
    return with_licenses([practitioner] if practitioner.is_active else [])


def works_of(
    asked: Asked, people: list[Practitioner]
) -> tuple[dict[uuid.UUID, Roster], dict[uuid.UUID, int]]:
    """By key, what says when each is at work, and when that is, as a mask."""
    first, days = asked.days[0], len(asked.days)
    found = rosters_of(asked.clinic, first=first, last=first + DAY * days, people=people)
    rosters = {one.pk: found.of(one.pk) for one in people}
    return rosters, {
        key: _at_work(asked.window, roster, first, days, asked.zone)
        for key, roster in rosters.items()
    }


def opening_of(asked: Asked) -> int:
    """When the clinic is open, as a mask; on the evening before the first day too."""
    days = (asked.days[0] - DAY, *asked.days)
    opening = ((day, asked.clinic.open_from(day)) for day in days)
    return asked.window.at_work(
        shift_span(day, *hours, asked.zone) for day, hours in opening if hours is not None
    )


def shut_on(asked: Asked) -> dict[dt.date, int]:
    """The days without opening hours, each with its minutes as a mask."""
    return {
        day: asked.window.at_work([span])
        for day, span in zip(asked.days, asked.window.days, strict=True)
        if asked.clinic.open_from(day) is None
    }


def shut_for(roster: Roster, shut: dict[dt.date, int]) -> int:
    """Those of the shut days on which someone has no hours of that day alone, as one mask."""
    found = 0
    for day, minutes in shut.items():
        if not roster.hours_of_its_own(day):
            found |= minutes
    return found


def things_of(clinic: Clinic, service: uuid.UUID) -> dict[str, list[uuid.UUID]]:
    """The keys of the clinic's rooms and devices in use: "room", "device" and, of those that the
    service is not done with, "unfit"."""
    found: dict[str, list[uuid.UUID]] = {"room": [], "device": [], "unfit": []}
    for kind, key, fits in _things(clinic=clinic.pk, service=service):
        found[kind if fits else "unfit"].append(key)
    return found


@prepared
def _things(*, clinic: Any, service: Any) -> QuerySet[Any, Any]:
    rooms = Room.objects.filter(clinic=clinic, is_active=True).annotate(
        kind=Value("room"), fits=Value(True)
    )
    devices = devices_in_service(clinic, service).annotate(kind=Value("device"))
    columns = ("kind", "pk", "fits")
    listed: QuerySet[Any, Any] = rooms.order_by().values_list(*columns)
    return listed.union(devices.order_by().values_list(*columns))


def busy_of(
    asked: Asked,
    people: list[Practitioner],
    rooms: list[uuid.UUID],
    devices: list[uuid.UUID],
    patient: Patient | None,
    but: Appointment | None,
) -> dict[uuid.UUID, int]:
    """What each practitioner, room, device and the patient is busy with, by key."""
    window = asked.window
    rows = _held(
        first=window.zero,
        last=window.instant(window.length),
        people=[one.pk for one in people],
        rooms=rooms,
        devices=devices,
        patient=patient.pk if patient else None,
        but=but.pk if but else None,
    )
    floor, ceil = _Read(window.floor), _Read(window.ceil)
    spans: dict[str, list[tuple[int, int]]] = defaultdict(list)
    for key, starts_at, ends_at in rows:
        spans[key].append((floor[starts_at], ceil[ends_at]))
    found: dict[uuid.UUID, int] = defaultdict(int)
    for key, held in spans.items():
        found[uuid.UUID(key)] = window.mask(held)
    return found


def add_going_on(busy: dict[uuid.UUID, int], asked: Asked, at: dt.datetime) -> None:
    """Add to what each is busy with what goes on now, where today is among the days asked for."""
    if not asked.days[0] <= asked.clinic.day_of(at) <= asked.days[-1]:
        return
    window = asked.window
    for taken in taken_now(asked.clinic, at):
        minutes = (window.floor(taken.span.starts_at), window.ceil(taken.span.ends_at))
        for key in taken.keys:
            busy[key] = busy.get(key, 0) | window.mask([minutes])


class _Read(dict[str, int]):
    """An instant's text → its minute on the window's line; each distinct text is read once."""

    def __init__(self, place: Any) -> None:
        self.place = place

    def __missing__(self, text: str) -> int:
        instant = dt.datetime.fromisoformat(text)
        if instant.tzinfo is None:
            instant = instant.replace(tzinfo=dt.UTC)
        self[text] = found = self.place(instant)
        return found


@prepared
def _held(
    *, first: Any, last: Any, people: Any, rooms: Any, devices: Any, patient: Any, but: Any
) -> QuerySet[Any, Any]:
    """(key, start, end) of all holds that touch the window, as text, in one query.

    One branch per lane, so that each is a walk along its own index.
    """
    holds = Hold.objects.crossing(first, last).order_by()
    if but is not None:
        holds = holds.besides(but)

    def lane(name: str, which: dict[str, Any]) -> QuerySet[Any, Any]:
        return holds.filter(**which).values_list(
            *(Cast(F(column), TextField()) for column in (f"{name}_id", "starts_at", "ends_at"))
        )

    branches = [
        lane("practitioner", {"practitioner__in": people}),
        lane("room", {"room__in": rooms}),
        lane("device", {"device__in": devices}),
    ]
    if patient is not None:
        branches.append(lane("patient", {"patient": patient}))
    return branches[0].union(*branches[1:], all=True)
