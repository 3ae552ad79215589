"""The one door that every operation goes through.

`@act("appointment.book", may=Permission.BOOK, on="patient")` gives an operation its
permission check, its transaction, its idempotency, its audit of a refusal, and the proof
that it audited its success. The operation itself refuses, locks, re-reads, decides, writes,
and records its event last.
"""

from __future__ import annotations

import datetime as dt
import functools
import hashlib
import logging
import uuid
from collections.abc import Callable
from contextvars import ContextVar
from typing import Any, TypeVar

from django.apps import apps
from django.db import (
    DatabaseError,
    DataError,
    IntegrityError,
    OperationalError,
    models,
    transaction,
)
from django.db.models import QuerySet

from clinic import audit, constraints
from clinic.models import AuditEvent, IdempotencyKey
from clinic.permissions import Permission
from clinic.prepared import prepared
from clinic.refusals import Conflict, NotAllowed, Refusal

log = logging.getLogger(__name__)
KEYS_LAST = dt.timedelta(days=7)
# What proves who one is: no fingerprint of a press is made of it.
PROOFS = ("code", "secret", "credential")
Result = TypeVar("Result")

_under_way: ContextVar[bool] = ContextVar("act_under_way", default=False)


# A constraint so named says that another row holds the time, the unit or the number.
HELD_BY_ANOTHER = ("overlap", "once", "no_second_open", "no_replace", "no_displace")


class LookAgain(Exception):
    """What an operation saw was taken before it could be held: it is done again from the start."""


class NotRecorded(AssertionError):
    """An operation came back without an audit event; its act is rolled back."""


def act(
    action: str, *, may: Permission | tuple[Permission, ...], on: str
) -> Callable[[Callable[..., Result]], Callable[..., Result]]:
    """Make an operation: an act named `action` that needs `may` in the clinic of argument `on`
    (of several permissions, any one).

    The argument `on` is the clinic itself, or a row with a `clinic_id`. The made function
    takes `once=`, a form's one-time key: the second call with the same key and the same
    arguments returns what the first one made; with other arguments it is refused (P3).
    Inside another act, it joins that act's transaction.
    """

    needed = may if isinstance(may, tuple) else (may,)

    def wrap(operation: Callable[..., Result]) -> Callable[..., Result]:
        @functools.wraps(operation)
        def door(*args: Any, once: str | None = None, **given: Any) -> Any:
            if args:
                raise TypeError(f"{operation.__name__} takes keyword arguments only.")
            subject = given[on]
            clinic_id = getattr(subject, "clinic_id", None) or subject.pk
            if _under_way.get():
                _allow(needed, given["by"], clinic_id)
                return operation(**given)
            token = _under_way.set(True)
            try:
                return _outermost(action, needed, operation, subject, clinic_id, once, given)
            finally:
                _under_way.reset(token)

        door.act = action  # type: ignore[attr-defined]
        door.may = needed  # type: ignore[attr-defined]
        return door

    return wrap


def own_act(action: str) -> Callable[[Callable[..., Result]], Callable[..., Result]]:
    """Make an operation on the account of whoever acts: an act named `action` that needs no role
    and is on record in the system's chain. The account is always that of `by`.
    """

    def wrap(operation: Callable[..., Result]) -> Callable[..., Result]:
        @functools.wraps(operation)
        def door(*args: Any, once: str | None = None, **given: Any) -> Any:
            if args:
                raise TypeError(f"{operation.__name__} takes keyword arguments only.")
            token = _under_way.set(True)
            try:
                return _outermost(action, None, operation, given["by"], None, once, given)
            finally:
                _under_way.reset(token)

        door.act = action  # type: ignore[attr-defined]
        door.may = ()  # type: ignore[attr-defined]
        return door

    return wrap


def link_act(action: str, *, on: str) -> Callable[[Callable[..., Result]], Callable[..., Result]]:
    """Make an operation of whoever holds a link: nobody is logged in and no role is asked.

    The link's secret is judged by whoever found the argument `on`, a row with a `clinic_id`, by
    it. What is done and what is refused is on record in that clinic's chain, without a name.
    """

    def wrap(operation: Callable[..., Result]) -> Callable[..., Result]:
        @functools.wraps(operation)
        def door(*args: Any, **given: Any) -> Any:
            if args:
                raise TypeError(f"{operation.__name__} takes keyword arguments only.")
            token = _under_way.set(True)
            try:
                return _settled(action, operation, None, given)
            except Refusal as no:
                _keep(action, no, given[on], given[on].clinic_id, None, given["at"])
                raise
            finally:
                _under_way.reset(token)

        return door

    return wrap


def _outermost(
    action: str,
    may: tuple[Permission, ...] | None,
    operation: Callable[..., Any],
    subject: Any,
    clinic_id: uuid.UUID | None,
    once: str | None,
    given: dict[str, Any],
) -> Any:
    try:
        if may is None:
            _be_in_use(given["by"])
        else:
            _allow(may, given["by"], clinic_id)
        return _settled(action, operation, once, given)
    except Refusal as no:
        _keep(action, no, subject, clinic_id, given["by"], given["at"])
        raise


