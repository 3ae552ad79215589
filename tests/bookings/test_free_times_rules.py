"""The bit rule of free times says what a slow, plain search says."""

from __future__ import annotations

import datetime as dt
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bookings.rules.free_times import (
    Need,
    Window,
    free_starts,
    minutes,
    outward,
    patient_free,
    places,
    runs,
)
from bookings.rules.rosters import Roster
from bookings.rules.shifts import joined, shift_span
from bookings.rules.visit import lanes
from clinic.rules import day_span

CHICAGO = ZoneInfo("America/Chicago")
MINUTE = dt.timedelta(minutes=1)
# An ordinary day, the day of 23 hours, the day of 25 hours, and a zone of half an hour.
DAYS = [
    (dt.date(2026, 11, 24), CHICAGO),
    (dt.date(2026, 3, 8), CHICAGO),
    (dt.date(2026, 11, 1), CHICAGO),
    (dt.date(2026, 4, 5), ZoneInfo("Australia/Lord_Howe")),
    (dt.date(2026, 3, 29), ZoneInfo("Asia/Beirut")),  # begins at 1:00
]

spans = st.lists(
    st.tuples(st.integers(-240, 1740), st.integers(1, 240)).map(lambda s: (s[0], s[0] + s[1])),
    max_size=6,
)
needs = st.builds(Need, st.integers(0, 120), st.integers(30, 45), st.integers(0, 60))


@st.composite
def desks(draw):
    day, zone = draw(st.sampled_from(DAYS))
    count = draw(st.integers(1, 3))
    days = [day_span(day + dt.timedelta(days=n), zone) for n in range(count)]
    start = days[0][0]

    def instants(pairs):
        return [(start + MINUTE * a, start + MINUTE * b) for a, b in pairs]

    return {
        "days": days,
        "need": draw(needs),
        "works": joined(instants(draw(spans))),
        "opening": instants(draw(spans)),
        "busy": instants(draw(spans)),
        "rooms": [instants(one) for one in draw(st.lists(spans, max_size=2))],
        "devices": [instants(one) for one in draw(st.lists(spans, max_size=2))],
        "patient": instants(draw(spans)),
        "after": start + dt.timedelta(seconds=draw(st.integers(-3600, 90000))),
        "before": start + dt.timedelta(seconds=draw(st.integers(0, 270000))),
    }


def found_by_bits(desk) -> list[dt.datetime]:
    window, need = Window(desk["days"]), desk["need"]

    def mask(held):
        return window.mask((window.floor(a), window.ceil(b)) for a, b in held)

    elsewise = (
        places(
            window,
            need,
            rooms=[mask(one) for one in desk["rooms"]],
            devices=[mask(one) for one in desk["devices"]],
        )
        & patient_free(window, need, mask(desk["patient"]))
        & window.between(desk["after"], desk["before"])
    )
    free = free_starts(
        window,
        need,
        at_work=window.at_work(desk["works"]),
        opening=window.at_work(desk["opening"]),
        busy=mask(desk["busy"]),
        elsewise=elsewise,
    )
    return [
        start + MINUTE * minute
        for index, (start, _end) in enumerate(desk["days"])
        for minute in minutes(window.on_day(free, index))
    ]


def found_by_search(desk) -> list[dt.datetime]:
    def clear(span, held):
        return not any(a < span.ends_at and span.starts_at < b for a, b in held)

    found = []
    for start, end in desk["days"]:
        at = start
        while at < end:
            plan = lanes(
                starts_at=at,
                numbing_min=desk["need"].numbing_min,
                treatment_min=desk["need"].treatment_min,
                clean_down_min=desk["need"].clean_down_min,
            )
            mine = plan.practitioner
            if (
                desk["after"] <= at <= desk["before"]
                and any(a <= mine.starts_at and mine.ends_at <= b for a, b in desk["works"])
                and any(a <= plan.patient.starts_at < b for a, b in desk["works"] + desk["opening"])
                and clear(mine, desk["busy"])
                and any(clear(plan.room, held) for held in desk["rooms"])
                and any(clear(plan.device, held) for held in desk["devices"])
                and clear(plan.patient, desk["patient"])
            ):
                found.append(at)
            at += MINUTE * 15
    return found


