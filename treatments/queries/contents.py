"""The contents of a chart as the signature covers them."""

from __future__ import annotations

import hashlib
import json
import uuid
from collections import Counter
from collections.abc import Generator, Iterator
from typing import Any

from django.db import DatabaseError
from django.db.models import F, Q, QuerySet

from clinic.models import AuditEvent
from clinic.moment import one_moment
from clinic.seals import seal_of, sealed_columns
from treatments.models import (
    Addendum,
    Cartridge,
    NeedlingPass,
    NumbingApplication,
    Signature,
    StockMovement,
    Treatment,
)
from treatments.queries.told import signed_otherwise
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
    "license_id",
    "opened_by_id",
    "started_by_id",
    "ended_by_id",
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
    "created_by_id",
)
# With those taken back: that they were charted once belongs to what is signed (R50).
PASSES = (
    "seq",
    "area",
    "depth",
    "passes",
    "endpoint",
    "at",
    "removed_at",
    "removed_by_id",
    "created_by_id",
)
OF = "treatment_id"
UNITS = (
    "unit_code",
    "status",
    "lot__lot",
    "lot__expires_on",
    "opened_at",
    "waste_reason",
    "waste_note",
    "patient_contact",
    "opened_on",
    "opened_by_id",
    "pack_intact",
)
# Units that turned out unfit in the room before they were opened: the ledger has their chart.
UNOPENED = (
    "cartridge__unit_code",
    "cartridge__lot__lot",
    "cartridge__lot__expires_on",
    "cartridge__waste_reason",
    "cartridge__waste_note",
    "at",
    "by_id",
)
# What a signature did not cover at first. A hash over fewer columns is never one over more, so
# each signature is held against the columns of its own day, and none can pass for an older one.
ADDED_LATER = {
    "chart": ("license_id", "opened_by_id", "started_by_id", "ended_by_id"),
    "numbing": ("created_by_id",),
    "passes": ("created_by_id",),
    "units": ("opened_on", "opened_by_id", "pack_intact"),
}
ROWS = ("numbing", "passes", "units", "unopened")
SIGNED = {f.attname: f.name for f in Signature._meta.concrete_fields}
SEALED = sealed_columns(Signature)
# Who signed and when, as the chart itself says it.
AS_SIGNED = ("status", "signed_at", "signed_by_id")


def _wasted_unopened() -> QuerySet[StockMovement]:
    return StockMovement.objects.filter(kind=StockMovement.Kind.WASTE).exclude(from_status="opened")


def contents_of(treatment: Treatment) -> dict[str, Any]:
    """Everything in the chart that the author signs for: five queries."""
    unopened = _wasted_unopened().filter(treatment=treatment).order_by("cartridge__number")
    row = Treatment.objects.filter(pk=treatment.pk).values(*CHART).get()
    return {
        "chart": row,
        "numbing": list(treatment.numbing.order_by("created_at", "pk").values(*NUMBING)),
        "passes": list(
            NeedlingPass.all_rows.filter(treatment=treatment).order_by("seq").values(*PASSES)
        ),
        "units": list(treatment.units.order_by("number").values(*UNITS)),
        "unopened": list(unopened.values(*UNOPENED)),
    }


def content_hash(treatment: Treatment) -> str:
    """SHA-256 over the chart's contents; a signature whose hash differs is visibly false (R51)."""
    return _hashed(contents_of(treatment))


def is_what_was_signed(treatment: Treatment, content_hash: str) -> bool:
    """Whether a signature with that hash is over what the chart says now (R51)."""
    return _was_signed(contents_of(treatment), content_hash)


def content_hashes(charts: QuerySet[Treatment]) -> dict[uuid.UUID, str]:
    """`content_hash` of many charts by key, in five queries."""
    found: dict[uuid.UUID, dict[str, Any]] = {
        row["id"]: {"chart": row, **{part: [] for part in ROWS}} for row in charts.values(*CHART)
    }
    for part, rows in (
        ("numbing", NumbingApplication.objects.order_by("created_at", "pk").values(*NUMBING, OF)),
        ("passes", NeedlingPass.all_rows.order_by("seq").values(*PASSES, OF)),
        ("units", Cartridge.objects.order_by("number").values(*UNITS, OF)),
        ("unopened", _wasted_unopened().order_by("cartridge__number").values(*UNOPENED, OF)),
    ):
        for row in rows.filter(treatment__in=charts.values("pk")).iterator(chunk_size=2000):
            found[row.pop(OF)][part].append(row)
    return {key: _hashed(contents) for key, contents in found.items()}


