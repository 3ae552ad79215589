"""The day board in a real browser: by keyboard, with the card beside it, and without JavaScript."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client
from playwright.sync_api import BrowserContext, Page, expect

from bookings import operations
from bookings.models import Appointment
from clinic.models import User
from tests import factories
from tests.cast import NOW, Cast
from tests.journeys.conftest import Look
from tests.server import Server

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


def sign_in(context: BrowserContext, enter: Callable[[User], Client], user: User, at: str) -> None:
    """Carry the session of a logged-in client over to the browser."""
    cookie = enter(user).cookies["sessionid"].value
    context.add_cookies([{"name": "sessionid", "value": cookie, "url": at}])


@pytest.fixture
def desk(
    page: Page, context: BrowserContext, server: Server, cast: Cast, enter: Any, day: Any
) -> Page:
    """Reception at the board."""
    sign_in(context, enter, cast.reception, server.url)
    page.goto("/day/")
    return page


def focused(page: Page) -> str:
    """The name of what has the focus."""
    name: str = page.evaluate(
        "document.activeElement.querySelector('.appt-who')?.textContent"
        " || document.activeElement.getAttribute('aria-label') || ''"
    )
    return name.removesuffix(", Tue, Nov 24")


def test_the_table_is_one_tab_stop_and_arrow_keys_walk_it(desk: Page) -> None:
    stops = desk.locator("[data-board] tbody a[tabindex='0']")
    expect(stops).to_have_count(1)
    expect(desk.locator("[data-board] tbody a:not([tabindex])")).to_have_count(0)
    desk.get_by_label("Book Ana Ruiz at 11:30 AM").focus()
    walk = {
        "ArrowDown": "Lee, Mia",
        "ArrowRight": "Book Bo Chen at 12:00 PM",
        "End": "Book Bo Chen at 12:00 PM",
        "Home": "Lee, Mia",
    }
    for key, name in walk.items():
        desk.keyboard.press(key)
        assert focused(desk) == name, key
    expect(stops).to_have_count(1)


def test_arrow_keys_pass_over_closed_columns_and_stay_on_their_row(desk: Page) -> None:
    desk.get_by_label("Book Bo Chen at 12:30 PM").focus()
    desk.keyboard.press("ArrowRight")  # over Lena, whom nobody can book
    assert focused(desk) == "O'Brien-Łęcka, Siobhán"
    desk.keyboard.press("ArrowLeft")
    assert focused(desk) == "Book Bo Chen at 12:30 PM"
    desk.get_by_label("Book Ana Ruiz at 9:00 AM").focus()
    desk.keyboard.press("ArrowUp")
    desk.keyboard.press("ArrowLeft")
    assert focused(desk).startswith("Book Ana Ruiz at 9:00 AM")


def test_a_visit_opens_beside_the_board_is_acted_on_and_closes_with_escape(
    desk: Page, day: list[Appointment], look: Look
) -> None:
    desk.locator(".appt", has_text="Lee, Mia").click()
    card = desk.get_by_role("complementary", name="Visit")
    expect(card.get_by_role("heading", name="Mia Lee")).to_be_focused()
    assert desk.url.endswith(f"/day/?visit={day[0].pk}")
    expect(desk.locator(".appt[aria-current]")).to_contain_text("Lee, Mia")
    look("a visit beside the board", dark=True)
    desk.keyboard.press("c")
    expect(desk.locator("#notes")).to_contain_text("Mia Lee is confirmed.")
    expect(card.locator(".status")).to_have_text("Confirmed")
    expect(desk.locator(".appt.is-confirmed")).to_contain_text("Lee, Mia")
    card.get_by_role("link", name="Close").focus()
    desk.keyboard.press("Escape")
    expect(card).to_be_hidden()
    expect(desk.locator(".appt", has_text="Lee, Mia")).to_be_focused()


def test_a_refused_move_stays_in_the_card_and_a_free_time_takes_it(desk: Page, look: Look) -> None:
    desk.locator(".appt", has_text="Lee, Mia").click()
    card = desk.get_by_role("complementary", name="Visit")
    card.get_by_text("Move", exact=False).first.click()
    card.get_by_label("Time").fill("13:30")
    card.get_by_role("button", name="Move the visit").click()
    expect(card).to_contain_text("Ana Ruiz is busy at 1:30 PM.")
    expect(card.get_by_label("Time")).to_have_value("13:30")
    expect(desk.locator("html")).not_to_have_class("is-busy")
    look("a refused move")
    card.get_by_label("1:45 PM").check()
    expect(card.locator(".card-moves")).to_contain_text("Tue, Nov 24, 2026, 1:45 PM, Ana Ruiz LE")
    # What is typed since lets go of it.
    card.get_by_label("Time").fill("13:40")
    card.get_by_label("Time").blur()
    expect(card.locator(".card-moves")).to_be_hidden()
    expect(card.locator("input[name=choice]:checked")).to_have_count(0)
    card.get_by_label("1:45 PM").check()
    card.get_by_role("button", name="Move the visit").click()
    expect(desk.locator(".toast-undo")).to_contain_text("moved to Tue, Nov 24, 2026, 1:45 PM")
    expect(desk.locator(".appt[aria-current]")).to_contain_text("1:45")


def test_a_cancel_without_a_reason_is_asked_for_one(desk: Page, day: list[Appointment]) -> None:
    desk.locator(".appt", has_text="王, 小明").click()
    card = desk.get_by_role("complementary", name="Visit")
    card.get_by_text("Cancel visit").click()
    card.get_by_role("button", name="Cancel the visit").click()
    expect(card).to_contain_text("Say why the visit is cancelled.")
    card.get_by_label("Reason").fill("Has a cold")
    card.get_by_role("button", name="Cancel the visit").click()
    expect(desk.locator(".board-off")).to_contain_text("王, 小明")
    expect(desk.locator("[data-board]")).not_to_contain_text("王, 小明")


def test_someone_elses_change_is_shown_before_it_is_overwritten(
    desk: Page, cast: Cast, day: list[Appointment]
) -> None:
    desk.locator(".appt", has_text="Lee, Mia").click()
    card = desk.get_by_role("complementary", name="Visit")
    expect(card.get_by_role("button", name="Confirm")).to_be_visible()
    operations.move(
        appointment=day[0], starts_at=NOON + 150 * MINUTE, by=cast.manager, at=NOW, version=1
    )
    card.get_by_role("button", name="Confirm").click()
    expect(card).to_contain_text("This visit was changed meanwhile. It is booked now:")
    expect(card).to_contain_text("2:30–3:00 PM")


def test_the_line_of_now_strikes_through_no_card(desk: Page, cast: Cast, clock: Any) -> None:
    factories.appointment(
        patient=cast.mia,
        practitioner=cast.bo,
        service=cast.short_service,
        room=cast.second_room,
        device=cast.second_device,
        starts_at=NOW,
        by=cast.reception,
    )
    clock.shift(6 * 60)
    desk.goto("/day/")
    lines = desk.locator("tr[class*='now-at-'] > td").evaluate_all(
        """(cells) => cells.map((one) => [
          one.querySelector(".appt") !== null,
          getComputedStyle(one, "::before").content !== "none",
        ])"""
    )
    assert [True, False] in lines
    assert [False, True] in lines
    assert [True, True] not in lines
    # The row's own time is no clock, so it does not look like one.
    colors = "(one) => getComputedStyle(one).color"
    now = desk.locator("tr[class*='now-at-'] > th").evaluate(colors)
    assert now == desk.locator("tr.hour:not([class*='now-at-']) > th").first.evaluate(colors)


def test_a_no_show_is_one_press_and_can_be_taken_back_beside_the_board(
    desk: Page, cast: Cast, server: Server, enter: Any, clock: Any, look: Look
) -> None:
    clock.move_to(NOON + 20 * MINUTE)
    sign_in(desk.context, enter, cast.reception, server.url)
    desk.goto("/day/")
    desk.locator(".appt", has_text="Lee, Mia").click()
    card = desk.get_by_role("complementary", name="Visit")
    card.get_by_role("button", name="Mark no-show").click()
    toast = desk.locator(".toast-undo")
    expect(toast).to_contain_text("Mia Lee is marked as a no-show.")
    expect(desk.locator(".board-off")).to_contain_text("Lee, Mia")
    look("a no-show that can be taken back", dark=True)
    toast.get_by_role("button", name="Undo").click()
    expect(desk.locator(".board .appt", has_text="Lee, Mia")).to_be_visible()
    expect(desk.locator(".board-off")).to_have_count(0)


def test_free_times_are_shown_on_asking_and_an_old_message_goes(desk: Page) -> None:
    desk.locator(".appt", has_text="Lee, Mia").click()
    card = desk.get_by_role("complementary", name="Visit")
    expect(card.get_by_role("heading", name="Mia Lee")).to_be_focused()
    desk.keyboard.press("c")
    expect(desk.locator("#notes")).to_contain_text("Mia Lee is confirmed.")
    desk.wait_for_load_state()
    desk.keyboard.press("m")
    expect(card.get_by_label("Time")).to_be_focused()
    expect(card.get_by_role("button", name="Move the visit")).to_be_in_viewport(ratio=1)
    card.get_by_role("button", name="Show free times").click()
    expect(card).to_contain_text("These times are free")
    expect(desk.locator("#notes")).to_be_empty()
    expect(card.locator("input[name=choice]").first).to_be_focused()
    card.locator("input[name=choice]").first.check()
    expect(desk.locator("#notes")).to_be_empty()
    expect(card.get_by_role("button", name="Move the visit")).to_be_in_viewport(ratio=1)
    card.get_by_role("button", name="Move the visit").click()
    expect(desk.locator(".toast-undo")).to_contain_text("moved to Tue, Nov 24, 2026")


@pytest.mark.parametrize("address", ["/day/", "/day/?by=list", "/day/2026-11-29/"])
def test_every_view_of_the_day_is_accessible(desk: Page, look: Look, address: str) -> None:
    desk.goto(address)
    look(address, dark=True)


def test_ten_columns_stand_on_a_desk_without_scrolling_sideways(
    desk: Page, cast: Cast, server: Server
) -> None:
    for number in range(6):
        one = factories.practitioner([cast.clinic], "RN", name=f"Nurse Number {number}")
        factories.license(one, "rn", "TX", by=cast.manager)
        factories.shifts(one, cast.clinic)
    desk.goto("/day/")
    expect(desk.locator("[data-board] thead th")).to_have_count(11)
    wide = "document.getElementById('board-wrap').scrollWidth <= innerWidth"
    assert desk.evaluate(wide)
    assert desk.evaluate("document.documentElement.scrollWidth <= innerWidth")


def test_without_javascript_every_act_is_a_page(
    new_context: Any, server: Server, cast: Cast, enter: Any, day: list[Appointment]
) -> None:
    context = new_context(java_script_enabled=False)
    sign_in(context, enter, cast.reception, server.url)
    page = context.new_page()
    page.goto("/day/")
    page.locator(".appt", has_text="Lee, Mia").click()
    expect(page).to_have_url(f"{server.url}/appointments/{day[0].pk}/")
    page.get_by_role("button", name="Mark arrived").click()
    expect(page.locator("#notes")).to_contain_text("Mia Lee has arrived.")
    page.get_by_text("Cancel visit").click()
    page.get_by_label("Reason").fill("Has a cold")
    page.get_by_role("button", name="Cancel the visit").click()
    expect(page.locator(".card-visit .status")).to_have_text("Cancelled")


def test_rooms_week_list_and_filters_are_sound_and_walked_by_keyboard(
    desk: Page, cast: Cast, look: Look
) -> None:
    desk.get_by_role("navigation", name="Show as").get_by_role("link", name="Rooms").click()
    expect(desk.locator(".appt", has_text="Lee, Mia")).to_contain_text("Ana Ruiz LE")
    look("the day by room", dark=True)
    desk.get_by_role("link", name="Compact").click()
    expect(desk.locator("[data-board]")).to_have_class("board compact")
    look("the day by room, compact", dark=True)
    desk.get_by_role("navigation", name="Show as").get_by_role("link", name="Week").click()
    desk.get_by_label("Whose week").select_option(label="Ana Ruiz LE")
    expect(desk.locator("[data-board][data-by=week] .appt")).to_have_count(2)
    look("a week", dark=True)
    desk.get_by_label("Book Ana Ruiz at 9:00 AM, Wed, Nov 25").focus()
    desk.keyboard.press("ArrowRight")
    expect(desk.get_by_label("Book Ana Ruiz at 9:00 AM, Thu, Nov 26")).to_be_focused()
    desk.get_by_role("navigation", name="Show as").get_by_role("link", name="List").click()
    expect(desk.locator(".list-day")).to_have_count(7)
    look("a week as a list")
    desk.get_by_role("navigation", name="Show as").get_by_role("link", name="Rooms").click()
    desk.locator(".board-filter > summary").click()
    desk.get_by_label("Room 1", exact=True).check()
    desk.get_by_role("button", name="Show these").click()
    expect(desk.locator(".board-narrowed")).to_contain_text("Room 1: 2 of 3 visits")
    look("a narrowed board", dark=True)
    desk.locator(".board-narrowed").get_by_role("link", name="Show all").click()
    expect(desk.locator(".board-narrowed")).to_have_count(0)
