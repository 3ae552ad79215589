"""What could be booked of a course, or moved: each visit with what is free for it."""

from __future__ import annotations

import datetime as dt
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from bookings.models import Appointment, Course, Service
from bookings.queries.courses.on_file import later_visits, standing_visits
from bookings.queries.free_times import FreeSearch, FreeTime, reasons_against
from bookings.queries.free_times.search import rest_for
from bookings.queries.intervals import Rest, planned_near
from bookings.queries.supply import short_by
from bookings.rules.choice import choice_key, read_choice
from bookings.rules.course import DAY, Rhythm, moved_along
from bookings.rules.status import HOLDING
from bookings.rules.supply import OUT
from bookings.rules.visit import time_fault
from clinic.models import Clinic, Patient, Practitioner
from clinic.rules import say_date, say_time

LOOK_DAYS = 21
OFFERS = 4


@dataclass(frozen=True)
class Offer:
    """A time at which a visit can be booked, and with whom, so that it can be said before; None
    only where an earlier list left it open."""

    key: str
    starts_at: dt.datetime
    practitioner: Practitioner | None


@dataclass
class Wanted:
    """One visit of a plan: when it is wanted, what stands against it, what is free instead.

    `fits`: the wished time is free. `picked` is the key of the offer that is chosen ("" where
    none is); `visit` is the one that would move, where there is one already.
    """

    number: int
    day: dt.date
    starts_at: dt.datetime | None
    fits: bool = False
    against: list[str] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    offers: list[Offer] = field(default_factory=list)
    picked: str = ""
    visit: Appointment | None = None


def plan_visits(
    *,
    clinic: Clinic,
    patient: Patient,
    service: Service,
    rhythm: Rhythm,
    numbers: Sequence[int],
    first: dt.date,
    at: dt.datetime,
    practitioner: Practitioner | None = None,
    standing: Mapping[int, dt.date] | None = None,
    picked: Mapping[int, str] | None = None,
) -> list[Wanted]:
    """What could be booked of a course: each visit at the wished time or, where that is not free,
    at the nearest one that keeps the interval.

    Each visit follows the one before as that is picked; `standing` are the days of the visits
    that are booked already, `picked` what was chosen of an earlier list ("" leaves a visit out).
    At most thirteen queries for each visit, and thirteen more where its wished time is not free.
    """
    taken, chosen = dict(standing or {}), picked or {}
    rest = rest_for(clinic, service, patient, since=clinic.day_of(at))
    plan = []
    for more, number in enumerate(numbers, start=1):
        before = max((no for no in taken if no < number), default=None)
        after = min((no for no in taken if no > number), default=None)
        lowest = max(first, rhythm.earliest(taken[before])) if before is not None else first
        day = rhythm.on_or_after(lowest)
        one = _look(
            Wanted(number, day, rhythm.start_on(day, clinic.zone)),
            clinic=clinic,
            need=service,
            patient=patient,
            practitioner=practitioner,
            lowest=lowest,
            highest=taken[after] - DAY * rhythm.interval_days if after is not None else None,
            at=at,
            rest=rest,
            pick=chosen.get(number),
            time=rhythm.time,
            more=more,
        )
        plan.append(one)
        if offer := _picked(one):
            taken[number] = clinic.day_of(offer.starts_at)
    return plan


def plan_moves(
    *,
    course: Course,
    after: int,
    days: int,
    at: dt.datetime,
    picked: Mapping[int, str] | None = None,
) -> list[Wanted]:
    """When the visits after one of a course could be if all moved by so many days; bounded as
    `plan_visits`."""
    clinic, chosen = course.clinic, picked or {}
    taken = {no: one.local_date for no, one in standing_visits(course).items() if no <= after}
    later = later_visits(course, after)
    plan = []
    wished = moved_along([one.starts_at for one in later], days=days, zone=clinic.zone)
    for visit, start in zip(later, wished, strict=True):
        number = visit.course_no or 0
        before = max((no for no in taken if no < number), default=None)
        day = visit.local_date + DAY * days
        lowest = clinic.day_of(at)
        if before is not None:
            lowest = max(lowest, course.rhythm.earliest(taken[before]))
        one = _look(
            Wanted(number, day, start, visit=visit),
            clinic=clinic,
            need=visit,
            patient=course.whose,
            practitioner=visit.practitioner,
            lowest=lowest,
            highest=None,
            at=at,
            rest=None,
            pick=chosen.get(number),
            time=clinic.local(visit.starts_at).time(),
            more=0,
        )
        plan.append(one)
        offer = _picked(one)
        taken[number] = clinic.day_of(offer.starts_at) if offer else visit.local_date
    return plan


def _picked(one: Wanted) -> Offer | None:
    return next((offer for offer in one.offers if offer.key == one.picked), None)


