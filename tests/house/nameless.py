"""Whatever a test puts into the audit is read for the patients' names: there it may hold none.

The audit is read by roles that see no patients, and nothing is ever taken out of it.
"""

from __future__ import annotations

import re
from typing import Any

from django.db.models.signals import post_save

from clinic.models import AuditEvent

# How the patients of tests/cast.py are called.
# A service or a room may be called like one of them; these are about somebody.
ABOUT_HER = {"patient", "appointment", "waitlistentry", "course", "treatment"}
NAMES = re.compile(r"\bMia\b|\bLee\b|小明|王|Siobhán|O'Brien|Łęcka|\bDiego\b|\bSantos\b")


class NameKept(AssertionError):
    """An event tells who a patient is by more than her code."""


def _recorded(instance: AuditEvent, **_: Any) -> None:
    if instance.outcome == AuditEvent.Outcome.DONE and instance.subject_kind not in ABOUT_HER:
        return
    if found := NAMES.search(f"{instance.detail} {instance.subject_code}"):
        raise NameKept(f"The audit keeps “{found[0]}”: {instance.action} {instance.detail}")


def pytest_configure() -> None:
    post_save.connect(_recorded, sender=AuditEvent)
