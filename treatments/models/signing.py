"""Signatures and addenda: written once, never changed."""

from __future__ import annotations

from django.conf import settings
from django.core.validators import MaxLengthValidator
from django.db import models
from django.db.models import Q

from clinic.constraints import Guard, append_only, bounded, check
from clinic.models import Clinic, Row
from clinic.models.base import KeptQuerySet
from clinic.seals import SealField
from treatments.models.charts import Treatment


class Signature(Row):
    """The author's signature: printed name and license, meaning, time, hash of the contents.

    21 CFR 11.50: a signature shows the printed name, the date and time, and its meaning.
    `patient_text` is who the patient was on file as at signing: a later change of the file is
    no change of the record. The whole is sealed.
    """

    clinic = models.ForeignKey(Clinic, models.PROTECT, related_name="+")
    treatment = models.OneToOneField(Treatment, models.PROTECT, related_name="signature")
    signer = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    printed_name = models.CharField(max_length=120)
    license_text = models.CharField(max_length=120)
    patient_text = models.CharField(max_length=200)
    meaning = models.CharField(max_length=120)
    signed_at = models.DateTimeField()
    content_hash = models.CharField(max_length=64)
    mac = SealField()

    objects = KeptQuerySet.as_manager()

    class Meta:
        ordering = ["signed_at", "pk"]
        constraints = [bounded("signature_dates_bounded", instants=["signed_at"])]

    guards = [
        Guard(
            "treatment_not_of_merged",
            ("INSERT",),
            "EXISTS (SELECT 1 FROM clinic_patient p "
            "WHERE p.id = NEW.patient_id AND p.merged_into_id IS NOT NULL)",
            "No chart is opened for a patient who was merged into another.",
            on="treatments_treatment",
        ),
        *append_only(
            "treatments_signature",
            keys=[("id",), ("treatment_id",)],
            says="A signature is never changed.",
        ),
        Guard(
            "signature_by_the_author",
            ("INSERT",),
            "NOT EXISTS (SELECT 1 FROM treatments_treatment t, clinic_practitioner p "
            "WHERE t.id = NEW.treatment_id AND t.clinic_id = NEW.clinic_id "
            "AND t.status IN ('completed', 'aborted') "
            "AND p.id = t.practitioner_id AND p.user_id = NEW.signer_id)",
            "Only the treating practitioner signs as author, once the treatment has ended.",
        ),
    ]

    def __str__(self) -> str:
        return f"{self.printed_name} {self.signed_at:%Y-%m-%d %H:%M} UTC"


class Addendum(Row):
    """A dated note on a signed record; the original stays as it was."""

    class Kind(models.TextChoices):
        LATE_ENTRY = "late_entry", "Late entry"
        ADDENDUM = "addendum", "Addendum"
        CORRECTION = "correction", "Correction"
        ENTERED_IN_ERROR = "entered_in_error", "Entered in error"

    clinic = models.ForeignKey(Clinic, models.PROTECT, related_name="+")
    treatment = models.ForeignKey(Treatment, models.PROTECT, related_name="addenda")
    kind = models.CharField(max_length=16, choices=Kind)
    text = models.TextField(max_length=5000, validators=[MaxLengthValidator(5000)])
    reason = models.CharField(max_length=200)
    author = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    printed_name = models.CharField(max_length=120)
    written_at = models.DateTimeField()
    mac = SealField()

    objects = KeptQuerySet.as_manager()

    class Meta:
        ordering = ["written_at", "pk"]
        constraints = [
            check(
                "addendum_kind_known",
                Q(kind__in=["late_entry", "addendum", "correction", "entered_in_error"]),
                "Use a known kind of addendum.",
            ),
            check("addendum_is_told", ~Q(text="") & ~Q(reason=""), "Write the text and why."),
            bounded("addendum_dates_bounded", instants=["written_at"]),
        ]

    guards = [
        *append_only("treatments_addendum", says="An addendum is never changed."),
        Guard(
            "addendum_to_a_signed_chart",
            ("INSERT",),
            "NOT EXISTS (SELECT 1 FROM treatments_treatment t WHERE t.id = NEW.treatment_id "
            "AND t.clinic_id = NEW.clinic_id AND t.status = 'signed' "
            "AND t.signed_at <= NEW.written_at)",
            "An addendum is written to a signed record, after its signature.",
        ),
    ]

    def __str__(self) -> str:
        return f"{self.kind} {self.written_at:%Y-%m-%d %H:%M} UTC"
