"""Whether the cartridges on hand reach as far as the bookings."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping

OUT = "No cartridge in date is left for that day: the visits booked up to it take all there are."


def short_on(visits: Mapping[dt.date, int], units: Mapping[dt.date, int]) -> dt.date | None:
    """The first day whose visits find too few units; None where they reach.

    `visits` are how many each day has, each takes one unit; `units` how many there are, by the
    last day on which they may be used. First-expiring ones are taken first.
    """
    left = dict(units)
    for day in sorted(visits):
        wanted = visits[day]
        for last_day in sorted(one for one in left if one >= day):
            taken = min(wanted, left[last_day])
            left[last_day] -= taken
            wanted -= taken
        if wanted > 0:
            return day
    return None
