"""When the clinic is open, as instants."""

from __future__ import annotations

import datetime as dt

from bookings.rules.shifts import shift_span
from clinic.models import Clinic


def clinic_opens(clinic: Clinic, day: dt.date) -> dt.datetime | None:
    """When the clinic opens on a local day (UTC); None where it is closed all day."""
    opening = clinic_opening(clinic, day)
    return opening[0] if opening else None


def clinic_opening(clinic: Clinic, day: dt.date) -> tuple[dt.datetime, dt.datetime] | None:
    """From when to when the clinic is open on a local day, breaks left in (UTC); None where it is
    closed all day."""
    hours = clinic.open_from(day)
    return shift_span(day, *hours, clinic.zone) if hours else None
