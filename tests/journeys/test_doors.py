"""What the desk needs every day is in the bar, at every width, and nothing in it is cut off."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from tests import factories
from tests.cast import NOW, Cast
from tests.journeys.conftest import DESK, TABLET, Look

Seat = Callable[..., Page]
UPRIGHT = {"width": 768, "height": 1024}


@pytest.mark.parametrize("size", [DESK, TABLET, UPRIGHT])
def test_walk_in_waitlist_and_messages_are_in_the_bar(
    cast: Cast, clock: Any, seat: Seat, look: Look, size: Any
) -> None:
    page = seat(cast.reception, "/day/")
    page.set_viewport_size(size)
    new = page.get_by_role("link", name="New appointment").bounding_box()
    walk_in = page.get_by_role("link", name="Walk-in").bounding_box()
    person = page.locator("summary", has_text="Rosa Alvarez").bounding_box()
    assert new
    assert walk_in
    assert person
    # One line: the bar is not broken.
    assert new["y"] == walk_in["y"]
    assert abs(person["y"] - new["y"]) < 10
    page.get_by_text("More", exact=True).click()
    look("more doors", dark=True)
    page.get_by_role("link", name="Waitlist").click()
    expect(page.get_by_role("heading", name="Waitlist", level=1)).to_be_visible()
    page.get_by_text("More", exact=True).focus()
    page.keyboard.press("Enter")
    page.get_by_role("link", name="Messages").click()
    expect(page.get_by_role("heading", name="Messages", level=1)).to_be_visible()
    page.keyboard.press("w")
    expect(page.get_by_role("heading", name="Walk-in")).to_be_visible()


@pytest.mark.parametrize("size", [DESK, TABLET])
def test_the_count_of_the_day_is_whole(cast: Cast, clock: Any, seat: Seat, size: Any) -> None:
    factories.appointment(
        patient=cast.mia,
        practitioner=cast.ana,
        service=cast.short_service,
        room=cast.room,
        device=cast.device,
        starts_at=NOW,
        by=cast.reception,
    )
    page = seat(cast.reception, "/day/")
    page.set_viewport_size(size)
    count = page.locator(".board-count")
    expect(count).to_have_text("1 visit")
    # A long day's words.
    long = "<span>122 visits,</span> <span>109 completed</span>"
    count.evaluate("(one, words) => { one.innerHTML = words; }", long)
    cut = "(one) => one.scrollWidth > one.clientWidth + 1"
    assert not count.evaluate(cut)
    assert page.evaluate("document.documentElement.scrollWidth") <= size["width"]
