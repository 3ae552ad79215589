"""The interval between two treatments of an area, held at the desk, and passed over (R35)."""

from __future__ import annotations

import datetime as dt

from bookings.models import Appointment, Override, Service
from bookings.queries.intervals import rest_of
from bookings.rules.interval import Gap
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


def _way_out(gap: Gap, *, may: bool) -> str:
    if may:
        return f"{gap.would_work} To book it sooner, give a reason."
    if gap.may_be_overridden:
        return f"{gap.would_work} A manager can book it sooner, with a reason."
    return gap.would_work
