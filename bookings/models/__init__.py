"""Time: services, shifts, appointments, and what each appointment holds."""

from bookings.models.appointments import Appointment
from bookings.models.desk import Service, Shift
from bookings.models.holds import LANES, TAKEN, Hold, PerformedArea

__all__ = ["LANES", "TAKEN", "Appointment", "Hold", "PerformedArea", "Service", "Shift"]
