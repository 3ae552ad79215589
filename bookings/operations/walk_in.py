"""A patient who comes without an appointment."""

from __future__ import annotations

import datetime as dt

from bookings.models import Appointment, Service
from bookings.operations.arriving import mark_arrived
from bookings.operations.booking import book
from clinic import audit
from clinic.acts import act
from clinic.models import Clinic, Patient, Practitioner, Room, User
from clinic.permissions import Permission
from clinic.refusals import Refusal


@act("appointment.walk_in", may=Permission.BOOK, on="clinic")
def walk_in(
    *,
    clinic: Clinic,
    patient: Patient,
    practitioner: Practitioner | None,
    service: Service,
    starts_at: dt.datetime,
    by: User,
    at: dt.datetime,
    room: Room | None = None,
    override_reason: str = "",
) -> Appointment:
    """Book someone who stands at the desk for a time of today, and mark her arrived, in one act.

    Nobody is written to. Refuses as `book` does, and another day than today (T1).
    """
    if clinic.day_of(starts_at) != clinic.day_of(at):
        raise Refusal(
            "A walk-in is for today.",
            rule="T1",
            field="starts_at",
            way_out="Book a visit for another day.",
        )
    visit = book(
        clinic=clinic,
        patient=patient,
        practitioner=practitioner,
        service=service,
        starts_at=starts_at,
        room=room,
        by=by,
        at=at,
        override_reason=override_reason,
        tell=False,
    )
    visit = mark_arrived(appointment=visit, by=by, at=at)
    audit.record("appointment.walk_in", by=by, at=at, clinic_id=clinic.pk, on=visit)
    return visit
