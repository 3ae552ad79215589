"""That two patients on file were one person, and what was given back when they were not."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.db.models import Q

from clinic.constraints import Guard, bounded, check, frozen, never_deleted, together
from clinic.models import Clinic, Patient, Row
from clinic.models.base import ScopedQuerySet

IS_MERGED = (
    "EXISTS (SELECT 1 FROM clinic_patient p "
    "WHERE p.id = NEW.patient_id AND p.merged_into_id IS NOT NULL)"
)
SAYS_MERGED = "This patient was merged into another: the other is booked and treated."


class PatientMerge(Row):
    """One merge: who was merged into whom, which visits moved, which values were taken over.

    `moved` holds the keys of the visits. `changed` says of each field of the kept patient what
    it was and what it became. After an undo `stayed` names what could not be given back.
    """

    clinic = models.ForeignKey(Clinic, models.PROTECT, related_name="+")
    kept = models.ForeignKey(Patient, models.PROTECT, related_name="merges")
    merged = models.ForeignKey(Patient, models.PROTECT, related_name="merged_by")
    moved = models.JSONField(default=list, blank=True)
    changed = models.JSONField(default=dict, blank=True)
    merged_at = models.DateTimeField()
    merged_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    undone_at = models.DateTimeField(null=True, blank=True)
    undone_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, related_name="+"
    )
    stayed = models.JSONField(default=list, blank=True)

    objects = ScopedQuerySet.as_manager()

    class Meta:
        ordering = ["-merged_at", "pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["merged"],
                condition=Q(undone_at__isnull=True),
                name="patient_merge_once",
                violation_error_message="This patient is merged already.",
            ),
            check(
                "patient_merge_of_two",
                ~Q(kept=models.F("merged")),
                "Two different patients are merged, never one with itself.",
            ),
            together("patient_merge_undone_by", "undone_at", "undone_by"),
            bounded("patient_merge_dates_bounded", instants=["merged_at", "undone_at"]),
        ]

    guards = [
        *never_deleted("bookings_patientmerge", "A merge is undone, never deleted."),
        *frozen(
            "bookings_patientmerge",
            when="OLD.undone_at IS NOT NULL OR NEW.undone_at IS NULL "
            "OR NEW.clinic_id <> OLD.clinic_id OR NEW.kept_id <> OLD.kept_id "
            "OR NEW.merged_id <> OLD.merged_id OR NEW.merged_at <> OLD.merged_at "
            "OR NEW.merged_by_id <> OLD.merged_by_id OR NEW.moved <> OLD.moved "
            "OR NEW.changed <> OLD.changed",
            says="A merge stays on record as it was; it is only undone.",
        ),
        Guard(
            "patient_merge_of_one_clinic",
            ("INSERT",),
            "NOT EXISTS (SELECT 1 FROM clinic_patient k, clinic_patient m "
            "WHERE k.id = NEW.kept_id AND k.clinic_id = NEW.clinic_id "
            "AND m.id = NEW.merged_id AND m.clinic_id = NEW.clinic_id)",
            "Two patients are merged only in one clinic.",
        ),
        # REPLACE would remove the merge in the way without asking any other guard.
        Guard(
            "patient_merge_no_replace_open",
            ("INSERT",),
            "NEW.undone_at IS NULL AND EXISTS (SELECT 1 FROM bookings_patientmerge t "
            "WHERE t.merged_id = NEW.merged_id AND t.undone_at IS NULL)",
            "This patient is merged already.",
            only="sqlite",
        ),
        Guard(
            "appointment_not_for_merged",
            ("INSERT",),
            IS_MERGED,
            SAYS_MERGED,
            on="bookings_appointment",
        ),
        Guard(
            "appointment_not_again_for_merged",
            ("UPDATE",),
            "(NEW.patient_id <> OLD.patient_id OR NEW.starts_at <> OLD.starts_at "
            "OR (NEW.status <> OLD.status AND NEW.status NOT IN ('cancelled', 'no_show')) "
            "OR (OLD.chart_opened_at IS NULL AND NEW.chart_opened_at IS NOT NULL)) "
            f"AND {IS_MERGED}",
            SAYS_MERGED,
            on="bookings_appointment",
        ),
        Guard(
            "patient_merged_while_here",
            ("UPDATE",),
            "NEW.merged_into_id IS NOT NULL AND OLD.merged_into_id IS NULL "
            "AND EXISTS (SELECT 1 FROM bookings_appointment a WHERE a.patient_id = NEW.id "
            "AND a.status IN ('arrived', 'numbing', 'in_treatment'))",
            "A patient who is here is not merged.",
            on="clinic_patient",
        ),
    ]

    def __str__(self) -> str:
        return f"{self.merged_id} into {self.kept_id}"
