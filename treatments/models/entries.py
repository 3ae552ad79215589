"""What is entered into a chart: numbing and needling passes; unchangeable once it is signed."""

from __future__ import annotations

import datetime as dt

from django.conf import settings
from django.db import models
from django.db.models import F, Q

from clinic.constraints import (
    Guard,
    bounded,
    check,
    frozen,
    never_deleted,
    together,
)
from clinic.models import Clinic, Record
from clinic.models.base import ScopedQuerySet
from treatments.models.charts import SAYS_SIGNED, SIGNED, Treatment
from treatments.models.products import NumbingProduct
from treatments.models.rest import PASS_RESTED
from treatments.rules.areas import AREAS, EndPoint

# Over a new pass: its treatment under way, and a unit that was opened for it before.
UNDER_WAY = (
    "SELECT 1 FROM treatments_treatment t, treatments_cartridge u "
    "WHERE t.id = NEW.treatment_id AND t.clinic_id = NEW.clinic_id "
    "AND t.status = 'in_progress' AND t.started_at <= NEW.at "
    "AND u.treatment_id = t.id AND u.opened_at <= NEW.at"
)


class NumbingApplication(Record):
    """Numbing cream on and off, or the explicit "none" with its reason (R39).

    `amount` is tenths of a gram. `applied_at` and `removed_at` are when it happened;
    `applied_entered_at` and `removed_entered_at` when it was typed: a late entry shows.
    """

    clinic = models.ForeignKey(Clinic, models.PROTECT, related_name="+")
    treatment = models.ForeignKey(Treatment, models.PROTECT, related_name="numbing")
    product = models.ForeignKey(NumbingProduct, models.PROTECT, null=True, blank=True)
    none_reason = models.CharField(max_length=200, blank=True)
    lot = models.CharField(max_length=20, blank=True)
    expires_on = models.DateField(null=True, blank=True)
    amount = models.PositiveSmallIntegerField(null=True, blank=True)
    areas = models.CharField(max_length=300, blank=True)
    applied_at = models.DateTimeField(null=True, blank=True)
    applied_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, related_name="+"
    )
    removed_at = models.DateTimeField(null=True, blank=True)
    removed_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, related_name="+"
    )
    removed_entered_at = models.DateTimeField(null=True, blank=True)
    created_at = models.DateTimeField()
    created_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")

    objects = ScopedQuerySet.as_manager()

    class Meta:
        ordering = ["created_at", "pk"]
        indexes = [models.Index(fields=["clinic", "lot"], name="numbing_by_lot")]
        constraints = [
            check(
                "numbing_told_or_declined",
                Q(
                    product__isnull=False,
                    none_reason="",
                    amount__isnull=False,
                    expires_on__isnull=False,
                    applied_at__isnull=False,
                )
                & ~Q(lot="")
                | Q(
                    product__isnull=True,
                    amount__isnull=True,
                    applied_at__isnull=True,
                    removed_at__isnull=True,
                    lot="",
                )
                & ~Q(none_reason=""),
                "Record product, lot, expiry, amount and time, or why there was no numbing.",
            ),
            check(
                "numbing_amount_0_1_to_60_grams",
                Q(amount__isnull=True) | Q(amount__gte=1, amount__lte=600),
                "Use between 0.1 and 60 grams.",
            ),
            check(
                "numbing_on_before_off",
                Q(removed_at__isnull=True) | Q(removed_at__gt=F("applied_at")),
                "Cream is taken off after it went on.",
            ),
            together("numbing_applied_by", "applied_at", "applied_by"),
            together("numbing_removed_by", "removed_at", "removed_by", "removed_entered_at"),
            bounded(
                "numbing_dates_bounded",
                days=["expires_on"],
                instants=["applied_at", "removed_at", "created_at", "removed_entered_at"],
            ),
        ]

    guards = [
        *never_deleted("treatments_numbingapplication", "A numbing entry is never deleted."),
        Guard(
            "numbing_keeps_its_chart",
            ("UPDATE",),
            "NEW.id <> OLD.id OR NEW.treatment_id <> OLD.treatment_id "
            "OR NEW.clinic_id <> OLD.clinic_id",
            "A numbing entry stays in its chart.",
        ),
        *frozen(
            "treatments_numbingapplication",
            when=SIGNED.format("OLD"),
            insert_when=SIGNED.format("NEW"),
            says=SAYS_SIGNED,
        ),
        Guard(
            "numbing_of_its_clinic",
            ("INSERT", "UPDATE"),
            "NOT EXISTS (SELECT 1 FROM treatments_treatment t WHERE t.id = NEW.treatment_id "
            "AND t.clinic_id = NEW.clinic_id)",
            "A numbing entry belongs to its chart's clinic.",
        ),
        Guard(
            "numbing_before_the_start",
            ("INSERT", "UPDATE"),
            "NOT EXISTS (SELECT 1 FROM treatments_treatment t WHERE t.id = NEW.treatment_id "
            "AND t.status IN ('open', 'numbing'))",
            "Numbing is charted before the treatment starts.",
        ),
    ]

    def __str__(self) -> str:
        return str(self.product or "No numbing")

    @property
    def late_entry(self) -> bool:
        """Whether a time was typed more than five minutes after it happened."""
        slack = dt.timedelta(minutes=5)
        on = self.applied_at and self.created_at - self.applied_at > slack
        off = (
            self.removed_at
            and self.removed_entered_at
            and self.removed_entered_at - self.removed_at > slack
        )
        return bool(on or off)


