"""Whether an installation is still empty."""

from __future__ import annotations

from clinic.models import Clinic, User


def is_empty() -> bool:
    """Whether nobody and nothing has been set up yet."""
    return not User.objects.exists() and not Clinic.objects.exists()
