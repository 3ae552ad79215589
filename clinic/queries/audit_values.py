"""Details that are kept as codes and numbers, in words: times of day, weekdays, ways of writing."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from clinic.rules import LOCALES, WEEKDAYS, say_hours, say_minute, say_week

MIDNIGHT = 24 * 60
# The name of hours that are kept in minutes of the day → the name they are said by, and how.
SPANS: dict[str, tuple[str, Callable[[Any], str]]] = {
    "spans": ("hours", say_hours),
    "week": ("hours", say_week),
    "from_week": ("from", say_week),
    "to_week": ("to", say_week),
    "before_week": ("before", say_week),
}


def in_words(values: Mapping[str, Any]) -> dict[str, Any]:
    """The same details; those that only the database reads as they are stand in words."""
    found = dict(_hours_said(name, one) for name, one in values.items())
    if isinstance(mask := found.get("weekdays"), int):
        found["weekdays"] = _weekdays(mask)
    first, last = found.get("from_min"), found.get("to_min")
    if isinstance(first, int) and isinstance(last, int):
        hours = {"from_min": None, "to_min": None, "time_of_day": _hours(first, last)}
        found = {**found, **hours}
    if (way := LOCALES.get(str(found.get("locale")))) is not None:
        found["locale"] = way.name
    return found


def _hours_said(name: str, value: Any) -> tuple[str, Any]:
    """Spans of a day, and seven such days, under the name that they were kept by as words before;
    anything else as it is."""
    if name not in SPANS:
        return name, value
    known, say = SPANS[name]
    try:
        return known, say(value)
    except (TypeError, ValueError):
        return name, value


def _weekdays(mask: int) -> str:
    """A bit for each day, Monday the lowest."""
    days = [name for n, name in enumerate(WEEKDAYS) if mask >> n & 1]
    return "any day" if len(days) == len(WEEKDAYS) else ", ".join(days)


def _hours(first: int, last: int) -> str:
    """Minutes of the day, up to midnight at its end."""
    if first <= 0 and last >= MIDNIGHT:
        return "at any time"
    if first <= 0:
        return f"until {say_minute(last)}"
    if last >= MIDNIGHT:
        return f"from {say_minute(first)}"
    return f"{say_minute(first)} to {say_minute(last)}"
