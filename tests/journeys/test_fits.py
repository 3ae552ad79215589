"""What belongs together stands together, also on a tablet."""

from __future__ import annotations

from collections.abc import Callable

from playwright.sync_api import Page, expect

from tests.cast import Cast
from tests.treatments.visits import chart_at

Seat = Callable[..., Page]


def test_an_upright_tablet_shows_all_seven_steps(cast: Cast, seat: Seat) -> None:
    chart = chart_at(cast, "numbed")
    page = seat(cast.esthetician, f"/treatments/{chart.pk}/")
    page.set_viewport_size({"width": 768, "height": 1024})
    expect(page.locator(".steps .step")).to_have_count(7)
    over = "one => one.scrollWidth - one.clientWidth"
    assert page.locator(".steps").evaluate(over) <= 0
    assert page.locator(".step").evaluate_all(f"all => all.map({over})") == [0] * 7


def test_the_days_of_a_search_stand_side_by_side_at_one_width(cast: Cast, seat: Seat) -> None:
    page = seat(cast.manager, "/audit/")
    for width in (1366, 1024, 768):
        page.set_viewport_size({"width": width, "height": 768})
        first = page.get_by_label("From", exact=True).bounding_box()
        last = page.get_by_label("To", exact=True).bounding_box()
        assert first
        assert last
        assert first["y"] == last["y"]
        # A browser shares a width out in parts of a pixel.
        assert abs(first["width"] - last["width"]) < 0.5
