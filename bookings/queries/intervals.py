"""What was needled of a patient, and which visits are planned for the same skin (R35)."""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field

from bookings.models import Appointment, Override, PerformedArea, Service
from bookings.rules.interval import Gap, Needled, first_day, gap_before, same_skin
from bookings.rules.status import HOLDING, Status
from clinic.models import Clinic, Patient

DAY = dt.timedelta(days=1)
MOST = 200


@dataclass(frozen=True)
class Rest:
    """What a patient's skin had, and what was passed over for one visit: read once, then asked
    for any day."""

    areas: Collection[str]
    keeps_days: int
    needled: Sequence[Needled] = ()
    passed: Mapping[dt.date, int] = field(default_factory=dict)

    def gap_on(self, day: dt.date) -> Gap | None:
        """What a visit on a clinic-local day comes too soon after; None where nothing is."""
        return gap_before(
            day,
            areas=self.areas,
            needled=self.needled,
            keeps_days=self.keeps_days,
            passed=self.passed,
        )

    @property
    def first_day(self) -> dt.date | None:
        """The first day that the interval allows; None where every day will do."""
        return first_day(
            areas=self.areas,
            needled=self.needled,
            keeps_days=self.keeps_days,
            passed=self.passed,
        )


def rest_of(
    *,
    clinic: Clinic,
    patient: Patient,
    areas: Collection[str],
    since: dt.date,
    but: Appointment | None = None,
) -> Rest:
    """What counts for visits of a patient for `areas` on days from `since` on.

    One query; two for a visit that is moved (`but`).
    """
    keeps = clinic.interval_days
    rows = PerformedArea.objects.filter(
        patient__in=Patient.objects.same_person(patient).values("pk"),
        clinic=clinic,
        performed_on__gt=since - DAY * keeps,
    )
    needled = [
        Needled(area, on) for area, on in rows.order_by().values_list("area", "performed_on")
    ]
    return Rest(areas, keeps, needled, _passed(but) if but is not None and needled else {})


def _passed(visit: Appointment) -> dict[dt.date, int]:
    made = Override.objects.filter(appointment=visit, kind=Override.Kind.INTERVAL)
    found: dict[dt.date, int] = {}
    for detail in made.order_by("made_at", "pk").values_list("detail", flat=True):
        with suppress(KeyError, TypeError, ValueError):
            last_on, days = dt.date.fromisoformat(detail["last_on"]), int(detail["days"])
            found[last_on] = min(days, found.get(last_on, days))
    return found


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
    planned = (
        Appointment.objects.filter(
            clinic=clinic,
            patient=patient,
            local_date__range=(day - keeps, day + keeps),
            status__in=[str(one) for one in HOLDING if one != Status.COMPLETED],
        )
        .select_related("service")
        .order_by("starts_at", "pk")
    )
    near = [
        one
        for one in planned
        if (but is None or one.pk != but.pk) and same_skin(service.areas, one.service.areas)
    ]
    return min(near, key=lambda one: (abs(one.local_date - day), one.local_date), default=None)


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
