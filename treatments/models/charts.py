"""The chart of one treatment; unchangeable once signed."""

from __future__ import annotations

from django.conf import settings
from django.core.validators import MaxLengthValidator
from django.db import models
from django.db.models import F, Q

from bookings.models import Appointment
from clinic.constraints import (
    Guard,
    bounded,
    check,
    frozen,
    local_date_guards,
    never_deleted,
    steps_guard,
    together,
)
from clinic.models import Clinic, Device, License, Patient, Practitioner, Record, Room
from clinic.models.base import ScopedQuerySet
from clinic.permissions import Permission
from treatments.models.cartridges import Cartridge
from treatments.models.rest import START_RESTED
from treatments.rules.areas import EndPoint
from treatments.rules.status import ALLOWED, WORDS, Status

# Over a row of a chart's part: its chart is signed.
SIGNED = (
    "EXISTS (SELECT 1 FROM treatments_treatment t WHERE t.id = {0}.treatment_id "
    "AND t.status = 'signed')"
)
SAYS_SIGNED = "A signed record never changes. Write an addendum."


class TreatmentQuerySet(ScopedQuerySet):
    def charts_for(self, user: object) -> TreatmentQuerySet:
        """The charts a person may open: her own, all for a director, signed for an auditor."""
        own = Q(
            clinic__in=user.clinics_with(Permission.SEE_OWN_CHARTS),  # type: ignore[attr-defined]
            practitioner__user=user,
        )
        every = Q(clinic__in=user.clinics_with(Permission.SEE_ALL_CHARTS))  # type: ignore[attr-defined]
        signed = Q(
            clinic__in=user.clinics_with(Permission.SEE_SIGNED_CHARTS),  # type: ignore[attr-defined]
            status=Status.SIGNED,
        )
        return self.filter(own | every | signed)


