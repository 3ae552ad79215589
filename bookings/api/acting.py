"""What programs do at the desk: the same operations as behind the desk's buttons."""

from __future__ import annotations

import datetime as dt
import uuid
from collections.abc import Callable
from typing import Any

from django.http import Http404
from django.utils import timezone
from ninja import Body, Header, Status

from bookings import operations, queries
from bookings.api.desk import router
from bookings.api.shapes import (
    BookedOut,
    Booking,
    Cancelling,
    Moving,
    Slots,
    Step,
    VisitOut,
    told_booked,
    told_visit,
)
from bookings.models import Appointment, Service
from bookings.queries.listing import rooms_in_use, visit_seen_by
from bookings.rules.fit import ABOUT_TIME
from bookings.rules.visit import FARTHEST
from clinic.api import NOS, answered_before, clinic_of, must_hold, once_of
from clinic.models import Clinic, Patient, Practitioner
from clinic.permissions import Permission
from clinic.queries.licenses import practitioners_of
from clinic.queries.parts import among
from clinic.queries.patients import patient_for
from clinic.refusals import NotAllowed, Refusal
from clinic.rules import write_as
from clinic.tokens import ApiRequest

OnceKey = Header(
    None,
    alias="Idempotency-Key",
    min_length=1,
    max_length=200,
    description="The same key with the same body does nothing anew and is answered as at first.",
)
Nothing = Body(None)


@router.post("appointments", response={201: BookedOut, **NOS})
def book(request: ApiRequest, given: Booking, key: str | None = OnceKey) -> Any:
    """Book a visit whose treatment starts at `starts_at`. A time that is not free is refused with
    the nearest ones that are, as `alternatives`."""
    clinic = clinic_of(request, given.clinic, Permission.BOOK)
    if first := answered_before(request, key):
        return first
    patient = patient_for(user=request.user, clinic=clinic, key=given.patient)
    service = among(queries.services_of(clinic), given.service)
    if patient is None or service is None:
        raise _Unknown("patient" if patient is None else "service")
    who = _practitioner(clinic, given.practitioner)

    def act() -> Appointment:
        return operations.book(
            clinic=clinic,
            patient=patient,
            practitioner=who,
            service=service,
            starts_at=given.starts_at,
            room=_room(clinic, given.room),
            override_reason=given.override_reason,
            by=request.user,
            at=timezone.now(),
            once=once_of(request, key),
        )

    done = _with_alternatives(act, clinic, service, patient, around=given.starts_at, who=who)
    waiting = queries.still_waits(clinic, service, patient)
    return Status(201, told_booked(done, waiting))


@router.post("appointments/{uuid:pk}/move", response={200: VisitOut, **NOS})
def move(request: ApiRequest, pk: uuid.UUID, given: Moving, key: str | None = OnceKey) -> Any:
    """Move a visit to another time, practitioner or room; refused as a booking is."""
    visit = _visit(request, pk)
    if first := answered_before(request, key):
        return first
    who = _practitioner(visit.clinic, given.practitioner)

    def act() -> Appointment:
        return operations.move(
            appointment=visit,
            starts_at=given.starts_at,
            practitioner=who,
            room=_room(visit.clinic, given.room),
            version=given.version,
            override_reason=given.override_reason,
            by=request.user,
            at=timezone.now(),
            once=once_of(request, key),
        )

    return told_visit(
        _with_alternatives(
            act,
            visit.clinic,
            visit,
            visit.patient,
            around=given.starts_at,
            who=who or visit.practitioner,
            but=visit,
        )
    )


@router.post("appointments/{uuid:pk}/cancel", response={200: VisitOut, **NOS})
def cancel(request: ApiRequest, pk: uuid.UUID, given: Cancelling, key: str | None = OnceKey) -> Any:
    """Call a visit off: its time is free again."""
    visit = _visit(request, pk)
    if first := answered_before(request, key):
        return first
    done = operations.cancel(
        appointment=visit,
        reason=given.reason,
        cancelled_as=str(given.cancelled_as),
        version=given.version,
        by=request.user,
        at=timezone.now(),
        once=once_of(request, key),
    )
    return told_visit(done)


@router.post("appointments/{uuid:pk}/arrive", response={200: VisitOut, **NOS})
def arrive(
    request: ApiRequest, pk: uuid.UUID, given: Step | None = Nothing, key: str | None = OnceKey
) -> Any:
    """The patient is here."""
    return _step(operations.mark_arrived, request, pk, given, key)


@router.post("appointments/{uuid:pk}/no-show", response={200: VisitOut, **NOS})
def no_show(
    request: ApiRequest, pk: uuid.UUID, given: Step | None = Nothing, key: str | None = OnceKey
) -> Any:
    """The patient did not come; the time is free again."""
    return _step(operations.mark_no_show, request, pk, given, key)


class _Unknown(Refusal):
    """Something that is named and not there, or another clinic's: both answer alike (P15)."""

    status = 404

    def __init__(self, field: str) -> None:
        super().__init__(f"This {field} is not known here.", rule="P15", field=field)


def _step(
    operation: Callable[..., Appointment],
    request: ApiRequest,
    pk: uuid.UUID,
    given: Step | None,
    key: str | None,
) -> Any:
    visit = _visit(request, pk)
    if first := answered_before(request, key):
        return first
    done = operation(
        appointment=visit,
        version=given.version if given else None,
        by=request.user,
        at=timezone.now(),
        once=once_of(request, key),
    )
    return told_visit(done)


def _visit(request: ApiRequest, pk: uuid.UUID) -> Appointment:
    """A visit in any clinic in which its reader sees the day and acts; what is said of it from
    here on is written in that clinic's way."""
    if not any(request.user.can(Permission.BOOK, one.pk) for one in request.user.places):
        must_hold(request, request.user.places[0], Permission.BOOK)
    visit = visit_seen_by(user=request.user, key=pk)
    if visit is None:
        raise Http404
    write_as(visit.clinic.locale)
    return visit


def _practitioner(clinic: Clinic, key: uuid.UUID | None) -> Practitioner | None:
    found = among(practitioners_of(clinic), key)
    if key and found is None:
        raise _Unknown("practitioner")
    return found


def _room(clinic: Clinic, key: uuid.UUID | None) -> Any:
    found = among(rooms_in_use(clinic), key)
    if key and found is None:
        raise _Unknown("room")
    return found


def _with_alternatives(
    act: Callable[[], Appointment],
    clinic: Clinic,
    need: Service | Appointment,
    patient: Patient,
    *,
    around: dt.datetime,
    who: Practitioner | None,
    but: Appointment | None = None,
) -> Appointment:
    """What the act makes; its "no" about a time comes with the nearest times that work."""
    try:
        return act()
    except NotAllowed:
        raise
    except Refusal as refusal:
        if refusal.rule in ABOUT_TIME:
            at = timezone.now()
            near = min(max(around, at), at + FARTHEST)
            found = queries.search_near(
                clinic=clinic, need=need, around=near, at=at, patient=patient, but=but
            )
            slots = Slots(found, clinic)
            times = found.nearest(near, practitioner=who)
            refusal.alternatives = tuple(slots.told(one) for one in times)
        raise
