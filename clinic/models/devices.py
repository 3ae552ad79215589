"""The needling devices of a clinic, and their makes."""

from __future__ import annotations

from django.core.validators import RegexValidator
from django.db import models
from django.db.models import F, Q

from clinic.constraints import Guard, check
from clinic.models.base import FromCatalog, NameKey, Record, ScopedQuerySet
from clinic.models.places import Clinic

CLEARANCE = RegexValidator(r"^(DEN|K)\d{6}$", "Use DEN or K and six digits.")


class DeviceModel(FromCatalog):
    """A make of needling pen. Depths are hundredths of a millimeter, as the label states them."""

    maker = models.CharField(max_length=80)
    name = models.CharField(max_length=80)
    clearance_no = models.CharField(
        max_length=12,
        validators=[CLEARANCE],
    )
    name_key = NameKey(of=["maker", "name"])
    depth_step = models.PositiveSmallIntegerField(default=25)
    depth_max = models.PositiveSmallIntegerField(default=250)
    label_max = models.PositiveSmallIntegerField(default=150)
    is_active = models.BooleanField(default=True)

    class Meta:
        ordering = ["name", "pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["name_key"],
                name="device_model_once",
                violation_error_message="A model of that maker and name is on file.",
                violation_error_code="name",
            ),
            check(
                "device_model_depths",
                Q(depth_step__gte=1, label_max__lte=F("depth_max")) & Q(depth_max__lte=400),
                "The label's depth is at most the device's.",
            ),
            check(
                "device_model_cleared",
                Q(clearance_no__startswith="K") | Q(clearance_no__startswith="DEN"),
                "A model has its clearance number: K or DEN and six digits.",
            ),
        ]

    guards = [
        Guard(
            "device_model_kept_while_in_service",
            ("UPDATE",),
            "OLD.is_active AND NOT NEW.is_active AND EXISTS (SELECT 1 FROM clinic_device d "
            "WHERE d.model_id = NEW.id AND d.status = 'in_service')",
            "A model stays in use while a device of it is in service.",
        )
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
    code_key = NameKey(of=["code"])
    serial = models.CharField(max_length=40)
    serial_key = NameKey(of=["serial"])
    status = models.CharField(max_length=12, choices=Status, default=Status.IN_SERVICE)
    status_reason = models.CharField(max_length=200, blank=True)

    objects = ScopedQuerySet.as_manager()

    class Meta:
        ordering = ["code", "pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["model", "serial_key"],
                name="device_serial_once_per_model",
                violation_error_message="A device of this model has that serial number.",
                violation_error_code="serial",
            ),
            models.UniqueConstraint(
                fields=["clinic", "code_key"],
                name="device_code_once_per_clinic",
                violation_error_message="This clinic has a device of that code.",
                violation_error_code="code",
            ),
            check(
                "device_status_known",
                Q(status__in=["in_service", "quarantined", "repair", "retired"]),
                "Use a known status.",
            ),
        ]

    guards = [
        Guard(
            "device_in_service_of_model_in_use",
            ("INSERT", "UPDATE"),
            "NEW.status = 'in_service' AND NOT EXISTS (SELECT 1 FROM clinic_devicemodel m "
            "WHERE m.id = NEW.model_id AND m.is_active)",
            "A device in service is of a model in use.",
        )
    ]

    def __str__(self) -> str:
        return self.code
