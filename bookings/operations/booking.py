"""Booking, moving and cancelling a visit."""

from __future__ import annotations

import datetime as dt

from bookings import messages
from bookings.models import Appointment, Course, Hold, Move, Override, Service
from bookings.operations.ground import held_visit, refuse_not_offered
from bookings.operations.interval import keep_interval, note_override
from bookings.operations.placing import find_place, take
from bookings.rules.cancelling import CancelledAs, is_late
from bookings.rules.interval import Gap
from bookings.rules.status import MOVABLE, Status, may_become
from bookings.rules.visit import NUMBING_MAX_MIN, lanes, time_fault
from clinic import audit
from clinic.acts import act
from clinic.models import Clinic, Device, Patient, Practitioner, Room, User
from clinic.permissions import Permission
from clinic.refusals import Conflict, Refusal


@act("appointment.book", may=Permission.BOOK, on="clinic")
def book(
    *,
    clinic: Clinic,
    patient: Patient,
    practitioner: Practitioner | None,
    service: Service,
    starts_at: dt.datetime,
    by: User,
    at: dt.datetime,
    room: Room | None = None,
    device: Device | None = None,
    numbing_min: int | None = None,
    note: str = "",
    tell: bool = True,
    override_reason: str = "",
    course: Course | None = None,
    course_no: int | None = None,
) -> Appointment:
    """Book a visit whose needling is planned to start at `starts_at` (UTC, whole minutes).

    Numbing lies before it (`numbing_min`, else the service's), clean-down after it. Where
    practitioner, room or device is None, any one who may and is free is taken. The patient is
    sent a confirmation, unless `tell` says that she has one. `override_reason` is why it is
    booked sooner than the interval allows; it is kept where it was needed.

    Refuses: a time in the past or more than two years ahead, or of less than a minute's
    grain (T1); numbing of more than two hours (R48); another clinic's patient or service (P15);
    no ACTIVE license of the clinic's state in force on the clinic-local date (R17, R18, R25);
    outside the shift (T1); practitioner, room, device or patient taken (R47, 409); too soon
    after the last treatment of the service's areas (R35).
    """
    _check_time(starts_at, at)
    _check_clinic(clinic, patient=patient, service=service, room=room, device=device)
    refuse_not_offered(clinic, service)
    numbing = service.numbing_min if numbing_min is None else numbing_min
    if not 0 <= numbing <= NUMBING_MAX_MIN:
        raise Refusal("Numbing takes 0 to 120 minutes.", rule="R48", field="numbing_min")
    appointment = Appointment(
        clinic=clinic,
        patient=patient,
        service=service,
        starts_at=starts_at,
        local_date=clinic.day_of(starts_at),
        numbing_min=numbing,
        treatment_min=service.treatment_min,
        clean_down_min=service.clean_down_min,
        check_in_min=service.check_in_min,
        note=note.strip(),
        course=course,
        course_no=course_no,
        created_at=at,
        created_by=by,
    )
    place = find_place(
        clinic=clinic,
        practitioner=practitioner,
        patient=patient,
        service=service,
        lanes=appointment.lanes,
        room=room,
        device=device,
        at=at,
    )
    gap = keep_interval(
        clinic=clinic,
        patient=patient,
        service=service,
        day=appointment.local_date,
        reason=override_reason,
        by=by,
    )
    appointment.practitioner, appointment.license = place.practitioner, place.license
    appointment.room, appointment.device = place.room, place.device
    appointment.write()
    take(appointment)
    if gap:
        note_override(appointment, gap, reason=override_reason, by=by, at=at)
    if tell:
        messages.booked(appointment, at=at)
    _note("appointment.book", appointment, by, at, **_why(gap, override_reason))
    return appointment


@act("appointment.move", may=Permission.BOOK, on="appointment")
def move(
    *,
    appointment: Appointment,
    starts_at: dt.datetime,
    by: User,
    at: dt.datetime,
    practitioner: Practitioner | None = None,
    room: Room | None = None,
    device: Device | None = None,
    version: int | None = None,
    override_reason: str = "",
    tell: bool = True,
) -> Appointment:
    """Move a visit that has not begun to another time, and where named to another person or room.

    Once the patient is here the time is locked: only one with OVERRIDE moves it, within the
    day, with a reason, which is kept.

    Refuses a stale page (P12, 409), a visit that has begun or ended (R46), and whatever
    `book` refuses at the new time; what was passed over for it (R35) needs no second reason.
    """
    _check_time(starts_at, at)
    # The practitioner's row comes before the appointment's in the order of locks, so the
    # visit is read unlocked first, and judged again below.
    practitioner_named = practitioner is not None
    practitioner = practitioner or appointment.practitioner
    clinic = appointment.clinic
    plan = lanes(
        starts_at=starts_at,
        numbing_min=appointment.numbing_min,
        treatment_min=appointment.treatment_min,
        clean_down_min=appointment.clean_down_min,
        check_in_min=appointment.check_in_min,
    )
    _check_clinic(clinic, room=room, device=device)
    place = find_place(
        clinic=clinic,
        practitioner=practitioner,
        patient=appointment.patient,
        service=appointment.service,
        lanes=plan,
        room=room,
        device=device,
        at=at,
        but=appointment,
    )
    appointment = held_visit(appointment, at=at, version=version)
    if not practitioner_named and appointment.practitioner_id != place.practitioner.pk:
        raise Conflict("This visit has moved to someone else.", rule="P12", way_out="Look again.")
    day = clinic.day_of(starts_at)
    past_arrival = _may_move(appointment, day, override_reason, by)
    gap = keep_interval(
        clinic=clinic,
        patient=appointment.patient,
        service=appointment.service,
        day=day,
        reason=override_reason,
        by=by,
        but=appointment,
    )
    before, before_with = appointment.starts_at, appointment.practitioner_id
    before_in, before_pen = appointment.room_id, appointment.device_id
    if past_arrival:
        Override(
            clinic=clinic,
            appointment=appointment,
            kind=Override.Kind.ARRIVED_TIME,
            reason=override_reason.strip(),
            detail={"from": before.isoformat(), "to": starts_at.isoformat()},
            made_at=at,
            made_by=by,
        ).write()
    Hold.objects.release(appointment)
    appointment.practitioner, appointment.license = practitioner, place.license
    appointment.room, appointment.device = place.room, place.device
    appointment.starts_at, appointment.local_date = starts_at, day
    appointment.write()
    take(appointment)
    Move(
        clinic=clinic,
        appointment=appointment,
        from_starts_at=before,
        from_practitioner_id=before_with,
        from_room_id=before_in,
        from_device_id=before_pen,
        to_starts_at=starts_at,
        to_practitioner=practitioner,
        moved_at=at,
        moved_by=by,
    ).write()
    if gap:
        note_override(appointment, gap, reason=override_reason, by=by, at=at)
    if tell:
        messages.moved(appointment, at=at)
    told = _why(gap, override_reason)
    _note("appointment.move", appointment, by, at, before=before, before_with=before_with, **told)
    return appointment


