"""Taking back what was done to a visit a moment ago."""

from __future__ import annotations

import datetime as dt
from copy import copy
from dataclasses import dataclass

from bookings import messages
from bookings.models import Appointment, Hold, Undo
from bookings.operations.ground import held_visit
from bookings.operations.placing import find_place, take
from bookings.queries import Done, done_last, offered_there
from bookings.queries.merging import parted_since
from bookings.rules.status import Act, Status, stood
from bookings.rules.undoing import is_locked, say_too_late
from clinic import audit
from clinic.acts import act
from clinic.models import Device, Practitioner, Room, User
from clinic.permissions import Permission
from clinic.refusals import Conflict, Refusal
from clinic.rules import say_time

AGAIN = {
    Act.MOVE: "Move the visit to a time that is free.",
    Act.CANCEL: "Book a new visit at a time that is free.",
    Act.NO_SHOW: "Book a new visit at a time that is free.",
}


@dataclass(frozen=True)
class _Back:
    """Where a visit goes back to."""

    starts_at: dt.datetime
    practitioner: Practitioner
    room: Room | None
    device: Device | None


@act("appointment.undo", may=Permission.BOOK, on="appointment")
def undo(
    *, appointment: Appointment, by: User, at: dt.datetime, version: int | None = None
) -> Appointment:
    """Take back the cancelling, the move or the no-show that was the last act on a visit.

    The visit stands as before, at its time, with its person, in its room; what waits to be
    sent about the act is dropped. Who did it and who took it back stays on file.

    Refuses a stale page (P12, 409), a visit to which something else was done since, and an act
    of more than three minutes ago (R46); and as `book` does where the place does not fit any
    more: taken by another (R47, 409), no license (R17, R18, R25), not at work (T1).
    """
    if version is not None and version != appointment.version:
        held_visit(appointment, at=at, version=version)
    done = _to_take_back(appointment, by, at)
    back = _back(appointment, done)
    planned = copy(appointment)
    planned.starts_at, planned.practitioner = back.starts_at, back.practitioner
    try:
        place = find_place(
            clinic=appointment.clinic,
            practitioner=back.practitioner,
            patient=appointment.patient,
            service=appointment.service,
            lanes=planned.lanes,
            room=back.room,
            device=back.device,
            at=at,
            but=appointment,
        )
    except Refusal as no:
        says = f"This cannot be taken back. {_offered(appointment, planned) or no.sentence}"
        raise type(no)(says, rule=no.rule, way_out=AGAIN[done.act]) from no
    visit = held_visit(appointment, at=at, version=version)
    if _to_take_back(visit, by, at) != done:
        raise Conflict("This visit was changed meanwhile.", rule="P12", way_out="Look again.")
    Undo(
        clinic_id=visit.clinic_id,
        appointment=visit,
        act=str(done.act),
        move=done.move,
        reason=done.reason,
        done_at=done.at,
        done_by=done.by,
        undone_at=at,
        undone_by=by,
    ).write()
    Hold.objects.release(visit)
    if done.move is None:
        _give_back(visit)
    visit.practitioner, visit.license = place.practitioner, place.license
    visit.room, visit.device = place.room, place.device
    visit.starts_at, visit.local_date = back.starts_at, visit.clinic.day_of(back.starts_at)
    visit.write()
    take(visit)
    messages.restored(visit, at=at)
    audit.record(
        "appointment.undo",
        by=by,
        at=at,
        clinic_id=visit.clinic_id,
        on=visit,
        detail={
            "undone": str(done.act),
            "done_at": done.at,
            "starts_at": visit.starts_at,
            "practitioner": visit.practitioner_id,
            "room": visit.room_id,
        },
    )
    return visit


def _to_take_back(visit: Appointment, by: User, at: dt.datetime) -> Done:
    done = done_last(visit)
    if done is None:
        raise Refusal(
            "There is nothing to take back: a cancelling, a move or a no-show is undone only "
            "while it is the last thing that was done to the visit.",
            rule="R46",
        )
    if not done.is_open(at):
        raise Refusal(
            say_too_late(visit.clinic.local(done.at)), rule="R46", way_out=AGAIN[done.act]
        )
    if parted_since(visit, done.at):
        raise Refusal(
            "Two numbers were merged when this was done, and are not any more.",
            rule="R57",
            way_out="Book a new visit for the patient whom it is for.",
        )
    if is_locked(done.act, Status(visit.status)) and not by.can(
        Permission.OVERRIDE, visit.clinic_id
    ):
        raise Refusal(
            "The patient is here: the time is locked.",
            rule="R46",
            way_out="A manager can take the move back.",
        )
    return done


def _offered(appointment: Appointment, planned: Appointment) -> str:
    """That the time is offered to someone who waits; "" where it is not."""
    span, clinic = planned.lanes.practitioner, appointment.clinic
    offer = offered_there(clinic, planned.practitioner, span.starts_at, span.ends_at)
    if offer is None:
        return ""
    until = say_time(clinic.local(offer.expires_at))
    return f"The time is offered to {offer.patient.code}, who waits, until {until}."


def _back(visit: Appointment, done: Done) -> _Back:
    move = done.move
    if move is None:
        return _Back(visit.starts_at, visit.practitioner, visit.room, visit.device)
    return _Back(move.from_starts_at, move.from_practitioner, move.from_room, move.from_device)


def _give_back(visit: Appointment) -> None:
    """Let a visit that was cancelled or missed stand where it stood."""
    visit.status = str(stood(confirmed=bool(visit.confirmed_at), arrived=bool(visit.arrived_at)))
    visit.cancelled_at = visit.cancelled_by = visit.no_show_at = visit.no_show_by = None
    visit.cancel_reason = visit.cancelled_as = ""
    visit.cancelled_late = False
