"""What a search for free times reads: who works when, which rooms and devices, what is held.

Holds come as text and each distinct text is read once: a full fortnight is thousands of them
and some hundred different instants.
"""

from __future__ import annotations

import datetime as dt
import uuid
from collections import defaultdict
from typing import Any

from django.db.models import F, QuerySet, TextField, Value, prefetch_related_objects
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
from clinic.queries.licenses import practitioners_of
from clinic.rules import day_span

DAY = dt.timedelta(days=1)


class Asked:
    """What was asked, with the days as one line of minutes."""

    def __init__(self, clinic: Clinic, need: Need, first: dt.date, days: int) -> None:
        self.clinic, self.need, self.zone = clinic, need, clinic.zone
        self.days = [first + DAY * n for n in range(days)]
        self.window = Window(
            [day_span(day, self.zone) for day in self.days],
            step_min=clinic.start_step_min,
            zone=self.zone,
        )


def people_of(clinic: Clinic, practitioner: Practitioner | None) -> list[Practitioner]:
    """Who may be asked for, in name order, with their licenses."""
    if practitioner is None:
        people = practitioners_of(clinic)
    else:
        # One who does not work in this clinic has no shift in it.
        people = [practitioner] if practitioner.is_active else []
    prefetch_related_objects(people, "licenses")
    return people


def works_of(
    asked: Asked, people: list[Practitioner]
) -> tuple[dict[uuid.UUID, Roster], dict[uuid.UUID, int]]:
    """By key, what says when each is at work, and when that is, as a mask."""
    # A treatment that begins on the last evening ends in the next day's shift.
    first, last = asked.days[0], asked.days[-1] + DAY
    found = rosters_of(asked.clinic, first=first, last=last, people=people)
    rosters = {one.pk: found.of(one.pk) for one in people}
    return rosters, {
        key: asked.window.at_work(roster.works(first=first, last=last, zone=asked.zone))
        for key, roster in rosters.items()
    }


def opening_of(asked: Asked) -> int:
    """When the clinic is open, as a mask; on the evening before the first day too."""
    days = (asked.days[0] - DAY, *asked.days)
    opening = ((day, asked.clinic.open_from(day)) for day in days)
    return asked.window.at_work(
        shift_span(day, *hours, asked.zone) for day, hours in opening if hours is not None
    )


def shut_for(asked: Asked, roster: Roster) -> int:
    """The days without opening hours, as a mask, but those on which she has hours of that day."""
    days = [day for day in asked.days if asked.clinic.open_from(day) is None]
    return asked.window.at_work(
        day_span(day, asked.zone) for day in days if not roster.hours_of_its_own(day)
    )


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
