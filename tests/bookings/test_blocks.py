"""Blocked time: put on the board in two clicks, seen by all who book, given back in one."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Callable
from typing import Any

import pytest
from django.db import IntegrityError
from django.test import Client
from django.urls import reverse

from bookings import operations
from bookings.models import TimeOff
from bookings.queries import free_until
from clinic.models import User
from clinic.refusals import NotAllowed, Refusal
from tests.cast import NOW, Cast
from tests.raw_sql import change, refused
from tests.refusals import refusal, told

MINUTE = dt.timedelta(minutes=1)
NOON = NOW + 180 * MINUTE
Enter = Callable[[User], Client]
DOOR = "/day/block/"


def block(cast: Cast, **given: Any) -> TimeOff:
    values = {"starts_at": NOON, "ends_at": NOON + 30 * MINUTE, "by": cast.reception, "at": NOW}
    who = {"clinic": cast.clinic, "practitioner": cast.ana, "note": " Call the lab "}
    return operations.block_time(**{**values, **who, **given})


def book(cast: Cast, starts_at: dt.datetime = NOON) -> Any:
    return operations.book(
        clinic=cast.clinic,
        patient=cast.mia,
        practitioner=cast.ana,
        service=cast.short_service,
        starts_at=starts_at,
        by=cast.reception,
        at=NOW,
    )


@pytest.mark.django_db
@pytest.mark.rule("T1")
def test_nobody_is_booked_into_blocked_time_until_it_is_given_back(cast: Cast) -> None:
    made = block(cast)
    assert (made.is_block, made.note, made.created_by) == (True, "Call the lab", cast.reception)
    with pytest.raises(Refusal) as no:
        book(cast)
    assert no.value.rule == "T1"
    operations.unblock_time(block=made, version=made.version, by=cast.manager, at=NOW)
    assert book(cast).starts_at == NOON
    assert refusal(operations.unblock_time, block=made, by=cast.manager, at=NOW).rule == "T1"


@pytest.mark.django_db
@pytest.mark.rule("R47")
def test_no_block_where_a_visit_stands(cast: Cast) -> None:
    book(cast)
    no = refusal(block, cast=cast, starts_at=NOON - 15 * MINUTE)
    assert told(no) == (409, "R47", "starts_at")
    assert "has a visit from 12:00 PM to 12:30 PM." in no.sentence
    assert block(cast, starts_at=NOON - 15 * MINUTE, ends_at=NOON).is_block
    assert free_until(cast.clinic, cast.bo, NOON) == NOW + 480 * MINUTE


@pytest.mark.django_db
@pytest.mark.rule("T1")
@pytest.mark.parametrize(
    ("begins", "ends"), [(180, 180), (180, 150), (-60, 0), (180, 180 + 13 * 60)]
)
def test_a_block_is_short_and_ahead(cast: Cast, begins: int, ends: int) -> None:
    span = {"starts_at": NOW + begins * MINUTE, "ends_at": NOW + ends * MINUTE}
    assert told(refusal(block, cast=cast, **span)) == (422, "T1", "starts_at")


@pytest.mark.django_db
def test_two_blocks_do_not_lie_on_each_other(cast: Cast) -> None:
    block(cast)
    assert refusal(block, cast=cast, starts_at=NOON + 15 * MINUTE).status == 409


@pytest.mark.django_db
def test_time_off_is_not_given_back_at_the_desk(cast: Cast) -> None:
    off = operations.give_time_off(
        clinic=cast.clinic,
        practitioner=cast.ana,
        starts_at=NOON,
        ends_at=NOON + 60 * MINUTE,
        by=cast.manager,
        at=NOW,
    )
    assert (
        "not a block"
        in refusal(operations.unblock_time, block=off, by=cast.reception, at=NOW).sentence
    )


@pytest.mark.django_db
@pytest.mark.rule("R54")
@pytest.mark.parametrize("who", ["esthetician", "director", "auditor", "stranger"])
def test_only_the_desk_blocks(cast: Cast, who: str) -> None:
    with pytest.raises(NotAllowed):
        block(cast, by=getattr(cast, who))


@pytest.mark.django_db
@pytest.mark.rule("T1")
def test_the_database_keeps_a_block_short_and_a_block(cast: Cast) -> None:
    made = block(cast)
    assert refused(*change(made, is_block=False)) == "time_off_only_withdrawn"
    long = TimeOff(
        practitioner=cast.bo,
        clinic=cast.clinic,
        starts_at=NOON,
        ends_at=NOON + 13 * 60 * MINUTE,
        is_block=True,
        created_at=NOW,
        created_by=cast.reception,
    )
    with pytest.raises(IntegrityError, match="time_off_block_is_short"):
        long.write()


@pytest.mark.usefixtures("clock")
def test_from_an_empty_cell_in_two_clicks_and_back_in_one(cast: Cast, enter: Enter) -> None:
    client = enter(cast.reception)
    cell = {"practitioner": str(cast.ana.pk), "date": "2026-11-24", "time": "14:00"}
    page = client.get("/appointments/new/", cell).content.decode()
    assert f'formaction="{DOOR}" name="length" value="30"' in page
    assert 'name="length" value="next"' in client.get(DOOR, cell).content.decode()
    answer = client.post(DOOR, {**cell, "length": "30", "note": "Call the lab"})
    assert answer["Location"] == "/day/2026-11-24/"
    made = TimeOff.objects.get()
    board = client.get("/day/2026-11-24/").content.decode()
    assert "Blocked · Call the lab" in board
    assert "Blocked: Ana Ruiz, 2:00–2:30 PM." in board
    there = re.search(r'class="board-block" href="([^"]+)"', board)
    assert there
    one = client.get(there[1]).content.decode()
    assert "2:00–2:30 PM" in one
    beside = client.get(there[1], headers={"HX-Request": "true"}).content.decode()
    assert "<html" not in beside
    assert client.post(there[1], {"version": made.version}).status_code == 302
    assert "Blocked ·" not in client.get("/day/2026-11-24/").content.decode()
    # Who does not book sees that the time is blocked, and no way to change it.
    block(cast)
    seen = enter(cast.esthetician).get("/day/2026-11-24/").content.decode()
    assert "Blocked · Call the lab" in seen
    assert "board-block" not in seen


@pytest.mark.usefixtures("clock")
def test_to_the_next_visit_ends_where_it_begins(cast: Cast, enter: Enter) -> None:
    book(cast)
    client = enter(cast.reception)
    cell = {"practitioner": str(cast.ana.pk), "date": "2026-11-24", "length": "next"}
    assert client.post(DOOR, {**cell, "time": "11:00"}).status_code == 302
    assert TimeOff.objects.get().ends_at == NOON
    busy = client.post(DOOR, {**cell, "time": "12:15"})
    assert busy.status_code == 422
    assert "busy or not at work then" in busy.content.decode()
    htmx = client.post(DOOR, {**cell, "time": "12:15"}, headers={"HX-Request": "true"})
    assert 'id="block-time"' in htmx.content.decode()


@pytest.mark.django_db
@pytest.mark.usefixtures("clock")
def test_a_cells_time_reads_as_everywhere_else(cast: Cast, enter: Enter) -> None:
    asked = {"practitioner": str(cast.bo.pk), "date": "2026-11-24", "time": "13:15"}
    page = enter(cast.reception).get(reverse("block-time"), asked).content.decode()
    assert 'value="1:15 PM"' in page
