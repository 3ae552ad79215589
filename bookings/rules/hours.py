"""Hours of a day and of a week: what is wrong with them, and what becomes of them."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Sequence
from typing import Any
from zoneinfo import ZoneInfo

from bookings.rules.shifts import wall_instant
from clinic.rules import (
    WEEKDAYS,
    Hours,
    day_span,
    is_twice,
    say_date,
    say_hours,
    say_minute,
    say_time,
)

DAY_MIN = 24 * 60
HALF_DAY = 12 * 60
ONE_DAY = dt.timedelta(days=1)
A_YEAR = 366


def end_minute(time: dt.time) -> int:
    """The minute of the day at which a shift ends; midnight is the day's end."""
    return time.hour * 60 + time.minute or DAY_MIN


def hours_faults(hours: Hours) -> dict[int, str]:
    """What is wrong with the hours of a day, by their place in the list."""
    faults = {n: says for n, one in enumerate(hours) if (says := _span_fault(*one))}
    sound = [n for n in range(len(hours)) if n not in faults]
    for place, n in enumerate(sound):
        for other in sound[:place]:
            if hours[n][0] < hours[other][1] and hours[other][0] < hours[n][1]:
                faults[n] = (
                    f"{say_hours([hours[n]])} overlaps with {say_hours([hours[other]])}. "
                    "A break is the gap between the two."
                )
    return faults


def _span_fault(starts_min: int, ends_min: int) -> str:
    if not 0 <= starts_min < DAY_MIN or not 0 < ends_min <= DAY_MIN:
        return "Use times between midnight and midnight."
    if starts_min == ends_min:
        return "This begins and ends at the same time. Leave both empty for no work."
    if starts_min < ends_min:
        return ""
    if (ends_min - starts_min) % DAY_MIN <= HALF_DAY:
        return (
            f"This crosses midnight. End it at {say_minute(0)}, and enter the hours after midnight "
            "on the next day."
        )
    return f"This ends at {say_minute(ends_min)}, before it begins at {say_minute(starts_min)}."


def week_on(shifts: Iterable[Any], day: dt.date) -> list[list[tuple[int, int]]]:
    """The week, from Monday on, that the shifts in force on a date make."""
    held = [
        one
        for one in shifts
        if one.valid_from <= day and (one.valid_to is None or day <= one.valid_to)
    ]
    return [
        sorted((one.starts_min, one.ends_min) for one in held if one.weekday == weekday)
        for weekday in range(7)
    ]


def outside_note(week: Sequence[Hours], opening: Sequence[Sequence[Sequence[int]]]) -> str:
    """On which weekdays working hours begin before or end after the opening hours; "" on none."""
    days = [
        name
        for name, hours, spans in zip(WEEKDAYS, week, opening, strict=True)
        if any(not spans or first < spans[0][0] or last > spans[-1][1] for first, last in hours)
    ]
    if not days:
        return ""
    return (
        f"These hours lie in part outside the opening hours: {', '.join(days)}. Patients find the "
        "door closed then, and on a weekday without opening hours no time is offered."
    )


def changes_of(shifts: Iterable[Any], after: dt.date) -> list[dt.date]:
    """The dates after a date from which other shifts are in force, in order."""
    shifts = [one for one in shifts if one.valid_to is None or one.valid_from <= one.valid_to]
    dates = {one.valid_from for one in shifts}
    dates |= {one.valid_to + ONE_DAY for one in shifts if one.valid_to is not None}
    return sorted(day for day in dates if day > after)


def clock_notes(
    hours_by_weekday: Sequence[Hours], *, first: dt.date, zone: ZoneInfo, days: int = A_YEAR
) -> list[str]:
    """What a clock change in the days from `first` on does to the edges of these hours (T1)."""
    notes = []
    for day in (first + ONE_DAY * n for n in range(days)):
        starts_at, ends_at = day_span(day, zone)
        if ends_at - starts_at != ONE_DAY:
            notes += edge_notes(day, hours_by_weekday[day.weekday()], zone)
    return notes


def edge_notes(day: dt.date, hours: Hours, zone: ZoneInfo) -> list[str]:
    """What becomes of edges that the clock skips, or shows twice, on a date (T1)."""
    notes = []
    for starts_min, ends_min in hours:
        for minute, last, verb in ((starts_min, False, "begin"), (ends_min, True, "end")):
            if minute >= DAY_MIN:
                continue
            local = wall_instant(day, minute, zone, last=last).astimezone(zone)
            when = f"On {say_date(day)}"
            if local.hour * 60 + local.minute != minute:
                notes.append(
                    f"{when} the clock skips {say_minute(minute)}: these hours {verb} at "
                    f"{say_time(local)}."
                )
            elif is_twice(local):
                which = "second" if last else "first"
                notes.append(
                    f"{when} the clock shows {say_minute(minute)} twice: these hours {verb} at the "
                    f"{which} one, {local:%Z}."
                )
    return notes
