"""The day board as a table: its rows in time, and which cell begins in which row.

Every column is cut into stretches that follow each other without gap or overlap: a visit,
time that something else holds, time outside the shift, free time in quarter hours, or free time
before the next visit or the end of work that is too short for any visit. Time outside the shift
is cut once more where something else says why nobody works then: the clinic is closed, or the
person is off. A cell spans the rows that lie between its stretch's two ends, so columns can never
run together.
"""

from __future__ import annotations

import datetime as dt
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any
from zoneinfo import ZoneInfo

from bookings.rules.shifts import Spans, joined
from clinic.rules import is_twice

TICK = dt.timedelta(minutes=15)
EPOCH = dt.datetime(1970, 1, 1, tzinfo=dt.UTC)
ONE_DAY = dt.timedelta(days=1)
# The axis on which the days of a week stand beside each other: the wall clock of any day.
WALL = ZoneInfo("UTC")


class By(StrEnum):
    """How the board shows visits: what its columns are, or as a list."""

    PRACTITIONER = "practitioner"
    ROOM = "room"
    WEEK = "week"
    LIST = "list"


class Kind(StrEnum):
    """What a stretch of a column is.

    `CLOSED`: outside the column's own hours. `SHUT`: the clinic is closed. `OFF`: time off.
    `BLOCKED`: kept free of visits.
    """

    FREE = "free"
    SHORT = "short"
    CLOSED = "closed"
    SHUT = "shut"
    OFF = "off"
    BLOCKED = "blocked"
    VISIT = "visit"
    BUSY = "busy"


@dataclass(frozen=True)
class Block:
    """Time that a column is held, in UTC, half-open; `key` says by what."""

    starts_at: dt.datetime
    ends_at: dt.datetime
    kind: Kind
    key: Any


@dataclass(frozen=True)
class Lane:
    """One column's day: when its person works, and what holds her time.

    `away` says of time outside `works` why that is so; where two say it, the first.
    """

    works: Spans
    blocks: Sequence[Block]
    away: Sequence[Block] = ()


@dataclass(frozen=True)
class Cell:
    """One cell of the table: `rows` high, in column `column`.

    `keys` are the blocks it stands for: one for a visit, several only where rows that the
    database would refuse overlap all the same, so that even then nothing is hidden.
    """

    column: int
    rows: int
    kind: Kind
    starts_at: dt.datetime
    ends_at: dt.datetime
    keys: tuple[Any, ...] = ()


@dataclass(frozen=True)
class Row:
    """A stretch of time and the cells that begin with it, in column order.

    `ticks` is how many rows the quarter hour that begins here takes, 0 where none begins.
    `change` is the zone's name where the clock has just changed or shows this time twice.
    """

    starts_at: dt.datetime
    ends_at: dt.datetime
    local: dt.datetime
    ticks: int
    hour: bool
    change: str
    cells: tuple[Cell, ...]

    @property
    def minutes(self) -> int:
        """How long the row is, 1 to 15, to the nearest minute."""
        return max(1, round((self.ends_at - self.starts_at).total_seconds() / 60))


def floor_tick(instant: dt.datetime) -> dt.datetime:
    """The quarter hour at or before the instant."""
    return instant - (instant - EPOCH) % TICK


def ceil_tick(instant: dt.datetime) -> dt.datetime:
    """The quarter hour at or after the instant."""
    return instant + (EPOCH - instant) % TICK


def wall_time(instant: dt.datetime, *, day: dt.date, zone: ZoneInfo) -> dt.datetime:
    """What the wall clock shows at an instant of a local day, as a time of `EPOCH`'s day; the
    day's start or end where the instant lies outside. The two hours of one name fall together."""
    local = instant.astimezone(zone)
    if local.date() != day:
        return EPOCH if local.date() < day else EPOCH + ONE_DAY
    return EPOCH + (local.replace(tzinfo=None) - dt.datetime.combine(day, dt.time()))


def monday(day: dt.date) -> dt.date:
    """The first day of a date's week."""
    return day - ONE_DAY * day.weekday()


def extent(spans: Iterable[tuple[dt.datetime, dt.datetime]]) -> tuple[dt.datetime, dt.datetime]:
    """From the first start to the last end, in whole quarter hours; at least one span."""
    starts, ends = zip(*spans, strict=True)
    return floor_tick(min(starts)), ceil_tick(max(ends))


