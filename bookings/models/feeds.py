"""The secret link under which a practitioner's own calendar program finds her visits."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.db.models import Q

from clinic.constraints import Guard, bounded, never_deleted, together
from clinic.models import Practitioner, Row


class CalendarLink(Row):
    """A link to a practitioner's visits, until it is withdrawn. Only a digest of it is kept."""

    practitioner = models.ForeignKey(Practitioner, models.PROTECT, related_name="calendar_links")
    digest = models.CharField(max_length=64, editable=False)
    # The link's own part, on the row that made it and nowhere else.
    secret = ""
    created_at = models.DateTimeField()
    created_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    withdrawn_at = models.DateTimeField(null=True, blank=True)
    withdrawn_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, related_name="+"
    )

    class Meta:
        ordering = ["-created_at", "pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["digest"],
                name="calendar_link_digest_once",
                violation_error_message="This link is taken.",
            ),
            models.UniqueConstraint(
                fields=["practitioner"],
                condition=Q(withdrawn_at__isnull=True),
                name="calendar_link_open_once",
                violation_error_message="This calendar has a link.",
            ),
            together("calendar_link_withdrawn_by", "withdrawn_at", "withdrawn_by"),
            bounded("calendar_link_dates_bounded", instants=["created_at", "withdrawn_at"]),
        ]

    guards = [
        *never_deleted("bookings_calendarlink", "A calendar's link is withdrawn, never deleted."),
        Guard(
            "calendar_link_only_withdrawn",
            ("UPDATE",),
            "OLD.withdrawn_at IS NOT NULL OR NEW.practitioner_id <> OLD.practitioner_id "
            "OR NEW.digest <> OLD.digest OR NEW.created_at <> OLD.created_at "
            "OR NEW.created_by_id <> OLD.created_by_id",
            "A link to a calendar stays as it was made, until it is withdrawn.",
        ),
    ]

    def __str__(self) -> str:
        return str(self.practitioner_id)
