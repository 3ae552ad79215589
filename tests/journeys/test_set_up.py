"""From an empty database to the first signed treatment: a clinic that its owner sets up alone.

She runs the clinic and treats; nothing is there but what ships with the product.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

import pytest
import time_machine
from django.core.management import call_command
from playwright.sync_api import Page, expect

from bookings.models import Appointment
from tests.cast import PASSWORD
from tests.journeys import room
from tests.journeys.conftest import Look
from tests.journeys.people import choose, press, scan
from treatments.models import Cartridge, Treatment

# Of a maker that is in no catalog: the code on its box, of six pouches.
BOX = "]d201195212345432101728063010LOT42A"
# Ten minutes is what an owner is promised; a script types faster, and the server must keep up.
MOST_SECONDS = 240


@pytest.mark.timeout(400)
def test_an_owner_sets_her_clinic_up_and_treats_her_first_patient(
    page: Page,
    look: Look,
    clock: time_machine.Traveller,
    clock_shows: Callable[[str], None],
    settings: Any,
) -> None:
    settings.FIRST_START_OPEN = True
    call_command("load_catalog", verbosity=0)
    begun = time.monotonic()

    begin(page, look)
    the_clinic(page, look)
    the_goods(page, look)
    the_people(page, look)
    expect_ready(page, look)
    receive(page, look)
    book(page)
    clock_shows("9:12")
    treat(page, look, clock_shows)

    assert Treatment.objects.get().status == "signed"
    assert Cartridge.objects.get(status="used").treatment == Treatment.objects.get()
    assert Appointment.objects.get().status == "completed"
    assert time.monotonic() - begun < MOST_SECONDS


def begin(page: Page, look: Look) -> None:
    page.goto("/")
    stands(page, "Set up your clinic")
    look("first start", dark=True)
    page.get_by_label("Your business").fill("Glow Dermal LLC")
    page.get_by_label("First clinic").fill("Hyde Park")
    page.get_by_label("State").select_option("Texas")
    page.get_by_label("Your name").fill("Olivia Ward")
    page.get_by_label("Your email").fill("olivia@glow.example")
    page.locator("#id_password").fill(PASSWORD)
    page.get_by_label("Password, again").fill(PASSWORD)
    for what in ("I book visits", "I treat patients"):
        page.get_by_label(what).check()
    page.get_by_role("button", name="Begin").click()
    expect(page.get_by_role("heading", name="Set-up of Hyde Park")).to_be_visible()
    look("set-up, nothing there", dark=True)


def go_to(page: Page, step: str, title: str) -> None:
    """To one line of the checklist."""
    page.get_by_role("link", name="Set-up", exact=True).first.click()
    page.locator(".checklist").get_by_role("link", name=step, exact=True).click()
    stands(page, title)


def stands(page: Page, title: str) -> None:
    """Wait until the page of that title is there."""
    expect(page.get_by_role("heading", level=1, name=title, exact=True)).to_be_visible()


def follow(page: Page, link: str, title: str | None = None) -> None:
    """By a link to the page of that title, the link's own words unless told otherwise."""
    page.get_by_role("link", name=link).first.click()
    stands(page, title or link)


def the_clinic(page: Page, look: Look) -> None:
    go_to(page, "Address and phone", "Address and policies")
    page.get_by_label("Address").fill("4001 Duval St, Austin, TX 78751")
    page.get_by_label("Phone").fill("(512) 555-0100")
    look("address and policies")
    page.get_by_role("button", name="Save").click()
    go_to(page, "Rooms", "Rooms")
    look("no room yet")
    follow(page, "Add a room")
    page.get_by_label("Name").fill("Room 1")
    page.get_by_role("button", name="Add the room").click()
    expect(page.get_by_role("row", name="Room 1")).to_be_visible()


def the_goods(page: Page, look: Look) -> None:
    go_to(page, "Devices", "Devices")
    follow(page, "Add a device")
    page.get_by_label("Model").select_option(label="SkinPen Precision")
    page.get_by_label("Code").fill("P-1")
    page.get_by_label("Serial number").fill("SP2-00417")
    look("add a device")
    page.get_by_role("button", name="Add the device").click()
    expect(page.get_by_role("row", name="P-1")).to_be_visible()
    go_to(page, "Services", "Services")
    follow(page, "Add a service")
    page.get_by_label("Name").fill("Face 30")
    page.get_by_label("Treatment (minutes)").fill("30")
    page.get_by_label("Numbing (minutes)").fill("0")
    look("add a service", dark=True)
    page.get_by_role("button", name="Add the service").click()
    expect(page.get_by_role("row", name="Face 30")).to_be_visible()


