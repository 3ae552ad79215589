"""What can be booked and when people work."""

from __future__ import annotations

import datetime as dt

from django.conf import settings
from django.db import models
from django.db.models import F, Q

from bookings.rules.visit import CLEAN_DOWN_MAX_MIN, LONGEST_MIN, NUMBING_MAX_MIN, SHORTEST_MIN
from clinic.constraints import bounded, check, together
from clinic.models import Clinic, DeviceModel, Practitioner, Record
from clinic.models.base import ScopedQuerySet


class Service(Record):
    """What one books: minutes of numbing, of needling, and of clean-down."""

    clinic = models.ForeignKey(Clinic, models.PROTECT, related_name="services")
    code = models.SlugField(max_length=20)
    name = models.CharField(max_length=60)
    treatment_min = models.PositiveSmallIntegerField("treatment (minutes)")
    numbing_min = models.PositiveSmallIntegerField("numbing (minutes)", default=0)
    clean_down_min = models.PositiveSmallIntegerField("clean-down (minutes)", default=10)
    # Codes of bookings.rules.areas; none: wherever the device may be used.
    areas = models.JSONField(default=list, blank=True)
    # Which pens it is done with; none: any in service.
    device_models = models.ManyToManyField(DeviceModel, blank=True, related_name="+")
    price_text = models.CharField("price", max_length=60, blank=True)
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
                "Numbing takes at most 120 minutes, clean-down at most 30.",
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


class ShiftException(Record):
    """One clinic-local day on which a practitioner works other hours here than her shifts say.

    The rows of a day replace its shifts; one row without times means that she does not work.
    """

    practitioner = models.ForeignKey(Practitioner, models.PROTECT, related_name="exceptions")
    clinic = models.ForeignKey(Clinic, models.PROTECT, related_name="exceptions")
    on = models.DateField()
    starts_min = models.PositiveSmallIntegerField(null=True, blank=True)
    ends_min = models.PositiveSmallIntegerField(null=True, blank=True)
    note = models.CharField(max_length=80, blank=True)

    objects = ScopedQuerySet.as_manager()

    class Meta:
        ordering = ["on", "starts_min", "pk"]
        indexes = [models.Index(fields=["clinic", "on"], name="exception_by_day")]
        constraints = [
            models.UniqueConstraint(
                fields=["practitioner", "clinic", "on", "starts_min"],
                name="exception_begins_once",
                violation_error_message="That day has hours from this time on already.",
            ),
            models.UniqueConstraint(
                fields=["practitioner", "clinic", "on"],
                condition=Q(starts_min__isnull=True),
                name="exception_off_once",
                violation_error_message="That day is off already.",
            ),
            check(
                "exception_starts_before_end",
                Q(starts_min__isnull=True, ends_min__isnull=True)
                | Q(
                    starts_min__isnull=False,
                    ends_min__isnull=False,
                    starts_min__lt=F("ends_min"),
                    ends_min__lte=24 * 60,
                ),
                "Working hours begin before they end.",
            ),
            bounded("exception_dates_bounded", days=["on"]),
        ]

    def __str__(self) -> str:
        return f"{self.practitioner_id} {self.on}"


class TimeOff(Record):
    """Time in which a practitioner treats nobody, in any clinic (UTC, half-open).

    What was booked before stays booked until somebody moves or cancels it.
    """

    practitioner = models.ForeignKey(Practitioner, models.PROTECT, related_name="time_off")
    clinic = models.ForeignKey(Clinic, models.PROTECT, related_name="+")
    starts_at = models.DateTimeField()
    ends_at = models.DateTimeField()
    note = models.CharField(max_length=80, blank=True)
    created_at = models.DateTimeField()
    created_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    withdrawn_at = models.DateTimeField(null=True, blank=True)
    withdrawn_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, related_name="+"
    )

    objects = ScopedQuerySet.as_manager()

    class Meta:
        ordering = ["starts_at", "pk"]
        indexes = [models.Index(fields=["practitioner", "ends_at"], name="time_off_by_end")]
        constraints = [
            check(
                "time_off_starts_before_end",
                Q(starts_at__lt=F("ends_at")),
                "Time off begins before it ends.",
            ),
            together("time_off_withdrawn_by", "withdrawn_at", "withdrawn_by"),
            bounded(
                "time_off_dates_bounded",
                instants=["starts_at", "ends_at", "created_at", "withdrawn_at"],
            ),
        ]

    def __str__(self) -> str:
        return f"{self.practitioner_id} {self.starts_at}"


class Closure(Record):
    """Clinic-local days, both inclusive, on which nobody is treated: a holiday, a move."""

    clinic = models.ForeignKey(Clinic, models.PROTECT, related_name="closures")
    name = models.CharField(max_length=80)
    first_on = models.DateField()
    last_on = models.DateField()
    is_holiday = models.BooleanField(default=False)
    created_at = models.DateTimeField()
    created_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    withdrawn_at = models.DateTimeField(null=True, blank=True)
    withdrawn_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, related_name="+"
    )

    objects = ScopedQuerySet.as_manager()

    class Meta:
        ordering = ["first_on", "pk"]
        constraints = [
            check(
                "closure_first_before_last",
                Q(first_on__lte=F("last_on")),
                "A closure's first day is at most its last.",
            ),
            together("closure_withdrawn_by", "withdrawn_at", "withdrawn_by"),
            bounded(
                "closure_dates_bounded",
                days=["first_on", "last_on"],
                instants=["created_at", "withdrawn_at"],
            ),
        ]

    def __str__(self) -> str:
        return self.name
