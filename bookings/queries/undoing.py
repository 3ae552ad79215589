"""What was done last to a visit, and can still be taken back."""

from __future__ import annotations

import datetime as dt
from copy import copy
from dataclasses import dataclass

from bookings.models import Appointment, Hold, Move, Undo
from bookings.rules.status import MOVABLE, UNDO, Act, Status
from clinic.models import User


@dataclass(frozen=True)
class Done:
    """An act on a visit that an undo takes back: who did it and when (UTC)."""

    act: Act
    at: dt.datetime
    by: User
    reason: str = ""
    move: Move | None = None

    def is_open(self, at: dt.datetime) -> bool:
        """Whether the time in which it can be taken back is not over."""
        return self.at <= at < self.at + UNDO


def done_last(appointment: Appointment) -> Done | None:
    """What an undo of this visit would take back, however long ago; None where the last thing
    done to it is none of a cancelling, a move and a no-show. At most one query, or two."""
    status = Status(appointment.status)
    if status is Status.CANCELLED and appointment.cancelled_at and appointment.cancelled_by:
        why = appointment.cancel_reason
        return Done(Act.CANCEL, appointment.cancelled_at, appointment.cancelled_by, why)
    if status is Status.NO_SHOW and appointment.no_show_at and appointment.no_show_by:
        return Done(Act.NO_SHOW, appointment.no_show_at, appointment.no_show_by)
    if status not in MOVABLE and status is not Status.ARRIVED:
        return None
    move = (
        Move.objects.filter(appointment=appointment, undo__isnull=True)
        .select_related("moved_by", "from_practitioner", "from_room", "from_device")
        .order_by("-moved_at", "-pk")
        .first()
    )
    if move is None:
        return None
    steps = (appointment.confirmed_at, appointment.arrived_at, appointment.chart_opened_at)
    since = any(step and step > move.moved_at for step in steps)
    stands = (appointment.starts_at, appointment.practitioner_id)
    if since or stands != (move.to_starts_at, move.to_practitioner_id):
        return None
    return Done(Act.MOVE, move.moved_at, move.moved_by, move=move)


def is_taken_again(appointment: Appointment, done: Done) -> bool:
    """Whether the practitioner's time that an undo would need is held by something else by now: a
    visit, an offer. One query."""
    back, move = copy(appointment), done.move
    if move is not None:
        back.starts_at, back.practitioner_id = move.from_starts_at, move.from_practitioner_id
    span = back.lanes.practitioner
    held = Hold.objects.crossing(span.starts_at, span.ends_at)
    return held.filter(practitioner=back.practitioner_id).exclude(appointment=appointment).exists()


def undos_of(appointment: Appointment) -> list[Undo]:
    """What was taken back of a visit, the first one first, with whom. One query."""
    rows = Undo.objects.filter(appointment=appointment)
    return list(rows.select_related("done_by", "undone_by").order_by("undone_at", "pk"))
