"""The desk without a mouse: whatever has the focus shows it, and every act is within reach."""

from __future__ import annotations

from collections.abc import Callable

from playwright.sync_api import Locator, Page, expect

from bookings.models import Appointment
from tests.cast import Cast

Seat = Callable[..., Page]
MOST_STOPS = 40
# A ring of two pixels or a drawn shadow, on the element or on the label that stands for a radio
# button. The parts of a date field are the browser's own, and so is their mark.
RING = """() => {
  const here = document.activeElement;
  const shows = (one) => {
    const style = getComputedStyle(one);
    const ring = style.outlineStyle !== "none" && parseFloat(style.outlineWidth) >= 2;
    return (ring && style.outlineColor !== "rgba(0, 0, 0, 0)") || style.boxShadow !== "none";
  };
  if (here.type === "date" && !here.matches(":focus")) return true;
  return shows(here) || (here.type === "radio" && shows(here.nextElementSibling));
}"""


def tab_to(page: Page, target: Locator) -> None:
    """Go on with the tab key to `target`; on the way every stop shows that it has the focus."""
    for _ in range(MOST_STOPS):
        page.keyboard.press("Tab")
        here = page.evaluate("document.activeElement.outerHTML.slice(0, 200)")
        assert page.evaluate(RING), f"no focus to be seen on {here}"
        if target.evaluate("(one) => one === document.activeElement"):
            return
    raise AssertionError(f"{target} is not within {MOST_STOPS} stops")


def test_a_visit_is_booked_and_marked_arrived_by_keyboard(
    cast: Cast, seat: Seat, clock_shows: Callable[[str], None]
) -> None:
    clock_shows("9:00")
    page = seat(cast.reception, "/day/")
    skip = page.get_by_role("link", name="Skip to the page")
    tab_to(page, skip)
    expect(skip).to_be_in_viewport()
    page.keyboard.press("Enter")
    expect(page.locator("#main")).to_be_focused()

    page.keyboard.press("n")
    expect(page.get_by_role("heading", name="New appointment")).to_be_visible()
    expect(page.get_by_label("Patient", exact=True)).to_be_focused()
    page.keyboard.type("mia lee")
    expect(page.locator("#found").get_by_role("radio")).to_be_checked()
    tab_to(page, page.get_by_label("Service"))
    page.keyboard.type("Face, 30")
    expect(page.get_by_role("group", name="Soonest").get_by_role("radio")).to_have_count(3)
    tab_to(page, page.get_by_label("Practitioner"))
    page.keyboard.type("Ana")
    listed = page.locator(".free-group").filter(has=page.get_by_role("heading", name="Ana Ruiz"))
    expect(listed).to_be_visible()
    first = page.get_by_role("group", name="Soonest").get_by_role("radio").first
    tab_to(page, first)
    page.keyboard.press("Space")
    expect(first).to_be_checked()
    page.keyboard.press("ArrowRight")
    expect(page.locator("#words")).to_contain_text("Mia Lee, Face, 30 minutes, Tue, Nov 24, 9:15")
    tab_to(page, page.get_by_role("button", name="Book", exact=True))
    page.keyboard.press("Enter")
    expect(page.locator("#notes")).to_contain_text("Booked: Mia Lee, Face, 30 minutes")

    # The whole table is one stop, which is the visit that was just booked; it has the focus.
    board = page.locator("[data-board] tbody")
    visit = page.locator(".appt", has_text="Lee, Mia")
    expect(board.locator("a[tabindex='0']")).to_have_count(1)
    expect(visit).to_be_focused()
    page.keyboard.press("ArrowDown")
    expect(page.get_by_label("Book Ana Ruiz at 9:45 AM")).to_be_focused()
    page.keyboard.press("ArrowUp")
    expect(visit).to_be_focused()
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name="Mia Lee")).to_be_focused()
    tab_to(page, page.get_by_role("button", name="Mark arrived"))
    page.keyboard.press("Enter")
    expect(page.locator("#notes")).to_contain_text("Mia Lee has arrived.")
    assert Appointment.objects.get().status == "arrived"


def test_an_empty_cell_books_by_keyboard_and_single_keys_can_be_switched_off(
    cast: Cast, seat: Seat
) -> None:
    page = seat(cast.reception, "/day/")
    page.get_by_label("Book Ana Ruiz at 1:00 PM").focus()
    page.keyboard.press("ArrowRight")
    expect(page.get_by_label("Book Bo Chen at 1:00 PM")).to_be_focused()
    page.keyboard.press("Enter")
    expect(page.get_by_label("Practitioner")).to_have_value(str(cast.bo.pk))
    expect(page.get_by_label("Time", exact=True)).to_have_value("1:00 PM")

    page.locator("summary", has_text="Rosa Alvarez").focus()
    page.keyboard.press("Enter")
    tab_to(page, page.get_by_role("button", name="Off", exact=True))
    page.keyboard.press("Enter")
    page.keyboard.press("Escape")
    expect(page.locator("summary", has_text="Rosa Alvarez")).to_be_focused()
    page.keyboard.press("/")
    expect(page.get_by_label("Find a patient")).not_to_be_focused()
