"""Whether a patient's skin has rested before a treatment, as far as charts know it (R35)."""

from __future__ import annotations

import datetime as dt

from bookings.queries import gap_of
from bookings.rules.interval import Needled, say_rest
from clinic.models import Patient
from clinic.refusals import Refusal
from treatments.models import NeedlingPass, Treatment
from treatments.rules.status import Status


def needled_meanwhile(chart: Treatment) -> list[Needled]:
    """What was needled of the same person in other treatments that still go on: it is not noted
    as performed yet, and counts all the same. One query."""
    rows = NeedlingPass.objects.filter(
        treatment__clinic=chart.clinic_id,
        treatment__patient__in=Patient.objects.same_person(chart.patient_id).values("pk"),
        treatment__status=Status.IN_PROGRESS,
    ).exclude(treatment=chart)
    found = rows.order_by().values_list("area", "treatment__started_on")
    return [Needled(area, on) for area, on in found if on]


def too_soon(chart: Treatment, today: dt.date) -> Refusal | None:
    """That the skin has not rested on that clinic-local day, and what would work; None once the
    treatment has started, or where nothing stands against it. Three queries at most."""
    if chart.started_at is not None or chart.ended_at is not None:
        return None
    gap = gap_of(chart.appointment, on=today, also=needled_meanwhile(chart))
    return Refusal(gap.says, rule="R35", way_out=say_rest(gap)) if gap else None
