"""Taking back a cancelling, a move and a no-show: for three minutes, and exactly as it was."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from typing import Any

import pytest
from django.db import IntegrityError

from bookings import operations
from bookings.models import Appointment, Hold, Move, Undo
from bookings.rules.status import BACK, UNDO, Act, Status, stood
from clinic.models import AuditEvent, Message
from clinic.refusals import Conflict, NotAllowed, Refusal
from tests import factories
from tests.cast import NOW, Cast
from tests.raw_sql import change, copy, over, refused
from tests.refusals import refusal, told

MINUTE = dt.timedelta(minutes=1)
NOON = NOW + 180 * MINUTE
LATER = NOW + MINUTE


@pytest.fixture
def visit(cast: Cast) -> Appointment:
    """Siobhán, who reads email, with Ana at noon in room 2 with the second pen."""
    return factories.appointment(
        patient=cast.siobhan,
        practitioner=cast.ana,
        service=cast.service,
        room=cast.second_room,
        device=cast.second_device,
        starts_at=NOON,
        by=cast.reception,
    )


def cancel(cast: Cast, visit: Appointment, at: dt.datetime = NOW, **given: Any) -> Appointment:
    desk = {"by": cast.reception, "reason": "Called: has a cold", **given}
    return operations.cancel(appointment=visit, at=at, **desk)


def miss(cast: Cast, visit: Appointment, at: dt.datetime = NOON) -> Appointment:
    return operations.mark_no_show(appointment=visit, by=cast.reception, at=at)


def move(cast: Cast, visit: Appointment, at: dt.datetime = NOW, **given: Any) -> Appointment:
    to = {"starts_at": NOON + 60 * MINUTE, **given}
    return operations.move(**{"appointment": visit, "by": cast.reception, "at": at, **to})


def undo(cast: Cast, visit: Appointment, at: dt.datetime = LATER, **given: Any) -> Appointment:
    visit.refresh_from_db()
    return operations.undo(**{"appointment": visit, "by": cast.manager, "at": at, **given})


def held(visit: Appointment) -> list[tuple[Any, ...]]:
    """What the visit holds, comparable."""
    rows = Hold.objects.filter(appointment=visit)
    names = ("practitioner_id", "room_id", "device_id", "patient_id", "starts_at", "ends_at")
    return sorted(rows.values_list(*names), key=str)


def state(visit: Appointment) -> dict[str, Any]:
    """Every column of the visit but its version."""
    found = Appointment.objects.filter(pk=visit.pk).values().get()
    return {name: value for name, value in found.items() if name != "version"}


# --- the rule


@pytest.mark.parametrize(
    ("confirmed", "arrived", "status"),
    [(False, False, "booked"), (True, False, "confirmed"), (True, True, "arrived")],
)
def test_a_visit_goes_back_to_the_last_step_it_has_taken(
    confirmed: bool, arrived: bool, status: str
) -> None:
    assert stood(confirmed=confirmed, arrived=arrived) == status


def test_only_what_is_cancelled_or_missed_comes_back() -> None:
    assert set(BACK) == {Status.CANCELLED, Status.NO_SHOW}
    assert dt.timedelta(minutes=3) == UNDO


# --- what it gives back


@pytest.mark.parametrize("before", ["booked", "confirmed", "arrived"])
def test_a_cancelled_visit_stands_again_as_it_stood(
    cast: Cast, visit: Appointment, before: str
) -> None:
    desk = {"appointment": visit, "by": cast.reception, "at": NOW - 2 * MINUTE}
    if before == "confirmed":
        operations.confirm(**desk)
    elif before == "arrived":
        operations.mark_arrived(**desk)
    was, holds = state(visit), held(visit)
    assert was["status"] == before
    cancel(cast, visit)
    undo(cast, visit)
    assert state(visit) == was
    assert held(visit) == holds


def test_a_missed_visit_stands_again(cast: Cast, visit: Appointment) -> None:
    was, holds = state(visit), held(visit)
    miss(cast, visit)
    undo(cast, visit, NOON + MINUTE)
    assert (state(visit), held(visit)) == (was, holds)


def test_a_moved_visit_goes_back_to_its_person_room_and_pen(cast: Cast, visit: Appointment) -> None:
    was, holds = state(visit), held(visit)
    moved = move(cast, visit, practitioner=cast.bo, room=cast.room, device=cast.device)
    assert moved.practitioner == cast.bo
    undo(cast, visit)
    assert (state(visit), held(visit)) == (was, holds)
    assert Move.objects.count() == 1


@pytest.mark.rule("R46")
def test_once_the_patient_is_here_a_managers_move_is_a_managers_to_take_back(
    cast: Cast, visit: Appointment
) -> None:
    operations.mark_arrived(appointment=visit, by=cast.reception, at=NOW - MINUTE)
    was = state(visit)
    moved = move(cast, visit, by=cast.manager, override_reason="A room is flooded")
    assert told(refusal(undo, cast=cast, visit=moved, by=cast.reception))[:2] == (422, "R46")
    assert state(visit)["starts_at"] == moved.starts_at
    undo(cast, visit)
    assert state(visit) == was


def test_two_moves_are_taken_back_one_after_the_other(cast: Cast, visit: Appointment) -> None:
    was = state(visit)
    move(cast, visit)
    move(cast, visit, LATER, starts_at=NOON + 90 * MINUTE)
    undo(cast, visit, LATER)
    assert undo(cast, visit, LATER).starts_at == NOON
    assert state(visit) == was


def test_who_did_it_and_who_took_it_back_stays_on_file(cast: Cast, visit: Appointment) -> None:
    cancel(cast, visit)
    undo(cast, visit)
    kept = Undo.objects.get()
    assert (kept.act, kept.reason) == (Act.CANCEL, "Called: has a cold")
    assert (kept.done_at, kept.done_by) == (NOW, cast.reception)
    assert (kept.undone_at, kept.undone_by) == (LATER, cast.manager)
    event = AuditEvent.objects.filter(action="appointment.undo").get()
    assert '"undone":"cancel"' in event.detail.replace(" ", "")


# --- what it refuses


@pytest.mark.rule("R46")
def test_after_three_minutes_nothing_is_taken_back(cast: Cast, visit: Appointment) -> None:
    cancel(cast, visit)
    no = refusal(undo, cast=cast, visit=visit, at=NOW + UNDO)
    assert told(no) == (422, "R46", None)
    assert "9:00 AM" in no.sentence
    assert "3 minutes" in no.sentence
    last = NOW + UNDO - dt.timedelta(seconds=1)
    assert undo(cast, visit, last).status == Status.BOOKED


@pytest.mark.rule("R46")
def test_nothing_done_is_nothing_to_take_back(cast: Cast, visit: Appointment) -> None:
    assert refusal(undo, cast=cast, visit=visit).rule == "R46"
    move(cast, visit)
    operations.confirm(appointment=visit, by=cast.reception, at=LATER)
    assert refusal(undo, cast=cast, visit=visit).rule == "R46"


def test_what_was_taken_back_is_not_taken_back_again(cast: Cast, visit: Appointment) -> None:
    cancel(cast, visit)
    undo(cast, visit)
    assert refusal(undo, cast=cast, visit=visit).rule == "R46"


@pytest.mark.rule("R47")
@pytest.mark.parametrize("act", [cancel, move])
def test_where_the_time_went_to_another_nobody_is_displaced(
    cast: Cast, visit: Appointment, act: Callable[..., Appointment]
) -> None:
    act(cast, visit)
    operations.book(
        clinic=cast.clinic,
        patient=cast.wang,
        practitioner=cast.ana,
        service=cast.short_service,
        starts_at=NOON,
        by=cast.reception,
        at=NOW,
    )
    was = state(visit)
    no = refusal(undo, cast=cast, visit=visit)
    assert (no.status, no.rule) == (409, "R47")
    assert no.sentence.startswith("This cannot be taken back. Ana Ruiz")
    assert no.way_out
    assert state(visit) == was
    assert Undo.objects.count() == 0


@pytest.mark.rule("R25")
def test_a_license_is_judged_again(cast: Cast, visit: Appointment) -> None:
    cancel(cast, visit)
    cast.ana_license.status = "suspended"
    cast.ana_license.write()
    assert undo_refused(cast, visit).rule in {"R17", "R25", "R26"}


def undo_refused(cast: Cast, visit: Appointment) -> Refusal:
    return refusal(undo, cast=cast, visit=visit)


@pytest.mark.rule("P12")
def test_a_stale_page_takes_nothing_back(cast: Cast, visit: Appointment) -> None:
    cancel(cast, visit)
    with pytest.raises(Conflict, match="Rosa Alvarez cancelled this visit"):
        undo(cast, visit, version=1)


@pytest.mark.rule("R54")
@pytest.mark.parametrize("who", ["esthetician", "auditor", "stranger"])
def test_only_the_desk_takes_back(cast: Cast, visit: Appointment, who: str) -> None:
    cancel(cast, visit)
    with pytest.raises(NotAllowed):
        undo(cast, visit, by=getattr(cast, who))


# --- messages


def waiting() -> list[str]:
    rows = Message.objects.filter(status=Message.Status.WAITING).order_by("due_at")
    return [key.split(" ")[0] for key in rows.values_list("key", flat=True)]


@pytest.mark.rule("P28")
def test_what_is_sent_about_it_waits_as_long_and_is_dropped(cast: Cast, visit: Appointment) -> None:
    cancel(cast, visit)
    message = Message.objects.get()
    assert message.due_at == NOW + UNDO
    undo(cast, visit)
    message.refresh_from_db()
    assert message.status == Message.Status.DROPPED
    assert waiting() == []


@pytest.mark.rule("P28")
def test_a_confirmation_that_was_dropped_with_it_is_sent_after_all(cast: Cast) -> None:
    made = operations.book(
        clinic=cast.clinic,
        patient=cast.siobhan,
        practitioner=cast.ana,
        service=cast.service,
        starts_at=NOON,
        by=cast.reception,
        at=NOW,
    )
    cancel(cast, made)
    undo(cast, made)
    assert waiting() == ["booked"]


@pytest.mark.rule("P28")
def test_who_has_heard_of_it_already_is_told_what_counts_now(
    cast: Cast, visit: Appointment
) -> None:
    cancel(cast, visit)
    sent = Message.objects.get()
    sent.status, sent.leased_until = Message.Status.SENDING, NOW + 5 * MINUTE
    sent.write()
    undo(cast, visit)
    assert waiting() == ["moved"]


# --- past the operations


@pytest.mark.rule("R46")
@pytest.mark.parametrize("status", ["booked", "confirmed", "arrived"])
def test_no_cancelled_visit_comes_back_by_itself(
    cast: Cast, visit: Appointment, status: str
) -> None:
    cancel(cast, visit)
    gone = {"cancelled_at": None, "cancelled_by_id": None, "cancel_reason": "", "cancelled_as": ""}
    step = {"confirmed_at": NOW, "confirmed_by_id": cast.reception}
    step |= {"arrived_at": NOW, "arrived_by_id": cast.reception}
    found = refused(*change(visit, status=status, **gone, **step))
    assert found == "appointment_given_back_as_it_was"


@pytest.fixture
def kept(cast: Cast, visit: Appointment) -> Undo:
    """A cancelling that was taken back."""
    cancel(cast, visit)
    undo(cast, visit)
    return Undo.objects.get()


@pytest.mark.rule("R46")
def test_what_was_taken_back_is_only_added_to(kept: Undo) -> None:
    table = "bookings_undo"
    for sql in (change(kept, reason="x"), (f"DELETE FROM {table}",), over(kept)):
        names = {f"{table}_append_only", f"{table}_no_replace", "undo_of_what_stands"}
        assert refused(*sql) in names


@pytest.mark.rule("R46")
def test_an_undo_is_of_what_stands(kept: Undo) -> None:
    later = {"done_at": LATER, "undone_at": LATER}
    assert refused(*copy(kept, **later)) == "undo_of_what_stands"


@pytest.mark.rule("R46")
def test_an_undo_has_its_three_minutes_in_the_database_too(cast: Cast, visit: Appointment) -> None:
    cancel(cast, visit)
    late = Undo(
        clinic=cast.clinic,
        appointment=visit,
        act="cancel",
        done_at=NOW,
        done_by=cast.reception,
        undone_at=NOW + UNDO,
        undone_by=cast.reception,
    )
    with pytest.raises(IntegrityError, match="undo_within_its_time"):
        late.write()


@pytest.mark.rule("R46")
def test_a_cancelling_has_someone_who_called_off(cast: Cast, visit: Appointment) -> None:
    off = {"cancelled_at": NOW, "cancelled_by_id": cast.reception, "cancel_reason": "x"}
    found = refused(*change(visit, status="cancelled", **off))
    assert found == "appointment_cancelled_by_someone"
    assert (
        refused(*change(visit, cancelled_as="patient")) == "appointment_cancelled_as_when_cancelled"
    )
    assert refused(*change(visit, cancelled_late=True)) == "appointment_late_by_the_patient"


# --- late, and by whom


@pytest.mark.parametrize(
    ("hours", "as_", "late"),
    [
        (24, "patient", True),
        (24, "clinic", False),
        (2, "patient", False),
        (0, "patient", False),
    ],
)
def test_late_is_by_the_clinics_cut_off(
    cast: Cast, visit: Appointment, hours: int, as_: str, late: bool
) -> None:
    cast.clinic.cancel_cutoff_h = hours
    cast.clinic.write()
    found = cancel(cast, visit, cancelled_as=as_)
    assert (found.cancelled_as, found.cancelled_late) == (as_, late)


def test_nobody_is_no_one_who_calls_off(cast: Cast, visit: Appointment) -> None:
    with pytest.raises(Refusal, match="Say who called the visit off"):
        cancel(cast, visit, cancelled_as="someone")
