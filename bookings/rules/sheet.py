"""A day on one sheet of paper: where each visit's box stands, in millimeters, and what fits in it.

A box is as high as its time is long, and says first who comes; what has no room on paper stands
in the list that can be printed behind it.
"""

from __future__ import annotations

import datetime as dt
import math
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass

MARGIN = 8.0
HEAD = 17.0  # the title's line and the names of the columns
FOOT = 5.0
TIMES = 11.0  # the column of hours
NARROWEST = 21.0
POINT = 25.4 / 72
# How wide a character is on average, in parts of the font's size; wide fonts were measured.
NARROW, BOLD, WIDE = 0.56, 0.64, 1.05
LEADING = 1.15
INSIDE = 2.0  # what a box keeps free at its sides
SIZES = (9.0, 8.2, 7.5, 6.8, 6.2, 5.6, 5.0)


@dataclass(frozen=True)
class Paper:
    """A sheet on its side; millimeters."""

    name: str
    words: str
    width: float
    height: float


PAPERS = {
    "letter": Paper("letter", "Letter", 279.4, 215.9),
    "a4": Paper("a4", "A4", 297.0, 210.0),
    "a3": Paper("a3", "A3", 420.0, 297.0),
}


@dataclass(frozen=True)
class Entry:
    """What a column holds from one instant to another (UTC). `begun` is what tells the states
    apart in black and white: an outline for what is to come, a full edge for what has begun."""

    starts_at: dt.datetime
    ends_at: dt.datetime
    time: str
    who: str
    more: tuple[str, ...] = ()
    begun: bool = False


@dataclass(frozen=True)
class Lane:
    """One column of the sheet: whose it is, when she works (UTC), what she has."""

    name: str
    note: str
    works: Sequence[tuple[dt.datetime, dt.datetime]]
    entries: Sequence[Entry]


@dataclass(frozen=True)
class Box:
    """A rectangle on the paper and what stands in it: `size` in points, `lead` and then `more`."""

    x: float
    y: float
    width: float
    height: float
    size: float = 0.0
    lead: str = ""
    more: tuple[str, ...] = ()
    begun: bool = False


@dataclass(frozen=True)
class Leaf:
    """One page: heads of its columns, time at work, visits, and the hours with their lines."""

    heads: tuple[Box, ...]
    works: tuple[Box, ...]
    boxes: tuple[Box, ...]
    hours: tuple[tuple[float, str], ...]


@dataclass(frozen=True)
class Sheet:
    """A day on paper: as few pages as there are columns for, one as a rule."""

    paper: Paper
    left: float
    right: float
    top: float
    bottom: float
    leaves: tuple[Leaf, ...]

    @property
    def height(self) -> float:
        """How high the columns are."""
        return self.bottom - self.top

    @property
    def width(self) -> float:
        """How wide all columns of a page are."""
        return self.right - self.left


