"""The cartridge ledger: one row for each step of each unit, written once."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.db.models import F, Q

from clinic.constraints import Guard, append_only, bounded, check
from clinic.models import Clinic, Row
from clinic.models.base import KeptQuerySet
from clinic.seals import SealField
from treatments.models.cartridges import Cartridge
from treatments.models.lots import CartridgeLot
from treatments.rules.status import Unit


class StockMovement(Row):
    """One step of one unit, written once and sealed. The balance of a lot is the sum of these."""

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
    mac = SealField()

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
            check(
                "movement_states_known",
                Q(
                    from_status__in=["", *(unit.value for unit in Unit)],
                    to_status__in=[unit.value for unit in Unit],
                ),
                "Use a known state of a unit.",
            ),
            check(
                "movement_goes_somewhere",
                Q(kind="receive", from_status="")
                | ~Q(kind="receive") & ~Q(from_status="") & ~Q(from_status=F("to_status")),
                "A movement leads from one state to another; receiving leads into the first.",
            ),
            bounded("movement_dates_bounded", instants=["at"]),
        ]

    guards = [
        *append_only("treatments_stockmovement", says="The ledger is only ever added to."),
        # The unique index says the same, but REPLACE on SQLite would take the first row away.
        Guard(
            "movement_received_again",
            ("INSERT",),
            "NEW.kind = 'receive' AND EXISTS (SELECT 1 FROM treatments_stockmovement m "
            "WHERE m.cartridge_id = NEW.cartridge_id AND m.kind = 'receive')",
            "A unit is received once.",
            only="sqlite",
        ),
        Guard(
            "movement_of_its_lot",
            ("INSERT",),
            "NOT EXISTS (SELECT 1 FROM treatments_cartridge c WHERE c.id = NEW.cartridge_id "
            "AND c.lot_id = NEW.lot_id AND c.clinic_id = NEW.clinic_id) "
            "OR (NEW.treatment_id IS NOT NULL AND NOT EXISTS (SELECT 1 FROM treatments_treatment t "
            "WHERE t.id = NEW.treatment_id AND t.clinic_id = NEW.clinic_id))",
            "A movement is of one unit of its lot, for a treatment of its clinic.",
        ),
        # An unopened unit is put into a chart's record only while that chart is written (R50).
        Guard(
            "movement_wasted_under_way",
            ("INSERT",),
            "NEW.kind = 'waste' AND NEW.from_status <> 'opened' AND NEW.treatment_id IS NOT NULL "
            "AND NOT EXISTS (SELECT 1 FROM treatments_treatment t "
            "WHERE t.id = NEW.treatment_id AND t.status = 'in_progress')",
            "A unit is wasted in a treatment that is under way.",
        ),
    ]

    def __str__(self) -> str:
        return f"{self.kind} {self.cartridge_id}"
