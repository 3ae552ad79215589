"""What someone has typed and not sent yet."""

from __future__ import annotations

from django.conf import settings
from django.db import models

from clinic.constraints import bounded
from clinic.models.base import Row


class Draft(Row):
    """One form as its user has filled it in so far; nobody else ever gets to see it (P13).

    `page` is the address that the form sends to, `fields` its names and values as JSON. Dropped
    when the form is sent, and after half a day.
    """

    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    # The key of the clinic at work: what was typed for one is never filled in at another.
    clinic_at_work = models.CharField(max_length=40, blank=True)
    page = models.CharField(max_length=200)
    fields = models.TextField(max_length=40_000)
    saved_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["user", "clinic_at_work", "page"],
                name="draft_once_per_form",
                violation_error_message="This form is kept already.",
            ),
            bounded("draft_dates_bounded", instants=["saved_at"]),
        ]

    def __str__(self) -> str:
        return self.page
