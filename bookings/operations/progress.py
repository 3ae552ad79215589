"""What a treatment tells the day board as it goes. Called from upstairs, inside its acts."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable

from bookings.models import Appointment, PerformedArea
from bookings.rules.status import Status, may_become
from clinic import audit
from clinic.acts import act
from clinic.models import User
from clinic.permissions import Permission
from clinic.refusals import Refusal


@act("appointment.chart_opened", may=Permission.TREAT, on="appointment")
def note_chart_opened(*, appointment: Appointment, by: User, at: dt.datetime) -> Appointment:
    """The chart is open: from now on only the treatment ends this visit. Refuses R46 unless
    the patient has arrived."""
    appointment = Appointment.objects.held().select_related("clinic").get(pk=appointment.pk)
    if appointment.status != Status.ARRIVED:
        now = appointment.get_status_display().lower()
        raise Refusal(
            f"This visit is {now}.", rule="R46", way_out="The desk marks the patient arrived."
        )
    appointment.chart_opened_at, appointment.chart_opened_by = at, by
    return _written("appointment.chart_opened", appointment, by, at)


@act("appointment.numbing_on", may=Permission.TREAT, on="appointment")
def note_numbing_on(
    *, appointment: Appointment, on_at: dt.datetime, due_at: dt.datetime, by: User, at: dt.datetime
) -> Appointment:
    """Cream went on at `on_at`; it has worked at `due_at` (UTC)."""
    appointment = _step(appointment, Status.NUMBING)
    if appointment.numbing_on is None or on_at < appointment.numbing_on:
        appointment.numbing_on = on_at
    appointment.numbing_due = max(due_at, appointment.numbing_due or due_at)
    appointment.numbing_off = None
    return _written("appointment.numbing_on", appointment, by, at)


@act("appointment.numbing_off", may=Permission.TREAT, on="appointment")
def note_numbing_off(
    *, appointment: Appointment, off_at: dt.datetime, by: User, at: dt.datetime
) -> Appointment:
    """All cream is off, the last at `off_at` (UTC)."""
    appointment = Appointment.objects.held().get(pk=appointment.pk)
    appointment.numbing_off = off_at
    return _written("appointment.numbing_off", appointment, by, at)


@act("appointment.started", may=Permission.TREAT, on="appointment")
def note_started(*, appointment: Appointment, by: User, at: dt.datetime) -> Appointment:
    """Needling may begin."""
    appointment = _step(appointment, Status.IN_TREATMENT)
    return _written("appointment.started", appointment, by, at)


@act("appointment.ended", may=Permission.TREAT, on="appointment")
def note_ended(
    *,
    appointment: Appointment,
    early: bool,
    areas: Iterable[str],
    performed_on: dt.date,
    by: User,
    at: dt.datetime,
) -> Appointment:
    """The visit is over. `areas` were needled on the clinic-local date `performed_on`."""
    appointment = _step(appointment, Status.COMPLETED)
    appointment.ended_early = early
    for area in sorted(set(areas)):
        PerformedArea(
            clinic_id=appointment.clinic_id,
            patient_id=appointment.patient_id,
            appointment=appointment,
            area=area,
            performed_on=performed_on,
        ).write()
    return _written("appointment.ended", appointment, by, at)


def _step(appointment: Appointment, then: Status) -> Appointment:
    appointment = Appointment.objects.held().select_related("clinic").get(pk=appointment.pk)
    if appointment.status != then and not may_become(appointment.status, then):
        now = appointment.get_status_display().lower()
        raise Refusal(f"This visit is {now}.", rule="R46", way_out="Reload the page.")
    appointment.status = str(then)
    return appointment


def _written(action: str, appointment: Appointment, by: User, at: dt.datetime) -> Appointment:
    appointment.write()
    audit.record(action, by=by, at=at, clinic_id=appointment.clinic_id, on=appointment)
    return appointment
