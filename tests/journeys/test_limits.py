"""A field says when it is nearly full, and when it takes no more."""

from __future__ import annotations

from collections.abc import Callable

from playwright.sync_api import Page, expect

from tests.cast import Cast

Seat = Callable[..., Page]
Look = Callable[..., None]


def test_a_field_counts_what_is_left_and_says_when_it_is_full(
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
    expect(note).to_have_text("80 of 80: nothing more fits")
    expect(note).to_have_attribute("aria-live", "polite")
    assert field.input_value() == "a" * 68 + "b" * 12
    field.fill("Okafor")
    expect(note).to_be_hidden()
