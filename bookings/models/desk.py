"""What can be booked and when people work."""

from __future__ import annotations

import datetime as dt

from django.db import models
from django.db.models import F, Q

from bookings.rules.visit import CLEAN_DOWN_MAX_MIN, LONGEST_MIN, NUMBING_MAX_MIN, SHORTEST_MIN
from clinic.constraints import bounded, check
from clinic.models import Clinic, Practitioner, Record
from clinic.models.base import ScopedQuerySet


class Service(Record):
    """What one books: minutes of numbing, of needling, and of clean-down."""

    clinic = models.ForeignKey(Clinic, models.PROTECT, related_name="services")
    code = models.SlugField(max_length=20)
    name = models.CharField(max_length=60)
    treatment_min = models.PositiveSmallIntegerField("treatment (minutes)")
    numbing_min = models.PositiveSmallIntegerField("numbing (minutes)", default=0)
    clean_down_min = models.PositiveSmallIntegerField("clean-down (minutes)", default=10)
    is_active = models.BooleanField(default=True)

    objects = ScopedQuerySet.as_manager()

    class Meta:
        ordering = ["name", "pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["clinic", "code"],
                name="service_code_once_per_clinic",
                violation_error_message="This clinic has a service of that code.",
            ),
            check(
                "service_treatment_30_to_45",
                Q(treatment_min__gte=SHORTEST_MIN, treatment_min__lte=LONGEST_MIN),
                "A treatment takes 30 to 45 minutes.",
            ),
            check(
                "service_numbing_and_clean_down",
                Q(numbing_min__lte=NUMBING_MAX_MIN, clean_down_min__lte=CLEAN_DOWN_MAX_MIN),
                "Numbing takes at most 120 minutes, clean-down at most 60.",
            ),
        ]

    def __str__(self) -> str:
        return self.name


class ShiftQuerySet(ScopedQuerySet):
    def in_force(self, clinic: Clinic, *, first: dt.date, last: dt.date) -> ShiftQuerySet:
        """A clinic's shifts that count on some day between the two clinic-local dates."""
        return self.filter(
            Q(valid_to__isnull=True) | Q(valid_to__gte=first), clinic=clinic, valid_from__lte=last
        ).order_by("practitioner_id", "weekday", "starts_min", "pk")


class Shift(Record):
    """A practitioner's weekly working time in a clinic, in minutes of its wall clock's day."""

    practitioner = models.ForeignKey(Practitioner, models.PROTECT, related_name="shifts")
    clinic = models.ForeignKey(Clinic, models.PROTECT, related_name="shifts")
    weekday = models.PositiveSmallIntegerField()
    starts_min = models.PositiveSmallIntegerField()
    ends_min = models.PositiveSmallIntegerField()
    valid_from = models.DateField()
    valid_to = models.DateField(null=True, blank=True)

    objects = ShiftQuerySet.as_manager()

    class Meta:
        ordering = ["weekday", "starts_min", "pk"]
        constraints = [
            check("shift_weekday_known", Q(weekday__lte=6), "Use a day of the week."),
            check(
                "shift_starts_before_end",
                Q(starts_min__lt=F("ends_min")) & Q(ends_min__lte=24 * 60),
                "A shift starts before it ends.",
            ),
            bounded("shift_dates_bounded", days=["valid_from", "valid_to"]),
        ]

    def __str__(self) -> str:
        return f"{self.practitioner_id} {self.weekday} {self.starts_min}-{self.ends_min}"
