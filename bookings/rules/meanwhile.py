"""What someone else did to a visit while a page of it was open, in words (P12)."""

from __future__ import annotations

import datetime as dt

from bookings.rules.status import WORDS, Status
from clinic.rules import say_date, say_span, say_time

# Of a visit that nobody has touched since it was booked.
FIRST_VERSION = 1
# A state that one press brings about: the facts of a visit that say who and when, and the deed.
DEEDS: dict[Status, tuple[str, str]] = {
    Status.CONFIRMED: ("confirmed", "confirmed this visit"),
    Status.ARRIVED: ("arrived", "marked the patient arrived"),
    Status.CANCELLED: ("cancelled", "cancelled this visit"),
    Status.NO_SHOW: ("no_show", "marked this visit as a no-show"),
}


def deed_to_tell(status: Status, *, version: int, steps: int, chart_open: bool) -> str:
    """Which fact of a visit tells what happened last: its name, or "" where none surely does.

    `version` is the visit's on the page, counted from 1, `steps` how many changes the page has
    missed. A visit that is confirmed may have been so before the page was opened, and have
    moved since, which matters more: only the first change of a visit is surely its confirming.
    One that is cancelled, missed or here is changed no more, unless its chart is opened.
    """
    first = version == FIRST_VERSION and steps == 1
    if status not in DEEDS or (status is Status.CONFIRMED and not first):
        return ""
    return "" if status is Status.ARRIVED and chart_open else DEEDS[status][0]


def say_deed(status: Status, *, who: str, when: dt.datetime, today: dt.date) -> str:
    """Who did it and when (clinic-local), with the day where it is not today."""
    on = "" if when.date() == today else f" on {say_date(when.date())}"
    return f"{who} {DEEDS[status][1]}{on} at {say_time(when)}."


def say_stand(status: Status, *, starts: dt.datetime, ends: dt.datetime, who: str) -> str:
    """How a visit stands now (clinic-local), where more than one thing may have changed."""
    return (
        f"This visit was changed meanwhile. It is {WORDS[status].lower()} now: "
        f"{say_date(starts.date())}, {say_span(starts, ends)}, {who}."
    )
