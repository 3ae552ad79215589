"""The interval between two treatments of an area, held at the desk, and passed over (R35)."""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection

from bookings.models import Appointment, Override, Service
from bookings.operations.ground import held_visit
from bookings.queries.intervals import gap_of, rest_of
from bookings.rules.interval import Gap, Needled, say_rest
from bookings.rules.status import BEFORE_START, Status
from clinic import audit
from clinic.acts import act
from clinic.models import Clinic, Patient, User
from clinic.permissions import Permission
from clinic.refusals import Refusal


def keep_interval(
    *,
    clinic: Clinic,
    patient: Patient,
    service: Service,
    day: dt.date,
    reason: str,
    by: User,
    but: Appointment | None = None,
) -> Gap | None:
    """Refuse (R35) a day too soon after the last treatment of the service's areas.

    14 days or more after it, one with OVERRIDE who gives a reason gets the gap back, to be
    kept with `note_override`; None where nothing stands against the day. `but` is the visit being
    moved: what was passed over for it stays so. The patient is locked.
    """
    rest = rest_of(clinic=clinic, patient=patient, areas=service.areas, since=day, but=but)
    gap = rest.gap_on(day)
    if gap is None:
        return None
    may = gap.may_be_overridden and by.can(Permission.OVERRIDE, clinic.pk)
    if may and reason.strip():
        return gap
    raise Refusal(
        gap.says,
        rule="R35",
        field="override_reason" if may else "starts_at",
        way_out=_way_out(gap, may=may),
    )


def keep_rest(
    visit: Appointment,
    *,
    on: dt.date,
    area: str = "",
    also: Collection[Needled] = (),
) -> None:
    """Refuse (R35) to treat a visit on a clinic-local day that comes too soon after the last
    treatment of its service's areas; of an `area`, after the last of that one alone.

    What was passed over for the visit counts for the areas of its service. `also` is what was
    needled in treatments that still go on. The visit is locked.
    """
    gap = gap_of(visit, on=on, area=area, also=also)
    if gap is None:
        return
    covers = not area or not visit.service.areas or area in visit.service.areas
    raise Refusal(
        gap.says, rule="R35", field="area" if area else None, way_out=say_rest(gap, covers=covers)
    )


def note_override(
    appointment: Appointment, gap: Gap, *, reason: str, by: User, at: dt.datetime
) -> None:
    """Keep that a visit was put sooner than the interval, for the manager's list."""
    Override(
        clinic_id=appointment.clinic_id,
        appointment=appointment,
        kind=Override.Kind.INTERVAL,
        reason=reason.strip(),
        detail={
            "last_on": gap.last_on.isoformat(),
            "from_on": gap.from_on.isoformat(),
            "days": gap.days,
        },
        made_at=at,
        made_by=by,
    ).write()


@act("appointment.allow_interval", may=Permission.OVERRIDE, on="appointment")
def allow_interval(
    *,
    appointment: Appointment,
    reason: str,
    by: User,
    at: dt.datetime,
    version: int | None = None,
) -> Appointment:
    """Allow a visit that is booked to be treated on its day, sooner than the interval.

    For a visit that has become too short since it was booked, because the same skin was treated
    meanwhile. It is kept for the manager's list.

    Refuses a stale page (P12, 409), a visit whose treatment has begun or that is over (R46), a
    day that needs no leave or comes under 14 days after the last treatment, and an empty reason
    (R35).
    """
    # In the order of locks the patient comes before her visit.
    Patient.objects.held().get(pk=appointment.patient_id)
    visit = held_visit(appointment, at=at, version=version)
    if Status(visit.status) not in BEFORE_START:
        now = visit.get_status_display().lower()
        raise Refusal(f"This visit is {now}.", rule="R46", way_out="Reload the page.")
    gap = gap_of(visit, on=visit.local_date)
    if gap is None:
        raise Refusal(
            "This visit keeps the interval, or it was allowed already.",
            rule="R35",
            way_out="Reload the page.",
        )
    if not gap.may_be_overridden:
        raise Refusal(gap.says, rule="R35", way_out=say_rest(gap))
    if not reason.strip():
        raise Refusal("Say why the visit comes sooner.", rule="R35", field="reason")
    note_override(visit, gap, reason=reason, by=by, at=at)
    # Nothing of the visit itself changes, but whoever looks at it looks at something else.
    visit.write(only=[])
    audit.record(
        "appointment.allow_interval",
        by=by,
        at=at,
        clinic_id=visit.clinic_id,
        on=visit,
        detail={"override": reason.strip(), "last_on": gap.last_on.isoformat(), "days": gap.days},
    )
    return visit


def _way_out(gap: Gap, *, may: bool) -> str:
    if may:
        return f"{gap.would_work} To book it sooner, give a reason."
    if gap.may_be_overridden:
        return f"{gap.would_work} A manager can book it sooner, with a reason."
    return gap.would_work
