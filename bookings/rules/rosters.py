"""All that says when someone is at work: her weekly shifts, other hours on a day, time off, and
the days on which the clinic is closed."""

from __future__ import annotations

import datetime as dt
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple
from zoneinfo import ZoneInfo

from bookings.rules.shifts import Spans, joined, shift_span, shifts_of_day

ONE_DAY = dt.timedelta(days=1)
# A half-open span of time off, in UTC.
Off = tuple[dt.datetime, dt.datetime]


class Weekly(NamedTuple):
    """A weekly shift, in minutes of the wall clock; the dates are inclusive."""

    weekday: int
    starts_min: int
    ends_min: int
    valid_from: dt.date
    valid_to: dt.date | None


class DayHours(NamedTuple):
    """Hours of one date instead of the shifts'; no minutes: none."""

    day: dt.date
    starts_min: int | None
    ends_min: int | None


class Shut(NamedTuple):
    """Days, both inclusive, on which nobody is treated."""

    name: str
    first_on: dt.date
    last_on: dt.date


@dataclass(frozen=True)
class Roster:
    """One practitioner's working time in one clinic; `off` are half-open spans in UTC."""

    shifts: Sequence[Weekly] = ()
    days: Sequence[DayHours] = ()
    off: Sequence[Off] = ()
    closures: Sequence[Shut] = ()

    def planned(self, *, first: dt.date, last: dt.date, zone: ZoneInfo) -> Spans:
        """When she would be at work were she not off, from the first to the last date (T1)."""
        # A month asks each weekday four or five times: its shifts are looked up once.
        weekly: list[list[Weekly]] = [[] for _weekday in range(7)]
        for one in self.shifts:
            weekly[one.weekday].append(one)
        return joined(
            shift_span(day, starts_min, ends_min, zone)
            for day in (first + ONE_DAY * n for n in range((last - first).days + 1))
            if not self.closed_on(day)
            for starts_min, ends_min in self._hours_of(day, weekly[day.weekday()])
        )

    def works(self, *, first: dt.date, last: dt.date, zone: ZoneInfo) -> Spans:
        """When she is at work, from the first to the last clinic-local date."""
        return without(self.planned(first=first, last=last, zone=zone), self.off)

    def hours_of(self, day: dt.date) -> list[tuple[int, int]]:
        """Her hours of a date, closed or not, in minutes of its wall clock."""
        return self._hours_of(day, self.shifts)

    def _hours_of(self, day: dt.date, shifts: Iterable[Weekly]) -> list[tuple[int, int]]:
        if self.differs_on(day):
            return [
                (one.starts_min, one.ends_min)
                for one in self.days
                if one.day == day and one.starts_min is not None and one.ends_min is not None
            ]
        return shifts_of_day(shifts, day)

    def differs_on(self, day: dt.date) -> bool:
        """Whether other hours than the shifts' were set for a date."""
        return any(one.day == day for one in self.days)

    def hours_of_its_own(self, day: dt.date) -> bool:
        """Whether she works on a date by hours that were set for it alone."""
        return self.differs_on(day) and bool(self.hours_of(day))

    def closed_on(self, day: dt.date) -> str:
        """What the closure of a date is called; "" where the clinic is not closed."""
        return closed_on(self.closures, day)

    def off_at(self, starts_at: dt.datetime, ends_at: dt.datetime) -> dt.datetime | None:
        """Until when she is off, where she is for some part of the span."""
        ends = [last for first, last in joined(self.off) if first < ends_at and starts_at < last]
        return ends[-1] if ends else None


def closed_on(closures: Iterable[Shut], day: dt.date) -> str:
    """What the closure of a date is called; "" where there is none."""
    names = [one.name for one in closures if one.first_on <= day <= one.last_on]
    return ", ".join(dict.fromkeys(names))


def without(spans: Spans, off: Iterable[Off]) -> Spans:
    """What is left of spans, in order, once those of `off` are taken out."""
    left = joined(spans)
    for gone_from, gone_to in joined(off):
        kept: Spans = []
        for first, last in left:
            if gone_to <= first or last <= gone_from:
                kept.append((first, last))
                continue
            if first < gone_from:
                kept.append((first, gone_from))
            if gone_to < last:
                kept.append((gone_to, last))
        left = kept
    return left


class Rosters:
    """The rosters of a clinic's people, by their key, and its closures."""

    def __init__(self) -> None:
        self.closures: list[Shut] = []
        self._shifts: dict[Any, list[Weekly]] = defaultdict(list)
        self._days: dict[Any, list[DayHours]] = defaultdict(list)
        self._off: dict[Any, Spans] = defaultdict(list)

    def add(self, who: Any, row: Weekly | DayHours | Shut | Off) -> None:
        """Take in a shift, other hours, a closure (of nobody's), or a span of time off."""
        if isinstance(row, Shut):
            self.closures.append(row)
        elif isinstance(row, Weekly):
            self._shifts[who].append(row)
        elif isinstance(row, DayHours):
            self._days[who].append(row)
        else:
            self._off[who].append(row)

    def of(self, who: Any) -> Roster:
        """The roster of one practitioner, which can be looked up by what it says."""
        return Roster(
            tuple(self._shifts.get(who, ())),
            tuple(self._days.get(who, ())),
            tuple(self._off.get(who, ())),
            tuple(self.closures),
        )

    @property
    def people(self) -> set[Any]:
        """Everyone with hours of some kind."""
        return {*self._shifts, *self._days}
