"""Free times: when a visit fits, for one practitioner or for all, over days in a row.

Five queries whatever is asked. Holds come as text and each distinct text is read once: a
full fortnight is thousands of them and some hundred different instants.
"""

from __future__ import annotations

import datetime as dt
import heapq
import uuid
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any

from django.db.models import F, QuerySet, TextField, Value
from django.db.models.functions import Cast

from bookings.models import Appointment, Hold, Service, Shift
from bookings.rules.free_times import Need, Window, free_starts, minutes, patient_free, places
from bookings.rules.shifts import working_time
from bookings.rules.visit import FARTHEST
from clinic.models import Clinic, Device, Patient, Practitioner, Room
from clinic.rules import covers, day_span, say_time

MOST_DAYS = 31
NEAR_DAYS = 14
# A caller would rather wait so long for the person she asked for than see someone else.
ANOTHER_PERSON_MIN = 45
DAY = dt.timedelta(days=1)
MINUTE = dt.timedelta(minutes=1)


@dataclass(frozen=True, slots=True)
class FreeTime:
    """One start that is free: `starts_at` in UTC, `says` as the clinic's clock shows it.

    `key` is what a form sends back when this time is chosen: with whom and when.
    """

    practitioner: Practitioner
    day: dt.date
    starts_at: dt.datetime
    says: str
    key: str


@dataclass(slots=True)
class FreeLine:
    """One practitioner's free times on one clinic-local day.

    `more` counts those left out; `why` says why no license covers the day ("" when one does).
    """

    practitioner: Practitioner
    day: dt.date
    times: list[FreeTime] = field(default_factory=list)
    more: int = 0
    why: str = ""


def free_times(
    *,
    clinic: Clinic,
    need: Service | Appointment,
    first: dt.date,
    days: int,
    at: dt.datetime,
    practitioner: Practitioner | None = None,
    patient: Patient | None = None,
    but: Appointment | None = None,
    most: int | None = None,
) -> list[FreeLine]:
    """Where a visit of this need fits, by day and then by practitioner in name order.

    Starts lie on the quarter hour, from the clinic-local date `first` on. What is offered can
    be booked now: licensed (R17, R25), at work (T1), with a room and a device (R47), the
    patient free, the numbing not in the past. `most` caps the times of a line; `but` is a
    visit being moved, whose own holds do not count.
    """
    asked = _Asked(clinic, Need.of(need), first, min(days, MOST_DAYS))
    people = _people(clinic, practitioner)
    works = _works(asked, people)
    rooms, devices = _things(clinic)
    busy = _busy(asked, people, rooms, devices, patient, but)
    elsewise = (
        places(
            asked.window,
            asked.need,
            rooms=[busy[one] for one in rooms],
            devices=[busy[one] for one in devices],
        )
        & patient_free(asked.window, asked.need, busy[patient.pk.hex] if patient else 0)
        & asked.window.between(at + MINUTE * asked.need.numbing_min, at + FARTHEST)
    )
    free = {
        one.pk: free_starts(
            asked.window,
            asked.need,
            at_work=works[one.pk],
            busy=busy[one.pk.hex],
            elsewise=elsewise,
        )
        for one in people
    }
    return [
        _line(asked, one, index, free[one.pk], most)
        for index in range(len(asked.days))
        for one in people
    ]


def nearest_free_times(
    *,
    clinic: Clinic,
    need: Service | Appointment,
    around: dt.datetime,
    at: dt.datetime,
    practitioner: Practitioner | None = None,
    patient: Patient | None = None,
    but: Appointment | None = None,
    count: int = 3,
) -> list[FreeTime]:
    """The free times nearest to the instant `around`, in time order, for the loser of a race.

    Looks at two weeks. Each time is offered with one person: with a practitioner named, with
    her, unless someone else is free three quarters of an hour nearer.
    """
    first = max(clinic.day_of(around) - 2 * DAY, clinic.day_of(at))
    lines = free_times(
        clinic=clinic,
        need=need,
        first=first,
        days=NEAR_DAYS,
        at=at,
        patient=patient,
        but=but,
    )

    def cost(time: FreeTime) -> tuple[float, bool, dt.datetime, str]:
        away = abs(time.starts_at - around) / MINUTE
        another = practitioner is not None and time.practitioner.pk != practitioner.pk
        if another:
            away += ANOTHER_PERSON_MIN
        return away, another, time.starts_at, time.practitioner.name

    best: dict[dt.datetime, FreeTime] = {}
    for line in lines:
        for time in line.times:
            rival = best.get(time.starts_at)
            if rival is None or cost(time) < cost(rival):
                best[time.starts_at] = time
    found = heapq.nsmallest(count, best.values(), key=cost)
    return sorted(found, key=lambda time: time.starts_at)


