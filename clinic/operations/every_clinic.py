"""What holds for all clinics at once: who may change it, and that each has it on record."""

from __future__ import annotations

import datetime as dt
import uuid
from collections.abc import Iterable
from typing import Any

from clinic import audit
from clinic.models import Clinic, User
from clinic.permissions import Permission
from clinic.refusals import Refusal


def every_clinic(clinic: Clinic) -> set[uuid.UUID]:
    """Each clinic in use, and the one at work."""
    return {clinic.pk, *Clinic.objects.filter(is_active=True).values_list("pk", flat=True)}


def refuse_elsewhere(what: str, used_in: Iterable[uuid.UUID], *, by: User) -> None:
    """Refuse to change what a clinic uses that one does not set up (R54)."""
    if {*used_in} - {*by.clinics_with(Permission.SET_UP_CLINIC)}:
        raise Refusal(
            f"{what} is also used in a clinic that you do not set up.",
            rule="R54",
            way_out="Ask someone who sets up all clinics that use it.",
        )


def record_everywhere(
    action: str,
    *,
    clinic: Clinic,
    by: User,
    at: dt.datetime,
    on: Any,
    detail: dict[str, Any],
) -> None:
    """One event in the chain of each clinic in use, and of the one at work."""
    audit.record_in(every_clinic(clinic), action, by=by, at=at, on=on, detail=detail)
