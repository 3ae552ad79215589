"""A card while others work too: what changed meanwhile, and free times before a refusal."""

from __future__ import annotations

import re
from typing import Any

import pytest

from bookings import operations
from bookings.models import Appointment
from bookings.rules.status import Status
from tests.bookings.test_card_views import (
    DAY,
    HTMX,
    MINUTE,
    NOON,
    Enter,
    acts,
    booked,
    door,
    moved_to,
    press,
    words,
)
from tests.cast import NOW, TODAY, Cast

pytestmark = pytest.mark.usefixtures("clock")


@pytest.fixture
def visit(cast: Cast) -> Appointment:
    """Mia with Ana at noon, in Room 1; she comes at 11:35."""
    return booked(cast)


@pytest.mark.rule("P12")
@pytest.mark.parametrize("headers", [{}, HTMX])
def test_a_press_on_a_stale_card_is_refused_with_what_was_typed_and_what_is_now(
    cast: Cast, enter: Enter, visit: Appointment, headers: dict[str, str]
) -> None:
    operations.confirm(appointment=visit, by=cast.manager, at=NOW)
    client = enter(cast.reception)
    answer = press(client, visit, "cancel", reason="Has a cold", headers=headers)
    assert answer.status_code == 409
    text = words(answer)
    assert "Maya Okoye confirmed this visit at 9:00 AM." in text
    assert "Someone changed this record" not in text
    assert "Has a cold" in text
    assert "Confirmed Nov 24, 9:00 AM by Maya Okoye" in text
    version = re.search(
        r'name="version" value="(\d+)"[^>]*id="cancel-version"', answer.content.decode()
    )
    assert version
    again = client.post(
        door(visit, "cancel"),
        {"version": version[1], "reason": "Has a cold", "cancelled_as": "patient"},
    )
    assert again.status_code == 302
    visit.refresh_from_db()
    assert visit.status == Status.CANCELLED


@pytest.mark.rule("P12")
def test_a_step_on_a_stale_card_is_refused_above_the_card(
    cast: Cast, enter: Enter, visit: Appointment
) -> None:
    operations.confirm(appointment=visit, by=cast.manager, at=NOW)
    answer = press(enter(cast.reception), visit, "arrive")
    assert answer.status_code == 409
    assert "Maya Okoye confirmed this visit at 9:00 AM." in words(answer)
    assert "arrive" in acts(answer)


@pytest.mark.rule("P12")
@pytest.mark.parametrize("act", ["arrive", "confirm", "move", "cancel"])
def test_who_did_what_meanwhile_is_said_by_name_and_the_card_shows_it(
    cast: Cast, enter: Enter, visit: Appointment, clock: Any, act: str
) -> None:
    client = enter(cast.reception)
    clock.shift(60)
    operations.cancel(
        appointment=visit, reason="She has a cold", by=cast.manager, at=NOW + 53 * MINUTE
    )
    given = {"reason": "x", **moved_to(TODAY, "15:00", cast)}
    answer = press(client, visit, act, **given, headers=HTMX)
    assert answer.status_code == 409
    text = words(answer)
    assert "Maya Okoye cancelled this visit at 9:53 AM." in text
    assert "Cancelled by the clinic She has a cold" in text
    assert "save again" not in text
    assert "Mark arrived" not in text
    # An older message does not stand above this answer.
    assert '<div id="notes" hx-swap-oob="innerHTML"></div>' in answer.content.decode()


@pytest.mark.rule("P12")
def test_a_visit_moved_meanwhile_is_said_to_be_where_it_is(
    cast: Cast, enter: Enter, visit: Appointment
) -> None:
    client = enter(cast.reception)
    operations.move(
        appointment=visit, starts_at=NOON + DAY, by=cast.manager, at=NOW, version=visit.version
    )
    answer = press(client, visit, "arrive")
    assert answer.status_code == 409
    assert (
        "This visit was changed meanwhile. It is booked now: Wed, Nov 25, 2026, 12:00–12:45 PM, "
        "Ana Ruiz LE. Look at it again."
    ) in words(answer)


@pytest.mark.rule("P12")
def test_a_move_of_a_confirmed_visit_is_not_hidden_behind_its_confirming(
    cast: Cast, enter: Enter, visit: Appointment
) -> None:
    operations.confirm(appointment=visit, by=cast.manager, at=NOW)
    visit.refresh_from_db()
    operations.move(appointment=visit, starts_at=NOON + DAY, by=cast.manager, at=NOW)
    says = words(press(enter(cast.reception), visit, "cancel", reason="Has a cold"))
    assert "It is confirmed now: Wed, Nov 25, 2026, 12:00–12:45 PM, Ana Ruiz LE." in says
    assert "Maya Okoye confirmed this visit" not in says


