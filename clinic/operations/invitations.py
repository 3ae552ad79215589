"""Inviting people: an account without a password, and a link by which its owner chooses one."""

from __future__ import annotations

import datetime as dt
import secrets
from collections.abc import Collection
from dataclasses import dataclass

from django.contrib.auth.hashers import make_password
from django.db import connection, transaction
from django.utils.text import slugify

from clinic import audit, constraints
from clinic.acts import act
from clinic.models import Clinic, Invitation, Organization, RoleAssignment, User
from clinic.models.people import ADMINISTRATORS
from clinic.operations.users import (
    Grant,
    all_of,
    give,
    held_user,
    must_be_kept,
    named_user,
    record,
    say_grants,
)
from clinic.permissions import Permission, Role
from clinic.refusals import Conflict, Refusal
from clinic.rules import INVITATION_LASTS, invitation_fault, link_digest

UNKNOWN_LINK = "This link is no invitation. Open it once more from the message, whole."


@act("account.invite", may=Permission.KEEP_USERS, on="clinic")
def invite_user(
    *,
    clinic: Clinic,
    name: str,
    email: str,
    roles: Collection[Grant],
    by: User,
    at: dt.datetime,
) -> Invitation:
    """Make an account that is not in use yet, and the link by which its owner takes it up: the
    `secret` of the invitation returned, which is kept nowhere.

    Refuses an empty name, no role at all, a role in a clinic whose users one does not keep (R54,
    403), and an email address that has an account (409).
    """
    named, grants = named_user(name), {*roles}
    if not grants:
        raise Refusal("Choose at least one role.", rule="input", field="roles")
    must_be_kept(grants, by)
    there = User.objects.filter(email__iexact=email).first()
    if there is not None:
        kept = User.objects.kept_by(by).filter(pk=there.pk).exists()
        raise Conflict(
            "Someone has an account with this email address already.",
            rule="input",
            field="email",
            way_out=f"Open the page of {there.name} to change the roles or to invite again."
            if kept
            else "An administrator who keeps the users of all clinics can add roles to it.",
        )
    user = new_account(name=named, email=email)
    give(user, grants)
    made = new_invitation(user, by=by, at=at)
    record(
        "account.invite",
        {clinic.pk, *(key for key, _ in grants)},
        by=by,
        at=at,
        on=user,
        detail={"given": say_grants(grants)},
    )
    return made


@act("account.invite_again", may=Permission.KEEP_USERS, on="clinic")
def invite_again(*, clinic: Clinic, user: User, by: User, at: dt.datetime) -> Invitation:
    """Make a new link and withdraw the one before it.

    Refuses who is not of one's clinics (P15), and someone who has chosen a password already.
    """
    held = held_user(user, by)
    if held.has_usable_password():
        raise Refusal(
            f"{held.name} has chosen a password already.",
            rule="input",
            way_out="Send a link for a new password instead.",
        )
    withdraw(held, by=by, at=at)
    made = new_invitation(held, by=by, at=at)
    record("account.invite_again", all_of(held, clinic), by=by, at=at, on=held)
    return made


@act("account.withdraw", may=Permission.KEEP_USERS, on="clinic")
def withdraw_invitation(*, clinic: Clinic, user: User, by: User, at: dt.datetime) -> User:
    """Let an open invitation open nothing any more.

    Refuses who is not of one's clinics (P15), and where no invitation is open.
    """
    held = held_user(user, by)
    if not withdraw(held, by=by, at=at):
        raise Refusal(f"No invitation of {held.name} is open.", rule="input")
    record("account.withdraw", all_of(held, clinic), by=by, at=at, on=held)
    return held


@act("account.note_mail", may=Permission.KEEP_USERS, on="clinic")
def note_invitation_mail(
    *, clinic: Clinic, invitation: Invitation, mailed: bool, by: User, at: dt.datetime
) -> Invitation:
    """Note whether the mail server has taken the message with the link.

    Refuses who is not of one's clinics (P15).
    """
    user = held_user(invitation.user, by)
    held: Invitation = Invitation.objects.select_for_update(no_key=True).get(pk=invitation.pk)
    held.mailed = mailed
    held.write(only=["mailed"])
    told = {"mailed": mailed}
    record("account.note_mail", all_of(user, clinic), by=by, at=at, on=user, detail=told)
    return held


def accept_invitation(*, digest: str, password: str, at: dt.datetime) -> User:
    """Take an invitation up: the account has its owner's password and is in use.

    Nobody's role allows it; the link's secret does. Refuses a link that is not known, was used,
    withdrawn, or is too old (P38).
    """
    hashed = make_password(password)
    with transaction.atomic():
        # The account is locked before its invitations, as everywhere.
        found = User.objects.filter(invitations__digest=digest).first()
        if found is None:
            raise Refusal(UNKNOWN_LINK, rule="P38")
        user = User.objects.held().get(pk=found.pk)
        invitation = Invitation.objects.select_for_update(no_key=True).get(digest=digest)
        if fault := invitation_fault(invitation, at=at):
            raise Conflict(fault, rule="P38")
        user.password, user.is_active = hashed, True
        user.session_round += 1
        user.write(only=["password", "is_active", "session_round"])
        invitation.accepted_at = at
        invitation.write(only=["accepted_at"])
        audit.record("user.accept_invitation", by=user, at=at, clinic_id=None, on=user)
    return user


