"""Appending to the audit: the only writer of AuditEvent."""

from __future__ import annotations

import datetime as dt
import json
import uuid
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from typing import Any

from django.db import connection, transaction
from django.db.models import QuerySet

from clinic.models import AuditChain, AuditEvent
from clinic.prepared import prepared
from clinic.rules import SYSTEM, chain_of
from clinic.seals import digest

FIELDS = (
    "chain",
    "seq",
    "at",
    "actor",
    "actor_name",
    "action",
    "outcome",
    "subject_kind",
    "subject",
    "subject_code",
    "rule",
    "detail",
)
# Many at once: building a model for each event costs more than all the rest of it.
INSERT = (
    "INSERT INTO clinic_auditevent (chain, seq, at, actor, actor_name, action, outcome, "
    "subject_kind, subject, subject_code, rule, detail, mac) "
    "VALUES (%s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s)"
)


@dataclass
class Trail:
    """What the act under way has recorded; the door looks here before it closes."""

    events: int = 0


_token: ContextVar[str] = ContextVar("token", default="")


@contextmanager
def through(token: str) -> Iterator[None]:
    """Whatever is recorded within was asked by a program: each event says by which token (its
    beginning, as its owner's page shows it)."""
    before = _token.set(token)
    try:
        yield
    finally:
        _token.reset(before)


def _by_token() -> dict[str, str]:
    token = _token.get()
    return {"token": token} if token else {}


_encode = json.JSONEncoder(ensure_ascii=False, separators=(",", ":"), sort_keys=True).encode


def plain(value: Any) -> Any:
    """A value as the audit keeps it: text, number, list or mapping of these."""
    if value is None or isinstance(value, (bool, int, str)):
        return value
    if isinstance(value, (dt.datetime, dt.date, dt.time)):
        return value.isoformat()
    if isinstance(value, dict):
        return {str(key): plain(one) for key, one in value.items()}
    if isinstance(value, (list, tuple, set, frozenset)):
        return [plain(one) for one in value]
    return str(value)


def mac_of(before: str, row: Iterable[Any]) -> str:
    """The keyed mac of a row (in the order of FIELDS) after the mac `before`."""
    values = [v.astimezone(dt.UTC).isoformat() if isinstance(v, dt.datetime) else v for v in row]
    return digest(before + _encode(values))


def signature_of(note: dict[str, Any]) -> str:
    """The keyed signature of a note about the chains."""
    return digest(_encode(note))


def record(
    action: str,
    *,
    by: Any,
    at: dt.datetime,
    clinic_id: uuid.UUID | None,
    on: Any = None,
    outcome: str = AuditEvent.Outcome.DONE,
    rule: str = "",
    detail: dict[str, Any] | None = None,
) -> AuditEvent:
    """Append one event to the clinic's chain, in the transaction of the act, last.

    `by` is the user (None: the system itself), `on` the row it is about: its `code`, where it
    has one, is what people will read; a name or a clinical word never goes in here. Takes the
    chain's lock until the transaction ends. Raises when there is no transaction.
    """
    chain, seq, before = _end_of_chain(clinic_id)
    seq += 1
    event = AuditEvent(
        chain=chain,
        seq=seq,
        at=at,
        actor=str(by.pk) if by else SYSTEM,
        actor_name=by.name if by else SYSTEM,
        action=action,
        outcome=str(outcome),
        subject_kind=on._meta.model_name if on is not None else "",
        subject=str(on.pk) if on is not None else "",
        subject_code=str(getattr(on, "code", "") or "")[:60],
        rule=rule,
        detail=_encode(plain((detail or {}) | _by_token())),
    )
    event.mac = mac_of(before, [getattr(event, name) for name in FIELDS])
    event.save(force_insert=True)
    trail = _watching.get()
    if trail is not None:
        trail.events += 1
    return event


def record_in(
    clinics: Iterable[uuid.UUID],
    action: str,
    *,
    by: Any,
    at: dt.datetime,
    on: Any = None,
    detail: dict[str, Any] | None = None,
) -> None:
    """Append one event to the chain of each of these clinics, as `record` does.

    Always in the order of their keys, so that two acts never lock the chains crosswise. Raises
    where no clinic is named: the act would be on record nowhere.
    """
    keys = sorted({*clinics})
    if not keys:
        raise RuntimeError(f"{action} names no clinic in whose chain it is on record.")
    for key in keys:
        record(action, by=by, at=at, clinic_id=key, on=on, detail=detail)


@dataclass(frozen=True, slots=True)
class Entry:
    """One event that is to be appended together with others; the fields as `record` takes them."""

    action: str
    by: Any
    at: dt.datetime
    on: Any = None
    detail: dict[str, Any] | None = None


def record_many(entries: Iterable[Entry], *, clinic_id: uuid.UUID | None) -> int:
    """Append the events of many acts at once, in the order given; how many there were.

    For imports and the demo's past, where a round trip for each event would take hours. Like
    `record`, in the transaction of the acts, under the chain's lock.
    """
    entries = list(entries)
    if not entries:
        return 0  # a chain without an event counts as one whose events were taken away
    chain, seq, before = _end_of_chain(clinic_id)
    stored = connection.ops.adapt_datetimefield_value
    rows = []
    for number, entry in enumerate(entries, seq + 1):
        on, by = entry.on, entry.by
        row = [
            chain,
            number,
            entry.at,
            str(by.pk) if by else SYSTEM,
            by.name if by else SYSTEM,
            entry.action,
            "done",
            on._meta.model_name if on is not None else "",
            str(on.pk) if on is not None else "",
            str(getattr(on, "code", "") or "")[:60],
            "",
            _encode(plain(entry.detail)) if entry.detail else "{}",
        ]
        before = mac_of(before, row)
        row[FIELDS.index("at")] = stored(entry.at)
        rows.append((*row, before))
    with connection.cursor() as cursor:
        cursor.executemany(INSERT, rows)
    trail = _watching.get()
    if trail is not None:
        trail.events += len(rows)
    return len(rows)


def _end_of_chain(clinic_id: uuid.UUID | None) -> tuple[str, int, str]:
    """The clinic's chain, locked until the transaction ends; its last seq and mac."""
    if not transaction.get_connection().in_atomic_block:
        raise RuntimeError("An audit event is written in the transaction of its act.")
    chain = chain_of(clinic_id)
    if not _held_chain(name=chain):
        AuditChain.objects.get_or_create(name=chain)
        AuditChain.objects.select_for_update(no_key=True).get(name=chain)
    last = _last(chain=chain)
    return (chain, *last[0]) if last else (chain, 0, "")


@prepared
def _held_chain(*, name: Any) -> QuerySet[Any, Any]:
    return AuditChain.objects.select_for_update(no_key=True).filter(name=name).values_list("name")


@prepared
def _last(*, chain: Any) -> QuerySet[Any, Any]:
    events = AuditEvent.objects.filter(chain=chain).order_by("-seq")
    return events.values_list("seq", "mac")[:1]


_watching: ContextVar[Trail | None] = ContextVar("audit_trail", default=None)


@contextmanager
def watching(trail: Trail) -> Iterator[None]:
    """Count on `trail` the events recorded inside."""
    token = _watching.set(trail)
    try:
        yield
    finally:
        _watching.reset(token)
