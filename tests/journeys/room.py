"""What the esthetician does, from the cream to the addendum."""

from __future__ import annotations

from playwright.sync_api import Page, expect

from tests.cast import PASSWORD
from tests.journeys.conftest import Look
from tests.journeys.people import choose, scan

# As the maker prints it: the mark of a GS1 DataMatrix, and the separator after the lot.
POUCH = "]d2010952123454321310LOT42A\x1d17280630"


def cream_on(page: Page, look: Look) -> None:
    expect(page.get_by_role("heading", name="Numb", exact=True)).to_be_visible()
    page.get_by_label("Numbing cream").select_option("Lidocaine 4%")
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
    page.get_by_label("Screening is done and consent is signed, on paper").check()
    look("time-out")
    page.get_by_role("button", name="Start treatment").click()
    expect(page.get_by_role("heading", name="Cartridge", exact=True)).to_be_visible()


def claim_by_the_makers_code(page: Page, look: Look, code: str) -> None:
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
    page.get_by_role("link", name="View the cartridge").click()
    page.get_by_text("Waste this unit and take another").click()
    choose(page, "Why is it wasted?", "Dropped")
    page.get_by_role("button", name=f"Waste {code}").click()
    expect(page.get_by_role("heading", name="Wasted during this treatment")).to_be_visible()


def claim_by_unit_code(page: Page, code: str) -> None:
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
    page.get_by_role("button", name="Continue to finish").click()
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