@pytest.mark.rule("P12")
def test_a_chart_opened_meanwhile_is_not_told_as_the_arrival(
    cast: Cast, enter: Enter, visit: Appointment
) -> None:
    operations.mark_arrived(appointment=visit, by=cast.manager, at=NOW)
    visit.refresh_from_db()
    operations.note_chart_opened(appointment=visit, by=cast.esthetician, at=NOW)
    says = words(press(enter(cast.reception), visit, "cancel", reason="Has a cold"))
    assert "This visit was changed meanwhile. It is arrived now" in says


def test_a_no_show_and_an_arrival_meanwhile_are_told_too(
    cast: Cast, enter: Enter, visit: Appointment, clock: Any
) -> None:
    clock.move_to(NOON)
    client = enter(cast.reception)
    operations.mark_arrived(appointment=visit, by=cast.manager, at=NOON)
    answer = press(client, visit, "no-show")
    assert "Maya Okoye marked the patient arrived at 12:00 PM." in words(answer)
    other = booked(
        cast, patient=cast.wang, starts_at=NOW, room=cast.second_room, device=cast.second_device
    )
    operations.mark_no_show(appointment=other, by=cast.manager, at=NOON)
    answer = press(client, other, "arrive")
    assert "Maya Okoye marked this visit as a no-show at 12:00 PM." in words(answer)


def test_a_cancelled_visit_does_not_say_that_she_comes(
    cast: Cast, enter: Enter, visit: Appointment
) -> None:
    client = enter(cast.reception)
    assert "comes 11:35 AM" in words(client.get(door(visit)))
    press(client, visit, "cancel", reason="Has a cold")
    assert "comes" not in words(client.get(door(visit))).replace("become", "")


def test_the_nearest_free_times_are_shown_before_anything_is_refused(
    cast: Cast, enter: Enter, visit: Appointment
) -> None:
    client = enter(cast.reception)
    assert "Show free times" in words(client.get(door(visit)))
    here = moved_to(TODAY, "12:00", cast, look="1")
    answer = press(client, visit, "move", **here, headers=HTMX)
    assert answer.status_code == 200
    text = answer.content.decode()
    assert "These times are free" in text
    assert 'value="12:00"' in text
    assert re.findall(r"<strong>(\d+:\d+ [AP]M)</strong><small>", text) == [
        "11:30 AM",
        "11:45 AM",
        "12:15 PM",
    ]
    visit.refresh_from_db()
    assert visit.starts_at == NOON
    assert press(client, visit, "move", date="x", time="", look="1").status_code == 200


def test_the_card_tells_each_move_from_when_and_whom_and_by_whom(
    cast: Cast, enter: Enter, visit: Appointment
) -> None:
    operations.move(
        appointment=visit,
        starts_at=NOON + 60 * MINUTE,
        practitioner=cast.priya,
        by=cast.reception,
        at=NOW + MINUTE,
    )
    visit.refresh_from_db()
    operations.move(appointment=visit, starts_at=NOON + DAY, by=cast.manager, at=NOW + 2 * MINUTE)
    operations.confirm(appointment=visit, by=cast.manager, at=NOW + 3 * MINUTE)
    text = words(enter(cast.reception).get(door(visit)))
    text = text[text.index("What happened") :]
    assert (
        "Moved from Tue, Nov 24, 2026, 12:00 PM, Ana Ruiz LE Nov 24, 9:01 AM by Rosa Alvarez "
        "Moved from Tue, Nov 24, 2026, 1:00 PM, Priya Raman MD Nov 24, 9:02 AM by Maya Okoye "
        "Confirmed Nov 24, 9:03 AM" in text
    )


def test_her_own_times_come_first_and_it_is_said_where_she_has_none(
    cast: Cast, enter: Enter, visit: Appointment
) -> None:
    client = enter(cast.reception)
    look = moved_to(TODAY, "12:00", cast, look="1")
    booked(
        cast,
        patient=cast.wang,
        starts_at=NOON + 45 * MINUTE,
        room=cast.second_room,
        device=cast.second_device,
    )
    text = press(client, visit, "move", **look, headers=HTMX).content.decode()
    offered = re.findall(r'data-says="[^"]*, ([^",]*)"', text)
    assert offered
    assert offered == sorted(offered, key=lambda who: who != "Ana Ruiz LE")
    look = moved_to(TODAY, "12:00", cast, look="1", practitioner=cast.lena.pk)
    assert "Lena Brandt has no other time within two weeks." in words(
        press(client, visit, "move", **look, headers=HTMX)
    )
