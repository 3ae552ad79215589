"""The board under the hands: a visit dragged or moved by arrows, and a booking by keys alone."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from typing import Any

import pytest
from playwright.sync_api import Locator, Page, expect

from bookings.models import Appointment
from tests import factories
from tests.cast import NOW, Cast
from tests.journeys.conftest import Look
from tests.server import Server

Seat = Callable[..., Page]
MINUTE = dt.timedelta(minutes=1)
NOON = NOW + 180 * MINUTE
MOST_KEYS = 12


@pytest.fixture
def mia(server: Server, cast: Cast, clock: Any) -> Appointment:
    """Mia with Ana at noon; Wang with Bo at one."""
    factories.appointment(
        patient=cast.wang,
        practitioner=cast.bo,
        service=cast.short_service,
        room=cast.second_room,
        device=cast.second_device,
        starts_at=NOON + 60 * MINUTE,
        by=cast.reception,
    )
    return factories.appointment(
        patient=cast.mia,
        practitioner=cast.ana,
        service=cast.short_service,
        room=cast.room,
        device=cast.device,
        starts_at=NOON,
        by=cast.reception,
    )


@pytest.fixture
def board(cast: Cast, seat: Seat, mia: Appointment) -> Page:
    """Reception at the board."""
    return seat(cast.reception, "/day/")


@pytest.fixture
def empty(cast: Cast, seat: Seat, clock: Any) -> Page:
    """Reception at a board without visits."""
    return seat(cast.reception, "/day/")


def drag(page: Page, what: Locator, onto: Locator) -> None:
    """By the top edge of the one, to the top edge of the other."""
    what.scroll_into_view_if_needed()
    here, there = what.bounding_box(), onto.bounding_box()
    assert here
    assert there
    page.mouse.move(here["x"] + 30, here["y"] + 4)
    page.mouse.down()
    page.mouse.move(there["x"] + 30, there["y"] + 4, steps=8)


def test_a_visit_is_dragged_to_another_time_and_practitioner(
    board: Page, mia: Appointment, cast: Cast, look: Look
) -> None:
    visit = board.locator(".appt", has_text="Lee, Mia")
    drag(board, visit, board.get_by_label("Book Bo Chen at 12:15 PM"))
    expect(board.locator(".ghost")).to_contain_text("12:15 PM")
    board.mouse.up()
    asks = board.get_by_role("dialog", name="Move Mia Lee?")
    expect(asks).to_contain_text("Tue, Nov 24, 2026, 12:15–12:45 PM")
    expect(asks).to_contain_text("Bo Chen")
    expect(asks.get_by_role("button", name="Move the visit")).to_be_focused()
    look("a visit dragged, before it is moved", dark=True)
    # Given up, nothing has happened, and the visit has the focus.
    board.keyboard.press("Escape")
    expect(visit).to_be_focused()
    expect(board.locator(".ghost")).to_have_count(0)
    drag(board, visit, board.get_by_label("Book Bo Chen at 12:15 PM"))
    board.mouse.up()
    asks.get_by_role("button", name="Move the visit").click()
    expect(board.locator("#notes, .toast-undo").first).to_be_attached()
    expect(board.locator(".toast-undo")).to_contain_text("moved to Tue, Nov 24, 2026, 12:15 PM")
    mia.refresh_from_db()
    assert (mia.starts_at, mia.practitioner_id) == (NOON + 15 * MINUTE, cast.bo.pk)


def test_a_drop_on_a_refused_time_says_why_and_offers_others(
    board: Page, mia: Appointment, look: Look
) -> None:
    visit = board.locator(".appt", has_text="Lee, Mia")
    drag(board, visit, board.locator(".appt", has_text="王, 小明"))
    expect(board.locator(".ghost.is-no")).to_contain_text("1:00 PM")
    board.mouse.up()
    no = board.get_by_role("dialog", name="Mia Lee cannot go there")
    expect(no).to_contain_text("Bo Chen is busy")
    expect(no.get_by_role("button", name="Move the visit")).to_have_count(0)
    look("a drop that is refused", dark=True)
    no.locator(".time").first.click()
    expect(board.locator(".toast-undo")).to_contain_text("moved to Tue, Nov 24, 2026")
    mia.refresh_from_db()
    assert mia.version == 2


def test_a_visit_is_moved_with_the_arrow_keys_and_every_step_is_named(
    board: Page, mia: Appointment, cast: Cast
) -> None:
    visit = board.locator(".appt", has_text="Lee, Mia")
    says = board.locator("#board-says")
    visit.focus()
    board.keyboard.press("m")
    expect(says).to_contain_text("Moving Lee, Mia from 12:00 PM, Ana Ruiz")
    board.keyboard.press("ArrowDown")
    expect(says).to_have_text("12:15 PM, Ana Ruiz LE")
    board.keyboard.press("ArrowRight")
    expect(says).to_contain_text("12:15 PM, Bo Chen")
    board.keyboard.press("Escape")
    expect(says).to_have_text("Not moved.")
    expect(visit).to_be_focused()
    board.keyboard.press("m")
    board.keyboard.press("ArrowUp")
    board.keyboard.press("ArrowUp")
    board.keyboard.press("Enter")
    expect(board.get_by_role("button", name="Move the visit")).to_be_focused()
    board.keyboard.press("Enter")
    expect(board.locator(".toast-undo")).to_contain_text("moved to Tue, Nov 24, 2026, 11:30 AM")
    mia.refresh_from_db()
    assert mia.starts_at == NOON - 30 * MINUTE


def test_the_keys_are_on_a_sheet_over_the_board(board: Page, look: Look) -> None:
    board.keyboard.press("?")
    sheet = board.get_by_role("dialog", name="Keys")
    expect(sheet).to_contain_text("Mark arrived")
    look("the sheet of keys", dark=True)
    board.keyboard.press("Escape")
    expect(sheet).to_be_hidden()
    board.goto("/day/keys/")
    expect(board.get_by_role("heading", name="Keys")).to_be_visible()
    look("the sheet of keys as a page")


def test_a_returning_patient_is_booked_in_twelve_keys_beyond_the_name(
    empty: Page, cast: Cast
) -> None:
    board = empty
    pressed = 0

    def press(*keys: str) -> None:
        nonlocal pressed
        for key in keys:
            board.keyboard.press(key)
            pressed += 1

    press("n")
    expect(board.get_by_label("Patient", exact=True)).to_be_focused()
    board.keyboard.type("mia lee")
    press("Enter")
    expect(board.get_by_label("Service")).to_be_focused()
    press("f", "Enter")
    expect(board.get_by_label("Time", exact=True)).to_be_focused()
    press("3", "Enter")
    expect(board.locator("#notes")).to_contain_text("Booked: Mia Lee")
    assert pressed <= MOST_KEYS
    assert Appointment.objects.get(patient=cast.mia).starts_at == NOON + 180 * MINUTE


def test_from_a_free_cell_it_takes_as_few(empty: Page, cast: Cast) -> None:
    empty.get_by_label("Book Ana Ruiz at 3:00 PM").focus()
    empty.keyboard.press("Enter")
    expect(empty.get_by_label("Patient", exact=True)).to_be_focused()
    empty.keyboard.type("mia lee")
    empty.keyboard.press("Enter")
    expect(empty.get_by_label("Service")).to_be_focused()
    for key in ("f", "Enter", "Enter"):
        empty.keyboard.press(key)
    expect(empty.locator("#notes")).to_contain_text("Booked: Mia Lee")
    assert Appointment.objects.get().practitioner == cast.ana