def false_signatures() -> Generator[str, None, None]:
    """Each signed chart whose contents are not what was signed, or whose signature is gone, is
    not as it was written, or is not the one that the audit tells of (P23).

    Seven queries read side by side in the order of the charts, so that no chart is kept, and as
    of one moment.
    """
    with one_moment():
        yield from _false_signatures()
        yield from signed_otherwise()


def _false_signatures() -> Iterator[str]:
    signed = Treatment.objects.filter(Q(status=str(Status.SIGNED)) | Q(signature__isnull=False))
    its = {f"was_{column}": F(f"signature__{name}") for column, name in SIGNED.items()}
    charts = signed.annotate(**its).order_by("pk").values(*CHART, *AS_SIGNED, *its)
    of = {
        "numbing": NumbingApplication.objects.order_by(OF, "created_at", "pk").values(*NUMBING, OF),
        "passes": NeedlingPass.all_rows.order_by(OF, "seq").values(*PASSES, OF),
        "units": Cartridge.objects.order_by(OF, "number").values(*UNITS, OF),
        "unopened": _wasted_unopened().order_by(OF, "cartridge__number").values(*UNOPENED, OF),
    }
    last = ""
    try:
        parts = {
            part: _Sheaf(rows.filter(treatment__isnull=False).iterator(chunk_size=2000))
            for part, rows in of.items()
        }
        for row in charts.iterator(chunk_size=2000):
            was, key = {name: row.pop(f"was_{name}") for name in SIGNED}, row["id"]
            signed_so = tuple(row.pop(name) for name in AS_SIGNED)
            contents = {"chart": row, **{part: rows.of(key) for part, rows in parts.items()}}
            last = Treatment(pk=key).code
            if was["id"] is None:
                yield f"Treatment {last}: its signature is missing."
            elif was["mac"] != seal_of(Signature._meta.label, [was[name] for name in SEALED]):
                yield f"Treatment {last}: its signature is not as it was written."
            elif signed_so != (Status.SIGNED, was["signed_at"], was["signer_id"]):
                yield f"Treatment {last}: it does not say that it was signed, when or by whom."
            elif not _was_signed(contents, was["content_hash"]):
                yield f"Treatment {last}: what it says is not what was signed."
    except (DatabaseError, ValueError, TypeError):
        yield f"The charts cannot be read {f'after treatment {last}' if last else 'at all'}."


def false_addenda() -> Generator[str, None, None]:
    """Each addendum that is not as it was written, and each chart that lacks one (P23).

    Two queries: an addendum that was taken out is still counted in the audit.
    """
    written = AuditEvent.objects.filter(
        action="chart.add_addendum", outcome=AuditEvent.Outcome.DONE
    )
    try:
        with one_moment():
            counts = Counter(written.values_list("subject", flat=True))
            columns = sealed_columns(Addendum)
            rows = Addendum.objects.order_by(OF, "written_at", "pk").values(*columns, "mac")
            for row in rows.iterator(chunk_size=2000):
                counts[str(row[OF])] -= 1
                mac, code = row.pop("mac"), Treatment(pk=row[OF]).code
                if mac != seal_of(Addendum._meta.label, [row[name] for name in columns]):
                    yield f"Treatment {code}: an addendum is not as it was written."
        for chart, missing in counts.items():
            if missing > 0:
                yield f"Treatment {Treatment(pk=uuid.UUID(chart)).code}: an addendum is missing."
    except (DatabaseError, ValueError, TypeError):
        yield "The addenda cannot be read."


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


def _was_signed(contents: dict[str, Any], content_hash: str) -> bool:
    if content_hash == _hashed(contents):
        return True
    rows = {part: [found] if part == "chart" else found for part, found in contents.items()}
    for part, names in ADDED_LATER.items():
        for row in rows[part]:
            for name in names:
                del row[name]
    return content_hash == _hashed(contents)


def _hashed(contents: dict[str, Any]) -> str:
    """The wrong unit of a signed record may leave USED by a signed correction (ruling C2), which
    is shown by its addendum, so a unit's later state is not part of what was signed.
    """
    for unit in contents["units"]:
        unit.pop("status", None)
    # Most charts have none; and what was signed before the ledger told of them stays as signed.
    if not contents["unopened"]:
        contents = {part: rows for part, rows in contents.items() if part != "unopened"}
    text = json.dumps(contents, sort_keys=True, default=str, ensure_ascii=False)
    return hashlib.sha256(text.encode()).hexdigest()
