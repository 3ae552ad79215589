"""The demo's days: yesterday, today as far as the clock has come, and those ahead."""

from __future__ import annotations

import datetime as dt
import uuid
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field

from bookings.models import ShiftException
from bookings.rules.shifts import shift_span
from clinic.models import Patient
from clinic.rules import covers, day_span
from treatments.management.demo.clinics import CLOSES, OPENS, Site
from treatments.management.demo.holidays import is_holiday
from treatments.management.demo.stockroom import deliveries
from treatments.management.demo.visits import TREATED, Act, Fate, Visit, minutes

F = Fate
# Practitioner → the spans in which she treats, whatever the clinic.
Busy = dict[uuid.UUID, list[tuple[dt.datetime, dt.datetime]]]
# The visit whose patient has come early and waits.
WAITING = 50
# Per practitioner in the plan's order: minutes from the present to the start of each visit,
# minutes of treatment, and how it goes. At any hour somebody is numbing, somebody is in
# treatment, and somebody waits.
TODAY: tuple[tuple[tuple[int, int, Fate], ...], ...] = (
    (
        (-255, 45, F.TREATED),
        (-165, 30, F.DROPPED),
        (-75, 45, F.UNSIGNED),
        (15, 30, F.TREATED),
        (75, 45, F.CONFIRMED),
        (150, 30, F.BOOKED),
        (225, 45, F.BOOKED),
    ),
    (
        (-225, 45, F.TREATED),
        (-135, 45, F.TREATED),
        (-75, 45, F.CANCELLED),
        (-15, 45, F.TREATED),
        (60, 30, F.CONFIRMED),
        (120, 45, F.BOOKED),
    ),
    (
        (-240, 30, F.TREATED),
        (-180, 45, F.TREATED),
        (-105, 30, F.MISSED),
        (-45, 30, F.TREATED),
        (WAITING, 30, F.TREATED),
        (105, 45, F.BOOKED),
        (180, 30, F.CONFIRMED),
    ),
    (
        (-210, 45, F.TREATED),
        (-120, 30, F.ENDED_EARLY),
        (-60, 45, F.TREATED),
        (45, 45, F.CONFIRMED),
        (135, 30, F.BOOKED),
    ),
)
# Minutes after midnight on other days, and how those of yesterday went.
YESTERDAY = (
    ((555, 45, F.TREATED), (645, 30, F.UNSIGNED), (810, 45, F.TREATED), (930, 30, F.TREATED)),
    ((570, 30, F.TREATED), (660, 45, F.CONTAMINATED), (840, 30, F.MISSED)),
    ((585, 45, F.DROPPED), (690, 30, F.ENDED_EARLY), (795, 45, F.TREATED)),
    ((600, 45, F.TREATED), (720, 30, F.TREATED)),
)
COMING = ((570, 45), (660, 30), (810, 45), (900, 30), (990, 45))
DAYS_AHEAD = 12
# So much of today around the present is worked, also when the demo is set up at night.
AROUND = minutes(150)


@dataclass
class Queue:
    """The patients of a site, taken in turn; those whose skin `rests` are passed over (R35)."""

    patients: list[Patient]
    turn: int = 0
    rests: set[uuid.UUID] = field(default_factory=set)

    def next(self) -> Patient:
        for _ in self.patients:
            self.turn += 1
            found = self.patients[self.turn % len(self.patients)]
            if found.pk not in self.rests:
                return found
        raise ValueError("Every patient of the demo was treated just now.")


def play(sites: list[tuple[Site, Queue]], *, now: dt.datetime, password: str) -> int:
    """Play every act up to the present, in the order in which they happen; how many there were."""
    acts: list[Act] = []
    busy: Busy = defaultdict(list)
    for site, queue in sites:
        acts += deliveries(site, now=now, password=password)
        visits = [
            *_yesterday(site, queue, now, password),
            *_today(site, queue, now, password),
        ]
        queue.rests |= {one.patient.pk for one in visits if one.fate in TREATED}
        visits += _coming(site, queue, now, password)
        for visit in seated(site, visits, busy):
            acts += visit.acts()
    # Stable, so that acts of one instant keep the order of their visit.
    due = sorted((act for act in acts if act[0] <= now), key=lambda act: act[0])
    for at, act in due:
        act(at)
    return len(due)


