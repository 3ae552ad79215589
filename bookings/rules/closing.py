"""Days on which a clinic may want to close, and from when to when someone is off."""

from __future__ import annotations

import datetime as dt
from zoneinfo import ZoneInfo

import holidays

from bookings.rules.shifts import wall_instant


def public_holidays(state: str, year: int) -> dict[dt.date, str]:
    """The public holidays of a US state in a year, by date; the nation's where it has no list."""
    try:
        found = holidays.country_holidays("US", subdiv=state, years=year)
    except NotImplementedError:
        found = holidays.country_holidays("US", years=year)
    return {
        day: name.replace("; ", ", ") for day, name in sorted(found.items()) if day.year == year
    }


def off_span(
    first_on: dt.date, last_on: dt.date, *, starts_min: int, ends_min: int, zone: ZoneInfo
) -> tuple[dt.datetime, dt.datetime]:
    """From when to when time off lasts, in UTC: from a minute of its first day to one of its
    last (T1 at clock changes)."""
    return (
        wall_instant(first_on, starts_min, zone, last=False),
        wall_instant(last_on, ends_min, zone, last=True),
    )
