"""What the clinic writes to patients. No word says why someone comes (P26)."""

from __future__ import annotations

import datetime as dt
import re

from bookings.models import Appointment
from bookings.queries import BOOKED, MOVED, REMINDER, about, reminders_dropped
from clinic import outbox
from clinic.rules import say_date, say_time

UNPRINTABLE = re.compile(r"[\x00-\x1f\x7f-\x9f\s]+")


def booked(appointment: Appointment, *, at: dt.datetime) -> None:
    """Confirm a new visit to a patient who has an email address."""
    _post(appointment, BOOKED, "Your appointment", "You have an appointment", at)


def moved(appointment: Appointment, *, at: dt.datetime) -> None:
    """Tell the new time, and drop what still waits about the old one."""
    outbox.withdraw(about=about(appointment), at=at)
    _post(appointment, MOVED, "Your appointment has moved", "Your appointment is now", at)


def cancelled(appointment: Appointment, *, at: dt.datetime) -> None:
    """Tell that the visit is off, and drop what still waits about it."""
    outbox.withdraw(about=about(appointment), at=at)
    _post(
        appointment,
        "cancelled",
        "Your appointment is cancelled",
        "We have cancelled your appointment",
        at,
    )


def reminder(appointment: Appointment, *, at: dt.datetime) -> None:
    """Remind of a visit: once of each start, and once more when a move has dropped it (P28).

    The caller holds the visit's row, so that it is not moved or reminded of meanwhile.
    """
    _post(
        appointment,
        REMINDER,
        "A reminder of your appointment",
        "You have an appointment",
        at,
        once=f"{appointment.starts_at:%Y%m%dT%H%MZ} {reminders_dropped(appointment)}",
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
    local, place = clinic.local(appointment.comes_at), _one_line(clinic.name)
    body = (
        f"Hello {_one_line(patient.preferred_name or patient.first_name)},\n\n"
        f"{opening} at {place} on {say_date(local.date())} at {say_time(local)}"
        f" ({local.tzname()}).\n"
    )
    if clinic.phone:
        body += f"\nIf this does not suit you, call {clinic.phone}.\n"
    outbox.post(
        clinic=clinic,
        key=f"{kind} {appointment.pk} {once or appointment.version}",
        about=about(appointment),
        to=patient.email,
        subject=f"{subject}: {place}",
        body=body,
        due_at=at,
        not_after=appointment.starts_at,
    )


def _one_line(name: str) -> str:
    """A name without line breaks and control characters: no mail takes them in a subject."""
    return UNPRINTABLE.sub(" ", name).strip()
