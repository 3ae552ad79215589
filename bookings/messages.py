"""What the clinic writes to patients. No word says why someone comes (P26)."""

from __future__ import annotations

import datetime as dt
import re

from bookings.models import Appointment
from bookings.queries import (
    BOOKED,
    CANCELLED,
    MOVED,
    REMINDER,
    about,
    reminders_dropped,
    told_of,
    words_of,
)
from bookings.rules.letters import LETTERS, said
from bookings.rules.status import UNDO
from clinic import outbox
from clinic.models import Clinic
from clinic.rules import say_date, say_time

SUBJECT_MOST = 150
UNPRINTABLE = re.compile(r"[\x00-\x1f\x7f-\x9f\s]+")


def booked(appointment: Appointment, *, at: dt.datetime) -> None:
    """Confirm a new visit to a patient who has an email address."""
    _post(appointment, BOOKED, at)


def moved(appointment: Appointment, *, at: dt.datetime) -> None:
    """Tell the new time, and drop what still waits about the old one."""
    outbox.withdraw(about=about(appointment), at=at)
    _post(appointment, MOVED, at, wait=UNDO)


def cancelled(appointment: Appointment, *, at: dt.datetime) -> None:
    """Tell that the visit is off, and drop what still waits about it."""
    outbox.withdraw(about=about(appointment), at=at)
    _post(appointment, CANCELLED, at, wait=UNDO)


def restored(appointment: Appointment, *, act: int, at: dt.datetime) -> None:
    """Drop what waits about an act that was taken back; `act` is the version that it had made.

    Where the patient has heard of that act already, or has not heard yet of the start that
    counts again, she is told of it. Reminders plan themselves anew.
    """
    outbox.withdraw(about=about(appointment), at=at)
    told = told_of(appointment, act=act)
    if told:
        _post(appointment, told, at, once=f"{appointment.version} again")


def reminder(appointment: Appointment, *, at: dt.datetime) -> None:
    """Remind of a visit: once of each start, and once more when a move has dropped it (P28).

    The caller holds the visit's row, so that it is not moved or reminded of meanwhile.
    """
    once = f"{appointment.starts_at:%Y%m%dT%H%MZ} {reminders_dropped(appointment)}"
    _post(appointment, REMINDER, at, once=once)


def _post(
    appointment: Appointment,
    kind: str,
    at: dt.datetime,
    *,
    once: str = "",
    wait: dt.timedelta = dt.timedelta(),
) -> None:
    patient, clinic = appointment.patient, appointment.clinic
    if not patient.email or appointment.starts_at <= at:
        return
    subject, body = words_of(clinic, kind)
    house = LETTERS[kind]
    values = blanks_of(clinic, appointment.comes_at, patient.preferred_name or patient.first_name)
    outbox.post(
        clinic=clinic,
        key=f"{kind} {appointment.pk} {once or appointment.version}",
        about=about(appointment),
        to=patient.email,
        subject=said(subject, house.subject, values, whole=True)[:SUBJECT_MOST],
        body=said(body, house.body, values) + "\n",
        due_at=at + wait,
        not_after=appointment.starts_at,
    )


def blanks_of(clinic: Clinic, comes_at: dt.datetime, name: str) -> dict[str, str]:
    """What stands in a message's blanks: `comes_at` is when the patient is to be there (UTC)."""
    local = clinic.local(comes_at)
    return {
        "name": _one_line(name),
        "clinic": _one_line(clinic.name),
        "when": f"{say_date(local.date())} at {say_time(local)} ({local.tzname()})",
        "phone": clinic.phone_text,
        "address": _one_line(clinic.address),
    }


def _one_line(name: str) -> str:
    """A name without line breaks and control characters: no mail takes them in a subject."""
    return UNPRINTABLE.sub(" ", name).strip()
