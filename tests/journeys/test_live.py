"""Two desks at one board: what one does, the other sees within two seconds, in the middle of
whatever she is doing."""

from __future__ import annotations

import datetime as dt
import re
import time
from collections.abc import Callable
from typing import Any

import pytest
from django.contrib.sessions.models import Session
from playwright.sync_api import Page, expect

from bookings import operations
from bookings.models import Appointment
from tests import factories
from tests.cast import NOW, Cast
from tests.journeys.conftest import Look
from tests.server import Server

Seat = Callable[..., Page]
SECOND = 1000
MINUTE = dt.timedelta(minutes=1)
NOON = NOW + 180 * MINUTE


@pytest.fixture
def day(server: Server, cast: Cast, clock: Any) -> list[Appointment]:
    """Ana: Mia at noon, Wang at 1:15. Priya: Siobhán at 12:20."""
    made = [
        (cast.mia, cast.ana, cast.room, cast.device, 0),
        (cast.wang, cast.ana, cast.room, cast.device, 75),
        (cast.siobhan, cast.priya, cast.second_room, cast.second_device, 20),
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
def board(cast: Cast, seat: Seat, day: list[Appointment]) -> Page:
    """Reception at the board."""
    return seat(cast.reception, "/day/")


def test_two_boards_are_in_step_within_two_seconds(
    cast: Cast, board: Page, seat: Seat, another: Callable[[], Page], look: Look
) -> None:
    other = seat(cast.manager, "/day/", at=another())
    expect(other.locator(".appt")).to_have_count(3)
    board.locator(".appt", has_text="Lee, Mia").click()
    card = board.get_by_role("complementary", name="Visit")
    expect(card.get_by_role("heading", name="Mia Lee")).to_be_focused()
    board.keyboard.press("c")
    expect(board.locator("#notes")).to_contain_text("Mia Lee is confirmed.")
    begun = time.monotonic()
    expect(other.locator(".appt.is-confirmed")).to_contain_text("Lee, Mia", timeout=2 * SECOND)
    assert time.monotonic() - begun < 2
    look("a board that was read anew", at=other)
    # And back.
    other.locator(".appt", has_text="王, 小明").click()
    expect(other.get_by_role("heading", name="王小明")).to_be_focused()
    other.keyboard.press("a")
    expect(other.locator("#notes")).to_contain_text("has arrived")
    expect(board.locator(".appt.is-arrived")).to_contain_text("王, 小明", timeout=2 * SECOND)
    expect(board.locator(".board-strip")).to_contain_text("王, 小明")
    expect(board.locator("[data-board] tbody a[tabindex='0']")).to_have_count(1)


def test_focus_scroll_and_the_open_card_stay(
    cast: Cast,
    board: Page,
    day: list[Appointment],
) -> None:
    board.locator(".appt", has_text="Lee, Mia").click()
    card = board.get_by_role("complementary", name="Visit")
    expect(card.get_by_role("heading", name="Mia Lee")).to_be_focused()
    slot = board.get_by_label("Book Bo Chen at 3:00 PM")
    slot.focus()
    down = board.evaluate("document.getElementById('board-wrap').scrollTop")
    operations.confirm(appointment=day[1], by=cast.manager, at=NOW)
    expect(board.locator(".appt.is-confirmed")).to_contain_text("王, 小明", timeout=3 * SECOND)
    expect(slot).to_be_focused()
    assert board.evaluate("document.getElementById('board-wrap').scrollTop") == down
    expect(board.locator(".appt[aria-current]")).to_contain_text("Lee, Mia")
    # The arrows walk the new table.
    board.keyboard.press("ArrowUp")
    expect(board.get_by_label("Book Bo Chen at 2:45 PM")).to_be_focused()
    # What had the focus is gone: whatever stands there now has it.
    operations.move(
        appointment=day[1],
        practitioner=cast.bo,
        starts_at=NOON + 165 * MINUTE,
        by=cast.manager,
        at=NOW,
    )
    expect(board.locator(".appt", has_text="王, 小明")).to_be_focused()
    # The card of a visit that another desk changes is read anew.
    operations.confirm(appointment=day[0], by=cast.manager, at=NOW)
    expect(card.locator(".status")).to_have_text("Confirmed")


def test_what_is_typed_into_the_card_stays_and_its_visit_is_told_of(
    cast: Cast,
    board: Page,
    day: list[Appointment],
    look: Look,
) -> None:
    board.locator(".appt", has_text="Lee, Mia").click()
    card = board.get_by_role("complementary", name="Visit")
    card.get_by_text("Cancel visit").click()
    card.get_by_label("Reason").fill("Has a cold")
    operations.confirm(appointment=day[0], by=cast.manager, at=NOW)
    expect(card).to_contain_text("This visit was changed meanwhile.")
    expect(card.get_by_label("Reason")).to_have_value("Has a cold")
    look("a visit that was changed meanwhile", dark=True)
    card.get_by_role("link", name="Show it as it is now").click()
    expect(card.locator(".status")).to_have_text("Confirmed")


@pytest.mark.rule("P18")
def test_a_board_that_is_left_alone_keeps_no_session_open(
    cast: Cast,
    board: Page,
    clock: Any,
    day: list[Appointment],
) -> None:
    row = Session.objects.get()
    board.wait_for_timeout(3 * SECOND)
    assert Session.objects.get().session_data == row.session_data
    clock.shift(16 * 60)
    operations.confirm(appointment=day[0], by=cast.manager, at=NOW)
    expect(board).to_have_url(re.compile("/lock/"))
