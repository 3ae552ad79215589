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

from bookings.rules.visit import HOLD_CAP_MIN, MARK_MIN

GRID_MIN = 15
WHOLE_DAY = 24 * 60
MINUTE = dt.timedelta(minutes=1)
# Numbing may begin on the evening before the first day, clean-down end after the last.
MARGIN = dt.timedelta(minutes=HOLD_CAP_MIN)


@dataclass(frozen=True)
class Need:
    """The minutes that a visit needs."""

    numbing_min: int
    treatment_min: int
    clean_down_min: int
    check_in_min: int = 0

    @property
    def before_min(self) -> int:
        """How long before the needling the patient comes."""
        return self.check_in_min + self.numbing_min

    @classmethod
    def of(cls, row: Any) -> Need:
        """The need of a service, or of a visit that is already booked."""
        return cls(row.numbing_min, row.treatment_min, row.clean_down_min, row.check_in_min)


class Window:
    """Clinic-local days in a row as one line of minutes. Each day is 23 to 25 hours long.

    A mask is an integer whose bit n stands for the minute n after `zero`.
    """

    def __init__(
        self,
        days: Sequence[tuple[dt.datetime, dt.datetime]],
        *,
        step_min: int = GRID_MIN,
        zone: dt.tzinfo = dt.UTC,
    ) -> None:
        """`days` are the half-open spans of the days in UTC, each ending where the next starts.

        `grid` are the starts to offer: every `step_min` minutes of the wall clock of `zone`.
        """
        self.days = days
        self.zero = days[0][0] - MARGIN
        self.length = (days[-1][1] + MARGIN - self.zero) // MINUTE
        self.everything = (1 << self.length) - 1
        self._places = [((a - self.zero) // MINUTE, (b - a) // MINUTE) for a, b in days]
        self._firsts = [first for first, _length in self._places]
        self.grid = 0
        for first, length in self._places:
            self.grid |= (self._steps(first, length, step_min, zone)) << first

    def _steps(self, first: int, length: int, step: int, zone: dt.tzinfo) -> int:
        """The starts on one day's steps; its bit 0 is the day's first minute."""
        if length == WHOLE_DAY:
            count = -(-length // step)
            return ((1 << step * count) - 1) // ((1 << step) - 1)
        # The clock changes: half an hour less or more moves a step of twenty minutes, and a day
        # that begins at one has its steps where the clock has them.
        found = 0
        for minute in range(0, length, MARK_MIN):
            local = self.instant(first + minute).astimezone(zone)
            if (local.hour * 60 + local.minute) % step == 0:
                found |= 1 << minute
        return found

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
    """The starts at which the patient is free, from the check-in to the treatment's end."""
    stay = need.before_min + need.treatment_min
    return supply(window, [busy], before_min=need.before_min, length_min=stay)


def free_starts(
    window: Window, need: Need, *, at_work: int, opening: int, busy: int, elsewise: int
) -> int:
    """The starts on the clinic's step at which a practitioner can give the treatment.

    She is at work and not busy for the whole of it, and the patient comes while the clinic is
    open (`opening`) or she is at work: nobody is asked to come to a closed door. `elsewise` are
    the starts that all else allows: rooms, devices, the patient, the hour of asking.
    """
    comes = (opening | at_work) << need.before_min
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
