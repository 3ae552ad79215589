"""Who is told of a visit, by which way, and of what anew: pure decisions about messages."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

from bookings.rules.status import UNDO
from clinic.rules import takes_texts


class Kind(StrEnum):
    """What a message says; its key in the outbox begins so."""

    BOOKED = "booked"
    MOVED = "moved"
    CANCELLED = "cancelled"
    REMINDER = "reminder"
    REMINDER_AGAIN = "reminder-again"
    COURSE = "course"
    COURSE_MOVED = "course-moved"


# Of several visits in one message.
LISTS = frozenset({Kind.COURSE, Kind.COURSE_MOVED})
TELLS_START = frozenset({Kind.BOOKED, Kind.MOVED}) | LISTS
REMINDERS = frozenset({Kind.REMINDER, Kind.REMINDER_AGAIN})
# Told in the house's words.
UNWORDED = frozenset({Kind.COURSE_MOVED})
# What a clinic has words for: both reminders say the same.
WORDED: dict[Kind, str] = {kind: str(kind) for kind in Kind if kind not in UNWORDED} | {
    Kind.REMINDER_AGAIN: str(Kind.REMINDER)
}


def ways(contact_by: str, *, email: str, phone: str, texts: bool) -> tuple[str, ...]:
    """By which ways a patient is told: "email", "sms", both or none.

    Whoever has said nothing ("any") is told by email, and by text message where she has none.
    `texts`: this installation can send text messages.
    """
    mails = "@" in email
    reached = texts and bool(phone) and takes_texts(phone)
    if contact_by == "any":
        contact_by = "email" if mails else "sms"
    wanted = {"email": (True, False), "sms": (False, True), "both": (True, True)}
    by_email, by_text = wanted.get(contact_by, (False, False))
    found = [way for way, on in (("email", by_email and mails), ("sms", by_text and reached)) if on]
    return tuple(found)


def say_told(by: tuple[str, ...], *, same_start: bool) -> str:
    """Who is told of a move, by which ways (see `ways`), for the desk before it moves a visit."""
    if same_start:
        return "Nobody: the time stays the same."
    words = {"email": "email", "sms": "text message"}
    minutes = int(UNDO.total_seconds()) // 60
    if not by:
        return "Nobody by us: there is no way to write to the patient. Call."
    how = " and ".join(words[one] for one in by)
    return f"The patient, by {how}, in {minutes} minutes; until then it can be undone."


def reminder_due(
    comes_at: dt.datetime, *, first_h: int | None, second_h: int | None, at: dt.datetime
) -> Kind | None:
    """Which reminder is due of a visit to which the patient is to come at `comes_at`; None before
    the first, and from then on.

    After an outage that covers both only the second goes.
    """
    left = comes_at - at
    if left <= dt.timedelta(0):
        return None
    if second_h is not None and left <= dt.timedelta(hours=second_h):
        return Kind.REMINDER_AGAIN
    if first_h is not None and left <= dt.timedelta(hours=first_h):
        return Kind.REMINDER
    return None


@dataclass(frozen=True)
class Told:
    """One message that told of a visit's time, or that it is off: what became of it.

    `order` counts a visit's messages up; `comes_at` is when it told the patient to be there.
    """

    kind: Kind
    order: int
    comes_at: dt.datetime
    dropped: bool = False
    failed: bool = False


def knows(told: Sequence[Told]) -> Told | None:
    """The last that a patient has been told, or is being told; None where she knows nothing."""
    standing = [
        one for one in told if not one.dropped and not (one.failed and one.kind is Kind.CANCELLED)
    ]
    return max(standing, key=lambda one: one.order, default=None)


def to_tell_moved(told: Sequence[Told], comes_at: dt.datetime) -> Kind | None:
    """What a patient is told of a visit that was moved; None where she knows that time."""
    last = knows(told)
    known = last and last.kind in TELLS_START and last.comes_at == comes_at
    return None if known else Kind.MOVED


def to_tell_restored(told: Sequence[Told], comes_at: dt.datetime) -> Kind | None:
    """What a patient is told of a visit whose last act was undone; None where she knows it.

    Where she was never told of it by us, she is told only what was dropped before it went.
    """
    last = knows(told)
    if last is None:
        was_to_know = any(one.kind in TELLS_START and one.comes_at == comes_at for one in told)
        return Kind.BOOKED if was_to_know else None
    return None if last.kind in TELLS_START and last.comes_at == comes_at else Kind.MOVED