class _Asked:
    """What was asked, with the days as one line of minutes."""

    def __init__(self, clinic: Clinic, need: Need, first: dt.date, days: int) -> None:
        self.clinic, self.need, self.zone = clinic, need, clinic.zone
        self.days = [first + DAY * n for n in range(days)]
        self.window = Window([day_span(day, self.zone) for day in self.days])

    def time(self, practitioner: Practitioner, index: int, minute: int) -> FreeTime:
        """The free time that many minutes after a day's first instant."""
        start, end = self.window.days[index]
        starts_at = start + MINUTE * minute
        if end - start == DAY:
            says = _says(minute)
        else:
            local = starts_at.astimezone(self.zone)
            says = say_time(local)
            if local.replace(fold=0).utcoffset() != local.replace(fold=1).utcoffset():
                says += f" {local:%Z}"
        key = f"{practitioner.pk}@{starts_at.isoformat()[:16]}Z"
        return FreeTime(practitioner, self.days[index], starts_at, says, key)


@lru_cache(maxsize=24 * 60)
def _says(minute: int) -> str:
    """A minute of a day without a clock change, as the clock shows it."""
    return say_time(dt.datetime(2000, 1, 1, minute // 60, minute % 60, tzinfo=dt.UTC))


def _people(clinic: Clinic, practitioner: Practitioner | None) -> list[Practitioner]:
    people = Practitioner.objects.working_in(clinic).prefetch_related("licenses")
    return list(people.filter(pk=practitioner.pk) if practitioner else people)


def _works(asked: _Asked, people: list[Practitioner]) -> dict[uuid.UUID, int]:
    # A treatment that begins on the last evening ends in the next day's shift.
    first, last = asked.days[0], asked.days[-1] + DAY
    shifts: dict[uuid.UUID, list[Any]] = defaultdict(list)
    rows = Shift.objects.in_force(asked.clinic, first=first, last=last)
    for row in rows.filter(practitioner__in=people).values_list(
        "practitioner_id", "weekday", "starts_min", "ends_min", "valid_from", "valid_to", named=True
    ):
        shifts[row.practitioner_id].append(row)
    return {
        one.pk: asked.window.at_work(
            working_time(shifts[one.pk], first=first, last=last, zone=asked.zone)
        )
        for one in people
    }


def _things(clinic: Clinic) -> tuple[list[str], list[str]]:
    """The keys of the clinic's rooms and devices in use."""
    rooms = Room.objects.filter(clinic=clinic, is_active=True).annotate(kind=Value("room"))
    devices = Device.objects.filter(clinic=clinic, status=Device.Status.IN_SERVICE).annotate(
        kind=Value("device")
    )
    found: dict[str, list[str]] = {"room": [], "device": []}
    columns = ("kind", "pk")
    for kind, key in (
        rooms.order_by().values_list(*columns).union(devices.order_by().values_list(*columns))
    ):
        found[kind].append(key.hex)
    return found["room"], found["device"]


def _busy(
    asked: _Asked,
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
    asked: _Asked,
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


def _line(asked: _Asked, one: Practitioner, index: int, free: int, most: int | None) -> FreeLine:
    day = asked.days[index]
    line = FreeLine(one, day)
    verdict = covers(one.licenses.all(), name=one.name, state=asked.clinic.state, on=day)
    if not verdict.allowed:
        line.why = verdict.reason
        return line
    here = asked.window.on_day(free, index)
    for minute in minutes(here):
        if most is not None and len(line.times) == most:
            line.more = here.bit_count() - most
            break
        line.times.append(asked.time(one, index, minute))
    return line
