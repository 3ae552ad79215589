"""Free times, found with one integer per lane and day: a bit is five minutes.

A run of free ticks is found by and-ing the integer with itself shifted, so ten practitioners
over two weeks cost a few hundred integer operations, however full the days are.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

TICK_MIN = 5
GRID_MIN = 15
TICKS_BEFORE = 48  # four hours ahead of midnight, for numbing that starts the evening before


@dataclass(frozen=True)
class Need:
    """Minutes that a service needs."""

    numbing_min: int
    treatment_min: int
    clean_down_min: int


class Day:
    """One clinic-local day as ticks from its first instant; 23 to 25 hours long."""

    def __init__(self, starts_at: dt.datetime, ends_at: dt.datetime) -> None:
        self.starts_at = starts_at
        self.length = int((ends_at - starts_at).total_seconds()) // 60
        self.ticks = TICKS_BEFORE * 2 + self.length // TICK_MIN
        self.all = (1 << self.ticks) - 1
        self._zero = starts_at - dt.timedelta(minutes=TICKS_BEFORE * TICK_MIN)

    def busy(self, spans: Iterable[tuple[dt.datetime, dt.datetime]]) -> int:
        """The ticks that any of the spans touches, rounded outward."""
        mask = 0
        for starts_at, ends_at in spans:
            first = int((starts_at - self._zero).total_seconds()) // 60 // TICK_MIN
            last = -(-int((ends_at - self._zero).total_seconds()) // 60 // TICK_MIN)
            first, last = max(first, 0), min(last, self.ticks)
            if first < last:
                mask |= ((1 << (last - first)) - 1) << first
        return mask

    def at(self, tick: int) -> dt.datetime:
        """The instant at which a tick begins."""
        return self._zero + dt.timedelta(minutes=tick * TICK_MIN)

    def tick_of(self, instant: dt.datetime) -> int:
        """The first tick that begins at or after the instant."""
        return -(-int((instant - self._zero).total_seconds()) // 60 // TICK_MIN)


def ticks_for(minutes: int) -> int:
    """Minutes in whole ticks, rounded up."""
    return -(-minutes // TICK_MIN)


def runs(free: int, length: int) -> int:
    """The ticks at which `length` free ticks in a row begin."""
    have = 1
    while have < length:
        step = min(have, length - have)
        free &= free >> step
        have += step
    return free


def supply(day: Day, busy: Iterable[int], *, before_min: int, length_min: int) -> int:
    """The start ticks at which any one of several like things is free for the whole need.

    `before_min` is how long before the start it is needed already, `length_min` the whole.
    """
    before, length = ticks_for(before_min), ticks_for(length_min)
    found = 0
    for mask in busy:
        found |= runs(day.all & ~mask, length)
    return found << before


def free_starts(
    day: Day,
    need: Need,
    *,
    works: Sequence[tuple[dt.datetime, dt.datetime]],
    practitioner_busy: int,
    rooms: int,
    devices: int,
    patient_busy: int = 0,
    not_before: dt.datetime | None = None,
) -> list[dt.datetime]:
    """The starts on the quarter hour at which the whole visit fits, in UTC, in order.

    `works` are the practitioner's shifts; `rooms` and `devices` come from `supply`. The
    patient must be free from the numbing on.
    """
    at_work = day.busy(works)
    own = runs(at_work & ~practitioner_busy, ticks_for(need.treatment_min))
    stay = need.numbing_min + need.treatment_min
    patient = supply(day, [patient_busy], before_min=need.numbing_min, length_min=stay)
    found = own & rooms & devices & patient & _grid(day)
    if not_before is not None:
        tick = max(day.tick_of(not_before), 0)
        found = found >> tick << tick
    starts = []
    while found:
        lowest = found & -found
        starts.append(day.at(lowest.bit_length() - 1))
        found ^= lowest
    return starts


def _grid(day: Day) -> int:
    step = GRID_MIN // TICK_MIN
    count = day.length // GRID_MIN
    unit = ((1 << (step * count)) - 1) // ((1 << step) - 1)
    return unit << TICKS_BEFORE
