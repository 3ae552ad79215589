"""Cartridges: product, lot, each physical unit, and the ledger of where each unit went."""

from __future__ import annotations

import datetime as dt

from django.conf import settings
from django.db import models
from django.db.models import F, Q

from clinic.constraints import (
    Guard,
    append_only,
    bounded,
    check,
    local_date_guards,
    never_deleted,
    steps_guard,
    together,
)
from clinic.models import Clinic, DeviceModel, Record, Row
from clinic.models.base import KeptQuerySet, ScopedQuerySet
from treatments.rules.status import ON_HAND, UNIT_ALLOWED, UNIT_WORDS, Unit


class CartridgeProduct(Record):
    """A sterile single-use needle cartridge as its maker sells it."""

    name = models.CharField(max_length=80)
    maker = models.CharField(max_length=80)
    needles = models.PositiveSmallIntegerField()
    clearance_no = models.CharField(max_length=12)
    fits = models.ManyToManyField(DeviceModel, related_name="cartridge_products")
    is_active = models.BooleanField(default=True)

    class Meta:
        ordering = ["name", "pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["maker", "name"],
                name="cartridge_product_once",
                violation_error_message="This product is in the catalog.",
            )
        ]

    def __str__(self) -> str:
        return self.name


class ProductIdentifier(Row):
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
    value = models.CharField(max_length=30, unique=True)
    level = models.CharField(max_length=4, choices=Level)
    units = models.PositiveSmallIntegerField(default=1)

    class Meta:
        ordering = ["value"]
        constraints = [
            check(
                "product_identifier_units",
                Q(level="unit", units=1) | ~Q(level="unit") & Q(units__gte=1),
                "A unit is one; a box or case holds at least one.",
            )
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
        never_deleted("treatments_cartridgelot", "A lot on file is never deleted."),
        Guard(
            "cartridge_lot_keeps_identity",
            ("UPDATE",),
            "NEW.lot <> OLD.lot OR NEW.product_id <> OLD.product_id "
            "OR NEW.clinic_id <> OLD.clinic_id OR NEW.expires_on <> OLD.expires_on",
            "A lot keeps its product, number and expiry.",
        ),
    ]

    def __str__(self) -> str:
        return self.lot


class CartridgeQuerySet(ScopedQuerySet):
    def in_state(self, *states: str) -> CartridgeQuerySet:
        """Units in one of the states."""
        return self.filter(status__in=states)

    def on_hand(self) -> CartridgeQuerySet:
        """Units the clinic still has: in stock, opened, quarantined or in transit."""
        return self.filter(status__in=[str(state) for state in ON_HAND])

    def fit_to_use(self, *, on: dt.date) -> CartridgeQuerySet:
        """Units that may be opened on that clinic-local date, first-expiring first (R3, R5)."""
        return self.filter(
            status=Unit.IN_STOCK,
            lot__status=CartridgeLot.Status.AVAILABLE,
            lot__expires_on__gte=on,
            lot__received_on__lte=on,
            lot__product__is_active=True,
        ).order_by("lot__expires_on", "number")


