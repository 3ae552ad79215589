"""Licenses: what gates every treatment."""

from __future__ import annotations

from django.conf import settings
from django.core.validators import RegexValidator
from django.db import models
from django.db.models import F, Q

from clinic.constraints import Guard, bounded, check, never_deleted
from clinic.models.base import Record, ScopedQuerySet
from clinic.models.people import Practitioner
from clinic.rules import normalize_license_number


class LicenseQuerySet(ScopedQuerySet):
    clinic_path = "practitioner__clinics"


class License(Record):
    """A state's permission for one person, as printed. Dates are clinic-local, inclusive."""

    class Kind(models.TextChoices):
        ESTHETICIAN = "esthetician", "Esthetician"
        MASTER_ESTHETICIAN = "master_esthetician", "Master esthetician"
        ADVANCED_ESTHETICIAN = "advanced_esthetician", "Advanced esthetician"
        FACIAL_SPECIALIST = "facial_specialist", "Facial specialist"
        SKIN_CARE_SPECIALIST = "skin_care_specialist", "Skin care specialist"
        COSMETOLOGIST = "cosmetologist", "Cosmetologist"
        LPN_LVN = "lpn_lvn", "LPN / LVN"
        RN = "rn", "Registered nurse"
        APRN_NP = "aprn_np", "Nurse practitioner"
        PA = "pa", "Physician assistant"
        MD = "md", "Physician (MD)"
        DO = "do", "Physician (DO)"
        ACUPUNCTURIST = "acupuncturist", "Acupuncturist"

    class Status(models.TextChoices):
        ACTIVE = "active", "Active"
        INACTIVE = "inactive", "Inactive"
        EXPIRED = "expired", "Expired"
        LAPSED = "lapsed", "Lapsed"
        PROBATION = "probation", "On probation"
        RESTRICTED = "restricted", "Restricted"
        SUSPENDED = "suspended", "Suspended"
        REVOKED = "revoked", "Revoked"
        SURRENDERED = "surrendered", "Surrendered"
        PENDING = "pending", "Pending"

    practitioner = models.ForeignKey(Practitioner, models.PROTECT, related_name="licenses")
    kind = models.CharField(max_length=24, choices=Kind)
    state = models.CharField(
        max_length=2, validators=[RegexValidator(r"^[A-Z]{2}$", "Use the two-letter state code.")]
    )
    number_raw = models.CharField("number", max_length=30)
    number_norm = models.CharField(max_length=30, editable=False)
    issued_on = models.DateField()
    expires_on = models.DateField()
    status = models.CharField(max_length=12, choices=Status, default=Status.ACTIVE)
    created_at = models.DateTimeField()
    created_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")

    objects = LicenseQuerySet.as_manager()

    class Meta:
        ordering = ["expires_on", "pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["state", "kind", "number_norm"],
                name="license_number_once",
                violation_error_message="This license number is on file for that state and kind.",
            ),
            check(
                "license_issued_before_expiry",
                Q(issued_on__lt=F("expires_on")),
                "A license is issued before it expires.",
            ),
            check(
                "license_kind_known",
                Q(
                    kind__in=[
                        "esthetician",
                        "master_esthetician",
                        "advanced_esthetician",
                        "facial_specialist",
                        "skin_care_specialist",
                        "cosmetologist",
                        "lpn_lvn",
                        "rn",
                        "aprn_np",
                        "pa",
                        "md",
                        "do",
                        "acupuncturist",
                    ]
                ),
                "Use a known kind of license.",
            ),
            check(
                "license_status_known",
                Q(
                    status__in=[
                        "active",
                        "inactive",
                        "expired",
                        "lapsed",
                        "probation",
                        "restricted",
                        "suspended",
                        "revoked",
                        "surrendered",
                        "pending",
                    ]
                ),
                "Use a known status.",
            ),
            bounded(
                "license_dates_bounded",
                days=["issued_on", "expires_on"],
                instants=["created_at"],
            ),
        ]

    guards = [
        *never_deleted(
            "clinic_license",
            "A license on file is never deleted.",
            keys=[("id",), ("state", "kind", "number_norm")],
            taken="This license number is on file for that state and kind.",
        ),
        Guard(
            "license_keeps_its_holder",
            ("UPDATE",),
            "NEW.practitioner_id <> OLD.practitioner_id",
            "A license stays with the person it was issued to.",
        ),
    ]

    def __str__(self) -> str:
        return f"{self.get_kind_display()} {self.state} {self.number_raw}"

    @property
    def code(self) -> str:
        """State and number, as the audit names it."""
        return f"{self.state} {self.number_raw}"

    @property
    def status_words(self) -> str:
        """The status as it stands within a sentence."""
        return License.Status(self.status).label.lower()

    def write(self, *, only: list[str] | None = None) -> None:
        self.number_norm = normalize_license_number(self.number_raw)
        super().write(only=None if only is None else [*only, "number_norm"])
