"""Who is told of a visit, how, and of what anew; how long a text message is."""

from __future__ import annotations

import datetime as dt

import pytest

from bookings.rules.telling import (
    Kind,
    Told,
    reminder_due,
    to_tell_moved,
    to_tell_restored,
    ways,
)
from bookings.rules.texts import length_fault, text_length
from clinic.rules import contact_fault, takes_texts

MAIL, MOBILE, LANDLINE = "mia@example.org", "+15125550188", "+442071838750"
START = dt.datetime(2026, 11, 24, 17, tzinfo=dt.UTC)
OTHER = START + dt.timedelta(days=1)


@pytest.mark.parametrize(
    ("contact_by", "email", "phone", "texts", "told"),
    [
        ("any", MAIL, MOBILE, True, ("email",)),
        ("any", "", MOBILE, True, ("sms",)),
        ("any", "", MOBILE, False, ()),
        ("any", "", LANDLINE, True, ()),
        ("email", MAIL, MOBILE, True, ("email",)),
        ("email", "", MOBILE, True, ()),
        ("sms", MAIL, MOBILE, True, ("sms",)),
        ("sms", MAIL, MOBILE, False, ()),
        ("sms", MAIL, LANDLINE, True, ()),
        ("both", MAIL, MOBILE, True, ("email", "sms")),
        ("both", MAIL, MOBILE, False, ("email",)),
        ("both", "", MOBILE, True, ("sms",)),
        ("none", MAIL, MOBILE, True, ()),
        ("nonsense", MAIL, MOBILE, True, ()),
        ("any", "no address", "", True, ()),
    ],
)
def test_by_which_ways_a_patient_is_told(
    contact_by: str, email: str, phone: str, texts: bool, told: tuple[str, ...]
) -> None:
    assert ways(contact_by, email=email, phone=phone, texts=texts) == told


@pytest.mark.parametrize(
    ("number", "takes"),
    [
        (MOBILE, True),
        ("+447700900123", False),  # a number that nobody has
        ("+447911123456", True),
        (LANDLINE, False),
        ("+18005550199", False),  # free of charge
        ("+15551", False),
        ("5125550188", False),
        ("", False),
        ("nonsense", False),
    ],
)
def test_which_numbers_text_messages_reach(number: str, takes: bool) -> None:
    assert takes_texts(number) is takes


@pytest.mark.parametrize(
    ("contact_by", "email", "phone", "says"),
    [
        ("any", "", "", None),
        ("none", "", "", None),
        ("email", MAIL, "", None),
        ("email", "", MOBILE, "no email address"),
        ("sms", MAIL, "", "no phone number"),
        ("sms", "", LANDLINE, "no mobile's"),
        ("both", "", MOBILE, "no email address"),
        ("both", MAIL, LANDLINE, "no mobile's"),
        ("both", MAIL, MOBILE, None),
    ],
)
def test_why_a_patient_cannot_be_told_as_she_wants(
    contact_by: str, email: str, phone: str, says: str | None
) -> None:
    found = contact_fault(contact_by, email=email, phone=phone)
    assert found is None if says is None else says in str(found)


@pytest.mark.rule("P28")
@pytest.mark.parametrize(
    ("first_h", "second_h", "minutes_left", "due"),
    [
        (48, 2, 48 * 60 + 1, None),
        (48, 2, 48 * 60, Kind.REMINDER),
        (48, 2, 121, Kind.REMINDER),
        (48, 2, 120, Kind.REMINDER_AGAIN),
        (48, 2, 1, Kind.REMINDER_AGAIN),
        (48, 2, 0, None),
        (48, 2, -1, None),
        (None, 2, 121, None),
        (None, 2, 60, Kind.REMINDER_AGAIN),
        (48, None, 60, Kind.REMINDER),
        (None, None, 60, None),
    ],
)
def test_which_reminder_is_due(
    first_h: int | None, second_h: int | None, minutes_left: int, due: Kind | None
) -> None:
    at = START - dt.timedelta(minutes=minutes_left)
    assert reminder_due(START, first_h=first_h, second_h=second_h, at=at) is due


BOOKED = Told(Kind.BOOKED, 1, START)
BOOKED_DROPPED = Told(Kind.BOOKED, 1, START, dropped=True)
BOOKED_FAILED = Told(Kind.BOOKED, 1, START, failed=True)
MOVED_AWAY = Told(Kind.MOVED, 2, OTHER)
MOVED_AWAY_DROPPED = Told(Kind.MOVED, 2, OTHER, dropped=True)
CANCELLED = Told(Kind.CANCELLED, 3, START)
CANCELLED_DROPPED = Told(Kind.CANCELLED, 3, START, dropped=True)
CANCELLED_FAILED = Told(Kind.CANCELLED, 3, START, failed=True)


@pytest.mark.parametrize(
    ("told", "moved", "restored"),
    [
        # Nothing was ever said, as of a visit that was imported.
        ([], Kind.MOVED, None),
        ([MOVED_AWAY_DROPPED], Kind.MOVED, None),
        ([BOOKED], None, None),
        ([BOOKED_FAILED], None, None),
        ([BOOKED_DROPPED], Kind.MOVED, Kind.BOOKED),
        ([BOOKED_DROPPED, CANCELLED_DROPPED], Kind.MOVED, Kind.BOOKED),
        ([BOOKED, CANCELLED_DROPPED], None, None),
        ([BOOKED, CANCELLED_FAILED], None, None),
        ([BOOKED, CANCELLED], Kind.MOVED, Kind.MOVED),
        ([CANCELLED, BOOKED], Kind.MOVED, Kind.MOVED),
        ([BOOKED, MOVED_AWAY], Kind.MOVED, Kind.MOVED),
        ([BOOKED, MOVED_AWAY_DROPPED], None, None),
    ],
)
def test_what_a_patient_is_told_of_a_start_that_holds_again(
    told: list[Told], moved: Kind | None, restored: Kind | None
) -> None:
    assert (to_tell_moved(told, START), to_tell_restored(told, START)) == (moved, restored)


@pytest.mark.parametrize(
    ("text", "count", "parts", "fits"),
    [
        ("", 0, 1, 160),
        ("a" * 160, 160, 1, 160),
        ("a" * 161, 161, 2, 306),
        ("a" * 306, 306, 2, 306),
        ("a" * 307, 307, 3, 459),
        ("é ñ Å ß @ \n", 11, 1, 160),
        ("€[]{}~^|\\", 18, 1, 160),
        ("€" * 80, 160, 1, 160),
        ("ç", 1, 1, 70),
        ("王" * 70, 70, 1, 70),
        ("王" * 71, 71, 2, 134),
        ("“Hi”", 4, 1, 70),
        ("😀" * 35, 70, 1, 70),
        ("😀" * 36, 72, 2, 134),
    ],
)
def test_how_a_network_counts_a_text_message(text: str, count: int, parts: int, fits: int) -> None:
    found = text_length(text)
    assert (found.count, found.parts, found.fits) == (count, parts, fits)


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("a" * 306, None),
        ("a" * 307, "at most 306 characters here; with its blanks filled this has 307."),
        ("’" + "a" * 134, "at most 134 characters here; with its blanks filled this has 135."),
        ("’" + "a" * 134, "Without ’ it may have 306."),
    ],
)
def test_a_text_message_goes_in_two_parts_at_most(text: str, says: str | None) -> None:
    found = length_fault(text)
    assert found is None if says is None else says in str(found)