@dataclass(frozen=True)
class Beginning:
    """What an installation begins with where nobody is on file."""

    organization: str
    clinic_name: str
    state: str
    time_zone: str


def create_administrator(
    *,
    email: str,
    name: str,
    clinics: Collection[Clinic],
    begin: Beginning | None = None,
    also: Collection[Role] = (),
    another: bool = False,
    at: dt.datetime,
) -> Invitation:
    """Invite an administrator of the clinics from the machine itself: no user's act. With `begin`
    the organization and its first clinic are made too; `also` names more roles, for whoever
    begins alone and may not give herself any.

    Refuses where an administrator's account is in use, unless `another` is asked for (R54, 409),
    a beginning where anybody is on file, no clinic at all, and an account whose owner has chosen
    a password.
    """
    with transaction.atomic():
        constraints.lock_name(connection, ADMINISTRATORS)
        if not another and RoleAssignment.objects.filter(
            role=Role.ADMINISTRATOR, user__is_active=True
        ):
            raise Conflict(
                "An administrator's account is in use.",
                rule="R54",
                way_out="They can invite others on the page Users.",
            )
        if begin and (User.objects.exists() or Clinic.objects.exists()):
            raise Conflict("This installation is set up already.", rule="R54")
        user = User.objects.filter(email__iexact=email).first()
        if user is None:
            user = new_account(name=named_user(name), email=email)
        elif user.has_usable_password():
            raise Conflict(
                f"{user.name} has this email address, and a password.",
                rule="input",
                way_out="An administrator can give the account roles on the page Users; so does "
                "create_admin --more with this address and --also, from the machine itself.",
            )
        if begin:
            Organization(name=begin.organization, created_at=at, created_by=user).write()
            code = slugify(begin.clinic_name)[:20].strip("-") or "clinic"
            first = Clinic(
                code=code,
                name=begin.clinic_name,
                state=begin.state,
                time_zone=begin.time_zone,
            )
            first.write()
            clinics = [first]
        if not clinics:
            raise Refusal("There is no clinic in use to administer.", rule="input")
        held = {(one.clinic_id, Role(one.role)) for one in user.assignments.all()}
        roles = {Role.ADMINISTRATOR, *also}
        give(user, {(one.pk, role) for one in clinics for role in roles} - held)
        withdraw(user, by=user, at=at)
        made = new_invitation(user, by=user, at=at)
        codes = sorted(one.code for one in clinics)
        audit.record(
            "user.create_admin",
            by=None,
            at=at,
            clinic_id=None,
            on=user,
            detail={"who": user.pk, "clinic": codes, "roles": sorted(roles)},
        )
    return made


def give_roles(
    *, email: str, clinics: Collection[Clinic], roles: Collection[Role], at: dt.datetime
) -> User:
    """Give roles to an account in use, from the machine itself: no user's act. So an administrator
    who is alone gets what nobody else could give her; her password stays as it is.

    Refuses an email address without an account in use, no clinic at all, and roles that it has.
    """
    with transaction.atomic():
        constraints.lock_name(connection, "administrators")
        found = User.objects.filter(email__iexact=email).first()
        user = User.objects.held().get(pk=found.pk) if found else None
        if user is None or not user.is_active:
            raise Refusal(f"No account in use has the address {email}.", rule="input")
        if not clinics:
            raise Refusal("There is no clinic in use to give roles in.", rule="input")
        held = {(one.clinic_id, Role(one.role)) for one in user.assignments.all()}
        given = {(one.pk, role) for one in clinics for role in roles} - held
        if not given:
            raise Refusal(f"{user.name} has these roles already.", rule="input")
        give(user, given)
        told = {"given": say_grants(given)}
        record("account.change", {key for key, _ in given}, by=None, at=at, on=user, detail=told)
    return user


def new_account(*, name: str, email: str) -> User:
    """An account that nobody can log in with until an invitation to it is taken up."""
    user = User(name=name, email=email.lower(), is_active=False)
    user.set_unusable_password()
    user.write()
    return user


def new_invitation(user: User, *, by: User, at: dt.datetime) -> Invitation:
    """An open invitation, with its secret."""
    secret = secrets.token_urlsafe(32)
    made = Invitation(
        user=user,
        digest=link_digest(secret),
        created_at=at,
        created_by=by,
        expires_at=at + INVITATION_LASTS,
    )
    made.write()
    made.secret = secret
    return made


def withdraw(user: User, *, by: User, at: dt.datetime) -> bool:
    """Withdraw the user's open invitation; whether there was one."""
    open_one: Invitation | None = (
        Invitation.objects.select_for_update(no_key=True)
        .filter(user=user, accepted_at=None, withdrawn_at=None)
        .first()
    )
    if open_one is None:
        return False
    open_one.withdrawn_at, open_one.withdrawn_by = at, by
    open_one.write(only=["withdrawn_at", "withdrawn_by"])
    return True
