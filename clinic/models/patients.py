"""Patients: identity and contact only; what is clinical lives upstairs."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable
from typing import Any

from django.conf import settings
from django.db import models, transaction
from django.db.models import F, Q
from phonenumber_field.modelfields import PhoneNumberField

from clinic.constraints import Guard, bounded, check, never_deleted
from clinic.models.base import Record, ScopedQuerySet
from clinic.models.finding import PatientKey, keys_of
from clinic.models.places import Clinic, dialed
from clinic.rules import UNREACHABLE, called, search_key


def search_text(patient: Patient) -> str:
    """By what patients are listed: the names as a person looks them up, then the number."""
    last, first, preferred = (
        search_key(name) for name in (patient.last_name, patient.first_name, patient.preferred_name)
    )
    unspaced = [last.replace(" ", ""), f"{last}{first}".replace(" ", "")]
    words = [last, first, preferred, search_key(patient.code), *unspaced]
    return " ".join(dict.fromkeys(word for word in words if word))[:360]


class SearchKey(models.CharField):
    """The finder's key, made anew whenever a row is written, one by one or in bulk.

    To the database it is a plain text, so that no migration tells of it. It stands on Patient
    alone, which Django's type of a field's owner cannot say.
    """

    def pre_save(self, model_instance: models.Model, add: bool) -> str:
        key = search_text(model_instance)  # type: ignore[arg-type]
        setattr(model_instance, self.attname, key)
        return key

    def clean(self, value: Any, model_instance: models.Model | None) -> str:
        return search_text(model_instance)  # type: ignore[arg-type]

    def deconstruct(self) -> tuple[Any, ...]:
        name, _path, args, kwargs = super().deconstruct()
        return name, "django.db.models.CharField", args, kwargs


class PatientQuerySet(ScopedQuerySet):
    def bulk_create(self, objs: Iterable[Any], *args: Any, **kwargs: Any) -> list[Any]:
        """As Django's; what the finder reads is written with the rows."""
        with transaction.atomic(using=self.db):
            made = super().bulk_create(objs, *args, **kwargs)
            PatientKey.objects.bulk_create(
                [
                    PatientKey(clinic_id=one.clinic_id, patient=one, text=key)
                    for one in made
                    for key in sorted(keys_of(one))
                ],
                batch_size=2000,
            )
        return made

    def counted(self) -> PatientQuerySet:
        """Those who stand for themselves: no patient who was merged into another."""
        return self.filter(merged_into=None)

    def same_person(self, patient: Any) -> PatientQuerySet:
        """The patient of that key, or that patient, with all who were merged into her."""
        key = getattr(patient, "pk", patient)
        return self.filter(Q(pk=key) | Q(merged_into=key))