class Cartridge(Record):
    """One physical unit, known by the code the clinic gave it at goods-in: C-000123.

    Opening it sets `treatment` once and for all; from then on it can only become used or
    wasted. `opened_on` is the clinic-local date, which the lot's expiry is held against.
    """

    Status = models.TextChoices(  # type: ignore[misc]
        "Status", {unit.name: (unit.value, UNIT_WORDS[unit]) for unit in Unit}
    )

    class WasteReason(models.TextChoices):
        DROPPED = "dropped", "Dropped"
        PACK_DAMAGED = "pack_damaged", "Pack damaged"
        EXPIRED = "expired", "Expired"
        DEFECT = "defect", "Defect"
        CONTAMINATED = "contaminated", "Contaminated"
        OPENED_NOT_USED = "opened_not_used", "Opened, not used"
        RECALL = "recall", "Recall"
        OTHER = "other", "Other"

    clinic = models.ForeignKey(Clinic, models.PROTECT, related_name="cartridges")
    lot = models.ForeignKey(CartridgeLot, models.PROTECT, related_name="units")
    number = models.PositiveIntegerField(unique=True)
    unit_code = models.CharField(max_length=12, unique=True)
    status = models.CharField(max_length=12, choices=Status.choices, default="in_stock")
    treatment = models.ForeignKey(
        "treatments.Treatment", models.PROTECT, null=True, blank=True, related_name="units"
    )
    opened_at = models.DateTimeField(null=True, blank=True)
    opened_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, related_name="+"
    )
    opened_on = models.DateField(null=True, blank=True)
    wasted_at = models.DateTimeField(null=True, blank=True)
    wasted_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, related_name="+"
    )
    waste_reason = models.CharField(max_length=16, choices=WasteReason, blank=True)
    waste_note = models.CharField(max_length=200, blank=True)
    patient_contact = models.BooleanField(default=False)

    objects = CartridgeQuerySet.as_manager()

    class Meta:
        ordering = ["number"]
        indexes = [
            models.Index(fields=["lot", "status"], name="cartridge_by_lot"),
            models.Index(fields=["clinic", "status"], name="cartridge_by_clinic"),
        ]
        constraints = [
            models.UniqueConstraint(
                fields=["treatment"],
                condition=Q(status__in=["opened", "used"]),
                name="cartridge_once_per_treatment",
                violation_error_message="This treatment has a cartridge. Waste it first.",
            ),
            check(
                "cartridge_status_known",
                Q(status__in=[unit.value for unit in Unit]),
                "Use a known status.",
            ),
            check(
                "cartridge_opened_for_a_treatment",
                ~Q(status__in=["opened", "used"])
                | Q(treatment__isnull=False, opened_at__isnull=False, opened_on__isnull=False),
                "A unit is opened for one treatment.",
            ),
            check(
                "cartridge_treatment_means_opened",
                Q(treatment__isnull=True) | Q(opened_at__isnull=False),
                "A unit linked to a treatment was opened.",
            ),
            check(
                "cartridge_wasted_has_reason",
                Q(status="wasted", wasted_at__isnull=False) & ~Q(waste_reason="")
                | ~Q(status="wasted") & Q(wasted_at__isnull=True),
                "A wasted unit has its reason.",
            ),
            check(
                "cartridge_waste_reason_known",
                Q(
                    waste_reason__in=[
                        "",
                        "dropped",
                        "pack_damaged",
                        "expired",
                        "defect",
                        "contaminated",
                        "opened_not_used",
                        "recall",
                        "other",
                    ]
                ),
                "Use a known reason.",
            ),
            check(
                "cartridge_other_waste_is_told",
                ~Q(waste_reason="other") | ~Q(waste_note=""),
                "Say why the unit was wasted.",
            ),
            together("cartridge_opened_by", "opened_at", "opened_by", "opened_on"),
            together("cartridge_wasted_by", "wasted_at", "wasted_by"),
            bounded(
                "cartridge_dates_bounded", days=["opened_on"], instants=["opened_at", "wasted_at"]
            ),
        ]

    guards = [
        never_deleted("treatments_cartridge", "A unit is never deleted."),
        steps_guard("cartridge_steps", UNIT_ALLOWED, "A cartridge can not take this step."),
        Guard(
            "cartridge_begins_in_stock",
            ("INSERT",),
            "NEW.status NOT IN ('in_stock', 'quarantined') OR NEW.treatment_id IS NOT NULL",
            "A unit comes in as stock or into quarantine.",
        ),
        Guard(
            "cartridge_no_replace",
            ("INSERT",),
            "EXISTS (SELECT 1 FROM treatments_cartridge t WHERE t.id = NEW.id "
            "OR t.number = NEW.number OR t.unit_code = NEW.unit_code OR t.rowid = NEW.rowid)",
            "A unit is never written over.",
            only="sqlite",
        ),
        Guard(
            "cartridge_treatment_written_once",
            ("UPDATE",),
            "OLD.treatment_id IS NOT NULL AND NEW.treatment_id IS DISTINCT FROM OLD.treatment_id",
            "A unit once opened stays with its treatment.",
        ),
        Guard(
            "cartridge_keeps_identity",
            ("UPDATE",),
            "NEW.id <> OLD.id OR NEW.number <> OLD.number OR NEW.unit_code <> OLD.unit_code "
            "OR NEW.lot_id <> OLD.lot_id OR NEW.clinic_id <> OLD.clinic_id "
            "OR (OLD.opened_at IS NOT NULL AND (NEW.opened_at IS DISTINCT FROM OLD.opened_at "
            "OR NEW.opened_on IS DISTINCT FROM OLD.opened_on))",
            "A unit keeps its code, its lot and the time it was opened.",
        ),
        Guard(
            "cartridge_lot_of_same_clinic",
            ("INSERT", "UPDATE"),
            "NOT EXISTS (SELECT 1 FROM treatments_cartridgelot l WHERE l.id = NEW.lot_id "
            "AND l.clinic_id = NEW.clinic_id)",
            "A unit and its lot belong to one clinic.",
        ),
        Guard(
            "cartridge_opened_fit_to_use",
            ("UPDATE",),
            "NEW.status = 'opened' AND OLD.status <> 'opened' AND NOT EXISTS "
            "(SELECT 1 FROM treatments_cartridgelot l WHERE l.id = NEW.lot_id "
            "AND l.status = 'available' AND l.expires_on >= NEW.opened_on "
            "AND l.received_on <= NEW.opened_on)",
            "This lot is expired, recalled or quarantined.",
        ),
        Guard(
            "cartridge_opened_under_way",
            ("UPDATE",),
            "NEW.status = 'opened' AND OLD.status <> 'opened' AND NOT EXISTS "
            "(SELECT 1 FROM treatments_treatment t WHERE t.id = NEW.treatment_id "
            "AND t.clinic_id = NEW.clinic_id AND t.status IN ('open', 'numbing', 'in_progress'))",
            "A unit is opened for a treatment that is under way in this clinic.",
        ),
        *local_date_guards("treatments_cartridge", instant="opened_at", date="opened_on"),
    ]

    def __str__(self) -> str:
        return self.unit_code

    @property
    def code(self) -> str:
        """The unit code, as the audit names it."""
        return self.unit_code


