"""Second factors: who has which, and who must have one."""

from __future__ import annotations

import datetime as dt
import uuid
from dataclasses import dataclass
from typing import Any

from allauth.mfa import app_settings
from allauth.mfa.models import Authenticator
from django.conf import settings
from django.db.models import Exists, OuterRef, QuerySet

from clinic.models import Organization, RoleAssignment, User
from clinic.prepared import prepared

# What proves on its own that someone is there; recovery codes only stand in for these.
PROVING = (Authenticator.Type.TOTP, Authenticator.Type.WEBAUTHN)


@dataclass(frozen=True)
class Passkey:
    """One passkey as its owner knows it."""

    pk: int
    name: str
    added_at: dt.datetime
    used_at: dt.datetime | None

    @property
    def dialog(self) -> str:
        """The name of the question whether to remove it, on the page."""
        return f"passkey-{self.pk}"


@dataclass(frozen=True)
class Factors:
    """What one account has beside its password. `codes_left`: None without recovery codes."""

    app: Authenticator | None
    passkeys: list[Passkey]
    codes_left: int | None

    @property
    def any(self) -> bool:
        """Whether log-in asks for a second factor."""
        return bool(self.app or self.passkeys)

    @property
    def said(self) -> str:
        """In one line, for whoever keeps the account."""
        words = ["Authenticator app"] if self.app else []
        if self.passkeys:
            several = len(self.passkeys) > 1
            words.append(f"{len(self.passkeys)} passkeys" if several else "1 passkey")
        return ", ".join(words) or "None"


def factors_of(user: User) -> Factors:
    """All that one account has; one query."""
    rows = list(Authenticator.objects.filter(user=user).order_by("created_at", "pk"))
    app = next((one for one in rows if one.type == Authenticator.Type.TOTP), None)
    codes = next((one for one in rows if one.type == Authenticator.Type.RECOVERY_CODES), None)
    return Factors(
        app=app,
        passkeys=[
            Passkey(one.pk, one.data["name"], one.created_at, one.last_used_at)
            for one in rows
            if one.type == Authenticator.Type.WEBAUTHN
        ],
        codes_left=None if codes is None else _unused(codes),
    )


def _unused(codes: Authenticator) -> int:
    """How many are left: told by the marks alone, without taking the codes out."""
    count: int = app_settings.RECOVERY_CODE_COUNT
    return count - int(codes.data["used_mask"]).bit_count()


def passkeys_of(user: User) -> QuerySet[Authenticator]:
    """The passkeys of one account alone."""
    found: QuerySet[Authenticator] = Authenticator.objects.filter(
        user=user, type=Authenticator.Type.WEBAUTHN
    ).order_by("created_at", "pk")
    return found


def recovery_codes_of(user: User) -> list[str]:
    """The recovery codes that are not used yet."""
    row = Authenticator.objects.filter(user=user, type=Authenticator.Type.RECOVERY_CODES).first()
    return [] if row is None else list(row.wrap().get_unused_codes())


def has_factor() -> Exists:
    """Whether the account in the row around it has a second factor."""
    return _factor_of("pk")


def _factor_of(user: str) -> Exists:
    return Exists(Authenticator.objects.filter(user=OuterRef(user), type__in=PROVING))


def who_asks(key: uuid.UUID) -> User | None:
    """Whose session or token it is, with her roles and their clinics and how she stands with second
    factors: one query, asked for every page; of somebody without a role one more.
    """
    rows = _with_roles(user=key)
    if not rows:
        return User.objects.filter(pk=key).first()
    user: User = rows[0].user
    user.assigned = rows
    user.wanted = Wanted(rows[0].has_one, settings.MFA_REQUIRED or rows[0].all_need_one)
    return user


@prepared
def _with_roles(*, user: Any) -> QuerySet[RoleAssignment]:
    roles = RoleAssignment.objects.filter(user=user).select_related("clinic", "user")
    return roles.annotate(has_one=_factor_of("user"), all_need_one=all_need_factor())


@dataclass(frozen=True)
class Wanted:
    """Whether one account has a second factor, and whether it must."""

    has: bool
    must: bool


def all_need_factor() -> Exists:
    """Whether the organization wants all staff to have one."""
    return Exists(Organization.objects.filter(mfa_required=True))


def wanted_of(user: User) -> Wanted:
    """How an account stands: as it was read with the user (`who_asks`), else now; one query."""
    if user.wanted is not None:
        known: Wanted = user.wanted
        return known
    row = (
        User.objects.filter(pk=user.pk)
        .order_by()
        .values_list(has_factor(), all_need_factor())
        .first()
    )
    has, wants = row or (False, False)
    return Wanted(has=has, must=settings.MFA_REQUIRED or wants)


def is_required() -> bool:
    """Whether all staff need a second factor."""
    wants = settings.MFA_REQUIRED or Organization.objects.filter(mfa_required=True).exists()
    return bool(wants)


@dataclass(frozen=True)
class Without:
    """Who logs in by a password alone: those whose account the reader keeps, in name order, and of
    all others only how many."""

    kept: list[User]
    others: int


def without_factor(keeper: User) -> Without:
    """Who has no second factor, as `keeper` may know it (P15); two queries."""
    every = User.objects.filter(~has_factor(), is_active=True)
    kept = list(User.objects.kept_by(keeper).filter(~has_factor(), is_active=True))
    return Without(kept, every.count() - len(kept))


def organization() -> Organization | None:
    """Who runs this installation, where the first start has said so."""
    return Organization.objects.first()
