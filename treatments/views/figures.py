"""How the audit page words its figures, and where each one's rows stand."""

from __future__ import annotations

from typing import Any

from django.urls import reverse

from treatments.models import CartridgeLot
from treatments.queries.balance import Balance, Period
from treatments.rules.balance import Account

# The figures of a lot in the order of the table: group, kind of its rows, head.
COLUMNS = (
    ("", "opening", "Before"),
    ("In the period", "received", "Received"),
    ("In the period", "used", "Used"),
    ("In the period", "ended_early", "Ended early"),
    ("In the period", "wasted", "Wasted"),
    ("In the period", "returned", "Returned"),
    ("In the period", "destroyed", "Destroyed"),
    ("In the period", "lost", "Lost"),
    ("On hand at the end", "in_stock", "In stock"),
    ("On hand at the end", "opened", "Opened"),
    ("On hand at the end", "quarantined", "Quaran­tined"),
    ("On hand at the end", "in_transit", "In transit"),
    ("On hand at the end", "on_hand", "Together"),
    ("", "difference", "Differ­ence"),
)


def rows_query(period: Period, kind: str, lot: CartridgeLot | None = None) -> str:
    """The address of a figure's rows, without its page."""
    of = f"&lot={lot.pk}" if lot else ""
    return f"kind={kind}{of}&{period.query}"


def rows_url(period: Period, kind: str, lot: CartridgeLot | None = None) -> str:
    """Where a figure's rows stand."""
    return f"{reverse('cartridge-audit-rows')}?{rows_query(period, kind, lot)}"


def cells(one: Account, period: Period, lot: CartridgeLot | None) -> list[dict[str, Any]]:
    """A line's figures with the way to their rows; what is 0 has no rows to show."""
    found = []
    for _group, kind, _head in COLUMNS:
        value = getattr(one, kind)
        url = rows_url(period, kind, lot) if value else ""
        found.append({"kind": kind, "value": value, "url": url})
    return found


def exceptions(found: Balance) -> list[dict[str, Any]]:
    """What is out of line, the gravest first: how many, in words, and where the rows are."""
    out = found.exceptions
    told = (
        (
            found.total.difference,
            "difference",
            "unit disagrees with the ledger",
            "units disagree with the ledger",
        ),
        (
            out.without_cartridge,
            "without_cartridge",
            "completed treatment has no used cartridge",
            "completed treatments have no used cartridge",
        ),
        (
            out.touched,
            "touched",
            "unit was wasted after it touched a patient",
            "units were wasted after they touched a patient",
        ),
        (
            out.ended_early,
            "ended_early",
            "unit was used in a treatment that ended early",
            "units were used in treatments that ended early",
        ),
        (
            out.expired,
            "expired",
            "expired unit is still on hand",
            "expired units are still on hand",
        ),
        (
            out.left_open,
            "left_open",
            "unit was opened before today and is neither used nor wasted",
            "units were opened before today and are neither used nor wasted",
        ),
        (
            out.unsigned,
            "unsigned",
            "treatment has ended and is not signed",
            "treatments have ended and are not signed",
        ),
    )
    return [
        {
            "count": count,
            "says": one if count == 1 else many,
            "url": rows_url(found.period, kind),
            "grave": kind in ("difference", "without_cartridge", "touched"),
        }
        for count, kind, one, many in told
        if count
    ]
