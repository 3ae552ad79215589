"""Details that are kept as codes and numbers, in words: times of day, weekdays, ways of writing."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from typing import Any

from clinic.rules import LOCALES, say_time

DAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
MIDNIGHT = 24 * 60


def in_words(values: Mapping[str, Any]) -> dict[str, Any]:
    """The same details; those that only the database reads as they are stand in words."""
    found = dict(values)
    if isinstance(mask := found.get("weekdays"), int):
        found["weekdays"] = _weekdays(mask)
    first, last = found.get("from_min"), found.get("to_min")
    if isinstance(first, int) and isinstance(last, int):
        hours = {"from_min": None, "to_min": None, "time_of_day": _hours(first, last)}
        found = {**found, **hours}
    if (way := LOCALES.get(str(found.get("locale")))) is not None:
        found["locale"] = way.name
    return found


def _weekdays(mask: int) -> str:
    """A bit for each day, Monday the lowest."""
    days = [name for n, name in enumerate(DAYS) if mask >> n & 1]
    return "any day" if len(days) == len(DAYS) else ", ".join(days)


def _hours(first: int, last: int) -> str:
    """Minutes of the day, up to midnight at its end."""
    if first <= 0 and last >= MIDNIGHT:
        return "at any time"
    if first <= 0:
        return f"until {_clock(last)}"
    return f"from {_clock(first)}" if last >= MIDNIGHT else f"{_clock(first)} to {_clock(last)}"


def _clock(minute: int) -> str:
    return say_time(dt.datetime(2000, 1, 1, tzinfo=dt.UTC) + dt.timedelta(minutes=minute))