def seated(site: Site, visits: list[Visit], busy: Busy | None = None) -> list[Visit]:
    """Give each visit a room, and that room's pen; a visit that finds none is left out.

    So is one of somebody who is `busy` then in another clinic: she has one lane in all of them.
    """
    free_at = [dt.datetime.min.replace(tzinfo=dt.UTC)] * len(site.rooms)
    found = []
    busy = defaultdict(list) if busy is None else busy
    for visit in sorted(visits, key=lambda one: one.comes_at):
        hers = busy[visit.practitioner.pk]
        if any(first < visit.ends_at and visit.starts_at < last for first, last in hers):
            continue
        for number, free in enumerate(free_at):
            if free <= visit.comes_at:
                visit.room, visit.device = site.rooms[number], site.devices[number]
                free_at[number] = visit.ends_at + minutes(visit.service.clean_down_min)
                found.append(visit)
                hers.append((visit.starts_at, visit.ends_at))
                break
    return found


def _yesterday(site: Site, queue: Queue, now: dt.datetime, password: str) -> Iterator[Visit]:
    day = site.clinic.day_of(now) - dt.timedelta(days=1)
    for who, lane in zip(site.at_work(day), YESTERDAY, strict=False):
        for minute, length, fate in lane:
            starts_at = _wall(site, day, minute)
            yield Visit(
                site=site,
                practitioner=who,
                patient=queue.next(),
                service=site.long if length == 45 else site.short,
                starts_at=starts_at,
                booked_at=starts_at - dt.timedelta(days=2, minutes=minute % 60),
                fate=fate,
                password=password,
            )


def _today(site: Site, queue: Queue, now: dt.datetime, password: str) -> Iterator[Visit]:
    today = site.clinic.day_of(now)
    present = now - dt.timedelta(minutes=now.minute % 15, seconds=now.second)
    present = present.replace(microsecond=0)
    opens, closes = _open_around(site, now)
    midnight, _ = day_span(today, site.clinic.zone)
    for who, lane in zip(site.at_work(today), TODAY, strict=False):
        for offset, length, fate in lane:
            service = site.long if length == 45 else site.short
            starts_at = present + minutes(offset)
            visit = Visit(
                site=site,
                practitioner=who,
                patient=queue.next(),
                service=service,
                starts_at=starts_at,
                booked_at=now - dt.timedelta(days=1, minutes=300 + offset % 97),
                fate=fate,
                password=password,
            )
            if offset == WAITING and fate in TREATED:
                visit.arrives_at = now - minutes(6)
            arrives_at = visit.arrives_at or visit.comes_at - minutes(6)
            if arrives_at < midnight or starts_at < opens:
                continue
            if starts_at + minutes(length) <= closes:
                yield visit


def _coming(site: Site, queue: Queue, now: dt.datetime, password: str) -> Iterator[Visit]:
    today = site.clinic.day_of(now)
    for ahead in range(1, DAYS_AHEAD + 1):
        day = today + dt.timedelta(days=ahead)
        if is_holiday(day):
            continue
        for lane, who in enumerate(site.at_work(day)):
            licenses = who.licenses.all()
            if not covers(licenses, name=who.name, state=site.clinic.state, on=day).allowed:
                continue
            for number, (minute, length) in enumerate(COMING):
                # Half full tomorrow, a seventh in two weeks.
                if (3 * number + 2 * lane + ahead) % (1 + (ahead + 1) // 2):
                    continue
                starts_at = _wall(site, day, minute + 15 * lane)
                soon = (number + lane) % 2 == 0 and ahead <= 2
                yield Visit(
                    site=site,
                    practitioner=who,
                    patient=queue.next(),
                    service=site.long if length == 45 else site.short,
                    starts_at=starts_at,
                    booked_at=now - dt.timedelta(hours=3 + number, minutes=7 * lane + ahead),
                    fate=F.CONFIRMED if soon else F.BOOKED,
                    password=password,
                )


def _open_around(site: Site, now: dt.datetime) -> tuple[dt.datetime, dt.datetime]:
    """From when to when today is worked; by night its own hours reach to the present."""
    zone, today = site.clinic.zone, site.clinic.day_of(now)
    first, last = (now - AROUND).astimezone(zone), (now + AROUND).astimezone(zone)
    starts_min = min(OPENS, first.hour) * 60 if first.date() == today else 0
    ends_min = max(CLOSES, last.hour + 1) * 60 if last.date() == today else 24 * 60
    if (starts_min, ends_min) != (OPENS * 60, CLOSES * 60):
        for who in site.at_work(today):
            ShiftException(
                practitioner=who,
                clinic=site.clinic,
                day=today,
                starts_min=starts_min,
                ends_min=ends_min,
            ).write()
    return shift_span(today, starts_min, ends_min, zone)


def _wall(site: Site, day: dt.date, minute: int) -> dt.datetime:
    local = dt.datetime.combine(day, dt.time(minute // 60, minute % 60), tzinfo=site.clinic.zone)
    return local.astimezone(dt.UTC)
