"""Free times on both clock-change days of many zones: no ghost hour, no lost hour (P4, P5)."""

from __future__ import annotations

import datetime as dt
from zoneinfo import ZoneInfo

import pytest

from bookings.rules.free_times import Need, Window, free_starts, minutes
from bookings.rules.shifts import shift_span
from clinic.rules import day_span, is_twice, on_wall_clock

DAY = dt.timedelta(days=1)
MINUTE = dt.timedelta(minutes=1)
WHOLE_DAY = 24 * 60
SHORT, LONG = 23 * 60, 25 * 60
# Zone, day, its minutes, and the wall-clock times (of a step of 30) that are missing or twice.
CHANGES = [
    ("America/New_York", "2026-03-08", SHORT, ["02:00", "02:30"], []),
    ("America/New_York", "2026-11-01", LONG, [], ["01:00", "01:30"]),
    ("America/Phoenix", "2026-03-08", WHOLE_DAY, [], []),
    ("America/Phoenix", "2026-11-01", WHOLE_DAY, [], []),
    ("Europe/Lisbon", "2026-03-29", SHORT, ["01:00", "01:30"], []),
    ("Europe/Lisbon", "2026-10-25", LONG, [], ["01:00", "01:30"]),
    ("Australia/Lord_Howe", "2026-10-04", WHOLE_DAY - 30, ["02:00"], []),
    ("Australia/Lord_Howe", "2026-04-05", WHOLE_DAY + 30, [], ["01:30"]),
    ("America/Sao_Paulo", "2018-11-04", SHORT, ["00:00", "00:30"], []),
    ("America/Sao_Paulo", "2018-02-17", LONG, [], ["23:00", "23:30"]),
    ("America/Sao_Paulo", "2026-11-01", WHOLE_DAY, [], []),
    ("Africa/Cairo", "2026-04-24", SHORT, ["00:00", "00:30"], []),
    ("Africa/Cairo", "2026-10-29", LONG, [], ["23:00", "23:30"]),
]
NAMES = [f"{zone} {day}" for zone, day, *_ in CHANGES]
NEED = Need(numbing_min=0, treatment_min=30, clean_down_min=0)


def offered(zone: ZoneInfo, first: dt.date, days: int, step: int) -> list[dt.datetime]:
    """Every start of a practitioner who works around the clock, on the wall clock."""
    spans = [day_span(first + DAY * n, zone) for n in range(days)]
    window = Window(spans, step_min=step, zone=zone)
    found = []
    for index in range(days):
        start = window.floor(spans[index][0])
        everything = free_starts(
            window,
            NEED,
            at_work=window.everything,
            opening=window.everything,
            busy=0,
            elsewise=window.everything,
        )
        found += [
            (spans[index][0] + MINUTE * minute).astimezone(zone)
            for minute in minutes(window.on_day(everything, index))
        ]
        assert window.instant(start) == spans[index][0]
    return found


@pytest.mark.rule("P4", "P5")
@pytest.mark.parametrize(("zone", "day", "length", "gone", "twice"), CHANGES, ids=NAMES)
def test_every_instant_of_the_day_is_offered_once_and_none_beside_it(
    zone: str, day: str, length: int, gone: list[str], twice: list[str]
) -> None:
    there, on = ZoneInfo(zone), dt.date.fromisoformat(day)
    first, last = day_span(on, there)
    assert (last - first) // MINUTE == length
    found = offered(there, on, 1, 30)
    assert {one.date() for one in found} == {on}
    said = [f"{one:%H:%M}" for one in found]
    all_day = [f"{n // 2:02}:{n % 2 * 30:02}" for n in range(48)]
    assert set(all_day) - set(said) == set(gone)
    assert sorted(word for word in set(said) if said.count(word) == 2) == twice
    assert len({one.astimezone(dt.UTC) for one in found}) == len(found) == length // 30


@pytest.mark.rule("P4")
@pytest.mark.parametrize("step", [5, 10, 15, 20, 30])
@pytest.mark.parametrize(("zone", "day", "length", "gone", "twice"), CHANGES, ids=NAMES)
def test_a_start_lies_on_the_clinics_step_of_the_wall_clock(
    zone: str, day: str, length: int, gone: list[str], twice: list[str], step: int
) -> None:
    there = ZoneInfo(zone)
    found = offered(there, dt.date.fromisoformat(day) - DAY, 3, step)
    assert {(one.hour * 60 + one.minute) % step for one in found} == {0}
    # What the page says leads back to the very instant: a form that sends it is understood.
    for one in found:
        meant = on_wall_clock(one.date(), one.time().replace(fold=0), there).instants
        assert one.astimezone(dt.UTC) in meant
        assert len(meant) == (2 if is_twice(one) else 1)


@pytest.mark.rule("P5")
@pytest.mark.parametrize(("zone", "day", "length", "gone", "twice"), CHANGES, ids=NAMES)
def test_a_time_that_is_not_there_means_nothing_and_one_that_comes_twice_two_instants(
    zone: str, day: str, length: int, gone: list[str], twice: list[str]
) -> None:
    there, on = ZoneInfo(zone), dt.date.fromisoformat(day)
    for word in gone:
        assert on_wall_clock(on, dt.time.fromisoformat(word), there).instants == ()
    for word in twice:
        first, second = on_wall_clock(on, dt.time.fromisoformat(word), there).instants
        assert second - first in (30 * MINUTE, 60 * MINUTE)


@pytest.mark.rule("P4", "T1")
@pytest.mark.parametrize(("zone", "day", "length", "gone", "twice"), CHANGES, ids=NAMES)
def test_nine_to_five_stays_nine_to_five(
    zone: str, day: str, length: int, gone: list[str], twice: list[str]
) -> None:
    there, on = ZoneInfo(zone), dt.date.fromisoformat(day)
    window = Window([day_span(on, there)], step_min=30, zone=there)
    works = window.at_work([shift_span(on, 9 * 60, 17 * 60, there)])
    free = free_starts(
        window, NEED, at_work=works, opening=works, busy=0, elsewise=window.everything
    )
    said = [
        f"{window.instant(window.floor(window.days[0][0]) + minute).astimezone(there):%H:%M}"
        for minute in minutes(window.on_day(free, 0))
    ]
    assert said == [f"{n // 2:02}:{n % 2 * 30:02}" for n in range(18, 34)]


@pytest.mark.rule("T1")
def test_two_short_blocks_do_not_close_the_day() -> None:
    there = ZoneInfo("America/Chicago")
    on = dt.date(2026, 11, 24)
    window = Window([day_span(on, there)], step_min=15, zone=there)
    works = window.at_work([shift_span(on, 9 * 60, 12 * 60, there)])
    start = window.floor(window.days[0][0])
    blocks = [(start + 9 * 60 + 45, start + 10 * 60), (start + 11 * 60, start + 11 * 60 + 15)]
    free = free_starts(
        window,
        NEED,
        at_work=works,
        opening=works,
        busy=window.mask(blocks),
        elsewise=window.everything,
    )
    said = [f"{minute // 60}:{minute % 60:02}" for minute in minutes(window.on_day(free, 0))]
    assert said == ["9:00", "9:15", "10:00", "10:15", "10:30", "11:15", "11:30"]
