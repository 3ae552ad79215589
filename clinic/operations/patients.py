"""Registering patients and keeping their contact data."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from typing import Any

from django.db import connection
from django.db.models import Max, Q

from clinic import audit, constraints
from clinic.acts import act
from clinic.models import Clinic, Patient, PatientKey, User
from clinic.permissions import Permission
from clinic.queries.patients import with_visits
from clinic.refusals import Refusal
from clinic.rules import contact_fault, looks_like, person_fault
from clinic.rules.people import Reached

EDITABLE = (
    "first_name",
    "last_name",
    "preferred_name",
    "birth_date",
    "sex_at_birth",
    "phone",
    "email",
    "contact_by",
    "address",
    "emergency_contact",
    "language",
)
# By which a patient is told of her visits.
REACHED_BY = {"phone", "email", "contact_by"}
# Who tells patients of their visits fills this when ready: it is called, in the transaction of
# the act, when a patient is reached otherwise from now on, or no longer wants to be told.
TELLERS: list[Callable[[Patient, dt.datetime], None]] = []
# By what two patients on file may be one person.
KNOWN_BY = {"first_name", "last_name", "preferred_name", "birth_date", "phone"}


@act("patient.register", may=Permission.REGISTER_PATIENT, on="clinic")
def register_patient(
    *,
    clinic: Clinic,
    by: User,
    at: dt.datetime,
    first_name: str,
    last_name: str,
    birth_date: dt.date,
    phone: Any = "",
    email: str = "",
    contact_by: str = Patient.ContactBy.ANY,
    address: str = "",
    preferred_name: str = "",
    sex_at_birth: str = Patient.Sex.UNKNOWN,
    emergency_contact: str = "",
    language: str = "English",
    another: bool = False,
) -> Patient:
    """Put a new patient on file in a clinic and mint the next number, PT-000001 and up.

    Refuses (input, 422) a birth date in the future or before 1900, a missing name, and a
    patient who cannot be reached by phone, email or post, or not as she wants to be told of her
    visits. Refuses too, beside the field
    `another` and with those on file as alternatives, someone who may be on file here: born
    the same day, with the same phone or nearly the same name, or of the same name and phone.
    `another` says that it is another person.
    """
    patient = Patient(
        clinic=clinic,
        first_name=first_name.strip(),
        last_name=last_name.strip(),
        preferred_name=preferred_name.strip(),
        birth_date=birth_date,
        sex_at_birth=sex_at_birth,
        phone=phone or "",
        email=email.strip(),
        contact_by=contact_by,
        address=address.strip(),
        emergency_contact=emergency_contact.strip(),
        language=language.strip() or "English",
        created_at=at,
        created_by=by,
    )
    check_patient(patient, today=clinic.day_of(at))
    _check_contact(patient)
    patient.number = lock_numbers(clinic)
    if not another:
        _look_for_twins(patient)
    patient.write()
    audit.record("patient.register", by=by, at=at, clinic_id=clinic.pk, on=patient)
    return patient


@act("patient.change", may=Permission.REGISTER_PATIENT, on="patient")
def change_patient(
    *,
    patient: Patient,
    version: int,
    by: User,
    at: dt.datetime,
    first_name: str,
    last_name: str,
    birth_date: dt.date,
    phone: Any,
    email: str,
    address: str,
    preferred_name: str,
    sex_at_birth: str,
    emergency_contact: str,
    language: str,
    contact_by: str | None = None,
    another: bool = False,
) -> Patient:
    """Change a patient's identity or contact data: the values are as they are to stand.

    Refuses a stale `version` (P12, 409) and what `register_patient` refuses; whether someone
    else on file may be the same person is asked where a name, the birth date or the phone
    changes. Without a `contact_by` that stays as it is. What waits to be sent to her goes where
    she is reached from now on, or nowhere if she wants no messages. What is saved as it was is no
    change, but a look at the patient. Refuses someone who was merged into another (R57).
    """
    patient = Patient.objects.held().select_related("clinic").get(pk=patient.pk)
    refuse_merged(patient)
    patient.expect(version)
    values = {
        "first_name": first_name.strip(),
        "last_name": last_name.strip(),
        "preferred_name": preferred_name.strip(),
        "birth_date": birth_date,
        "sex_at_birth": sex_at_birth,
        "phone": phone or "",
        "email": email.strip(),
        "contact_by": patient.contact_by if contact_by is None else contact_by,
        "address": address.strip(),
        "emergency_contact": emergency_contact.strip(),
        "language": language.strip() or "English",
    }
    changed = [name for name in EDITABLE if values[name] != (getattr(patient, name) or "")]
    for field in changed:
        setattr(patient, field, values[field])
    check_patient(patient, today=patient.clinic.day_of(at))
    if REACHED_BY & {*changed}:
        _check_contact(patient)
    if not changed:
        return open_patient(patient=patient, by=by, at=at)
    if KNOWN_BY & {*changed}:
        # As when registering: two desks that make one person of two meet here.
        lock_numbers(patient.clinic)
        if not another:
            _look_for_twins(patient)
    patient.write()
    if REACHED_BY & {*changed}:
        for tell in TELLERS:
            tell(patient, at)
    audit.record(
        "patient.change",
        by=by,
        at=at,
        clinic_id=patient.clinic_id,
        on=patient,
        detail={"fields": changed},
    )
    return patient


@act("patient.open", may=Permission.SEE_PATIENTS, on="patient")
def open_patient(*, patient: Patient, by: User, at: dt.datetime) -> Patient:
    """Note that a patient's card was looked at (P22)."""
    audit.record("patient.open", by=by, at=at, clinic_id=patient.clinic_id, on=patient)
    return patient


