"""What the desk's part of the API sends and is sent."""

from __future__ import annotations

import datetime as dt
import uuid
from collections.abc import Iterable
from typing import Any

from ninja import Schema

from bookings.models import Appointment, Service, WaitlistEntry
from bookings.queries import FreeSearch, FreeTime
from bookings.queries.free_times import RoomsFree
from bookings.rules.cancelling import CancelledAs
from bookings.rules.status import Status
from clinic.api import Code, Instant, Named, Reason, Sent, Version
from clinic.models import Clinic


class ServiceOut(Named):
    """A service, and its minutes: numbing lies before the start, clean-down after the end."""

    code: str
    check_in_min: int
    numbing_min: int
    treatment_min: int
    clean_down_min: int
    price: str


class PractitionerOut(Named):
    """Someone who treats; `available` is False where no license covers today, and `says` why."""

    credential: str
    available: bool
    says: str


class PatientOut(Named):
    """A patient: who she is, never why she comes."""

    code: str
    birth_date: dt.date
    phone: str
    email: str


class Who(Named):
    """The patient of a visit, as the day board names her."""

    code: str


class VisitOut(Schema):
    """A visit. `starts_at` is when the treatment starts, `comes_at` when the patient is due."""

    id: uuid.UUID
    clinic: str
    status: Status
    patient: Who
    practitioner: Named
    service: Named
    room: Named
    comes_at: dt.datetime
    starts_at: dt.datetime
    ends_at: dt.datetime
    version: int


class Waiting(Schema):
    """A place on the waitlist that is still open."""

    id: uuid.UUID
    since: dt.datetime


class BookedOut(VisitOut):
    """A visit just booked; `still_waiting` is where its patient waits for the service all the
    same, to be taken off at the desk."""

    still_waiting: list[Waiting]


class Booking(Sent):
    """A visit to book. Without a practitioner or a room, any one that is free is taken."""

    patient: uuid.UUID
    service: uuid.UUID
    starts_at: Instant
    practitioner: uuid.UUID | None = None
    room: uuid.UUID | None = None
    clinic: Code | None = None
    override_reason: Reason = ""


class Step(Sent):
    """With `version`, the act is refused (409) where the visit has changed since."""

    version: Version | None = None


class Moving(Step):
    """Where a visit goes; without a practitioner it stays with hers."""

    starts_at: Instant
    practitioner: uuid.UUID | None = None
    room: uuid.UUID | None = None
    override_reason: Reason = ""


class Cancelling(Step):
    """Why a visit is called off, and by whom."""

    reason: Reason
    cancelled_as: CancelledAs = CancelledAs.CLINIC


def told_name(row: Any) -> dict[str, Any]:
    """Something by its key and its name."""
    return {"id": row.pk, "name": row.name}


def told_service(one: Service) -> dict[str, Any]:
    """A service as `ServiceOut`."""
    minutes = ("check_in_min", "numbing_min", "treatment_min", "clean_down_min")
    told = {name: getattr(one, name) for name in minutes}
    return told_name(one) | told | {"code": one.code, "price": one.price_text}


def told_visit(visit: Appointment) -> dict[str, Any]:
    """A visit as `VisitOut`, on the clinic's wall clock."""
    local = visit.clinic.local
    return {
        "id": visit.pk,
        "clinic": visit.clinic.code,
        "status": visit.status,
        "patient": told_name(visit.patient) | {"code": visit.patient.code},
        "practitioner": told_name(visit.practitioner),
        "service": told_name(visit.service),
        "room": told_name(visit.room),
        "comes_at": local(visit.comes_at),
        "starts_at": local(visit.starts_at),
        "ends_at": local(visit.ends_at),
        "version": visit.version,
    }


def told_booked(visit: Appointment, waiting: Iterable[WaitlistEntry]) -> dict[str, Any]:
    """A visit as `BookedOut`."""
    local = visit.clinic.local
    waits = [{"id": one.pk, "since": local(one.created_at)} for one in waiting]
    return told_visit(visit) | {"still_waiting": waits}


class Slots:
    """Free times of one search as `Slot`s."""

    def __init__(self, found: FreeSearch, clinic: Clinic) -> None:
        self._rooms, self._local = RoomsFree(found), clinic.local
        self._lasts = dt.timedelta(minutes=found.asked.need.treatment_min)

    def told(self, one: FreeTime) -> dict[str, Any]:
        """One free time: with whom, in which room, from when to when."""
        room = self._rooms.at(one.starts_at)
        return {
            "practitioner": told_name(one.practitioner),
            "room": told_name(room) if room else None,
            "starts_at": self._local(one.starts_at),
            "ends_at": self._local(one.starts_at + self._lasts),
        }
