"""A clinic's own words in messages to its patients."""

from __future__ import annotations

from django.db import models
from django.db.models import Q

from bookings.rules.letters import LETTERS
from clinic.constraints import check
from clinic.models import Clinic, Record
from clinic.models.base import ScopedQuerySet


class MessageText(Record):
    """A clinic's own words for one kind of message, in place of the house's.

    `sms` are those of the text message; empty, it has the house's.
    """

    clinic = models.ForeignKey(Clinic, models.PROTECT, related_name="+")
    kind = models.CharField(
        max_length=10, choices=[(kind, letter.label) for kind, letter in LETTERS.items()]
    )
    subject = models.CharField(max_length=100)
    body = models.TextField(max_length=2000)
    sms = models.TextField(max_length=320, blank=True)

    objects = ScopedQuerySet.as_manager()

    class Meta:
        ordering = ["kind", "pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["clinic", "kind"],
                name="message_text_once_per_clinic",
                violation_error_message="This clinic has its words for that message.",
            ),
            check("message_text_kind_known", Q(kind__in=[*LETTERS]), "Use a known message."),
        ]

    def __str__(self) -> str:
        return self.get_kind_display()
