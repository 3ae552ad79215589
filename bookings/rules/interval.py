"""How long skin rests between two treatments of an area (R35), counted in clinic-local days."""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from enum import Enum
from types import MappingProxyType

from clinic.rules import say_date

# Sooner than this nobody may, whatever the reason.
LEAST_DAYS = 14
DAY = dt.timedelta(days=1)
NOTHING: Mapping[dt.date, int] = MappingProxyType({})


@dataclass(frozen=True)
class Needled:
    """An area that was needled, and on which clinic-local date."""

    area: str
    on: dt.date


@dataclass(frozen=True)
class Gap:
    """A day that comes too soon after the last treatment of an area.

    `days` lie between the two, `keeps_days` is what the clinic keeps.
    """

    last_on: dt.date
    days: int
    keeps_days: int

    @property
    def from_on(self) -> dt.date:
        """The first day that the interval allows."""
        return self.last_on + DAY * self.keeps_days

    @property
    def least_on(self) -> dt.date:
        """Before this day nobody may, whatever the reason."""
        return self.last_on + DAY * LEAST_DAYS

    @property
    def may_be_overridden(self) -> bool:
        """Whether someone who may can book it all the same, with a reason."""
        return self.days >= LEAST_DAYS

    @property
    def says(self) -> str:
        """What stands against the day. The desk is told when, and nothing of what was done."""
        when = "that same day" if not self.days else f"{say_days(self.days)} before"
        # That a reason helps nobody is told beside what the clinic keeps, not in its place.
        plain = self.may_be_overridden or self.keeps_days <= LEAST_DAYS
        never = "" if plain else f", and under {say_days(LEAST_DAYS)} nobody books"
        return (
            f"The last treatment of the same area was on {say_date(self.last_on)}, {when}; "
            f"at least {say_days(self.keeps_days)} lie between two{never}."
        )

    @property
    def would_work(self) -> str:
        """From when the day would do."""
        return f"It works from {say_date(self.from_on)} on."


class Leave(Enum):
    """Whether who books may pass over the interval (R35), and has written why."""

    NONE = "none"
    MAY = "may"
    GIVEN = "given"

    def passes(self, gap: Gap) -> bool:
        """Whether the day can be booked all the same as things stand."""
        return self is Leave.GIVEN and gap.may_be_overridden


def say_gap(gap: Gap, leave: Leave = Leave.NONE) -> str:
    """What stands against a day, and what would do for whoever books."""
    if leave is Leave.NONE or not (gap.may_be_overridden or gap.least_on < gap.from_on):
        return f"{gap.says} {gap.would_work}"
    if leave.passes(gap):
        return f"{gap.says} Your reason passes it over."
    if gap.may_be_overridden:
        return f"{gap.says} {gap.would_work} To book it sooner, give a reason."
    least = f"From {say_date(gap.least_on)} on"
    if leave is Leave.GIVEN:
        return f"{gap.says} {least} it works with your reason."
    return f"{gap.says} {gap.would_work} {least} you can book it with a reason."


def say_rest(gap: Gap, *, covers: bool = True) -> str:
    """From when the skin may be treated, and who may allow it sooner.

    `covers`: the manager's leave for the visit would count, which it does for the areas of its
    service alone.
    """
    if not covers:
        return f"{gap.would_work} Another area of this visit can be treated."
    if gap.may_be_overridden:
        return f"{gap.would_work} A manager can allow it on the appointment's card, with a reason."
    if gap.least_on == gap.from_on:
        return gap.would_work
    least = say_date(gap.least_on)
    return f"{gap.would_work} From {least} on a manager can allow it, with a reason."


def say_days(days: int) -> str:
    """A number of days in words: 1 day, 14 days."""
    return f"{days} day" if days == 1 else f"{days} days"


def say_near(day: dt.date, planned_on: dt.date, keeps_days: int) -> str:
    """That a visit on `day` would lie too near to one that is planned for the same area. It can be
    booked all the same: what counts is what was performed (R35)."""
    apart = abs((planned_on - day).days)
    when = "the same day" if not apart else f"{say_days(apart)} apart"
    return (
        f"Another visit for the same area is booked for {say_date(planned_on)}, {when}; "
        f"at least {say_days(keeps_days)} are to lie between two treatments."
    )


def same_skin(some: Collection[str], others: Collection[str]) -> bool:
    """Whether two services meet on some area; one without areas goes anywhere."""
    return not some or not others or bool({*some} & {*others})


def gap_before(
    day: dt.date,
    *,
    areas: Collection[str],
    needled: Iterable[Needled],
    keeps_days: int,
    passed: Mapping[dt.date, int] = NOTHING,
) -> Gap | None:
    """What a visit on `day` for `areas` (none: anywhere) comes too soon after; None: nothing.

    `passed` is what was overridden for this visit before: the last treatment, and the days after
    it for which a reason was given. It needs no second one for a day that is not sooner, nor
    for skin that has rested longer.
    """
    before = [one for one in needled if one.on <= day and (not areas or one.area in areas)]
    if not before:
        return None
    last_on = max(one.on for one in before)
    if day >= _from_on(last_on, keeps_days, passed):
        return None
    return Gap(last_on, (day - last_on).days, keeps_days)


def first_day(
    *,
    areas: Collection[str],
    needled: Iterable[Needled],
    keeps_days: int,
    passed: Mapping[dt.date, int] = NOTHING,
) -> dt.date | None:
    """The first day that the interval allows; None where nothing was needled that counts."""
    on = [one.on for one in needled if not areas or one.area in areas]
    if not on:
        return None
    return _from_on(max(on), keeps_days, passed)


def _from_on(last_on: dt.date, keeps_days: int, passed: Mapping[dt.date, int]) -> dt.date:
    """The first day that may be after that treatment; one passed over for a later treatment
    counts for skin that was treated before it, too."""
    allowed = [on + DAY * days for on, days in passed.items() if on >= last_on]
    first = min([last_on + DAY * keeps_days, *allowed])
    return max(first, last_on + DAY * LEAST_DAYS)
