"""One visit, as its card shows it."""

from __future__ import annotations

import datetime as dt
import uuid
from dataclasses import dataclass

from django.db.models import Count, Max

from bookings.models import Appointment
from bookings.rules.status import Status
from clinic.models import Clinic, User
from clinic.permissions import Permission

PEOPLE = (
    "created_by",
    "confirmed_by",
    "arrived_by",
    "chart_opened_by",
    "cancelled_by",
    "no_show_by",
)


@dataclass(frozen=True)
class Past:
    """A patient's other visits here; `last` is the clinic-local date of the last treatment."""

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


def past_of(appointment: Appointment) -> Past:
    """How often this visit's patient came and did not come before, in this clinic."""
    rows = (
        Appointment.objects.filter(
            patient=appointment.patient_id,
            clinic=appointment.clinic_id,
            status__in=[Status.COMPLETED, Status.NO_SHOW],
        )
        .exclude(pk=appointment.pk)
        .order_by("status")
        .values("status")
        .annotate(visits=Count("pk"), last=Max("local_date"))
    )
    found = {row["status"]: row for row in rows}
    done, missed = found.get(Status.COMPLETED), found.get(Status.NO_SHOW)
    return Past(
        completed=done["visits"] if done else 0,
        missed=missed["visits"] if missed else 0,
        last=done["last"] if done else None,
    )
