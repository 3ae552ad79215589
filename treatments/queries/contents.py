"""The contents of a chart as the signature covers them."""

from __future__ import annotations

import hashlib
import json
import uuid
from typing import Any

from django.db.models import QuerySet

from treatments.models import Cartridge, NeedlingPass, NumbingApplication, Treatment

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
OF = "treatment_id"
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
    """SHA-256 over the chart's contents; a signature whose hash differs is visibly false (R51)."""
    return _hashed(contents_of(treatment))


def content_hashes(charts: QuerySet[Treatment]) -> dict[uuid.UUID, str]:
    """`content_hash` of many charts by key, in four queries."""
    found: dict[uuid.UUID, dict[str, Any]] = {
        row["id"]: {"chart": row, "numbing": [], "passes": [], "units": []}
        for row in charts.values(*CHART)
    }
    for part, rows in (
        ("numbing", NumbingApplication.objects.order_by("created_at", "pk").values(*NUMBING, OF)),
        ("passes", NeedlingPass.objects.order_by("seq").values(*PASSES, OF)),
        ("units", Cartridge.objects.order_by("number").values(*UNITS, OF)),
    ):
        for row in rows.filter(treatment__in=charts.values("pk")).iterator(chunk_size=2000):
            found[row.pop(OF)][part].append(row)
    return {key: _hashed(contents) for key, contents in found.items()}


def _hashed(contents: dict[str, Any]) -> str:
    """The wrong unit of a signed record may leave USED by a signed correction (ruling C2), which
    is shown by its addendum, so a unit's later state is not part of what was signed.
    """
    for unit in contents["units"]:
        unit.pop("status")
    text = json.dumps(contents, sort_keys=True, default=str, ensure_ascii=False)
    return hashlib.sha256(text.encode()).hexdigest()
