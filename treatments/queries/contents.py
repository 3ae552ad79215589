"""The contents of a chart as the signature covers them."""

from __future__ import annotations

import hashlib
import json
from typing import Any

from treatments.models import Treatment

CHART = (
    "id",
    "clinic_id",
    "appointment_id",
    "patient_id",
    "practitioner_id",
    "license_text",
    "room_id",
    "device_id",
    "cartridge_id",
    "opened_at",
    "started_at",
    "started_on",
    "ended_at",
    "endpoint",
    "reaction",
    "note",
    "aftercare_given",
    "aborted",
    "abort_reason",
    "needle_contact",
)
NUMBING = (
    "product_id",
    "none_reason",
    "lot",
    "expires_on",
    "amount",
    "areas",
    "applied_at",
    "applied_by_id",
    "removed_at",
    "removed_by_id",
    "removed_entered_at",
    "created_at",
)
PASSES = ("seq", "area", "depth", "passes", "endpoint", "at")
UNITS = ("unit_code", "status", "lot__lot", "lot__expires_on", "opened_at", "waste_reason")


def contents_of(treatment: Treatment) -> dict[str, Any]:
    """Everything in the chart that the author signs for: four queries."""
    row = Treatment.objects.filter(pk=treatment.pk).values(*CHART).get()
    return {
        "chart": row,
        "numbing": list(treatment.numbing.order_by("created_at", "pk").values(*NUMBING)),
        "passes": list(treatment.passes.order_by("seq").values(*PASSES)),
        "units": list(treatment.units.order_by("number").values(*UNITS)),
    }


def content_hash(treatment: Treatment) -> str:
    """SHA-256 over the chart's contents; a signature whose hash differs is visibly invalid (R51).

    The wrong unit of a signed record may leave USED by a signed correction (ruling C2), which
    is shown by its addendum, so a unit's later state is not part of what was signed.
    """
    contents = contents_of(treatment)
    for unit in contents["units"]:
        unit.pop("status")
    text = json.dumps(contents, sort_keys=True, default=str, ensure_ascii=False)
    return hashlib.sha256(text.encode()).hexdigest()
