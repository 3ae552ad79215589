"""How staff log in: no sign-up, and each log-in and log-out is audited."""

from __future__ import annotations

from typing import Any

from allauth.account.adapter import DefaultAccountAdapter
from django.db import transaction
from django.http import HttpRequest
from django.utils import timezone

from clinic import audit


class StaffOnlyAdapter(DefaultAccountAdapter):  # type: ignore[misc]
    """Accounts are made by an administrator; nobody signs up."""

    def is_open_for_signup(self, request: HttpRequest) -> bool:
        return False

    def login(self, request: HttpRequest, user: Any) -> None:
        super().login(request, user)
        request.session["began_at"] = timezone.now().timestamp()
        _note("user.log_in", user)

    def logout(self, request: HttpRequest) -> None:
        if request.user.is_authenticated:
            _note("user.log_out", request.user)
        super().logout(request)


def _note(action: str, user: Any) -> None:
    # A log-in belongs to every clinic the user works in only through what is done next; the
    # event itself stands in the system's chain.
    with transaction.atomic():
        audit.record(action, by=user, at=timezone.now(), clinic_id=None, on=user)
