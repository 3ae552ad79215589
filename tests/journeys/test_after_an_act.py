"""After an act on the board: where the focus is, what Escape closes, whose act `u` takes back."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Callable
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from bookings.models import Appointment
from tests import factories
from tests.cast import NOW, Cast
from tests.journeys.conftest import TABLET, Look
from tests.server import Server

Seat = Callable[..., Page]
MINUTE = dt.timedelta(minutes=1)
NOON = NOW + 180 * MINUTE


@pytest.fixture
def day(server: Server, cast: Cast, clock: Any) -> list[Appointment]:
    """Mia with Ana at noon, Wang with Bo at one."""
    made = [
        (cast.mia, cast.ana, cast.room, cast.device, 0),
        (cast.wang, cast.bo, cast.second_room, cast.second_device, 60),
    ]
    return [
        factories.appointment(
            patient=patient,
            practitioner=practitioner,
            service=cast.short_service,
            room=room,
            device=device,
            starts_at=NOON + minutes * MINUTE,
            by=cast.reception,
        )
        for patient, practitioner, room, device, minutes in made
    ]


@pytest.fixture
def desk(cast: Cast, seat: Seat, day: list[Appointment]) -> Page:
    """Reception at the board."""
    return seat(cast.reception, "/day/")


def open_card(page: Page, name: str, heading: str | re.Pattern[str]) -> None:
    page.locator(".board .appt", has_text=name).click()
    expect(page.get_by_role("heading", name=heading)).to_be_focused()


def move_by_keys(page: Page, name: str, *keys: str) -> None:
    page.locator(".board .appt", has_text=name).focus()
    for key in ("m", *keys, "Enter"):
        page.keyboard.press(key)
    expect(page.get_by_role("button", name="Move the visit")).to_be_focused()
    page.keyboard.press("Enter")
    expect(page.locator(".toast-undo")).to_be_visible()
    page.wait_for_load_state()


def test_after_a_key_on_the_card_it_is_still_in_hand_and_escape_leads_to_its_cell(
    desk: Page,
) -> None:
    open_card(desk, "Lee, Mia", "Mia Lee")
    desk.keyboard.press("c")
    expect(desk.locator("#notes")).to_contain_text("Mia Lee is confirmed.")
    expect(desk.get_by_role("heading", name="Mia Lee")).to_be_focused()
    desk.keyboard.press("Escape")
    expect(desk.locator("#visit-card")).to_have_count(0)
    expect(desk.locator(".board .appt", has_text="Lee, Mia")).to_be_focused()
    desk.keyboard.press("ArrowRight")
    expect(desk.get_by_label("Book Bo Chen at 12:00 PM")).to_be_focused()


def test_after_a_move_by_keys_the_moved_visit_has_the_focus_and_escape_closes_from_anywhere(
    desk: Page,
) -> None:
    move_by_keys(desk, "Lee, Mia", "ArrowUp", "ArrowUp")
    visit = desk.locator(".board .appt", has_text="Lee, Mia")
    expect(visit).to_be_focused()
    expect(visit).to_contain_text("11:30")
    expect(visit).to_be_in_viewport(ratio=1)
    desk.locator("body").evaluate("() => document.activeElement.blur()")
    desk.keyboard.press("Escape")
    expect(desk.locator("#visit-card")).to_have_count(0)
    expect(visit).to_be_focused()


def test_after_time_is_blocked_the_focus_is_where_it_was_blocked(
    cast: Cast, seat: Seat, day: list[Appointment]
) -> None:
    page = seat(cast.manager, "/day/")
    page.get_by_label("Book Ana Ruiz at 2:00 PM").focus()
    page.keyboard.press("b")
    expect(page.get_by_role("heading", name="Block time")).to_be_visible()
    page.locator("#sheet").get_by_label("Note").fill("Training")
    page.locator("#sheet").get_by_role("button", name="30 min").click()
    expect(page.locator("#notes")).to_contain_text("Blocked: Ana Ruiz")
    expect(page.locator(".board-block", has_text="Training")).to_be_focused()


@pytest.mark.parametrize("size", [None, TABLET])
def test_u_beside_another_card_says_whose_act_it_takes_back_and_stays_there(
    desk: Page, day: list[Appointment], look: Look, size: Any
) -> None:
    if size:
        desk.set_viewport_size(size)
    move_by_keys(desk, "Lee, Mia", "ArrowUp", "ArrowUp")
    toast = desk.locator(".toast-undo")
    expect(toast).to_contain_text("The visit of Mia Lee is moved to")
    open_card(desk, "王", re.compile("王"))
    desk.keyboard.press("u")
    expect(toast.get_by_role("button", name="Undo move")).to_be_focused()
    expect(toast).to_contain_text("Enter takes back the move of Mia Lee.")
    look("whose act is taken back", dark=True)
    day[0].refresh_from_db()
    assert day[0].starts_at == NOON - 30 * MINUTE
    desk.keyboard.press("Enter")
    expect(desk.locator("#notes, .note")).to_contain_text(["Undone. Mia Lee is booked"])
    expect(desk.locator("#visit-card").get_by_role("heading")).to_contain_text(["王"])
    expect(desk.locator(".board .appt", has_text="王")).to_be_focused()
    day[0].refresh_from_db()
    assert day[0].starts_at == NOON


def test_the_note_covers_nothing_and_can_be_closed_for_good(desk: Page, look: Look) -> None:
    move_by_keys(desk, "Lee, Mia", "ArrowUp", "ArrowUp")
    toast = desk.locator(".toast-undo")
    board = desk.locator(".board-with-side").bounding_box()
    note = toast.bounding_box()
    assert board
    assert note
    assert note["y"] >= board["y"] + board["height"]
    look("a move that can be taken back", dark=True)
    toast.get_by_role("button", name="Undo").focus()
    desk.keyboard.press("Escape")
    expect(toast).to_have_count(0)
    expect(desk.locator("#visit-who")).to_be_focused()
    desk.reload()
    expect(desk.locator(".board .appt", has_text="Lee, Mia")).to_be_visible()
    expect(toast).to_have_count(0)
