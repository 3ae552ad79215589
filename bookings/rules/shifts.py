"""Working time on a clinic's wall clock, as instants (ruling T1 at clock changes)."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable
from functools import lru_cache
from typing import Any
from zoneinfo import ZoneInfo

from clinic.rules import day_span

Spans = list[tuple[dt.datetime, dt.datetime]]


def shifts_of_day(shifts: Iterable[Any], day: dt.date) -> list[tuple[int, int]]:
    """The hours that weekly shifts give a date, in minutes of its wall clock, in order."""
    return sorted(
        (one.starts_min, one.ends_min)
        for one in shifts
        if one.weekday == day.weekday()
        and one.valid_from <= day
        and (one.valid_to is None or day <= one.valid_to)
    )


def shift_span(
    day: dt.date, starts_min: int, ends_min: int, zone: ZoneInfo
) -> tuple[dt.datetime, dt.datetime]:
    """A shift of one clinic-local day, given in minutes of its wall clock, in UTC (T1)."""
    return (
        wall_instant(day, starts_min, zone, last=False),
        wall_instant(day, ends_min, zone, last=True),
    )


@lru_cache(maxsize=4096)
def wall_instant(day: dt.date, minute: int, zone: ZoneInfo, *, last: bool) -> dt.datetime:
    """The instant of a wall-clock minute (1440: the day's end), in UTC.

    Inside a gap it is the gap's end; of a minute shown twice, `last` picks the second.
    """
    if minute >= 24 * 60:
        return day_span(day, zone)[1]
    wall = dt.datetime.combine(day, dt.time(minute // 60, minute % 60), tzinfo=zone)
    first, second = (wall.replace(fold=fold).astimezone(dt.UTC) for fold in (0, 1))
    if first > second:  # a gap: fold 1 reads the time with the offset before the change
        change, wanted = second, (day, minute)
        while _shown(change, zone) < wanted:
            change += dt.timedelta(minutes=1)
        return change
    return second if last else first


def joined(spans: Iterable[tuple[dt.datetime, dt.datetime]]) -> Spans:
    """Spans in order, those that touch or overlap made one; empty ones left out."""
    found: Spans = []
    for starts_at, ends_at in sorted(spans):
        if starts_at >= ends_at:
            continue
        if found and starts_at <= found[-1][1]:
            found[-1] = (found[-1][0], max(found[-1][1], ends_at))
        else:
            found.append((starts_at, ends_at))
    return found


def _shown(instant: dt.datetime, zone: ZoneInfo) -> tuple[dt.date, int]:
    local = instant.astimezone(zone)
    return local.date(), local.hour * 60 + local.minute