def _keep(
    action: str, no: Refusal, subject: Any, clinic_id: uuid.UUID | None, by: Any, at: dt.datetime
) -> None:
    """The act is rolled back; that it was refused stays on record."""
    try:
        with transaction.atomic():
            audit.record(
                action,
                by=by,
                at=at,
                clinic_id=clinic_id,
                on=subject,
                outcome=AuditEvent.Outcome.REFUSED,
                rule=no.rule,
                detail={"sentence": no.sentence, "field": no.field or ""},
            )
    except DatabaseError:
        # Nothing was written and nothing is shown: with a full disk the person is still
        # told "no" in words (P32), and the log says what the audit could not.
        log.exception("The refusal of %s could not be recorded.", action)


def _settled(
    action: str, operation: Callable[..., Any], once: str | None, given: dict[str, Any]
) -> Any:
    for attempt in (1, 2, 3):
        try:
            return _in_transaction(action, operation, once, given, attempt > 1)
        except IntegrityError as error:
            found = constraints.violated(error)
            if found and found[0] == "idempotency_key_once" and attempt < 3:
                continue  # an earlier press has the key: find its result
            if not found:
                raise
            name, sentence = found
            kind = Conflict if any(word in name for word in HELD_BY_ANOTHER) else Refusal
            raise kind(sentence, rule=name[:20], field=constraints.field_of(name)) from error
        except DataError as error:
            log.warning("%s met a value the database refuses: %s", action, error)
            raise Refusal("One of the values is out of range.", rule="input") from error
        except (OperationalError, LookAgain) as error:
            if attempt == 3:
                raise Conflict(
                    "The system is busy.", rule="P2", way_out="Press the button again."
                ) from error
            log.warning("%s is tried again after: %s", action, error)
    raise AssertionError("unreachable")


def _in_transaction(
    action: str, operation: Callable[..., Any], once: str | None, given: dict[str, Any], seen: bool
) -> Any:
    trail = audit.Trail()
    with transaction.atomic(), audit.watching(trail):
        key = _claim(action, once, given, seen) if once else None
        if key and key.result:
            made = apps.get_model(key.result_kind)._base_manager.filter(pk=key.result).first()
            if made is None:
                raise Conflict("This form was already sent.", rule="P3")
            return made
        result = operation(**given)
        if not trail.events:
            raise NotRecorded(f"{action} left no audit event.")
        if key and isinstance(result, models.Model):
            key.result_kind, key.result = result._meta.label, str(result.pk)
            key.save(update_fields=["result_kind", "result"])
    return result


def forget_keys(*, at: dt.datetime) -> int:
    """Drop the one-time keys of forms that no open page can send again; returns how many.

    A session ends after twelve hours; a week leaves room for a page from a long weekend.
    """
    dropped, _each = IdempotencyKey.objects.filter(created_at__lt=at - KEYS_LAST).delete()
    return dropped


def _be_in_use(by: Any) -> None:
    if not by.is_active:
        raise NotAllowed("Your account is not in use.", rule="P17")


def _allow(may: tuple[Permission, ...], by: Any, clinic_id: uuid.UUID | None) -> None:
    if not any(by.can(one, clinic_id) for one in may):
        raise NotAllowed("Your role does not include this.", rule="R54")


def _fingerprint(action: str, given: dict[str, Any]) -> str:
    plain = {
        name: str(value.pk) if isinstance(value, models.Model) else repr(value)
        for name, value in given.items()
        if name not in {"at", "by", "password", "second_password", *PROOFS}
    }
    return hashlib.sha256(
        f"{action} {sorted(plain.items())}".encode("utf-8", "replace")
    ).hexdigest()


@prepared
def _keys(*, user: Any, key: Any) -> QuerySet[Any, Any]:
    return IdempotencyKey.objects.filter(user=user, key=key)


def _claim(action: str, once: str, given: dict[str, Any], seen: bool) -> IdempotencyKey:
    """The key's row: new, or of an earlier press and then with its result.

    Nearly every key comes once: it is looked for only where it may have been `seen`, because the
    database has just refused it.
    """
    key = once[:64]
    fingerprint = _fingerprint(action, given)
    row = next(iter(_keys(user=given["by"].pk, key=key)), None) if seen else None
    if row is None:
        row = IdempotencyKey(
            user=given["by"],
            key=key,
            action=action,
            fingerprint=fingerprint,
            created_at=given["at"],
        )
        row.save(force_insert=True)
        return row
    if row.fingerprint != fingerprint:
        raise Conflict(
            "This form was already sent, with other contents.",
            rule="P3",
            way_out="Open the page again and enter the change there.",
        )
    if not row.result:
        raise Conflict("This form was already sent.", rule="P3")
    return row
