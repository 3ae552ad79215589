"""What the desk reads: the day board, a visit's card."""

from bookings.queries.board import Column, DayBoard, Visit, day_board
from bookings.queries.free_times import FreeLine, FreeTime, free_times, nearest_free_times
from bookings.queries.offers import OnDay, practitioners_on, services_of
from bookings.queries.visits import Past, past_of, visit_for, visits_to_remind

__all__ = [
    "Column",
    "DayBoard",
    "FreeLine",
    "FreeTime",
    "OnDay",
    "Past",
    "Visit",
    "day_board",
    "free_times",
    "nearest_free_times",
    "past_of",
    "practitioners_on",
    "services_of",
    "visit_for",
    "visits_to_remind",
]