@pytest.mark.rule("R47")
@settings(max_examples=400, deadline=None)
@given(desks())
def test_the_bits_find_what_a_search_finds(desk):
    assert found_by_bits(desk) == found_by_search(desk)


@given(st.integers(0, 2**200 - 1), st.integers(1, 70))
def test_a_run_begins_where_enough_free_minutes_follow(free, length):
    text = bin(free)[:1:-1]
    expected = [n for n in range(len(text)) if text[n : n + length] == "1" * length]
    assert list(minutes(runs(free, length))) == expected


@pytest.mark.rule("T1")
@pytest.mark.parametrize(
    ("day", "starts", "ends", "first", "last"),
    [
        # An edge inside the gap of March 8 (2:00 to 3:00) moves to the gap's end, 8:00 UTC.
        ((2026, 3, 8), 2 * 60 + 30, 6 * 60, "08:00", "11:00"),
        ((2026, 3, 8), 1 * 60, 2 * 60 + 30, "07:00", "08:00"),
        ((2026, 3, 8), 2 * 60, 3 * 60, "08:00", "08:00"),
        # On November 1 the hour from 1:00 comes twice: the first start, the second end.
        ((2026, 11, 1), 1 * 60 + 30, 3 * 60, "06:30", "09:00"),
        ((2026, 11, 1), 0, 1 * 60 + 30, "05:00", "07:30"),
        ((2026, 11, 24), 9 * 60, 17 * 60, "15:00", "23:00"),
    ],
)
def test_a_shift_edge_at_a_clock_change(day, starts, ends, first, last):
    found = shift_span(dt.date(*day), starts, ends, CHICAGO)
    assert [f"{one:%H:%M}" for one in found] == [first, last]


@pytest.mark.rule("T1")
def test_a_gap_at_midnight_moves_a_shift_to_the_day_s_first_minute():
    first, last = shift_span(dt.date(2026, 3, 29), 0, 24 * 60, ZoneInfo("Asia/Beirut"))
    assert (f"{first:%d %H:%M}", f"{last:%d %H:%M}") == ("28 22:00", "29 21:00")


class Shift:
    def __init__(self, weekday, starts, ends, since=dt.date(2020, 1, 1), until=None):
        self.weekday, self.starts_min, self.ends_min = weekday, starts * 60, ends * 60
        self.valid_from, self.valid_to = since, until


def test_shifts_that_touch_are_one_stretch_of_work_also_over_midnight():
    monday = dt.date(2026, 11, 23)
    shifts: list[Any] = [Shift(0, 9, 12), Shift(0, 12, 24), Shift(1, 0, 2), Shift(1, 9, 10)]
    found = Roster(shifts).works(first=monday, last=monday + dt.timedelta(days=1), zone=CHICAGO)
    local = [[f"{one.astimezone(CHICAGO):%a %H:%M}" for one in span] for span in found]
    assert local == [["Mon 09:00", "Tue 02:00"], ["Tue 09:00", "Tue 10:00"]]


def test_a_shift_counts_from_its_first_day_to_its_last():
    monday = dt.date(2026, 11, 23)
    shifts: list[Any] = [Shift(0, 9, 10, since=monday, until=monday + dt.timedelta(days=7))]
    last = monday + dt.timedelta(days=21)
    found = Roster(shifts).works(first=monday - dt.timedelta(days=7), last=last, zone=CHICAGO)
    assert [one.astimezone(CHICAGO).date() for one, _ in found] == [
        monday,
        monday + dt.timedelta(days=7),
    ]


@given(st.sets(st.integers(0, 400)), st.integers(-50, 450))
def test_minutes_come_nearest_first_and_of_two_as_near_the_earlier(free: set[int], wanted: int):
    mask = sum(1 << minute for minute in free)
    assert list(outward(mask, wanted)) == sorted(free, key=lambda m: (abs(m - wanted), m))
