"""What the clinic writes to patients. No word says why someone comes (P26)."""

from bookings.messages.offers import offer_over, offered, offered_to_another
from bookings.messages.visits import (
    arrived,
    booked,
    booked_together,
    cancelled,
    handed_over,
    list_too_late,
    missed,
    moved,
    moved_together,
    off_handed_over,
    reached_otherwise,
    reminder,
    restored,
)
from bookings.messages.wording import blanks_of, text_of, widest_blanks

__all__ = [
    "arrived",
    "blanks_of",
    "booked",
    "booked_together",
    "cancelled",
    "handed_over",
    "list_too_late",
    "missed",
    "moved",
    "moved_together",
    "off_handed_over",
    "offer_over",
    "offered",
    "offered_to_another",
    "reached_otherwise",
    "reminder",
    "restored",
    "text_of",
    "widest_blanks",
]
