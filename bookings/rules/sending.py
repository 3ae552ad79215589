"""What became of a message, in plain words, and whether it may be tried again."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

from bookings.rules.letters import MOVED_TOGETHER, OFFER
from bookings.rules.status import MOVABLE, Status
from bookings.rules.telling import Kind
from bookings.rules.waiting import OfferState

LABELS: dict[Kind, str] = {
    Kind.BOOKED: "A new visit",
    Kind.MOVED: "A moved visit",
    Kind.CANCELLED: "A cancelled visit",
    Kind.REMINDER: "First reminder",
    Kind.REMINDER_AGAIN: "Second reminder",
    Kind.COURSE: "Several visits, booked together",
    Kind.COURSE_MOVED: MOVED_TOGETHER.label,
}
OFFERED = OFFER.label

_AWAY = "The mail server could not be reached."
_CUT = "The mail server ended the connection before it had taken the message."
_LOCKED = "The mail server did not let the clinic log in."
_UNSAFE = "The connection to the mail server could not be made safe."
_NOT_UNDERSTOOD = "The mail server did not understand the message."
_NOT_WRITTEN = "The message could not be put into a form that mail servers take."
# What `Message.error` says, which is the kind of an error or one of the outbox's own words.
ERRORS: dict[str, str] = {
    "Interrupted": "Sending was cut off. The message may have arrived all the same.",
    "Late": "Its time had come before the message could go.",
    "Withdrawn": "What it says was no longer so, or the patient is no longer told this way.",
    "NoGateway": "No provider of text messages is set up here.",
    "NotTaken": "The provider of text messages did not take it.",
    "SMTPRecipientsRefused": "The mail server refuses this address. It may be misspelled.",
    "SMTPSenderRefused": "The mail server refuses mail from the clinic's own address.",
    "SMTPDataError": "The mail server refused the message.",
    "SMTPResponseException": "The mail server refused the message.",
    "SMTPAuthenticationError": _LOCKED,
    "SMTPConnectError": _AWAY,
    "SMTPHeloError": _AWAY,
    "SMTPServerDisconnected": _CUT,
    "SMTPNotSupportedError": _NOT_UNDERSTOOD,
    "SMTPException": _NOT_UNDERSTOOD,
    "ConnectionRefusedError": _AWAY,
    "ConnectionResetError": _CUT,
    "ConnectionAbortedError": _CUT,
    "ConnectionError": _CUT,
    "BrokenPipeError": _CUT,
    "TimeoutError": "The mail server did not answer in time.",
    "gaierror": "The mail server's name is not known. The internet may be down.",
    "herror": "The mail server's name is not known. The internet may be down.",
    "OSError": _AWAY,
    "SSLError": _UNSAFE,
    "SSLCertVerificationError": _UNSAFE,
    "SSLEOFError": _CUT,
    "SSLZeroReturnError": _CUT,
    "BadHeaderError": _NOT_WRITTEN,
    "HeaderParseError": _NOT_WRITTEN,
    "NonASCIIDomainError": _NOT_WRITTEN,
    "UnicodeEncodeError": _NOT_WRITTEN,
    "ValueError": _NOT_WRITTEN,
}


def said_of(error: str) -> str:
    """What went wrong with a message, as the desk reads it; empty where nothing did."""
    if not error:
        return ""
    return ERRORS.get(error, f"Something went wrong for which there are no words here ({error}).")


def kind_of(key: str) -> Kind | None:
    """What a message says, by its key in the outbox; None where it is none of ours."""
    name = key.partition(" ")[0]
    return Kind(name) if name in {*Kind} else None


@dataclass(frozen=True)
class Spoken:
    """A visit that a message speaks of: when it told the patient to be there, when she is to be
    there now, and how the visit stands."""

    told: dt.datetime
    comes_at: dt.datetime
    status: Status


@dataclass(frozen=True)
class Again:
    """A message that someone wants to try again, and all that it speaks of as it is now.

    It never goes after `not_after`; `ways` are those by which the patient is told now. `offer` is
    how the offer stands that it speaks of, None where it speaks of visits.
    """

    kind: Kind | None
    way: str
    failed: bool
    withdrawn: bool
    not_after: dt.datetime
    spoken: tuple[Spoken, ...]
    ways: tuple[str, ...]
    offer: OfferState | None = None


def stands(kind: Kind, visit: Spoken) -> bool:
    """Whether what a message says of a visit is so."""
    if kind is Kind.CANCELLED:
        return visit.status is Status.CANCELLED
    return visit.status in MOVABLE and visit.told == visit.comes_at


def again_fault(one: Again, *, at: dt.datetime) -> tuple[str, str] | None:
    """Why a message is not tried again, and what would work; None where it is."""
    if not one.failed:
        return "This message has not failed, or is being tried again already.", ""
    if one.offer is not None and (one.offer is not OfferState.OPEN or at >= one.not_after):
        return "The time is not held for the patient any more.", "Look at the waitlist."
    if at >= one.not_after:
        return "The patient is to be here by now: a message would be too late.", "Call the patient."
    if one.offer is None and (one.kind is None or not one.spoken):
        return "The visit that it speaks of is not on file.", ""
    if one.withdrawn or not all(one.kind and stands(one.kind, visit) for visit in one.spoken):
        return "What it says is no longer so, or the patient is no longer told this way.", ""
    if one.way not in one.ways:
        by = "text message" if one.way == "sms" else "email"
        else_ = ", or call." if one.offer is None else ", or take the offer back and call."
        return f"The patient is not told by {by} now.", f"Correct how to reach the patient{else_}"
    return None
