"""The days on which the demo's clinics stay closed, and hours at which a desk answers."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator

ONE_DAY = dt.timedelta(days=1)
# So far ahead the holidays are entered.
AHEAD = 400
NAMES = {1: "New Year's Day", 11: "Thanksgiving Day", 12: "Christmas Day"}
# The desk books from eight to five on the clinic's clock.
DESK_OPENS, DESK_CLOSES = 8, 17


def is_holiday(day: dt.date) -> bool:
    """New Year's Day, Thanksgiving (the fourth Thursday of November) and Christmas."""
    thanksgiving = day.month == 11 and day.weekday() == 3 and 22 <= day.day <= 28
    return thanksgiving or (day.month, day.day) in {(1, 1), (12, 25)}


def holidays_ahead(*, today: dt.date) -> Iterator[tuple[dt.date, str]]:
    """The days on which the clinics will be closed, and what for.

    Today is worked even where it is one: the demo is alive on whatever day it is set up.
    """
    for day in (today + ONE_DAY * number for number in range(1, AHEAD + 1)):
        if is_holiday(day):
            yield day, NAMES[day.month]


def at_the_desk(at: dt.datetime, clinic_local: dt.datetime) -> dt.datetime:
    """`at`, or the last afternoon before it when nobody is at the desk at that hour."""
    if DESK_OPENS <= clinic_local.hour < DESK_CLOSES:
        return at
    day = clinic_local.date()
    if clinic_local.hour < DESK_OPENS:
        day -= ONE_DAY
    time = dt.time(DESK_CLOSES - 1, clinic_local.minute)
    return dt.datetime.combine(day, time, tzinfo=clinic_local.tzinfo).astimezone(dt.UTC)
