"""One visit from the phone call to the reconciled cartridge: at the desk, in the room, in stock."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from playwright.sync_api import Page, ViewportSize, expect

from tests.cast import PASSWORD, Cast
from tests.journeys.conftest import Look
from tests.journeys.people import choose, log_in, log_out, scan, unlock
from treatments.models import Treatment

# As the maker prints it: the mark of a GS1 DataMatrix, and the separator after the lot.
POUCH = "]d2010952123454321310LOT42A\x1d17280630"
DESK, TABLET = ViewportSize(width=1366, height=768), ViewportSize(width=1024, height=768)


@pytest.mark.parametrize("screen", [DESK, TABLET], ids=["desk", "tablet"])
def test_whole_visit(
    cast: Cast, page: Page, look: Look, clock_shows: Callable[[str], None], screen: ViewportSize
) -> None:
    page.set_viewport_size(screen)
    clock_shows("9:00")
    log_in(page, cast.reception, at="/day/")
    look("day board before the first visit")
    book_newcomer(page, look)
    book_patient_on_file(page)
    clock_shows("9:04")
    mark_arrived(page, look)
    log_out(page, cast.reception)
    look("log-in")

    clock_shows("9:06")
    log_in(page, cast.esthetician, at="/treatments/")
    look("my treatments", dark=True)
    page.get_by_role("button", name="Open chart of Zoë").click()
    cream_on(page, look)
    clock_shows("9:16")
    page.reload()
    clock_reads(page, "10", "due 9:26 AM")
    clock_shows("9:36")
    page.reload()
    look("lock")
    unlock(page, cast.esthetician)
    cream_off(page, look)
    clock_shows("9:38")
    start(page, look)
    first, second = units(cast)
    claim_by_the_makers_code(page, look, first)
    drop(page, first)
    claim_by_unit_code(page, second)
    needle(page, look)
    clock_shows("9:50")
    page.reload()
    finish(page, look)
    sign(page, look, second)
    add_addendum(page)
    log_out(page, cast.esthetician)
    assert Treatment.objects.get().cartridge.unit_code == second


def units(cast: Cast) -> list[str]:
    """The codes on the stickers of the first two units in stock."""
    return [unit.unit_code for unit in cast.lot.units.order_by("number")[:2]]


def book_newcomer(page: Page, look: Look) -> None:
    page.get_by_role("link", name="New appointment").click()
    page.get_by_text("Register a new patient").click()
    page.get_by_label("First name").fill("Zoë")
    page.get_by_label("Last name").fill("D'Árcy-Nguyễn")
    page.get_by_label("Birth date").fill("1988-02-29")
    page.get_by_label("Phone").fill("(512) 555-0199")
    page.get_by_label("Service").select_option("Face, 45 minutes")
    page.get_by_label("Practitioner").select_option("Ana Ruiz LE")
    pick(page, "Ana Ruiz LE", "9:30 AM")
    expect(page.locator("#words")).to_have_text(
        "New patient, Face, 45 minutes, Tue, Nov 24, 9:30–10:15 AM, Ana Ruiz LE; "
        "numbing from 9:05 AM"
    )
    look("new appointment", dark=True)
    page.get_by_role("button", name="Book", exact=True).click()
    expect(page.locator("#notes")).to_contain_text("Booked: Zoë D'Árcy-Nguyễn, Face, 45 minutes")
    expect(page.locator(".board .appt")).to_contain_text("D'Árcy-Nguyễn, Zoë")


def pick(page: Page, group: str, time: str) -> None:
    """One of the free times that the page lists under a heading."""
    listed = page.locator(".free-group").filter(has=page.get_by_role("heading", name=group))
    listed.get_by_label(time, exact=True).first.check()


def book_patient_on_file(page: Page) -> None:
    """Found by a few letters, without pressing anything; and whoever is free first."""
    page.get_by_role("link", name="New appointment").click()
    page.get_by_label("Patient", exact=True).press_sequentially("sioB")
    page.locator("#found").get_by_label("Siobhán O'Brien-Łęcka").check()
    page.get_by_label("Service").select_option("Face, 30 minutes")
    page.get_by_role("group", name="Soonest").get_by_role("radio").first.check()
    expect(page.locator("#words")).to_contain_text("Siobhán O'Brien-Łęcka, Face, 30 minutes")
    page.get_by_role("button", name="Book", exact=True).click()
    expect(page.locator("#notes")).to_contain_text("Booked: Siobhán O'Brien-Łęcka")
    expect(page.locator(".board .appt")).to_have_count(2)


def mark_arrived(page: Page, look: Look) -> None:
    page.locator(".appt", has_text="D'Árcy-Nguyễn, Zoë").click()
    card = page.get_by_role("complementary", name="Visit")
    expect(card.get_by_role("heading", name="Zoë D'Árcy-Nguyễn")).to_be_focused()
    look("day board with a card", dark=True)
    card.get_by_role("button", name="Mark arrived").click()
    expect(page.locator("#notes")).to_contain_text("Zoë D'Árcy-Nguyễn")
    expect(page.locator(".appt.is-arrived")).to_contain_text("D'Árcy-Nguyễn, Zoë")
    expect(page.get_by_role("region", name="Now")).to_contain_text("Zoë")


def cream_on(page: Page, look: Look) -> None:
    expect(page.get_by_role("heading", name="Numb", exact=True)).to_be_visible()
    page.get_by_label("Numbing cream").select_option("Lidocaine 4 %")
    page.get_by_label("Lot").fill("TUBE-7")
    page.get_by_label("Expires").fill("2027-08-31")
    page.get_by_role("button", name="More amount").click()
    page.get_by_label("Amount (g)", exact=True).fill("1.5")
    choose(page, "Areas", "Forehead", "Left cheek", "Right cheek")
    expect(page.get_by_label("Applied at")).to_have_value("09:06")
    look("numbing, filled in", dark=True)
    page.get_by_role("button", name="Cream is on").click()
    clock_reads(page, "0", "due 9:26 AM")


def clock_reads(page: Page, minutes: str, word: str) -> None:
    expect(page.locator(".clock-big [data-minutes]")).to_have_text(minutes)
    expect(page.locator(".clock-big")).to_contain_text("of 20 minutes")
    expect(page.locator(".clock-big").get_by_text(word)).to_be_visible()


def cream_off(page: Page, look: Look) -> None:
    clock_reads(page, "30", "ready, take it off")
    look("numbing, due", dark=True)
    page.get_by_label("Taken off at").fill("09:30")
    page.get_by_role("button", name="Cream is off").click()
    expect(page.get_by_role("heading", name="Time-out")).to_be_focused()
    expect(page.get_by_text("24 min, within 20 to 60 min.")).to_be_visible()
    expect(page.get_by_text("Late entry")).to_be_visible()


def start(page: Page, look: Look) -> None:
    page.get_by_label("The patient has said name and birth date").check()
    look("time-out")
    page.get_by_role("button", name="Start treatment").click()
    expect(page.get_by_role("heading", name="Cartridge", exact=True)).to_be_visible()


def claim_by_the_makers_code(page: Page, look: Look, code: str) -> None:
    expect(page.get_by_label("Cartridge", exact=True)).to_be_focused()
    scan(page, POUCH)
    expect(page.get_by_text("Which unit is it?")).to_be_visible()
    look("which unit", dark=True)
    page.get_by_role("button", name=code, exact=True).click()
    expect(page.get_by_text(f"{code} may be opened")).to_be_visible()
    page.get_by_label("The pack is whole and the sterility indicator is good").check()
    look("unit in hand")
    page.get_by_role("button", name=f"Open {code}").click()
    expect(page.get_by_role("heading", name="Passes", exact=True)).to_be_visible()


def drop(page: Page, code: str) -> None:
    page.get_by_role("link", name="Look at the cartridge").click()
    page.get_by_text("Waste this unit and take another").click()
    choose(page, "Why is it wasted?", "Dropped")
    page.get_by_role("button", name=f"Waste {code}").click()
    expect(page.get_by_role("heading", name="Wasted during this treatment")).to_be_visible()


def claim_by_unit_code(page: Page, code: str) -> None:
    expect(page.get_by_label("Cartridge", exact=True)).to_be_focused()
    scan(page, code.lower())
    page.get_by_label("The pack is whole and the sterility indicator is good").check()
    page.get_by_role("button", name=f"Open {code}").click()
    expect(page.get_by_role("heading", name="Passes", exact=True)).to_be_visible()


def needle(page: Page, look: Look) -> None:
    for area, depth, passes in (("Forehead", "0.75", "2"), ("Left cheek", "1.25", "3")):
        choose(page, "Area", area)
        page.get_by_label("Depth", exact=True).fill(depth)
        page.get_by_label("Passes", exact=True).fill(passes)
        choose(page, "End point", "Uniform redness")
        page.get_by_role("button", name="Add pass").click()
        beside = page.get_by_role("region", name="This treatment")
        expect(beside).to_contain_text(area)
        expect(beside).to_contain_text(f"{depth} mm × {passes}")
    look("passes", dark=True)


def finish(page: Page, look: Look) -> None:
    expect(page.get_by_text("Missing before signing")).to_be_visible()
    page.get_by_role("link", name="Continue to finish").click()
    expect(page.get_by_role("heading", name="Finish", exact=True)).to_be_focused()
    choose(page, "End point", "Uniform redness")
    page.get_by_label("Reaction of the skin").fill("Even redness, no swelling.")
    page.get_by_label("Note", exact=True).fill("Went well. Sunscreen handed over.")
    page.get_by_label("Aftercare explained and handed over").check()
    look("finish")
    page.get_by_role("button", name="Finish treatment").click()
    expect(page.get_by_role("heading", name="Sign", exact=True)).to_be_visible()


def sign(page: Page, look: Look, code: str) -> None:
    expect(page.get_by_text("Nothing is missing.")).to_be_visible()
    page.get_by_label("Password").fill(PASSWORD)
    look("sign", dark=True)
    page.get_by_role("button", name="Sign the record").click()
    expect(page.get_by_text("Contents unchanged since signing")).to_be_visible()
    expect(page.get_by_role("region", name="Cartridge")).to_contain_text(code)
    expect(page.get_by_role("region", name="Needling")).to_contain_text("0.75 mm")
    look("signed record", dark=True)


def add_addendum(page: Page) -> None:
    page.get_by_text("Add to this record").click()
    choose(page, "Kind", "Correction")
    page.get_by_label("Text").fill("The second area was the right cheek.")
    page.get_by_label("Why is it added?").fill("Wrong side typed")
    page.get_by_role("button", name="Add addendum").click()
    expect(page.get_by_role("region", name="Addenda")).to_contain_text("right cheek")
