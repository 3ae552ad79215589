"""The people who log in: their roles in each clinic, and whether their account is in use.

What concerns an account is written into the chain of each clinic that it concerns.
"""

from __future__ import annotations

import datetime as dt
import uuid
from collections.abc import Collection, Iterable
from typing import Any

from allauth.account.forms import default_token_generator
from allauth.account.utils import user_pk_to_url_str
from django.db import connection

from clinic import audit, constraints
from clinic.acts import act
from clinic.models import Clinic, RoleAssignment, User
from clinic.models.people import ADMINISTRATORS, LAST_ADMINISTRATOR
from clinic.operations.factors import drop_factors
from clinic.permissions import Permission, Role
from clinic.refusals import Conflict, NotAllowed, Refusal
from clinic.rules import squeezed

# A role in a clinic, by the clinic's key.
Grant = tuple[uuid.UUID, Role]
OTHER_KEEPER = "Ask another administrator, or whoever runs the server."


@act("account.change", may=Permission.KEEP_USERS, on="clinic")
def change_user(
    *,
    clinic: Clinic,
    user: User,
    name: str,
    roles: Collection[Grant] | None = None,
    version: int | None = None,
    by: User,
    at: dt.datetime,
) -> User:
    """Correct someone's name, and give and take her roles in the clinics whose users one keeps;
    her roles elsewhere stay. `roles` None: as they are.

    Refuses who is not of these clinics (P15), a stale version (P12, 409), an empty name, a role
    in a clinic whose users one does not keep (R54, 403), a change to one's own roles, and taking
    away the last administrator (R54).
    """
    held = held_user(user, by, version)
    named = named_user(name)
    kept = by.clinics_with(Permission.KEEP_USERS)
    theirs = {(one.clinic_id, Role(one.role)): one for one in held.assignments.all()}
    mine = {grant for grant in theirs if grant[0] in kept}
    wanted = mine if roles is None else {*roles}
    must_be_kept(wanted, by)
    given, taken = wanted - mine, mine - wanted
    if (given or taken) and held.pk == by.pk:
        raise Refusal(
            "Nobody changes their own roles.", rule="R54", field="roles", way_out=OTHER_KEEPER
        )
    if not any(role == Role.ADMINISTRATOR for _, role in {*theirs} - taken | given):
        others_administer(held, field="roles")
    give(held, given)
    for grant in sorted(taken):
        theirs[grant].delete()
    before, held.name = held.name, named
    held.write(only=["name"])
    changed = {"from": before, "to": named} if before != named else {}
    clinics = {clinic.pk, *(key for key, _ in given | taken)}
    if changed:
        clinics |= {key for key, _ in theirs}
    told = {"given": say_grants(given), "taken": say_grants(taken)}
    record("account.change", clinics, by=by, at=at, on=held, detail=changed | told)
    return held


@act("account.set_use", may=Permission.KEEP_USERS, on="clinic")
def set_user_use(
    *,
    clinic: Clinic,
    user: User,
    in_use: bool,
    version: int | None = None,
    by: User,
    at: dt.datetime,
) -> User:
    """Switch an account off or on again. Off, it opens nothing from its next request on (P17),
    and what was open stays closed when it is on again.

    Refuses who is not of one's clinics (P15), a stale version (P12, 409), one's own account and
    the last administrator (R54), someone who works in a clinic whose users one does not keep
    (R54), an account whose owner has not chosen a password, and what is so already.
    """
    held = held_user(user, by, version)
    if held.pk == by.pk:
        raise Refusal(
            "Nobody switches their own account off or on.", rule="R54", way_out=OTHER_KEEPER
        )
    if held.is_active == in_use:
        stands = "in use" if in_use else "switched off"
        raise Refusal(f"The account of {held.name} is {stands} already.", rule="input")
    if not held.has_usable_password():
        raise Refusal(
            f"{held.name} has not chosen a password yet.",
            rule="input",
            way_out="Send the invitation again.",
        )
    clinics = {one.clinic_id for one in held.assignments.all()}
    if clinics - {*by.clinics_with(Permission.KEEP_USERS)}:
        raise Refusal(
            f"{held.name} also works in a clinic whose users you do not keep.",
            rule="R54",
            way_out="Take away the roles here, or ask an administrator of that clinic.",
        )
    if not in_use:
        others_administer(held)
        held.session_round += 1
    held.is_active = in_use
    held.write(only=["is_active", "session_round"])
    record(
        "account.set_use",
        {clinic.pk, *clinics},
        by=by,
        at=at,
        on=held,
        detail={"in_use": in_use},
    )
    return held


