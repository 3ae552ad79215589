"""When a clinic is open."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence

from bookings.rules.hours import hours_faults
from clinic import audit
from clinic.acts import act
from clinic.models import Clinic, User
from clinic.permissions import Permission
from clinic.refusals import Refusal, refuse_all
from clinic.rules import Hours


@act("clinic.set_hours", may=Permission.SET_UP_CLINIC, on="clinic")
def set_opening_hours(
    *,
    clinic: Clinic,
    week: Sequence[Hours],
    version: int | None = None,
    by: User,
    at: dt.datetime,
) -> Clinic:
    """Say when the clinic is open, from Monday on, in minutes of the wall clock's day.

    Who is there when, her shifts say; opening hours say when patients find the door open. Refuses
    a stale version (P12, 409), and hours that overlap, cross midnight or end before they begin,
    and a week without any (T1).
    """
    held: Clinic = Clinic.objects.held().get(pk=clinic.pk)
    held.expect(version)
    refuse_all(
        [
            Refusal(says, rule="T1", field=f"d{n}_{place}_to")
            for n, hours in enumerate(week)
            for place, says in hours_faults(hours).items()
        ]
    )
    if not any(week):
        raise Refusal(
            "A clinic is open some day of the week.",
            rule="T1",
            field="d0_0_from",
            way_out="Enter the hours of at least one day.",
        )
    before = held.hours
    held.hours = [[[first, last] for first, last in sorted(hours)] for hours in week]
    held.hours_said = True
    held.write(only=["hours", "hours_said"])
    audit.record(
        "clinic.set_hours",
        by=by,
        at=at,
        clinic_id=held.pk,
        on=held,
        detail={"from_week": before, "to_week": held.hours},
    )
    return held
