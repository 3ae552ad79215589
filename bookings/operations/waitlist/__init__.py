"""The waitlist: who waits, which time is offered to whom, and what becomes of an offer."""

from bookings.operations.waitlist.clock import close_waits_over, end_offers_over
from bookings.operations.waitlist.entries import (
    add_to_waitlist,
    book_from_waitlist,
    change_wait,
    withdraw_wait,
)
from bookings.operations.waitlist.offering import offer_time, take_back_offer
from bookings.operations.waitlist.taking import decline_offer, take_offer

__all__ = [
    "add_to_waitlist",
    "book_from_waitlist",
    "change_wait",
    "close_waits_over",
    "decline_offer",
    "end_offers_over",
    "offer_time",
    "take_back_offer",
    "take_offer",
    "withdraw_wait",
]