class StockMovement(Row):
    """One step of one unit, written once. The balance of a lot is the sum of these."""

    class Kind(models.TextChoices):
        RECEIVE = "receive", "Received"
        OPEN = "open", "Opened"
        USE = "use", "Used"
        WASTE = "waste", "Wasted"
        QUARANTINE = "quarantine", "Quarantined"
        RELEASE = "release", "Released"
        SEND = "send", "Sent"
        RETURN = "return", "Returned"
        DESTROY = "destroy", "Destroyed"
        LOSE = "lose", "Lost"
        FIND = "find", "Found"
        CORRECT = "correct", "Corrected"

    clinic = models.ForeignKey(Clinic, models.PROTECT, related_name="movements")
    lot = models.ForeignKey(CartridgeLot, models.PROTECT, related_name="movements")
    cartridge = models.ForeignKey(Cartridge, models.PROTECT, related_name="movements")
    kind = models.CharField(max_length=10, choices=Kind)
    from_status = models.CharField(max_length=12, blank=True)
    to_status = models.CharField(max_length=12)
    treatment = models.ForeignKey(
        "treatments.Treatment", models.PROTECT, null=True, blank=True, related_name="movements"
    )
    reason = models.CharField(max_length=200, blank=True)
    at = models.DateTimeField()
    by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")

    objects = KeptQuerySet.as_manager()

    class Meta:
        ordering = ["at", "pk"]
        indexes = [
            models.Index(fields=["lot", "kind", "at"], name="movement_by_lot"),
            models.Index(fields=["clinic", "at"], name="movement_by_clinic"),
            models.Index(fields=["cartridge", "at"], name="movement_by_unit"),
        ]
        constraints = [
            models.UniqueConstraint(
                fields=["cartridge"],
                condition=Q(kind="receive"),
                name="movement_received_once",
                violation_error_message="A unit is received once.",
            ),
            check(
                "movement_kind_known",
                Q(
                    kind__in=[
                        "receive",
                        "open",
                        "use",
                        "waste",
                        "quarantine",
                        "release",
                        "send",
                        "return",
                        "destroy",
                        "lose",
                        "find",
                        "correct",
                    ]
                ),
                "Use a known kind of movement.",
            ),
            bounded("movement_dates_bounded", instants=["at"]),
        ]

    guards = [
        *append_only("treatments_stockmovement", says="The ledger is only ever added to."),
        Guard(
            "movement_of_its_lot",
            ("INSERT",),
            "NOT EXISTS (SELECT 1 FROM treatments_cartridge c WHERE c.id = NEW.cartridge_id "
            "AND c.lot_id = NEW.lot_id AND c.clinic_id = NEW.clinic_id)",
            "A movement is of one unit of its lot, in its clinic.",
        ),
    ]

    def __str__(self) -> str:
        return f"{self.kind} {self.cartridge_id}"
