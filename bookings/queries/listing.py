"""What programs ask for in lists: visits of some days, and one visit wherever its reader works."""

from __future__ import annotations

import datetime as dt
import uuid

from django.db.models import QuerySet

from bookings.models import Appointment
from clinic.models import Clinic, Room, User
from clinic.permissions import Permission

NAMED = ("clinic", "patient", "practitioner", "service", "room")


def visits_between(
    *, user: User, clinic: Clinic, first: dt.date, last: dt.date
) -> QuerySet[Appointment]:
    """The clinic's visits of the clinic-local days from `first` to `last`, whatever became of
    them, with whom they name."""
    seen: QuerySet[Appointment] = Appointment.objects.seen_by(user, Permission.SEE_DAY)
    days = seen.filter(clinic=clinic, local_date__gte=first, local_date__lte=last)
    return days.select_related(*NAMED)


def visit_seen_by(*, user: User, key: uuid.UUID) -> Appointment | None:
    """A visit of any clinic in use in which the user sees the day; else None (P15)."""
    seen: QuerySet[Appointment] = Appointment.objects.seen_by(user, Permission.SEE_DAY)
    return seen.filter(clinic__in=user.places, pk=key).select_related(*NAMED).first()


def rooms_in_use(clinic: Clinic) -> QuerySet[Room]:
    """The clinic's rooms that visits are put into, by name."""
    return Room.objects.filter(clinic=clinic, is_active=True).order_by("name", "pk")
