"""What `manage.py check --deploy` says of this product's own settings."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.core import checks


def second_factor(app_configs: Any, **_: Any) -> list[checks.CheckMessage]:
    """Where patients are, a password alone opens nothing (P19)."""
    if settings.MFA_REQUIRED:
        return []
    return [
        checks.Warning(
            "MFA_REQUIRED is off: staff may log in by a password alone.",
            hint="Set MFA_REQUIRED=true. Whoever has no second factor is led to set one up.",
            id="clinic.W001",
        )
    ]
