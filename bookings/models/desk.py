"""What can be booked and when people work."""

from __future__ import annotations

import datetime as dt

from django.conf import settings
from django.db import models
from django.db.models import F, Q

from bookings.rules.blocks import BLOCK_LONGEST
from bookings.rules.visit import (
    CHECK_IN_MAX_MIN,
    CLEAN_DOWN_MAX_MIN,
    LONGEST_MIN,
    NUMBING_MAX_MIN,
    SHORTEST_MIN,
)
from clinic.constraints import Guard, bounded, check, frozen, never_deleted, together
from clinic.models import Clinic, DeviceModel, Practitioner, Record
from clinic.models.base import NameKey, ScopedQuerySet


class Service(Record):
    """What one books: minutes of numbing, of needling, and of clean-down."""

    clinic = models.ForeignKey(Clinic, models.PROTECT, related_name="services")
    code = models.SlugField(max_length=20)
    name = models.CharField(max_length=60)
    name_key = NameKey(of=["name"])
    treatment_min = models.PositiveSmallIntegerField("treatment (minutes)")
    numbing_min = models.PositiveSmallIntegerField("numbing (minutes)", default=0)
    clean_down_min = models.PositiveSmallIntegerField("clean-down (minutes)", default=10)
    # The patient alone is held for it, before the numbing.
    check_in_min = models.PositiveSmallIntegerField("check-in (minutes)", default=0)
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
            models.UniqueConstraint(
                fields=["clinic", "name_key"],
                name="service_name_once_per_clinic",
                violation_error_message="This clinic has a service of that name.",
                violation_error_code="name",
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
            check(
                "service_check_in_up_to_30",
                Q(check_in_min__lte=CHECK_IN_MAX_MIN),
                "Check-in takes at most 30 minutes.",
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

    guards = [
        *never_deleted("bookings_shift", "A shift ends, it is never deleted."),
        Guard(
            "shift_no_overlap",
            ("INSERT", "UPDATE"),
            "(NEW.valid_to IS NULL OR NEW.valid_from <= NEW.valid_to) "
            "AND EXISTS (SELECT 1 FROM bookings_shift s WHERE s.id <> NEW.id "
            "AND s.practitioner_id = NEW.practitioner_id AND s.clinic_id = NEW.clinic_id "
            "AND s.weekday = NEW.weekday "
            "AND s.starts_min < NEW.ends_min AND NEW.starts_min < s.ends_min "
            "AND (s.valid_to IS NULL OR s.valid_from <= s.valid_to) "
            "AND (NEW.valid_to IS NULL OR s.valid_from <= NEW.valid_to) "
            "AND (s.valid_to IS NULL OR NEW.valid_from <= s.valid_to))",
            "Two shifts of one day overlap.",
        ),
    ]

    def __str__(self) -> str:
        return f"{self.practitioner_id} {self.weekday} {self.starts_min}-{self.ends_min}"


class StandingQuerySet(ScopedQuerySet):
    def standing(self) -> StandingQuerySet:
        """Those that were not withdrawn."""
        return self.filter(withdrawn_at__isnull=True)


class ShiftException(Record):
    """One clinic-local day on which a practitioner works other hours here than her shifts say.

    The rows of a day replace its shifts; one row without times means that she does not work.
    """

    practitioner = models.ForeignKey(Practitioner, models.PROTECT, related_name="exceptions")
    clinic = models.ForeignKey(Clinic, models.PROTECT, related_name="exceptions")
    day = models.DateField()
    starts_min = models.PositiveSmallIntegerField(null=True, blank=True)
    ends_min = models.PositiveSmallIntegerField(null=True, blank=True)
    note = models.CharField(max_length=80, blank=True)
    withdrawn_at = models.DateTimeField(null=True, blank=True)
    withdrawn_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, related_name="+"
    )

    objects = StandingQuerySet.as_manager()

    class Meta:
        ordering = ["day", "starts_min", "pk"]
        indexes = [models.Index(fields=["clinic", "day"], name="exception_by_day")]
        constraints = [
            models.UniqueConstraint(
                fields=["practitioner", "clinic", "day", "starts_min"],
                condition=Q(withdrawn_at__isnull=True),
                name="exception_begins_once",
                violation_error_message="That day has hours from this time on already.",
            ),
            models.UniqueConstraint(
                fields=["practitioner", "clinic", "day"],
                condition=Q(starts_min__isnull=True, withdrawn_at__isnull=True),
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
            together("exception_withdrawn_by", "withdrawn_at", "withdrawn_by"),
            bounded("exception_dates_bounded", days=["day"], instants=["withdrawn_at"]),
        ]

    guards = [
        *never_deleted("bookings_shiftexception", "Hours of a day are withdrawn, never deleted."),
        *frozen(
            "bookings_shiftexception",
            when="OLD.withdrawn_at IS NOT NULL",
            says="What was withdrawn stays as it was.",
        ),
        Guard(
            "exception_no_overlap",
            ("INSERT", "UPDATE"),
            "NEW.withdrawn_at IS NULL AND EXISTS (SELECT 1 FROM bookings_shiftexception e "
            "WHERE e.id <> NEW.id AND e.practitioner_id = NEW.practitioner_id "
            "AND e.clinic_id = NEW.clinic_id AND e.day = NEW.day AND e.withdrawn_at IS NULL "
            "AND (e.starts_min IS NULL OR NEW.starts_min IS NULL "
            "OR (e.starts_min < NEW.ends_min AND NEW.starts_min < e.ends_min)))",
            "That day has hours at this time already, or is off.",
        ),
    ]

    def __str__(self) -> str:
        return f"{self.practitioner_id} {self.day}"


class TimeOff(Record):
    """Time in which a practitioner treats nobody, in any clinic (UTC, half-open).

    What was booked before stays booked until somebody moves or cancels it. A block is a short
    one that the desk puts on its board, where nothing is booked.
    """

    practitioner = models.ForeignKey(Practitioner, models.PROTECT, related_name="time_off")
    clinic = models.ForeignKey(Clinic, models.PROTECT, related_name="+")
    starts_at = models.DateTimeField()
    ends_at = models.DateTimeField()
    note = models.CharField(max_length=80, blank=True)
    is_block = models.BooleanField(default=False)
    created_at = models.DateTimeField()
    created_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    withdrawn_at = models.DateTimeField(null=True, blank=True)
    withdrawn_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, related_name="+"
    )

    objects = StandingQuerySet.as_manager()

    class Meta:
        ordering = ["starts_at", "pk"]
        indexes = [models.Index(fields=["practitioner", "ends_at"], name="time_off_by_end")]
        constraints = [
            check(
                "time_off_starts_before_end",
                Q(starts_at__lt=F("ends_at")),
                "Time off begins before it ends.",
            ),
            check(
                "time_off_block_is_short",
                Q(is_block=False) | Q(ends_at__lte=F("starts_at") + BLOCK_LONGEST),
                "A block lasts at most twelve hours.",
            ),
            together("time_off_withdrawn_by", "withdrawn_at", "withdrawn_by"),
            bounded(
                "time_off_dates_bounded",
                instants=["starts_at", "ends_at", "created_at", "withdrawn_at"],
            ),
        ]

    guards = [
        *never_deleted("bookings_timeoff", "Time off is withdrawn, never deleted."),
        Guard(
            "time_off_only_withdrawn",
            ("UPDATE",),
            "OLD.withdrawn_at IS NOT NULL OR NEW.practitioner_id <> OLD.practitioner_id "
            "OR NEW.clinic_id <> OLD.clinic_id OR NEW.starts_at <> OLD.starts_at "
            "OR NEW.ends_at <> OLD.ends_at OR NEW.is_block <> OLD.is_block",
            "Time off stays as it was entered, until it is withdrawn.",
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

    objects = StandingQuerySet.as_manager()

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

    guards = [
        *never_deleted("bookings_closure", "A closure is withdrawn, never deleted."),
        Guard(
            "closure_only_withdrawn",
            ("UPDATE",),
            "OLD.withdrawn_at IS NOT NULL OR NEW.clinic_id <> OLD.clinic_id "
            "OR NEW.first_on <> OLD.first_on OR NEW.last_on <> OLD.last_on",
            "A closure stays as it was entered, until it is withdrawn.",
        ),
    ]

    def __str__(self) -> str:
        return self.name
