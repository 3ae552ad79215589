"""When the visits of a course are wanted, and what is said of those that lie too near."""

from __future__ import annotations

import datetime as dt
from zoneinfo import ZoneInfo

import pytest

from bookings.rules.course import Rhythm, first_open, moved_along, plan_fault, too_near

pytestmark = pytest.mark.rule("T2")
CHICAGO = ZoneInfo("America/Chicago")
TUESDAY, WEDNESDAY, FRIDAY = 1, 2, 4
DAY = dt.date


@pytest.mark.parametrize(
    ("first", "interval", "weekday", "wanted"),
    [
        # Any weekday: just the interval.
        (DAY(2026, 12, 1), 28, None, ["12-01", "12-29", "01-26", "02-23"]),
        (DAY(2026, 12, 1), 30, None, ["12-01", "12-31", "01-30", "03-01"]),
        # Four weeks on a Tuesday stay Tuesdays.
        (DAY(2026, 12, 1), 28, TUESDAY, ["12-01", "12-29", "01-26", "02-23"]),
        # Thirty days later is no Tuesday: the next one is.
        (DAY(2026, 12, 1), 30, TUESDAY, ["12-01", "01-05", "02-09", "03-16"]),
        # Never before the interval, also where the Friday before would be a day nearer.
        (DAY(2026, 12, 4), 29, FRIDAY, ["12-04", "01-08", "02-12", "03-19"]),
        # The first visit waits for its weekday, too.
        (DAY(2026, 12, 1), 28, WEDNESDAY, ["12-02", "12-30", "01-27", "02-24"]),
        # Over a leap day.
        (DAY(2028, 2, 1), 28, TUESDAY, ["02-01", "02-29", "03-28", "04-25"]),
    ],
)
def test_the_days_keep_the_interval_and_then_take_the_weekday(
    first: dt.date, interval: int, weekday: int | None, wanted: list[str]
) -> None:
    found = Rhythm(interval, weekday, 600).dates(first, 4)
    assert [f"{day:%m-%d}" for day in found] == wanted


@pytest.mark.parametrize(
    ("zone", "day", "minutes", "utc"),
    [
        # Ten in the morning before and after both nights (P4).
        ("America/Chicago", DAY(2026, 10, 31), 600, "10-31 15:00"),
        ("America/Chicago", DAY(2026, 11, 2), 600, "11-02 16:00"),
        ("America/Chicago", DAY(2027, 3, 13), 600, "03-13 16:00"),
        ("America/Chicago", DAY(2027, 3, 15), 600, "03-15 15:00"),
        # Where the clock never changes.
        ("America/Phoenix", DAY(2027, 3, 15), 600, "03-15 17:00"),
        # Half past one comes twice: the first of the two.
        ("America/Chicago", DAY(2026, 11, 1), 90, "11-01 06:30"),
        # Half past two does not come at all (P5).
        ("America/Chicago", DAY(2027, 3, 14), 150, None),
        # Half an hour's change.
        ("Australia/Lord_Howe", DAY(2026, 10, 4), 135, None),
        ("Australia/Lord_Howe", DAY(2026, 10, 5), 600, "10-04 23:00"),
    ],
)
@pytest.mark.rule("P4", "P5")
def test_a_visit_is_wanted_at_the_same_time_on_the_wall_clock(
    zone: str, day: dt.date, minutes: int, utc: str | None
) -> None:
    found = Rhythm(28, None, minutes).start_on(day, ZoneInfo(zone))
    assert (found and f"{found:%m-%d %H:%M}") == utc


@pytest.mark.rule("P4", "P5")
def test_visits_that_move_along_keep_their_time_over_a_clock_change() -> None:
    starts = [
        dt.datetime(2026, 10, 27, 15, 0, tzinfo=dt.UTC),  # 10:00 before the clock goes back
        dt.datetime(2027, 3, 7, 8, 30, tzinfo=dt.UTC),  # 2:30, which the 14th does not have
    ]
    assert moved_along(starts, days=7, zone=CHICAGO) == [
        dt.datetime(2026, 11, 3, 16, 0, tzinfo=dt.UTC),
        None,
    ]
    assert moved_along(starts[:1], days=-7, zone=CHICAGO) == [
        dt.datetime(2026, 10, 20, 15, 0, tzinfo=dt.UTC)
    ]


@pytest.mark.parametrize(
    ("planned", "interval", "field"),
    [
        (1, 28, None),
        (8, 180, None),
        (0, 28, "planned"),
        (9, 28, "planned"),
        (3, 27, "interval_days"),
        (3, 181, "interval_days"),
    ],
)
def test_a_course_has_one_to_eight_visits_that_keep_the_interval(
    planned: int, interval: int, field: str | None
) -> None:
    fault = plan_fault(planned=planned, interval_days=interval, least_days=28)
    assert (fault and fault[0]) == field


@pytest.mark.parametrize(
    ("days", "says"),
    [
        ({1: DAY(2026, 12, 1), 2: DAY(2026, 12, 29)}, None),
        (
            {1: DAY(2026, 12, 1), 2: DAY(2026, 12, 28)},
            "Visit 2 on Mon, Dec 28, 2026 is 27 days after visit 1; at least 28 days are to lie "
            "between two.",
        ),
        # A visit that is left out does not shorten the way to the next.
        (
            {1: DAY(2026, 12, 1), 4: DAY(2026, 12, 2)},
            "Visit 4 on Wed, Dec 2, 2026 is 1 day after visit 1; at least 28 days are to lie "
            "between two.",
        ),
        (
            {2: DAY(2026, 12, 1), 3: DAY(2026, 12, 1)},
            "Visit 3 on Tue, Dec 1, 2026 is not after visit 2; at least 28 days are to lie "
            "between two.",
        ),
    ],
)
def test_visits_that_lie_too_near_are_named(days: dict[int, dt.date], says: str | None) -> None:
    found = too_near(days, 28, chosen=days)
    assert (found and found[1]) == says


def test_what_stands_too_near_already_is_let_be() -> None:
    days = {1: DAY(2026, 12, 1), 2: DAY(2026, 12, 20), 3: DAY(2027, 2, 1), 4: DAY(2027, 2, 2)}
    assert too_near(days, 28, chosen={}) is None
    found = too_near(days, 28, chosen={3})
    assert found
    assert found[0] == 3


def test_what_is_open_of_a_course_is_what_has_no_visit() -> None:
    assert first_open([1, 3], 4) == [2, 4]
