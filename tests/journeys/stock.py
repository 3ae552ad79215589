"""What the manager and the auditor do: receive a box, count, and look who did what."""

from __future__ import annotations

import csv
from pathlib import Path

from playwright.sync_api import Page, expect

from tests.journeys.conftest import Look
from tests.journeys.people import scan

# A box of ten of the same product, of a lot that is new here.
BOX = "]d201195212345432101729033110NEW7\x1d"
# What is on hand in the end: five less the used and the dropped one, the box, the expired.
LOTS = {"LOT42A": "3", "NEW7": "10", "OLD1": "2"}


def receive_box(page: Page, look: Look) -> None:
    page.get_by_role("link", name="Cartridges", exact=True).click()
    page.get_by_role("link", name="Receive", exact=True).click()
    look("receive cartridges")
    scan(page, BOX)
    expect(page.get_by_role("status").filter(has_text="Lot NEW7")).to_contain_text("Box of 10")
    look("box in hand", dark=True)
    page.get_by_label("Packages").fill("1")
    page.get_by_role("button", name="Receive", exact=True).click()
    expect(page.locator("#notes")).to_contain_text("10 units are on file: C-000011 to C-000020.")
    expect(page.get_by_role("region", name="C-000011 to C-000020")).to_contain_text("C-000015")
    look("codes of the box")


def look_at_stock(page: Page, look: Look, used: str) -> None:
    page.get_by_role("link", name="Cartridges", exact=True).click()
    for lot, units in LOTS.items():
        expect(page.get_by_role("row", name=lot).get_by_role("cell").last).to_have_text(units)
    look("stock", dark=True)
    page.get_by_label("Find a unit or lot").fill(used)
    page.get_by_role("button", name="Find", exact=True).click()
    life = page.get_by_role("region", name="History")
    for step in ("Received", "Opened", "Used"):
        expect(life).to_contain_text(step)
    look("one unit's life")


def reconcile(page: Page, look: Look) -> None:
    page.get_by_role("link", name="Cartridge audit", exact=True).click()
    expect(page.locator(".headline")).to_have_text(
        "Nov 1–24, 2026: 1 treatment, 1 cartridge used, 1 wasted, difference 0."
    )
    expect(page.locator(".headline-number")).to_have_text("0units unaccounted for")
    look("cartridge audit", dark=True)
    with page.expect_download() as waiting:
        page.get_by_role("link", name="Export as CSV").click()
    table = Path(waiting.value.path()).read_text(encoding="utf-8-sig")
    assert waiting.value.suggested_filename == "cartridges-austin-2026-11-01-2026-11-24.csv"
    lots = list(csv.DictReader(table.splitlines()))
    assert {one["Lot"]: one["Difference"] for one in lots} == dict.fromkeys(LOTS, "0")
    page.get_by_role("link", name="1 cartridge used").click()
    look("rows of a figure")


def read_the_log(page: Page, look: Look) -> None:
    page.get_by_role("link", name="Audit log", exact=True).click()
    done = page.get_by_role("table", name="Audit log, newest first")
    for act in (
        "Booked a visit",
        "Signed a record",
        "Wasted a cartridge",
        "Received cartridges",
        "Exported the cartridge audit",
    ):
        expect(done.get_by_role("cell", name=act, exact=True).first).to_be_visible()
    look("audit log", dark=True)
