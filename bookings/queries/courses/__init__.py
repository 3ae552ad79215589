"""Courses: which a patient has, how they stand, and what could be booked of one."""

from bookings.queries.courses.on_file import (
    Slip,
    course_for,
    courses_of,
    later_visits,
    open_numbers,
    slip_of,
    standing_visits,
)
from bookings.queries.courses.planning import Offer, Wanted, plan_moves, plan_visits

__all__ = [
    "Offer",
    "Slip",
    "Wanted",
    "course_for",
    "courses_of",
    "later_visits",
    "open_numbers",
    "plan_moves",
    "plan_visits",
    "slip_of",
    "standing_visits",
]
