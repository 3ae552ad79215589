"""Hours of a day and of a week as a person says them, from minutes of the wall clock's day."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from itertools import groupby

from clinic.rules.days import say_time

# A day's hours, in minutes of its wall clock; 1440 is its end.
Hours = Sequence[tuple[int, int]]
WEEKDAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")


def say_minute(minute: int) -> str:
    """A minute of the day as a clock shows it; the day's end is midnight."""
    return say_time(dt.time(minute // 60 % 24, minute % 60))


def say_hours(hours: Hours) -> str:
    """Hours as a person says them; "not at all" for none."""
    said = [f"{say_minute(first)}–{say_minute(last)}" for first, last in sorted(hours)]
    return " and ".join(said) or "not at all"


def say_week(week: Sequence[Hours]) -> str:
    """A week in one line: Mon–Fri 9:00 AM–5:00 PM, Sat 9:00 AM–1:00 PM."""
    days = [
        (name[:3], say_hours(hours) if hours else "")
        for name, hours in zip(WEEKDAYS, week, strict=True)
    ]
    parts = []
    for said, run in groupby(days, key=lambda one: one[1]):
        names = [name for name, _said in run]
        if said:
            span = names[0] if len(names) == 1 else f"{names[0]}–{names[-1]}"
            parts.append(f"{span} {said}")
    return ", ".join(parts) or "No hours"
