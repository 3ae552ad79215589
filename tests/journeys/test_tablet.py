"""One tablet, several people: locked, opened again, left to the next; and a scanner in a hurry."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest
from playwright.sync_api import Locator, Page, expect

from tests.cast import Cast
from tests.journeys.conftest import TABLET, Look, Watch
from tests.journeys.people import choose, press, scan, type_in, unlock
from tests.treatments.visits import chart_at
from treatments.models import Treatment

Seat = Callable[..., Page]


@pytest.fixture
def chart(cast: Cast, clock_shows: Callable[[str], None]) -> Treatment:
    """Mia's chart with cream on, ten minutes later."""
    chart = chart_at(cast, "numbing")
    clock_shows("9:12")
    return chart


def test_a_locked_screen_shows_nothing_and_opens_where_it_was(
    cast: Cast, seat: Seat, look: Look, chart: Treatment
) -> None:
    page = seat(cast.esthetician, f"/treatments/{chart.pk}/")
    page.get_by_role("button", name="Lock", exact=True).click()
    expect(page.get_by_role("heading", name="This screen is locked")).to_be_visible()
    expect(page.get_by_text("Mia")).to_have_count(0)
    page.go_back()
    expect(page.get_by_role("heading", name="This screen is locked")).to_be_visible()
    expect(page.get_by_text("Mia")).to_have_count(0)
    page.get_by_label("Password").fill("a guess")
    assert press(page, "Unlock") == 422
    expect(page.get_by_text("This is not your password.")).to_be_visible()
    look("wrong password at the lock", dark=True)
    unlock(page, cast.esthetician)
    expect(page).to_have_url(f"/treatments/{chart.pk}/")
    expect(page.locator(".clock-big [data-minutes]")).to_have_text("10")


def test_an_act_on_a_screen_locked_elsewhere_leads_to_the_lock_and_back(
    cast: Cast, seat: Seat, chart: Treatment
) -> None:
    page = seat(cast.esthetician, f"/treatments/{chart.pk}/")
    beside = page.context.new_page()
    beside.goto("/lock/")
    beside.get_by_role("button", name="Lock now").click()
    expect(beside.get_by_role("heading", name="This screen is locked")).to_be_visible()
    assert press(page, "Cream is off") == 204
    unlock(page, cast.esthetician)
    expect(page).to_have_url(f"/treatments/{chart.pk}/")
    expect(page.get_by_role("button", name="Cream is off")).to_be_visible()


@pytest.mark.rule("P13", "P15")
def test_the_next_person_does_not_find_the_page_of_the_one_before(
    cast: Cast, seat: Seat, look: Look, chart: Treatment, watch: Watch
) -> None:
    page = seat(cast.esthetician, "/treatments/")
    page.get_by_role("link", name="Mia Lee").click()
    page.get_by_role("link", name="End this treatment early").click()
    page.get_by_label("Why does it end early?").fill("Mia felt faint")
    page.get_by_role("button", name="Lock", exact=True).click()
    page.get_by_role("button", name="Someone else? Log in as yourself").click()
    type_in(page, cast.colleague)
    expect(page.get_by_role("heading", name="Good morning, Bo Chen")).to_be_visible()
    look("start page of the next person")
    watch.allows(404)
    met = []
    while page.go_back():
        met.append(str(page.locator("h1").text_content()))
        for trace in ("Mia", "Ana", "faint"):
            expect(page.locator("body")).not_to_contain_text(trace)
    assert "There is nothing at this address" in met  # where the chart was
    assert len(met) >= 4


def test_a_scan_that_comes_while_the_page_still_settles_is_read_whole(
    cast: Cast, seat: Seat, clock_shows: Callable[[str], None]
) -> None:
    chart = chart_at(cast, "numbed")
    clock_shows("9:30")
    page = seat(cast.esthetician, f"/treatments/{chart.pk}/")
    page.evaluate("htmx.config.defaultSettleDelay = 1000")
    page.get_by_label("The patient has said name and birth date").check()
    page.get_by_label("Screening is done and consent is signed, on paper").check()
    page.get_by_role("button", name="Start treatment").click()
    field = page.get_by_label("Cartridge", exact=True)
    expect(field).to_be_focused()
    code = cast.lot.units.earliest("number").unit_code
    page.keyboard.type(code[:5])
    expect(page.locator("#chart")).not_to_have_class(re.compile("htmx-added"))
    assert scan(page, code[5:]) == 200
    expect(page.get_by_text(f"{code} may be opened")).to_be_visible()


def fill_in_a_pass(page: Page, area: str) -> None:
    choose(page, "Area", area)
    page.get_by_label("Depth", exact=True).fill("0.50")
    page.get_by_label("Passes", exact=True).fill("2")
    choose(page, "End point", "Uniform redness")


def test_a_pass_that_is_filled_in_goes_along_to_the_finish(
    cast: Cast, seat: Seat, look: Look, clock_shows: Callable[[str], None]
) -> None:
    chart = chart_at(cast, "needled")
    clock_shows("9:40")
    page = seat(cast.esthetician, f"/treatments/{chart.pk}/")
    page.set_viewport_size(TABLET)
    choose(page, "Area", "Nose")
    assert press(page, "Continue to finish") == 422
    fault = page.get_by_text("Enter the depth in millimeters.")
    expect(fault).to_be_focused()
    assert lies_clear_of_the_bar(page, fault)
    fill_in_a_pass(page, "Nose")
    assert press(page, "Continue to finish") == 200
    beside = page.get_by_role("region", name="This treatment")
    expect(beside).to_contain_text("Nose")
    expect(page.get_by_label("Uniform redness")).to_be_checked()
    look("finish, after a pass")
    page.reload()
    expect(page.get_by_role("heading", name="Finish", exact=True)).to_be_visible()
    page.get_by_role("button", name="Lock", exact=True).click()
    unlock(page, cast.esthetician)
    expect(page.get_by_role("heading", name="Finish", exact=True)).to_be_visible()
    page.get_by_role("link", name="Back to passes").click()
    expect(page.get_by_role("heading", name="Passes", exact=True)).to_be_visible()
    assert press(page, "Continue to finish") == 200
    expect(page.get_by_role("heading", name="Finish", exact=True)).to_be_visible()
    assert chart.passes.count() == 2


def lies_clear_of_the_bar(page: Page, what: Locator) -> bool:
    """Whether all of it is seen between the top of the screen and the bar at its foot."""
    found, bar = what.bounding_box(), page.locator(".missing-bar").bounding_box()
    assert found
    assert bar
    return found["y"] >= 0 and found["y"] + found["height"] <= bar["y"]


def test_without_a_network_one_is_told_where_one_stands(
    cast: Cast, seat: Seat, clock_shows: Callable[[str], None], watch: Watch
) -> None:
    chart = chart_at(cast, "claimed")
    clock_shows("9:40")
    page = seat(cast.esthetician, f"/treatments/{chart.pk}/")
    page.set_viewport_size(TABLET)
    fill_in_a_pass(page, "Chin")
    page.context.set_offline(True)
    page.get_by_role("button", name="Add pass").click()
    trouble = page.get_by_role("alert").filter(has_text="No answer from the server.")
    expect(trouble).to_be_in_viewport(ratio=1)
    page.context.set_offline(False)
    watch.seen.clear()  # what the browser said about having no network
    assert press(page, "Add pass") == 200
    expect(page.get_by_role("region", name="This treatment")).to_contain_text("Chin")
    expect(trouble).to_have_count(0)
