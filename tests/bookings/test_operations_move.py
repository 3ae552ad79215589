"""Moving a visit: to another time, another person, and not once it has begun."""

from __future__ import annotations

import datetime as dt
from typing import Any

import pytest
from django.db import connection

from bookings import operations
from bookings.models import Appointment, Hold, Move
from bookings.queries import moves_of
from bookings.rules.status import Status
from clinic import constraints
from clinic.models import AuditEvent, Message
from clinic.refusals import Conflict, NotAllowed, Refusal
from tests import factories
from tests.cast import NOW, TODAY, Cast
from tests.raw_sql import run

MINUTE = dt.timedelta(minutes=1)
NOON = NOW + 180 * MINUTE
DAY = dt.timedelta(days=1)


@pytest.fixture
def visit(cast: Cast) -> Appointment:
    """Mia with Ana at noon, in Room 1."""
    return factories.appointment(
        patient=cast.mia,
        practitioner=cast.ana,
        service=cast.service,
        room=cast.room,
        device=cast.device,
        starts_at=NOON,
        by=cast.reception,
    )


def move(cast: Cast, visit: Appointment, starts_at: dt.datetime, **given: Any) -> Appointment:
    return operations.move(
        **{
            "appointment": visit,
            "starts_at": starts_at,
            "by": cast.reception,
            "at": NOW,
            **given,
        }
    )


def test_a_moved_visit_holds_its_new_time_and_no_longer_the_old(
    cast: Cast, visit: Appointment
) -> None:
    moved = move(cast, visit, NOON + 60 * MINUTE)
    assert (moved.pk, moved.starts_at) == (visit.pk, NOON + 60 * MINUTE)
    assert sorted(moved.holds.values_list("starts_at", flat=True)) == sorted(
        [NOON + 35 * MINUTE] * 2 + [NOON + 60 * MINUTE] * 2
    )
    assert Hold.objects.count() == 4


def test_a_visit_may_move_into_its_own_old_time(cast: Cast, visit: Appointment) -> None:
    assert move(cast, visit, NOON + 15 * MINUTE).starts_at == NOON + 15 * MINUTE


def test_a_move_to_another_day_takes_the_date_along(cast: Cast, visit: Appointment) -> None:
    assert move(cast, visit, NOON + DAY).local_date == TODAY + DAY


def test_a_moved_visit_keeps_its_room_and_device_where_they_are_free(cast: Cast) -> None:
    first, last = sorted([cast.room, cast.second_room], key=lambda room: room.pk)
    visit = factories.appointment(
        patient=cast.mia,
        practitioner=cast.ana,
        service=cast.service,
        room=last,
        device=max(cast.device, cast.second_device, key=lambda device: device.pk),
        starts_at=NOON,
        by=cast.reception,
    )
    device = visit.device
    moved = move(cast, visit, NOON + 60 * MINUTE)
    assert (moved.room, moved.device) == (last, device)
    factories.appointment(
        patient=cast.wang,
        practitioner=cast.bo,
        service=cast.service,
        room=last,
        device=device,
        starts_at=NOON + 180 * MINUTE,
        by=cast.reception,
    )
    moved = move(cast, moved, NOON + 180 * MINUTE)
    assert moved.room == first
    assert moved.device != device


def test_a_move_to_someone_else_takes_her_license(cast: Cast, visit: Appointment) -> None:
    moved = move(cast, visit, NOON, practitioner=cast.priya)
    assert (moved.practitioner, moved.license.practitioner) == (cast.priya, cast.priya)


@pytest.mark.rule("R47")
def test_a_move_onto_another_visit_is_refused_and_changes_nothing(
    cast: Cast, visit: Appointment
) -> None:
    factories.appointment(
        patient=cast.wang,
        practitioner=cast.ana,
        service=cast.short_service,
        room=cast.second_room,
        device=cast.second_device,
        starts_at=NOON + 60 * MINUTE,
        by=cast.reception,
    )
    with pytest.raises(Conflict, match="Ana Ruiz is busy") as no:
        move(cast, visit, NOON + 60 * MINUTE)
    assert no.value.rule == "R47"
    visit.refresh_from_db()
    assert visit.starts_at == NOON
    assert visit.holds.count() == 4


@pytest.mark.rule("R25")
def test_a_move_past_the_license_is_refused(cast: Cast, visit: Appointment) -> None:
    cast.ana_license.expires_on = TODAY
    cast.ana_license.write()
    with pytest.raises(Refusal, match="expires on Tue, Nov 24, 2026"):
        move(cast, visit, NOON + DAY)


@pytest.mark.rule("R17")
def test_a_move_to_someone_without_a_license_is_refused(cast: Cast, visit: Appointment) -> None:
    with pytest.raises(Refusal, match="Lena Brandt"):
        move(cast, visit, NOON, practitioner=cast.lena)


@pytest.mark.rule("T1")
def test_a_move_into_the_past_or_out_of_the_shift_is_refused(
    cast: Cast, visit: Appointment
) -> None:
    for starts_at in (NOW - 30 * MINUTE, NOW + 9 * 60 * MINUTE):
        with pytest.raises(Refusal) as no:
            move(cast, visit, starts_at)
        assert no.value.rule == "T1"


