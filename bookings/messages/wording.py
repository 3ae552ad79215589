"""The blanks of a message, and its words in the length that they may have."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Mapping

from bookings.rules.letters import Letter, Words, fill, said
from bookings.rules.texts import length_fault
from clinic.models import Clinic
from clinic.rules import say_date, say_time, written_as

SUBJECT_MOST = 150
UNPRINTABLE = re.compile(r"[\x00-\x1f\x7f-\x9f\s]+")


def text_of(words: Words, house: Letter, values: Mapping[str, str]) -> str:
    """A text message with its blanks filled; in the house's words where a long name makes the
    clinic's own too long."""
    text = said(words.sms, house.sms, values)
    return text if length_fault(text) is None else fill(house.sms, values)


def blanks_of(clinic: Clinic, comes_at: dt.datetime, name: str) -> dict[str, str]:
    """What stands in a message's blanks: `comes_at` is when the patient is to be there (UTC)."""
    local = clinic.local(comes_at)
    with written_as(clinic.locale):
        when = f"{say_date(local.date())} at {say_time(local)} ({local.tzname()})"
    return {
        "name": one_line(name),
        "clinic": one_line(clinic.name),
        "when": when,
        "phone": clinic.phone_text,
        "address": one_line(clinic.address),
    }


def widest_blanks(clinic: Clinic, at: dt.datetime) -> dict[str, str]:
    """The same for a name and a time that are long to write: by these a text is measured."""
    late = dt.datetime(at.year, 12, 30, 22, 30, tzinfo=clinic.zone)
    return blanks_of(clinic, late, "Alexandra")


def one_line(name: str) -> str:
    """A name without line breaks and control characters: no mail takes them in a subject."""
    return UNPRINTABLE.sub(" ", name).strip()
