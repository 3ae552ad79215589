"""A course of visits: how many, how far apart, and on which days it is wanted."""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from zoneinfo import ZoneInfo

from bookings.rules.interval import say_days
from clinic.rules import on_wall_clock, say_date

MOST_VISITS = 8
# What a desk is asked for first.
USUAL_VISITS = 3
LONGEST_INTERVAL_DAYS = 180
DAY = dt.timedelta(days=1)
WEEKDAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")


@dataclass(frozen=True)
class Rhythm:
    """How the visits of a course follow each other.

    `interval_days` lie at least between two; `weekday` (0 is Monday, None: any) is preferred;
    `starts_min` is the time of day on the clinic's wall clock, in minutes since midnight.
    """

    interval_days: int
    weekday: int | None
    starts_min: int

    @property
    def time(self) -> dt.time:
        """The time of day on the wall clock."""
        return dt.time(*divmod(self.starts_min, 60))

    def on_or_after(self, day: dt.date) -> dt.date:
        """The first day from this one on that is the preferred weekday; the day, where any is."""
        return day if self.weekday is None else day + DAY * ((self.weekday - day.weekday()) % 7)

    def earliest(self, before: dt.date) -> dt.date:
        """The first day that keeps the interval to the visit before."""
        return before + DAY * self.interval_days

    def after(self, before: dt.date) -> dt.date:
        """The day that is wanted for the visit after one: the nearest preferred weekday that is
        not before the interval has passed."""
        return self.on_or_after(self.earliest(before))

    def dates(self, first: dt.date, count: int) -> list[dt.date]:
        """The days that are wanted for `count` visits of which none is before `first`."""
        found = [self.on_or_after(first)]
        while len(found) < count:
            found.append(self.after(found[-1]))
        return found

    def start_on(self, day: dt.date, zone: ZoneInfo) -> dt.datetime | None:
        """When a visit of that day is wanted (UTC): the same time on the wall clock whatever the
        season, the first of the two that an hour set back gives; None where an hour set forward
        skips it (P4, P5)."""
        found = on_wall_clock(day, self.time, zone).instants
        return found[0] if found else None


def moved_along(
    starts: Sequence[dt.datetime], *, days: int, zone: ZoneInfo
) -> list[dt.datetime | None]:
    """When visits are wanted that all go along with one that moved by so many days: at their own
    time on the wall clock. None where the clock skips it that day."""
    wanted: list[dt.datetime | None] = []
    for start in starts:
        local = start.astimezone(zone)
        time = local.time().replace(tzinfo=None)
        found = on_wall_clock(local.date() + DAY * days, time, zone).instants
        wanted.append(found[min(local.fold, len(found) - 1)] if found else None)
    return wanted


def plan_fault(*, planned: int, interval_days: int, least_days: int) -> tuple[str, str] | None:
    """What is wrong with a course as it is planned: the field and a sentence; None: nothing."""
    if not 1 <= planned <= MOST_VISITS:
        return "planned", f"A course has 1 to {MOST_VISITS} visits."
    if interval_days < least_days:
        return "interval_days", (
            f"At least {least_days} days lie between two treatments of the same area."
        )
    if interval_days > LONGEST_INTERVAL_DAYS:
        return "interval_days", f"At most {LONGEST_INTERVAL_DAYS} days lie between two visits."
    return None


def too_near(
    days: Mapping[int, dt.date], interval_days: int, *, chosen: Collection[int]
) -> tuple[int, str] | None:
    """Which of the `chosen` visits comes too near to a neighbor, and what to say; None: none does.

    `days` are the days by the visit's number in the course; numbers may be missing. What stands
    too near already and is not chosen anew is let be.
    """
    before: tuple[int, dt.date] | None = None
    for number, day in sorted(days.items()):
        near = before is not None and (day - before[1]).days < interval_days
        if before is not None and near and {number, before[0]} & {*chosen}:
            apart = (day - before[1]).days
            when = f"{say_days(apart)} after" if apart > 0 else "not after"
            return number if number in chosen else before[0], (
                f"Visit {number} on {say_date(day)} is {when} visit {before[0]}; "
                f"at least {say_days(interval_days)} are to lie between two."
            )
        before = number, day
    return None


def first_open(numbers: Iterable[int], planned: int) -> list[int]:
    """The numbers of a course for which no visit stands."""
    taken = set(numbers)
    return [one for one in range(1, planned + 1) if one not in taken]
