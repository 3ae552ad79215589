"""The contents of a chart as the signature covers them."""

from __future__ import annotations

import hashlib
import json
import uuid
from collections.abc import Iterator
from typing import Any

from django.db import DatabaseError
from django.db.models import F, Q, QuerySet

from treatments.models import Cartridge, NeedlingPass, NumbingApplication, Treatment
from treatments.rules.status import Status

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


def false_signatures() -> Iterator[str]:
    """Each signed chart whose contents are not what was signed, or whose signature is gone (P23).

    Four queries read side by side in the order of the charts, so that no chart is kept.
    """
    signed = Treatment.objects.filter(Q(status=str(Status.SIGNED)) | Q(signature__isnull=False))
    charts = signed.annotate(was=F("signature__content_hash")).order_by("pk").values(*CHART, "was")
    of = {
        "numbing": NumbingApplication.objects.order_by(OF, "created_at", "pk").values(*NUMBING, OF),
        "passes": NeedlingPass.objects.order_by(OF, "seq").values(*PASSES, OF),
        "units": Cartridge.objects.order_by(OF, "number").values(*UNITS, OF),
    }
    last = ""
    try:
        parts = {
            part: _Sheaf(rows.filter(treatment__isnull=False).iterator(chunk_size=2000))
            for part, rows in of.items()
        }
        for row in charts.iterator(chunk_size=2000):
            was, key = row.pop("was"), row["id"]
            contents = {"chart": row, **{part: rows.of(key) for part, rows in parts.items()}}
            last = Treatment(pk=key).code
            if was is None:
                yield f"Treatment {last}: its signature is missing."
            elif was != _hashed(contents):
                yield f"Treatment {last}: what it says is not what was signed."
    except (DatabaseError, ValueError, TypeError):
        yield f"The charts cannot be read {f'after treatment {last}' if last else 'at all'}."


class _Sheaf:
    """Rows in the order of their charts, handed out chart by chart."""

    def __init__(self, rows: Iterator[dict[str, Any]]) -> None:
        self.rows = rows
        self.next = next(rows, None)

    def of(self, chart: uuid.UUID) -> list[dict[str, Any]]:
        """The rows of that chart; those of charts before it are let go."""
        found = []
        while self.next is not None and self.next[OF] <= chart:
            row, self.next = self.next, next(self.rows, None)
            if row.pop(OF) == chart:
                found.append(row)
        return found


def _hashed(contents: dict[str, Any]) -> str:
    """The wrong unit of a signed record may leave USED by a signed correction (ruling C2), which
    is shown by its addendum, so a unit's later state is not part of what was signed.
    """
    for unit in contents["units"]:
        unit.pop("status")
    text = json.dumps(contents, sort_keys=True, default=str, ensure_ascii=False)
    return hashlib.sha256(text.encode()).hexdigest()
