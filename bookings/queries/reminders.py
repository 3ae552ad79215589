"""Whom to remind, and what the outbox knows of it."""

from __future__ import annotations

import datetime as dt
import uuid

from django.db.models import CharField, Exists, F, OuterRef, QuerySet, Value
from django.db.models.functions import Cast, Replace

from bookings.models import Appointment
from bookings.rules.status import MOVABLE
from clinic.models import Message

REMINDER = "reminder"


def visits_to_remind(*, at: dt.datetime, ahead: dt.timedelta) -> list[uuid.UUID]:
    """The keys of visits that start within `ahead`, whose patient reads email, and of whose
    start no reminder is in the outbox yet. One database query.

    A visit booked less than `ahead` before its start has its confirmation as reminder.
    """
    # A key is text of 36 characters in one database and of 32 in the other.
    visit = Replace(Cast(OuterRef("pk"), CharField()), Value("-"), Value(""))
    reminded = _reminders().filter(about=visit, not_after=OuterRef("starts_at"))
    due = Appointment.objects.filter(
        ~Exists(reminded.exclude(status=Message.Status.DROPPED)),
        status__in=[str(status) for status in MOVABLE],
        starts_at__gt=at,
        starts_at__lte=at + ahead,
        created_at__lt=F("starts_at") - ahead,
    ).exclude(patient__email="")
    return list(due.order_by("starts_at", "pk").values_list("pk", flat=True))


def reminders_dropped(appointment: Appointment) -> int:
    """How many reminders of this visit were dropped because it was moved."""
    reminders = _reminders().filter(about=about(appointment))
    return int(reminders.filter(status=Message.Status.DROPPED).count())


def about(appointment: Appointment) -> str:
    """How the outbox names the visit that a message speaks of."""
    return appointment.pk.hex


def _reminders() -> QuerySet[Message]:
    found: QuerySet[Message] = Message.objects.filter(key__startswith=f"{REMINDER} ")
    return found
