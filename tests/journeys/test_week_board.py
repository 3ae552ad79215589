"""The board of the week that runs, in which today is marked: by keyboard, a card beside it."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from bookings.models import Appointment
from tests import factories
from tests.cast import NOW, Cast
from tests.journeys.conftest import Look
from tests.journeys.test_keyboard import tab_to

Seat = Callable[..., Page]
TODAY = "[data-board] thead a[aria-current='date']"
STOPS = "[data-board] tbody a[tabindex='0']"


@pytest.fixture
def visit(cast: Cast, seat: Seat) -> Appointment:
    """Mia with Ana at noon, today."""
    return factories.appointment(
        patient=cast.mia,
        practitioner=cast.ana,
        service=cast.short_service,
        room=cast.room,
        device=cast.device,
        starts_at=NOW + dt.timedelta(hours=3),
        by=cast.reception,
    )


@pytest.fixture
def week(cast: Cast, visit: Appointment, seat: Seat) -> Page:
    """Reception at the board of Ana's week."""
    return seat(cast.reception, f"/week/?practitioner={cast.ana.pk}")


def test_the_week_is_one_tab_stop_and_a_visit_keeps_it(week: Page, look: Look) -> None:
    expect(week.locator(STOPS)).to_have_count(1)
    expect(week.locator(TODAY)).to_have_text("Tue, Nov 24")
    week.locator(TODAY).focus()
    tab_to(week, week.locator(STOPS))
    visit = week.locator(".appt", has_text="Lee, Mia")
    week.get_by_label("Book Ana Ruiz at 11:30 AM, Tue, Nov 24").focus()
    week.keyboard.press("ArrowDown")
    expect(visit).to_be_focused()
    week.keyboard.press("Enter")
    card = week.get_by_role("complementary", name="Visit")
    expect(card.get_by_role("heading", name="Mia Lee")).to_be_focused()
    expect(week.locator(TODAY)).to_have_count(1)
    expect(week.locator("[data-board] [aria-current=true]")).to_contain_text("Lee, Mia")
    look("a visit beside the week", dark=True)
    week.keyboard.press("Escape")
    expect(card).to_be_hidden()
    expect(visit).to_be_focused()
    expect(week.locator(TODAY)).not_to_have_attribute("tabindex", "-1")
    expect(week.locator(STOPS)).to_have_count(1)
    expect(week.locator("[data-board] [aria-current=true]")).to_have_count(0)


def test_a_week_opened_at_a_visit_goes_back_to_it(
    week: Page, visit: Appointment, cast: Cast
) -> None:
    week.goto(f"/week/?practitioner={cast.ana.pk}&visit={visit.pk}")
    mia = week.locator(".appt", has_text="Lee, Mia")
    expect(mia).to_have_attribute("tabindex", "0")
    expect(week.locator(TODAY)).to_have_text("Tue, Nov 24")
    card = week.get_by_role("complementary", name="Visit")
    card.get_by_role("link", name="Close").focus()
    week.keyboard.press("Escape")
    expect(mia).to_be_focused()
    expect(week.locator(TODAY)).to_have_count(1)