def layout(
    lanes: Sequence[Lane],
    *,
    starts_at: dt.datetime,
    ends_at: dt.datetime,
    zone: ZoneInfo,
    shortest: dt.timedelta = dt.timedelta(),
) -> list[Row]:
    """The rows of a board from `starts_at` to `ends_at` (UTC, on quarter hours).

    Rows are the quarter hours and each start and end of a stretch; what lies outside is cut.
    From a start after which less than `shortest` is left, time is not free but too short.
    """
    columns = [_stretches(lane, starts_at, ends_at, shortest) for lane in lanes]
    edges = {one.starts_at for column in columns for one in column}
    tick = starts_at
    while tick < ends_at:
        edges.add(tick)
        tick += TICK
    times = sorted(edges)
    index = {time: number for number, time in enumerate(times)} | {ends_at: len(times)}
    beginning: list[list[Cell]] = [[] for _ in times]
    for number, column in enumerate(columns):
        for one in column:
            first = index[one.starts_at]
            rows = index[one.ends_at] - first
            beginning[first].append(
                Cell(number, rows, one.kind, one.starts_at, one.ends_at, one.keys)
            )
    inside = Counter(floor_tick(time) for time in times)
    found, before = [], None
    for time, after, cells in zip(times, [*times[1:], ends_at], beginning, strict=True):
        local = time.astimezone(zone)
        found.append(
            Row(
                starts_at=time,
                ends_at=after,
                local=local,
                ticks=inside[time],
                hour=local.minute == 0 and local.second == 0,
                change=_change(before, local),
                cells=tuple(cells),
            )
        )
        before = local
    return found


@dataclass(frozen=True)
class _Stretch:
    starts_at: dt.datetime
    ends_at: dt.datetime
    kind: Kind
    keys: tuple[Any, ...] = ()


def _stretches(
    lane: Lane, starts_at: dt.datetime, ends_at: dt.datetime, shortest: dt.timedelta
) -> list[_Stretch]:
    """The column from end to end, in order, with nothing left out."""
    found: list[_Stretch] = []
    now = starts_at
    for block in _held(lane.blocks, starts_at, ends_at):
        found += _between(lane, now, block.starts_at, shortest)
        found.append(block)
        now = block.ends_at
    return found + _between(lane, now, ends_at, shortest)


def _held(blocks: Iterable[Block], starts_at: dt.datetime, ends_at: dt.datetime) -> list[_Stretch]:
    found: list[_Stretch] = []
    for block in sorted(blocks, key=lambda one: (one.starts_at, one.ends_at)):
        first, last = max(block.starts_at, starts_at), min(block.ends_at, ends_at)
        if first >= last:
            continue
        before = found[-1] if found else None
        if before and first < before.ends_at:
            kind = Kind.VISIT if Kind.VISIT in (before.kind, block.kind) else Kind.BUSY
            keys = (*before.keys, block.key)
            found[-1] = _Stretch(before.starts_at, max(before.ends_at, last), kind, keys)
        else:
            found.append(_Stretch(first, last, block.kind, (block.key,)))
    return found


def _between(
    lane: Lane, starts_at: dt.datetime, ends_at: dt.datetime, shortest: dt.timedelta
) -> list[_Stretch]:
    """Time that nothing holds: closed and too short as one stretch each, free in quarter hours."""
    found: list[_Stretch] = []
    now = starts_at
    for opens, closes in joined(lane.works):
        first, last = max(opens, now), min(closes, ends_at)
        if first >= last:
            continue
        found += _outside(lane.away, now, first)
        while first < last and last - first >= shortest:
            after = min(floor_tick(first) + TICK, last)
            found.append(_Stretch(first, after, Kind.FREE))
            first = after
        if first < last:
            found.append(_Stretch(first, last, Kind.SHORT))
        now = last
    return found + _outside(lane.away, now, ends_at)


def _outside(away: Sequence[Block], starts_at: dt.datetime, ends_at: dt.datetime) -> list[_Stretch]:
    """Time at which nobody works, cut where something says why."""
    for number, block in enumerate(away):
        first, last = max(block.starts_at, starts_at), min(block.ends_at, ends_at)
        if first < last:
            later = away[number + 1 :]
            return [
                *_outside(later, starts_at, first),
                _Stretch(first, last, block.kind, (block.key,)),
                *_outside(later, last, ends_at),
            ]
    return [_Stretch(starts_at, ends_at, Kind.CLOSED)] if starts_at < ends_at else []


def _change(before: dt.datetime | None, local: dt.datetime) -> str:
    """The zone's name where the wall clock alone would mislead: it jumped, or shows this twice."""
    jumped = before is not None and before.utcoffset() != local.utcoffset()
    return local.tzname() or "" if jumped or is_twice(local) else ""
