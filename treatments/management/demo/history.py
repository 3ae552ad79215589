"""The demo's past, planned: who came when, where, to whom, and out of which lot."""

from __future__ import annotations

import datetime as dt
from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass

from bookings.models import Appointment, Service
from clinic.models import Device, Patient, Practitioner, Room
from treatments.management.demo.clinics import CLOSES, OPENS, Site
from treatments.management.demo.holidays import at_the_desk, is_holiday
from treatments.models import Treatment

MOST_A_DAY = 34
SHORTEST_DAYS = 36
BATCH = 1000
# One unit in so many is dropped while it is mounted, and a second one opened.
DROPPED_EVERY = 41
LEFT_OVER = 24


@dataclass(slots=True)
class Past:
    """One past visit, treated and signed. `starts_at` is UTC; `units` are its unit numbers,
    of which the last was used and an earlier one dropped."""

    day: dt.date
    starts_at: dt.datetime
    practitioner: Practitioner
    patient: Patient
    service: Service
    room: Room
    device: Device
    booked_at: dt.datetime
    units: tuple[int, ...] = ()

    @property
    def comes_at(self) -> dt.datetime:
        """When the patient was due and the cream went on."""
        return self.starts_at - dt.timedelta(minutes=self.service.numbing_min)

    @property
    def ends_at(self) -> dt.datetime:
        """When the treatment was finished."""
        return self.starts_at + dt.timedelta(minutes=self.service.treatment_min - 3)


@dataclass(slots=True)
class Delivery:
    """A past delivery: a lot of `units` cartridges, received at `at` (UTC)."""

    day: dt.date
    at: dt.datetime
    lot: str
    units: int
    expires_on: dt.date


@dataclass
class Shelf:
    """What there is to open, first in, first out; more is delivered when it runs low."""

    site: Site
    to_come: int
    size: int
    first_number: int = 1

    def __post_init__(self) -> None:
        self.ready: deque[int] = deque()
        self.deliveries: list[Delivery] = []

    def take(self, day: dt.date) -> int:
        """The number of the next unit; a delivery of that morning where none is left."""
        if not self.ready:
            units = min(self.size, self.to_come)
            self.to_come -= units
            self.deliveries.append(
                Delivery(
                    day=day,
                    at=wall(self.site, day, OPENS * 60 - 30),
                    lot=f"{self.site.clinic.state}{day:%y%m%d}",
                    units=units,
                    expires_on=day + dt.timedelta(days=540 + day.day),
                )
            )
            self.ready.extend(range(self.first_number, self.first_number + units))
            self.first_number += units
        return self.ready.popleft()


def wall(site: Site, day: dt.date, minute: int) -> dt.datetime:
    """A minute of the clinic's wall clock, in UTC."""
    local = dt.datetime.combine(day, dt.time(minute // 60, minute % 60), tzinfo=site.clinic.zone)
    return local.astimezone(dt.UTC)


def working_days(count: int, *, last: dt.date) -> list[tuple[dt.date, int]]:
    """Days from Monday to Saturday up to `last` that are no holidays, and the visits of each."""
    length = max(min(SHORTEST_DAYS, count), -(-count // MOST_A_DAY))
    days: list[dt.date] = []
    day = last
    while len(days) < length:
        if day.weekday() != 6 and not is_holiday(day):
            days.append(day)
        day -= dt.timedelta(days=1)
    days.reverse()
    return [
        (one, (number + 1) * count // length - number * count // length)
        for number, one in enumerate(days)
    ]


def day_visits(site: Site, day: dt.date, count: int, patients: Iterator[Patient]) -> list[Past]:
    """So many visits of one day, room by room, none of which meets another; fewer if full."""
    rooms = min(len(site.rooms), -(-count // 8))
    pause = max(0, ((CLOSES - OPENS) * 60 * rooms // count - 90) // 5 * 5)
    room_free = [OPENS * 60 + 15 * number for number in range(rooms)]
    people = site.at_work(day)
    free_at = [0] * len(people)
    opening = wall(site, day, OPENS * 60)
    found: list[Past] = []
    while len(found) < count:
        room = min(range(rooms), key=room_free.__getitem__)
        service = site.short if (len(found) + day.day) % 3 == 0 else site.long
        starts = room_free[room] + service.numbing_min
        who = min(range(len(people)), key=free_at.__getitem__)
        starts = max(starts, free_at[who])
        if starts + service.treatment_min > CLOSES * 60:
            break
        free_at[who] = starts + service.treatment_min
        room_free[room] = free_at[who] + service.clean_down_min + pause
        starts_at = opening + dt.timedelta(minutes=starts - OPENS * 60)
        found.append(
            Past(
                day=day,
                starts_at=starts_at,
                practitioner=people[who],
                patient=next(patients),
                service=service,
                room=site.rooms[room],
                device=site.devices[room],
                booked_at=starts_at,
            )
        )
    return found


def batches(
    site: Site, count: int, patients: list[Patient], *, last: dt.date
) -> Iterator[list[Past]]:
    """`count` past visits up to the clinic-local day `last`, in time order, batch by batch."""
    turns = _in_turn(patients)
    batch: list[Past] = []
    over = 0
    for day, share in working_days(count, last=last):
        visits = day_visits(site, day, share + over, turns) if share + over else []
        over += share - len(visits)
        batch += visits
        if len(batch) >= BATCH:
            yield _booked(site, batch)
            batch = []
    if over:
        raise ValueError(f"{over} past visits found no place.")
    if batch:
        yield _booked(site, batch)


def _booked(site: Site, batch: list[Past]) -> list[Past]:
    """Give each visit the time at which it was booked, within the batch, so that the audit
    of one batch ends before the next begins."""
    earliest = wall(site, batch[0].day, OPENS * 60 - 20)
    for number, visit in enumerate(batch):
        about = visit.comes_at - dt.timedelta(days=1 + number % 9, minutes=number % 50)
        visit.booked_at = max(earliest, at_the_desk(about, site.clinic.local(about)))
    return batch


def _in_turn(patients: list[Patient]) -> Iterator[Patient]:
    while True:
        yield from patients


def already(site: Site) -> int:
    """How many signed treatments the clinic has."""
    return Treatment.objects.filter(clinic=site.clinic, status="signed").count()


def first_day(site: Site, *, today: dt.date) -> dt.date:
    """The clinic-local day before which more past can be put: before any visit on file."""
    earliest = Appointment.objects.filter(clinic=site.clinic).order_by("local_date").first()
    return min(earliest.local_date if earliest else today, today - dt.timedelta(days=1))
