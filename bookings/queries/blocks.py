"""Blocked time on the board."""

from __future__ import annotations

import datetime as dt
import uuid

from bookings.models import Hold, TimeOff
from bookings.queries.rosters import rosters_of
from clinic.models import Clinic, Practitioner, User
from clinic.permissions import Permission


def block_for(*, user: User, clinic: Clinic, key: uuid.UUID) -> TimeOff | None:
    """A block of the clinic at work; None where it is not known here (P15)."""
    return (
        TimeOff.objects.seen_by(user, Permission.BLOCK_TIME)
        .filter(clinic=clinic, is_block=True, pk=key)
        .select_related("clinic", "practitioner", "created_by")
        .first()
    )


def free_until(
    clinic: Clinic, practitioner: Practitioner, starts_at: dt.datetime
) -> dt.datetime | None:
    """Until when nothing is planned for who is at work then: the next visit, or the end of her
    hours; None where she is busy or not at work. Two queries."""
    day = clinic.day_of(starts_at)
    roster = rosters_of(clinic, first=day, last=day, people=[practitioner]).of(practitioner.pk)
    spans = roster.works(first=day, last=day, zone=clinic.zone)
    ends_at = next((last for first, last in spans if first <= starts_at < last), None)
    if ends_at is None:
        return None
    holds = Hold.objects.crossing(starts_at, ends_at).filter(practitioner=practitioner)
    first = holds.order_by("starts_at").values_list("starts_at", flat=True).first()
    if first is None:
        return ends_at
    return first if first > starts_at else None