@act("patient.search", may=Permission.SEE_PATIENTS, on="clinic")
def search_patients(*, clinic: Clinic, kind: str, found: int, by: User, at: dt.datetime) -> None:
    """Note a submitted search: what kind of text it was and how many it found (P22).

    The text itself is not kept: the audit holds no names.
    """
    audit.record(
        "patient.search",
        by=by,
        at=at,
        clinic_id=clinic.pk,
        detail={"kind": kind, "found": found},
    )


def _look_for_twins(patient: Patient) -> None:
    mine = Patient.objects.filter(clinic=patient.clinic).select_related("merged_into")
    born = Q(birth_date=patient.birth_date)
    if patient.phone:
        same_phone = PatientKey.objects.filter(clinic=patient.clinic, text=f"{patient.phone}"[:40])
        born |= Q(pk__in=same_phone.values("patient"))
    others = mine.filter(born).exclude(pk=patient.pk).exclude(merged_into=patient.pk)
    alike = [one for one in others.order_by("number") if looks_like(one, patient)]
    # Who was merged into another is that other.
    on_file = {kept.pk: kept for one in alike if (kept := one.merged_into or one)}
    if on_file:
        raise Refusal(
            f"This person may be on file: {', '.join(one.code for one in on_file.values())}.",
            rule="input",
            field="another",
            way_out="Open the card and compare, or say that this is another person.",
            alternatives=with_visits(on_file.values()),
        )


def check_patient(person: Reached, *, today: dt.date) -> None:
    """Refuse (input) someone who may not be put on file, however she comes there."""
    fault = person_fault(person, today=today)
    if fault:
        raise Refusal(fault[1], rule="input", field=fault[0])


def refuse_merged(patient: Patient) -> None:
    """Refuse (R57) a patient who was merged into another: she is kept under that number."""
    if patient.merged_into:
        kept = patient.merged_into.code
        raise Refusal(
            f"{patient.code} was merged into {kept}.",
            rule="R57",
            field="patient",
            way_out=f"Use {kept}.",
        )


def _check_contact(patient: Patient) -> None:
    fault = contact_fault(patient.contact_by, email=patient.email, phone=str(patient.phone or ""))
    if fault:
        raise Refusal(
            fault,
            rule="input",
            field="contact_by",
            way_out="Enter one, or choose another way.",
        )


def lock_numbers(clinic: Clinic) -> int:
    """The number of the clinic's next patient; nobody else gets one until the act ends.

    Two desks that register one person at once meet here.
    """
    constraints.lock_name(connection, f"patient-number {clinic.pk}")
    return (Patient.objects.filter(clinic=clinic).aggregate(n=Max("number"))["n"] or 0) + 1
