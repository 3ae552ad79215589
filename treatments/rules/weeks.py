"""Time laid out as bars: weeks, months or years, and where each bar stands in the drawing."""

from __future__ import annotations

import datetime as dt
from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass

from clinic.rules import month_day

MOST_WEEKS = 16
MOST_MONTHS = 24
WIDTH, HEIGHT = 720, 220
TOP, BOTTOM = 22, 26


@dataclass(frozen=True)
class Bucket:
    """A stretch of days, both ends inclusive, and how many units were used and wasted in it."""

    first: dt.date
    last: dt.date
    label: str
    used: int = 0
    wasted: int = 0


@dataclass(frozen=True)
class Bar:
    """One bar of the drawing, in its units; `kind` 1 is used, 2 wasted."""

    kind: int
    x: float
    y: float
    width: float
    height: float
    value: int
    label: str

    @property
    def middle(self) -> float:
        """Where its figure is centered."""
        return round(self.x + self.width / 2, 1)

    @property
    def above(self) -> float:
        """The line of its figure."""
        return round(self.y - 5, 1)


def buckets(
    days: Iterable[tuple[dt.date, str, int]], *, first: dt.date, last: dt.date
) -> list[Bucket]:
    """The period in weeks from Monday; in months where there are more than 16 weeks, in years
    where there are more than 24 months. `days` are (date, "use" or "waste", units)."""
    stretches = _stretches(first, last)
    starts = [one[0] for one in stretches]
    used: Counter[int] = Counter()
    wasted: Counter[int] = Counter()
    for day, kind, units in days:
        index = max(number for number, start in enumerate(starts) if start <= day)
        (used if kind == "use" else wasted)[index] += units
    return [
        Bucket(start, end, label, used[number], wasted[number])
        for number, (start, end, label) in enumerate(stretches)
    ]


def _stretches(first: dt.date, last: dt.date) -> list[tuple[dt.date, dt.date, str]]:
    if (last - first).days < 7 * MOST_WEEKS:
        starts = _starts(first, last, lambda day: day + dt.timedelta(days=7 - day.weekday()))
        return [(a, b, month_day(a)) for a, b in starts]
    months = (last.year - first.year) * 12 + last.month - first.month + 1
    if months <= MOST_MONTHS:
        starts = _starts(first, last, _next_month)
        return [(a, b, f"{a:%b}" if a.month > 1 else f"{a:%b %Y}") for a, b in starts]
    starts = _starts(first, last, lambda day: dt.date(day.year + 1, 1, 1))
    return [(a, b, str(a.year)) for a, b in starts]


def _next_month(day: dt.date) -> dt.date:
    return dt.date(day.year + day.month // 12, day.month % 12 + 1, 1)


def _starts(
    first: dt.date, last: dt.date, after: Callable[[dt.date], dt.date]
) -> list[tuple[dt.date, dt.date]]:
    found = []
    while first <= last:
        follows = after(first)
        found.append((first, min(last, follows - dt.timedelta(days=1))))
        first = follows
    return found


def drawn(found: list[Bucket]) -> tuple[list[Bar], list[tuple[float, str]]]:
    """The bars, and (x, text) of the labels below them; all heights share one scale."""
    most = max([1, *(max(one.used, one.wasted) for one in found)])
    step = WIDTH / max(len(found), 1)
    space = HEIGHT - TOP - BOTTOM
    bars: list[Bar] = []
    labels: list[tuple[float, str]] = []
    for number, one in enumerate(found):
        left = number * step
        width = min(step * 0.36, 46)
        start = left + step / 2 - width
        for kind, value in ((1, one.used), (2, one.wasted)):
            height = round(space * value / most, 1)
            bars.append(
                Bar(
                    kind=kind,
                    x=round(start + (kind - 1) * (width + 2), 1),
                    y=round(HEIGHT - BOTTOM - height, 1),
                    width=round(width, 1),
                    height=height,
                    value=value,
                    label=one.label,
                )
            )
        labels.append((round(left + step / 2, 1), one.label))
    return bars, labels
