"""What reception does: book for someone new or on file, and mark who is here."""

from __future__ import annotations

from playwright.sync_api import Page, expect

from tests.journeys.conftest import Look


def book_newcomer(page: Page, look: Look) -> None:
    page.get_by_role("link", name="New appointment").click()
    page.get_by_text("Register a new patient").click()
    page.get_by_label("First name").fill("Zoë")
    page.get_by_label("Last name").fill("D'Árcy-Nguyễn")
    page.get_by_label("Birth date").fill("1988-02-29")
    page.get_by_label("Phone").fill("(512) 555-0199")
    page.get_by_label("Service").select_option("Face, 45 minutes")
    expect(page.get_by_role("heading", name="Tue, Nov 24", exact=True)).to_be_visible()
    # The list that is there already follows whom one then asks for.
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
