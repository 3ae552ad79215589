"""A field says when it is nearly full and when it has too much; it cuts nothing."""

from __future__ import annotations

from collections.abc import Callable

from playwright.sync_api import Page, expect

from tests.cast import Cast
from tests.journeys.conftest import TABLET
from tests.treatments.visits import chart_at

Seat = Callable[..., Page]
Look = Callable[..., None]


def test_a_field_counts_what_is_left_and_says_what_is_too_much(
    cast: Cast, seat: Seat, look: Look
) -> None:
    page = seat(cast.reception, "/patients/register/")
    field = page.get_by_label("Last name")
    note = page.locator("#id_last_name ~ .limit")
    field.fill("a" * 59)
    expect(note).to_be_hidden()
    field.fill("a" * 68)
    expect(note).to_have_text("12 left")
    field.press_sequentially("b" * 14)
    expect(note).to_have_text("2 too many: it can have 80 characters. Shorten it.")
    expect(note).to_have_attribute("aria-live", "polite")
    assert field.input_value() == "a" * 68 + "b" * 14
    field.fill("Okafor")
    expect(note).to_be_hidden()


def test_a_reason_that_is_too_long_is_said_and_stands_there_whole(
    cast: Cast, seat: Seat, look: Look
) -> None:
    """It is pasted, which a browser would cut in silence."""
    chart = chart_at(cast, "open")
    page = seat(cast.esthetician, f"/treatments/{chart.pk}/?step=abort")
    page.set_viewport_size(TABLET)
    reason = page.get_by_label("Why does it end early?")
    story = "Patient fainted.\n" * 20
    reason.focus()
    page.keyboard.insert_text(story)
    note = page.locator("#abort-reason ~ .limit")
    expect(note).to_have_text("39 too many: it can have 300 characters. Shorten it.")
    page.get_by_label("No, not yet").check()
    page.get_by_role("button", name="End treatment", exact=True).click()
    said = "Use at most 300 characters; this has 339."
    expect(page.locator("#error_1_abort-reason")).to_have_text(said)
    assert page.get_by_label("Why does it end early?").input_value() == story
    chart.refresh_from_db()
    assert chart.status == "open"
