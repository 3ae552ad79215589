"""What the clock asks for, not a person: no act, and nothing of a visit changes."""

from __future__ import annotations

import datetime as dt

from django.db import transaction

from bookings import messages
from bookings.models import Appointment
from bookings.queries import visits_to_remind
from bookings.rules.status import MOVABLE, Status

AHEAD = dt.timedelta(hours=24)


def send_reminders(*, at: dt.datetime) -> int:
    """Put a reminder into the outbox for every visit of the next 24 hours; how many are due.

    Safe to repeat at any time, and one database query when nothing is due: each visit and
    start has one reminder (P28). A visit that is cancelled or moved meanwhile is passed over,
    because it is locked and read again.
    """
    posted = 0
    for key in visits_to_remind(at=at, ahead=AHEAD):
        with transaction.atomic():
            visit = Appointment.objects.held().select_related("clinic", "patient").get(pk=key)
            if Status(visit.status) in MOVABLE and at < visit.starts_at <= at + AHEAD:
                messages.reminder(visit, at=at)
                posted += 1
    return posted
