"""Free times, found with one integer for each practitioner, room, device and patient.

Days in a row are one line of minutes and a bit is one minute, so fourteen days of ten
practitioners are a few hundred operations on integers, however full the days are. A run of
free minutes is found by and-ing the integer with itself shifted.
"""

from __future__ import annotations

import datetime as dt
from bisect import bisect_right
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from bookings.rules.visit import HOLD_CAP_MIN

GRID_MIN = 15
MINUTE = dt.timedelta(minutes=1)
# Numbing may begin on the evening before the first day, clean-down end after the last.
MARGIN = dt.timedelta(minutes=HOLD_CAP_MIN)


@dataclass(frozen=True)
class Need:
    """The minutes that a visit needs."""

    numbing_min: int
    treatment_min: int
    clean_down_min: int

    @classmethod
    def of(cls, row: Any) -> Need:
        """The need of a service, or of a visit that is already booked."""
        return cls(row.numbing_min, row.treatment_min, row.clean_down_min)


class Window:
    """Clinic-local days in a row as one line of minutes. Each day is 23 to 25 hours long.

    A mask is an integer whose bit n stands for the minute n after `zero`.
    """

    def __init__(self, days: Sequence[tuple[dt.datetime, dt.datetime]]) -> None:
        """`days` are the half-open spans of the days in UTC, each ending where the next starts."""
        self.days = days
        self.zero = days[0][0] - MARGIN
        self.length = (days[-1][1] + MARGIN - self.zero) // MINUTE
        self.everything = (1 << self.length) - 1
        self._places = [((a - self.zero) // MINUTE, (b - a) // MINUTE) for a, b in days]
        self._firsts = [first for first, _length in self._places]
        self.grid = 0
        for first, length in self._places:
            count = -(-length // GRID_MIN)
            self.grid |= (((1 << GRID_MIN * count) - 1) // ((1 << GRID_MIN) - 1)) << first

    def floor(self, instant: dt.datetime) -> int:
        """The minute in which the instant lies."""
        return (instant - self.zero) // MINUTE

    def ceil(self, instant: dt.datetime) -> int:
        """The first minute that begins at or after the instant."""
        return -((self.zero - instant) // MINUTE)

    def instant(self, minute: int) -> dt.datetime:
        """When a minute of the line begins, in UTC."""
        return self.zero + MINUTE * minute

    def mask(self, spans: Iterable[tuple[int, int]]) -> int:
        """The minutes of half-open spans on this line; what lies beyond its ends is left out."""
        found = 0
        for first, last in spans:
            if first < 0:
                first = 0
            if first < last:
                found |= ((1 << (last - first)) - 1) << first
        return found & self.everything

    def at_work(self, spans: Iterable[tuple[dt.datetime, dt.datetime]]) -> int:
        """The minutes that lie wholly within one of the spans."""
        return self.mask((self.ceil(a), self.floor(b)) for a, b in spans)

    def between(self, first: dt.datetime, last: dt.datetime) -> int:
        """The minutes that begin at or after `first` and not after `last`."""
        return self.mask([(self.ceil(first), self.floor(last) + 1)])

    def on_day(self, mask: int, index: int) -> int:
        """A day's part of the mask; its bit 0 is the day's first minute."""
        first, length = self._places[index]
        return mask >> first & ((1 << length) - 1)

    def day_of(self, minute: int) -> int:
        """The index of the day in which a minute of the line lies."""
        return bisect_right(self._firsts, minute) - 1


def runs(free: int, length: int) -> int:
    """The minutes at which `length` free minutes in a row begin."""
    have = 1
    while have < length:
        step = min(have, length - have)
        free &= free >> step
        have += step
    return free


def supply(window: Window, busy: Iterable[int], *, before_min: int, length_min: int) -> int:
    """The starts at which any one of several like things is free for the whole need.

    `before_min` is how long before the start it is needed already, `length_min` the whole.
    """
    found = 0
    for mask in busy:
        found |= runs(window.everything & ~mask, length_min) << before_min
    return found


def places(window: Window, need: Need, *, rooms: Iterable[int], devices: Iterable[int]) -> int:
    """The starts at which some room and some device are free, given what each is busy with.

    As the lanes of a visit are: the room from the numbing to the end of the clean-down, the
    device from the treatment to the end of the clean-down.
    """
    after = need.treatment_min + need.clean_down_min
    return supply(
        window, rooms, before_min=need.numbing_min, length_min=need.numbing_min + after
    ) & supply(window, devices, before_min=0, length_min=after)


def patient_free(window: Window, need: Need, busy: int) -> int:
    """The starts at which the patient is free, from the numbing to the treatment's end."""
    stay = need.numbing_min + need.treatment_min
    return supply(window, [busy], before_min=need.numbing_min, length_min=stay)


def free_starts(
    window: Window, need: Need, *, at_work: int, opening: int, busy: int, elsewise: int
) -> int:
    """The starts on the quarter hour at which a practitioner can give the treatment.

    She is at work and not busy for the whole of it, and the patient comes while the clinic is
    open (`opening`) or she is at work: nobody is asked to come to a closed door. `elsewise` are
    the starts that all else allows: rooms, devices, the patient, the hour of asking.
    """
    comes = (opening | at_work) << need.numbing_min
    return runs(at_work & ~busy, need.treatment_min) & comes & elsewise & window.grid


def minutes(mask: int) -> Iterator[int]:
    """The minutes in a mask, in order."""
    while mask:
        lowest = mask & -mask
        yield lowest.bit_length() - 1
        mask ^= lowest


def outward(mask: int, wanted: int) -> Iterator[int]:
    """The minutes in a mask, nearest to `wanted` first; of two as near, the earlier one."""
    before = mask & ((1 << wanted + 1) - 1) if wanted >= 0 else 0
    after = mask ^ before
    while before or after:
        last = before.bit_length() - 1
        first = (after & -after).bit_length() - 1
        if before and (not after or wanted - last <= first - wanted):
            before ^= 1 << last
            yield last
        else:
            after ^= 1 << first
            yield first
