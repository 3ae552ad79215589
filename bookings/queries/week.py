"""A practitioner's hours as the set-up pages show them, and the visits booked outside them."""

from __future__ import annotations

import datetime as dt
import hashlib
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from django.db.models import QuerySet

from bookings.models import Appointment, Shift, ShiftException, TimeOff
from bookings.queries.rosters import rosters_of
from bookings.queries.touched import visits_ahead
from bookings.rules.hours import changes_of, week_on
from clinic.models import Clinic, Practitioner, User
from clinic.permissions import Permission
from clinic.rules import say_hours, say_week

# So many visits ahead are looked at: more than a full half year of one person.
MOST = 3000


@dataclass(frozen=True)
class Plan:
    """A practitioner's shifts in one clinic: the week as it counts now, and each later change."""

    shifts: list[Shift]
    now: list[list[tuple[int, int]]]
    later: list[tuple[dt.date, str]]


@dataclass(frozen=True)
class OtherHours:
    """A date on which other hours count."""

    day: dt.date
    says: str
    note: str


def people_with_hours(user: User, clinic: Clinic) -> QuerySet[Practitioner]:
    """Who treats in the clinic, by name, for whoever sets it up."""
    seen: QuerySet[Practitioner] = Practitioner.objects.seen_by(user, Permission.SET_UP_CLINIC)
    return seen.filter(clinics=clinic, is_active=True).distinct().order_by("name", "pk")


def plan_of(practitioner: Practitioner, clinic: Clinic, *, on: dt.date) -> Plan:
    """What is planned for one; one query."""
    shifts = list(Shift.objects.filter(practitioner=practitioner, clinic=clinic))
    later = [(day, say_week(week_on(shifts, day))) for day in changes_of(shifts, on)]
    return Plan(shifts, week_on(shifts, on), later)


def mark_of_days(practitioner: Practitioner, clinic: Clinic) -> str:
    """What stands for all of her days with hours of their own, as they are now."""
    rows = ShiftException.objects.standing().filter(practitioner=practitioner, clinic=clinic)
    return mark_of(rows)


def mark_of(shifts: Iterable[Shift | ShiftException]) -> str:
    """What stands for these shifts as they are now."""
    stand = sorted((str(row.pk), row.version) for row in shifts)
    return hashlib.sha256(repr(stand).encode()).hexdigest()[:16]


def weeks_of(
    people: Iterable[Practitioner], clinic: Clinic, *, on: dt.date
) -> dict[Practitioner, str]:
    """The week of each in words, as it counts on a date; one query."""
    held: dict[object, list[Shift]] = defaultdict(list)
    for shift in Shift.objects.in_force(clinic, first=on, last=on):
        held[shift.practitioner_id].append(shift)
    return {one: say_week(week_on(held[one.pk], on)) for one in people}


def other_hours(practitioner: Practitioner, clinic: Clinic, *, since: dt.date) -> list[OtherHours]:
    """The dates from one on with hours of their own."""
    rows: dict[dt.date, list[ShiftException]] = defaultdict(list)
    for row in ShiftException.objects.standing().filter(
        practitioner=practitioner, clinic=clinic, day__gte=since
    ):
        rows[row.day].append(row)
    return [
        OtherHours(
            day,
            say_hours(
                [(row.starts_min, row.ends_min or 0) for row in held if row.starts_min is not None]
            ),
            held[0].note,
        )
        for day, held in sorted(rows.items())
    ]


def time_off_ahead(practitioner: Practitioner, *, at: dt.datetime) -> QuerySet[TimeOff]:
    """Her time off that is not over, whichever clinic entered it."""
    rows: QuerySet[TimeOff] = TimeOff.objects.standing().filter(
        practitioner=practitioner, ends_at__gt=at
    )
    return rows.select_related("clinic").order_by("starts_at", "pk")


def visits_outside(
    practitioner: Practitioner, clinic: Clinic, *, at: dt.datetime
) -> Sequence[Appointment]:
    """Her visits ahead in the clinic that are booked when she is not at work; two queries."""
    ahead = visits_ahead("practitioner", practitioner, at=at).filter(clinic=clinic)
    found = list(ahead.select_related("clinic", "patient", "service")[:MOST])
    if not found:
        return []
    first, last = clinic.day_of(found[0].starts_at), clinic.day_of(found[-1].ends_at)
    roster = rosters_of(clinic, first=first, last=last, people=[practitioner]).of(practitioner.pk)
    works = roster.works(first=first, last=last, zone=clinic.zone)
    return [
        visit
        for visit in found
        if not any(begin <= visit.starts_at and visit.ends_at <= end for begin, end in works)
    ]
