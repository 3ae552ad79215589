"""A room that is pointed at on the board: booked in, and moved to."""

from __future__ import annotations

import datetime as dt
import html
import re
import uuid
from typing import Any

import pytest
from django.test import Client

from bookings import queries
from bookings.models import Appointment
from tests import factories
from tests.cast import NOW, TODAY, Cast

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("clock")]
MINUTE = dt.timedelta(minutes=1)
NOON = NOW + 180 * MINUTE


@pytest.fixture
def rosa(cast: Cast, enter: Any) -> Client:
    """The reception's browser."""
    return enter(cast.reception)


def words(answer: Any) -> str:
    bare = re.sub(r"<[^>]*>", " ", answer.content.decode())
    return " ".join(html.unescape(bare).split())


def visit(cast: Cast, **given: Any) -> Appointment:
    values: dict[str, Any] = {
        "patient": cast.mia,
        "practitioner": cast.ana,
        "service": cast.service,
        "room": cast.second_room,
        "device": cast.device,
        "starts_at": NOON,
        "by": cast.reception,
    }
    return factories.appointment(**values | given)


def asked(cast: Cast, **given: Any) -> dict[str, str]:
    values = {
        "chosen": cast.siobhan.pk,
        "service": cast.service.pk,
        "practitioner": cast.bo.pk,
        "date": TODAY,
        "time": "12:00 PM",
        "room": cast.second_room.pk,
    }
    return {name: str(value) for name, value in (values | given).items()}


def test_a_cell_of_a_room_books_in_that_room(cast: Cast, rosa: Client) -> None:
    page = rosa.get("/day/?by=room").content.decode()
    links = [html.unescape(one) for one in re.findall(r'class="slot[^"]*" href="([^"]*)"', page)]
    mine = [one for one in links if f"room={cast.second_room.pk}" in one]
    assert mine
    form = rosa.get(mine[0])
    assert f'<option value="{cast.second_room.pk}" selected>Room 2</option>' in (
        form.content.decode()
    )
    assert "Any room" in words(form)
    rosa.post("/appointments/new/", asked(cast))
    assert Appointment.objects.get().room_id == cast.second_room.pk


def test_without_a_room_any_is_taken_and_no_field_is_in_the_way(cast: Cast, rosa: Client) -> None:
    assert 'id="id_room"' not in rosa.get("/appointments/new/").content.decode()
    rosa.post("/appointments/new/", asked(cast, room=""))
    assert Appointment.objects.count() == 1


def test_a_room_that_is_taken_is_refused_with_times_in_it(cast: Cast, rosa: Client) -> None:
    visit(cast)
    answer = rosa.post("/appointments/new/", asked(cast))
    assert answer.status_code == 409
    assert "Room 2" in words(answer)
    times = re.findall(r'name="choice" value="([^"]*)"', answer.content.decode())
    assert times
    again = rosa.post("/appointments/new/", asked(cast) | {"choice": html.unescape(times[-1])})
    assert again.status_code == 302
    assert {one.room_id for one in Appointment.objects.all()} == {cast.second_room.pk}
    lifted = rosa.post("/appointments/new/", asked(cast, room="", chosen=cast.wang.pk, time="3 PM"))
    assert lifted.status_code == 302


def test_the_search_is_of_that_room_alone(cast: Cast, rosa: Client) -> None:
    visit(cast)
    search: dict[str, Any] = {
        "clinic": cast.clinic,
        "need": cast.service,
        "first": TODAY,
        "days": 1,
        "at": NOW,
        "practitioner": cast.bo,
    }
    everywhere = queries.FreeSearch(**search).lines()[0].times
    there = queries.FreeSearch(**search, room=cast.second_room).lines()[0].times
    starts = {one.starts_at for one in there}
    assert starts < {one.starts_at for one in everywhere}
    assert not any(NOON - 80 * MINUTE < one < NOON + 80 * MINUTE for one in starts)
    list_of = {
        "service": str(cast.service.pk),
        "practitioner": str(cast.bo.pk),
        "from": str(TODAY),
        "days": "1",
    }
    anywhere = words(rosa.get("/appointments/free-times/", list_of))
    here = words(
        rosa.get("/appointments/free-times/", list_of | {"room": str(cast.second_room.pk)})
    )
    assert "12:00 PM" in anywhere
    assert "12:00 PM" not in here


@pytest.mark.parametrize("room", ["x", str(uuid.UUID(int=7))])
def test_a_room_that_is_not_there_leads_nowhere(cast: Cast, rosa: Client, room: str) -> None:
    assert rosa.get("/appointments/new/", {"room": room}).status_code == 404
    assert rosa.post("/appointments/new/", asked(cast, room=room)).status_code == 422
    one = visit(cast)
    drop = {"choice": f"{cast.ana.pk}@2026-11-24T18:00Z", "room": room}
    assert rosa.get(f"/appointments/{one.pk}/move-to/", drop).status_code == 404
    answer = rosa.post(f"/appointments/{one.pk}/move/", drop | {"version": "1"})
    assert answer.status_code == 422
    assert "This room is not in use." in words(answer)


def test_a_drop_on_another_room_asks_and_changes_the_room(cast: Cast, rosa: Client) -> None:
    one = visit(cast)
    drop = {"choice": f"{cast.ana.pk}@2026-11-24T18:00Z", "room": str(cast.room.pk)}
    asks = rosa.get(f"/appointments/{one.pk}/move-to/", drop)
    said = words(asks)
    assert "Move Mia Lee?" in said
    assert "Ana Ruiz LE, Room 2 To" in said
    assert "Ana Ruiz LE, Room 1 comes 11:35 AM Told" in said
    sent = dict(re.findall(r'name="(version|room|once)" value="([^"]*)"', asks.content.decode()))
    answer = rosa.post(f"/appointments/{one.pk}/move/", drop | sent)
    assert answer.status_code == 302
    one.refresh_from_db()
    assert (one.room_id, one.starts_at) == (cast.room.pk, NOON)


def test_a_drop_on_a_room_that_is_taken_says_why_not(cast: Cast, rosa: Client) -> None:
    one = visit(cast)
    visit(
        cast,
        patient=cast.wang,
        practitioner=cast.bo,
        room=cast.room,
        device=cast.second_device,
    )
    drop = {"choice": f"{cast.ana.pk}@2026-11-24T18:00Z", "room": str(cast.room.pk)}
    said = words(rosa.get(f"/appointments/{one.pk}/move-to/", drop))
    assert "Mia Lee cannot go there" in said
    assert "the time stays the same" not in said
    assert "Room 1" in said
    answer = rosa.post(f"/appointments/{one.pk}/move/", drop | {"version": str(one.version)})
    assert answer.status_code == 409
    one.refresh_from_db()
    assert one.room_id == cast.second_room.pk
