"""Dates as labels print them: two-digit years, days left out, days of the year."""

from calendar import isleap, monthrange
from dataclasses import dataclass
from datetime import MAXYEAR, MINYEAR, date, timedelta

from treatments.rules.intake.verdict import Precision


@dataclass(frozen=True, slots=True)
class PrintedDate:
    """A printed date. Where only the month is printed, `on` is its last day (R4)."""

    on: date
    precision: Precision

    @property
    def earliest(self) -> date:
        """The first day that the print can mean."""
        return self.on if self.precision is Precision.DAY else self.on.replace(day=1)


def full_year(two_digits: int, today: date) -> int:
    """The year meant by two printed digits: from 49 years back to 50 years ahead (GS1, HIBC)."""
    century = today.year - today.year % 100
    ahead = two_digits - today.year % 100
    if ahead >= 51:
        century -= 100
    elif ahead <= -50:
        century += 100
    return century + two_digits


def printed_date(year: int, month: int, day: int) -> PrintedDate | None:
    """Day 0 means that only the month is printed. None when the calendar has no such date."""
    if not (MINYEAR <= year <= MAXYEAR and 1 <= month <= 12):
        return None
    last = monthrange(year, month)[1]
    if day == 0:
        return PrintedDate(date(year, month, last), Precision.MONTH)
    if not 1 <= day <= last:
        return None
    return PrintedDate(date(year, month, day), Precision.DAY)


def day_of_year(year: int, day: int) -> PrintedDate | None:
    """Day 1 is January 1. None when the year has no such day."""
    if not (MINYEAR <= year <= MAXYEAR and 1 <= day <= 365 + isleap(year)):
        return None
    return PrintedDate(date(year, 1, 1) + timedelta(days=day - 1), Precision.DAY)


def yymmdd(digits: str, today: date) -> PrintedDate | None:
    """Read six ASCII digits, year first; the caller has checked that they are digits."""
    year = full_year(int(digits[:2]), today)
    return printed_date(year, int(digits[2:4]), int(digits[4:6]))
