"""The one table of pages: whoever is shown a page may open it, and nobody else is shown it."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

import pytest
from django.urls import URLResolver, get_resolver, reverse

from clinic.permissions import Role
from clinic.sitemap import PLACES, navigation, places_for
from tests.cast import Cast

# Addresses without a record that are no pages of their own, and why.
NOT_ON_THE_MAP = {
    "healthz": "for machines",
    "invitation-accept": "where a link in a message leads",
    "readyz": "for machines",
    "gallery": "only while DEBUG is on",
    "account_login": "before one is in",
    "account_inactive": "before one is in",
    "account_reset_password": "before one is in",
    "account_reset_password_done": "before one is in",
    "account_reset_password_from_key_done": "before one is in",
    "account_reauthenticate": "asked for where it is needed",
    "switch-clinic": "a press in the bar",
    "draft": "what a page keeps while someone types",
    "audit-export": "a file of the audit log",
    "patient-finder": "a fragment of the new appointment",
    "appointment-words": "a fragment of the new appointment",
    "free-times": "a fragment of the new appointment",
    "cartridge-receive-confirm": "the second step of receiving",
    "cartridge-audit-rows": "the rows behind a figure",
    "cartridge-audit-export": "a file of the cartridge audit",
    "cartridge-audit-rows-export": "a file of the rows behind a figure",
    "setup-cartridge-product-add": "a press on the cartridge products page",
    "first-start": "before anybody is in",
    "token-make": "a press on the page of API tokens",
    "setup-clinic-add": "a press on the clinics page",
    "setup-room-add": "a press on the rooms page",
    "setup-closure-add": "a press on the closures page",
    "setup-closure-holidays": "a press on the closures page",
    "setup-service-add": "a press on the services page",
    "setup-practitioner-add": "a press on the practitioners page",
    "setup-user-add": "a press on the users page",
    "setup-device-add": "a press on the devices page",
    "setup-glide-product-add": "a press on the glide products page",
    "setup-device-model-add": "a press on the device models page",
    "setup-numbing-product-add": "a press on the numbing products page",
    "mfa_authenticate": "the second step of logging in",
    "own-calendar-end": "a press on the page of one's calendar",
    "security-app": "a press on the page of the second factor",
    "security-app-off": "a press on the page of the second factor",
    "security-codes": "a press on the page of the second factor",
    "security-codes-file": "a file of the recovery codes",
    "security-codes-new": "a press on the page of the second factor",
    "security-passkey-add": "a press on the page of the second factor",
    "why-not": "a fragment of the new appointment",
    "course-new": "a press on the card of a patient or a visit",
    "waitlist-for": "a press on the card of a visit that was called off",
}


def without_a_record(patterns: list[Any]) -> Iterator[str]:
    """The names of all addresses that need nothing to be named in them."""
    for pattern in patterns:
        if isinstance(pattern, URLResolver) and pattern.namespace == "api":
            continue  # no pages
        if isinstance(pattern, URLResolver):
            yield from without_a_record(pattern.url_patterns)
        elif "<" not in str(pattern.pattern):
            yield str(pattern.name)


def test_every_page_that_needs_no_record_is_on_the_map() -> None:
    there = set(without_a_record(get_resolver().url_patterns))
    assert there - {place.name for place in PLACES} == set(NOT_ON_THE_MAP)


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
    menu = [reverse(one.name) for one in places if one.menu and not one.more]
    menu += [reverse(one.name) for one in places if one.menu and one.more]
    assert re.findall(r'href="([^"]+)"', bar) == menu


def test_the_menu_marks_where_one_is_and_only_there(cast: Cast, clock: Any, enter: Any) -> None:
    browser = enter(cast.manager)
    for path, label in (
        ("/day/2026-11-25/", "Day"),
        ("/week/", "Day"),
        ("/week/2026-11-23/", "Day"),
        ("/waitlist/add/", "Waitlist"),
        ("/messages/", "Messages"),
        ("/overrides/", "Overrides"),
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
