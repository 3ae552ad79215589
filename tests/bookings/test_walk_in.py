"""A patient without an appointment, and one who is here and whose time changes."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client

from bookings import operations
from bookings.models import Appointment, Hold, Override
from bookings.rules.status import Status
from clinic.models import AuditEvent, Message, Patient, User
from clinic.refusals import Refusal
from tests import factories
from tests.cast import NOW, TODAY, Cast
from tests.raw_sql import change, refused
from tests.refusals import refusal, told

MINUTE = dt.timedelta(minutes=1)
DAY = dt.timedelta(days=1)
NOON = NOW + 180 * MINUTE
SOON = NOW + 30 * MINUTE
Enter = Callable[[User], Client]
DOOR = "/appointments/walk-in/"


def walk_in(cast: Cast, **given: Any) -> Appointment:
    return operations.walk_in(
        **{
            "clinic": cast.clinic,
            "patient": cast.siobhan,
            "practitioner": None,
            "service": cast.service,
            "starts_at": SOON,
            "by": cast.reception,
            "at": NOW,
            **given,
        }
    )


@pytest.mark.django_db
def test_who_walks_in_is_booked_and_here_in_one_act(cast: Cast) -> None:
    visit = walk_in(cast)
    assert (visit.status, visit.arrived_by) == (Status.ARRIVED, cast.reception)
    assert Hold.objects.count() == 4
    assert Message.objects.count() == 0
    done = AuditEvent.objects.order_by("seq").values_list("action", flat=True)
    assert list(done) == ["appointment.book", "appointment.arrive", "appointment.walk_in"]


@pytest.mark.django_db
@pytest.mark.rule("T1")
def test_a_walk_in_is_for_today(cast: Cast) -> None:
    no = refusal(walk_in, cast=cast, starts_at=SOON + DAY)
    assert told(no) == (422, "T1", "starts_at")
    assert Appointment.objects.count() == 0


@pytest.mark.usefixtures("clock")
def test_the_page_offers_the_next_times_with_the_first_chosen(cast: Cast, enter: Enter) -> None:
    client = enter(cast.reception)
    asked = client.get(DOOR, {"chosen": str(cast.mia.pk), "service": str(cast.short_service.pk)})
    text = asked.content.decode()
    slots = re.findall(r'name="slot" value="([^"]+)"( checked)?', text)
    assert len(slots) == 6
    assert "Book and mark arrived" in text
    assert [bool(checked) for _, checked in slots] == [True] + [False] * 5
    form = {"chosen": cast.mia.pk, "service": cast.short_service.pk, "slot": slots[0][0]}
    answer = client.post(DOOR, {**form, "date": "2026-11-24"})
    visit = Appointment.objects.get()
    assert answer["Location"] == f"/day/2026-11-24/?visit={visit.pk}"
    assert (visit.status, visit.starts_at) == (Status.ARRIVED, NOW + 15 * MINUTE)


@pytest.mark.usefixtures("clock")
def test_a_page_that_stands_open_gets_the_times_alone(cast: Cast, enter: Enter) -> None:
    client = enter(cast.reception)
    asked = {"chosen": str(cast.mia.pk), "service": str(cast.short_service.pk)}
    answer = client.get(DOOR, asked, headers={"HX-Request": "true"})
    text = answer.content.decode()
    slots = re.findall(r'name="slot" value="([^"]+)"( checked)?', text)
    assert (len(slots), bool(slots[0][1]), "<html" in text) == (6, True, False)
    assert "HX-Request" in answer["Vary"]
    # A time that is picked already stays picked when somebody is chosen after it.
    text = client.get(
        DOOR, asked | {"slot": slots[2][0]}, headers={"HX-Request": "true"}
    ).content.decode()
    assert f'value="{slots[2][0]}" checked' in text


@pytest.mark.usefixtures("clock")
@pytest.mark.rule("R35")
def test_skin_that_has_not_rested_is_told_to_who_came(cast: Cast, enter: Enter) -> None:
    factories.performed(cast, TODAY - 20 * DAY)
    asked = {"chosen": str(cast.mia.pk), "service": str(cast.short_service.pk)}
    text = enter(cast.reception).get(DOOR, asked).content.decode()
    assert "It works from Wed, Dec 2, 2026 on." in text
    assert "Nothing more is free today" not in text
    assert "Book and mark arrived" not in text


@pytest.mark.usefixtures("clock")
@pytest.mark.rule("R35")
def test_who_has_another_visit_for_the_same_area_is_told_so(cast: Cast, enter: Enter) -> None:
    asked = {"chosen": str(cast.mia.pk), "service": str(cast.service.pk)}
    client = enter(cast.reception)
    says = "Another visit for the same area is booked for Mon, Nov 30, 2026, 6 days apart"
    assert says not in client.get(DOOR, asked).content.decode()
    factories.appointment(
        patient=cast.mia,
        practitioner=cast.ana,
        service=cast.service,
        room=cast.room,
        device=cast.device,
        starts_at=NOON + 6 * DAY,
        by=cast.reception,
    )
    for headers in ({}, {"HX-Request": "true"}):
        assert says in client.get(DOOR, asked, headers=headers).content.decode()


@pytest.mark.usefixtures("clock")
def test_a_newcomer_is_registered_on_the_way(cast: Cast, enter: Enter) -> None:
    client = enter(cast.reception)
    found = client.get(DOOR, {"service": str(cast.short_service.pk)}).content.decode()
    slot = re.search(r'name="slot" value="([^"]+)" checked', found)
    assert slot
    typed: dict[str, Any] = {"first_name": "Ida", "last_name": "Berg", "birth_date": "1990-01-01"}
    typed |= {"phone": "512-555-0177", "service": str(cast.short_service.pk), "slot": slot[1]}
    assert client.post(DOOR, typed).status_code == 302
    assert Patient.objects.get(last_name="Berg").appointments.get().status == Status.ARRIVED


@pytest.mark.usefixtures("clock")
@pytest.mark.rule("P2")
def test_where_the_next_time_is_gone_others_are_offered(cast: Cast, enter: Enter) -> None:
    client = enter(cast.reception)
    asked = {
        "chosen": str(cast.mia.pk),
        "service": str(cast.short_service.pk),
        "practitioner": str(cast.ana.pk),
    }
    text = client.get(DOOR, asked).content.decode()
    slot = re.search(r'name="slot" value="([^"]+)" checked', text)
    assert slot
    walk_in(
        cast, service=cast.short_service, starts_at=NOW, practitioner=cast.ana, patient=cast.wang
    )
    answer = client.post(DOOR, {**asked, "slot": slot[1]})
    assert answer.status_code == 409
    assert 'name="choice"' in answer.content.decode()


@pytest.mark.usefixtures("clock")
def test_without_a_service_it_says_what_to_choose(cast: Cast, enter: Enter) -> None:
    text = enter(cast.reception).get(DOOR).content.decode()
    assert "Choose a service to see the next times." in text


# --- the time of one who is here


@pytest.fixture
def here(cast: Cast) -> Appointment:
    """Mia, who has come for noon."""
    visit = factories.appointment(
        patient=cast.mia,
        practitioner=cast.ana,
        service=cast.service,
        room=cast.room,
        device=cast.device,
        starts_at=NOON,
        by=cast.reception,
    )
    return operations.mark_arrived(appointment=visit, by=cast.reception, at=NOW)


def move(cast: Cast, visit: Appointment, **given: Any) -> Appointment:
    values = {"starts_at": NOON + 15 * MINUTE, "by": cast.manager, "at": NOW + MINUTE}
    why = {"override_reason": "Her bus was early"}
    return operations.move(**{"appointment": visit, **values, **why, **given})


@pytest.mark.django_db
@pytest.mark.rule("R46")
def test_the_time_of_who_is_here_changes_by_permission_and_reason(
    cast: Cast, here: Appointment
) -> None:
    for given, says in (
        ({"by": cast.reception}, "the time is locked"),
        ({"override_reason": "  "}, "say why the time changes"),
        ({"starts_at": NOON + DAY}, "only change within the day"),
    ):
        with pytest.raises(Refusal, match=says):
            move(cast, here, **given)
    moved = move(cast, here)
    assert (moved.status, moved.starts_at) == (Status.ARRIVED, NOON + 15 * MINUTE)
    kept = Override.objects.get()
    assert (kept.kind, kept.reason) == ("arrived_time", "Her bus was early")
    assert kept.made_by == cast.manager
    with pytest.raises(Refusal, match="the time is locked"):
        operations.undo(appointment=moved, by=cast.reception, at=NOW + 2 * MINUTE)
    back = operations.undo(appointment=moved, by=cast.manager, at=NOW + 2 * MINUTE)
    assert (back.status, back.starts_at) == (Status.ARRIVED, NOON)


@pytest.mark.django_db
@pytest.mark.rule("R46")
def test_whose_chart_is_open_is_moved_by_nobody(cast: Cast, here: Appointment) -> None:
    operations.note_chart_opened(appointment=here, by=cast.esthetician, at=NOW)
    with pytest.raises(Refusal, match="has its chart open cannot be moved"):
        move(cast, here)


@pytest.mark.django_db
@pytest.mark.rule("R46")
def test_the_database_moves_who_is_here_once_for_each_override(
    cast: Cast, here: Appointment
) -> None:
    later = {"starts_at": NOON + 30 * MINUTE}
    assert refused(*change(here, **later)) == "appointment_past_moving"
    move(cast, here)
    assert refused(*change(here, **later)) == "appointment_past_moving"


@pytest.mark.usefixtures("clock")
def test_a_manager_sees_the_lock_with_its_reason(
    cast: Cast, enter: Enter, here: Appointment
) -> None:
    door = f"/appointments/{here.pk}/"
    assert f"{door}move/" not in enter(cast.reception).get(door).content.decode()
    text = enter(cast.manager).get(door).content.decode()
    assert f"{door}move/" in text
    assert 'name="override_reason"' in text
