"""Time off and closures, and the visits that they hit."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence

from django.db.models import Count, Q, QuerySet

from bookings.models import Appointment, Closure, TimeOff
from bookings.queries.touched import visits_ahead
from bookings.rules.closing import public_holidays
from bookings.rules.rosters import closed_on
from bookings.rules.visit import LONGEST_MIN
from clinic.models import Clinic, Practitioner, User
from clinic.permissions import Permission
from clinic.rules import say_date

MOST = 500


def time_off_of(user: User, clinic: Clinic) -> QuerySet[TimeOff]:
    """Time off that stands, entered in the clinic or of somebody who works there now."""
    rows: QuerySet[TimeOff] = TimeOff.objects.standing()
    if not user.can(Permission.SET_UP_CLINIC, clinic.pk):
        return rows.none()
    hers = Q(practitioner__in=Practitioner.objects.filter(clinics=clinic))
    return rows.filter(Q(clinic=clinic) | hers).select_related("practitioner", "clinic")


def time_off_of_who_left(user: User, clinic: Clinic, *, at: dt.datetime) -> list[TimeOff]:
    """Time off that is not over, entered in the clinic, of people who work elsewhere now."""
    rows = time_off_of(user, clinic).filter(clinic=clinic, ends_at__gt=at)
    gone = rows.exclude(practitioner__in=Practitioner.objects.filter(clinics=clinic))
    return list(gone.order_by("starts_at", "pk"))


def closures_of(user: User, clinic: Clinic) -> QuerySet[Closure]:
    """The clinic's closures that stand, the next first."""
    rows: QuerySet[Closure] = Closure.objects.standing().seen_by(user, Permission.SET_UP_CLINIC)
    return rows.filter(clinic=clinic).order_by("first_on", "pk")


def visits_in_time_off(
    practitioner: Practitioner, starts_at: dt.datetime, ends_at: dt.datetime, *, at: dt.datetime
) -> Sequence[Appointment]:
    """Her visits ahead, in all clinics, that share an instant with the span."""
    begun = starts_at - dt.timedelta(minutes=LONGEST_MIN)
    ahead = visits_ahead("practitioner", practitioner, at=at).filter(
        starts_at__lt=ends_at, starts_at__gt=begun
    )
    found = ahead.select_related("clinic", "patient", "service", "practitioner")[:MOST]
    return [visit for visit in found if visit.ends_at > starts_at]


def visits_in_closure(
    clinic: Clinic, first_on: dt.date, last_on: dt.date, *, at: dt.datetime
) -> Sequence[Appointment]:
    """The clinic's visits ahead on those days."""
    ahead = visits_ahead("clinic", clinic, at=at).filter(
        local_date__gte=first_on, local_date__lte=last_on
    )
    return list(ahead.select_related("clinic", "patient", "service", "practitioner")[:MOST])


def holidays_to_close(
    clinic: Clinic, year: int, *, at: dt.datetime, also_closed: bool = False
) -> dict[dt.date, str]:
    """The public holidays ahead in a year, in words, with how many visits are booked on each; two
    queries. Those on which the clinic is closed are among them only where it is asked for."""
    today = clinic.day_of(at)
    shut = list(Closure.objects.standing().filter(clinic=clinic, last_on__gte=today))
    days = {
        day: name
        for day, name in public_holidays(clinic.state, year).items()
        if day >= today and (also_closed or not closed_on(shut, day))
    }
    ahead = visits_ahead("clinic", clinic, at=at).filter(local_date__in=[*days])
    booked = dict(
        ahead.order_by().values("local_date").annotate(n=Count("pk")).values_list("local_date", "n")
    )
    return {day: _holiday(day, name, booked.get(day, 0)) for day, name in days.items()}


def _holiday(day: dt.date, name: str, booked: int) -> str:
    visits = f", {booked} visit{'' if booked == 1 else 's'} booked" if booked else ""
    return f"{say_date(day)}: {name}{visits}"
