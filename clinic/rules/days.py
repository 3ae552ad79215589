"""Dates and times: how they are read and said, and what a wall clock means."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Sequence
from dataclasses import dataclass
from zoneinfo import ZoneInfo

from clinic.rules.locales import locale

MONTHS = (
    *("january", "february", "march", "april", "may", "june"),
    *("july", "august", "september", "october", "november", "december"),
)
# Month, day and year in the orders in which people type them.
DATES = (
    r"(?P<month>[0-9]{1,2})[/.-](?P<day>[0-9]{1,2})[/.-](?P<year>[0-9]{4})",
    r"(?P<year>[0-9]{4})-(?P<month>[0-9]{1,2})-(?P<day>[0-9]{1,2})",
    r"(?P<month>[a-z]{3,9})\.? ?(?P<day>[0-9]{1,2}),? ?(?P<year>(?<=[ ,])[0-9]{4})",
    r"(?P<day>[0-9]{1,2}) ?(?P<month>[a-z]{3,9})\.?,? ?(?P<year>[0-9]{4})",
)
NAMED = DATES[2:]


def month_day(day: dt.date) -> str:
    """A date in the middle of a sentence of its year: Nov 24, or 24 Nov."""
    return f"{day.day} {day:%b}" if locale().day_first else f"{day:%b} {day.day}"


def short_date(day: dt.date) -> str:
    """A date without its weekday: Nov 24, 2026, or 24 Nov 2026."""
    return f"{month_day(day)}{'' if locale().day_first else ','} {day.year}"


def say_weekday(day: dt.date) -> str:
    """A date of this year: Tue, Nov 24, or Tue, 24 Nov."""
    return f"{day:%a}, {month_day(day)}"


def say_date(day: dt.date) -> str:
    """A date as a person says it, with its weekday and year: Tue, Nov 24, 2026."""
    return f"{day:%a}, {short_date(day)}"


def say_day(day: dt.date, today: dt.date) -> str:
    """A date that is not far, without its year where it is this one: Tue, Nov 24."""
    return say_date(day) if day.year != today.year else say_weekday(day)


def say_days(first: dt.date, last: dt.date) -> str:
    """Days in a row: Nov 24, 2026; Nov 1–22, 2026; Oct 28–Nov 22, 2026; 1–22 Nov 2026."""
    if first == last:
        return short_date(first)
    if first.year != last.year:
        return f"{short_date(first)}–{short_date(last)}"
    if first.month != last.month:
        return f"{month_day(first)}–{short_date(last)}"
    if locale().day_first:
        return f"{first.day}–{short_date(last)}"
    return f"{month_day(first)}–{last.day}, {last.year}"


def long_day(day: dt.date) -> str:
    """A date in full words: Tuesday, November 24, or Tuesday, 24 November."""
    named = f"{day.day} {day:%B}" if locale().day_first else f"{day:%B} {day.day}"
    return f"{day:%A}, {named}"


def read_date(text: str) -> dt.date | None:
    """A date as a person types it: 3/14/1991, 1991-03-14, Mar 14, 1991 or 14 March 1991.

    Where the clinic writes the day first, 14/3/1991. None when it is not one.
    """
    return _read(text, DATES, day_first=locale().day_first)


def read_named_date(text: str) -> dt.date | None:
    """A date whose month has a name, which everyone reads alike; None when it is not one."""
    return _read(text, NAMED, day_first=False)


def _read(text: str, forms: Sequence[str], *, day_first: bool) -> dt.date | None:
    plain = " ".join(text.lower().split())
    found = next((one for form in forms if (one := re.fullmatch(form, plain))), None)
    if found is None:
        return None
    day, month = found["day"], found["month"]
    if day_first and found.re.pattern == DATES[0]:
        day, month = month, day
    number = _month(month)
    try:
        return dt.date(int(found["year"]), number, int(day)) if number else None
    except ValueError:
        return None


def _month(text: str) -> int | None:
    """The number of a month, from its digits or from its name, shortened or in full."""
    if text.isdigit():
        return int(text)
    short = "sep" if text == "sept" else text
    named = [number for number, name in enumerate(MONTHS, 1) if short in (name, name[:3])]
    return named[0] if named else None


def hour_word(local: dt.datetime | dt.time) -> str:
    """A wall-clock time where morning and afternoon are plain from the place: 9:05, or 09:05."""
    hour = f"{local:%H}" if locale().hours_24 else local.hour % 12 or 12
    return f"{hour}:{local:%M}"


def say_time(local: dt.datetime | dt.time) -> str:
    """A wall-clock time as a person says it: 9:05 AM, or 09:05."""
    return hour_word(local) + _half(local)


def say_second(local: dt.datetime) -> str:
    """A wall-clock time as a log says it: 9:05:07 AM, or 09:05:07."""
    return f"{hour_word(local)}:{local:%S}{_half(local)}"


def short_hour(local: dt.datetime | dt.time) -> str:
    """A wall-clock time as short as it is said: 8 AM, 8:30 AM, or 08:00."""
    if local.minute or locale().hours_24:
        return say_time(local)
    return f"{local.hour % 12 or 12}{_half(local)}"


def _half(local: dt.datetime | dt.time) -> str:
    if locale().hours_24:
        return ""
    return " AM" if local.hour < 12 else " PM"


def say_span(starts: dt.datetime, ends: dt.datetime) -> str:
    """Two wall-clock times of one visit as a person says them: 9:30–10:15 AM."""
    first = hour_word(starts) if _half(starts) == _half(ends) else say_time(starts)
    return f"{first}–{say_time(ends)}"


@dataclass(frozen=True)
class WallTime:
    """What a wall-clock time means: `instants` in UTC; none in a gap, two in an overlap."""

    instants: tuple[dt.datetime, ...]


def on_wall_clock(day: dt.date, time: dt.time, zone: ZoneInfo) -> WallTime:
    """The instants that a clinic's wall clock shows as this date and time (P4, P5)."""
    found = []
    for fold in (0, 1):
        local = dt.datetime.combine(day, time, tzinfo=zone).replace(fold=fold)
        instant = local.astimezone(dt.UTC)
        if instant.astimezone(zone).replace(tzinfo=None, fold=0) == local.replace(
            tzinfo=None, fold=0
        ):
            found.append(instant)
    return WallTime(tuple(sorted(set(found))))


def is_twice(local: dt.datetime) -> bool:
    """Whether the clinic's wall clock shows this time twice that day (P5)."""
    return local.replace(fold=0).utcoffset() != local.replace(fold=1).utcoffset()


def day_span(day: dt.date, zone: ZoneInfo) -> tuple[dt.datetime, dt.datetime]:
    """The half-open span of a clinic-local day in UTC; 23, 24 or 25 hours long."""
    start = dt.datetime.combine(day, dt.time(0), tzinfo=zone).astimezone(dt.UTC)
    after = dt.datetime.combine(day + dt.timedelta(days=1), dt.time(0), tzinfo=zone)
    return start, after.astimezone(dt.UTC)
