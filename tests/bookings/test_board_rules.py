"""The board's table: every column is whole, no cell overlaps another, every hour has its name."""

from __future__ import annotations

import datetime as dt
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bookings.rules.board import (
    TICK,
    Block,
    Cell,
    Kind,
    Lane,
    Row,
    ceil_tick,
    extent,
    floor_tick,
    layout,
)
from clinic.rules import is_twice

AUSTIN = ZoneInfo("America/Chicago")
MINUTE = dt.timedelta(minutes=1)
DAY = dt.datetime(2026, 11, 24, 15, 0, tzinfo=dt.UTC)  # 9:00 am in Austin
NOON = DAY + 180 * MINUTE


def at(minutes: int) -> dt.datetime:
    """So many minutes after nine."""
    return DAY + minutes * MINUTE


def visit(first: int, last: int, key: str = "Mia") -> Block:
    return Block(at(first), at(last), Kind.VISIT, key)


def lane(*blocks: Block, works: tuple[int, int] | None = (0, 180)) -> Lane:
    return Lane([(at(works[0]), at(works[1]))] if works else [], blocks)


def table(*lanes: Lane) -> list[Row]:
    return layout(lanes, starts_at=DAY, ends_at=NOON, zone=AUSTIN)


def column(rows: list[Row], number: int = 0) -> list[Cell]:
    return [cell for row in rows for cell in row.cells if cell.column == number]


def minutes(cell: Cell) -> tuple[int, int]:
    return (cell.starts_at - DAY) // MINUTE, (cell.ends_at - DAY) // MINUTE


def test_an_empty_shift_is_one_free_cell_per_quarter_hour() -> None:
    rows = table(lane())
    assert [row.minutes for row in rows] == [15] * 12
    assert [(cell.kind, cell.rows) for cell in column(rows)] == [(Kind.FREE, 1)] * 12


def test_time_too_short_for_any_visit_is_one_cell_that_is_not_free() -> None:
    """Before the next visit, between two of them, and before the end of work."""
    blocks = [visit(50, 80), visit(85, 115)]
    rows = layout([lane(*blocks)], starts_at=DAY, ends_at=NOON, zone=AUSTIN, shortest=30 * MINUTE)
    found = [(*minutes(cell), cell.kind) for cell in column(rows)]
    assert found == [
        (0, 15, Kind.FREE),
        (15, 30, Kind.FREE),
        (30, 50, Kind.SHORT),
        (50, 80, Kind.VISIT),
        (80, 85, Kind.SHORT),
        (85, 115, Kind.VISIT),
        (115, 120, Kind.FREE),
        (120, 135, Kind.FREE),
        (135, 150, Kind.FREE),
        (150, 165, Kind.FREE),
        (165, 180, Kind.SHORT),
    ]


def test_a_visit_is_one_cell_as_high_as_its_time() -> None:
    rows = table(lane(visit(30, 75)))
    held = [cell for cell in column(rows) if cell.kind == Kind.VISIT]
    assert [(minutes(cell), cell.rows, cell.keys) for cell in held] == [((30, 75), 3, ("Mia",))]


def test_a_visit_off_the_quarter_hour_adds_a_row_for_each_of_its_ends() -> None:
    rows = table(lane(visit(20, 50)))
    assert [minutes(cell) for cell in column(rows)][:5] == [
        (0, 15),
        (15, 20),
        (20, 50),
        (50, 60),
        (60, 75),
    ]
    assert [row.minutes for row in rows][:6] == [15, 5, 10, 15, 5, 10]
    assert [row.ticks for row in rows][:6] == [1, 2, 0, 1, 2, 0]


def test_a_neighbors_odd_times_do_not_cut_free_quarter_hours_in_two() -> None:
    rows = table(lane(visit(20, 50)), lane())
    assert [minutes(cell) for cell in column(rows, 1)] == [(n, n + 15) for n in range(0, 180, 15)]
    assert [cell.rows for cell in column(rows, 1)][:4] == [1, 2, 1, 2]


def test_touching_visits_stand_under_each_other() -> None:
    rows = table(lane(visit(0, 45, "Mia"), visit(45, 75, "Wang")))
    held = [(minutes(cell), cell.keys) for cell in column(rows) if cell.kind == Kind.VISIT]
    assert held == [((0, 45), ("Mia",)), ((45, 75), ("Wang",))]


def test_time_outside_the_shift_is_closed_and_stays_one_cell() -> None:
    rows = table(lane(works=(60, 120)))
    closed = [(minutes(cell), cell.rows) for cell in column(rows) if cell.kind == Kind.CLOSED]
    assert closed == [((0, 60), 4), ((120, 180), 4)]


