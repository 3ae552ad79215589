"""Where a visit stood before it was moved."""

from __future__ import annotations

from django.conf import settings
from django.db import models

from bookings.models.appointments import Appointment
from clinic.constraints import Guard, append_only, bounded
from clinic.models import Clinic, Practitioner, Row
from clinic.models.base import ScopedQuerySet


class Move(Row):
    """One move of a visit, from a start and a practitioner to a start and a practitioner.

    Written after the visit has been moved, so that where it came to is where the visit stands.
    """

    clinic = models.ForeignKey(Clinic, models.PROTECT, related_name="+")
    appointment = models.ForeignKey(Appointment, models.PROTECT, related_name="moves")
    from_starts_at = models.DateTimeField()
    from_practitioner = models.ForeignKey(Practitioner, models.PROTECT, related_name="+")
    to_starts_at = models.DateTimeField()
    to_practitioner = models.ForeignKey(Practitioner, models.PROTECT, related_name="+")
    moved_at = models.DateTimeField()
    moved_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")

    objects = ScopedQuerySet.as_manager()

    class Meta:
        ordering = ["moved_at", "pk"]
        constraints = [
            bounded("move_dates_bounded", instants=["from_starts_at", "to_starts_at", "moved_at"]),
        ]

    guards = [
        *append_only("bookings_move", says="A move of a visit is only ever added to."),
        Guard(
            "move_of_its_visit",
            ("INSERT",),
            "NOT EXISTS (SELECT 1 FROM bookings_appointment a WHERE a.id = NEW.appointment_id "
            "AND a.clinic_id = NEW.clinic_id AND a.starts_at = NEW.to_starts_at "
            "AND a.practitioner_id = NEW.to_practitioner_id)",
            "A move leads to where its visit stands.",
        ),
    ]

    def __str__(self) -> str:
        return f"{self.from_starts_at:%Y-%m-%d %H:%M} to {self.to_starts_at:%Y-%m-%d %H:%M} UTC"
