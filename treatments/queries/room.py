"""The treatment room's lists: a practitioner's day, what she has not signed, a clinic's charts."""

from __future__ import annotations

import datetime as dt
import uuid
from dataclasses import dataclass

from django.db.models import Prefetch, Q

from bookings.models import Appointment
from bookings.rules.status import Status as Visit
from clinic.models import Clinic, User
from clinic.permissions import Permission
from treatments.models import NumbingApplication, Treatment
from treatments.models.charts import TreatmentQuerySet
from treatments.queries.chart import ChartPage
from treatments.rules.status import Status

# Who is here comes first, then who is still to come, then who has gone.
HERE = (Visit.ARRIVED, Visit.NUMBING, Visit.IN_TREATMENT)
GONE = (Visit.COMPLETED,)
# A list of what is left undone that is longer than this is a matter for the director.
MOST_UNSIGNED = 50


@dataclass(frozen=True)
class DayLine:
    """One visit of a practitioner's day, with its chart where there is one."""

    visit: Appointment
    page: ChartPage | None

    @property
    def chart(self) -> Treatment | None:
        return self.page.chart if self.page else None


def my_day(*, user: User, clinic: Clinic, day: dt.date) -> list[DayLine]:
    """The user's own visits of a clinic-local day, who is here first. Three queries, or none
    where the user treats nobody."""
    cream = Prefetch("treatment__numbing", NumbingApplication.objects.select_related("product"))
    visits = (
        Appointment.objects.on_day(clinic, day)
        .filter(practitioner__user=user)
        .exclude(status__in=[str(Visit.CANCELLED), str(Visit.NO_SHOW)])
        .select_related("patient", "practitioner", "service", "room", "treatment__patient")
        .prefetch_related(cream)
    )
    lines = [DayLine(visit, _page(visit)) for visit in visits]
    return sorted(lines, key=lambda line: (_group(line.visit), line.visit.starts_at))


def _page(visit: Appointment) -> ChartPage | None:
    chart: Treatment | None = getattr(visit, "treatment", None)
    return ChartPage(chart) if chart else None


def _group(visit: Appointment) -> int:
    if visit.status in HERE:
        return 0
    return 2 if visit.status in GONE else 1


def unsigned_before(*, user: User, clinic: Clinic, day: dt.date) -> list[Treatment]:
    """The user's own charts of days before `day` that are not signed, the oldest first; a list
    that one can still read. How many there are, `count_unsigned_before` says."""
    found = _unsigned_before(user, clinic, day).select_related("patient", "appointment__service")
    return list(found.order_by("appointment__starts_at", "pk")[:MOST_UNSIGNED])


def count_unsigned_before(*, user: User, clinic: Clinic, day: dt.date) -> int:
    """How many of the user's own charts of days before `day` are not signed."""
    return int(_unsigned_before(user, clinic, day).count())


def _unsigned_before(user: User, clinic: Clinic, day: dt.date) -> TreatmentQuerySet:
    own: TreatmentQuerySet = Treatment.objects.filter(clinic=clinic, practitioner__user=user)
    return own.filter(appointment__local_date__lt=day).exclude(status=str(Status.SIGNED))


def charts_of_clinic(*, user: User, clinic: Clinic, unsigned: bool = False) -> TreatmentQuerySet:
    """Every chart of the clinic that the user may open, the newest first; a page at a time.

    An auditor's are the signed ones alone; `unsigned` narrows to what is not signed.
    """
    found = (
        Treatment.objects.charts_for(user)
        .filter(clinic=clinic)
        .select_related("patient", "practitioner", "appointment__service", "cartridge")
        .order_by("-opened_at", "pk")
    )
    return found.exclude(status=str(Status.SIGNED)) if unsigned else found


def visit_to_open(*, user: User, clinic: Clinic, key: uuid.UUID) -> Appointment | None:
    """A visit of the clinic at work, for its chart; None where there is none (P15)."""
    found: Appointment | None = (
        Appointment.objects.seen_by(user, Permission.TREAT)
        .filter(Q(clinic=clinic), pk=key)
        .select_related("clinic", "practitioner")
        .first()
    )
    return found