def _look(
    one: Wanted,
    *,
    clinic: Clinic,
    need: Service | Appointment,
    patient: Patient,
    practitioner: Practitioner | None,
    lowest: dt.date,
    highest: dt.date | None,
    at: dt.datetime,
    rest: Rest | None,
    pick: str | None,
    time: dt.time,
    more: int,
) -> Wanted:
    """Fill in what stands against a visit and what it is offered instead."""
    today, visit = clinic.day_of(at), one.visit
    asked: dict[str, Any] = {"clinic": clinic, "need": need, "at": at, "patient": patient}
    first = max(lowest, today, one.day - DAY * 7)
    search = FreeSearch(first=first, days=LOOK_DAYS, but=visit, rest=rest, **asked)
    # Where the skin has not rested by then, the wished time is wanted on the day it has (R35).
    rested = search.rest.first_day if search.rest else None
    day = max(one.day, rested) if rested else one.day
    around = dt.datetime.combine(day, time, tzinfo=clinic.zone)
    if day == one.day and one.starts_at:
        around = one.starts_at
    if one.starts_at is None:
        says = say_time(dt.datetime.combine(one.day, time))
        one.against = [f"The clock is set forward on {say_date(one.day)}: there is no {says}."]
    elif one.day < lowest:
        one.against = [f"The interval is not over before {say_date(lowest)}."]
    elif highest is not None and one.day > highest:
        one.against = ["The next visit of the course would come too soon after it."]
    elif (
        time_fault(starts_at=one.starts_at, at=at)
        or not search.covers(one.starts_at)
        or search.misfit(one.starts_at, practitioner=practitioner)
    ):
        told = reasons_against(one.starts_at, practitioner=practitioner, but=visit, **asked)
        one.against = [reason.says for reason in told.blocking]
        # A day on which nobody is at work comes before the skin's rest in no list.
        if search.rest and (rests := search.rest.says_against(one.day)):
            one.against = [rests, *(says for says in one.against if says != rests)]
    else:
        one.fits = True
        who = practitioner or _whoever(search, one.starts_at)
        one.offers.append(
            Offer(choice_key(who.pk if who else None, one.starts_at), one.starts_at, who)
        )
    own = search.nearest(around, practitioner=practitioner, alone=True, count=OFFERS * 2)
    anyone = search.nearest(around, count=OFFERS * 2) if practitioner else []
    own, anyone = (_nearest_first(free, around, highest) for free in (own, anyone))
    for free in [*own[: OFFERS - 1], *anyone[:2]]:
        if free.starts_at not in {offer.starts_at for offer in one.offers}:
            one.offers.append(Offer(free.key, free.starts_at, free.practitioner))
    one.offers.sort(key=lambda offer: (abs(offer.starts_at - around), offer.starts_at))
    one.offers = one.offers[:OFFERS]
    _pick(one, pick, search, lowest, highest)
    if offer := _picked(one):
        day = clinic.day_of(offer.starts_at)
        if visit is None and short_by(day, clinic=clinic, today=today, more=more):
            one.notes.append(OUT)
        service = need if isinstance(need, Service) else need.service
        near = planned_near(day, clinic=clinic, patient=patient, service=service, but=visit)
        if near is not None and (visit is None or near.course_id != visit.course_id):
            one.notes.append(
                f"Another visit for the same area is booked for {say_date(near.local_date)}."
            )
    return one


def _whoever(search: FreeSearch, starts_at: dt.datetime) -> Practitioner | None:
    """With whom a visit is that anyone may give: of those who are free, as when booking, the one
    with the fewest visits that day. One query."""
    free = [one for one in search.people if not search.misfit(starts_at, practitioner=one)]
    visits = Appointment.objects.filter(
        practitioner__in=free,
        local_date=search.asked.clinic.day_of(starts_at),
        status__in=[str(status) for status in HOLDING],
    )
    counts = Counter(visits.order_by().values_list("practitioner", flat=True))
    return min(free, key=lambda one: (counts[one.pk], one.pk), default=None)


def _nearest_first(
    free: Sequence[FreeTime], around: dt.datetime, highest: dt.date | None
) -> list[FreeTime]:
    kept = [one for one in free if highest is None or one.day <= highest]
    return sorted(kept, key=lambda one: (abs(one.starts_at - around), one.starts_at))


def _pick(
    one: Wanted, pick: str | None, search: FreeSearch, lowest: dt.date, highest: dt.date | None
) -> None:
    """What is chosen: what was picked before where it still can be had, else what is nearest."""
    if pick == "":
        return
    keys = {offer.key for offer in one.offers}
    if pick and pick not in keys and (read := read_choice(pick)):
        who, starts_at = read
        person = next((p for p in search.people if str(p.pk) == who), None)
        clinic = search.asked.clinic
        day = clinic.day_of(starts_at)
        keeps = lowest <= day and (highest is None or day <= highest)
        if (
            keeps
            and (person or not who)
            and search.covers(starts_at)
            and not search.misfit(starts_at, practitioner=person)
        ):
            one.offers.append(Offer(pick, starts_at, person))
            keys.add(pick)
        else:
            local = clinic.local(starts_at)
            one.against.append(
                f"{say_date(day)}, {say_time(local)}, which was chosen, is not free any more."
            )
    one.picked = pick if pick and pick in keys else one.offers[0].key if one.offers else ""