@act("appointment.cancel", may=Permission.BOOK, on="appointment")
def cancel(
    *,
    appointment: Appointment,
    reason: str,
    by: User,
    at: dt.datetime,
    cancelled_as: str = CancelledAs.CLINIC,
    version: int | None = None,
) -> Appointment:
    """Cancel a visit: its time is free again, the appointment stays on file.

    `cancelled_as` says who called it off; a patient who does so after the clinic's cut-off has
    cancelled late, which is kept. The message waits for `UNDO`.

    Refuses a stale page (P12, 409), an empty reason (R54), nobody who called it off, a visit
    whose chart is open or that has ended (R46).
    """
    if not reason.strip():
        raise Refusal("Say why the visit is cancelled.", rule="R54", field="reason")
    if cancelled_as not in list(CancelledAs):
        says = "Say who called the visit off."
        raise Refusal(says, rule="input", field="cancelled_as")
    appointment = held_visit(appointment, at=at, version=version)
    if appointment.chart_opened_at or not may_become(appointment.status, Status.CANCELLED):
        raise Refusal(
            f"A visit that is {_word(appointment)} cannot be cancelled.",
            rule="R46",
            way_out="End the treatment in its chart." if appointment.chart_opened_at else "",
        )
    appointment.status, appointment.cancel_reason = str(Status.CANCELLED), reason.strip()
    appointment.cancelled_at, appointment.cancelled_by = at, by
    appointment.cancelled_as = str(cancelled_as)
    appointment.cancelled_late = cancelled_as == CancelledAs.PATIENT and is_late(
        comes_at=appointment.comes_at, at=at, cutoff_h=appointment.clinic.cancel_cutoff_h
    )
    appointment.write()
    Hold.objects.release(appointment)
    messages.cancelled(appointment, at=at)
    called_off = {"called_off_by": str(cancelled_as), "late": appointment.cancelled_late}
    _note("appointment.cancel", appointment, by, at, **called_off)
    return appointment


def _may_move(visit: Appointment, day: dt.date, reason: str, by: User) -> bool:
    """Whether the move goes past an arrival (R46); refuses where the visit is not to be moved."""
    status = Status(visit.status)
    if status in MOVABLE:
        return False
    if status is not Status.ARRIVED or visit.chart_opened_at:
        begun = "has its chart open" if visit.chart_opened_at else f"is {_word(visit)}"
        raise Refusal(
            f"A visit that {begun} cannot be moved.",
            rule="R46",
            way_out="Book a new visit instead.",
        )
    if not by.can(Permission.OVERRIDE, visit.clinic_id):
        raise Refusal(
            "The patient is here: the time is locked.",
            rule="R46",
            way_out="A manager can change it, with a reason.",
        )
    if day != visit.local_date:
        says = "The patient is here today: the time can only change within the day."
        raise Refusal(says, rule="R46", field="starts_at")
    if not reason.strip():
        says = "The patient is here: say why the time changes."
        raise Refusal(says, rule="R46", field="override_reason")
    return True


def _check_time(starts_at: dt.datetime, at: dt.datetime) -> None:
    if fault := time_fault(starts_at=starts_at, at=at):
        raise Refusal(fault, rule="T1", field="starts_at", way_out="Choose another time.")


def _why(gap: Gap | None, reason: str) -> dict[str, str]:
    """That the interval was passed over, for the audit."""
    return {"override": reason.strip()} if gap else {}


def _check_clinic(clinic: Clinic, **rows: object) -> None:
    for name, row in rows.items():
        if row is not None and row.clinic_id != clinic.pk:  # type: ignore[attr-defined]
            raise Refusal(f"This {name} is not known here.", rule="P15", field=name)


def _word(appointment: Appointment) -> str:
    words: str = appointment.get_status_display().lower()
    return words


def _note(action: str, appointment: Appointment, by: User, at: dt.datetime, **more: object) -> None:
    audit.record(
        action,
        by=by,
        at=at,
        clinic_id=appointment.clinic_id,
        on=appointment,
        detail={
            "starts_at": appointment.starts_at,
            "practitioner": appointment.practitioner_id,
            "room": appointment.room_id,
            **more,
        },
    )
