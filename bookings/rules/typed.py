"""A time of day as people type it at a desk, and as other systems write it."""

from __future__ import annotations

import datetime as dt
import re

# 9, 930, 9:30, 9.30 or 09:30:00, then perhaps a, pm or P.M.
TYPED = re.compile(
    r"(?P<hour>\d{1,2}?)(?:[:.]?(?P<minute>\d{2}))?(?::(?P<second>\d{2}))?"
    r"\s*(?P<half>[ap](?:\.?m)?\.?)?",
    re.IGNORECASE | re.ASCII,
)
# Nobody is treated in the small hours, so a bare 1 to 6 is meant for the afternoon.
AFTERNOON = range(1, 7)


def read_time(text: str, *, small_hours_are_pm: bool) -> dt.time | None:
    """The time that a text says, None where it says none.

    Without AM or PM it is read on the 24-hour clock (14:30, 0930, 9). Where `small_hours_are_pm`,
    1 to 6 without a leading zero are the afternoon: 2 and 2:30 are PM, 02:30 is AM.
    """
    found = TYPED.fullmatch(text.strip())
    if not found:
        return None
    hour, minute = int(found["hour"]), int(found["minute"] or 0)
    second, half = int(found["second"] or 0), (found["half"] or "").lower()[:1]
    if half:
        if not 1 <= hour <= 12:
            return None
        hour = hour % 12 + (12 if half == "p" else 0)
    elif small_hours_are_pm and hour in AFTERNOON and not found["hour"].startswith("0"):
        hour += 12
    if hour > 23 or minute > 59 or second > 59:
        return None
    return dt.time(hour, minute, second)
