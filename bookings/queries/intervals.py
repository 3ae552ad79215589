"""What was needled of a patient, and which visits are planned for the same skin (R35)."""

from __future__ import annotations

import datetime as dt
import uuid
from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field, replace
from typing import Any

from django.db.models import QuerySet

from bookings.models import Appointment, Override, PerformedArea, Service
from bookings.rules.interval import (
    LEAST_DAYS,
    Gap,
    Leave,
    Needled,
    first_day,
    gap_before,
    same_skin,
    say_gap,
)
from bookings.rules.status import HOLDING, Status
from clinic.models import Clinic, Patient
from clinic.prepared import prepared

DAY = dt.timedelta(days=1)
MOST = 200
# The patients of a day are asked for in lists of so many, or twice or thrice as many.
STEP = 40


@dataclass(frozen=True)
class Rest:
    """What a patient's skin had, what was passed over for one visit, and whether who asks passes
    the interval over now (`leave`): read once, then asked for any day."""

    areas: Collection[str]
    keeps_days: int
    needled: Sequence[Needled] = ()
    passed: Mapping[dt.date, int] = field(default_factory=dict)
    leave: Leave = Leave.NONE

    def gap_on(self, day: dt.date) -> Gap | None:
        """What a visit on a clinic-local day comes too soon after; None where nothing is."""
        return gap_before(
            day,
            areas=self.areas,
            needled=self.needled,
            keeps_days=self.keeps_days,
            passed=self.passed,
        )

    def against(self, day: dt.date) -> Gap | None:
        """What keeps a visit from being booked on a day; None where nothing does."""
        gap = self.gap_on(day)
        return None if gap and self.leave.passes(gap) else gap

    def says_against(self, day: dt.date) -> str:
        """The same in words; "" where nothing does."""
        gap = self.against(day)
        return say_gap(gap, self.leave) if gap else ""

    def passed_on(self, day: dt.date) -> str:
        """That a visit on a day is sooner than the interval, which `leave` passes over; "" where
        nothing is passed over."""
        gap = self.gap_on(day)
        return say_gap(gap, self.leave) if gap and self.leave.passes(gap) else ""

    @property
    def first_day(self) -> dt.date | None:
        """The first day that can be booked; None where every day will do."""
        return first_day(
            areas=self.areas,
            needled=self.needled,
            keeps_days=LEAST_DAYS if self.leave is Leave.GIVEN else self.keeps_days,
            passed=self.passed,
        )


def rest_of(
    *,
    clinic: Clinic,
    patient: Patient,
    areas: Collection[str],
    since: dt.date,
    but: Appointment | None = None,
    also: Collection[Needled] = (),
    leave: Leave = Leave.NONE,
) -> Rest:
    """What counts for visits of a patient for `areas` on days from `since` on.

    `also` is what was needled and is not noted yet, its treatment going on. One query; two for a
    visit that is booked already (`but`), where anything counts.
    """
    keeps = clinic.interval_days
    rows = _performed(
        patient=patient.pk,
        after=since - DAY * keeps,
        but=but.pk if but is not None else None,
    )
    needled = [*(Needled(area, on) for area, on in rows), *also]
    passed = _passed([but.pk])[but.pk] if but is not None and needled else {}
    return Rest(areas, keeps, needled, passed, leave)


@prepared
def _performed(*, patient: Any, after: Any, but: Any) -> QuerySet[Any, Any]:
    # A patient is one clinic's. Named too, SQLite's planner would read all that it ever treated.
    rows = PerformedArea.objects.filter(
        patient__in=Patient.objects.same_person(patient).values("pk"),
        performed_on__gt=after,
    )
    if but is not None:
        # What a visit itself has treated never stands in its way.
        rows = rows.exclude(appointment=but)
    return rows.order_by().values_list("area", "performed_on")


def _passed(visits: Collection[uuid.UUID]) -> dict[uuid.UUID, dict[dt.date, int]]:
    made = Override.objects.filter(appointment__in=visits, kind=Override.Kind.INTERVAL)
    found: dict[uuid.UUID, dict[dt.date, int]] = defaultdict(dict)
    for key, detail in made.order_by("made_at", "pk").values_list("appointment_id", "detail"):
        with suppress(KeyError, TypeError, ValueError):
            last_on, days = dt.date.fromisoformat(detail["last_on"]), int(detail["days"])
            found[key][last_on] = min(days, found[key].get(last_on, days))
    return found


def gap_of(
    visit: Appointment, *, on: dt.date, area: str = "", also: Collection[Needled] = ()
) -> Gap | None:
    """What a booked visit comes too soon after if it is treated on that clinic-local day; None
    where nothing stands against it, or it was passed over. Two queries at most.

    With an `area` it is asked of that one alone; what was passed over for the visit counts only
    for the areas of its service.
    """
    areas = visit.service.areas
    rest = rest_of(
        clinic=visit.clinic,
        patient=visit.patient,
        areas=[area] if area else areas,
        since=on,
        but=visit,
        also=also,
    )
    if area and areas and area not in areas:
        rest = replace(rest, passed={})
    return rest.gap_on(on)


