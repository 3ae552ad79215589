"""A time as it is typed at the desk, and what it means."""

from __future__ import annotations

import datetime as dt
import uuid
from zoneinfo import ZoneInfo

import pytest

from bookings.forms.when import TypedTimeField
from bookings.rules.choice import choice_key, read_choice
from bookings.rules.typed import read_time
from clinic.rules import LOCALES, say_time, written_as


@pytest.mark.parametrize(
    ("typed", "meant"),
    [("6:30", "06:30"), ("2", "02:00"), ("14:30", "14:30"), ("9", "09:00"), ("2 PM", "14:00")],
)
def test_on_a_clock_of_24_hours_a_time_is_what_it_says(typed: str, meant: str) -> None:
    found = read_time(typed, small_hours_are_pm=False)
    assert found == dt.time.fromisoformat(meant)


@pytest.mark.parametrize(("way", "hour"), [("en-US", 14), ("en-US-x-24", 2), ("en-GB", 2)])
def test_what_is_typed_is_read_as_the_page_is_written(way: str, hour: int) -> None:
    with written_as(way):
        assert TypedTimeField().clean("2:30") == dt.time(hour, 30)


@pytest.mark.parametrize("way", LOCALES)
@pytest.mark.parametrize(("pm", "hour"), [(True, 14), (False, 2)])
def test_how_a_time_is_read_is_said_and_hangs_on_no_page(pm: bool, hour: int, way: str) -> None:
    with written_as(way):
        assert read_time("2:30", small_hours_are_pm=pm) == dt.time(hour, 30)


@pytest.mark.parametrize(
    ("typed", "meant"),
    [
        ("9", "9:00 AM"),
        ("0930", "9:30 AM"),
        ("930", "9:30 AM"),
        ("9a", "9:00 AM"),
        ("9 p.m.", "9:00 PM"),
        ("14", "2:00 PM"),
        ("1430", "2:30 PM"),
        ("12", "12:00 PM"),
        ("12 am", "12:00 AM"),
        ("12p", "12:00 PM"),
        ("0", "12:00 AM"),
        ("00:15", "12:15 AM"),
        ("7", "7:00 AM"),
        ("11", "11:00 AM"),
        (" 9:30 AM ", "9:30 AM"),
        ("9:30pm", "9:30 PM"),
        ("9.30", "9:30 AM"),
        ("09:30:00", "9:30 AM"),
        ("23:59", "11:59 PM"),
        # 1 to 6 are the afternoon, unless AM or a leading zero says otherwise.
        ("1", "1:00 PM"),
        ("2:30", "2:30 PM"),
        ("130", "1:30 PM"),
        ("6", "6:00 PM"),
        ("2:30 am", "2:30 AM"),
        ("02:30", "2:30 AM"),
        ("06", "6:00 AM"),
    ],
)
def test_a_typed_time_is_understood(typed: str, meant: str) -> None:
    found = read_time(typed, small_hours_are_pm=True)
    assert found is not None
    assert say_time(dt.datetime.combine(dt.date(2026, 11, 24), found)) == meant


@pytest.mark.parametrize(
    "typed",
    ["", "x", "24", "9:60", "13 pm", "0 am", "9:3", "12345", "-9", "9 o'clock", "٩", "9:30:99"],
)
def test_what_is_no_time_is_not_guessed(typed: str) -> None:
    assert read_time(typed, small_hours_are_pm=True) is None


@pytest.mark.parametrize("who", [None, uuid.UUID(int=7)])
@pytest.mark.parametrize("zone", ["UTC", "America/Chicago", "Asia/Kathmandu"])
def test_a_proposed_time_is_read_as_it_was_proposed(who: uuid.UUID | None, zone: str) -> None:
    starts_at = dt.datetime(2026, 11, 24, 15, 30, tzinfo=dt.UTC)
    key = choice_key(who, starts_at.astimezone(ZoneInfo(zone)))
    assert read_choice(key) == (str(who or ""), starts_at)


@pytest.mark.parametrize("key", ["", "@", "@2026-11-24T15:30", "who", "@2026-13-01T1:1Z"])
def test_what_was_never_proposed_means_nothing(key: str) -> None:
    assert read_choice(key) is None