@act("account.end_sessions", may=Permission.KEEP_USERS, on="clinic")
def end_sessions(*, clinic: Clinic, user: User, by: User, at: dt.datetime) -> User:
    """End every session of an account at its next request: a tablet was lost, say.

    Refuses who is not of one's clinics (P15).
    """
    held = held_user(user, by)
    held.session_round += 1
    held.write(only=["session_round"])
    record("account.end_sessions", all_of(held, clinic), by=by, at=at, on=held)
    return held


@act("account.reset_second_factor", may=Permission.KEEP_USERS, on="clinic")
def reset_second_factor(*, clinic: Clinic, user: User, by: User, at: dt.datetime) -> User:
    """Take all second factors of an account away, for someone who has lost her phone; it ends her
    sessions, and she sets up another one.

    Refuses who is not of one's clinics (P15), one's own account and someone who works in a clinic
    whose users one does not keep (R54), and an account that has none (P19).
    """
    held = held_user(user, by)
    if held.pk == by.pk:
        raise Refusal("Nobody resets their own second factor.", rule="R54", way_out=OTHER_KEEPER)
    clinics = {one.clinic_id for one in held.assignments.all()}
    if clinics - {*by.clinics_with(Permission.KEEP_USERS)}:
        raise Refusal(
            f"{held.name} also works in a clinic whose users you do not keep.",
            rule="R54",
            way_out="Ask an administrator of all these clinics.",
        )
    said = drop_factors(held)
    record(
        "account.reset_second_factor",
        {clinic.pk, *clinics},
        by=by,
        at=at,
        on=held,
        detail={"was": said},
    )
    return held


@act("account.send_reset", may=Permission.KEEP_USERS, on="clinic")
def make_reset_link(*, clinic: Clinic, user: User, by: User, at: dt.datetime) -> User:
    """Make a link by which someone chooses a new password; `reset_key` of the user returned.

    Refuses who is not of one's clinics (P15), and an account that is not in use.
    """
    held = held_user(user, by)
    if not held.is_active:
        raise Refusal(
            f"The account of {held.name} is not in use.",
            rule="input",
            way_out="Switch it on, or send the invitation again.",
        )
    held.reset_key = f"{user_pk_to_url_str(held)}-{default_token_generator.make_token(held)}"
    record("account.send_reset", all_of(held, clinic), by=by, at=at, on=held)
    return held


def all_of(user: User, clinic: Clinic) -> set[uuid.UUID]:
    """The clinics that what is done to an account concerns: each in which it has a role."""
    return {clinic.pk, *user.assignments.values_list("clinic_id", flat=True)}


def held_user(user: User, by: User, version: int | None = None) -> User:
    """The account under its lock, as it is now; only one that `by` keeps."""
    # Two administrators who switch each other off at one moment: one of them comes too late.
    constraints.lock_name(connection, ADMINISTRATORS)
    held = User.objects.held().get(pk=user.pk)
    if not User.objects.kept_by(by).filter(pk=held.pk).exists():
        raise NotAllowed("You do not keep this account.", rule="P15")
    held.expect(version)
    return held


def named_user(name: str) -> str:
    """A person's name as it is kept."""
    named = squeezed(name)
    if not named:
        raise Refusal("Enter the name.", rule="input", field="name")
    return named


def must_be_kept(grants: Iterable[Grant], by: User) -> None:
    """Refuse a right in a clinic in which `by` has no say."""
    kept = by.clinics_with(Permission.KEEP_USERS)
    if any(key not in kept for key, _ in grants):
        raise NotAllowed("You do not keep the users of that clinic.", rule="R54")


def give(user: User, grants: Iterable[Grant]) -> None:
    """Write the roles down."""
    for key, role in sorted(grants):
        RoleAssignment(user=user, clinic_id=key, role=role).write()


def others_administer(user: User, *, field: str | None = None) -> None:
    """Refuse where the user is the last one who can let others in."""
    administrators = RoleAssignment.objects.filter(role=Role.ADMINISTRATOR, user__is_active=True)
    if not user.is_active or not administrators.filter(user=user).exists():
        return
    if not administrators.exclude(user=user).exists():
        raise Conflict(
            LAST_ADMINISTRATOR,
            rule="R54",
            field=field,
            way_out="Make someone else an administrator first.",
        )


def say_grants(grants: Iterable[Grant]) -> list[str]:
    """Roles in words."""
    names = dict(Clinic.objects.filter(pk__in={key for key, _ in grants}).values_list("pk", "name"))
    return sorted(f"{Role(role).label} in {names[key]}" for key, role in grants)


def record(
    action: str,
    clinics: Iterable[uuid.UUID],
    *,
    by: Any,
    at: dt.datetime,
    on: User,
    detail: Any = None,
) -> None:
    """One event in the chain of each clinic; it says whose account it is about."""
    told = {"who": on.pk} | (detail or {})
    audit.record_in(clinics, action, by=by, at=at, on=on, detail=told)
