"""Pure decisions about the shelf: how a lot stands today, and how long the supply lasts."""

from __future__ import annotations

import datetime as dt

EXPIRING_DAYS = 30
MOST_UNITS = 2000
SUPPLY_WINDOW_DAYS = 28


def shelf_state(*, expires_on: dt.date, lot_status: str, today: dt.date) -> str:
    """How a lot stands today: frozen, quarantined, expired, expiring or available.

    The printed day still counts (R3, R25); "expiring" begins 30 days before it.
    """
    if lot_status != "available":
        return lot_status
    if today > expires_on:
        return "expired"
    return "expiring" if (expires_on - today).days <= EXPIRING_DAYS else "available"


def say_days_left(expires_on: dt.date, today: dt.date) -> str:
    """How far the last usable day is, in words."""
    days = (expires_on - today).days
    if days < 0:
        return f"{-days} day{'s' if days < -1 else ''} ago"
    if days == 0:
        return "today is the last day"
    return f"in {days} day{'s' if days > 1 else ''}"


def days_of_supply(*, ready: int, used: int) -> int | None:
    """How many days `ready` units last when `used` were used in the last 28; None if none was."""
    return ready * SUPPLY_WINDOW_DAYS // used if used > 0 else None


def refuse_count(packages: int, *, each: int) -> str | None:
    """Why that many packages of `each` units do not come in at once; None when they do.

    Said in packages, which is what the person counts.
    """
    if packages < 1:
        return "Receive at least one package."
    if packages * each <= MOST_UNITS:
        return None
    if each == 1:
        return f"Receive at most {MOST_UNITS:,} units at a time."
    most = MOST_UNITS // each
    return (
        f"Receive at most {most:,} package{'s' if most > 1 else ''} at a time: "
        f"each holds {each:,} units."
    )
