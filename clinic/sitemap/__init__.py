"""What a person may open: the places of the table, the menu, and what every page's frame needs."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.http import HttpRequest
from django.urls import reverse

from clinic.sitemap.place import Place
from clinic.sitemap.places import PLACES

__all__ = ["PLACES", "Place", "navigation", "places_for"]


def places_for(user: Any, clinic: Any) -> list[Place]:
    """The pages that the user may open in the clinic, in the order of the table."""
    key = clinic.pk if clinic else None
    return [one for one in PLACES if not one.may or any(user.can(may, key) for may in one.may)]


def navigation(request: HttpRequest) -> dict[str, Any]:
    """What every page's frame needs: menu, doors, clinics, the product's name."""
    always = {"SITE_NAME": settings.SITE_NAME}
    if not request.user.is_authenticated:
        return always | {"nav": [], "clinics": [], "doors": {}}
    if getattr(request, "lacks_second_factor", False):
        # Until it is set up or proved, there is nowhere else to go.
        return always | {"nav": [], "clinics": [], "doors": {"lock": reverse("lock")}}
    clinic = getattr(request, "clinic", None)
    places = places_for(request.user, clinic)
    open_to = {one.name for one in places}
    doors = {
        "home": reverse("landing"),
        "lock": reverse("lock"),
        "account": reverse("account_change_password"),
        "security": reverse("security"),
        "switch_clinic": reverse("switch-clinic"),
        "guide": reverse("guide"),
        "site_map": reverse("site-map"),
    }
    if "patients" in open_to:
        doors["patients"] = reverse("patients")
    if "appointment-new" in open_to:
        doors["new_appointment"] = reverse("appointment-new")
    if "walk-in" in open_to:
        doors["walk_in"] = reverse("walk-in")
    reached = {reverse(one.name): one for one in places if one.menu or one.part_of}
    at = max((url for url in reached if request.path.startswith(url)), key=len, default="")
    here = reached[at].part_of or reached[at].name if at else ""
    return always | {
        "nav": [
            {
                "label": one.menu,
                "url": url,
                "icon": one.icon,
                "current": one.name == here,
                "more": one.more,
            }
            for url, one in sorted(reached.items(), key=lambda item: item[1].more)
            if one.menu
        ],
        "clinics": getattr(request, "clinics", []),
        "doors": doors,
    }