class Treatment(Record):
    """One needling procedure of one appointment. `started_on` is the clinic-local start date.

    The license is copied as it read at the start. `cartridge` is the one unit that was used,
    set once, when the treatment is finished or is ended after contact.
    """

    clinic = models.ForeignKey(Clinic, models.PROTECT, related_name="treatments")
    appointment = models.OneToOneField(Appointment, models.PROTECT, related_name="treatment")
    patient = models.ForeignKey(Patient, models.PROTECT, related_name="treatments")
    practitioner = models.ForeignKey(Practitioner, models.PROTECT, related_name="treatments")
    license = models.ForeignKey(License, models.PROTECT, related_name="treatments")
    license_text = models.CharField(max_length=120)
    room = models.ForeignKey(Room, models.PROTECT, related_name="treatments")
    device = models.ForeignKey(Device, models.PROTECT, related_name="treatments")
    cartridge = models.OneToOneField(
        Cartridge, models.PROTECT, null=True, blank=True, related_name="used_in"
    )
    status = models.CharField(max_length=12, choices=[*WORDS.items()], default="open")
    opened_at = models.DateTimeField()
    opened_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    started_at = models.DateTimeField(null=True, blank=True)
    started_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, related_name="+"
    )
    started_on = models.DateField(null=True, blank=True)
    ended_at = models.DateTimeField(null=True, blank=True)
    ended_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, related_name="+"
    )
    endpoint = models.CharField(max_length=20, choices=EndPoint.choices(), blank=True)
    # A text field's own limit is the form's alone; the validator holds for every write.
    reaction = models.TextField(max_length=2000, validators=[MaxLengthValidator(2000)], blank=True)
    note = models.TextField(max_length=5000, validators=[MaxLengthValidator(5000)], blank=True)
    aftercare_given = models.BooleanField(default=False)
    aborted = models.BooleanField(default=False)
    abort_reason = models.CharField(max_length=300, blank=True)
    needle_contact = models.BooleanField(default=False)
    signed_at = models.DateTimeField(null=True, blank=True)
    signed_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, related_name="+"
    )

    objects = TreatmentQuerySet.as_manager()

    class Meta:
        ordering = ["-opened_at", "pk"]
        indexes = [
            models.Index(fields=["clinic", "started_on"], name="treatment_by_day"),
            models.Index(fields=["clinic", "ended_at"], name="treatment_by_end"),
            models.Index(fields=["patient", "-started_at"], name="treatment_by_patient"),
            models.Index(fields=["practitioner", "status"], name="treatment_by_practitioner"),
        ]
        constraints = [
            check(
                "treatment_status_known",
                Q(status__in=[status.value for status in Status]),
                "Use a known status.",
            ),
            check(
                "treatment_endpoint_known",
                Q(endpoint__in=["", *(one.value for one in EndPoint)]),
                "Use a known end point.",
            ),
            check(
                "treatment_completed_has_cartridge",
                ~Q(status__in=["completed", "signed"])
                | Q(aborted=True)
                | Q(cartridge__isnull=False, needle_contact=True),
                "A completed treatment has exactly one used cartridge.",
            ),
            check(
                "treatment_cartridge_only_at_end",
                Q(cartridge__isnull=True) | Q(ended_at__isnull=False),
                "A cartridge counts as used when the treatment ends.",
            ),
            check(
                "treatment_aborted_has_reason",
                Q(aborted=False) & ~Q(status="aborted")
                | Q(aborted=True, status__in=["aborted", "signed"]) & ~Q(abort_reason=""),
                "A treatment that ended early has its reason.",
            ),
            check(
                "treatment_completed_is_told",
                ~Q(status__in=["completed", "signed"])
                | Q(aborted=True)
                | Q(started_at__isnull=False, ended_at__isnull=False) & ~Q(endpoint=""),
                "A completed treatment has its start, its end and its end point.",
            ),
            check(
                "treatment_under_way_is_started",
                ~Q(status="in_progress") | Q(started_at__isnull=False),
                "A treatment in progress has its start.",
            ),
            check(
                "treatment_times_in_order",
                (Q(started_at__isnull=True) | Q(started_at__gte=F("opened_at")))
                & (Q(ended_at__isnull=True) | Q(ended_at__gte=F("opened_at")))
                & (
                    Q(started_at__isnull=True)
                    | Q(ended_at__isnull=True)
                    | Q(ended_at__gte=F("started_at"))
                )
                & (Q(signed_at__isnull=True) | Q(signed_at__gte=F("ended_at"))),
                "Opened, started, ended, signed: the times are in this order.",
            ),
            check(
                "treatment_signed_is_dated",
                Q(status="signed", signed_at__isnull=False, ended_at__isnull=False)
                | ~Q(status="signed") & Q(signed_at__isnull=True),
                "A signed record has its time.",
            ),
            together("treatment_started_by", "started_at", "started_by", "started_on"),
            together("treatment_ended_by", "ended_at", "ended_by"),
            together("treatment_signed_by", "signed_at", "signed_by"),
            bounded(
                "treatment_dates_bounded",
                days=["started_on"],
                instants=["opened_at", "started_at", "ended_at", "signed_at"],
            ),
        ]

    guards = [
        *never_deleted(
            "treatments_treatment",
            "A chart is never deleted.",
            keys=[("id",), ("appointment_id",), ("cartridge_id",)],
            taken="This visit has its chart, or this cartridge has its treatment.",
        ),
        *frozen("treatments_treatment", when="OLD.status = 'signed'", says=SAYS_SIGNED),
        steps_guard("treatment_steps", ALLOWED, "A treatment cannot take this step."),
        Guard(
            "treatment_begins_open",
            ("INSERT",),
            "NEW.status <> 'open' OR NEW.cartridge_id IS NOT NULL",
            "A chart begins open.",
        ),
        Guard(
            "treatment_keeps_identity",
            ("UPDATE",),
            "NEW.id <> OLD.id OR NEW.appointment_id <> OLD.appointment_id "
            "OR NEW.patient_id <> OLD.patient_id OR NEW.practitioner_id <> OLD.practitioner_id "
            "OR NEW.clinic_id <> OLD.clinic_id OR NEW.opened_at <> OLD.opened_at "
            "OR NEW.opened_by_id <> OLD.opened_by_id OR (OLD.cartridge_id IS NOT NULL "
            "AND NEW.cartridge_id IS DISTINCT FROM OLD.cartridge_id)",
            "A chart keeps its visit, its people, its opening and its cartridge.",
        ),
        # P6: the license that was judged at the start is the one that the record names.
        Guard(
            "treatment_keeps_start",
            ("UPDATE",),
            "OLD.started_at IS NOT NULL AND (NEW.started_at IS DISTINCT FROM OLD.started_at "
            "OR NEW.started_on IS DISTINCT FROM OLD.started_on "
            "OR NEW.started_by_id IS DISTINCT FROM OLD.started_by_id "
            "OR NEW.license_id <> OLD.license_id OR NEW.license_text <> OLD.license_text "
            "OR NEW.room_id <> OLD.room_id OR NEW.device_id <> OLD.device_id)",
            "A treatment keeps its start, and the license, room and device it started with.",
        ),
        Guard(
            "treatment_keeps_end",
            ("UPDATE",),
            "OLD.ended_at IS NOT NULL AND (NEW.ended_at IS DISTINCT FROM OLD.ended_at "
            "OR NEW.ended_by_id IS DISTINCT FROM OLD.ended_by_id) "
            "OR OLD.status IN ('completed', 'aborted') AND (NEW.aborted <> OLD.aborted "
            "OR NEW.abort_reason <> OLD.abort_reason "
            "OR NEW.needle_contact <> OLD.needle_contact "
            "OR NEW.aftercare_given <> OLD.aftercare_given)",
            "A treatment keeps its end: when, by whom and how.",
        ),
        Guard(
            "treatment_of_its_appointment",
            ("INSERT",),
            "NOT EXISTS (SELECT 1 FROM bookings_appointment a WHERE a.id = NEW.appointment_id "
            "AND a.clinic_id = NEW.clinic_id AND a.patient_id = NEW.patient_id "
            "AND a.practitioner_id = NEW.practitioner_id)",
            "A chart belongs to its appointment's clinic, patient and practitioner.",
        ),
        Guard(
            "treatment_started_licensed",
            ("UPDATE",),
            "NEW.status = 'in_progress' AND OLD.status <> 'in_progress' "
            "AND NOT EXISTS (SELECT 1 FROM clinic_license l, clinic_clinic c "
            "WHERE l.id = NEW.license_id AND l.practitioner_id = NEW.practitioner_id "
            "AND c.id = NEW.clinic_id AND l.state = c.state AND l.status = 'active' "
            "AND l.issued_on <= NEW.started_on AND l.expires_on >= NEW.started_on)",
            "No license of the practitioner covers this date in this state.",
        ),
        Guard(
            "treatment_used_its_unit",
            ("UPDATE",),
            "NEW.cartridge_id IS NOT NULL AND NOT EXISTS (SELECT 1 FROM treatments_cartridge u "
            "WHERE u.id = NEW.cartridge_id AND u.treatment_id = NEW.id AND u.status = 'used')",
            "The cartridge named is not the one used in this treatment.",
        ),
        # D7: what touched the patient was used, or spoiled and wasted with that said of it.
        Guard(
            "treatment_contact_has_cartridge",
            ("UPDATE",),
            "NEW.aborted AND NEW.needle_contact AND NEW.cartridge_id IS NULL "
            "AND NOT EXISTS (SELECT 1 FROM treatments_cartridge u WHERE u.treatment_id = NEW.id "
            "AND u.status = 'wasted' AND u.patient_contact)",
            "A treatment ended after needle contact has the cartridge that touched the patient.",
        ),
        Guard(
            "treatment_names_its_unit",
            ("UPDATE",),
            "NEW.aborted AND ((NOT NEW.needle_contact "
            "AND EXISTS (SELECT 1 FROM treatments_cartridge u WHERE u.treatment_id = NEW.id "
            "AND (u.status = 'used' OR u.patient_contact))) OR (NOT NEW.needle_contact "
            "AND EXISTS (SELECT 1 FROM treatments_needlingpass p WHERE p.treatment_id = NEW.id "
            "AND p.removed_at IS NULL)) OR (NEW.cartridge_id IS NULL "
            "AND EXISTS (SELECT 1 FROM treatments_cartridge u WHERE u.treatment_id = NEW.id "
            "AND u.status = 'used')))",
            "A treatment with passes, or whose cartridge touched the patient, had needle contact, "
            "and names the cartridge it used.",
        ),
        # R51, P6: a record is signed by its author's signature, not by a word in a column.
        Guard(
            "treatment_signed_with_signature",
            ("UPDATE",),
            "NEW.status = 'signed' AND OLD.status <> 'signed' AND NOT EXISTS "
            "(SELECT 1 FROM treatments_signature s WHERE s.treatment_id = NEW.id "
            "AND s.signer_id = NEW.signed_by_id AND s.signed_at = NEW.signed_at)",
            "A signed record has its author's signature.",
        ),
        Guard(
            "treatment_ended_without_open_unit",
            ("UPDATE",),
            "NEW.status IN ('completed', 'aborted', 'signed') "
            "AND EXISTS (SELECT 1 FROM treatments_cartridge u "
            "WHERE u.treatment_id = NEW.id AND u.status = 'opened')",
            "An opened unit is used or wasted before the treatment ends.",
        ),
        Guard(
            "treatment_completed_is_charted",
            ("UPDATE",),
            "NEW.status IN ('completed', 'signed') AND NOT NEW.aborted AND (NOT EXISTS "
            "(SELECT 1 FROM treatments_numbingapplication n WHERE n.treatment_id = NEW.id) "
            "OR NOT EXISTS (SELECT 1 FROM treatments_needlingpass p "
            "WHERE p.treatment_id = NEW.id AND p.removed_at IS NULL "
            "AND (NEW.cartridge_id IS NULL OR p.at >= (SELECT u.opened_at "
            "FROM treatments_cartridge u WHERE u.id = NEW.cartridge_id))))",
            "A completed treatment has its numbing, or why there was none, and passes with its "
            "cartridge.",
        ),
        Guard(
            "treatment_ended_numbing_closed",
            ("UPDATE",),
            "NEW.status IN ('in_progress', 'completed', 'aborted', 'signed') AND EXISTS "
            "(SELECT 1 FROM treatments_numbingapplication n WHERE n.treatment_id = NEW.id "
            "AND n.product_id IS NOT NULL AND (n.removed_at IS NULL "
            "OR (NEW.status IN ('in_progress', 'completed') "
            "AND n.removed_at > NEW.started_at)))",
            "All cream is off before needling starts.",
        ),
        # The chart ends first; a visit that were over before it could never end its treatment.
        Guard(
            "appointment_over_after_its_chart",
            ("UPDATE",),
            "NEW.status = 'completed' AND EXISTS (SELECT 1 FROM treatments_treatment t "
            "WHERE t.appointment_id = NEW.id "
            "AND t.status IN ('open', 'numbing', 'in_progress'))",
            "A visit is completed when its treatment has ended.",
            on="bookings_appointment",
        ),
        *START_RESTED,
        *local_date_guards("treatments_treatment", instant="started_at", date="started_on"),
    ]

    def __str__(self) -> str:
        return self.code

    @property
    def code(self) -> str:
        """A short code for people and for the audit."""
        return f"T-{self.pk.hex[:8].upper()}"
