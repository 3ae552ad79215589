"""Cartridge products as their makers sell them, and the lots that a clinic holds."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.db.models import F, Q

from clinic.constraints import Guard, bounded, check, never_deleted
from clinic.models import Clinic, DeviceModel, Record
from clinic.models.base import NameKey, ScopedQuerySet
from clinic.models.devices import CLEARANCE
from clinic.seals import SealField

# What a delivery says of its lot: never changed, and sealed.
RECEIVED = (
    "id",
    "clinic",
    "product",
    "lot",
    "expires_on",
    "precision",
    "manufactured_on",
    "received_on",
    "entered",
    "scan_text",
    "created_at",
    "created_by",
)


class CartridgeProduct(Record):
    """A sterile single-use needle cartridge as its maker sells it."""

    name = models.CharField(max_length=80)
    maker = models.CharField(max_length=80)
    name_key = NameKey(of=["maker", "name"])
    needles = models.PositiveSmallIntegerField()
    clearance_no = models.CharField(max_length=12, validators=[CLEARANCE])
    fits = models.ManyToManyField(DeviceModel, related_name="cartridge_products")
    is_active = models.BooleanField(default=True)

    class Meta:
        ordering = ["name", "pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["name_key"],
                name="cartridge_product_once",
                violation_error_message="A product of that maker and name is on file.",
                violation_error_code="name",
            ),
            check(
                "cartridge_product_cleared",
                Q(clearance_no__startswith="K") | Q(clearance_no__startswith="DEN"),
                "A product has its clearance number: K or DEN and six digits.",
            ),
            check(
                "cartridge_product_needles",
                Q(needles__gte=1, needles__lte=200),
                "A cartridge has 1 to 200 needles.",
            ),
        ]

    def __str__(self) -> str:
        return self.name


class ProductIdentifier(Record):
    """A device identifier (DI) printed on a package of a product, and how many units it holds."""

    class Scheme(models.TextChoices):
        GS1 = "GS1", "GS1"
        HIBC = "HIBC", "HIBC"

    class Level(models.TextChoices):
        UNIT = "unit", "Unit"
        BOX = "box", "Box"
        CASE = "case", "Case"

    product = models.ForeignKey(CartridgeProduct, models.PROTECT, related_name="identifiers")
    scheme = models.CharField(max_length=4, choices=Scheme)
    value = models.CharField(max_length=30)
    level = models.CharField(max_length=4, choices=Level)
    units = models.PositiveSmallIntegerField(default=1)

    class Meta:
        ordering = ["value"]
        constraints = [
            models.UniqueConstraint(
                fields=["value"],
                name="product_identifier_once",
                violation_error_message="This identifier belongs to a product in the catalog.",
            ),
            check(
                "product_identifier_scheme_known",
                Q(scheme__in=["GS1", "HIBC"]),
                "Use a known kind of identifier.",
            ),
            check(
                "product_identifier_level_known",
                Q(level__in=["unit", "box", "case"]),
                "Use a known kind of package.",
            ),
            check(
                "product_identifier_units",
                Q(level="unit", units=1) | ~Q(level="unit") & Q(units__gte=1),
                "A unit is one; a box or case holds at least one.",
            ),
        ]

    def __str__(self) -> str:
        return self.value


class CartridgeLot(Record):
    """What one clinic holds of one lot of a product. `expires_on` is the last usable local day."""

    class Status(models.TextChoices):
        AVAILABLE = "available", "Available"
        QUARANTINED = "quarantined", "Quarantined"
        FROZEN = "frozen", "Frozen by a recall"

    class Entered(models.TextChoices):
        SCAN = "scan", "Scanned"
        MANUAL = "manual", "Typed by two people"

    class Precision(models.TextChoices):
        DAY = "day", "Day"
        MONTH = "month", "Month"

    clinic = models.ForeignKey(Clinic, models.PROTECT, related_name="cartridge_lots")
    product = models.ForeignKey(CartridgeProduct, models.PROTECT, related_name="lots")
    lot = models.CharField(max_length=20)
    expires_on = models.DateField()
    precision = models.CharField(max_length=5, choices=Precision, default=Precision.DAY)
    manufactured_on = models.DateField(null=True, blank=True)
    received_on = models.DateField()
    entered = models.CharField(max_length=6, choices=Entered, default=Entered.SCAN)
    scan_text = models.CharField(max_length=200, blank=True)
    supplier = models.CharField(max_length=80, blank=True)
    status = models.CharField(max_length=12, choices=Status, default=Status.AVAILABLE)
    created_at = models.DateTimeField()
    created_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    mac = SealField(of=RECEIVED)

    objects = ScopedQuerySet.as_manager()

    class Meta:
        ordering = ["expires_on", "lot", "pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["clinic", "product", "lot"],
                name="cartridge_lot_once",
                violation_error_message="This lot is on file in this clinic.",
            ),
            check(
                "cartridge_lot_status_known",
                Q(status__in=["available", "quarantined", "frozen"]),
                "Use a known status.",
            ),
            check(
                "cartridge_lot_entry_known",
                Q(entered__in=["scan", "manual"]),
                "Use a known way of entry.",
            ),
            check(
                "cartridge_lot_precision_known",
                Q(precision__in=["day", "month"]),
                "An expiry names a day or a month.",
            ),
            check("cartridge_lot_named", ~Q(lot=""), "A lot has a number."),
            check(
                "cartridge_lot_made_before_expiry",
                Q(manufactured_on__isnull=True) | Q(manufactured_on__lte=F("expires_on")),
                "A lot is made before it expires.",
            ),
            bounded(
                "cartridge_lot_dates_bounded",
                days=["expires_on", "manufactured_on", "received_on"],
                instants=["created_at"],
            ),
        ]

    guards = [
        *never_deleted(
            "treatments_cartridgelot",
            "A lot on file is never deleted.",
            keys=[("id",), ("clinic_id", "product_id", "lot")],
            taken="This lot is on file in this clinic.",
        ),
        Guard(
            "cartridge_lot_keeps_identity",
            ("UPDATE",),
            "NEW.id <> OLD.id OR NEW.lot <> OLD.lot OR NEW.product_id <> OLD.product_id "
            "OR NEW.clinic_id <> OLD.clinic_id OR NEW.expires_on <> OLD.expires_on "
            "OR NEW.precision <> OLD.precision OR NEW.received_on <> OLD.received_on "
            "OR NEW.manufactured_on IS DISTINCT FROM OLD.manufactured_on "
            "OR NEW.entered <> OLD.entered OR NEW.scan_text <> OLD.scan_text "
            "OR NEW.created_at <> OLD.created_at OR NEW.created_by_id <> OLD.created_by_id "
            "OR NEW.mac <> OLD.mac",
            "A lot keeps its product, number and expiry, and how it came in.",
        ),
    ]

    def __str__(self) -> str:
        return self.lot

    @property
    def code(self) -> str:
        """The lot, as the audit names it."""
        return self.lot
