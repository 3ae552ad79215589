"""Second factors: what an account has beside its password, and what proves it.

All this concerns a person, not one clinic: it is on record in the system's chain. Codes and
passkeys are checked under the lock of their account, so that none counts twice.
"""

from __future__ import annotations

import datetime as dt
from typing import Any

from allauth.mfa.models import Authenticator
from allauth.mfa.recovery_codes.internal.auth import RecoveryCodes
from allauth.mfa.totp.internal.auth import format_hotp_value, hotp_value
from django.db import transaction
from django.db.models import QuerySet

from clinic import audit, vault
from clinic.acts import own_act
from clinic.models import AuditEvent, User
from clinic.queries import factors as queries
from clinic.refusals import Conflict, Refusal
from clinic.rules import squeezed
from clinic.rules.factors import (
    MOST_PASSKEY_NAME,
    MOST_PASSKEYS,
    RECOVERY_DIGITS,
    code_fault,
    fitting_step,
    plain_code,
)

Kind = Authenticator.Type
WRONG_CODE = "This code does not fit, or was used already."
WRONG_PASSKEY = "The passkey did not prove who it is."
GONE = "This is switched off already."


@own_act("factor.turn_on_app")
def turn_on_app(*, secret: str, code: str, by: User, at: dt.datetime) -> Authenticator:
    """Let an authenticator app that holds the secret prove who logs in; the first factor also
    brings recovery codes.

    Refuses an app beside another one (409), and a code that the app does not show now (P19).
    """
    held = _held(by)
    if held.filter(type=Kind.TOTP).exists():
        raise Conflict(
            "An authenticator app is on already.", rule="P19", way_out="Switch it off first."
        )
    fault = code_fault(code, recovery=False)
    step = None if fault else fitting_step(code, at=at, after=0, code_of=_codes(secret))
    if step is None:
        raise Refusal(
            fault or "This is not the code of this secret.",
            rule="P19",
            field="code",
            way_out="" if fault else "Check the clock of the phone, then enter the code shown now.",
        )
    made = Authenticator(
        user=by,
        type=Kind.TOTP,
        data={"secret": vault.put_away(secret), "last_step": step},
        created_at=at,
    )
    made.save(force_insert=True)
    codes = _with_codes(by)
    _record("factor.turn_on_app", by, at, recovery_codes=codes)
    return made


@own_act("factor.turn_off_app")
def turn_off_app(*, by: User, at: dt.datetime) -> User:
    """Switch the authenticator app off.

    Refuses where there is none, and the last factor where all staff need one (P19).
    """
    held = _held(by)
    app = held.filter(type=Kind.TOTP).first()
    if app is None:
        raise Refusal(GONE, rule="input")
    _may_go(held, app)
    app.delete()
    _drop_codes(held)
    _record("factor.turn_off_app", by, at)
    return by


@own_act("factor.add_passkey")
def add_passkey(
    *, name: str, credential: dict[str, Any], by: User, at: dt.datetime
) -> Authenticator:
    """Let a passkey, which the browser has just proved to hold, prove who logs in; the first
    factor also brings recovery codes.

    Refuses more passkeys than one person holds, one that is on file, and too long a name (P19).
    """
    held = _held(by)
    keys = list(held.filter(type=Kind.WEBAUTHN))
    if len(keys) >= MOST_PASSKEYS:
        raise Refusal(
            f"An account has at most {MOST_PASSKEYS} passkeys.",
            rule="P19",
            way_out="Remove one that is not used any more.",
        )
    if any(one.data["credential"].get("id") == credential.get("id") for one in keys):
        raise Conflict("This passkey is on file already.", rule="P19")
    made = Authenticator(
        user=by,
        type=Kind.WEBAUTHN,
        data={"name": _named(name) or f"Passkey {len(keys) + 1}", "credential": credential},
        created_at=at,
    )
    made.save(force_insert=True)
    codes = _with_codes(by)
    _record("factor.add_passkey", by, at, recovery_codes=codes)
    return made


@own_act("factor.rename_passkey")
def rename_passkey(
    *, passkey: Authenticator, name: str, by: User, at: dt.datetime
) -> Authenticator:
    """Give one's own passkey another name.

    Refuses one that is not there any more, an empty name and too long a one (P19).
    """
    key = _own_passkey(_held(by), passkey)
    named = _named(name)
    if not named:
        raise Refusal("Give the passkey a name.", rule="P19", field="name")
    key.data["name"] = named
    key.save(update_fields=["data"])
    _record("factor.rename_passkey", by, at)
    return key


@own_act("factor.remove_passkey")
def remove_passkey(*, passkey: Authenticator, by: User, at: dt.datetime) -> User:
    """Take one's own passkey away: it proves nothing from now on.

    Refuses one that is not there any more, and the last factor where all staff need one (P19).
    """
    held = _held(by)
    key = _own_passkey(held, passkey)
    _may_go(held, key)
    key.delete()
    _drop_codes(held)
    _record("factor.remove_passkey", by, at)
    return by


@own_act("factor.make_codes")
def make_recovery_codes(*, by: User, at: dt.datetime) -> Authenticator:
    """Make new recovery codes; those from before open nothing any more.

    Refuses where there is no factor for which they could stand in (P19).
    """
    held = _held(by)
    if not held.filter(type__in=queries.PROVING).exists():
        raise Refusal(
            "Recovery codes stand in for a second factor, and there is none yet.",
            rule="P19",
            way_out="Set up an authenticator app or a passkey first.",
        )
    held.filter(type=Kind.RECOVERY_CODES).delete()
    made: Authenticator = RecoveryCodes.activate(by).instance
    _record("factor.make_codes", by, at)
    return made


