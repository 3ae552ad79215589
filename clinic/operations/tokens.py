"""Making, revoking and using the tokens of the JSON API."""

from __future__ import annotations

import datetime as dt
import secrets
from contextlib import suppress
from dataclasses import dataclass

from django.db import DatabaseError, transaction
from django.db.models import Q

from clinic import audit
from clinic.acts import own_act
from clinic.models import ApiToken, IdempotencyKey, User
from clinic.queries.factors import wanted_of, who_asks
from clinic.queries.tokens import in_force, token_by
from clinic.refusals import Conflict, Refusal
from clinic.rules import squeezed
from clinic.rules.tokens import (
    LASTS,
    MARK,
    MOST_NAME,
    MOST_TOKENS,
    NOTE_USE_EVERY,
    PREFIX,
    token_digest,
    token_fault,
)

NO_TOKEN = "Send a token as “Authorization: Bearer …”; you make one on the page API tokens."  # noqa: S105 - a sentence


@dataclass(frozen=True)
class Admitted:
    """Who asks, and by which of her tokens; `says` is why she is not let in ("" when she is).

    `known`: the token is good; what keeps her out is the account.
    """

    user: User | None = None
    token: ApiToken | None = None
    known: bool = False
    says: str = NO_TOKEN


@own_act("token.create")
def create_token(*, name: str, lasts: int | None, by: User, at: dt.datetime) -> ApiToken:
    """Make a token that speaks for whoever makes it, good for `lasts` days (None: no end): the
    `secret` of the row returned, which is kept nowhere.

    Refuses an empty or too long name, a length of time that is not offered, and more tokens than
    one person holds.
    """
    held = User.objects.held().get(pk=by.pk)
    made = _new(held, name, lasts, by=by, at=at)
    audit.record("token.create", by=by, at=at, clinic_id=None, on=by, detail=_told(made))
    return made


def create_token_from_machine(
    *, user: User, name: str, lasts: int | None, at: dt.datetime
) -> ApiToken:
    """Make a token of a user from the machine itself: no user's act; else as `create_token`.

    Refuses an account that is not in use (P17) too.
    """
    with transaction.atomic():
        held = User.objects.held().get(pk=user.pk)
        if not held.is_active:
            raise Refusal(f"The account of {held.name} is not in use.", rule="P17")
        made = _new(held, name, lasts, by=held, at=at)
        detail = _told(made)
        audit.record("user.create_token", by=None, at=at, clinic_id=None, on=held, detail=detail)
    return made


@own_act("token.revoke")
def revoke_token(*, token: ApiToken, by: User, at: dt.datetime) -> ApiToken:
    """Let one of one's own tokens open nothing any more.

    Refuses another's (P15), and one that is revoked already (P17, 409).
    """
    held = ApiToken.objects.select_for_update(no_key=True).filter(user=by, pk=token.pk).first()
    if held is None:
        raise Refusal("This token is not known here.", rule="P15")
    if held.revoked_at is not None:
        raise Conflict("This token is revoked already.", rule="P17")
    held.revoked_at, held.revoked_by = at, by
    held.write(only=["revoked_at", "revoked_by"])
    audit.record("token.revoke", by=by, at=at, clinic_id=None, on=by, detail=_told(held))
    return held


def use_token(*, secret: str, at: dt.datetime) -> Admitted:
    """Who speaks by a token, with her rights of now, and that it was used (to the hour).

    Nobody, where it is not known or opens nothing any more, and where her account would not let
    herself in: she has no role, or lacks a second factor that all staff need (P17, P19).
    """
    token = token_by(token_digest(secret)) if secret.startswith(MARK) else None
    if token is None:
        return Admitted(says="This token is not known here." if secret else NO_TOKEN)
    user = who_asks(token.user_id)
    if user is None:
        return Admitted(says="This token is not known here.")
    token.user = user
    fault = token_fault(token, in_use=user.is_active, session_round=user.session_round, at=at)
    if fault:
        return Admitted(says=f"{fault} Make another one on the page API tokens.")
    wanted = wanted_of(user)
    if wanted.must and not wanted.has:
        says = "All staff here need a second factor: log in and set one up first."
        return Admitted(user, token, known=True, says=says)
    if not user.places:
        says = "You have no role in any clinic. Ask an administrator for one."
        return Admitted(user, token, known=True, says=says)
    _note_use(token, at)
    return Admitted(user, token, known=True, says="")


def keep_answer(*, user: User, key: str, sent: str, status: int, answer: str) -> None:
    """Keep how a program's request was answered, for whoever sends it again under its key.

    The act is done by now, so a disk that is full changes nothing (P32): then the act's own key
    answers a second time, with the visit as it stands.
    """
    with suppress(DatabaseError):
        IdempotencyKey.objects.filter(user=user, key=key, answer="").update(
            sent=sent, status=status, answer=answer
        )


def _new(user: User, name: str, lasts: int | None, *, by: User, at: dt.datetime) -> ApiToken:
    named = squeezed(name)
    if not named or len(named) > MOST_NAME:
        says = f"Give the token a name of 1 to {MOST_NAME} characters."
        raise Refusal(says, rule="input", field="name")
    if lasts not in LASTS:
        raise Refusal("Choose how long the token is good.", rule="input", field="lasts")
    if in_force(user, at=at).count() >= MOST_TOKENS:
        raise Refusal(
            f"One account has at most {MOST_TOKENS} tokens.",
            rule="input",
            way_out="Revoke one that is not used any more.",
        )
    secret = MARK + secrets.token_urlsafe(32)
    made = ApiToken(
        user=user,
        name=named,
        prefix=secret[:PREFIX],
        digest=token_digest(secret),
        session_round=user.session_round,
        created_at=at,
        created_by=by,
        expires_at=None if lasts is None else at + dt.timedelta(days=lasts),
    )
    made.write()
    made.secret = secret
    return made


def _note_use(token: ApiToken, at: dt.datetime) -> None:
    if token.last_used_at is not None and token.last_used_at > at - NOTE_USE_EVERY:
        return
    stale = Q(last_used_at=None) | Q(last_used_at__lte=at - NOTE_USE_EVERY)
    try:
        ApiToken.objects.filter(stale, pk=token.pk).update(last_used_at=at)
    except DatabaseError:
        # With a full disk reading goes on (P32); an hour's note is not worth an answer.
        return


def _told(token: ApiToken) -> dict[str, object]:
    """What the audit keeps: enough to know the token again, nothing that opens."""
    return {"token": token.prefix, "name": token.name, "expires_at": token.expires_at}
