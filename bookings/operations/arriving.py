"""Confirming, arriving, and not coming."""

from __future__ import annotations

import datetime as dt

from bookings import messages
from bookings.models import Appointment, Hold
from bookings.operations.ground import held_visit
from bookings.rules.status import Status, may_become, missed_from
from clinic import audit
from clinic.acts import act
from clinic.models import User
from clinic.permissions import Permission
from clinic.refusals import Refusal
from clinic.rules import say_date, say_time


@act("appointment.confirm", may=Permission.BOOK, on="appointment")
def confirm(
    *, appointment: Appointment, by: User, at: dt.datetime, version: int | None = None
) -> Appointment:
    """Note that the patient said she will come. Refuses R46 unless the visit is booked."""
    appointment = _step(appointment, Status.CONFIRMED, at, version)
    appointment.confirmed_at, appointment.confirmed_by = at, by
    return _written("appointment.confirm", appointment, by, at)


@act("appointment.arrive", may=Permission.BOOK, on="appointment")
def mark_arrived(
    *, appointment: Appointment, by: User, at: dt.datetime, version: int | None = None
) -> Appointment:
    """Note that the patient is here. Refuses R46 on another day than the visit's."""
    appointment = _step(appointment, Status.ARRIVED, at, version)
    if appointment.clinic.day_of(at) != appointment.local_date:
        raise Refusal(
            f"This visit is on {say_date(appointment.local_date)}.",
            rule="R46",
            way_out="Move it to today first.",
        )
    appointment.arrived_at, appointment.arrived_by = at, by
    return _written("appointment.arrive", appointment, by, at)


@act("appointment.no_show", may=Permission.BOOK, on="appointment")
def mark_no_show(
    *, appointment: Appointment, by: User, at: dt.datetime, version: int | None = None
) -> Appointment:
    """Note that the patient did not come; the time is given back, the appointment stays.

    Refuses R46 until ten minutes after the patient was due, and once she has arrived.
    """
    appointment = _step(appointment, Status.NO_SHOW, at, version)
    clinic = appointment.clinic
    missed = clinic.local(missed_from(appointment.comes_at))
    if at < missed:
        on = "" if clinic.day_of(at) == missed.date() else f" on {say_date(missed.date())}"
        raise Refusal(
            f"The patient may still come: this is not a no-show before {say_time(missed)}{on}.",
            rule="R46",
            way_out="Cancel the visit if the patient called it off.",
        )
    appointment.no_show_at, appointment.no_show_by = at, by
    return _written("appointment.no_show", appointment, by, at)


def _step(
    appointment: Appointment, then: Status, at: dt.datetime, version: int | None
) -> Appointment:
    appointment = held_visit(appointment, at=at, version=version)
    if not may_become(appointment.status, then):
        now = appointment.get_status_display().lower()
        raise Refusal(f"This visit is {now} already.", rule="R46", way_out="Reload the page.")
    appointment.status = str(then)
    return appointment


def _written(action: str, appointment: Appointment, by: User, at: dt.datetime) -> Appointment:
    appointment.write()
    if appointment.status == Status.NO_SHOW:
        Hold.objects.release(appointment)
        messages.missed(appointment, at=at)
    if appointment.status == Status.ARRIVED:
        messages.arrived(appointment, at=at)
    audit.record(action, by=by, at=at, clinic_id=appointment.clinic_id, on=appointment)
    return appointment
