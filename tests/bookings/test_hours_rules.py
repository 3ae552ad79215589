"""Hours of a day and of a week, and what a clock change does to them."""

from __future__ import annotations

import datetime as dt
from zoneinfo import ZoneInfo

import pytest

from bookings.rules.hours import (
    changes_of,
    clock_notes,
    edge_notes,
    end_minute,
    hours_faults,
    outside_note,
    week_on,
)
from bookings.rules.rosters import DayHours, Roster, Shut, Weekly, without
from clinic.rules import say_hours, say_week

CHICAGO = ZoneInfo("America/Chicago")
PHOENIX = ZoneInfo("America/Phoenix")
SPRING = dt.date(2027, 3, 14)  # 2:00 AM becomes 3:00 AM
FALL = dt.date(2026, 11, 1)  # 1:00 AM comes twice
TUESDAY = dt.date(2026, 11, 24)
SINCE = dt.date(2020, 1, 1)


def minutes(text: str) -> tuple[int, int]:
    first, _, last = text.partition("-")
    begin, end = (dt.time.fromisoformat(one) for one in (first, last))
    return begin.hour * 60 + begin.minute, end_minute(end)


@pytest.mark.rule("T1")
@pytest.mark.parametrize(
    ("hours", "faults"),
    [
        (["09:00-17:00"], {}),
        (["09:00-12:00", "13:00-17:00"], {}),
        (["13:00-17:00", "09:00-12:00"], {}),
        (["09:00-12:00", "12:00-17:00"], {}),
        (["18:00-00:00"], {}),
        (["00:00-00:00"], {}),
        (["09:00-12:00", "11:59-17:00"], {1: "11:59 AM–5:00 PM overlaps with 9:00 AM–12:00 PM."}),
        (["09:00-17:00", "10:00-11:00"], {1: "overlaps"}),
        (["17:00-09:00"], {0: "This ends at 9:00 AM, before it begins at 5:00 PM."}),
        (["22:00-02:00"], {0: "This crosses midnight."}),
        (["09:00-09:00"], {0: "This begins and ends at the same time."}),
        (["09:00-09:00", "22:00-02:00"], {0: "same time", 1: "crosses midnight"}),
    ],
)
def test_what_is_wrong_with_the_hours_of_a_day(hours: list[str], faults: dict[int, str]):
    found = hours_faults([minutes(one) for one in hours])
    assert found.keys() == faults.keys()
    assert all(faults[n] in found[n] for n in faults)


def test_minutes_beyond_the_day_are_refused():
    assert 0 in hours_faults([(-5, 60)])
    assert 0 in hours_faults([(60, 1441)])


def test_a_week_is_said_in_one_line():
    nine = [(540, 1020)]
    assert say_week([nine] * 5 + [[], []]) == "Mon–Fri 9:00 AM–5:00 PM"
    split = [(540, 720), (780, 1440)]
    assert say_week([nine, [], nine, split, split, [], []]) == (
        "Mon 9:00 AM–5:00 PM, Wed 9:00 AM–5:00 PM, Thu–Fri 9:00 AM–12:00 PM and 1:00 PM–12:00 AM"
    )
    assert say_week([[]] * 7) == "No hours"
    assert say_hours([]) == "not at all"


def test_the_weeks_that_follow_each_other():
    shifts = [
        Weekly(1, 540, 1020, SINCE, TUESDAY),
        Weekly(1, 600, 900, TUESDAY + dt.timedelta(days=1), None),
        Weekly(3, 0, 60, TUESDAY + dt.timedelta(days=9), TUESDAY + dt.timedelta(days=8)),  # never
    ]
    assert week_on(shifts, TUESDAY)[1] == [(540, 1020)]
    assert week_on(shifts, TUESDAY + dt.timedelta(days=1))[1] == [(600, 900)]
    assert changes_of(shifts, TUESDAY) == [TUESDAY + dt.timedelta(days=1)]
    assert not any(week_on(shifts, TUESDAY + dt.timedelta(days=9))[3])


@pytest.mark.rule("T1")
def test_an_edge_that_the_clock_skips_or_shows_twice_is_said():
    assert edge_notes(SPRING, [(150, 480)], CHICAGO) == [
        "On Sun, Mar 14, 2027 the clock skips 2:30 AM: these hours begin at 3:00 AM."
    ]
    assert edge_notes(SPRING, [(0, 150)], CHICAGO) == [
        "On Sun, Mar 14, 2027 the clock skips 2:30 AM: these hours end at 3:00 AM."
    ]
    assert edge_notes(FALL, [(90, 480)], CHICAGO) == [
        "On Sun, Nov 1, 2026 the clock shows 1:30 AM twice: these hours begin at the first one, "
        "CDT."
    ]
    assert edge_notes(FALL, [(0, 90)], CHICAGO) == [
        "On Sun, Nov 1, 2026 the clock shows 1:30 AM twice: these hours end at the second one, CST."
    ]
    assert edge_notes(TUESDAY, [(90, 150)], CHICAGO) == []
    week: list[list[tuple[int, int]]] = [[]] * 6 + [[(150, 480)]]
    assert clock_notes(week, first=TUESDAY, zone=CHICAGO) == edge_notes(
        SPRING, [(150, 480)], CHICAGO
    )
    assert clock_notes(week, first=TUESDAY, zone=PHOENIX) == []


def at(day: dt.date, hour: int, minute: int = 0, *, fold: int = 0) -> dt.datetime:
    wall = dt.datetime.combine(day, dt.time(hour, minute), tzinfo=CHICAGO).replace(fold=fold)
    return wall.astimezone(dt.UTC)


