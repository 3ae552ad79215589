"""Who on the waitlist fits a time that is free: pure decisions, first come first."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import dataclass
from typing import Any, TypeVar

from bookings.rules.fit import Local, Person, Things, misfit, numbing_over
from bookings.rules.free_times import Need, Window
from bookings.rules.interval import Gap
from bookings.rules.visit import Lanes, lanes, time_fault
from bookings.rules.waiting import EVERY_DAY, MIDNIGHT_MIN, days_of
from clinic.rules import say_date, say_minute, say_span

WEEKDAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
WORKDAYS, WEEKEND = 0b001_1111, 0b110_0000
T = TypeVar("T")


@dataclass(frozen=True)
class Wish:
    """What someone waits for. No `practitioners`: anyone will do. `weekdays` as in the table."""

    practitioners: Collection[Any] = ()
    weekdays: int = EVERY_DAY
    from_min: int = 0
    to_min: int = MIDNIGHT_MIN
    first_on: dt.date = dt.date.min
    last_on: dt.date | None = None

    @classmethod
    def of(cls, row: Any) -> Wish:
        """The wish of an entry whose practitioners have been read."""
        return cls(
            frozenset(one.pk for one in row.practitioners.all()),
            row.weekdays,
            row.from_min,
            row.to_min,
            row.first_on,
            row.last_on,
        )


@dataclass(frozen=True)
class Freed:
    """A time with someone: `starts_at` (UTC) is when the needling would start."""

    practitioner: Any
    starts_at: dt.datetime
    window: Window
    person: Person
    local: Local


def plan(need: Need, starts_at: dt.datetime) -> Lanes:
    """What a visit of a need would hold."""
    return lanes(
        starts_at=starts_at,
        numbing_min=need.numbing_min,
        treatment_min=need.treatment_min,
        clean_down_min=need.clean_down_min,
        check_in_min=need.check_in_min,
    )


def against_wish(wish: Wish, held: Lanes, *, practitioner: Any, local: Local) -> str:
    """What a time has against a wish; "" where it is as wished.

    The patient is there from check-in to the end of the treatment: all of that lies within the
    time of day that suits her.
    """
    comes, ends = local(held.patient.starts_at), local(held.patient.ends_at)
    day = local(held.practitioner.starts_at).date()
    if day < wish.first_on:
        return f"Waits for a day from {say_date(wish.first_on)} on."
    if wish.last_on is not None and day > wish.last_on:
        return f"Waits for a day up to {say_date(wish.last_on)}."
    if not wish.weekdays >> day.weekday() & 1:
        return f"Waits for {say_days(wish.weekdays)}."
    first, last = minutes_there(held, local)
    if first < wish.from_min or last > wish.to_min:
        return f"Can be here {say_hours_of(wish)}; this would be {say_span(comes, ends)}."
    if wish.practitioners and practitioner not in wish.practitioners:
        return "Waits for someone else."
    return ""


def minutes_there(held: Lanes, local: Local) -> tuple[int, int]:
    """From and to which minute of the clinic's day the patient is there."""
    day = local(held.practitioner.starts_at).date()
    comes, ends = local(held.patient.starts_at), local(held.patient.ends_at)
    return _minute(comes, day), _minute(ends, day)


def misses(
    wish: Wish, need: Need, freed: Freed, *, things: Things, gap: Gap | None, at: dt.datetime
) -> str:
    """Why whoever waits cannot have this time now; "" where she can.

    A time in the past, blocked or taken again fits nobody. `gap` is what the interval says (R35).
    """
    held = plan(need, freed.starts_at)
    if fault := time_fault(starts_at=freed.starts_at, at=at):
        return fault
    if held.patient.starts_at <= at:
        return numbing_over(held, at, freed.local) or "The patient would have to be here already."
    if says := against_wish(wish, held, practitioner=freed.practitioner, local=freed.local):
        return says
    if says := misfit(
        freed.window, held, people=[freed.person], anyone=False, things=things, local=freed.local
    ):
        return says
    return f"{gap.says} {gap.would_work}" if gap else ""


def _minute(local: dt.datetime, day: dt.date) -> int:
    """A wall-clock time as a minute of a day; before it below zero, after it beyond its last."""
    return (local.date() - day).days * MIDNIGHT_MIN + local.hour * 60 + local.minute


def in_line(waiting: Iterable[T], since: Callable[[T], tuple[dt.datetime, Any]]) -> list[T]:
    """First come first; of two at the same instant always the same one."""
    return sorted(waiting, key=since)


def say_days(mask: int) -> str:
    """The weekdays of a wish in words."""
    named = {EVERY_DAY: "any day", WORKDAYS: "Monday to Friday", WEEKEND: "the weekend"}
    return named.get(mask) or _listed([WEEKDAYS[day] for day in days_of(mask)])


def say_hours_of(wish: Any) -> str:
    """The time of day of a wish in words."""
    if wish.from_min == 0 and wish.to_min == MIDNIGHT_MIN:
        return "at any time"
    if wish.from_min == 0:
        return f"until {say_minute(wish.to_min)}"
    if wish.to_min == MIDNIGHT_MIN:
        return f"from {say_minute(wish.from_min)}"
    return f"{say_minute(wish.from_min)} to {say_minute(wish.to_min)}"


def _listed(words: Sequence[str]) -> str:
    if len(words) == 1:
        return words[0]
    return f"{', '.join(words[:-1])} or {words[-1]}"
