"""What a visit's steps and moves leave behind cannot be passed over, with raw SQL either."""

from __future__ import annotations

import datetime as dt
from typing import Any

import pytest

from bookings import operations
from bookings.models import Appointment, Move
from tests import factories
from tests.cast import NOW, Cast
from tests.raw_sql import change, copy, over, refused

HOUR = dt.timedelta(hours=1)
NOON = NOW + 3 * HOUR
pytestmark = pytest.mark.django_db


@pytest.fixture
def visit(cast: Cast) -> Appointment:
    """Mia with Ana at noon."""
    return factories.appointment(
        patient=cast.mia,
        practitioner=cast.ana,
        service=cast.service,
        room=cast.room,
        device=cast.device,
        starts_at=NOON,
        by=cast.reception,
    )


@pytest.fixture
def moved(cast: Cast, visit: Appointment) -> Move:
    """That visit moved to one."""
    operations.move(appointment=visit, starts_at=NOON + HOUR, by=cast.reception, at=NOW)
    return Move.objects.get()


@pytest.mark.rule("R46")
@pytest.mark.parametrize("status", ["confirmed", "arrived"])
def test_a_step_has_its_time(visit: Appointment, status: str) -> None:
    assert refused(*change(visit, status=status)) == "appointment_steps_are_dated"


@pytest.mark.rule("R46")
@pytest.mark.parametrize("status", ["numbing", "in_treatment"])
def test_nobody_is_treated_without_an_open_chart(
    cast: Cast, visit: Appointment, status: str
) -> None:
    operations.mark_arrived(appointment=visit, by=cast.reception, at=NOON)
    assert refused(*change(visit, status=status)) == "appointment_steps_are_dated"


@pytest.mark.rule("R46")
def test_an_arrival_keeps_its_time(cast: Cast, visit: Appointment) -> None:
    operations.mark_arrived(appointment=visit, by=cast.reception, at=NOON)
    found = refused(*change(visit, arrived_at=None, arrived_by_id=None))
    assert found == "appointment_steps_are_dated"


@pytest.mark.rule("R46")
def test_a_move_is_only_ever_added_to(moved: Move) -> None:
    table = "bookings_move"
    for sql in (
        change(moved, from_starts_at=NOON + HOUR),
        (f"DELETE FROM {table}",),
        over(moved),
    ):
        assert refused(*sql) in {f"{table}_append_only", f"{table}_no_replace"}


@pytest.mark.parametrize(
    "what", [{"to_starts_at": NOON}, {"to_practitioner_id": "bo"}, {"clinic_id": "other_clinic"}]
)
def test_a_move_leads_to_where_its_visit_stands(
    cast: Cast, moved: Move, what: dict[str, Any]
) -> None:
    columns = {
        name: getattr(cast, value) if isinstance(value, str) else value
        for name, value in what.items()
    }
    assert refused(*copy(moved, **columns)) == "move_of_its_visit"
