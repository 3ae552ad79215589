"""Who a patient may be as well, and what a merge of two would move."""

from __future__ import annotations

import datetime as dt

from django.db.models import Exists, OuterRef, Q

from bookings.models import Appointment, PatientMerge, WaitlistEntry
from bookings.rules.merging import has_begun
from bookings.rules.status import HOLDING, MOVABLE, Status
from clinic.models import Patient, PatientKey
from clinic.queries.patients import with_visits
from clinic.rules import looks_like

MOST_ALIKE = 8


def who_may_be(patient: Patient) -> list[Patient]:
    """Others on file in the clinic who look like this patient, each with her last visit.

    Two queries.
    """
    alike = Q(birth_date=patient.birth_date)
    if patient.phone:
        same_phone = PatientKey.objects.filter(
            clinic=patient.clinic_id, text=f"{patient.phone}"[:40]
        )
        alike |= Q(pk__in=same_phone.values("patient"))
    rows = Patient.objects.filter(alike, clinic=patient.clinic_id).counted()
    others = rows.exclude(pk=patient.pk).order_by("number")
    return with_visits([one for one in others if looks_like(one, patient)][:MOST_ALIKE])


def visits_to_move(patient: Patient, today: object) -> list[Appointment]:
    """The visits from a clinic-local day on that have not begun. One query."""
    rows = Appointment.objects.filter(
        patient=patient, local_date__gte=today, status__in=[str(one) for one in MOVABLE]
    )
    return list(rows.select_related("service", "practitioner", "clinic").order_by("starts_at"))


def visit_begun(*patients: Patient) -> Appointment | None:
    """A visit of one of these that goes on or whose chart is open, which keeps them from being
    merged (R57); None where there is none. One query."""
    going = [str(one) for one in HOLDING if one != Status.COMPLETED]
    rows = Appointment.objects.filter(patient__in=patients, status__in=going)
    listed = rows.select_related("clinic", "patient").order_by("starts_at", "pk")
    return next((one for one in listed if has_begun(one.status, one.chart_opened_at)), None)


def waits_moved(merge: PatientMerge) -> int:
    """How many places on the waitlist a merge has moved, of those that stand. One query."""
    rows = WaitlistEntry.objects.waiting().filter(patient=merge.kept_id, under=merge.merged_id)
    return int(rows.count())


def waiting_of(*patients: Patient) -> list[WaitlistEntry]:
    """What these patients wait for, first come first. One query."""
    rows = WaitlistEntry.objects.waiting().filter(patient__in=patients)
    return list(rows.select_related("service", "clinic"))


def merge_of(patient: Patient) -> PatientMerge | None:
    """The merge that stands of a patient who was merged into another. One query."""
    rows = PatientMerge.objects.filter(merged=patient, undone_at=None)
    found: PatientMerge | None = rows.select_related("kept", "merged_by").first()
    return found


def merges_apart(at: dt.datetime) -> list[str]:
    """What `merged_into` says otherwise than the merges on record do (R57); empty where all is
    well. For readiness: a number is merged, and stands for itself again, by an act alone. One
    query."""
    there = PatientMerge.objects.filter(undone_at=None)
    of_her = there.filter(merged=OuterRef("pk"))
    right = of_her.filter(kept=OuterRef("merged_into"))
    wrong = Patient.objects.filter(
        Q(merged_into__isnull=False) & ~Exists(right) | Q(merged_into=None) & Exists(of_her)
    ).count()
    return [f"Patients merged otherwise than on record: {wrong}."] if wrong else []


def parted_since(appointment: Appointment, since: dt.datetime) -> bool:
    """Whether a merge that had brought the visit to its patient was taken back since then. One
    query."""
    parted = PatientMerge.objects.filter(kept=appointment.patient_id, undone_at__gte=since)
    return any(str(appointment.pk) in moved for moved in parted.values_list("moved", flat=True))
