"""The people who log in, as the set-up pages show them."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

from django.db.models import Prefetch, QuerySet

from clinic.models import Clinic, Invitation, RoleAssignment, User
from clinic.permissions import Permission, Role
from clinic.queries.factors import has_factor
from clinic.rules import Standing, account_standing

# What each role is for, as whoever gives it reads it.
ABOUT_ROLES: dict[Role, str] = {
    Role.RECEPTIONIST: "Registers patients, books, moves and marks arrivals. Nothing clinical.",
    Role.ESTHETICIAN: "Treats, charts and signs; sees the charts of own patients only.",
    Role.DIRECTOR: "Treats, and reads every chart.",
    Role.MANAGER: "Stock, licenses, set-up and the audit. No narrative, no screening answers.",
    Role.AUDITOR: "Reads the audit, stock, licenses and signed records. Writes nothing.",
    Role.ADMINISTRATOR: "Users, roles and set-up. Nothing clinical.",
}


@dataclass(frozen=True)
class Account:
    """One person who logs in: how the account stands, and her roles in words, a clinic each.

    `invitation` is the latest one; `elsewhere` says that she also works where the reader keeps no
    users.
    """

    user: User
    standing: Standing
    roles: list[str]
    invitation: Invitation | None
    elsewhere: bool
    has_factor: bool

    @property
    def is_invited(self) -> bool:
        """Whether an invitation is still open."""
        one = self.invitation
        return one is not None and one.accepted_at is None and one.withdrawn_at is None


def clinics_kept_by(keeper: User) -> list[Clinic]:
    """The clinics in use whose users one keeps, in name order."""
    kept = {*keeper.clinics_with(Permission.KEEP_USERS)}
    return [one for one in keeper.places if one.pk in kept]


def users_kept_by(keeper: User) -> QuerySet[User]:
    """The accounts that one keeps, with what `account_of` needs."""
    roles = RoleAssignment.objects.select_related("clinic").order_by("clinic__name", "pk")
    found = User.objects.kept_by(keeper).annotate(has_factor=has_factor())
    return found.prefetch_related(Prefetch("assignments", queryset=roles), "invitations")


def accounts_kept_by(keeper: User, *, at: dt.datetime) -> list[Account]:
    """Everyone whose account one keeps, in use first; three queries, however many they are."""
    found = [account_of(user, keeper=keeper, at=at) for user in users_kept_by(keeper)]
    return sorted(found, key=lambda one: (not one.user.is_active, one.user.has_usable_password()))


def account_of(user: User, *, keeper: User, at: dt.datetime) -> Account:
    """How one account stands."""
    kept = {*keeper.clinics_with(Permission.KEEP_USERS)}
    held: dict[str, list[str]] = {}
    for one in user.assignments.all():
        if one.clinic_id in kept:
            held.setdefault(one.clinic.name, []).append(one.get_role_display())
    invitation = next(iter(user.invitations.all()), None)
    return Account(
        user,
        account_standing(
            is_active=user.is_active,
            has_password=user.has_usable_password(),
            invitation=invitation,
            at=at,
        ),
        [f"{clinic}: {', '.join(sorted(roles))}" for clinic, roles in held.items()],
        invitation,
        any(one.clinic_id not in kept for one in user.assignments.all()),
        bool(getattr(user, "has_factor", False)),
    )


def invitation_by(digest: str) -> Invitation | None:
    """The invitation whose link has this digest."""
    return Invitation.objects.select_related("user").filter(digest=digest).first()


def user_by_email(email: str) -> User | None:
    """The account with this address, whatever its case."""
    return User.objects.filter(email__iexact=email.strip()).first()
