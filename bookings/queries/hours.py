"""When the clinic is open, as instants."""

from __future__ import annotations

import datetime as dt

from bookings.rules.shifts import shift_span
from clinic.models import Clinic


def clinic_opens(clinic: Clinic, day: dt.date) -> dt.datetime | None:
    """When the clinic opens on a local day (UTC); None where it is closed all day."""
    hours = clinic.open_from(day)
    return shift_span(day, *hours, clinic.zone)[0] if hours else None