class Patient(Record):
    """A person who comes for treatment. `number` is minted per clinic: PT-000001."""

    class Sex(models.TextChoices):
        FEMALE = "female", "Female"
        MALE = "male", "Male"
        INTERSEX = "intersex", "Intersex"
        UNKNOWN = "unknown", "Not stated"

    class Status(models.TextChoices):
        ACTIVE = "active", "Active"
        INACTIVE = "inactive", "Inactive"
        DECEASED = "deceased", "Deceased"

    class ContactBy(models.TextChoices):
        ANY = "any", "Email, or text message where there is no email"
        EMAIL = "email", "Email"
        SMS = "sms", "Text message"
        BOTH = "both", "Email and text message"
        NONE = "none", "No messages"

    clinic = models.ForeignKey(Clinic, models.PROTECT, related_name="patients")
    number = models.PositiveIntegerField()
    first_name = models.CharField("legal first name", max_length=80)
    last_name = models.CharField("legal last name", max_length=80)
    preferred_name = models.CharField(max_length=80, blank=True)
    birth_date = models.DateField()
    sex_at_birth = models.CharField(max_length=8, choices=Sex, default=Sex.UNKNOWN)
    phone = PhoneNumberField(blank=True)
    email = models.EmailField(max_length=120, blank=True)
    # How she wants to be told of her visits. Whoever wants no messages gets none.
    contact_by = models.CharField(max_length=5, choices=ContactBy, default=ContactBy.ANY)
    address = models.CharField(max_length=200, blank=True)
    emergency_contact = models.CharField(max_length=120, blank=True)
    language = models.CharField(max_length=40, default="English")
    status = models.CharField(max_length=8, choices=Status, default=Status.ACTIVE)
    # The patient who she turned out to be: her visits to come moved there, her history stays.
    # Its index holds the few that were merged: counted among all who were not, SQLite's planner
    # takes it for useless and reads every patient.
    merged_into = models.ForeignKey(
        "self", models.PROTECT, null=True, blank=True, related_name="merged", db_index=False
    )
    search = SearchKey(max_length=360, editable=False, db_index=True)
    created_at = models.DateTimeField()
    created_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")

    objects = PatientQuerySet.as_manager()

    class Meta:
        ordering = ["last_name", "first_name", "pk"]
        indexes = [
            models.Index(fields=["clinic", "birth_date"], name="patient_by_birth_date"),
            models.Index(fields=["clinic", "search"], name="patient_by_name"),
            models.Index(
                fields=["merged_into"],
                condition=Q(merged_into__isnull=False),
                name="patient_by_merged_into",
            ),
        ]
        constraints = [
            models.UniqueConstraint(
                fields=["clinic", "number"],
                name="patient_number_once_per_clinic",
                violation_error_message="This patient number is taken.",
            ),
            check(
                "patient_can_be_reached",
                ~Q(phone="") | ~Q(email="") | ~Q(address=""),
                UNREACHABLE,
            ),
            check(
                "patient_is_named",
                ~Q(first_name="") & ~Q(last_name=""),
                "Enter the legal first and last name.",
            ),
            check(
                "patient_sex_known",
                Q(sex_at_birth__in=["female", "male", "intersex", "unknown"]),
                "Use a known value.",
            ),
            check(
                "patient_status_known",
                Q(status__in=["active", "inactive", "deceased"]),
                "Use a known status.",
            ),
            check(
                "patient_contact_known",
                Q(contact_by__in=["any", "email", "sms", "both", "none"]),
                "Use a known way to be told.",
            ),
            check(
                "patient_not_merged_into_herself",
                Q(merged_into__isnull=True) | ~Q(merged_into=F("id")),
                "Two different patients are merged, never one with itself.",
            ),
            bounded("patient_dates_bounded", days=["birth_date"], instants=["created_at"]),
        ]

    guards = [
        *never_deleted(
            "clinic_patient",
            "A patient on file is never deleted.",
            keys=[("id",), ("clinic_id", "number")],
            taken="This patient number is taken.",
        ),
        Guard(
            "patient_merged_in_her_clinic",
            ("INSERT", "UPDATE"),
            "NEW.merged_into_id IS NOT NULL AND NOT EXISTS (SELECT 1 FROM clinic_patient k "
            "WHERE k.id = NEW.merged_into_id AND k.clinic_id = NEW.clinic_id)",
            "Two patients are merged only in one clinic.",
        ),
        Guard(
            "patient_merged_once",
            ("INSERT", "UPDATE"),
            "NEW.merged_into_id IS NOT NULL AND (EXISTS (SELECT 1 FROM clinic_patient k "
            "WHERE k.id = NEW.merged_into_id AND k.merged_into_id IS NOT NULL) "
            "OR EXISTS (SELECT 1 FROM clinic_patient k WHERE k.merged_into_id = NEW.id))",
            "Patients are merged in one step: who was merged keeps nobody, and is kept by one.",
            # Two merges that cross would each find the other's rows as they were.
            lock="patients-merged",
            lock_when="NEW.merged_into_id IS NOT NULL",
        ),
    ]

    def __str__(self) -> str:
        return self.name

    @property
    def name(self) -> str:
        """The name to call out: preferred first name, legal last name, in their script's order."""
        return called(self.preferred_name or self.first_name, self.last_name)

    @property
    def legal_name(self) -> str:
        """First and last name as on the ID, in their script's order."""
        return called(self.first_name, self.last_name)

    @property
    def code(self) -> str:
        """The human code, for example PT-000001."""
        return f"PT-{self.number:06d}"

    @property
    def identity(self) -> str:
        """Who the person is, as a record names her: legal name, birth date, code."""
        born = self.birth_date
        return f"{self.legal_name}, born {born:%b} {born.day}, {born.year}, {self.code}"

    @property
    def phone_text(self) -> str:
        """The phone number as a person dials it from the US; empty where there is none."""
        return dialed(self.phone)

    # Filled by those who ask for it (`clinic.queries.patients.with_visits`).
    last_visit: dt.date | None = None
    next_visit: dt.datetime | None = None

    def write(self, *, only: list[str] | None = None) -> None:
        super().write(only=None if only is None else [*only, "search"])

    def save(self, **options: Any) -> None:
        """As Django's; what the finder reads is kept beside it."""
        with transaction.atomic(using=options.get("using")):
            added = self._state.adding
            super().save(**options)
            PatientKey.objects.keep(self, () if added else None)
