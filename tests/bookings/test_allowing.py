"""A visit that has become too short since it was booked: told on card and board, and allowed by
someone who may, with a reason (R35)."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from bookings import operations, queries
from bookings.models import Appointment, Override
from clinic.models import AuditEvent, User
from clinic.refusals import NotAllowed
from tests import factories
from tests.bookings.test_new_appointment_views import text_of
from tests.cast import NOW, TODAY, Cast
from tests.refusals import refusal, told

DAY = dt.timedelta(days=1)
NOON = NOW + dt.timedelta(hours=3)
Enter = Callable[[User], Client]
TOO_SOON = "Too soon after the last treatment"
ALLOW = "Allow the shorter interval"


@pytest.fixture
def visit(cast: Cast) -> Appointment:
    """Mia today at noon, booked before anything stood against it."""
    return factories.appointment(
        patient=cast.mia,
        practitioner=cast.ana,
        service=cast.service,
        room=cast.room,
        device=cast.device,
        starts_at=NOON,
        by=cast.reception,
    )


def asked_of(cast: Cast) -> int:
    """How many queries the board of today costs."""
    with CaptureQueriesContext(connection) as caught:
        queries.day_board(clinic=cast.clinic, day=TODAY, at=NOW)
    return len(caught)


def allow(cast: Cast, visit: Appointment, **given: Any) -> Appointment:
    values = {"reason": " Wedding on Saturday ", "by": cast.manager, "at": NOW, **given}
    return operations.allow_interval(appointment=visit, **values)


@pytest.mark.django_db
@pytest.mark.rule("R35")
def test_what_is_allowed_is_kept_with_its_reason(cast: Cast, visit: Appointment) -> None:
    factories.performed(cast, TODAY - 20 * DAY)
    before = visit.version
    allow(cast, visit, version=before)
    made = Override.objects.get()
    assert (made.appointment, made.kind, made.reason, made.made_by, made.made_at) == (
        visit,
        "interval",
        "Wedding on Saturday",
        cast.manager,
        NOW,
    )
    assert made.detail == {"last_on": "2026-11-04", "from_on": "2026-12-02", "days": 20}
    event = AuditEvent.objects.get(action="appointment.allow_interval")
    assert event.outcome == "done"
    assert "Wedding on Saturday" in event.detail
    # Boards and cards that stand open look again.
    visit.refresh_from_db()
    assert visit.version == before + 1
    no = refusal(
        operations.allow_interval,
        appointment=visit,
        reason="Again",
        by=cast.manager,
        at=NOW,
        version=before,
    )
    assert told(no) == (409, "P12", None)


@pytest.mark.django_db
@pytest.mark.rule("R35")
@pytest.mark.parametrize(
    ("days", "reason", "field", "says"),
    [
        (13, "Wedding", None, "under 14 days nobody books"),
        (0, "Wedding", None, "under 14 days nobody books"),
        (20, "  ", "reason", "Say why the visit comes sooner."),
        (28, "Wedding", None, "This visit keeps the interval"),
    ],
)
def test_nobody_allows_without_need_or_reason_or_under_fourteen_days(
    cast: Cast, visit: Appointment, days: int, reason: str, field: str | None, says: str
) -> None:
    factories.performed(cast, TODAY - days * DAY, hour=22 if not days else 16)
    no = refusal(
        operations.allow_interval, appointment=visit, reason=reason, by=cast.manager, at=NOW
    )
    assert (told(no), says in no.sentence) == ((422, "R35", field), True)
    assert not Override.objects.exists()


@pytest.mark.django_db
@pytest.mark.rule("R35")
def test_a_second_leave_says_that_it_was_allowed_already(cast: Cast, visit: Appointment) -> None:
    factories.performed(cast, TODAY - 20 * DAY)
    allow(cast, visit)
    no = refusal(
        operations.allow_interval, appointment=visit, reason="Again", by=cast.director, at=NOW
    )
    assert "it was allowed already" in no.sentence
    assert Override.objects.count() == 1


@pytest.mark.django_db
@pytest.mark.rule("R35")
def test_who_may_not_pass_over_a_rule_allows_nothing(cast: Cast, visit: Appointment) -> None:
    factories.performed(cast, TODAY - 20 * DAY)
    for someone in (cast.reception, cast.esthetician, cast.auditor, cast.stranger):
        no = refusal(
            operations.allow_interval, appointment=visit, reason="Mine", by=someone, at=NOW
        )
        assert isinstance(no, NotAllowed)


@pytest.mark.django_db
@pytest.mark.rule("R35", "R46")
def test_a_visit_that_is_over_is_not_allowed(cast: Cast, visit: Appointment) -> None:
    factories.performed(cast, TODAY - 20 * DAY)
    operations.cancel(appointment=visit, reason="Ill", by=cast.reception, at=NOW)
    no = refusal(
        operations.allow_interval, appointment=visit, reason="Late", by=cast.manager, at=NOW
    )
    assert (told(no), no.sentence) == ((422, "R46", None), "This visit is cancelled.")


@pytest.mark.django_db
@pytest.mark.rule("R35")
def test_the_card_warns_everybody_and_asks_the_manager_alone(
    cast: Cast, visit: Appointment, enter: Enter, clock: Any
) -> None:
    page = reverse("appointment", args=[visit.pk])
    manager = enter(cast.manager)
    assert TOO_SOON not in text_of(manager.get(page))
    factories.performed(cast, TODAY - 20 * DAY)
    for someone in (cast.reception, cast.esthetician):
        card = text_of(enter(someone).get(page))
        assert TOO_SOON in card
        assert "A manager can allow it on the appointment's card, with a reason." in card
        assert ALLOW not in card
    assert ALLOW in text_of(manager.get(page))
    door = reverse("appointment-allow", args=[visit.pk])
    empty = manager.post(door, {"version": visit.version, "reason": ""})
    assert empty.status_code == 422
    assert "Say why the visit comes sooner." in text_of(empty)
    sent = {"version": visit.version, "reason": "Wedding on Saturday"}
    assert manager.post(door, sent).status_code == 302
    done = text_of(manager.get(page))
    assert TOO_SOON not in done
    assert "The shorter interval of Mia Lee is allowed." in done
    assert "Sooner than the interval: Wedding on Saturday" in done
    listed = text_of(manager.get(reverse("overrides")))
    assert "Sooner than the interval 20 days after Wed, Nov 4, 2026" in listed
    assert "Wedding on Saturday" in listed


@pytest.mark.django_db
@pytest.mark.rule("R35")
def test_under_fourteen_days_the_card_asks_nobody(
    cast: Cast, visit: Appointment, enter: Enter, clock: Any
) -> None:
    factories.performed(cast, TODAY - 3 * DAY)
    manager = enter(cast.manager)
    card = text_of(manager.get(reverse("appointment", args=[visit.pk])))
    assert TOO_SOON in card
    assert "From Sat, Dec 5, 2026 on a manager can allow it, with a reason." in card
    assert ALLOW not in card
    sent = {"version": visit.version, "reason": "She insists"}
    refused = manager.post(reverse("appointment-allow", args=[visit.pk]), sent)
    assert refused.status_code == 422
    assert text_of(refused).count("3 days before") == 1


@pytest.mark.django_db
@pytest.mark.rule("R35")
def test_a_stale_card_keeps_the_reason_and_says_what_happened(
    cast: Cast, visit: Appointment, enter: Enter, clock: Any
) -> None:
    factories.performed(cast, TODAY - 20 * DAY)
    operations.confirm(appointment=visit, by=cast.reception, at=NOW)
    sent = {"version": visit.version, "reason": "Wedding on Saturday"}
    answer = enter(cast.manager).post(
        reverse("appointment-allow", args=[visit.pk]), sent, headers={"HX-Request": "true"}
    )
    assert answer.status_code == 409
    assert 'value="Wedding on Saturday"' in answer.content.decode()


@pytest.mark.django_db
@pytest.mark.rule("R35")
@pytest.mark.parametrize("view", ["practitioner", "room", "list", "week"])
def test_the_board_shows_which_visits_have_become_too_short(
    cast: Cast, visit: Appointment, enter: Enter, clock: Any, view: str
) -> None:
    desk = enter(cast.reception)
    page = reverse("day") + f"?by={view}"
    if view == "week":
        page = reverse("week") + f"?practitioner={cast.ana.pk}"
    assert "too soon" not in desk.get(page).content.decode()
    factories.performed(cast, TODAY - 20 * DAY)
    assert "too soon</strong>" in desk.get(page).content.decode()
    allow(cast, visit)
    assert "too soon" not in desk.get(page).content.decode()


@pytest.mark.django_db
@pytest.mark.rule("R35", "R57")
def test_what_was_done_under_a_merged_number_shows_on_the_board(
    cast: Cast, visit: Appointment
) -> None:
    factories.performed(cast, TODAY - 20 * DAY, patient=cast.wang)
    operations.merge_patients(kept=cast.mia, merged=cast.wang, by=cast.manager, at=NOW)
    board = queries.day_board(clinic=cast.clinic, day=TODAY, at=NOW)
    assert board.too_soon == {visit.pk}


@pytest.mark.django_db
@pytest.mark.rule("R35")
def test_the_board_asks_no_more_for_many_short_visits(cast: Cast, visit: Appointment) -> None:
    factories.performed(cast, TODAY - 20 * DAY)
    one = asked_of(cast)
    for number, patient in enumerate((cast.wang, cast.siobhan), 1):
        factories.performed(cast, TODAY - (20 + number) * DAY, patient=patient)
        factories.appointment(
            patient=patient,
            practitioner=cast.priya if number == 1 else cast.bo,
            service=cast.service,
            room=cast.second_room if number == 1 else cast.room,
            device=cast.second_device if number == 1 else cast.device,
            starts_at=NOON if number == 1 else NOON + dt.timedelta(hours=3),
            by=cast.reception,
        )
    assert asked_of(cast) == one
    board = queries.day_board(clinic=cast.clinic, day=TODAY, at=NOW)
    assert len(board.too_soon) == 3
