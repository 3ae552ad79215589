"""Finding a patient by name, phone, birth date or number, and reading one."""

from __future__ import annotations

import uuid
from dataclasses import dataclass

from clinic.models import Clinic, Patient, User
from clinic.models.patients import PatientQuerySet
from clinic.permissions import Permission
from clinic.rules import read_search

# A finder under a field shows so many; whoever sees that there are more types on.
MOST_FOUND = 8


@dataclass(frozen=True)
class Found:
    """What a finder shows: the first patients, whether there are more, and who is meant.

    `meant` is the one patient whom the text names in full (both names, the phone or the
    number); None where it names nobody or several.
    """

    patients: list[Patient]
    more: bool = False
    meant: Patient | None = None


def patients_of(*, user: User, clinic: Clinic) -> PatientQuerySet:
    """The patients of the clinic at work, where the user may see patients.

    By last name as a person looks it up: accents and capitals do not count.
    """
    seen = Patient.objects.seen_by(user, Permission.SEE_PATIENTS).filter(clinic=clinic)
    return seen.order_by("search", "pk")


def patient_for(*, user: User, clinic: Clinic, key: uuid.UUID) -> Patient | None:
    """One patient of the clinic at work; None where she is not there (P15)."""
    return patients_of(user=user, clinic=clinic).select_related("clinic").filter(pk=key).first()


def patients_matching(*, user: User, clinic: Clinic, text: str) -> PatientQuerySet:
    """The clinic's patients whom a search text may mean, by last name."""
    read = read_search(text)
    return patients_of(user=user, clinic=clinic).matching(
        read.text, birth_date=read.birth_date, digits=read.digits, number=read.number
    )


def find_patients(*, user: User, clinic: Clinic, text: str) -> Found:
    """The first few of those, and the one who is named in full."""
    read = read_search(text)
    rows = list(patients_matching(user=user, clinic=clinic, text=text)[: MOST_FOUND + 1])
    named = [
        one
        for one in rows
        if read.names_fully(
            first_name=one.first_name,
            last_name=one.last_name,
            preferred_name=one.preferred_name,
            phone=str(one.phone),
            code=one.code,
        )
    ]
    more = len(rows) > MOST_FOUND
    return Found(
        patients=rows[:MOST_FOUND],
        more=more,
        meant=named[0] if len(named) == 1 and not more else None,
    )
