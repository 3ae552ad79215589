"""One visit, as its card shows it."""

from __future__ import annotations

import datetime as dt
import uuid
from dataclasses import dataclass
from typing import Any

from django.db.models import Count, Exists, Max, OuterRef, Q, QuerySet

from bookings.models import Appointment, Move, PerformedArea
from bookings.rules.status import Status
from clinic.models import Clinic, Patient, User
from clinic.permissions import Permission
from clinic.prepared import prepared

PEOPLE = (
    "created_by",
    "confirmed_by",
    "arrived_by",
    "chart_opened_by",
    "cancelled_by",
    "no_show_by",
)


# Of the moves of one visit the latest stand on its card.
MOST_MOVES = 20


@dataclass(frozen=True)
class Past:
    """A patient's earlier visits here; `last` is the clinic-local date of the last treatment.

    `late` counts what she called off after the clinic's cut-off.
    """

    completed: int
    missed: int
    late: int
    last: dt.date | None


def visit_for(*, user: User, clinic: Clinic, key: uuid.UUID) -> Appointment | None:
    """A visit of the clinic at work, with everyone its card names; None where it is not (P15)."""
    return (
        Appointment.objects.seen_by(user, Permission.SEE_DAY)
        .filter(clinic=clinic, pk=key)
        .select_related("clinic", "patient", "practitioner", "service", "room", "course", *PEOPLE)
        .first()
    )


def moves_of(appointment: Appointment) -> list[Move]:
    """The latest moves of a visit, the first one first, with whom and by whom. One query."""
    latest = Move.objects.filter(appointment=appointment).order_by("-moved_at", "-pk")
    return list(latest.select_related("from_practitioner", "moved_by")[:MOST_MOVES])[::-1]


def standing_of(patient: Patient) -> tuple[int, int]:
    """How often a patient did not come, and called off late, in this clinic. One query."""
    found = _standing(patient=patient.pk, clinic=patient.clinic_id)
    return found[0] if found else (0, 0)


@prepared
def _standing(*, patient: Any, clinic: Any) -> QuerySet[Any, Any]:
    theirs = Appointment.objects.filter(
        patient__in=Patient.objects.same_person(patient).values("pk"), clinic=clinic
    )
    counted = (
        theirs.order_by()
        .values("clinic_id")
        .annotate(
            missed=Count("pk", filter=Q(status=Status.NO_SHOW)),
            late=Count("pk", filter=Q(cancelled_late=True)),
        )
    )
    return counted.values_list("missed", "late")


def past_of(appointment: Appointment) -> Past:
    """How often this visit's patient was treated and did not come before it, in this clinic.

    A visit that ended before any needling was no treatment.
    """
    needled = PerformedArea.objects.filter(appointment=OuterRef("pk"))
    treated = Q(status=Status.COMPLETED) & (Q(ended_early=False) | Q(Exists(needled)))
    found = Appointment.objects.filter(
        patient__in=Patient.objects.same_person(appointment.patient_id).values("pk"),
        clinic=appointment.clinic_id,
        starts_at__lt=appointment.starts_at,
    ).aggregate(
        completed=Count("pk", filter=treated),
        missed=Count("pk", filter=Q(status=Status.NO_SHOW)),
        late=Count("pk", filter=Q(cancelled_late=True)),
        last=Max("local_date", filter=treated),
    )
    return Past(**found)
