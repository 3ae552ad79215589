"""What a message says of each visit, where it speaks of several."""

from __future__ import annotations

from django.db import models

from bookings.models.appointments import Appointment
from clinic.constraints import append_only, bounded
from clinic.models import Message, Row


class Listed(Row):
    """A visit in a message about several: when it tells the patient to be there.

    `version` is the visit's when the message was written.
    """

    message = models.ForeignKey(Message, models.PROTECT, related_name="+")
    appointment = models.ForeignKey(Appointment, models.PROTECT, related_name="+")
    comes_at = models.DateTimeField()
    version = models.PositiveIntegerField()

    objects = models.Manager()

    class Meta:
        ordering = ["comes_at", "pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["message", "appointment"],
                name="listed_once",
                violation_error_message="This message speaks of that visit already.",
            ),
            bounded("listed_dates_bounded", instants=["comes_at"]),
        ]

    guards = append_only(
        "bookings_listed",
        keys=[("id",), ("message_id", "appointment_id")],
        says="What a message said of a visit is only ever added to.",
    )

    def __str__(self) -> str:
        return f"{self.comes_at:%Y-%m-%d %H:%M} UTC"
