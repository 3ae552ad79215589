"""What every act on a chart stands on: the locked chart, its author, its facts."""

from __future__ import annotations

import datetime as dt
from typing import Any

from bookings.models import Appointment
from clinic import audit
from clinic.models import License, Practitioner, User
from clinic.refusals import NotAllowed, Refusal
from clinic.rules import covers
from treatments.models import Cartridge, StockMovement, Treatment
from treatments.rules.status import Status, Unit


def held_chart(treatment: Treatment, *, by: User, version: int | None = None) -> Treatment:
    """The chart, locked after its appointment and read again; only its author may write in it.

    Refuses another person (R52, 403) and a stale page (P12, 409).
    """
    Appointment.objects.held().get(pk=treatment.appointment_id)
    chart: Treatment = (
        Treatment.objects.held()
        .select_related("clinic", "appointment", "practitioner", "device__model", "patient")
        .get(pk=treatment.pk)
    )
    if chart.practitioner.user_id != by.pk:
        raise NotAllowed(f"Only {chart.practitioner.name} writes in this chart.", rule="R52")
    chart.expect(version)
    return chart


def must_be(chart: Treatment, *states: Status) -> None:
    """Refuse (R46; R50 once signed) when the chart is in none of the states."""
    if Status(chart.status) in states:
        return
    if chart.status == Status.SIGNED:
        raise Refusal(
            "This record is signed and never changes.", rule="R50", way_out="Write an addendum."
        )
    words = chart.get_status_display().lower()
    raise Refusal(f"This treatment is: {words}.", rule="R46", way_out="Reload the page.")


def license_today(
    practitioner: Practitioner, *, state: str, on: dt.date, field: str | None = None
) -> License:
    """The license that covers the practitioner on that clinic-local date, else a refusal (R17)."""
    verdict = covers(practitioner.licenses.all(), name=practitioner.name, state=state, on=on)
    if not verdict.allowed:
        raise Refusal(
            verdict.reason,
            rule=verdict.rule,
            field=field,
            way_out="Another licensed practitioner takes the visit.",
        )
    found: License = verdict.license
    return found


def opened_unit(chart: Treatment) -> Cartridge | None:
    """The unit opened for this chart and not yet used or wasted, locked."""
    unit: Cartridge | None = (
        Cartridge.objects.held()
        .select_related("lot__product")
        .filter(treatment=chart, status=Unit.OPENED)
        .first()
    )
    return unit


def step_unit(
    unit: Cartridge,
    *,
    to: Unit,
    kind: str,
    by: User,
    at: dt.datetime,
    treatment: Treatment | None,
    reason: str = "",
) -> None:
    """Write a unit's new state and the movement that says so, together."""
    before, unit.status = unit.status, str(to)
    unit.write()
    StockMovement(
        clinic_id=unit.clinic_id,
        lot_id=unit.lot_id,
        cartridge=unit,
        kind=kind,
        from_status=before,
        to_status=str(to),
        treatment=treatment,
        reason=reason,
        at=at,
        by=by,
    ).write()


def note(action: str, chart: Treatment, by: User, at: dt.datetime, **detail: Any) -> None:
    """The act's audit event."""
    audit.record(action, by=by, at=at, clinic_id=chart.clinic_id, on=chart, detail=detail)
