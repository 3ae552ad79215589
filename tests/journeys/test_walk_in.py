"""Who comes without an appointment: found, booked for the next time and here, in one browser."""

from __future__ import annotations

from collections.abc import Callable

from playwright.sync_api import Page, expect

from bookings.models import Appointment
from bookings.rules.status import Status
from tests.cast import Cast
from tests.journeys.conftest import Look
from tests.journeys.test_keyboard import tab_to

Seat = Callable[..., Page]


def test_a_walk_in_with_the_mouse(cast: Cast, seat: Seat, look: Look) -> None:
    page = seat(cast.reception, "/appointments/walk-in/")
    page.get_by_label("Patient", exact=True).press_sequentially("sio")
    page.locator("#found").get_by_label("Siobhán O'Brien-Łęcka").check()
    page.get_by_label("Service").select_option("Face, 30 minutes")
    times = page.get_by_role("group", name="Next free times today").get_by_role("radio")
    expect(times).to_have_count(6)
    expect(times.first).to_be_checked()
    # What was chosen is still there, and whom one asks for narrows the times that stand there.
    page.get_by_label("Practitioner").select_option("Ana Ruiz LE")
    expect(page.locator("#times small")).to_have_text(["Ana Ruiz LE"] * 6)
    expect(page.get_by_label("Service").locator("option:checked")).to_have_text("Face, 30 minutes")
    look("a walk-in", dark=True)
    times.nth(1).check()
    page.get_by_role("button", name="Book and mark arrived").click()
    expect(page.locator("#notes")).to_contain_text("Siobhán O'Brien-Łęcka has arrived")
    visit = Appointment.objects.get()
    assert (visit.status, visit.practitioner) == (Status.ARRIVED, cast.ana)


def test_a_walk_in_by_keyboard(cast: Cast, seat: Seat) -> None:
    page = seat(cast.reception, "/appointments/walk-in/")
    expect(page.get_by_label("Patient", exact=True)).to_be_focused()
    page.keyboard.type("mia lee")
    expect(page.locator("#found").get_by_role("radio")).to_be_checked()
    tab_to(page, page.get_by_label("Service"))
    page.keyboard.type("Face, 30")
    times = page.get_by_role("group", name="Next free times today").get_by_role("radio")
    expect(times.first).to_be_checked()
    tab_to(page, times.first)
    page.keyboard.press("ArrowRight")
    expect(times.nth(1)).to_be_checked()
    tab_to(page, page.get_by_role("button", name="Book and mark arrived"))
    page.keyboard.press("Enter")
    expect(page.locator("#notes")).to_contain_text("Mia Lee has arrived")
    assert Appointment.objects.get().status == Status.ARRIVED
