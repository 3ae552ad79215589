"""A guide of one page for each role, to read or to print."""

from __future__ import annotations

from typing import Any

from django.http import Http404
from django.views.generic import TemplateView

from clinic.permissions import Role
from clinic.views.doors import StaffRequest


class Guide(TemplateView):
    """The guide of one role: of one's own first role unless `?role=` names another.

    It tells what everybody may know; whoever trains a newcomer prints hers.
    """

    request: StaffRequest
    template_name = "clinic/guide.html"
    http_method_names = ("get", "head", "options")

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        mine = self.request.user.roles_in(self.request.clinic)
        first = next((role for role in Role if role in mine), Role.RECEPTIONIST)
        try:
            role = Role(self.request.GET.get("role") or first)
        except ValueError as unknown:
            raise Http404 from unknown
        return super().get_context_data(**kwargs) | {
            "role": role,
            "roles": list(Role),
        }
