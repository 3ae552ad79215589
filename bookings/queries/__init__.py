"""What the desk reads: the day board, a visit's card."""

from bookings.queries.board import Column, DayBoard, Visit, day_board
from bookings.queries.visits import Past, past_of, practitioners_of, visit_for

__all__ = [
    "Column",
    "DayBoard",
    "Past",
    "Visit",
    "day_board",
    "past_of",
    "practitioners_of",
    "visit_for",
]
