"""Whether the audit is as it was written, and the anchor by which a cut-off end shows."""

from __future__ import annotations

import datetime as dt
import hmac
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

from django.db import DatabaseError

from clinic.audit.writing import FIELDS, mac_of, signature_of
from clinic.models import AuditChain, AuditEvent

# What reading a value raises that is no longer of its column's type.
UNREADABLE = (DatabaseError, ValueError, TypeError, OverflowError)


@dataclass(frozen=True)
class Fault:
    """The first bad row of a chain and what is wrong with it."""

    chain: str
    seq: int
    sentence: str


def faults(anchor: dict[str, Any] | None = None, *, wanted: Iterable[str] = ()) -> Iterator[Fault]:
    """The first fault of each chain; none when the whole audit is as it was written.

    With an anchor (see `anchor_now`), a chain cut off below the anchored event shows too; so
    does one of the `wanted` that is gone altogether. A row that can no longer be read is a
    fault, never a crash.
    """
    anchored: dict[str, dict[str, Any]] = (anchor or {}).get("chains", {})
    names = set(AuditEvent.objects.order_by().values_list("chain", flat=True).distinct())
    names |= set(AuditChain.objects.values_list("name", flat=True))
    for chain in sorted({*names, *anchored, *wanted}, key=str):
        fault = _first_fault(chain, anchored.get(chain))
        if fault:
            yield fault


def _first_fault(chain: str, anchored: dict[str, Any] | None) -> Fault | None:
    before, expected = "", 0
    for found in _rows_of(chain):
        expected += 1
        if found is None or not isinstance(found[1], int):
            return Fault(chain, expected, f"Event {expected} is not as it was written.")
        *row, mac = found
        seq = row[1]
        if seq != expected:
            what = "is missing" if seq > expected else "stands twice"
            return Fault(chain, expected, f"Event {expected} {what}.")
        if not _fits(mac, before, row):
            return Fault(chain, seq, f"Event {seq} is not as it was written.")
        if anchored and seq == anchored["seq"] and mac != anchored["mac"]:
            return Fault(chain, seq, f"Event {seq} is not the one that was anchored.")
        before = mac
    if anchored and expected < anchored["seq"]:
        cut = expected + 1
        return Fault(chain, cut, f"Event {cut} and all after it are cut off.")
    return None if expected else Fault(chain, 1, "Event 1 is missing.")


def _fits(mac: Any, before: str, row: list[Any]) -> bool:
    try:
        ours = mac_of(before, row)
    except UNREADABLE:
        return False
    return hmac.compare_digest(str(mac).encode("utf-8", "surrogatepass"), ours.encode())


def _rows_of(chain: str) -> Iterator[tuple[Any, ...] | None]:
    """The chain's rows in order, in portions; None in place of the first that can't be read."""
    rows = AuditEvent.objects.filter(chain=chain).order_by("seq", "id")
    read = 0
    try:
        for row in rows.values_list(*FIELDS, "mac").iterator(chunk_size=5000):
            read += 1
            yield row
        return
    except UNREADABLE:
        # One bad row takes its whole portion with it: from here on, one at a time.
        keys = rows.values_list("id", flat=True)[read:]
    for key in keys.iterator(chunk_size=5000):
        try:
            row = AuditEvent.objects.values_list(*FIELDS, "mac").get(pk=key)
        except UNREADABLE:
            yield None
            return
        yield row


def anchor_now(at: dt.datetime) -> dict[str, Any]:
    """A signed note of where every chain ends, to be kept away from the database."""
    chains = {}
    for chain in AuditChain.objects.order_by("name").values_list("name", flat=True):
        last = AuditEvent.objects.filter(chain=chain).order_by("-seq").values("seq", "mac").first()
        if last:
            chains[chain] = last
    note: dict[str, Any] = {"at": at.astimezone(dt.UTC).isoformat(), "chains": chains}
    return {**note, "signature": signature_of(note)}


def anchor_is_ours(anchor: dict[str, Any]) -> bool:
    """Whether the anchor was signed with this installation's key."""
    note = {key: value for key, value in anchor.items() if key != "signature"}
    return hmac.compare_digest(str(anchor.get("signature", "")), signature_of(note))
