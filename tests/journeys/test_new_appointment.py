"""Booking in a real browser: lists that come late, keys that book, and no JavaScript."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client
from playwright.sync_api import BrowserContext, Page, Route, expect

from bookings.models import Appointment
from clinic.models import User
from tests import factories
from tests.cast import NOW, Cast
from tests.journeys.conftest import Look
from tests.server import Server

NEW = "/appointments/new/"


def sign_in(context: BrowserContext, enter: Callable[[User], Client], user: User, at: str) -> None:
    """Carry the session of a logged-in client over to the browser."""
    cookie = enter(user).cookies["sessionid"].value
    context.add_cookies([{"name": "sessionid", "value": cookie, "url": at}])


@pytest.fixture
def desk(page: Page, context: BrowserContext, server: Server, cast: Cast, enter: Any) -> Page:
    """Reception at an empty form."""
    sign_in(context, enter, cast.reception, server.url)
    page.goto(NEW)
    return page


def field(page: Page, label: str) -> Any:
    return page.get_by_label(label, exact=True)


def test_a_list_that_comes_late_takes_nothing_back(desk: Page) -> None:
    held: list[Route] = []
    desk.route("**/appointments/free-times/**", lambda route: held.append(route), times=1)
    with desk.expect_request("**/appointments/free-times/**"):
        field(desk, "Service").select_option("Face, 45 minutes")
    field(desk, "Practitioner").select_option("Ana Ruiz LE")
    held.pop().continue_()
    expect(desk.locator(".free-group h3")).to_have_text(["Ana Ruiz LE"])
    expect(field(desk, "Practitioner").locator("option:checked")).to_have_text("Ana Ruiz LE")


def test_a_time_from_the_list_fills_the_fields_and_a_typed_one_lets_go_of_it(desk: Page) -> None:
    field(desk, "Patient").fill("Mia Lee")
    expect(desk.locator("#found input")).to_be_checked()  # named in full
    field(desk, "Service").select_option("Face, 45 minutes")
    row = desk.get_by_role("group", name="Bo Chen NP, Wed, Nov 25")
    row.get_by_role("button", name="23 more").click()
    row.get_by_label("2:15 PM", exact=True).check()
    expect(desk.locator("#words")).to_have_text(
        "Mia Lee, Face, 45 minutes, Wed, Nov 25, 2:15–3:00 PM, Bo Chen NP; numbing from 1:50 PM"
    )
    expect(field(desk, "Time")).to_have_value("2:15 PM")
    expect(field(desk, "Date")).to_have_value("2026-11-25")
    field(desk, "Time").fill("3:30 PM")
    field(desk, "Time").blur()
    # Nobody was asked for by name, so that the list still shows everybody.
    expect(desk.locator("#words")).to_contain_text("3:30–4:15 PM, anyone free")
    expect(field(desk, "Practitioner")).to_have_value("")
    expect(desk.locator("input[name=slot]:checked")).to_have_count(0)
    desk.get_by_role("button", name="Book", exact=True).click()
    expect(desk.locator("#notes")).to_contain_text("Booked: Mia Lee")
    assert Appointment.objects.get().starts_at == NOW + dt.timedelta(days=1, hours=6, minutes=30)


def test_enter_in_the_search_finds_and_picks_and_never_books(desk: Page, cast: Cast) -> None:
    factories.patient(cast.clinic, "Leah", "Leeson", by=cast.manager)
    field(desk, "Patient").fill("leesom")
    field(desk, "Patient").press("Enter")
    expect(desk.locator("#found")).to_contain_text("No patient here fits “leesom”.")
    field(desk, "Patient").fill("lee")
    field(desk, "Patient").press("Enter")
    expect(desk.locator("#found input")).to_have_count(2)
    expect(desk.locator("#found input").first).to_be_focused()
    desk.keyboard.press("ArrowDown")
    desk.keyboard.press("Enter")
    expect(desk.locator("#found input").nth(1)).to_be_checked()
    expect(field(desk, "Service")).to_be_focused()
    # One alone is taken.
    field(desk, "Patient").fill("leeson")
    field(desk, "Patient").press("Enter")
    expect(desk.locator("#found input")).to_have_count(1)
    expect(desk.locator("#found input")).to_be_checked()
    expect(field(desk, "Service")).to_be_focused()
    expect(desk.locator("#words")).to_contain_text("Still to choose: service, time.")
    expect(desk.locator(".invalid-feedback")).to_have_count(0)


def test_what_enter_asks_for_beside_the_typing_takes_no_choice_back(desk: Page, cast: Cast) -> None:
    factories.patient(cast.clinic, "Leah", "Leeson", by=cast.manager)
    finder, held = "**/patients/find/**", list[Route]()
    desk.route(finder, lambda route: held.append(route), times=1)
    with desk.expect_request(finder):
        field(desk, "Patient").press_sequentially("leeson")
    field(desk, "Patient").press("Enter")
    answers: list[str] = []

    def is_second(answer: Any) -> bool:
        answers.extend([answer.url] * ("/patients/find/" in answer.url))
        return len(answers) == 2

    # The first answer is taken, and then comes the second.
    with desk.expect_event("response", is_second):
        held.pop().continue_()
    expect(desk.locator("#found.htmx-request")).to_have_count(0)
    expect(desk.locator("#found input")).to_have_count(1)
    expect(desk.locator("#found input")).to_be_checked()
    expect(field(desk, "Service")).to_be_focused()


def test_what_was_wrong_with_a_field_goes_when_it_is_filled(desk: Page) -> None:
    desk.get_by_role("button", name="Book", exact=True).click()
    wrong = desk.locator(".invalid-feedback")
    expect(wrong).to_have_count(3)
    field(desk, "Service").select_option("Face, 45 minutes")
    expect(wrong).to_have_count(2)
    desk.get_by_role("group", name="Soonest").get_by_role("radio").first.check()
    expect(wrong).to_have_count(1)
    field(desk, "Patient").fill("lee")
    expect(wrong).to_have_count(0)
    expect(desk.locator(".is-invalid")).to_have_count(0)


def test_enter_in_a_field_books(desk: Page) -> None:
    expect(field(desk, "Patient")).to_be_focused()
    desk.keyboard.type("Mia Lee")
    expect(desk.locator("#found input")).to_be_checked()
    field(desk, "Service").select_option("Face, 45 minutes")
    field(desk, "Time").fill("330")
    field(desk, "Time").press("Enter")
    expect(desk.locator("#notes")).to_contain_text("Booked: Mia Lee, Face, 45 minutes")
    assert Appointment.objects.get().starts_at == NOW + dt.timedelta(hours=6, minutes=30)


def test_arrows_lead_to_whom_was_found_and_enter_on_a_time_books_it(desk: Page) -> None:
    desk.keyboard.type("lee")
    expect(desk.locator("#found input")).to_have_count(1)
    desk.keyboard.press("ArrowDown")
    expect(desk.locator("#found input")).to_be_focused()
    expect(desk.locator("#found input")).to_be_checked()
    field(desk, "Service").select_option("Face, 45 minutes")
    best = desk.get_by_role("group", name="Soonest").get_by_role("radio").first
    best.check()
    # The same time is marked in its row below.
    expect(desk.locator(".free-row .is-picked")).to_have_text("9:30 AM")
    expect(desk.locator("#words")).to_contain_text("numbing from 9:05 AM")
    best.press("Enter")
    expect(desk.locator("#notes")).to_contain_text("Booked: Mia Lee, Face, 45 minutes")


def test_a_time_that_cannot_be_booked_is_doubted_before_book(desk: Page) -> None:
    field(desk, "Patient").fill("Mia Lee")
    expect(desk.locator("#found input")).to_be_checked()
    field(desk, "Service").select_option("Face, 45 minutes")
    field(desk, "Practitioner").select_option("Ana Ruiz LE")
    words = desk.locator("#words")
    for typed, why in (
        ("8", "This time is in the past."),
        ("9:15", "Numbing would have begun at 8:50 AM, which is over."),
        ("5p", "Ana Ruiz is not at work from 5:00 PM to 5:45 PM that day."),
    ):
        field(desk, "Time").fill(typed)
        field(desk, "Time").blur()
        expect(words).to_contain_text(why)
    field(desk, "Time").fill("2")
    field(desk, "Time").blur()
    expect(words).to_have_text(
        "Mia Lee, Face, 45 minutes, Tue, Nov 24, 2:00–2:45 PM, Ana Ruiz LE; numbing from 1:35 PM"
    )


def test_a_refusal_is_met_first_and_one_press_books_what_is_free(
    desk: Page, cast: Cast, look: Look
) -> None:
    field(desk, "Patient").fill("Mia Lee")
    field(desk, "Service").select_option("Face, 45 minutes")
    field(desk, "Date").fill("2026-11-28")
    expect(desk.locator("#times")).to_contain_text("No free time")
    field(desk, "Time").fill("9:30 AM")
    desk.get_by_role("button", name="Book", exact=True).click()
    no = desk.locator("[data-refusal]")
    expect(no).to_be_focused()
    expect(no).to_contain_text("No one with a license in force is at work at 9:30 AM that day.")
    look("a refused appointment", dark=True)
    no.get_by_role("button").first.click()
    expect(desk.locator("#notes")).to_contain_text("Booked: Mia Lee, Face, 45 minutes, Fri, Nov 27")


def test_without_javascript_the_page_is_looked_at_and_sent(
    new_context: Any, server: Server, cast: Cast, enter: Any, clock: Any
) -> None:
    context = new_context(java_script_enabled=False)
    sign_in(context, enter, cast.reception, server.url)
    page = context.new_page()
    page.goto(NEW)
    field(page, "Patient").fill("mi")
    field(page, "Patient").press("Enter")
    expect(page.locator(".invalid-feedback")).to_have_count(0)
    page.locator("#found").get_by_label("Mia Lee").check()
    field(page, "Service").select_option("Face, 45 minutes")
    page.get_by_role("button", name="Show free times").click()
    expect(page.locator("#found input")).to_be_checked()
    page.get_by_role("group", name="Priya Raman MD, Tue, Nov 24").get_by_label(
        "10:00 AM", exact=True
    ).check()
    page.get_by_role("button", name="Book", exact=True).click()
    expect(page.locator("#notes")).to_contain_text(
        "Booked: Mia Lee, Face, 45 minutes, Tue, Nov 24, 10:00–10:45 AM, Priya Raman MD"
    )


def test_patients_are_found_while_one_types(desk: Page, look: Look) -> None:
    desk.goto("/patients/")
    desk.locator("#id_q").press_sequentially("sio", delay=20)
    expect(desk.locator("#patients caption")).to_have_text("1 found")
    expect(desk.locator("#id_q")).to_have_value("sio")
    look("patients", dark=True)
    desk.get_by_role("link", name="O'Brien-Łęcka").click()
    expect(desk.get_by_role("heading", level=1)).to_have_text("Siobhán O'Brien-Łęcka")
    look("a patient's card", dark=True)
    desk.get_by_role("link", name="Edit").click()
    look("a patient's data")
    desk.get_by_role("link", name="Siobhán").click()
    desk.get_by_role("link", name="Book a visit").click()
    expect(desk.locator("#found input")).to_be_checked()
    expect(field(desk, "Patient")).to_have_value("Siobhán O'Brien-Łęcka")
