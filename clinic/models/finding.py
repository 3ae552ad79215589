"""By what patients are found: their folded names and phone numbers, one row each."""

from __future__ import annotations

import uuid
from collections.abc import Collection, Sequence
from typing import TYPE_CHECKING, Any

from django.db import models
from django.db.models import Exists, OuterRef, Q

from clinic.constraints import Guard
from clinic.models.places import Clinic
from clinic.rules import digit_keys, name_keys, phone_keys, word_keys
from clinic.rules.finding import LONGEST

if TYPE_CHECKING:
    from clinic.models.patients import Patient

LAST_SIGN = "\U0010ffff"


def keys_of(patient: Patient) -> set[str]:
    """By the beginnings of what a patient is found (see `PatientKey`)."""
    national = str(getattr(patient.phone, "national_number", None) or "")
    names = name_keys(patient.first_name, patient.last_name, patient.preferred_name)
    return names | phone_keys(str(patient.phone or ""), national)


class Folded(models.CharField):
    """A folded text that is compared byte by byte on both engines, so that an index answers
    what begins with something, in whatever language the database sorts."""

    def db_parameters(self, connection: Any) -> dict[str, Any]:
        found: dict[str, Any] = super().db_parameters(connection)
        if connection.vendor == "postgresql":
            found["collation"] = "C"
        return found


# Keys of patients, in the order of what was matched: one query for each way to write it, since
# an index answers one after another faster than all of them at once. Slice each.
Beginnings = list["models.QuerySet[PatientKey, uuid.UUID]"]


class PatientKeys(models.Manager["PatientKey"]):
    def keep(self, patient: Patient, there: Collection[str] | None = None) -> None:
        """Let a patient's keys be what they are now; one query more where none has changed."""
        mine = self.filter(patient=patient)
        there = {*mine.values_list("text", flat=True)} if there is None else {*there}
        wanted = keys_of(patient)
        if gone := there - wanted:
            mine.filter(text__in=gone).delete()
        self.bulk_create(
            self.model(clinic_id=patient.clinic_id, patient=patient, text=text)
            for text in sorted(wanted - there)
        )

    def named(self, text: str, *, clinic: Clinic) -> Beginnings:
        """The patients of whose names every word of a text is a beginning; see `Beginnings`.

        Those whose name is exactly the longest word come first.
        """
        first, *others = word_keys(text) or [[]]
        return [
            rows.filter(
                *(Exists(self.filter(_begins(one), patient=OuterRef("patient"))) for one in others)
            )
            for rows in self._beginning(first, clinic)
        ]

    def called(self, digits: str, *, clinic: Clinic) -> Beginnings:
        """The patients whose phone number begins or ends with these digits."""
        return self._beginning(digit_keys(digits), clinic)

    def _beginning(self, ways: Sequence[str], clinic: Clinic) -> Beginnings:
        rows = self.filter(clinic=clinic).order_by("text", "patient_id")
        return [rows.filter(_begins([way])).values_list("patient_id", flat=True) for way in ways]


def _begins(ways: Collection[str]) -> Q:
    found = Q(text__in=[])
    for way in ways:
        found |= Q(text__gte=way, text__lt=way + LAST_SIGN)
    return found


class PatientKey(models.Model):
    """By what a patient is found: the words of her names and her phone numbers, folded.

    Made from the patient's row whenever it is written, and kept nowhere else.
    """

    pk = models.CompositePrimaryKey("patient_id", "text")
    clinic = models.ForeignKey(Clinic, models.PROTECT, related_name="+", db_index=False)
    patient = models.ForeignKey(
        "clinic.Patient", models.PROTECT, related_name="keys", db_index=False
    )
    text = Folded(max_length=LONGEST)

    objects = PatientKeys()

    class Meta:
        indexes = [
            models.Index(fields=["clinic", "text", "patient"], name="patient_key_by_text"),
        ]

    guards = [
        Guard(
            "patient_key_of_its_clinic",
            ("INSERT", "UPDATE"),
            "NOT EXISTS (SELECT 1 FROM clinic_patient p "
            "WHERE p.id = NEW.patient_id AND p.clinic_id = NEW.clinic_id)",
            "What the finder knows of a patient belongs to the patient's clinic.",
        ),
    ]

    def __str__(self) -> str:
        return self.text