def prove_code(*, user: User, code: str, at: dt.datetime) -> bool:
    """Whether the code is her app's of now, or a recovery code; it never counts again (P19).

    Asked of whoever has shown the password and is not let in yet, and before acts on her own
    account. Both answers are on record.
    """
    with transaction.atomic():
        held = _held(user)
        recovery = len(plain_code(code)) == RECOVERY_DIGITS
        row = held.filter(type=Kind.RECOVERY_CODES if recovery else Kind.TOTP).first()
        spend = _spend_recovery if recovery else _spend
        if row is not None and not spend(row, plain_code(code), at):
            row = None
        if row is not None:
            Authenticator.objects.filter(pk=row.pk).update(last_used_at=at)
        how = "recovery_code" if recovery else "app"
        _proved(user, at, how, says="" if row is not None else WRONG_CODE)
    return row is not None


def prove_passkey(*, user: User, passkey: Authenticator | None, at: dt.datetime) -> bool:
    """Note that one of her passkeys has answered the browser's question, or (None) has not."""
    with transaction.atomic():
        held = _held(user).filter(type=Kind.WEBAUTHN)
        there = passkey is not None and held.filter(pk=passkey.pk).update(last_used_at=at) == 1
        _proved(user, at, "passkey", says="" if there else WRONG_PASSKEY)
    return there


def refuse_proof(*, user: User, sentence: str, at: dt.datetime) -> None:
    """Note a try that was not even looked at (P19)."""
    with transaction.atomic():
        _proved(user, at, "", says=sentence)


def reset_from_machine(*, user: User, at: dt.datetime) -> User:
    """Take all second factors of an account away from the machine itself: no user's act, for an
    administrator whom no other can help. Ends her sessions.

    Refuses an account that has none (P19).
    """
    with transaction.atomic():
        held = User.objects.held().get(pk=user.pk)
        said = drop_factors(held)
        audit.record(
            "user.reset_second_factor",
            by=None,
            at=at,
            clinic_id=None,
            on=held,
            detail={"was": said},
        )
    return held


def drop_factors(held: User) -> str:
    """Take every factor of a locked account away and end its sessions; what it had, in words.

    Refuses an account that has none (P19).
    """
    said = queries.factors_of(held)
    if not said.any:
        raise Refusal(f"{held.name} has no second factor.", rule="P19")
    Authenticator.objects.filter(user=held).delete()
    held.session_round += 1
    held.write(only=["session_round"])
    return said.said


def _held(user: User) -> QuerySet[Authenticator]:
    """What the account has, under its lock."""
    User.objects.held().get(pk=user.pk)
    rows: QuerySet[Authenticator] = Authenticator.objects.filter(user=user).order_by("pk")
    return rows


def _codes(secret: str) -> Any:
    return lambda step: format_hotp_value(hotp_value(secret, step))


def _spend(app: Authenticator, code: str, at: dt.datetime) -> bool:
    """Whether the app shows this code about now; from then on only later ones count."""
    secret = vault.take_out(app.data["secret"])
    if secret is None:
        return False
    step = fitting_step(code, at=at, after=app.data["last_step"], code_of=_codes(secret))
    if step is None:
        return False
    app.data["last_step"] = step
    app.save(update_fields=["data"])
    return True


def _spend_recovery(codes: Authenticator, code: str, at: dt.datetime) -> bool:
    """Whether this is a recovery code that was not used yet; from then on it is."""
    return vault.take_out(codes.data["seed"]) is not None and codes.wrap().validate_code(code)


def _named(name: str) -> str:
    named = squeezed(name)
    if len(named) > MOST_PASSKEY_NAME:
        raise Refusal(
            f"Use at most {MOST_PASSKEY_NAME} characters for the name.", rule="P19", field="name"
        )
    return named


def _own_passkey(held: QuerySet[Authenticator], passkey: Authenticator) -> Authenticator:
    key = held.filter(type=Kind.WEBAUTHN, pk=passkey.pk).first()
    if key is None:
        raise Refusal("This passkey is removed already.", rule="P19")
    return key


def _may_go(held: QuerySet[Authenticator], one: Authenticator) -> None:
    """Refuse to take the last factor away where all staff need one."""
    others = held.filter(type__in=queries.PROVING).exclude(pk=one.pk)
    if queries.is_required() and not others.exists():
        raise Refusal(
            "All staff here log in with a second factor, and this is your only one.",
            rule="P19",
            way_out="Add another one first.",
        )


def _with_codes(user: User) -> bool:
    """Recovery codes beside the first factor; whether they are new."""
    if Authenticator.objects.filter(user=user, type=Kind.RECOVERY_CODES).exists():
        return False
    RecoveryCodes.activate(user)
    return True


def _drop_codes(held: QuerySet[Authenticator]) -> None:
    """Recovery codes stand in for a factor; without one they go."""
    if not held.filter(type__in=queries.PROVING).exists():
        held.filter(type=Kind.RECOVERY_CODES).delete()


def _proved(user: User, at: dt.datetime, how: str, *, says: str) -> None:
    """On record: by what it was proved, or the sentence that says no."""
    outcome = AuditEvent.Outcome.REFUSED if says else AuditEvent.Outcome.DONE
    detail = {"sentence": says} if says else {"factor": how}
    audit.record(
        "user.second_factor",
        by=user,
        at=at,
        clinic_id=None,
        on=user,
        outcome=outcome,
        detail=detail,
    )


def _record(action: str, by: User, at: dt.datetime, **detail: Any) -> None:
    audit.record(action, by=by, at=at, clinic_id=None, on=by, detail=detail)
