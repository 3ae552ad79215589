"""What a time of day, typed during a visit, means."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from zoneinfo import ZoneInfo

from clinic.rules import on_wall_clock, say_time
from treatments.rules.charting import in_future

MINUTE = dt.timedelta(minutes=1)


@dataclass(frozen=True)
class Typed:
    """The instants (UTC) that a typed time of day can mean: one, or two when the clocks were set
    back in between. None, and `fault` says why, when the clinic's clock never showed it."""

    instants: tuple[dt.datetime, ...]
    fault: str = ""


def typed_time(time: dt.time, *, came_at: dt.datetime, at: dt.datetime, zone: ZoneInfo) -> Typed:
    """Read a typed time of day as the clinic's wall clock showed it last, up to `at` (P4, P5).

    People type hours and minutes, also after midnight: a time that lies ahead today is
    yesterday's where the patient came yesterday. The minute in which the patient came means the
    arrival itself. A time ahead or before the arrival is given back as typed, for the
    operation to refuse.
    """
    today, came_on = at.astimezone(zone).date(), came_at.astimezone(zone).date()
    found = on_wall_clock(today, time, zone).instants
    if came_on < today and (not found or in_future(found[0], at)):
        found = on_wall_clock(today - dt.timedelta(days=1), time, zone).instants or found
    if not found:
        return Typed((), f"The clocks were set forward: there was no {_say(time)} that night.")
    found = tuple(came_at if one <= came_at < one + MINUTE else one for one in found)
    likely = tuple(one for one in found if one >= came_at and not in_future(one, at))
    return Typed(likely or found[:1])


def _say(time: dt.time) -> str:
    return say_time(dt.datetime.combine(dt.date.min, time))
