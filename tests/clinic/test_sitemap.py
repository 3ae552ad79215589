"""The one table of pages: whoever is shown a page may open it, and nobody else is shown it."""

from __future__ import annotations

import re
from typing import Any

import pytest
from django.urls import reverse

from clinic.permissions import Role
from clinic.sitemap import PLACES, navigation, places_for
from tests.cast import Cast


@pytest.mark.parametrize("role", Role)
def test_every_page_on_the_map_opens_and_every_other_does_not(
    cast: Cast, clock: Any, enter: Any, role: Role
) -> None:
    user = cast.staff[role]
    mapped = {place.name for place in places_for(user, cast.clinic)}
    answers = {
        place.name: enter(user).get(reverse(place.name), follow=True).status_code
        for place in PLACES
    }
    assert answers == {place.name: 200 if place.name in mapped else 403 for place in PLACES}


@pytest.mark.parametrize("role", Role)
def test_the_map_and_the_menu_show_what_the_table_says(
    cast: Cast, clock: Any, enter: Any, role: Role
) -> None:
    user = cast.staff[role]
    page = enter(user).get("/site-map/").content.decode()
    assert f"As {role.label} in Austin you may open these pages." in page
    main = page[page.index('<main id="main"') : page.index("</main>")]
    places = places_for(user, cast.clinic)
    assert re.findall(r'<li><a href="([^"]+)">', main) == [reverse(one.name) for one in places]
    bar = page[page.index('<nav aria-label="Main"') :] if "<nav" in page else ""
    bar = bar[: bar.index("</nav>")] if bar else ""
    menu = [reverse(one.name) for one in places if one.menu]
    assert re.findall(r'href="([^"]+)"', bar) == menu


def test_the_menu_marks_where_one_is_and_only_there(cast: Cast, clock: Any, enter: Any) -> None:
    browser = enter(cast.manager)
    for path, label in (
        ("/licenses/", "Licenses"),
        (f"/licenses/{cast.ana_license.pk}/", "Licenses"),
        ("/audit/", "Audit log"),
        ("/cartridges/audit/", "Cartridge audit"),
        ("/site-map/", None),
    ):
        nav = browser.get(path).context["nav"]
        assert [item["label"] for item in nav if item["current"]] == ([label] if label else []), (
            path
        )


def test_nobody_knows_no_pages(rf: Any, db: None) -> None:
    from_outside = rf.get("/")
    from_outside.user = type("Nobody", (), {"is_authenticated": False})()
    assert navigation(from_outside) == {
        "SITE_NAME": "Stratum",
        "nav": [],
        "clinics": [],
        "doors": {},
    }
