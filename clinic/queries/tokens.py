"""The tokens of the JSON API, as their owner sees them and as the door knows them."""

from __future__ import annotations

import datetime as dt
import uuid
from dataclasses import dataclass
from typing import Any

from django.db.models import Q, QuerySet

from clinic.models import ApiToken, IdempotencyKey, User
from clinic.prepared import prepared
from clinic.rules.tokens import token_fault

# Those that open nothing any more stand below the others; of all of them the newest.
MOST_LISTED = 60


@dataclass(frozen=True)
class OwnToken:
    """One token as its owner sees it; `says` is why it opens nothing ("" while it is good)."""

    row: ApiToken
    says: str

    @property
    def dialog(self) -> str:
        """The name of the question whether to revoke it, on the page."""
        return f"token-{self.row.pk.hex}"


def token_by(digest: str) -> ApiToken | None:
    """The token with this digest; one query."""
    found: ApiToken | None = next(iter(_by_digest(digest=digest)), None)
    return found


@prepared
def _by_digest(*, digest: Any) -> QuerySet[ApiToken]:
    return ApiToken.objects.filter(digest=digest)


def first_answer(user: User, key: str) -> IdempotencyKey | None:
    """What was sent under a program's one-time key, and how it was answered; one query."""
    found: IdempotencyKey | None = next(iter(_answered(user=user.pk, key=key)), None)
    return found


@prepared
def _answered(*, user: Any, key: Any) -> QuerySet[IdempotencyKey]:
    return IdempotencyKey.objects.filter(user=user, key=key).exclude(answer="")


def in_force(user: User, *, at: dt.datetime) -> QuerySet[ApiToken]:
    """The user's tokens that are good."""
    lasting = Q(expires_at=None) | Q(expires_at__gt=at)
    return ApiToken.objects.filter(
        lasting, user=user, revoked_at=None, session_round=user.session_round
    )


def tokens_of(user: User, *, at: dt.datetime) -> list[OwnToken]:
    """One's own tokens, the good ones first and then the newest; one query."""
    rows = ApiToken.objects.filter(user=user).order_by("-created_at", "pk")[:MOST_LISTED]
    found = [
        OwnToken(
            one,
            token_fault(one, in_use=user.is_active, session_round=user.session_round, at=at) or "",
        )
        for one in rows
    ]
    return sorted(found, key=lambda one: bool(one.says))


def own_token(user: User, key: uuid.UUID) -> ApiToken | None:
    """One of one's own tokens; another's is not there (P15)."""
    return ApiToken.objects.filter(user=user, pk=key).first()