def needled_of(
    clinic: Clinic, day: dt.date, patients: Collection[uuid.UUID]
) -> dict[uuid.UUID, list[Needled]]:
    """What was needled of these patients so lately that it counts on a day; one query.

    Nobody is booked under a number that was merged, but what was done stays under it.
    """
    asked = [*patients]
    # Lists of other lengths are other queries: filled up, they are a handful.
    asked += asked[-1:] * (-len(asked) % STEP)
    after = day - DAY * clinic.interval_days
    found: dict[uuid.UUID, list[Needled]] = defaultdict(list)
    for who, area, on in _lately(patients=asked, after=after):
        found[who].append(Needled(area, on))
    return found


@prepared
def _lately(*, patients: Any, after: Any) -> QuerySet[Any, Any]:
    rows = PerformedArea.objects.filter(performed_on__gt=after).order_by()
    # One branch each, so that both go by the patient: by "or" the whole clinic's are looked at.
    own = rows.filter(patient__in=patients).values_list("patient_id", "area", "performed_on")
    kept = rows.filter(patient__merged_into__in=patients).values_list(
        "patient__merged_into_id", "area", "performed_on"
    )
    found: QuerySet[Any, Any] = own.union(kept, all=True)
    return found


@dataclass(frozen=True)
class Planned:
    """A visit that is still to be treated: whose, when, and where (no areas: anywhere)."""

    key: uuid.UUID
    patient: uuid.UUID
    day: dt.date
    areas: Collection[str]


def too_soon(clinic: Clinic, visits: Collection[Planned]) -> frozenset[uuid.UUID]:
    """Which of these come sooner than the interval, without leave; at most two queries."""
    if not visits:
        return frozenset()
    skin = needled_of(clinic, min(one.day for one in visits), {one.patient for one in visits})

    def is_close(one: Planned, passed: Mapping[dt.date, int]) -> bool:
        needled, keeps = skin[one.patient], clinic.interval_days
        gap = gap_before(one.day, areas=one.areas, needled=needled, keeps_days=keeps, passed=passed)
        return gap is not None

    close = [one for one in visits if one.patient in skin and is_close(one, {})]
    passed = _passed([one.key for one in close]) if close else {}
    return frozenset(
        one.key for one in close if one.key not in passed or is_close(one, passed[one.key])
    )


def planned_near(
    day: dt.date,
    *,
    clinic: Clinic,
    patient: Patient,
    service: Service,
    but: Appointment | None = None,
) -> Appointment | None:
    """The planned visit for the same skin that is nearer to a day than the interval; one query.

    It refuses nothing: what counts is what was performed. But the desk is told.
    """
    keeps = DAY * (clinic.interval_days - 1)
    near = [
        one
        for one in _planned(
            clinic=clinic.pk, patient=patient.pk, first=day - keeps, last=day + keeps
        )
        if (but is None or one.pk != but.pk) and same_skin(service.areas, one.service.areas)
    ]
    return min(near, key=lambda one: (abs(one.local_date - day), one.local_date), default=None)


@prepared
def _planned(*, clinic: Any, patient: Any, first: Any, last: Any) -> QuerySet[Any, Any]:
    return (
        Appointment.objects.filter(
            clinic=clinic,
            patient=patient,
            local_date__range=(first, last),
            status__in=[str(one) for one in HOLDING if one != Status.COMPLETED],
        )
        .select_related("service")
        .order_by("starts_at", "pk")
    )


def overrides_of(visit: Appointment) -> list[Override]:
    """What was passed over for a visit, with by whom; one query."""
    return list(Override.objects.filter(appointment=visit).select_related("made_by")[:MOST])


def planned_next(
    *, clinic: Clinic, patient: Patient, service: Service, after: dt.datetime
) -> Appointment | None:
    """The next visit for the same skin that is planned after an instant (UTC); one query."""
    planned = Appointment.objects.filter(
        clinic=clinic,
        patient=patient,
        starts_at__gt=after,
        status__in=[str(one) for one in HOLDING if one != Status.COMPLETED],
    )
    listed = planned.select_related("service").order_by("starts_at", "pk")
    return next((one for one in listed if same_skin(service.areas, one.service.areas)), None)


def overrides_since(clinic: Clinic, first: dt.datetime) -> int:
    """How many overrides were made from an instant on; one query."""
    return Override.objects.filter(clinic=clinic, made_at__gte=first).count()


def overrides_between(*, clinic: Clinic, first: dt.datetime, last: dt.datetime) -> list[Override]:
    """A clinic's overrides made from `first` (UTC) on and before `last`, newest first; one query.

    At most two hundred: a page that long is its own message.
    """
    rows = Override.objects.filter(clinic=clinic, made_at__gte=first, made_at__lt=last)
    return list(
        rows.select_related(
            "appointment__patient",
            "appointment__service",
            "appointment__practitioner",
            "made_by",
        )[:MOST]
    )
