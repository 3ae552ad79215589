"""The set-up page: what is missing before the first booking, and where everything is kept."""

from __future__ import annotations

from typing import Any

from django.urls import reverse
from django.utils import timezone

from clinic.backups import last_proven
from clinic.permissions import Permission
from clinic.sitemap import places_for
from clinic.views.doors import Page
from treatments.queries.set_up import set_up_of


class SetUp(Page):
    """A checklist whose every line leads to its page, and the pages of the set-up."""

    may = (Permission.SET_UP_CLINIC, Permission.KEEP_USERS)
    template_name = "treatments/set_up.html"

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        user, clinic = self.request.user, self.request.clinic
        progress = set_up_of(clinic, on=clinic.day_of(timezone.now()))
        places = places_for(user, clinic)
        opens = {one.name for one in places}
        return super().get_context_data(**kwargs) | {
            "progress": progress,
            "opens": opens,
            "keeps_server": user.can(Permission.KEEP_USERS, clinic.pk),
            "backup": last_proven(),
            "steps": [
                {"step": one, "url": reverse(one.page) if one.page in opens else ""}
                for one in progress.steps
            ],
            "places": [
                {"place": one, "url": reverse(one.name)}
                for one in places
                if one.section == "Set-up" and one.name != "setup"
            ],
        }
