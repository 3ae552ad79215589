"""A patient's visits, as far as whoever looks may know of them."""

from __future__ import annotations

import datetime as dt
import uuid
from dataclasses import dataclass

from bookings.models import Appointment
from bookings.rules.status import HOLDING, Status
from clinic.models import Patient, User
from clinic.permissions import Permission
from clinic.rules import say_date, say_time
from treatments.models import Treatment

CHARTS = (Permission.SEE_OWN_CHARTS, Permission.SEE_ALL_CHARTS, Permission.SEE_SIGNED_CHARTS)
# More visits than anyone scrolls through; the page says when there are older ones.
MOST_VISITS = 200


@dataclass(frozen=True)
class VisitLine:
    """One visit; `chart` is its chart's key where the user may open it, `chart_word` its state.

    `under` is the number of another patient under which it stands, who was merged into this one.
    """

    appointment: Appointment
    day: str
    time: str
    is_ahead: bool
    chart: uuid.UUID | None = None
    chart_word: str = ""
    under: str = ""


@dataclass(frozen=True)
class Visits:
    """A patient's visits: those ahead soonest first, those behind newest first."""

    ahead: list[VisitLine]
    behind: list[VisitLine]
    older: bool
    with_charts: bool


def visits_of(patient: Patient, *, user: User, today: dt.date) -> Visits:
    """Date, service and status of each visit; the chart's key where the user may open it.

    Two queries, or one for those who see no charts; `today` is the clinic-local date.
    """
    same = Patient.objects.same_person(patient).values("pk")
    rows = list(
        Appointment.objects.filter(patient__in=same)
        .select_related("service", "practitioner", "patient")
        .order_by("-starts_at", "-pk")[: MOST_VISITS + 1]
    )
    with_charts = any(user.can(one, patient.clinic_id) for one in CHARTS)
    charts: dict[uuid.UUID, Treatment] = {}
    if with_charts:
        found = Treatment.objects.charts_for(user).filter(patient__in=same)
        charts = {chart.appointment_id: chart for chart in found}
    lines = [_line(row, patient, today, charts.get(row.pk)) for row in rows[:MOST_VISITS]]
    return Visits(
        ahead=[line for line in reversed(lines) if line.is_ahead],
        behind=[line for line in lines if not line.is_ahead],
        older=len(rows) > MOST_VISITS,
        with_charts=with_charts,
    )


def _line(row: Appointment, patient: Patient, today: dt.date, chart: Treatment | None) -> VisitLine:
    return VisitLine(
        appointment=row,
        day=say_date(row.local_date),
        time=say_time(patient.clinic.local(row.starts_at)),
        is_ahead=row.local_date >= today and row.status in HOLDING - {Status.COMPLETED},
        chart=chart.pk if chart else None,
        under="" if row.patient_id == patient.pk else row.patient.code,
        chart_word=chart.get_status_display() if chart else "",
    )