class PassManager(models.Manager.from_queryset(ScopedQuerySet)):  # type: ignore[misc]
    """The passes that count; those taken back stay in the table, see `NeedlingPass.all_rows`."""

    def get_queryset(self) -> ScopedQuerySet:
        found: ScopedQuerySet = super().get_queryset().filter(removed_at__isnull=True)
        return found


class NeedlingPass(Record):
    """One area at one depth. `depth` is hundredths of a millimeter.

    A pass entered by mistake is taken back, with its time and person, and never deleted.
    """

    clinic = models.ForeignKey(Clinic, models.PROTECT, related_name="+")
    treatment = models.ForeignKey(Treatment, models.PROTECT, related_name="passes")
    seq = models.PositiveSmallIntegerField()
    area = models.CharField(max_length=24, choices=AREAS)
    depth = models.PositiveSmallIntegerField()
    passes = models.PositiveSmallIntegerField()
    endpoint = models.CharField(max_length=20, choices=EndPoint.choices())
    at = models.DateTimeField()
    created_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    removed_at = models.DateTimeField(null=True, blank=True)
    removed_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, related_name="+"
    )

    objects = PassManager()
    all_rows = ScopedQuerySet.as_manager()

    class Meta:
        ordering = ["treatment", "seq"]
        constraints = [
            models.UniqueConstraint(
                fields=["treatment", "seq"],
                name="needling_pass_seq_once",
                violation_error_message="Two passes claim one place in the chart.",
            ),
            check("needling_pass_1_to_6", Q(passes__gte=1, passes__lte=6), "Use 1 to 6 passes."),
            check("needling_pass_depth_above_zero", Q(depth__gt=0), "Enter a depth."),
            check(
                "needling_pass_area_known",
                Q(area__in=[code for code, _name in AREAS]),
                "Use a known area.",
            ),
            check(
                "needling_pass_endpoint_known",
                Q(endpoint__in=[one.value for one in EndPoint]),
                "Use a known end point.",
            ),
            together("needling_pass_removed_by", "removed_at", "removed_by"),
            bounded("needling_pass_dates_bounded", instants=["at", "removed_at"]),
        ]

    guards = [
        *never_deleted(
            "treatments_needlingpass",
            "A pass is taken back, never deleted.",
            keys=[("id",), ("treatment_id", "seq")],
            taken="Two passes claim one place in the chart.",
        ),
        Guard(
            "needling_pass_keeps_its_chart",
            ("UPDATE",),
            "NEW.id <> OLD.id OR NEW.treatment_id <> OLD.treatment_id "
            "OR NEW.clinic_id <> OLD.clinic_id OR NEW.seq <> OLD.seq",
            "A pass stays in its chart.",
        ),
        *frozen(
            "treatments_needlingpass",
            when=SIGNED.format("OLD"),
            insert_when=SIGNED.format("NEW"),
            says=SAYS_SIGNED,
        ),
        Guard(
            "needling_pass_on_the_dial",
            ("INSERT", "UPDATE"),
            "NOT EXISTS (SELECT 1 FROM treatments_treatment t, clinic_device d, "
            "clinic_devicemodel m WHERE t.id = NEW.treatment_id AND d.id = t.device_id "
            "AND m.id = d.model_id AND NEW.depth <= m.depth_max "
            "AND NEW.depth % m.depth_step = 0)",
            "This depth is not on the device's dial.",
        ),
        *PASS_RESTED,
        Guard(
            "needling_pass_while_under_way",
            ("INSERT",),
            f"NOT EXISTS ({UNDER_WAY} AND u.status = 'opened')",
            "A pass is needled after the start, with an opened cartridge.",
        ),
        # A pass is taken back also once its unit was wasted.
        Guard(
            "needling_pass_changed_under_way",
            ("UPDATE",),
            f"NOT EXISTS ({UNDER_WAY})",
            "A pass is needled after the start, and changed while the treatment goes on.",
        ),
        Guard(
            "needling_pass_taken_back_once",
            ("UPDATE",),
            "OLD.removed_at IS NOT NULL",
            "A pass that was taken back stays as it is.",
        ),
    ]

    def __str__(self) -> str:
        return f"{self.area} {self.depth}"
