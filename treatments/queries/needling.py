"""What the charts tell the desk: when needling really began and ended, and where."""

from __future__ import annotations

from bookings.queries.going_on import Needling, Told, Visits
from treatments.models import Treatment


def needling_of(visits: Visits) -> Told:
    """The needling of those of the visits where it has begun. One query."""
    rows = Treatment.objects.filter(appointment__in=visits, started_at__isnull=False).order_by()
    return {
        visit: Needling(started_at, ended_at, room, device)
        for visit, started_at, ended_at, room, device in rows.values_list(
            "appointment_id", "started_at", "ended_at", "room_id", "device_id"
        )
    }
