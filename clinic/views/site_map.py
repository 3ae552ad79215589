"""Every page that the signed-in role may open."""

from __future__ import annotations

from typing import Any

from django.urls import reverse
from django.views.generic import TemplateView

from clinic import sitemap
from clinic.views.doors import StaffRequest


class SiteMap(TemplateView):
    """The pages of the table in clinic/sitemap/places.py, by section; open to every role."""

    request: StaffRequest
    template_name = "clinic/site_map.html"

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        clinic = self.request.clinic
        sections: dict[str, list[dict[str, str]]] = {}
        for one in sitemap.places_for(self.request.user, clinic):
            entry = {
                "label": one.label,
                "about": one.about,
                "icon": one.icon,
                "url": reverse(one.name),
            }
            sections.setdefault(one.section, []).append(entry)
        roles = self.request.user.roles_in(clinic)
        words = ", ".join(sorted(str(role.label) for role in roles))
        lead = f"As {words} in {clinic.name} you may open these pages."
        return super().get_context_data(**kwargs) | {"sections": sections, "lead": lead}
