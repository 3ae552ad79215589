"""Time: services, shifts, appointments, and what each appointment holds."""

from bookings.models.appointments import Appointment
from bookings.models.desk import (
    Closure,
    Service,
    Shift,
    ShiftException,
    TimeOff,
)
from bookings.models.holds import LANES, TAKEN, Hold, PerformedArea

__all__ = [
    "LANES",
    "TAKEN",
    "Appointment",
    "Closure",
    "Hold",
    "PerformedArea",
    "Service",
    "Shift",
    "ShiftException",
    "TimeOff",
]
