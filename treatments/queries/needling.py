"""What the charts tell the desk: when needling really began and ended, and where."""

from __future__ import annotations

import datetime as dt

from bookings.queries.going_on import Needling, Told
from clinic.models import Clinic
from treatments.models import Treatment


def needling_on(clinic: Clinic, day: dt.date) -> Told:
    """The needling of the visits of a clinic-local day that has begun. One query."""
    rows = Treatment.objects.filter(
        appointment__clinic=clinic, appointment__local_date=day, started_at__isnull=False
    ).order_by()
    return {
        visit: Needling(started_at, ended_at, room, device)
        for visit, started_at, ended_at, room, device in rows.values_list(
            "appointment_id", "started_at", "ended_at", "room_id", "device_id"
        )
    }
