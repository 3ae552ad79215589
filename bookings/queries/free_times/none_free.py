"""Why no time is free on days in a row, and from when it is worth asking again."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass

from bookings.queries.free_times.search import FreeLine, FreeSearch
from bookings.rules.interval import say_gap
from bookings.rules.visit import FARTHEST
from clinic.rules import covers, say_date


@dataclass(frozen=True)
class NoneFree:
    """What stands against all of the days, in words.

    `known`: there is a reason beside that these days are full; `from_on` is the first day that
    it does not stand against, where there is one. `ends`: no later day is booked either.
    """

    says: str
    from_on: dt.date | None = None
    known: bool = False
    ends: bool = False


def none_free(found: FreeSearch, lines: Sequence[FreeLine], *, at: dt.datetime) -> NoneFree:
    """Why none of these lines of a search has a time; no queries, the search knows it all.

    First the skin that has not rested (R35), then licenses, then that it is too far ahead.
    """
    first, last = lines[0].day, lines[-1].day
    rest = found.rest
    if rest and rest.against(last) and (gap := rest.against(first)):
        return NoneFree(say_gap(gap, rest.leave), rest.first_day, known=True)
    when = (
        f"on {say_date(first)}" if first == last else f"from {say_date(first)} to {say_date(last)}"
    )
    if all(line.why for line in lines):
        from_on = _licensed_from(found, lines, last)
        if len({line.practitioner.pk for line in lines}) == 1:
            return NoneFree(lines[0].why, from_on, known=True)
        return NoneFree(f"No one has a license in force {when}.", from_on, known=True)
    farthest = found.asked.clinic.day_of(at + FARTHEST)
    if last >= farthest:
        return NoneFree(
            f"No free time {when}. Visits are booked up to {say_date(farthest)}.", ends=True
        )
    return NoneFree(f"No free time {when}.")


def _licensed_from(found: FreeSearch, lines: Sequence[FreeLine], after: dt.date) -> dt.date | None:
    """The first day after `after` on which a license of one of these people is in force."""
    clinic = found.asked.clinic
    days = [
        one.issued_on
        for who in {line.practitioner for line in lines}
        for one in found.licenses[who]
        if one.issued_on > after
        and covers([one], name=who.name, state=clinic.state, on=one.issued_on).allowed
    ]
    return min(days, default=None)
