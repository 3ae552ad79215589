"""The rooms of a clinic: added, renamed, out of use and back."""

from __future__ import annotations

import datetime as dt
from typing import Any

import pytest

from bookings import operations as desk
from clinic import operations
from clinic.models import AuditEvent, Room
from clinic.refusals import Conflict, Refusal
from tests.bookings.test_operations_book import MINUTE, NOON, book
from tests.bookings.waiting import offer, wait
from tests.cast import NOW, Cast

DAY = dt.timedelta(days=1)


def names(cast: Cast) -> list[str]:
    rows = Room.objects.filter(clinic=cast.clinic).order_by("name")
    return list(rows.values_list("name", flat=True))


def test_a_room_is_added_and_can_be_booked_at_once(cast: Cast, enter: Any) -> None:
    answer = enter(cast.manager).post("/setup/rooms/add/", {"name": " Room  3", "once": "a"})
    assert (answer.status_code, answer["Location"]) == (302, "/setup/rooms/")
    room = Room.objects.get(name="Room 3")
    assert book(cast, room=room).room == room
    assert AuditEvent.objects.filter(action="room.add", subject=str(room.pk)).count() == 1


def test_a_second_press_adds_one_room(cast: Cast, enter: Any) -> None:
    browser = enter(cast.manager)
    for _ in range(2):
        assert browser.post("/setup/rooms/add/", {"name": "Room 3", "once": "b"}).status_code == 302
    assert names(cast) == ["Room 1", "Room 2", "Room 3"]


@pytest.mark.parametrize(
    ("name", "status", "says"),
    [
        ("", 422, "Give the room a name."),
        ("   ", 422, "Give the room a name."),
        ("room 1", 409, "Austin has a room called room 1 already. Give this one another name."),
        ("R" * 41, 422, "Use at most 40 characters; this has 41."),
        ("R\x00oom", 422, "NUL character"),
    ],
)
def test_a_name_that_will_not_do_is_refused_in_words(
    name: str, status: int, says: str, cast: Cast, enter: Any
) -> None:
    answer = enter(cast.manager).post("/setup/rooms/add/", {"name": name, "once": "c"})
    assert answer.status_code == status
    assert says in answer.content.decode()
    assert names(cast) == ["Room 1", "Room 2"]


def test_a_room_out_of_use_keeps_its_visits_and_is_no_choice(cast: Cast, enter: Any) -> None:
    visit = book(cast, room=cast.room)
    address = f"/setup/rooms/{cast.room.pk}/use/"
    browser = enter(cast.manager)
    page = browser.get(address).content.decode()
    assert "12:00 PM: Mia Lee with Ana Ruiz" in page
    sent = {"version": cast.room.version, "in_use": "False", "once": "d"}
    assert browser.post(address, sent).status_code == 302
    visit.refresh_from_db()
    assert (visit.room, visit.status) == (cast.room, "booked")
    with pytest.raises(Refusal, match="not in use here"):
        book(cast, patient=cast.wang, practitioner=cast.priya, room=cast.room)
    assert book(cast, patient=cast.wang, practitioner=cast.priya).room == cast.second_room


@pytest.mark.rule("R47")
@pytest.mark.parametrize("lane", ["room", "device"])
@pytest.mark.parametrize("how", ["booked", "moved", "walked in", "offered"])
def test_what_is_out_of_use_goes_to_no_visit(lane: str, how: str, cast: Cast) -> None:
    pair: dict[str, Any] = {
        "room": [cast.room, cast.second_room],
        "device": [cast.device, cast.second_device],
    }
    # The one that any visit would get first.
    out, left = sorted(pair[lane], key=lambda one: one.pk)
    before = book(cast, starts_at=NOON + 120 * MINUTE) if how == "moved" else None
    if lane == "room":
        out.is_active = False
    else:
        out.status, out.status_reason = "repair", "Cable"
    out.write()
    visit: Any
    if before is not None:
        assert getattr(before, lane) == out
        visit = desk.move(appointment=before, starts_at=NOON, by=cast.reception, at=NOW)
    elif how == "walked in":
        visit = desk.walk_in(
            clinic=cast.clinic,
            patient=cast.mia,
            practitioner=cast.ana,
            service=cast.short_service,
            starts_at=NOW + 5 * MINUTE,
            by=cast.reception,
            at=NOW,
        )
    else:
        visit = offer(cast, wait(cast)) if how == "offered" else book(cast)
    assert getattr(visit, lane) == left
    assert visit.holds.filter(**{f"{lane}__isnull": False}).get().__dict__[f"{lane}_id"] == left.pk
    # Not even where nothing else is free.
    with pytest.raises(Refusal):
        book(cast, patient=cast.wang, practitioner=cast.priya, starts_at=visit.starts_at)


def test_what_is_booked_with_it_opens_from_there(cast: Cast, enter: Any) -> None:
    visit = book(cast, room=cast.room)
    card = f'href="/appointments/{visit.pk}/"'
    browser = enter(cast.manager)
    assert card in browser.get(f"/setup/rooms/{cast.room.pk}/use/").content.decode()
    device = f"/setup/devices/{visit.device_id}/status/"
    assert card in browser.get(device).content.decode()
    page = browser.get(f"/setup/practitioners/{cast.ana.pk}/use/").content.decode()
    assert card in page
    assert "Still booked with this practitioner" in page


def test_the_administrator_hears_how_many_and_not_who(cast: Cast, enter: Any) -> None:
    book(cast, room=cast.room)
    page = enter(cast.administrator).get(f"/setup/rooms/{cast.room.pk}/use/").content.decode()
    assert "1 visit ahead" in page
    assert "Mia" not in page


def test_a_room_comes_back_into_use(cast: Cast) -> None:
    act: dict[str, Any] = {"by": cast.manager, "at": NOW}
    out = operations.set_room_use(room=cast.room, in_use=False, **act)
    with pytest.raises(Refusal, match="Room 1 is out of use already"):
        operations.set_room_use(room=out, in_use=False, **act)
    assert operations.set_room_use(room=out, in_use=True, **act).is_active


@pytest.mark.rule("P12")
def test_a_stale_rename_shows_both_names(cast: Cast, enter: Any) -> None:
    address = f"/setup/rooms/{cast.room.pk}/"
    sent = {"version": cast.room.version, "name": "Blue room", "once": "e"}
    assert enter(cast.manager).post(address, sent).status_code == 302
    answer = enter(cast.administrator).post(address, sent | {"name": "Red room", "once": "f"})
    page = answer.content.decode()
    assert answer.status_code == 409
    assert "Blue room" in page
    assert "Red room" in page
    assert names(cast) == ["Blue room", "Room 2"]


def test_a_name_that_another_room_has_is_a_conflict(cast: Cast) -> None:
    with pytest.raises(Conflict):
        operations.rename_room(room=cast.room, name="ROOM 2", by=cast.manager, at=NOW)


def test_every_visit_of_a_room_that_goes_can_be_opened(cast: Cast, enter: Any) -> None:
    visits = [book(cast, room=cast.room, starts_at=NOON + 28 * day * DAY) for day in range(11)]
    page = enter(cast.manager).get(f"/setup/rooms/{cast.room.pk}/use/").content.decode()
    first, _, folded = page.partition("<summary>and 3 more</summary>")
    assert [str(one.pk) in first for one in visits] == [True] * 8 + [False] * 3
    assert [str(one.pk) in folded for one in visits] == [False] * 8 + [True] * 3
