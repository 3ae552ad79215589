"""How a clinic writes dates and times: the same instants in each way, and read back."""

from __future__ import annotations

import datetime as dt

import pytest

from clinic.rules import (
    LOCALES,
    each_written_as,
    hour_word,
    locale,
    long_day,
    read_date,
    say_date,
    say_day,
    say_days,
    say_second,
    say_span,
    say_time,
    short_date,
    short_hour,
    write_as,
    written_as,
)
from clinic.written import FORMS, said

NIGHT = dt.datetime(2026, 11, 4, 0, 5, tzinfo=dt.UTC)
HALF_PAST = NIGHT.replace(hour=14, minute=30, second=9)
DAY = dt.date(2026, 11, 4)
US, US_24, GB = "en-US", "en-US-x-24", "en-GB"


@pytest.mark.parametrize(
    ("code", "night", "afternoon", "span", "hour", "second"),
    [
        (US, "12:05 AM", "2:30 PM", "12:05 AM–2:30 PM", "9 AM", "2:30:09 PM"),
        (US_24, "00:05", "14:30", "00:05–14:30", "09:00", "14:30:09"),
        (GB, "00:05", "14:30", "00:05–14:30", "09:00", "14:30:09"),
    ],
)
def test_a_time_of_day(
    code: str, night: str, afternoon: str, span: str, hour: str, second: str
) -> None:
    with written_as(code):
        assert (say_time(NIGHT), say_time(HALF_PAST)) == (night, afternoon)
        assert say_time(HALF_PAST.time()) == afternoon
        assert hour_word(HALF_PAST) == afternoon.removesuffix(" PM")
        assert say_span(NIGHT, HALF_PAST) == span
        assert short_hour(dt.time(9)) == hour
        assert say_second(HALF_PAST) == second


@pytest.mark.parametrize(
    ("code", "date", "short", "week", "over_new_year", "long"),
    [
        (
            *(US, "Wed, Nov 4, 2026", "Nov 4, 2026", "Nov 2–8, 2026"),
            *("Dec 28, 2026–Jan 3, 2027", "Wednesday, November 4"),
        ),
        (
            *(US_24, "Wed, Nov 4, 2026", "Nov 4, 2026", "Nov 2–8, 2026"),
            *("Dec 28, 2026–Jan 3, 2027", "Wednesday, November 4"),
        ),
        (
            *(GB, "Wed, 4 Nov 2026", "4 Nov 2026", "2–8 Nov 2026"),
            *("28 Dec 2026–3 Jan 2027", "Wednesday, 4 November"),
        ),
    ],
)
def test_a_date(code: str, date: str, short: str, week: str, over_new_year: str, long: str) -> None:
    with written_as(code):
        assert (say_date(DAY), short_date(DAY), long_day(DAY)) == (date, short, long)
        assert say_day(DAY, dt.date(2026, 1, 1)) == date.replace(",", "").replace(
            "Wed", "Wed,"
        ).removesuffix(" 2026")
        assert say_days(dt.date(2026, 11, 2), dt.date(2026, 11, 8)) == week
        assert say_days(dt.date(2026, 12, 28), dt.date(2027, 1, 3)) == over_new_year
        assert say_days(DAY, DAY) == short


@pytest.mark.rule("P4")
@pytest.mark.parametrize(
    ("code", "text", "read"),
    [
        (US, "3/4/1991", dt.date(1991, 3, 4)),
        (US_24, "3/4/1991", dt.date(1991, 3, 4)),
        (GB, "3/4/1991", dt.date(1991, 4, 3)),
        (GB, "14-3-1991", dt.date(1991, 3, 14)),
        (GB, "3/14/1991", None),
        (GB, "14.3.1991", dt.date(1991, 3, 14)),
        (US, "3.14.1991", dt.date(1991, 3, 14)),
        (GB, "1991-03-14", dt.date(1991, 3, 14)),
        (GB, "Mar 14, 1991", dt.date(1991, 3, 14)),
        (US, "14 March 1991", dt.date(1991, 3, 14)),
    ],
)
def test_a_date_is_read_as_it_is_written_here(code: str, text: str, read: dt.date | None) -> None:
    with written_as(code):
        assert read_date(text) == read


@pytest.mark.parametrize("code", LOCALES)
def test_what_is_written_is_read_again(code: str) -> None:
    with written_as(code):
        for day in (DAY, dt.date(2024, 2, 29), dt.date(1999, 12, 31)):
            assert read_date(short_date(day)) == day


def test_a_way_ends_with_its_page_also_where_that_failed() -> None:
    with pytest.raises(ZeroDivisionError), written_as(GB):
        _ = 1 // (locale().code != GB)
    assert locale().code == US


@pytest.mark.parametrize(
    ("form", "text"),
    [
        ("date time", "Wed, Nov 4, 2026, 2:30 PM"),
        ("day time", "Wed, Nov 4, 2:30 PM"),
        ("weekday time", "Wed, 2:30 PM"),
        ("date hour", "Wed, Nov 4, 2026, 2 PM"),
        ("month-day", "Nov 4"),
    ],
)
def test_a_template_joins_forms(form: str, text: str) -> None:
    assert said(HALF_PAST, form) == text


def test_a_template_says_nothing_of_nothing_and_knows_its_forms() -> None:
    assert said(None, "date") == ""
    assert all(FORMS[one](HALF_PAST) for one in FORMS if one != "zone")
    with pytest.raises(KeyError):
        said(HALF_PAST, "g:i A")


def test_rows_that_come_later_are_still_written_in_the_way_of_their_page() -> None:
    rows = each_written_as(GB, (say_time(one) for one in (NIGHT, HALF_PAST)))
    assert next(rows) == "00:05"
    assert say_time(NIGHT) == "12:05 AM"
    assert [*rows] == ["14:30"]


def test_a_way_chosen_on_the_way_ends_with_the_whole() -> None:
    with written_as(US):
        write_as(GB)
        assert say_time(HALF_PAST) == "14:30"
    assert say_time(HALF_PAST) == "2:30 PM"