def per_page(paper: Paper) -> int:
    """How many columns have room beside each other."""
    return int((paper.width - 2 * MARGIN - TIMES) // NARROWEST)


def sheet(
    lanes: Sequence[Lane],
    paper: Paper,
    *,
    starts_at: dt.datetime,
    ends_at: dt.datetime,
    hours: Sequence[tuple[dt.datetime, str]],
) -> Sheet:
    """The day between two instants (UTC) on paper; `hours` are the lines to draw, with words."""
    top, bottom = MARGIN + HEAD, paper.height - MARGIN - FOOT
    scale = (bottom - top) / max(1.0, (ends_at - starts_at).total_seconds())

    def down(instant: dt.datetime) -> float:
        shown = min(max(instant, starts_at), ends_at)
        return top + (shown - starts_at).total_seconds() * scale

    pages = max(1, math.ceil(len(lanes) / per_page(paper)))
    most = max(1, math.ceil(len(lanes) / pages))
    width = (paper.width - 2 * MARGIN - TIMES) / most
    left = MARGIN + TIMES
    leaves = []
    for n in range(pages):
        heads, works, boxes = [], [], []
        for place, lane in enumerate(lanes[n * most : (n + 1) * most]):
            x = left + place * width
            heads.append(_head(lane, x, top, width))
            works += [Box(x, down(a), width, down(b) - down(a)) for a, b in lane.works]
            boxes += [
                _box(one, x + 0.4, down(one.starts_at), width - 0.8, down(one.ends_at))
                for one in lane.entries
            ]
        lines = tuple((down(instant), word) for instant, word in hours)
        leaves.append(Leaf(tuple(heads), tuple(works), tuple(boxes), lines))
    return Sheet(paper, left, paper.width - MARGIN, top, bottom, tuple(leaves))


def _head(lane: Lane, x: float, top: float, width: float) -> Box:
    size, _more = fitting(lane.name, (lane.note,), width - INSIDE, HEAD - 6)
    return Box(x, top - HEAD + 6, width, HEAD - 6, size, lane.name, (lane.note,))


def _box(one: Entry, x: float, top: float, width: float, bottom: float) -> Box:
    height, lead = max(2.0, bottom - top - 0.3), f"{one.time} {one.who}"
    inside = (width - INSIDE, height - 0.4)
    said = one.more
    size, more = fitting(lead, said, *inside)
    together = (", ".join(said),)
    larger, whole = fitting(lead, together, *inside)
    if len(said) > 1 and whole and (more < len(said) or larger > size):
        # A wide box says in one line what takes two, so that a short visit is read as well.
        said, size, more = together, larger, 1
    if more < len(said) and lines_of(lead, inside[0], size * POINT, bold=True) > 1:
        # A long name gives way to what else is to be known: where, and in which state.
        size, more = fitting(one.time, said, *inside)
        lead = one_line(lead, inside[0], size * POINT)
    return Box(x, top, width, height, size, lead, said[:more], one.begun)


def fitting(lead: str, more: Sequence[str], width: float, height: float) -> tuple[float, int]:
    """The size (points) in which a box (millimeters) says all; else the one in which it says as
    much as it can, and how many lines of `more` then have room. What leads comes first."""
    best = (SIZES[-1], 0)
    for points in reversed(SIZES):
        size = points * POINT
        room = int(height // (size * LEADING)) - lines_of(lead, width, size, bold=True)
        for n, text in enumerate(more):
            room -= lines_of(text, width, size)
            if room < 0:
                break
            if n + 1 >= best[1]:
                best = (points, n + 1)
        else:
            if room >= 0:
                best = (points, len(more))
    return best


def one_line(text: str, width: float, size: float) -> str:
    """A bold text cut to a line of this width (millimeters); that it is cut can be seen."""
    if wide(text, size, bold=True) <= width:
        return text
    kept = text
    while kept and wide(f"{kept}…", size, bold=True) > width:
        kept = kept[:-1]
    while kept and unicodedata.combining(text[len(kept)]):
        kept = kept[:-1]  # a mark stays with its letter, or goes with it
    return f"{kept.rstrip(' ,')}…"


def lines_of(text: str, width: float, size: float, *, bold: bool = False) -> int:
    """In how many lines of this width (millimeters) a text stands, broken at its spaces."""
    lines, used, space = 1, 0.0, wide(" ", size, bold)
    for word in text.split():
        needs = wide(word, size, bold)
        if used and used + space + needs > width:
            lines, used = lines + 1, 0.0
        used += needs + (space if used else 0.0)
        over = max(0, math.ceil(used / width) - 1)
        lines, used = lines + over, used - over * width
    return lines


def wide(text: str, size: float, bold: bool = False) -> float:
    """About how wide a text is, in the unit of its size; rather too wide than too narrow."""
    each = BOLD if bold else NARROW
    return size * sum(
        0.0
        if unicodedata.combining(one)
        else WIDE
        if unicodedata.east_asian_width(one) in "WF"
        else each
        for one in text
    )


def outage_due(hours: Sequence[Sequence[int]], minute: int, *, usual: int = 17 * 60) -> bool:
    """Whether a clinic has closed for today, by its opening hours and the minute of its day.

    From then on tomorrow's sheet is put away. On a day without hours it counts as closed from
    the `usual` minute on.
    """
    closes = max((last for _first, last in hours), default=usual)
    return minute >= closes
