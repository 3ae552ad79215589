"""What really goes on beside what was booked: the rules."""

from __future__ import annotations

import datetime as dt

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bookings.rules.board import Block, Kind
from bookings.rules.going_on import Stay, blocks, foreseen, needled
from bookings.rules.visit import Span

MINUTE = dt.timedelta(minutes=1)
NINE = dt.datetime(2026, 11, 24, 15, 0, tzinfo=dt.UTC)


def at(minutes: int) -> dt.datetime:
    """So many minutes after nine."""
    return NINE + minutes * MINUTE


def span(first: int, last: int) -> Span:
    return Span(at(first), at(last))


def drawn(*stays: Stay) -> list[tuple[str, int, int]]:
    """What a column shows, in minutes after nine."""
    found = blocks(stays, held="held")
    return sorted(
        (str(one.key), (one.starts_at - NINE) // MINUTE, (one.ends_at - NINE) // MINUTE)
        for one in found
    )


@pytest.mark.parametrize(
    ("started", "ended", "now", "really"),
    [
        (30, None, 40, None),  # as booked
        (26, None, 40, None),  # a few minutes
        (30, 60, 200, None),  # over before its time
        (30, 79, 200, None),  # a few minutes late
        (0, None, 10, (0, 45)),  # began early, under way
        (0, None, 47, (0, 60)),  # and takes longer: the quarter hour is taken
        (40, None, 50, (40, 85)),  # began late
        (30, None, 77, (30, 90)),  # runs late
        (30, 90, 200, (30, 90)),  # ran late
        (0, 2, 5, (0, 15)),  # broken off at once, still to be seen
    ],
)
def test_a_treatment_takes_its_real_time(started, ended, now, really) -> None:
    found = needled(
        span(30, 75),
        started_at=at(started),
        ended_at=None if ended is None else at(ended),
        now=at(now),
    )
    assert found == (span(*really) if really else None)


def test_on_another_day_a_treatment_does_not_go_on_for_ever() -> None:
    assert needled(span(30, 75), started_at=at(30), ended_at=None, now=None) is None


@pytest.mark.parametrize(
    ("ready", "now", "really"),
    [(20, 10, None), (None, 10, None), (30, 30, None), (50, 40, (50, 95)), (20, 61, (75, 120))],
)
def test_a_numbed_patient_whose_time_has_gone_is_treated_next(ready, now, really) -> None:
    found = foreseen(span(30, 75), ready_at=None if ready is None else at(ready), now=at(now))
    assert found == (span(*really) if really else None)


def test_a_visit_that_began_early_takes_its_time_until_its_booked_end() -> None:
    assert drawn(Stay("Mia", span(40, 85), span(0, 45), begun=True)) == [("Mia", 0, 85)]


def test_booked_time_that_lies_apart_stays_held() -> None:
    assert drawn(Stay("Mia", span(60, 105), span(0, 30), begun=True)) == [
        ("Mia", 0, 30),
        ("held", 60, 105),
    ]


def test_what_is_under_way_comes_before_what_is_booked() -> None:
    late = Stay("Mia", span(0, 45), span(0, 60), begun=True)
    assert drawn(late, Stay("Wang", span(45, 90))) == [("Mia", 0, 60), ("Wang", 60, 90)]


def test_what_is_foreseen_gives_way_to_what_is_booked() -> None:
    numb = Stay("Mia", span(0, 45), span(15, 60))
    assert drawn(numb, Stay("Wang", span(45, 90))) == [("Mia", 0, 45), ("Wang", 45, 90)]


def test_held_time_never_hides_a_visit() -> None:
    early = Stay("Mia", span(60, 105), span(0, 30), begun=True)
    other = Stay("Wang", span(105, 150), span(70, 115), begun=True)
    assert drawn(early, other) == [("Mia", 0, 30), ("Wang", 70, 150), ("held", 60, 70)]


def test_time_that_lies_apart_stays_held_whatever_comes_after_it() -> None:
    early = Stay("Mia", span(60, 105), span(0, 30), begun=True)
    assert drawn(early, Stay("Wang", span(120, 165))) == [
        ("Mia", 0, 30),
        ("Wang", 120, 165),
        ("held", 60, 105),
    ]


def test_a_row_of_the_board_begins_on_a_whole_minute() -> None:
    start = at(0) + dt.timedelta(seconds=33, microseconds=995)
    found = needled(span(60, 105), started_at=start, ended_at=None, now=start)
    assert found == span(0, 45)


minutes = st.integers(0, 40).map(lambda n: n * 5)


@st.composite
def stays(draw: st.DrawFn) -> list[Stay]:
    found, begins = [], 0
    for number in range(draw(st.integers(0, 5))):
        begins += draw(st.integers(0, 6)) * 5
        really = None
        if draw(st.booleans()):
            first = draw(minutes)
            really = span(first, first + draw(st.integers(15, 60)))
        found.append(
            Stay(f"P{number}", span(begins, begins + 45), really, begun=draw(st.booleans()))
        )
        begins += 45
    return found


@given(stays())
def test_no_visit_is_ever_left_out(given: list[Stay]) -> None:
    found = blocks(given, held="held")
    assert all(one.starts_at < one.ends_at for one in found)
    assert sorted(one.key for one in found if one.kind == Kind.VISIT) == sorted(
        stay.key for stay in given
    )
    held = [one for one in found if one.kind == Kind.BUSY]
    assert not any(_overlap(one, other) for one in held for other in found if other is not one)
    # What is booked is taken, minute by minute: by the visit itself, another, or as held.
    for stay in given:
        minute = stay.booked.starts_at
        while minute < stay.booked.ends_at:
            assert any(one.starts_at <= minute < one.ends_at for one in found)
            minute += 5 * MINUTE


def _overlap(one: Block, other: Block) -> bool:
    return one.starts_at < other.ends_at and other.starts_at < one.ends_at
