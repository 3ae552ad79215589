"""Tokens of the JSON API: how one is made up, how long it is good, what one says that is not."""

from __future__ import annotations

import datetime as dt
import hashlib
from typing import Any, Protocol

# So that who finds one in a file knows what it is, and a search for lost secrets finds it.
MARK = "stratum_"
# What is kept to recognize one by: the mark and six of its 43 characters.
PREFIX = len(MARK) + 6
MOST_NAME = 60
MOST_TOKENS = 20
# How many days a token may last; None: until it is revoked.
LASTS: dict[int | None, str] = {30: "30 days", 90: "90 days", 365: "1 year", None: "No end"}
# Its last use is noted at most this often: a token's row is not rewritten on each request.
NOTE_USE_EVERY = dt.timedelta(hours=1)


class Held(Protocol):
    """What became of a token; `session_round` is its user's when it was made."""

    revoked_at: Any
    expires_at: Any
    session_round: Any


def token_digest(secret: str) -> str:
    """What is kept of a token: it opens nothing, and cannot be turned back."""
    return hashlib.sha256(secret.encode("utf-8", "replace")).hexdigest()


def token_fault(token: Held, *, in_use: bool, session_round: int, at: dt.datetime) -> str | None:
    """Why a token opens nothing any more, in one sentence; None while it is good.

    `in_use` and `session_round` are of its user's account as it is now.
    """
    if token.revoked_at is not None:
        return "This token was revoked."
    if not in_use:
        return "The account of this token is switched off."
    if token.session_round != session_round:
        return "This token ended when its user was logged out everywhere."
    if token.expires_at is not None and at >= token.expires_at:
        return "This token has expired."
    return None
