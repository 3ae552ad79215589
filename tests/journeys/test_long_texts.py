"""What a page bears: a name without a single space, and a finger on a tablet."""

from __future__ import annotations

import datetime as dt

import pytest
from playwright.sync_api import Page, ViewportSize, expect

from bookings import operations
from bookings.models import Appointment
from clinic.models import Patient
from tests import factories
from tests.cast import NOW, Cast
from tests.journeys.conftest import DESK, TABLET

UPRIGHT = ViewportSize(width=768, height=1024)
# What scrolls by itself hides what sticks out from the page, so each is measured too.
OVER = """() => [document.documentElement, ...document.querySelectorAll(
    "#board-wrap, #sheet, #visit-card, .board-off, .book-bar, .table-wrap, .panel, .page-head"
  )].filter((one) => one.scrollWidth > one.clientWidth + 1)
    .map((one) => `${one.tagName}.${one.className} ${one.scrollWidth} > ${one.clientWidth}`)"""


@pytest.fixture
def long_one(cast: Cast) -> Patient:
    """Someone whose names nobody can break."""
    return factories.patient(
        cast.clinic,
        "W" * 80,
        "M" * 80,
        by=cast.manager,
        phone="+15125550777",
        email="m" * 60 + "@example.org",
    )


@pytest.fixture
def visits(cast: Cast, long_one: Patient, clock: object) -> list[Appointment]:
    """She waits, and an earlier visit of today was called off with a reason in one word."""
    made = [
        factories.appointment(
            patient=long_one,
            practitioner=cast.ana,
            service=cast.short_service,
            room=cast.room,
            device=cast.device,
            starts_at=NOW + dt.timedelta(hours=hours),
            by=cast.reception,
            note="n" * 200,
        )
        for hours in (1, 2, 25)
    ]
    operations.cancel(appointment=made[0], reason="x" * 200, by=cast.reception, at=NOW)
    operations.mark_arrived(appointment=made[1], by=cast.reception, at=NOW)
    return made


@pytest.mark.parametrize("size", [DESK, TABLET, UPRIGHT], ids=["desk", "tablet", "upright"])
def test_nothing_sticks_out(
    cast: Cast, seat, page: Page, long_one: Patient, visits: list[Appointment], size: ViewportSize
) -> None:
    page.set_viewport_size(size)
    seat(cast.reception, "/")
    gone, here, _ = (visit.pk for visit in visits)
    new = f"/appointments/new/?patient={long_one.pk}&service={cast.service.pk}&time=14:00"
    for address in (
        "/",
        "/day/",
        f"/day/?visit={here}",
        f"/day/?visit={gone}",
        "/day/?by=list",
        f"/appointments/{gone}/",
        "/patients/",
        f"/patients/?q={'m' * 40}",
        f"/patients/{long_one.pk}/",
        f"{new}&practitioner={cast.ana.pk}",
    ):
        page.goto(address)
        page.wait_for_load_state()
        assert page.evaluate(OVER) == [], address
    page.get_by_role("button", name="Book", exact=True).click()
    expect(page.locator("#notes .note")).to_contain_text("Booked")
    assert page.evaluate(OVER) == [], "booked"


# Cells of the board keep the height that a quarter of an hour has; a box to tick has its label's.
SMALL = """() => [...document.querySelectorAll("a, button, summary, select, input")]
  .filter((one) => one.offsetParent && one.type !== "hidden")
  .filter((one) => !one.closest(".visually-hidden, .skip, .slot, .board-mark, label.menu-item"))
  .filter((one) => one.getBoundingClientRect().height < 43.5)
  .map((one) => `${one.outerHTML.slice(0, 80)} ${one.getBoundingClientRect().height}`)"""


@pytest.mark.parametrize("size", [TABLET, UPRIGHT], ids=["tablet", "upright"])
def test_a_finger_hits_what_it_means(
    cast: Cast, seat, page: Page, visits: list[Appointment], size: ViewportSize
) -> None:
    page.set_viewport_size(size)
    seat(cast.reception, "/")
    here = visits[1].pk
    for address in ("/", "/day/", f"/day/?visit={here}", "/day/?by=list", "/appointments/new/"):
        page.goto(address)
        page.wait_for_load_state()
        assert page.evaluate(SMALL) == [], address
    seat(cast.esthetician, "/")
    assert page.evaluate(SMALL) == []
    page.goto(f"/appointments/{here}/")
    expect(page.get_by_role("button", name="Open chart")).to_be_visible()
    assert page.evaluate(SMALL) == []
