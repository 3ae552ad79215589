"""Dates and times as exports write them, in the order that was chosen."""

from __future__ import annotations

import calendar
import datetime as dt
import re
from collections.abc import Iterable

from clinic.rules import read_named_date

ORDERS = {
    "mdy": "Month, day, year: 3/14/1991",
    "dmy": "Day, month, year: 14/3/1991",
    "ymd": "Year, month, day: 1991-03-14",
}
PARTS = re.compile(r"(\d{1,4})[/.\-](\d{1,2})[/.\-](\d{1,4})", re.ASCII)
# The time that a database writes behind a date: 1991-03-14T00:00:00, 3/14/1991 12:00:00 AM.
TIME_BEHIND = re.compile(
    r"(?<=\d)(?: T ?|T ?| )\d{1,2}:\d{2}(:\d{2}(\.\d{1,9})?)? ?([ap]\.?m\.?)? ?Z?$", re.I | re.A
)
# Longer than any date with its time: what is longer is not looked into.
MOST_SIGNS = 80
MONTHS = calendar.month_name


def read_day(text: str, order: str, *, latest: dt.date) -> dt.date | str:
    """The date that a cell says, in this order; else the sentence that says why it says none.

    A year of two digits is the last such year that is not after `latest`.
    """
    plain = " ".join(text.split())
    if len(plain) > MOST_SIGNS:
        return f"“{text[:40]}” is not a date."
    plain = TIME_BEHIND.sub("", plain)
    found = PARTS.fullmatch(plain)
    if not found:
        named = read_named_date(plain)
        if named:
            return named
        return f"“{text[:40]}” is not a date."
    places = {"mdy": (2, 0, 1), "dmy": (2, 1, 0), "ymd": (0, 1, 2)}[order]
    if order != "ymd" and len(found[1]) == 4:
        places = (0, 1, 2)  # a year in front can only be read in one way
    year, month, day = (int(found[at + 1]) for at in places)
    if len(found[places[0] + 1]) in (1, 3):
        return f"“{text[:40]}” is not a date in the order that was chosen."
    if len(found[places[0] + 1]) == 2:
        year += latest.year // 100 * 100
        if (year, month, day) > (latest.year, latest.month, latest.day):
            year -= 100
    if not 1 <= month <= 12:
        return f"“{text[:40]}” is not a date in the order that was chosen: no month is {month}."
    try:
        return dt.date(year, month, day)
    except ValueError:
        return f"“{text[:40]}” is not a date: {MONTHS[month]} {year} has no day {day}."


def guess_order(cells: Iterable[str], *, day_first: bool) -> str:
    """The order in which most of these cells are dates; where none says more, the day first or
    the month, as it is told."""
    seen = [cell for cell in cells if PARTS.match(cell.strip())]
    latest = dt.date(2199, 12, 31)

    def fits(order: str) -> int:
        return sum(isinstance(read_day(cell, order, latest=latest), dt.date) for cell in seen)

    if seen and all(re.match(r"\d{4}\D", cell.strip()) for cell in seen):
        return "ymd"
    return max(("dmy" if day_first else "mdy", *ORDERS), key=fits)