def works(roster: Roster, day: dt.date) -> list[tuple[dt.datetime, dt.datetime]]:
    return roster.works(first=day, last=day, zone=CHICAGO)


EVERY_DAY = [Weekly(n, 540, 1020, SINCE, None) for n in range(7)]


def test_other_hours_replace_the_shifts_of_their_day_alone():
    roster = Roster(EVERY_DAY, days=[DayHours(TUESDAY, 600, 720), DayHours(TUESDAY, 780, 840)])
    assert works(roster, TUESDAY) == [
        (at(TUESDAY, 10), at(TUESDAY, 12)),
        (at(TUESDAY, 13), at(TUESDAY, 14)),
    ]
    wednesday = TUESDAY + dt.timedelta(days=1)
    assert works(roster, wednesday) == [(at(wednesday, 9), at(wednesday, 17))]
    off = Roster(EVERY_DAY, days=[DayHours(TUESDAY, None, None)])
    assert works(off, TUESDAY) == []
    extra = Roster([], days=[DayHours(TUESDAY, 600, 720)])
    assert works(extra, TUESDAY) == [(at(TUESDAY, 10), at(TUESDAY, 12))]


def test_a_closure_wins_over_other_hours_and_both_its_days_count():
    last = TUESDAY + dt.timedelta(days=2)
    roster = Roster(
        EVERY_DAY,
        days=[DayHours(TUESDAY, 600, 720)],
        closures=[Shut("Move", TUESDAY, last), Shut("Thanksgiving Day", last, last)],
    )
    assert works(roster, TUESDAY) == works(roster, last) == []
    assert roster.closed_on(last) == "Move, Thanksgiving Day"
    after = last + dt.timedelta(days=1)
    assert works(roster, after)
    assert roster.closed_on(after) == ""


def test_time_off_is_taken_out_of_what_is_left():
    lunch = (at(TUESDAY, 12), at(TUESDAY, 13))
    evening = (at(TUESDAY, 16), at(TUESDAY + dt.timedelta(days=3), 0))
    roster = Roster(EVERY_DAY, off=[evening, lunch])
    assert works(roster, TUESDAY) == [
        (at(TUESDAY, 9), at(TUESDAY, 12)),
        (at(TUESDAY, 13), at(TUESDAY, 16)),
    ]
    assert works(roster, TUESDAY + dt.timedelta(days=1)) == []
    assert roster.off_at(at(TUESDAY, 15, 45), at(TUESDAY, 16, 15)) == evening[1]
    # Half-open: what ends as it begins is not touched.
    assert roster.off_at(at(TUESDAY, 15), at(TUESDAY, 16)) is None
    assert roster.off_at(at(TUESDAY, 13), at(TUESDAY, 14)) is None


@pytest.mark.parametrize(
    ("off", "left"),
    [
        ([], [(0, 10)]),
        ([(3, 5)], [(0, 3), (5, 10)]),
        ([(0, 10)], []),
        ([(-5, 3), (3, 4), (9, 20)], [(4, 9)]),
        ([(10, 12)], [(0, 10)]),
    ],
)
def test_spans_without_others(off: list[tuple[int, int]], left: list[tuple[int, int]]):
    base = at(TUESDAY, 0)

    def spans(given: list[tuple[int, int]]) -> list[tuple[dt.datetime, dt.datetime]]:
        return [(base + dt.timedelta(hours=a), base + dt.timedelta(hours=b)) for a, b in given]

    assert without(spans([(0, 10)]), spans(off)) == spans(left)


@pytest.mark.rule("T1")
@pytest.mark.rule("P4")
def test_both_clock_change_days():
    night = [Weekly(6, 0, 300, SINCE, None)]
    # Midnight to five: four hours in spring, six in the fall.
    (spring,) = works(Roster(night), SPRING)
    assert spring[1] - spring[0] == dt.timedelta(hours=4)
    (fall,) = works(Roster(night), FALL)
    assert fall[1] - fall[0] == dt.timedelta(hours=6)
    # Other hours that begin in the gap begin at its end; an ambiguous end is the second.
    (gap,) = works(Roster([], days=[DayHours(SPRING, 150, 300)]), SPRING)
    assert gap == (at(SPRING, 3), at(SPRING, 5))
    (twice,) = works(Roster([], days=[DayHours(FALL, 90, 90 + 15)]), FALL)
    assert twice == (at(FALL, 1, 30), at(FALL, 1, 45, fold=1))
    # A closure ends and begins at midnight, however long the day.
    shut = Roster(night, closures=[Shut("Night", FALL, FALL)])
    assert works(shut, FALL) == []
    # A day off is 25 hours long in the fall.
    whole = Roster(night, off=[(at(FALL, 0), at(FALL + dt.timedelta(days=1), 0))])
    assert works(whole, FALL) == []
    half = Roster(night, off=[(at(FALL, 0), at(FALL, 1, 30, fold=1))])
    assert works(half, FALL) == [(at(FALL, 1, 30, fold=1), at(FALL, 5))]


@pytest.mark.parametrize(
    ("monday", "sunday", "days"),
    [
        ([(540, 780), (840, 1080)], [], ""),
        ([(480, 720)], [], "Monday"),
        ([(540, 1200)], [], "Monday"),
        ([(540, 720)], [(480, 720)], "Sunday"),
        ([(480, 720)], [(480, 720)], "Monday, Sunday"),
    ],
)
def test_hours_outside_the_opening_hours_are_told(monday, sunday, days) -> None:
    opening = [[[540, 780], [840, 1080]]] * 6 + [[]]
    note = outside_note([monday, [], [], [], [], [], sunday], opening)
    assert (f"outside the opening hours: {days}." in note) if days else note == ""
