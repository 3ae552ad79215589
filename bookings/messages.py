"""What the clinic writes to patients. No word says why someone comes (P26)."""

from __future__ import annotations

import datetime as dt

from django.db import transaction

from bookings.models import Appointment
from bookings.queries import visits_to_remind
from bookings.rules.status import MOVABLE, Status
from clinic import outbox
from clinic.rules import say_date, say_time

AHEAD = dt.timedelta(hours=24)


def booked(appointment: Appointment, *, at: dt.datetime) -> None:
    """Confirm a new visit to a patient who has an e-mail address."""
    _post(appointment, "booked", "Your appointment", "You have an appointment", at)


def moved(appointment: Appointment, *, at: dt.datetime) -> None:
    """Tell the new time, and drop what still waits about the old one."""
    outbox.withdraw(about=str(appointment.pk), at=at)
    _post(appointment, "moved", "Your appointment has moved", "Your appointment is now", at)


def cancelled(appointment: Appointment, *, at: dt.datetime) -> None:
    """Tell that the visit is off, and drop what still waits about it."""
    outbox.withdraw(about=str(appointment.pk), at=at)
    _post(
        appointment,
        "cancelled",
        "Your appointment is cancelled",
        "We have cancelled your appointment",
        at,
    )


def send_reminders(*, at: dt.datetime) -> int:
    """Put a reminder into the outbox for every visit of the next 24 hours; how many are due.

    Safe to repeat at any time: each visit and start has one reminder, ever (P28). A visit
    that is cancelled or moved meanwhile is passed over, because it is locked and read again.
    """
    posted = 0
    for key in visits_to_remind(at=at, ahead=AHEAD):
        with transaction.atomic():
            visit = Appointment.objects.held().select_related("clinic", "patient").get(pk=key)
            if Status(visit.status) in MOVABLE and at < visit.starts_at <= at + AHEAD:
                _remind(visit, at=at)
                posted += 1
    return posted


def _remind(appointment: Appointment, *, at: dt.datetime) -> None:
    _post(
        appointment,
        "reminder",
        "A reminder of your appointment",
        "You have an appointment",
        at,
        once=f"{appointment.starts_at:%Y%m%dT%H%MZ}",
    )


def _post(
    appointment: Appointment,
    kind: str,
    subject: str,
    opening: str,
    at: dt.datetime,
    *,
    once: str = "",
) -> None:
    patient, clinic = appointment.patient, appointment.clinic
    if not patient.email or appointment.starts_at <= at:
        return
    local = clinic.local(appointment.comes_at)
    body = (
        f"Hello {patient.preferred_name or patient.first_name},\n\n"
        f"{opening} at {clinic.name} on {say_date(local.date())} at {say_time(local)}"
        f" ({local.tzname()}).\n"
    )
    if clinic.phone:
        body += f"\nIf this does not suit you, call {clinic.phone}.\n"
    outbox.post(
        clinic=clinic,
        key=f"{kind} {appointment.pk} {once or appointment.version}",
        about=str(appointment.pk),
        to=patient.email,
        subject=f"{subject}: {clinic.name}",
        body=body,
        due_at=at,
        not_after=appointment.starts_at,
    )
