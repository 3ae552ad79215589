"""Where someone who may went past a rule, and why."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.db.models import Q

from bookings.models.appointments import Appointment
from clinic.constraints import Guard, append_only, bounded, check
from clinic.models import Clinic, Row
from clinic.models.base import ScopedQuerySet


class Override(Row):
    """One rule passed over for one visit, by whom and for what reason; the manager reads them.

    Written in the transaction of the act that went past the rule. `detail` holds what the
    rule had said, as plain values: for an interval `last_on`, `from_on` and `days`.
    """

    class Kind(models.TextChoices):
        INTERVAL = "interval", "Sooner than the interval"
        ARRIVED_TIME = "arrived_time", "Time changed after arrival"

    clinic = models.ForeignKey(Clinic, models.PROTECT, related_name="overrides")
    appointment = models.ForeignKey(Appointment, models.PROTECT, related_name="overrides")
    kind = models.CharField(max_length=12, choices=Kind)
    reason = models.CharField(max_length=200)
    detail = models.JSONField(default=dict, blank=True)
    made_at = models.DateTimeField()
    made_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")

    objects = ScopedQuerySet.as_manager()

    class Meta:
        ordering = ["-made_at", "pk"]
        indexes = [models.Index(fields=["clinic", "made_at"], name="override_by_time")]
        constraints = [
            check(
                "override_kind_known",
                Q(kind__in=["interval", "arrived_time"]),
                "Use a known kind of override.",
            ),
            bounded("override_dates_bounded", instants=["made_at"]),
        ]

    guards = [
        *append_only("bookings_override", says="An override is only ever added to."),
        Guard(
            "override_of_its_clinic",
            ("INSERT",),
            "NOT EXISTS (SELECT 1 FROM bookings_appointment a WHERE a.id = NEW.appointment_id "
            "AND a.clinic_id = NEW.clinic_id)",
            "An override belongs to the clinic of its visit.",
        ),
        Guard(
            "override_says_why",
            ("INSERT",),
            "TRIM(NEW.reason) = ''",
            "An override says why.",
        ),
    ]

    def __str__(self) -> str:
        return f"{self.get_kind_display()}: {self.reason}"
