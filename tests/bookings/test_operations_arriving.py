"""Confirming, arriving and not coming."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable

import pytest
from django.db import transaction

from bookings import operations
from bookings.models import Appointment, Hold
from bookings.queries import done_last
from bookings.rules.status import Act, Status, open_acts
from clinic.models import AuditEvent
from clinic.refusals import Conflict, NotAllowed, Refusal
from tests import factories
from tests.bookings.test_operations_move import bring_to
from tests.cast import NOW, Cast

MINUTE = dt.timedelta(minutes=1)
NOON = NOW + 180 * MINUTE
DAY = dt.timedelta(days=1)
ENDED = [Status.COMPLETED, Status.CANCELLED, Status.NO_SHOW]


@pytest.fixture
def visit(cast: Cast) -> Appointment:
    """Mia with Ana at noon; she comes at 11:35."""
    return factories.appointment(
        patient=cast.mia,
        practitioner=cast.ana,
        service=cast.service,
        room=cast.room,
        device=cast.device,
        starts_at=NOON,
        by=cast.reception,
    )


def test_a_confirmed_visit_says_when_and_by_whom(cast: Cast, visit: Appointment) -> None:
    found = operations.confirm(appointment=visit, by=cast.reception, at=NOW)
    assert found.status == Status.CONFIRMED
    assert (found.confirmed_at, found.confirmed_by) == (NOW, cast.reception)
    assert found.holds.count() == 4


@pytest.mark.parametrize("first", [Status.BOOKED, Status.CONFIRMED])
def test_a_patient_arrives_whether_confirmed_or_not(
    cast: Cast, visit: Appointment, first: Status
) -> None:
    if first == Status.CONFIRMED:
        bring_to(cast, visit, first)
    found = operations.mark_arrived(appointment=visit, by=cast.reception, at=NOON)
    assert found.status == Status.ARRIVED
    assert (found.arrived_at, found.arrived_by) == (NOON, cast.reception)
    assert found.holds.count() == 4


@pytest.mark.rule("R46")
@pytest.mark.parametrize("days", [-1, 1])
def test_nobody_arrives_on_another_day(cast: Cast, visit: Appointment, days: int) -> None:
    with pytest.raises(Refusal, match="This visit is on Tue, Nov 24, 2026") as no:
        operations.mark_arrived(appointment=visit, by=cast.reception, at=NOON + days * DAY)
    assert no.value.rule == "R46"


def test_the_day_of_arrival_is_the_clinics_not_utcs(cast: Cast, visit: Appointment) -> None:
    """Half past ten in the evening in Austin is the next day in UTC."""
    late = dt.datetime(2026, 11, 25, 4, 30, tzinfo=dt.UTC)
    assert operations.mark_arrived(appointment=visit, by=cast.reception, at=late)


def test_a_missed_visit_gives_its_time_back_and_stays_on_file(
    cast: Cast, visit: Appointment
) -> None:
    found = operations.mark_no_show(appointment=visit, by=cast.reception, at=NOON)
    assert found.status == Status.NO_SHOW
    assert (found.no_show_at, found.no_show_by) == (NOON, cast.reception)
    assert Hold.objects.count() == 0


@pytest.mark.rule("R46")
def test_nobody_is_missed_before_ten_minutes_after_she_was_due(
    cast: Cast, visit: Appointment
) -> None:
    early = NOON - 15 * MINUTE - dt.timedelta(seconds=1)
    with pytest.raises(Refusal, match=r"not a no-show before 11:45 AM\."):
        operations.mark_no_show(appointment=visit, by=cast.reception, at=early)
    assert operations.mark_no_show(
        appointment=visit, by=cast.reception, at=early + dt.timedelta(seconds=1)
    )


STEPS: list[tuple[Callable[..., Appointment], list[Status]]] = [
    (operations.confirm, [Status.CONFIRMED, Status.ARRIVED, Status.NUMBING, *ENDED]),
    (operations.mark_arrived, [Status.ARRIVED, Status.NUMBING, Status.IN_TREATMENT, *ENDED]),
    (operations.mark_no_show, [Status.ARRIVED, Status.NUMBING, Status.IN_TREATMENT, *ENDED]),
]


@pytest.mark.rule("R46")
@pytest.mark.parametrize(
    ("operation", "status"),
    [(operation, status) for operation, every in STEPS for status in every],
)
def test_a_step_that_comes_too_late_is_refused(
    cast: Cast, visit: Appointment, operation: Callable[..., Appointment], status: Status
) -> None:
    bring_to(cast, visit, status)
    with pytest.raises(Refusal) as no:
        operation(appointment=visit, by=cast.reception, at=NOON)
    assert no.value.rule == "R46"
    visit.refresh_from_db()
    assert visit.status == status


@pytest.mark.parametrize("status", [*Status])
def test_the_card_offers_exactly_the_acts_that_are_not_refused(
    cast: Cast, visit: Appointment, status: Status
) -> None:
    if status != Status.BOOKED:
        bring_to(cast, visit, status)
    visit.refresh_from_db()
    offered = open_acts(
        visit.status,
        chart_open=bool(visit.chart_opened_at),
        on_the_day=True,
        missed=True,
        undoable=(done := done_last(visit)) is not None and done.is_open(NOON),
    )
    desk = {"appointment": visit, "by": cast.reception, "at": NOON}
    tries: dict[Act, Callable[[], Appointment]] = {
        Act.UNDO: lambda: operations.undo(**desk),
        Act.CONFIRM: lambda: operations.confirm(**desk),
        Act.ARRIVE: lambda: operations.mark_arrived(**desk),
        Act.NO_SHOW: lambda: operations.mark_no_show(**desk),
        Act.MOVE: lambda: operations.move(**desk, starts_at=NOON + 60 * MINUTE),
        Act.CANCEL: lambda: operations.cancel(**desk, reason="Ill"),
    }
    assert [act for act in Act if _goes(visit, tries[act])] == offered


def _goes(visit: Appointment, attempt: Callable[[], Appointment]) -> bool:
    """Whether an act is done; it is then taken back, so that the next starts from the same."""
    with transaction.atomic():
        try:
            attempt()
        except Refusal:
            return False
        finally:
            transaction.set_rollback(True)
    return True


@pytest.mark.rule("P12")
@pytest.mark.parametrize("operation", [operation for operation, _ in STEPS])
def test_a_step_from_a_stale_page_is_refused(
    cast: Cast, visit: Appointment, operation: Callable[..., Appointment]
) -> None:
    operations.move(
        appointment=visit, starts_at=NOON + 15 * MINUTE, by=cast.reception, at=NOW, version=1
    )
    with pytest.raises(Conflict) as no:
        operation(appointment=visit, by=cast.reception, at=NOON + 15 * MINUTE, version=1)
    assert no.value.rule == "P12"


@pytest.mark.rule("R54")
@pytest.mark.parametrize("operation", [operation for operation, _ in STEPS])
def test_only_the_desk_takes_these_steps(
    cast: Cast, visit: Appointment, operation: Callable[..., Appointment]
) -> None:
    for user in (cast.esthetician, cast.director, cast.auditor, cast.stranger):
        with pytest.raises(NotAllowed):
            operation(appointment=visit, by=user, at=NOON)


@pytest.mark.rule("P3")
@pytest.mark.parametrize("operation", [operation for operation, _ in STEPS])
def test_a_step_pressed_twice_is_taken_once(
    cast: Cast, visit: Appointment, operation: Callable[..., Appointment]
) -> None:
    for _ in range(2):
        operation(appointment=visit, by=cast.reception, at=NOON, version=1, once="key-1")
    assert AuditEvent.objects.filter(outcome="done").count() == 1


@pytest.mark.rule("R53")
def test_a_refused_step_is_on_record(cast: Cast, visit: Appointment) -> None:
    with pytest.raises(Refusal):
        operations.mark_no_show(appointment=visit, by=cast.reception, at=NOW)
    event = AuditEvent.objects.get()
    assert (event.action, event.outcome, event.rule) == ("appointment.no_show", "refused", "R46")
