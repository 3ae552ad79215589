"""The days on which the demo's clinics stay closed, and hours at which a desk answers."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator

ONE_DAY = dt.timedelta(days=1)
# So far ahead the shifts know of holidays.
AHEAD = 400
# The desk books from eight to five on the clinic's clock.
DESK_OPENS, DESK_CLOSES = 8, 17


def is_holiday(day: dt.date) -> bool:
    """New Year's Day, Thanksgiving (the fourth Thursday of November) and Christmas."""
    thanksgiving = day.month == 11 and day.weekday() == 3 and 22 <= day.day <= 28
    return thanksgiving or (day.month, day.day) in {(1, 1), (12, 25)}


def open_spans(
    weekday: int, *, first: dt.date, today: dt.date
) -> Iterator[tuple[dt.date, dt.date | None]]:
    """From when to when a weekly shift lasts, around the holidays ahead; the last has no end.

    Today is worked even where it is one: the demo is alive on whatever day it is set up.
    """
    days = (today + ONE_DAY * number for number in range(1, AHEAD + 1))
    for day in days:
        if day.weekday() == weekday and is_holiday(day):
            yield first, day - ONE_DAY
            first = day + ONE_DAY
    yield first, None


def at_the_desk(at: dt.datetime, clinic_local: dt.datetime) -> dt.datetime:
    """`at`, or the last afternoon before it when nobody is at the desk at that hour."""
    if DESK_OPENS <= clinic_local.hour < DESK_CLOSES:
        return at
    day = clinic_local.date()
    if clinic_local.hour < DESK_OPENS:
        day -= ONE_DAY
    time = dt.time(DESK_CLOSES - 1, clinic_local.minute)
    return dt.datetime.combine(day, time, tzinfo=clinic_local.tzinfo).astimezone(dt.UTC)
