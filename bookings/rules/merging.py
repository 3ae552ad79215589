"""Two patients who are one person: what of each stands, and which of their visits collide."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable

from bookings.rules.status import MOVABLE
from bookings.rules.visit import Span

# What tells who someone is and how she is reached: of each one value stands.
FIELDS = {
    "first_name": "Legal first name",
    "last_name": "Legal last name",
    "preferred_name": "Preferred first name",
    "birth_date": "Birth date",
    "sex_at_birth": "Sex at birth",
    "phone": "Phone",
    "email": "Email",
    "contact_by": "Told by",
    "address": "Address",
    "emergency_contact": "Emergency contact",
    "language": "Language",
}


WHEN_ENDED = "Merge them when it has ended."


def has_begun(status: str, chart_opened_at: dt.datetime | None) -> bool:
    """Whether a visit that is not over has begun: it does not move to another number."""
    return status not in MOVABLE or chart_opened_at is not None


def say_begun(code: str, when: str) -> str:
    """That a patient is in a visit that has begun."""
    return f"{code} is in a visit that has begun, {when}."


def colliding(ours: Iterable[Span], theirs: Iterable[Span]) -> list[tuple[Span, Span]]:
    """The stretches of time, one of each patient's, in which she would be at two places."""
    others = sorted(theirs, key=lambda span: span.starts_at)
    return [
        (one, other)
        for one in sorted(ours, key=lambda span: span.starts_at)
        for other in others
        if one.starts_at < other.ends_at and other.starts_at < one.ends_at
    ]
