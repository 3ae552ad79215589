"""Clinics, rooms, and the needling devices in them."""

from __future__ import annotations

import datetime as dt
from zoneinfo import ZoneInfo

from django.core.validators import RegexValidator
from django.db import models
from django.db.models import F, Q
from phonenumber_field.phonenumber import PhoneNumber, to_python

from clinic.constraints import check
from clinic.models.base import Record, ScopedQuerySet


def dialed(phone: PhoneNumber | str) -> str:
    """A phone number as a person dials it from the US; empty where there is none."""
    number = to_python(phone)
    if not number:
        return ""
    return str(number.as_national if number.country_code == 1 else number.as_international)


class ClinicQuerySet(ScopedQuerySet):
    clinic_path = "pk"


class Clinic(Record):
    """One site: its state decides the law, its time zone decides what a date is."""

    code = models.SlugField(max_length=20)
    name = models.CharField(max_length=80)
    state = models.CharField(
        max_length=2, validators=[RegexValidator(r"^[A-Z]{2}$", "Use the two-letter state code.")]
    )
    time_zone = models.CharField(max_length=40)
    phone = models.CharField(max_length=20, blank=True)
    opens_min = models.PositiveSmallIntegerField(default=9 * 60)
    closes_min = models.PositiveSmallIntegerField(default=18 * 60)
    is_active = models.BooleanField(default=True)

    objects = ClinicQuerySet.as_manager()

    class Meta:
        ordering = ["name", "pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["code"],
                name="clinic_code_once",
                violation_error_message="Another clinic has this code.",
            ),
            check(
                "clinic_opens_before_closing",
                Q(opens_min__lt=F("closes_min")) & Q(closes_min__lte=24 * 60),
                "A clinic opens before it closes.",
            ),
        ]

    def __str__(self) -> str:
        return self.name

    @property
    def phone_text(self) -> str:
        """The phone number as a person dials it from the US; empty where there is none."""
        return dialed(self.phone)

    @property
    def zone(self) -> ZoneInfo:
        """The clinic's time zone; every date in this clinic is a date there."""
        return ZoneInfo(self.time_zone)

    def local(self, at: dt.datetime) -> dt.datetime:
        """An instant on the clinic's wall clock."""
        return at.astimezone(self.zone)

    def day_of(self, at: dt.datetime) -> dt.date:
        """The clinic-local date of an instant."""
        return at.astimezone(self.zone).date()


class Room(Record):
    """A treatment room: one patient at a time."""

    clinic = models.ForeignKey(Clinic, models.PROTECT, related_name="rooms")
    name = models.CharField(max_length=40)
    is_active = models.BooleanField(default=True)

    objects = ScopedQuerySet.as_manager()

    class Meta:
        ordering = ["name", "pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["clinic", "name"],
                name="room_name_once_per_clinic",
                violation_error_message="This clinic has a room of that name.",
            )
        ]

    def __str__(self) -> str:
        return self.name


class DeviceModel(Record):
    """A make of needling pen. Depths are hundredths of a millimeter, as the label states them."""

    maker = models.CharField(max_length=80)
    name = models.CharField(max_length=80)
    clearance_no = models.CharField(
        max_length=12,
        validators=[RegexValidator(r"^(DEN|K)\d{6}$", "Use DEN or K and six digits.")],
    )
    depth_step = models.PositiveSmallIntegerField(default=25)
    depth_max = models.PositiveSmallIntegerField(default=250)
    label_max = models.PositiveSmallIntegerField(default=150)
    is_active = models.BooleanField(default=True)

    class Meta:
        ordering = ["name", "pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["maker", "name"],
                name="device_model_once",
                violation_error_message="This model is in the catalog.",
            ),
            check(
                "device_model_depths",
                Q(depth_step__gte=1, label_max__lte=F("depth_max")) & Q(depth_max__lte=400),
                "The label's depth is at most the device's.",
            ),
        ]

    def __str__(self) -> str:
        return self.name


class Device(Record):
    """One handpiece, known by its serial number."""

    class Status(models.TextChoices):
        IN_SERVICE = "in_service", "In service"
        QUARANTINED = "quarantined", "Quarantined"
        REPAIR = "repair", "In repair"
        RETIRED = "retired", "Retired"

    clinic = models.ForeignKey(Clinic, models.PROTECT, related_name="devices")
    model = models.ForeignKey(DeviceModel, models.PROTECT, related_name="devices")
    code = models.CharField(max_length=20)
    serial = models.CharField(max_length=40)
    status = models.CharField(max_length=12, choices=Status, default=Status.IN_SERVICE)

    objects = ScopedQuerySet.as_manager()

    class Meta:
        ordering = ["code", "pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["model", "serial"],
                name="device_serial_once_per_model",
                violation_error_message="A device of this model has that serial number.",
            ),
            models.UniqueConstraint(
                fields=["clinic", "code"],
                name="device_code_once_per_clinic",
                violation_error_message="This clinic has a device of that code.",
            ),
            check(
                "device_status_known",
                Q(status__in=["in_service", "quarantined", "repair", "retired"]),
                "Use a known status.",
            ),
        ]

    def __str__(self) -> str:
        return self.code
