"""The start page: today's numbers of the role, and what is left to do. Every number is a link."""

from __future__ import annotations

from django.http import HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.generic import View

from clinic.models import Clinic, User
from clinic.permissions import Permission, Role
from clinic.views.doors import StaffRequest
from treatments.forms.start import OpenForm
from treatments.queries import landing as queries
from treatments.views.start_page import StartPage

# Everyone who treats holds the role of an esthetician; what she is says her credential.
TITLES = {
    "LE": "Esthetician",
    "NP": "Nurse practitioner",
    "PA": "Physician assistant",
    "RN": "Registered nurse",
    "MD": "Physician",
}


class Landing(View):
    """Open to everyone with a role; what it shows follows the permissions."""

    http_method_names = ["get", "head", "options"]

    def get(self, request: StaffRequest) -> HttpResponse:
        clinic = request.clinic
        user = request.user
        at = timezone.now()
        page = StartPage(user, clinic, at)
        page.fill()
        context = {
            "today": page.today,
            "greeting": greeting(clinic.local(at).hour),
            "roles": titles(user, clinic),
            "numbers": page.numbers,
            "to_do": page.to_do,
            "lists": page.lists,
            "mine": page.mine,
            "people": page.people,
            "next": page.next,
            "open_form": OpenForm() if page.to_open.visits else None,
            "unlicensed": page.to_open.unlicensed,
            "runs": page.may(Permission.KEEP_USERS),
        }
        return render(request, "treatments/landing.html", context)


def titles(user: User, clinic: Clinic) -> str:
    """What the person is in this clinic, in words."""
    roles = user.roles_in(clinic)
    found = [role.label for role in roles if role != Role.ESTHETICIAN]
    if Role.ESTHETICIAN in roles:
        credential = queries.credential_of(user)
        found.append(TITLES.get(credential, credential) or "Treating")
    return ", ".join(sorted(found))


def greeting(hour: int) -> str:
    """How one greets at that hour of the clinic's clock."""
    if 5 <= hour < 12:
        return "Good morning"
    return "Good afternoon" if 12 <= hour < 18 else "Good evening"
