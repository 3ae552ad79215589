"""One visit, as its card shows it."""

from __future__ import annotations

import datetime as dt
import json
import uuid
from dataclasses import dataclass

from django.db.models import Count, Exists, Max, OuterRef, Q

from bookings.models import Appointment, PerformedArea
from bookings.rules.status import Status
from clinic.models import AuditEvent, Clinic, Practitioner, User
from clinic.permissions import Permission

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
class Moved:
    """One move of a visit: when and by whom (a name), and from when (UTC) with whom (or "")."""

    at: dt.datetime
    by: str
    starts_at: dt.datetime
    who: str


@dataclass(frozen=True)
class Past:
    """A patient's earlier visits here; `last` is the clinic-local date of the last treatment."""

    completed: int
    missed: int
    last: dt.date | None


def visit_for(*, user: User, clinic: Clinic, key: uuid.UUID) -> Appointment | None:
    """A visit of the clinic at work, with everyone its card names; None where it is not (P15)."""
    return (
        Appointment.objects.seen_by(user, Permission.SEE_DAY)
        .filter(clinic=clinic, pk=key)
        .select_related("clinic", "patient", "practitioner", "service", "room", *PEOPLE)
        .first()
    )


def moves_of(appointment: Appointment) -> list[Moved]:
    """The moves of a visit, the first one first, as the audit keeps them. Two queries at most."""
    events = AuditEvent.objects.filter(
        subject=str(appointment.pk), action="appointment.move", outcome=AuditEvent.Outcome.DONE
    ).order_by("-seq")
    rows = [
        (at, by, json.loads(detail))
        for at, by, detail in events.values_list("at", "actor_name", "detail")[:MOST_MOVES]
    ]
    keys = {detail.get("before_with") for _, _, detail in rows} - {None}
    people = {str(one.pk): str(one) for one in Practitioner.objects.filter(pk__in=keys)}
    return [
        Moved(
            at=at,
            by=by,
            starts_at=dt.datetime.fromisoformat(detail["before"]),
            who=people.get(str(detail.get("before_with")), ""),
        )
        for at, by, detail in reversed(rows)
        if detail.get("before")
    ]


def past_of(appointment: Appointment) -> Past:
    """How often this visit's patient was treated and did not come before it, in this clinic.

    A visit that ended before any needling was no treatment.
    """
    needled = PerformedArea.objects.filter(appointment=OuterRef("pk"))
    treated = Q(status=Status.COMPLETED) & (Q(ended_early=False) | Q(Exists(needled)))
    found = Appointment.objects.filter(
        patient=appointment.patient_id,
        clinic=appointment.clinic_id,
        starts_at__lt=appointment.starts_at,
    ).aggregate(
        completed=Count("pk", filter=treated),
        missed=Count("pk", filter=Q(status=Status.NO_SHOW)),
        last=Max("local_date", filter=treated),
    )
    return Past(**found)