def test_a_visit_outside_the_shift_is_shown_all_the_same() -> None:
    rows = table(lane(visit(0, 45), works=None))
    assert [(cell.kind, minutes(cell)) for cell in column(rows)] == [
        (Kind.VISIT, (0, 45)),
        (Kind.CLOSED, (45, 180)),
    ]


def test_two_shifts_leave_the_break_between_them_closed() -> None:
    works = [(at(0), at(60)), (at(90), at(180))]
    rows = table(Lane(works, ()))
    closed = [minutes(cell) for cell in column(rows) if cell.kind == Kind.CLOSED]
    assert closed == [(60, 90)]


def test_what_reaches_past_the_boards_edges_is_cut_there() -> None:
    busy = Block(at(-60), at(30), Kind.BUSY, "elsewhere")
    late = Block(at(170), at(400), Kind.BUSY, "elsewhere")
    rows = table(lane(busy, late))
    held = [minutes(cell) for cell in column(rows) if cell.kind == Kind.BUSY]
    assert held == [(0, 30), (170, 180)]


def test_visits_that_overlap_against_all_guards_share_a_cell_and_none_is_hidden() -> None:
    rows = table(lane(visit(0, 45, "Mia"), visit(30, 75, "Wang")))
    held = [cell for cell in column(rows) if cell.kind == Kind.VISIT]
    assert [(minutes(cell), cell.keys) for cell in held] == [((0, 75), ("Mia", "Wang"))]


blocks = st.tuples(st.integers(-30, 200), st.integers(1, 90))
shifts = st.tuples(st.integers(-60, 180), st.integers(1, 240))


@given(
    st.lists(
        st.tuples(st.lists(blocks, max_size=6), st.lists(shifts, max_size=3)),
        min_size=1,
        max_size=4,
    )
)
def test_whatever_the_day_every_place_of_the_table_is_covered_exactly_once(
    given_lanes: list[tuple[list[tuple[int, int]], list[tuple[int, int]]]],
) -> None:
    lanes = [
        Lane(
            [(at(first), at(first + length)) for first, length in works],
            [visit(first, first + length, f"{n}") for n, (first, length) in enumerate(held)],
        )
        for held, works in given_lanes
    ]
    rows = table(*lanes)
    covered = [[0] * len(lanes) for _ in rows]
    for number, row in enumerate(rows):
        for cell in row.cells:
            assert cell.rows >= 1
            for below in range(number, number + cell.rows):
                covered[below][cell.column] += 1
    assert covered == [[1] * len(lanes) for _ in rows]
    assert sum((row.ends_at - row.starts_at for row in rows), dt.timedelta()) == NOON - DAY
    assert all(row.ends_at - row.starts_at <= TICK for row in rows)
    shown = {
        key for number in range(len(lanes)) for cell in column(rows, number) for key in cell.keys
    }
    inside = {
        f"{n}"
        for held, _ in given_lanes
        for n, (first, length) in enumerate(held)
        if first < 180 and first + length > 0
    }
    assert shown == inside


def test_the_board_reaches_from_the_first_start_to_the_last_end_in_whole_quarters() -> None:
    assert extent([(at(20), at(50)), (at(-10), at(5))]) == (at(-15), at(60))
    assert floor_tick(at(15)) == ceil_tick(at(15)) == at(15)


def test_the_night_the_clock_goes_forward_has_no_two_oclock() -> None:
    first = dt.datetime(2026, 3, 8, 0, 0, tzinfo=AUSTIN).astimezone(dt.UTC)
    rows = layout(
        [Lane([], ())], starts_at=first, ends_at=first + dt.timedelta(hours=4), zone=AUSTIN
    )
    hours = [(row.local.hour, row.change) for row in rows if row.hour]
    assert hours == [(0, ""), (1, ""), (3, "CDT"), (4, "")]
    assert len(rows) == 16


def test_the_night_the_clock_goes_back_names_the_zone_of_each_of_the_two_hours() -> None:
    first = dt.datetime(2026, 11, 1, 0, 0, tzinfo=AUSTIN).astimezone(dt.UTC)
    rows = layout(
        [Lane([], ())], starts_at=first, ends_at=first + dt.timedelta(hours=4), zone=AUSTIN
    )
    hours = [(row.local.hour, row.change) for row in rows if row.hour]
    assert hours == [(0, ""), (1, "CDT"), (1, "CST"), (2, "")]
    assert [row.change for row in rows if row.local.hour == 1] == ["CDT"] * 4 + ["CST"] * 4


@pytest.mark.parametrize(
    ("text", "answer"),
    [("2026-11-01T01:30", True), ("2026-11-01T02:30", False), ("2026-11-24T09:00", False)],
)
def test_only_a_time_in_the_repeated_hour_is_shown_twice(text: str, answer: bool) -> None:
    assert is_twice(dt.datetime.fromisoformat(text).replace(tzinfo=AUSTIN)) is answer
