"""Time: services, shifts, appointments, the waitlist, and what each visit and offer holds."""

from bookings.models.appointments import Appointment
from bookings.models.courses import Course
from bookings.models.desk import (
    Closure,
    Service,
    Shift,
    ShiftException,
    TimeOff,
)
from bookings.models.feeds import CalendarLink
from bookings.models.holds import LANES, TAKEN, Hold, PerformedArea
from bookings.models.imports import ImportRow, ImportRun
from bookings.models.letters import MessageText
from bookings.models.listed import Listed
from bookings.models.merges import PatientMerge
from bookings.models.moves import Move, Undo
from bookings.models.offers import Offer
from bookings.models.overrides import Override
from bookings.models.waitlist import WaitlistEntry

__all__ = [
    "LANES",
    "TAKEN",
    "Appointment",
    "CalendarLink",
    "Closure",
    "Course",
    "Hold",
    "ImportRow",
    "ImportRun",
    "Listed",
    "MessageText",
    "Move",
    "Offer",
    "Override",
    "PatientMerge",
    "PerformedArea",
    "Service",
    "Shift",
    "ShiftException",
    "TimeOff",
    "Undo",
    "WaitlistEntry",
]