def the_people(page: Page, look: Look) -> None:
    go_to(page, "Who treats", "Practitioners")
    follow(page, "Add a practitioner")
    page.get_by_label("Name").fill("Olivia Ward")
    page.get_by_label("Credential").fill("RN")
    page.get_by_label("Account").select_option(label="Olivia Ward")
    look("add a practitioner")
    page.get_by_role("button", name="Add the practitioner").click()
    expect(page.locator("#notes .note")).to_be_visible()
    page.goto("/licenses/add/")
    page.get_by_label("Practitioner").select_option(label="Olivia Ward RN")
    page.get_by_label("Kind").select_option("Registered nurse")
    page.get_by_label("License number").fill("RN-200417")
    page.get_by_label("Issued on").fill("2024-03-01")
    page.get_by_label("Expires on").fill("2028-02-28")
    page.get_by_role("button", name="Put on file").click()
    go_to(page, "Working hours", "Working hours")
    follow(page, "Olivia Ward RN")
    look("no working hours yet")
    follow(page, "Change the week", "Weekly hours")
    page.get_by_label("Monday, from", exact=True).fill("09:00")
    page.get_by_label("Monday, to", exact=True).fill("17:00")
    page.get_by_label("Copy", exact=True).select_option("Monday")
    for day in ("Tue", "Wed", "Thu", "Fri"):
        page.get_by_label(day, exact=True).check()
    page.get_by_role("button", name="Copy", exact=True).click()
    expect(page.get_by_label("Friday, to", exact=True)).to_have_value("17:00")
    look("a week")
    page.get_by_role("button", name="Save the week").click()
    expect(page.locator("#notes")).to_contain_text("Mon–Fri 9:00 AM–5:00 PM")


def expect_ready(page: Page, look: Look) -> None:
    page.get_by_role("link", name="Set-up", exact=True).first.click()
    expect(page.get_by_text("Visits can be booked.")).to_be_visible()
    look("set-up, ready to book")


def receive(page: Page, look: Look) -> None:
    """A box of a product that nobody has put on file: added from the very scan."""
    page.get_by_role("link", name="Cartridges", exact=True).click()
    page.get_by_role("link", name="Receive", exact=True).first.click()
    scan(page, BOX)
    expect(page.get_by_role("link", name="Add the product")).to_be_visible()
    look("a box that is in no catalog")
    follow(page, "Add the product", "Add a cartridge product")
    page.locator("#id_name").fill("Lumen Cartridge 14")
    page.locator("#id_maker").fill("Lumen Aesthetics")
    page.get_by_label("Needles").fill("14")
    page.get_by_label("Clearance number").fill("K202243")
    page.get_by_label("SkinPen Precision").check()
    expect(page.get_by_label("Box of several")).to_be_checked()
    page.get_by_label("Cartridges in it").fill("6")
    look("add the product")
    page.get_by_role("button", name="Add the product").click()
    stands(page, "Receive cartridges")
    scan(page, BOX)
    page.get_by_label("Packages").fill("1")
    page.get_by_role("button", name="Receive", exact=True).click()
    expect(page.locator("#notes")).to_contain_text("6 units are on file: C-000001 to C-000006.")


def book(page: Page) -> None:
    page.get_by_role("link", name="New", exact=False).first.click()
    page.get_by_text("Register a new patient").click()
    page.get_by_label("First name").fill("Mia")
    page.get_by_label("Last name").fill("Lee")
    page.get_by_label("Birth date").fill("1991-03-03")
    page.locator("#id_phone").fill("(512) 555-0142")
    page.get_by_label("Service").select_option("Face 30")
    page.get_by_label("9:15 AM", exact=True).first.check()
    page.get_by_role("button", name="Book", exact=True).click()
    expect(page.locator("#notes")).to_contain_text("Booked: Mia Lee, Face 30")
    press(page, page.get_by_role("button", name="Mark arrived"))
    expect(page.locator("#notes")).to_contain_text("Mia Lee has arrived.")


def treat(page: Page, look: Look, clock_shows: Callable[[str], None]) -> None:
    page.goto("/treatments/")
    page.get_by_role("button", name="Open chart of Mia").click()
    page.get_by_text("No numbing").first.click()
    page.get_by_label("Why").first.fill("Not wanted")
    page.get_by_role("button", name="No numbing").click()
    room.start(page, look)
    room.claim_by_unit_code(page, "C-000001")
    choose(page, "Area", "Chin")
    page.get_by_label("Depth", exact=True).fill("0.50")
    page.get_by_label("Passes", exact=True).fill("2")
    choose(page, "End point", "Uniform redness")
    page.get_by_role("button", name="Add pass").click()
    expect(page.get_by_role("region", name="This treatment")).to_contain_text("0.50 mm × 2")
    clock_shows("9:24")
    page.reload()
    room.finish(page, look)
    expect(page.get_by_text("Nothing is missing.")).to_be_visible()
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Sign the record").click()
    expect(page.get_by_text("Contents unchanged since signing")).to_be_visible()
    look("the first signed record")
