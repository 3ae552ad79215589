"""Readiness watches that each visit ahead holds its time."""

from __future__ import annotations

import datetime as dt
from typing import Any

import pytest
import time_machine
from django.test import Client

from bookings.models import Appointment, Hold
from bookings.queries.holds import visits_without_holds
from tests import factories
from tests.cast import NOW, Cast
from tests.raw_sql import change, run


@pytest.fixture
def visit(cast: Cast) -> Appointment:
    """Mia's visit at nine."""
    return factories.appointment(
        patient=cast.mia,
        practitioner=cast.ana,
        service=cast.service,
        room=cast.room,
        device=cast.device,
        starts_at=NOW,
        by=cast.reception,
    )


@pytest.mark.rule("R47")
def test_a_visit_with_all_four_is_no_news(visit: Appointment) -> None:
    assert visits_without_holds(NOW) == []


@pytest.mark.rule("R47")
def test_a_visit_that_lost_its_time_is_counted(
    visit: Appointment, clock: time_machine.Traveller, client: Client
) -> None:
    Hold.objects.release(visit)
    says = "Visits that do not hold their time: 1."
    assert visits_without_holds(NOW) == [says]
    answer = client.get("/readyz")
    assert (answer.status_code, answer.json()["problems"]) == (503, [says])


@pytest.mark.rule("R47")
@pytest.mark.parametrize("moved", [True, False])
def test_a_hold_of_another_time_or_person_is_counted(
    cast: Cast, visit: Appointment, moved: bool
) -> None:
    held = visit.holds.get(practitioner=cast.ana)
    week = dt.timedelta(days=7)
    if moved:
        run(*change(held, starts_at=held.starts_at + week, ends_at=held.ends_at + week))
    else:
        run(*change(visit, practitioner_id=cast.priya, license_id=cast.priya.licenses.get()))
    assert visits_without_holds(NOW) == ["Visits that do not hold their time: 1."]


def test_what_is_past_takes_nobodys_time(visit: Appointment) -> None:
    Hold.objects.release(visit)
    assert visits_without_holds(NOW + dt.timedelta(days=3)) == []


def test_a_cancelled_visit_holds_nothing_and_needs_nothing(cast: Cast, visit: Appointment) -> None:
    Hold.objects.release(visit)
    visit.status, visit.cancelled_at, visit.cancelled_by = "cancelled", NOW, cast.reception
    visit.cancel_reason, visit.cancelled_as = "Called in sick", "patient"
    visit.write()
    assert visits_without_holds(NOW) == []


@pytest.mark.rule("R47")
def test_a_visit_that_is_off_and_holds_time_is_counted(cast: Cast, visit: Appointment) -> None:
    off = {"cancelled_at": NOW, "cancelled_by_id": cast.reception, "cancel_reason": "Ill"}
    run(*change(visit, status="cancelled", cancelled_as="clinic", **off))
    assert visits_without_holds(NOW) == ["Visits that are off and hold time: 1."]
    assert visits_without_holds(NOW + dt.timedelta(days=3)) == []
    Hold.objects.release(visit)
    assert visits_without_holds(NOW) == []


@pytest.mark.rule("R47")
@pytest.mark.parametrize("lane", ["practitioner", "room", "device", "patient"])
@pytest.mark.parametrize("end", ["starts_at", "ends_at"])
def test_a_lane_that_is_held_for_another_time_is_counted(
    visit: Appointment, lane: str, end: str
) -> None:
    held = visit.holds.get(**{f"{lane}__isnull": False})
    run(*change(held, **{end: getattr(held, end) + dt.timedelta(minutes=1)}))
    assert visits_without_holds(NOW) == ["Visits that do not hold their time: 1."]


@pytest.mark.rule("R47")
@pytest.mark.parametrize(
    "what",
    [
        {"starts_at": NOW + dt.timedelta(minutes=29)},
        {"treatment_min": 30},
        {"numbing_min": 120},
        {"clean_down_min": 30},
    ],
)
def test_a_visit_that_was_changed_away_from_its_holds_is_counted(
    visit: Appointment, what: dict[str, Any]
) -> None:
    run(*change(visit, **what))
    assert visits_without_holds(NOW) == ["Visits that do not hold their time: 1."]
