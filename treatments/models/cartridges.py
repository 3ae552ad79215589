"""Each physical cartridge."""

from __future__ import annotations

import datetime as dt

from django.conf import settings
from django.db import models
from django.db.models import Q

from clinic.constraints import (
    Guard,
    bounded,
    check,
    never_deleted,
    steps_guard,
    together,
)
from clinic.models import Clinic, Record
from clinic.models.base import ScopedQuerySet
from clinic.seals import SealField
from treatments.models.lots import CartridgeLot
from treatments.rules.status import ON_HAND, UNIT_ALLOWED, UNIT_WORDS, Unit


class CartridgeQuerySet(ScopedQuerySet):
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
    wasted. `opened_on` is the clinic-local date of the treatment's start, which the lot's
    expiry is held against (ruling L5). What the unit is, is sealed at goods-in; what became of
    it stands in the ledger, whose lines bear seals of their own.
    """

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
    number = models.PositiveIntegerField()
    unit_code = models.CharField(max_length=12)
    status = models.CharField(max_length=12, choices=[*UNIT_WORDS.items()], default="in_stock")
    treatment = models.ForeignKey(
        "treatments.Treatment", models.PROTECT, null=True, blank=True, related_name="units"
    )
    opened_at = models.DateTimeField(null=True, blank=True)
    opened_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, related_name="+"
    )
    opened_on = models.DateField(null=True, blank=True)
    pack_intact = models.BooleanField("pack whole, sterility indicator good", default=False)
    wasted_at = models.DateTimeField(null=True, blank=True)
    wasted_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, related_name="+"
    )
    waste_reason = models.CharField(max_length=16, choices=WasteReason, blank=True)
    waste_note = models.CharField(max_length=200, blank=True)
    patient_contact = models.BooleanField(default=False)
    mac = SealField(of=("id", "clinic", "lot", "number", "unit_code"))

    objects = CartridgeQuerySet.as_manager()

    class Meta:
        ordering = ["number"]
        indexes = [
            models.Index(fields=["lot", "status"], name="cartridge_by_lot"),
            models.Index(fields=["clinic", "status"], name="cartridge_by_clinic"),
        ]
        constraints = [
            models.UniqueConstraint(
                fields=["number"],
                name="cartridge_number_once",
                violation_error_message="Another unit has this number.",
            ),
            models.UniqueConstraint(
                fields=["unit_code"],
                name="cartridge_unit_code_once",
                violation_error_message="Another unit has this code.",
            ),
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
                "cartridge_opened_pack_intact",
                ~Q(status__in=["opened", "used"]) | Q(pack_intact=True),
                "A unit is opened only from a whole, sterile pack.",
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
            check(
                "cartridge_contact_means_opened",
                Q(patient_contact=False) | Q(treatment__isnull=False),
                "Only an opened unit can have touched a patient.",
            ),
            check(
                "cartridge_not_used_was_opened",
                ~Q(waste_reason="opened_not_used")
                | Q(treatment__isnull=False, patient_contact=False),
                "A unit wasted as opened, not used, was opened and touched no one.",
            ),
            together("cartridge_opened_by", "opened_at", "opened_by", "opened_on"),
            together("cartridge_wasted_by", "wasted_at", "wasted_by"),
            bounded(
                "cartridge_dates_bounded", days=["opened_on"], instants=["opened_at", "wasted_at"]
            ),
        ]

    guards = [
        *never_deleted(
            "treatments_cartridge",
            "A unit is never deleted.",
            keys=[("id",), ("number",), ("unit_code",)],
            taken="This unit code is taken.",
        ),
        steps_guard("cartridge_steps", UNIT_ALLOWED, "A cartridge cannot take this step."),
        Guard(
            "cartridge_begins_in_stock",
            ("INSERT",),
            "NEW.status NOT IN ('in_stock', 'quarantined') OR NEW.treatment_id IS NOT NULL",
            "A unit comes in as stock or into quarantine.",
        ),
        # The unique index says the same, but REPLACE on SQLite would take the other unit away.
        Guard(
            "cartridge_no_second_open",
            ("UPDATE",),
            "NEW.status IN ('opened', 'used') AND EXISTS (SELECT 1 FROM treatments_cartridge t "
            "WHERE t.treatment_id = NEW.treatment_id AND t.id <> NEW.id "
            "AND t.status IN ('opened', 'used'))",
            "This treatment has a cartridge. Waste it first.",
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
            "OR NEW.mac <> OLD.mac "
            "OR (OLD.opened_at IS NOT NULL AND (NEW.opened_at IS DISTINCT FROM OLD.opened_at "
            "OR NEW.opened_on IS DISTINCT FROM OLD.opened_on "
            "OR NEW.opened_by_id IS DISTINCT FROM OLD.opened_by_id "
            "OR NEW.pack_intact <> OLD.pack_intact)) "
            "OR (OLD.status IN ('used', 'wasted') AND (NEW.waste_reason <> OLD.waste_reason "
            "OR NEW.waste_note <> OLD.waste_note OR NEW.patient_contact <> OLD.patient_contact "
            "OR NEW.wasted_at IS DISTINCT FROM OLD.wasted_at "
            "OR NEW.wasted_by_id IS DISTINCT FROM OLD.wasted_by_id))",
            "A unit keeps its code, its lot, and how it was opened or wasted.",
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
            "AND t.clinic_id = NEW.clinic_id AND t.status = 'in_progress' "
            "AND t.started_at <= NEW.opened_at)",
            "A unit is opened for a treatment that has started in this clinic.",
        ),
        Guard(
            "cartridge_that_needled_touched",
            ("UPDATE",),
            "NEW.status = 'wasted' AND OLD.status <> 'wasted' AND NOT NEW.patient_contact "
            "AND EXISTS (SELECT 1 FROM treatments_needlingpass p "
            "WHERE p.treatment_id = NEW.treatment_id "
            "AND p.at >= NEW.opened_at AND p.removed_at IS NULL)",
            "Passes are charted since this unit was opened, so it touched the patient.",
        ),
        # Ruling L5: a treatment begun in time goes on past midnight, and its lot with it, so
        # the day a unit's expiry is held against is the day its treatment started.
        Guard(
            "cartridge_opened_on_start_day",
            ("UPDATE",),
            "NEW.status = 'opened' AND OLD.status <> 'opened' AND NOT EXISTS "
            "(SELECT 1 FROM treatments_treatment t WHERE t.id = NEW.treatment_id "
            "AND t.started_on = NEW.opened_on)",
            "A unit's day is the day its treatment started.",
        ),
    ]

    def __str__(self) -> str:
        return self.unit_code

    @property
    def code(self) -> str:
        """The unit code, as the audit names it."""
        return self.unit_code
