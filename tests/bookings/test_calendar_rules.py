"""Calendar files: read back by another hand, on the clinic's wall clock, with nothing of why."""

from __future__ import annotations

import datetime as dt
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st
from icalendar import Calendar

from bookings.rules.calendar import Entry, Method, calendar_file

CHICAGO = ZoneInfo("America/Chicago")
NINE = dt.datetime(2026, 11, 24, 15, tzinfo=dt.UTC)
ZONES = [
    "America/New_York",
    "America/Phoenix",
    "Europe/Lisbon",
    "Australia/Lord_Howe",
    "America/Sao_Paulo",
    "Africa/Cairo",
    "Pacific/Apia",
    "UTC",
]


def entry(**given: object) -> Entry:
    values = {
        "uid": "8b8f4f0e",
        "sequence": 0,
        "starts_at": NINE,
        "ends_at": NINE + dt.timedelta(minutes=70),
        "title": "Appointment at Austin",
        "said_at": NINE - dt.timedelta(days=2),
    }
    return Entry(**{**values, **given})  # type: ignore[arg-type]


def read(file: bytes) -> Calendar:
    found = Calendar.from_ical(file)
    assert isinstance(found, Calendar)
    return found


def test_a_file_says_when_on_the_clinic_s_clock_with_its_zone() -> None:
    found = read(calendar_file([entry(sequence=3)], method=Method.REQUEST, zone=CHICAGO))
    (event,) = found.events
    assert event["DTSTART"].params["TZID"] == "America/Chicago"
    assert f"{event.start:%Y-%m-%d %H:%M}" == "2026-11-24 09:00"
    assert (event["UID"], event["SEQUENCE"], event["SUMMARY"]) == (
        "8b8f4f0e",
        3,
        "Appointment at Austin",
    )
    assert [zone["TZID"] for zone in found.timezones] == ["America/Chicago"]
    assert (found["METHOD"], event["STATUS"]) == ("REQUEST", "CONFIRMED")


def test_a_visit_that_is_off_is_taken_out_of_the_calendar() -> None:
    found = read(calendar_file([entry()], method=Method.CANCEL, zone=CHICAGO))
    assert (found["METHOD"], found.events[0]["STATUS"]) == ("CANCEL", "CANCELLED")


def test_a_calendar_of_many_tells_its_zone_once_and_one_of_none_is_whole() -> None:
    many = [entry(uid=str(n), starts_at=NINE + dt.timedelta(days=n)) for n in range(30)]
    file = calendar_file(many, method=Method.PUBLISH, zone=CHICAGO, name="Ana Ruiz LE")
    assert (len(read(file).events), len(read(file).timezones)) == (30, 1)
    assert read(file)["X-WR-CALNAME"] == "Ana Ruiz LE"
    assert read(calendar_file([], method=Method.PUBLISH, zone=CHICAGO)).events == []


@pytest.mark.parametrize("name", ZONES)
def test_the_hour_is_right_before_and_after_each_clock_change(name: str) -> None:
    """The file's own rules of the zone give the same instants as the zone itself."""
    zone = ZoneInfo(name)
    for month in (3, 4, 9, 10, 11):
        for day in range(1, 29, 3):
            at = dt.datetime(2026, month, day, 16, 30, tzinfo=dt.UTC)
            file = calendar_file(
                [entry(starts_at=at, ends_at=at + dt.timedelta(hours=1))],
                method=Method.REQUEST,
                zone=zone,
            )
            found = read(file)
            wall = at.astimezone(zone)
            assert f"{found.events[0].start:%d %H:%M}" == f"{wall:%d %H:%M}"
            if found.timezones:
                by_file = found.timezones[0].to_tz(lookup_tzid=False)
                assert wall.replace(tzinfo=by_file).utcoffset() == wall.utcoffset()


@given(st.text(max_size=60), st.text(max_size=60))
def test_no_name_and_no_address_adds_a_line_of_its_own(title: str, place: str) -> None:
    odd = entry(
        title=f"{title}\r\nATTENDEE:mailto:x@example.org",
        place=f"{place}\nEND:VCALENDAR",
        organizer="desk@example.org",
        organizer_name=f'{title}"\r\nX-ODD:1',
    )
    found = read(calendar_file([odd], method=Method.REQUEST, zone=CHICAGO))
    (event,) = found.events
    assert "ATTENDEE" not in event
    assert "X-ODD" not in event
    assert str(event["ORGANIZER"]) == "mailto:desk@example.org"


def test_a_line_is_folded_at_75_bytes_and_ends_as_the_standard_says() -> None:
    file = calendar_file([entry(title="王" * 80)], method=Method.REQUEST, zone=CHICAGO)
    lines = file.split(b"\r\n")
    assert max(len(line) for line in lines) <= 75
    assert b"\n" not in b"".join(lines)
    assert read(file).events[0]["SUMMARY"] == "王" * 80
