"""The pages that book, in a clinic that offers no service yet: they find, and book nothing."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from bookings.models import Appointment
from clinic.models import User
from clinic.permissions import Role
from tests import factories
from tests.cast import Cast
from tests.journeys.conftest import Look

Seat = Callable[..., Page]


@pytest.fixture
def fay(cast: Cast) -> User:
    """The manager of a clinic in which two patients are on file, and no service."""
    clinic = factories.clinic(name="Fresh", code="fresh")
    fay = factories.user("Fay Moss", {clinic: [Role.MANAGER]})
    for last in ("Moor", "Quintana"):
        factories.patient(clinic, "Mia", last, by=fay)
    return fay


@pytest.mark.parametrize("address", ["/appointments/new/", "/appointments/walk-in/"])
def test_enter_finds_and_sends_no_booking(fay: User, seat: Seat, look: Look, address: str) -> None:
    page = seat(fay, address)
    sent: list[str] = []
    page.on("request", lambda one: sent.append(one.url) if one.method == "POST" else None)
    main = page.get_by_role("main")
    expect(main.get_by_role("link", name="Add a service")).to_be_visible()
    expect(main.get_by_role("button")).to_have_text(["Find"])
    patient = page.get_by_label("Patient", exact=True)
    found = page.locator("#found").get_by_role("radio")
    # Several were found while she typed: Enter leads to the first, and once more takes her.
    patient.fill("mia")
    expect(found).to_have_count(2)
    patient.press("Enter")
    expect(found.first).to_be_focused()
    page.keyboard.press("Enter")
    expect(found.first).to_be_checked()
    patient.fill("mia moor")
    patient.press("Enter")
    expect(page.get_by_label("Mia Moor")).to_be_checked()
    expect(found).to_have_count(1)
    look("no service yet", dark=True)
    assert sent == []
    assert not Appointment.objects.exists()


def test_the_waitlist_leads_to_the_first_service(fay: User, seat: Seat, look: Look) -> None:
    page = seat(fay, "/waitlist/add/")
    look("no service to wait for", dark=True)
    page.get_by_role("main").get_by_role("link", name="Add a service").click()
    expect(page.get_by_role("heading", name="Add a service")).to_be_visible()
