"""What a search for free times reads: who works when, which rooms and devices, what is held.

Holds come as text and each distinct text is read once: a full fortnight is thousands of them
and some hundred different instants.
"""

from __future__ import annotations

import datetime as dt
import uuid
from collections import defaultdict
from collections.abc import Iterable
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
from clinic.rules import day_span

DAY = dt.timedelta(days=1)
MINUTE = dt.timedelta(minutes=1)


class Asked:
    """What was asked, with the days as one line of minutes."""

    def __init__(self, clinic: Clinic, need: Need, first: dt.date, days: int) -> None:
        self.clinic, self.need, self.zone = clinic, need, clinic.zone
        self.days = [first + DAY * n for n in range(days)]
        self.window = Window([day_span(day, self.zone) for day in self.days])


def people_of(clinic: Clinic, practitioner: Practitioner | None) -> list[Practitioner]:
    """Who may be asked for, in name order, with their licenses."""
    if practitioner is None:
        return list(Practitioner.objects.working_in(clinic).prefetch_related("licenses"))
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


def things_of(clinic: Clinic, service: uuid.UUID) -> dict[str, list[str]]:
    """The keys of the clinic's rooms and devices in use: "room", "device" and, of those that the
    service is not done with, "unfit"."""
    rooms = Room.objects.filter(clinic=clinic, is_active=True).annotate(
        kind=Value("room"), fits=Value(True)
    )
    devices = devices_in_service(clinic, service).annotate(kind=Value("device"))
    found: dict[str, list[str]] = {"room": [], "device": [], "unfit": []}
    columns = ("kind", "pk", "fits")
    for kind, key, fits in (
        rooms.order_by().values_list(*columns).union(devices.order_by().values_list(*columns))
    ):
        found[kind if fits else "unfit"].append(key.hex)
    return found


def busy_of(
    asked: Asked,
    people: list[Practitioner],
    rooms: list[str],
    devices: list[str],
    patient: Patient | None,
    but: Appointment | None,
) -> dict[str, int]:
    """What each practitioner, room, device and the patient is busy with, by key as plain hex."""
    floor, ceil = _Read(asked.window.floor), _Read(asked.window.ceil)
    spans: dict[str, list[tuple[int, int]]] = defaultdict(list)
    for key, starts_at, ends_at in _held(asked, people, rooms, devices, patient, but):
        spans[key].append((floor[starts_at], ceil[ends_at]))
    found: dict[str, int] = defaultdict(int)
    for key, held in spans.items():
        found[key.replace("-", "")] = asked.window.mask(held)
    return found


def add_going_on(busy: dict[str, int], asked: Asked, at: dt.datetime) -> None:
    """Add to what each is busy with what goes on now, where today is among the days asked for."""
    if not asked.days[0] <= asked.clinic.day_of(at) <= asked.days[-1]:
        return
    window = asked.window
    for taken in taken_now(asked.clinic, at):
        minutes = (window.floor(taken.span.starts_at), window.ceil(taken.span.ends_at))
        for key in taken.keys:
            busy[key.hex] = busy.get(key.hex, 0) | window.mask([minutes])


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


def _held(
    asked: Asked,
    people: list[Practitioner],
    rooms: list[str],
    devices: list[str],
    patient: Patient | None,
    but: Appointment | None,
) -> Iterable[tuple[str, str, str]]:
    """(key, start, end) of all holds that touch the window, as text, in one query.

    One branch per lane, so that each is a walk along its own index.
    """
    holds = Hold.objects.crossing(
        asked.window.zero, asked.window.zero + MINUTE * asked.window.length
    ).order_by()
    if but is not None:
        holds = holds.exclude(appointment=but)

    def lane(name: str, rows: Iterable[Any]) -> QuerySet[Any, Any]:
        return holds.filter(**{f"{name}__in": rows}).values_list(
            *(Cast(F(column), TextField()) for column in (f"{name}_id", "starts_at", "ends_at"))
        )

    branches = [lane("practitioner", people), lane("room", rooms), lane("device", devices)]
    if patient is not None:
        branches.append(lane("patient", [patient]))
    return branches[0].union(*branches[1:], all=True)
