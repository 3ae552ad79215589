"""Whom to remind, and what the outbox knows of it."""

from __future__ import annotations

import datetime as dt
import uuid

from django.db.models import CharField, Exists, OuterRef, Q, Value
from django.db.models.functions import Cast, Replace

from bookings.models import Appointment
from bookings.rules.status import MOVABLE
from clinic.models import Message

# How the keys of these messages begin.
BOOKED, MOVED, REMINDER, CANCELLED = "booked", "moved", "reminder", "cancelled"
_IS_REMINDER = Q(key__startswith=f"{REMINDER} ")
_TELLS_START = Q(key__startswith=f"{BOOKED} ") | Q(key__startswith=f"{MOVED} ")


def visits_to_remind(*, at: dt.datetime, ahead: dt.timedelta) -> list[uuid.UUID]:
    """The keys of visits that start within `ahead`, whose patient reads email, and of whose
    start no reminder is in the outbox yet. One database query.

    A mail less than `ahead` before the start that the visit was booked for it, or moved to it,
    is its reminder, unless that mail failed.
    """
    of_this_start = Message.objects.filter(about=about_outer(), not_after=OuterRef("starts_at"))
    reminded = of_this_start.filter(_IS_REMINDER).exclude(status=Message.Status.DROPPED)
    told = of_this_start.filter(_TELLS_START, due_at__gte=OuterRef("starts_at") - ahead)
    due = Appointment.objects.filter(
        ~Exists(reminded),
        ~Exists(told.exclude(status__in=[Message.Status.DROPPED, Message.Status.FAILED])),
        status__in=[str(status) for status in MOVABLE],
        starts_at__gt=at,
        starts_at__lte=at + ahead,
    ).exclude(patient__email="")
    return list(due.order_by("starts_at", "pk").values_list("pk", flat=True))


def reminders_dropped(appointment: Appointment) -> int:
    """How many reminders of this visit were dropped because it was moved."""
    reminders = Message.objects.filter(_IS_REMINDER, about=about(appointment))
    return int(reminders.filter(status=Message.Status.DROPPED).count())


def told_of(appointment: Appointment, *, act: int) -> str:
    """What a patient is to be told of the start that counts again after an undo: the kind of
    message, "" for none. `act` is the version that the act which was taken back had made.
    """
    kept = Message.objects.filter(about=about(appointment))
    out = [Message.Status.SENT, Message.Status.SENDING]
    past = {f"{kind} {appointment.pk} {act}" for kind in (MOVED, CANCELLED)}
    if kept.filter(key__in=past, status__in=out).exists():
        return MOVED
    of_start = kept.filter(_TELLS_START, not_after=appointment.starts_at)
    if of_start.filter(status__in=out).exists():
        return ""
    last = of_start.order_by("-due_at", "-pk").first()
    return last.key.partition(" ")[0] if last and last.status == Message.Status.DROPPED else ""


def about(appointment: Appointment) -> str:
    """How the outbox names the visit that a message speaks of."""
    return appointment.pk.hex


def about_outer() -> Replace:
    """The same inside a query, of the visit that the query around it asks for."""
    # A key is text of 36 characters in one database and of 32 in the other.
    return Replace(Cast(OuterRef("pk"), CharField()), Value("-"), Value(""))