@pytest.mark.rule("P15")
def test_a_move_to_the_other_clinics_room_or_person_is_refused(
    cast: Cast, visit: Appointment
) -> None:
    with pytest.raises(Refusal, match="This room is not known here"):
        move(cast, visit, NOON, room=cast.other_room)
    with pytest.raises(Refusal):
        move(cast, visit, NOON, practitioner=cast.nora)


@pytest.mark.rule("P12")
def test_a_move_from_a_stale_page_is_refused(cast: Cast, visit: Appointment) -> None:
    seen = visit.version
    operations.confirm(appointment=visit, by=cast.reception, at=NOW)
    with pytest.raises(Conflict, match="Rosa Alvarez confirmed this visit at 9:00 AM") as no:
        move(cast, visit, NOON + 60 * MINUTE, version=seen)
    assert no.value.rule == "P12"


@pytest.mark.rule("R46")
@pytest.mark.parametrize(
    "status",
    [
        Status.NUMBING,
        Status.IN_TREATMENT,
        Status.COMPLETED,
        Status.CANCELLED,
        Status.NO_SHOW,
    ],
)
def test_what_has_begun_or_ended_does_not_move(
    cast: Cast, visit: Appointment, status: Status
) -> None:
    bring_to(cast, visit, status)
    with pytest.raises(Refusal, match="cannot be moved") as no:
        move(cast, visit, NOON + 60 * MINUTE)
    assert no.value.rule == "R46"


def test_a_move_is_audited_with_both_times(cast: Cast, visit: Appointment) -> None:
    move(cast, visit, NOON + 60 * MINUTE)
    event = AuditEvent.objects.get(action="appointment.move")
    assert "2026-11-24T18:00:00" in event.detail
    assert "2026-11-24T19:00:00" in event.detail


def test_a_move_leaves_a_row_that_says_from_where_and_with_whom(
    cast: Cast, visit: Appointment
) -> None:
    moved = move(cast, visit, NOON + 60 * MINUTE, practitioner=cast.priya)
    row = Move.objects.get(appointment=visit)
    assert (row.from_starts_at, row.from_practitioner) == (NOON, cast.ana)
    assert (row.to_starts_at, row.to_practitioner) == (moved.starts_at, cast.priya)
    assert (row.moved_at, row.moved_by) == (NOW, cast.reception)
    assert str(row) == "2026-11-24 18:00 to 2026-11-24 19:00 UTC"


@pytest.mark.rule("P31")
def test_the_moves_of_a_visit_are_told_without_the_audit(
    cast: Cast, visit: Appointment, django_assert_num_queries: Any
) -> None:
    for hours in (1, 2, 3):
        move(cast, visit, NOON + hours * 60 * MINUTE, at=NOW + hours * MINUTE)
    constraints.drop(connection)
    run("UPDATE clinic_auditevent SET detail = 'not json'")
    constraints.install(connection)
    with django_assert_num_queries(1):
        told = [(one.from_starts_at, str(one.from_practitioner)) for one in moves_of(visit)]
    assert told == [(NOON + hours * 60 * MINUTE, str(cast.ana)) for hours in (0, 1, 2)]


@pytest.mark.rule("P28")
def test_the_patient_is_told_the_new_time_and_the_old_letter_is_dropped(cast: Cast) -> None:
    visit = operations.book(
        clinic=cast.clinic,
        patient=cast.siobhan,
        practitioner=cast.ana,
        service=cast.service,
        starts_at=NOON,
        by=cast.reception,
        at=NOW,
    )
    move(cast, visit, NOON + 60 * MINUTE)
    letters = Message.objects.order_by("subject").values_list("subject", "status")
    assert list(letters) == [
        ("Your appointment has moved: Austin", "waiting"),
        ("Your appointment: Austin", "dropped"),
    ]


@pytest.mark.rule("P3")
def test_a_move_pressed_twice_moves_once(cast: Cast, visit: Appointment) -> None:
    for _ in range(2):
        move(cast, visit, NOON + 60 * MINUTE, version=1, once="key-1")
    assert AuditEvent.objects.filter(action="appointment.move").count() == 1


@pytest.mark.rule("R54")
def test_only_the_desk_moves(cast: Cast, visit: Appointment) -> None:
    for user in (cast.esthetician, cast.director, cast.stranger):
        with pytest.raises(NotAllowed):
            move(cast, visit, NOON + 60 * MINUTE, by=user)


def bring_to(cast: Cast, visit: Appointment, status: Status) -> None:
    """Take a visit from booked to a state along the real acts."""
    desk: dict[str, Any] = {"appointment": visit, "by": cast.reception}
    room: dict[str, Any] = {"appointment": visit, "by": cast.esthetician, "at": NOON}
    if status == Status.CANCELLED:
        operations.cancel(**desk, reason="Ill", at=NOW)
    elif status == Status.NO_SHOW:
        operations.mark_no_show(**desk, at=NOON)
    elif status == Status.CONFIRMED:
        operations.confirm(**desk, at=NOW)
    else:
        operations.mark_arrived(**desk, at=NOON - 25 * MINUTE)
        if status == Status.ARRIVED:
            return
        operations.note_chart_opened(**room)
        operations.note_numbing_on(**room, on_at=NOON, due_at=NOON + 20 * MINUTE)
        if status == Status.NUMBING:
            return
        operations.note_started(**room)
        if status == Status.COMPLETED:
            operations.note_ended(**room, early=False, areas=["CHIN"], performed_on=TODAY)
