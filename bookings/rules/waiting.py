"""What waits on the waitlist, and what becomes of an offer: states as data."""

from __future__ import annotations

from enum import StrEnum

OFFER_LEAST_MIN, OFFER_MOST_MIN = 5, 240
EVERY_DAY = 0b111_1111
MIDNIGHT_MIN = 24 * 60


class ClosedAs(StrEnum):
    """How someone came off the waitlist."""

    BOOKED = "booked"
    WITHDRAWN = "withdrawn"
    EXPIRED = "expired"


CLOSED_AS: dict[ClosedAs, str] = {
    ClosedAs.BOOKED: "Booked",
    ClosedAs.WITHDRAWN: "Withdrawn",
    ClosedAs.EXPIRED: "Over",
}


class OfferState(StrEnum):
    """How an offer stands. Only an open one holds time."""

    OPEN = "open"
    TAKEN = "taken"
    DECLINED = "declined"
    EXPIRED = "expired"
    WITHDRAWN = "withdrawn"


OFFERS: dict[OfferState, str] = {
    OfferState.OPEN: "Offered",
    OfferState.TAKEN: "Taken",
    OfferState.DECLINED: "Declined",
    OfferState.EXPIRED: "Not answered in time",
    OfferState.WITHDRAWN: "Taken back",
}


def days_of(mask: int) -> list[int]:
    """The weekdays of a wish, 0 being Monday."""
    return [day for day in range(7) if mask >> day & 1]


def mask_of(days: list[int]) -> int:
    """Weekdays as the table keeps them: a bit each, Monday the lowest."""
    return sum(1 << day for day in {*days})
