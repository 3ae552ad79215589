"""Where the boxes of a printed day stand, and what has room in them."""

from __future__ import annotations

import datetime as dt

import pytest

from bookings.rules.sheet import (
    FOOT,
    HEAD,
    MARGIN,
    PAPERS,
    SIZES,
    Entry,
    Lane,
    Sheet,
    fitting,
    lines_of,
    outage_due,
    per_page,
    sheet,
)

NINE = dt.datetime(2026, 11, 24, 15, tzinfo=dt.UTC)


def at(minutes: int) -> dt.datetime:
    return NINE + dt.timedelta(minutes=minutes)


def visit(first: int, last: int, who: str = "Lee, Mia") -> Entry:
    return Entry(at(first), at(last), "9:00", who, ("Face 30 · Room 1", "booked"))


def day(lanes: list[Lane], paper: str = "letter") -> Sheet:
    return sheet(lanes, PAPERS[paper], starts_at=at(0), ends_at=at(600), hours=[(at(0), "9 AM")])


@pytest.mark.parametrize("paper", [*PAPERS])
def test_a_box_is_as_high_as_its_time_is_long_and_stands_where_it_begins(paper: str) -> None:
    works = [(at(0), at(600))]
    drawn = day([Lane("Ana", "", works, [visit(0, 30), visit(300, 345)])], paper)
    (leaf,) = drawn.leaves
    high = PAPERS[paper].height - 2 * MARGIN - HEAD - FOOT
    assert drawn.height == pytest.approx(high)
    first, second = leaf.boxes
    assert first.y == pytest.approx(drawn.top)
    assert second.y == pytest.approx(drawn.top + high / 2)
    assert (first.height + 0.3, second.height + 0.3) == pytest.approx((high / 20, high * 45 / 600))
    assert leaf.works[0].height == pytest.approx(high)


def test_boxes_of_a_full_day_never_leave_the_paper_nor_their_column() -> None:
    lanes = [
        Lane(f"P {n}", "", [(at(0), at(600))], [visit(m, m + 30) for m in range(0, 570, 35)])
        for n in range(10)
    ]
    drawn = day(lanes)
    (leaf,) = drawn.leaves
    paper = PAPERS["letter"]
    for head, n in zip(leaf.heads, range(10), strict=True):
        mine = leaf.boxes[n * 17 : (n + 1) * 17]
        assert all(head.x <= box.x for box in mine)
        assert all(box.x + box.width <= head.x + head.width for box in mine)
        assert all(box.y + box.height <= paper.height - MARGIN - FOOT + 0.01 for box in mine)
    assert leaf.heads[-1].x + leaf.heads[-1].width == pytest.approx(paper.width - MARGIN)


def test_more_columns_than_a_sheet_has_room_for_go_on_the_next() -> None:
    most = per_page(PAPERS["letter"])
    assert most >= 10
    drawn = day([Lane(f"P {n}", "", [], []) for n in range(most + 1)])
    assert [len(leaf.heads) for leaf in drawn.leaves] == [most // 2 + 1, most - most // 2]


def test_what_lies_outside_the_day_is_cut_to_it() -> None:
    drawn = day([Lane("Ana", "", [(at(-60), at(660))], [visit(-15, 30)])])
    (box,) = drawn.leaves[0].works
    assert (box.y, box.height) == pytest.approx((drawn.top, drawn.height))
    assert drawn.leaves[0].boxes[0].y == pytest.approx(drawn.top)


@pytest.mark.parametrize(
    ("lead", "more", "size", "lines"),
    [
        ("9:00 Ng, Al", ("Face", "booked"), 7.5, 2),
        ("9:00 Lee, Mia", ("Face", "booked"), 6.8, 2),
        ("9:00 Featherstonehaugh, Max", ("Face", "booked"), SIZES[-2], 1),
        ("9:00 " + "x" * 400, ("Face",), SIZES[-1], 0),
        ("9:00", (), SIZES[0], 0),
    ],
)
def test_a_box_says_all_it_can_as_large_as_it_can(
    lead: str, more: tuple[str, ...], size: float, lines: int
) -> None:
    assert fitting(lead, more, 22.0, 9.6) == (size, lines)


def test_a_long_name_gives_way_to_the_room_and_the_state() -> None:
    who = "Wolfeschlegelsteinhausenbergerdorff-Montgomery de la Fontaine, Maximiliane Alexandra"
    long = Entry(at(60), at(90), "10:00", who, ("Face 30 · Room 2", "booked"))
    lanes = [Lane(f"P{n}", "9 AM–5 PM", [(at(0), at(480))], [long]) for n in range(8)]
    (box, *_rest) = day(lanes).leaves[0].boxes
    assert box.more == ("Face 30 · Room 2", "booked")
    assert box.lead.startswith("10:00 Wolfe")
    assert box.lead.endswith("…")
    # A name that has room is said whole.
    short = Entry(at(60), at(180), "10:00", who, ("Face 30 · Room 2", "booked"))
    (box, *_rest) = day([Lane("P", "", [(at(0), at(480))], [short])]).leaves[0].boxes
    assert box.lead == f"10:00 {who}"


@pytest.mark.parametrize(
    ("text", "lines"), [("Mia", 1), ("Mia Lee", 2), ("", 1), ("x" * 10, 2), ("王小明", 1)]
)
def test_lines_break_at_spaces_and_only_long_words_inside(text: str, lines: int) -> None:
    assert lines_of(text, 2.4, 0.7) == lines


@pytest.mark.parametrize(
    ("hours", "minute", "due"),
    [
        ([[540, 720], [780, 1080]], 1079, False),
        ([[540, 720], [780, 1080]], 1080, True),
        ([[540, 720], [780, 1080]], 750, False),
        ([], 1019, False),
        ([], 1020, True),
    ],
)
def test_tomorrows_sheet_is_put_away_once_the_clinic_has_closed(
    hours: list[list[int]], minute: int, due: bool
) -> None:
    assert outage_due(hours, minute) is due


def test_a_short_visit_in_a_wide_column_is_as_large_as_a_long_one() -> None:
    """Four columns, thirty minutes of a ten-hour day: what takes two lines stands in one."""
    lanes = [Lane(f"L{n}", "", [], [visit(0, 30)]) for n in range(4)]
    box = day(lanes).leaves[0].boxes[0]
    assert box.more == ("Face 30 · Room 1, booked",)
    assert box.size == SIZES[0]
