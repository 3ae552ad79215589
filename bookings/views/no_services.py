"""What the pages that book say while a clinic offers no service."""

from __future__ import annotations

from typing import Any

from clinic.permissions import Permission
from clinic.views.doors import StaffRequest


def no_services(request: StaffRequest, form: Any) -> dict[str, Any]:
    """Whether there is none to choose from in a form, and whether this person may add one."""
    return {
        "no_services": not form.fields["service"].queryset,
        "may_set_up": request.user.can(Permission.SET_UP_CLINIC, request.clinic.pk),
    }
