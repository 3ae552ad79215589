"""What the clock asks for, not a person: no act, and nothing of a visit changes."""

from __future__ import annotations

import datetime as dt

from django.db import transaction

from bookings import messages
from bookings.models import Appointment, Listed
from bookings.queries import lists_too_late, visits_to_remind
from bookings.rules.status import MOVABLE, Status
from bookings.rules.telling import reminder_due


def send_reminders(*, at: dt.datetime) -> int:
    """Put each reminder that is due by its clinic's hours into the outbox; of how many visits.

    Safe to repeat at any time, and two database queries when nothing is due: each visit and
    start has each reminder once (P28). A visit that is cancelled or moved meanwhile is passed
    over, because it is locked and read again. After an outage only the later reminder goes.
    """
    reminded = 0
    for key in visits_to_remind(at=at):
        with transaction.atomic():
            visit = Appointment.objects.held().select_related("clinic", "patient").get(pk=key)
            clinic = visit.clinic
            kind = reminder_due(
                visit.comes_at, first_h=clinic.first_h, second_h=clinic.second_h, at=at
            )
            if kind and Status(visit.status) in MOVABLE:
                reminded += messages.reminder(visit, kind, at=at)
    return reminded


def tell_the_rest(*, at: dt.datetime) -> int:
    """Tell anew of the visits to come in each message about several that did not go before the
    first of them; of how many messages.

    Safe to repeat at any time, and one database query when there is nothing to tell.
    """
    late = lists_too_late(at=at)
    for key in late:
        with transaction.atomic():
            listed = Listed.objects.filter(message__key=key).order_by().values("appointment")
            # First the visits, as in every act on one of them.
            list(Appointment.objects.held().filter(pk__in=listed))
            messages.list_too_late(key, at=at)
    return len(late)
