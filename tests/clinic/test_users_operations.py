"""Users, roles and invitations: who may let whom in, and who never locks everybody out."""

from __future__ import annotations

import datetime as dt
import re
import threading
import time
from io import StringIO
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.db import connection, transaction
from django.utils.timezone import now

from clinic import operations
from clinic.models import AuditEvent, Clinic, Invitation, Organization, RoleAssignment, User
from clinic.models.people import LAST_ADMINISTRATOR
from clinic.permissions import Permission, Role
from clinic.refusals import Refusal
from clinic.rules import INVITATION_LASTS, chain_of, link_digest
from tests import factories
from tests.cast import NOW, PASSWORD, Cast
from tests.database import Database
from tests.races import all_at_once, sentences
from tests.raw_sql import change, refused, run
from tests.refusals import refusal, told

NEW = "the sea at four in the morning"


def roles_of(user: User) -> set[tuple[str, str]]:
    return {(one.clinic.code, one.role) for one in RoleAssignment.objects.filter(user=user)}


def trail(clinic: Clinic, action: str = "account.") -> list[tuple[str, str]]:
    rows = AuditEvent.objects.filter(chain=clinic.pk.hex, action__startswith=action)
    return list(rows.order_by("seq").values_list("action", "outcome"))


def invite(cast: Cast, **given: Any) -> Invitation:
    values: dict[str, Any] = {
        "clinic": cast.clinic,
        "name": "Ida Berg",
        "email": "Ida@Demo.example",
        "roles": [(cast.clinic.pk, Role.MANAGER)],
        "by": cast.administrator,
        "at": NOW,
    }
    return operations.invite_user(**values | given)


def change_roles(cast: Cast, user: User, *roles: tuple[Clinic, Role], **given: Any) -> User:
    values: dict[str, Any] = {
        "clinic": cast.clinic,
        "user": user,
        "name": user.name,
        "roles": [(clinic.pk, role) for clinic, role in roles],
        "by": cast.administrator,
        "at": NOW,
    }
    return operations.change_user(**values | given)


def switch(cast: Cast, user: User, *, on: bool, **given: Any) -> User:
    values: dict[str, Any] = {"clinic": cast.clinic, "by": cast.administrator, "at": NOW}
    return operations.set_user_use(user=user, in_use=on, **values | given)


@pytest.fixture
def austin_only(cast: Cast) -> User:
    """An administrator of Austin alone."""
    return factories.user("Olga Petrov", {cast.clinic: [Role.ADMINISTRATOR]})


# Inviting


def test_whoever_is_invited_has_roles_and_no_way_in_yet(cast: Cast) -> None:
    made = invite(cast)
    user = User.objects.get(email="ida@demo.example")
    assert (user.is_active, user.has_usable_password()) == (False, False)
    assert roles_of(user) == {("austin", "manager")}
    assert made.expires_at - made.created_at == INVITATION_LASTS == dt.timedelta(days=7)
    assert trail(cast.clinic) == [("account.invite", "done")]
    assert "Manager in Austin" in AuditEvent.objects.latest("pk").detail


def test_of_the_secret_only_its_digest_is_kept(cast: Cast) -> None:
    made = invite(cast)
    assert len(made.secret) == 43
    kept = Invitation.objects.get()
    assert (kept.secret, kept.digest) == ("", link_digest(made.secret))
    assert made.secret not in "".join(AuditEvent.objects.values_list("detail", flat=True))


@pytest.mark.parametrize(
    ("given", "field", "says"),
    [
        ({"name": " "}, "name", "Enter the name."),
        ({"roles": []}, "roles", "Choose at least one role."),
        ({"email": "no address"}, "email", "Enter a valid email address."),
        ({"email": "ROSA@demo.example"}, "email", "Someone has an account"),
    ],
)
def test_a_bad_invitation_is_refused_beside_its_field(
    cast: Cast, given: dict[str, Any], field: str, says: str
) -> None:
    with pytest.raises(Refusal, match=says) as no:
        invite(cast, **given)
    assert no.value.field == field
    assert not Invitation.objects.exists()


@pytest.mark.rule("P15")
def test_an_account_of_another_clinic_is_not_named(cast: Cast, austin_only: User) -> None:
    no = refusal(lambda: invite(cast, by=austin_only, email="nora@demo.example"))
    assert "Nora" not in no.text
    assert "Rosa" in refusal(lambda: invite(cast, email="rosa@demo.example")).text


@pytest.mark.rule("R54")
@pytest.mark.parametrize("who", ["manager", "director", "auditor", "reception", "stranger"])
def test_only_an_administrator_invites(cast: Cast, who: str) -> None:
    no = refusal(lambda: invite(cast, by=getattr(cast, who)))
    assert no.status == 403
    assert trail(cast.clinic) == [("account.invite", "refused")]


@pytest.mark.rule("R54")
def test_nobody_gives_a_right_where_she_keeps_no_users(cast: Cast, austin_only: User) -> None:
    elsewhere = [(cast.other_clinic.pk, Role.MANAGER)]
    assert refusal(lambda: invite(cast, by=austin_only, roles=elsewhere)).status == 403
    grants = [(cast.other_clinic, Role.DIRECTOR)]
    for user in (cast.reception, austin_only):
        no = refusal(lambda u=user: change_roles(cast, u, *grants, by=austin_only))
        assert no.status == 403
    assert roles_of(cast.reception) == {("austin", "receptionist")}


def test_another_invitation_withdraws_the_first(cast: Cast) -> None:
    first = invite(cast)
    again = operations.invite_again(
        clinic=cast.clinic, user=first.user, by=cast.administrator, at=NOW
    )
    first.refresh_from_db()
    assert (first.withdrawn_by, first.withdrawn_at) == (cast.administrator, NOW)
    assert again.secret != first.secret
    no = refusal(operations.accept_invitation, digest=first.digest, password=NEW, at=NOW)
    assert told(no) == (409, "P38", None)
    operations.accept_invitation(digest=again.digest, password=NEW, at=NOW)
    act = {"clinic": cast.clinic, "user": first.user, "by": cast.administrator, "at": NOW}
    assert "has chosen a password" in refusal(operations.invite_again, **act).sentence
    assert "is open" in refusal(operations.withdraw_invitation, **act).sentence


@pytest.mark.rule("R54")
def test_a_new_link_is_on_record_in_the_clinic_whose_account_it_opens(cast: Cast) -> None:
    """By an administrator of both clinics, at work in Austin, for a director of Pasadena alone."""
    there = cast.other_clinic
    made = invite(cast, clinic=there, roles=[(there.pk, Role.DIRECTOR)])
    act: dict[str, Any] = {"clinic": cast.clinic, "by": cast.administrator, "at": NOW}
    again = operations.invite_again(user=made.user, **act)
    operations.note_invitation_mail(invitation=again, mailed=True, **act)
    operations.withdraw_invitation(user=made.user, **act)
    done = [
        (f"account.{name}", "done") for name in ("invite", "invite_again", "note_mail", "withdraw")
    ]
    assert trail(there) == done
    assert trail(cast.clinic) == done[1:]


def test_a_link_lets_in_once(cast: Cast) -> None:
    made = invite(cast)
    user = operations.accept_invitation(digest=made.digest, password=NEW, at=NOW)
    assert User.objects.get(pk=user.pk).check_password(NEW)
    assert User.objects.get(pk=user.pk).is_active
    no = refusal(operations.accept_invitation, digest=made.digest, password=PASSWORD, at=NOW)
    assert told(no) == (409, "P38", None)
    assert User.objects.get(pk=user.pk).check_password(NEW)
    last = AuditEvent.objects.get(action="user.accept_invitation")
    assert (last.chain, last.actor_name) == ("system", "Ida Berg")


@pytest.mark.parametrize("late", [dt.timedelta(0), dt.timedelta(days=900)])
def test_a_link_that_is_late_lets_nobody_in(cast: Cast, late: dt.timedelta) -> None:
    made = invite(cast)
    act = {"digest": made.digest, "password": NEW, "at": made.expires_at + late}
    assert refusal(operations.accept_invitation, **act).rule == "P38"
    assert not User.objects.get(pk=made.user_id).is_active


def test_of_two_who_use_a_link_at_once_one_is_late(fresh_db: Database, cast: Cast) -> None:
    made = invite(cast)
    gate, found = threading.Barrier(2), []

    def use(password: str) -> None:
        gate.wait(10)
        try:
            operations.accept_invitation(digest=made.digest, password=password, at=NOW)
            found.append(password)
        except Refusal as no:
            found.append(no.rule)
        finally:
            connection.close()

    threads = [threading.Thread(target=use, args=(one,)) for one in (NEW, PASSWORD)]
    for one in threads:
        one.start()
    for one in threads:
        one.join(60)
    (used,) = [one for one in found if one != "P38"]
    assert sorted(found) == sorted([used, "P38"])
    assert User.objects.get(pk=made.user_id).check_password(used)


# Roles


def test_roles_are_given_and_taken_and_both_clinics_know(cast: Cast) -> None:
    both = [(cast.clinic, Role.MANAGER), (cast.other_clinic, Role.AUDITOR)]
    change_roles(cast, cast.reception, *both, name="Rosa Alvarez-Diaz")
    assert roles_of(cast.reception) == {("austin", "manager"), ("pasadena", "auditor")}
    assert User.objects.get(pk=cast.reception.pk).name == "Rosa Alvarez-Diaz"
    assert trail(cast.clinic) == trail(cast.other_clinic) == [("account.change", "done")]
    detail = AuditEvent.objects.latest("pk").detail
    for said in ("Receptionist in Austin", "Manager in Austin", "Auditor in Pasadena"):
        assert said in detail


@pytest.mark.rule("R54")
def test_roles_where_one_has_no_say_stay(cast: Cast, austin_only: User) -> None:
    change_roles(cast, cast.colleague, (cast.clinic, Role.AUDITOR), by=austin_only)
    assert roles_of(cast.colleague) == {("austin", "auditor"), ("pasadena", "esthetician")}


@pytest.mark.rule("R54")
def test_nobody_changes_their_own_roles(cast: Cast) -> None:
    own = [(cast.clinic, Role.ADMINISTRATOR), (cast.other_clinic, Role.ADMINISTRATOR)]
    more = [*own, (cast.clinic, Role.DIRECTOR)]
    for roles in (more, own[:1], []):
        no = refusal(lambda r=roles: change_roles(cast, cast.administrator, *r))
        assert told(no) == (422, "R54", "roles")
    assert change_roles(cast, cast.administrator, *own, name="Sam Q. Patel").name == "Sam Q. Patel"


@pytest.mark.rule("P15")
def test_whom_one_does_not_keep_one_does_not_change(cast: Cast, austin_only: User) -> None:
    act = {"clinic": cast.clinic, "user": cast.stranger, "by": austin_only, "at": NOW}
    for operation in (
        operations.end_sessions,
        operations.make_reset_link,
        operations.invite_again,
        operations.withdraw_invitation,
    ):
        assert refusal(operation, **act).status == 403
    assert refusal(operations.set_user_use, in_use=False, **act).status == 403
    assert refusal(operations.change_user, name="X", roles=[], **act).status == 403


def test_someone_without_any_role_can_be_given_one(cast: Cast, austin_only: User) -> None:
    change_roles(cast, cast.nobody, (cast.clinic, Role.AUDITOR), by=austin_only)
    assert roles_of(cast.nobody) == {("austin", "auditor")}


@pytest.mark.rule("P12")
def test_a_stale_page_changes_no_roles(cast: Cast) -> None:
    change_roles(cast, cast.reception, (cast.clinic, Role.MANAGER), version=1)
    no = refusal(lambda: change_roles(cast, cast.reception, version=1))
    assert told(no) == (409, "P12", None)


# In use or not


@pytest.mark.rule("P17")
def test_an_account_is_switched_off_and_on(cast: Cast) -> None:
    off = switch(cast, cast.reception, on=False)
    assert (off.is_active, off.session_round) == (False, 1)
    assert "switched off already" in refusal(lambda: switch(cast, off, on=False)).sentence
    assert switch(cast, off, on=True).is_active
    assert trail(cast.clinic) == [
        ("account.set_use", "done"),
        ("account.set_use", "refused"),
        ("account.set_use", "done"),
    ]


@pytest.mark.rule("R54")
def test_nobody_switches_off_themselves_or_who_works_elsewhere(
    cast: Cast, austin_only: User
) -> None:
    assert refusal(lambda: switch(cast, cast.administrator, on=False)).rule == "R54"
    no = refusal(lambda: switch(cast, cast.colleague, on=False, by=austin_only))
    assert (no.rule, "Pasadena" in no.text) == ("R54", False)
    assert not switch(cast, cast.colleague, on=False).is_active


def test_whoever_never_chose_a_password_is_invited_not_switched_on(cast: Cast) -> None:
    made = invite(cast)
    assert "not chosen a password" in refusal(lambda: switch(cast, made.user, on=True)).sentence


@pytest.mark.rule("R54")
def test_the_last_administrator_stays(cast: Cast, austin_only: User) -> None:
    """Only an administrator can ask, so the last one is lost by two who act on each other."""
    everywhere = [(cast.clinic, Role.ADMINISTRATOR), (cast.other_clinic, Role.ADMINISTRATOR)]
    second = factories.user(
        "Vera Lund", {cast.clinic: [Role.ADMINISTRATOR], cast.other_clinic: [Role.ADMINISTRATOR]}
    )
    switch(cast, austin_only, on=False)
    switch(cast, cast.administrator, on=False, by=second)
    # Sam's grants were read while he still was in use, as by two requests at one moment.
    stale = User.objects.get(pk=cast.administrator.pk)
    stale.is_active = True
    for no in (
        refusal(lambda: switch(cast, second, on=False, by=stale)),
        refusal(lambda: change_roles(cast, second, (cast.clinic, Role.MANAGER), by=stale)),
    ):
        assert (no.status, no.rule) == (409, "R54")
        assert "Make someone else an administrator first." in no.text
    assert change_roles(cast, second, *everywhere[:1], by=stale)


@pytest.mark.rule("R54")
def test_the_database_keeps_the_last_administrator(cast: Cast) -> None:
    sam = cast.administrator
    assert refused(*change(sam, is_active=False)) == "user_last_administrator"
    first, second = RoleAssignment.objects.filter(user=sam)
    run("DELETE FROM clinic_roleassignment WHERE id = %s", first)
    for sql in (
        ("DELETE FROM clinic_roleassignment WHERE id = %s", second),
        change(second, role="manager"),
    ):
        assert refused(*sql) == "role_last_administrator"
    other = factories.user("Vera Lund", {cast.clinic: [Role.ADMINISTRATOR]})
    run(*change(sam, is_active=False))
    assert refused(*change(other, is_active=False)) == "user_last_administrator"


@pytest.mark.race
@pytest.mark.rule("R54")
@pytest.mark.parametrize("by_role", [False, True], ids=["both accounts", "an account and a role"])
def test_two_who_take_each_other_away_past_the_product_leave_one(
    fresh_db: Database, cast: Cast, by_role: bool
) -> None:
    sam, vera = cast.administrator, factories.user("Vera Lund", {})
    role = RoleAssignment(user=vera, clinic=cast.clinic, role=Role.ADMINISTRATOR)
    role.write()

    def attempt(sql: tuple[Any, ...]) -> Any:
        def slowly() -> None:
            with transaction.atomic():
                run(*sql)
                time.sleep(0.5)

        return slowly

    second = change(role, role="manager") if by_role else change(vera, is_active=False)
    outcome = all_at_once([attempt(change(sam, is_active=False)), attempt(second)])
    assert (len(outcome.won), sentences(outcome)) == (1, {LAST_ADMINISTRATOR})
    left = RoleAssignment.objects.filter(role=Role.ADMINISTRATOR, user__is_active=True)
    assert left.exists()


def test_ending_sessions_and_a_reset_link_leave_roles_and_password(cast: Cast) -> None:
    act = {"clinic": cast.clinic, "user": cast.colleague, "by": cast.administrator, "at": NOW}
    assert operations.end_sessions(**act).session_round == 1
    key = operations.make_reset_link(**act).reset_key
    assert len(key) > 40
    assert key not in "".join(AuditEvent.objects.values_list("detail", flat=True))
    switch(cast, cast.colleague, on=False)
    assert "not in use" in refusal(operations.make_reset_link, **act).sentence


# From the machine


def create(*clinics: Clinic, **given: Any) -> Invitation:
    values: dict[str, Any] = {"email": "vera@demo.example", "name": "Vera Lund", "at": NOW}
    return operations.create_administrator(**{**values, "clinics": clinics, **given})


@pytest.mark.rule("R54")
def test_an_administrator_is_made_from_the_machine_where_none_is(cast: Cast) -> None:
    assert refusal(create, clinics=[cast.clinic]).rule == "R54"
    made = create(cast.clinic, another=True)
    assert roles_of(made.user) == {("austin", "administrator")}
    again = create(cast.clinic, cast.other_clinic, another=True)
    assert again.user == made.user
    assert roles_of(made.user) == {("austin", "administrator"), ("pasadena", "administrator")}
    operations.accept_invitation(digest=again.digest, password=NEW, at=NOW)
    assert "and a password" in refusal(create, clinics=[cast.clinic], another=True).sentence


def test_in_an_empty_house_nobody_needs_to_be_asked(db: None) -> None:
    made = create(factories.clinic(code="first"))
    assert (made.created_by, made.user.is_active) == (made.user, False)
    assert AuditEvent.objects.get().action == "user.create_admin"


def command(*given: str) -> str:
    """What `manage.py create_admin` prints."""
    out = StringIO()
    call_command("create_admin", *given, stdout=out)
    return out.getvalue()


@pytest.mark.rule("R54")
def test_an_administrator_who_is_alone_gets_more_roles_from_the_machine(cast: Cast) -> None:
    """In a second clinic that she added nobody could give her any: not she, nor anybody else."""
    alone = cast.administrator
    given = ("--more", "--also", "manager", "--clinic", "pasadena")
    printed = command(alone.email, *given)
    assert printed == f"{alone.name} is also manager in Pasadena.\n"
    assert ("pasadena", "manager") in roles_of(alone)
    event = AuditEvent.objects.get(action="account.change")
    assert (event.chain, event.actor) == (chain_of(cast.other_clinic.pk), "system")
    with pytest.raises(CommandError, match="has these roles already"):
        command(alone.email, *given)
    with pytest.raises(CommandError, match="No account in use"):
        command("nobody@else.example", *given)
    with pytest.raises(CommandError, match="Add --also"):
        command(alone.email, "--more")
    with pytest.raises(CommandError, match="Add --name"):
        command("new@demo.example")


EMPTY = ("ida@demo.example", "--name", "Ida Berg")
BEGIN = (*EMPTY, "--organization", "Stratum Skin", "--clinic-name", "Austin North", "--state", "tx")


def test_the_command_begins_an_empty_installation_and_prints_a_link_that_works(db: None) -> None:
    printed = command(*BEGIN, "--also", "manager")
    link = re.search(r"/invitation/([\w-]{43})/", printed)
    assert link
    user = operations.accept_invitation(digest=link_digest(link[1]), password=NEW, at=now())
    assert roles_of(user) == {("austin-north", "administrator"), ("austin-north", "manager")}
    found = Clinic.objects.get()
    assert (found.name, found.state, found.time_zone) == ("Austin North", "TX", "America/Chicago")
    assert Organization.objects.get().created_by == user


@pytest.mark.parametrize(
    ("given", "says"),
    [
        (EMPTY, "Add --organization, --clinic-name, --state, for example"),
        ((*BEGIN[:-1], "ZZ"), "ZZ is no state."),
        ((*BEGIN, "--time-zone", "Mars/Base"), "Mars/Base is no time zone."),
        (("no address", *BEGIN[1:]), "Enter a valid email address."),
    ],
)
def test_the_command_says_what_is_missing_and_makes_nothing(
    db: None, given: tuple[str, ...], says: str
) -> None:
    with pytest.raises(CommandError, match=says):
        command(*given)
    assert not User.objects.exists()
    assert not Clinic.objects.exists()


@pytest.mark.rule("R54")
def test_the_command_makes_no_second_administrator_unasked(cast: Cast) -> None:
    with pytest.raises(CommandError, match=r"in use.*Or add --another"):
        command(*EMPTY)
    with pytest.raises(CommandError, match="no clinic in use with the code nowhere"):
        command(*EMPTY, "--clinic", "nowhere", "--another")
    command(*EMPTY, "--clinic", "pasadena", "--another")
    assert roles_of(User.objects.get(email="ida@demo.example")) == {("pasadena", "administrator")}


@pytest.mark.rule("R54")
def test_two_administrators_who_switch_each_other_off_at_once_leave_one(
    fresh_db: Database, cast: Cast
) -> None:
    sam = cast.administrator
    vera = factories.user("Vera Lund", {one: [Role.ADMINISTRATOR] for one in Clinic.objects.all()})
    gate, found = threading.Barrier(2), []

    def act(by: User, user: User) -> None:
        assert by.can(Permission.KEEP_USERS, cast.clinic.pk)  # each is let in before either acts
        gate.wait(10)
        try:
            switch(cast, user, on=False, by=by)
            found.append("off")
        except Refusal as no:
            found.append(no.rule)
        finally:
            connection.close()

    pairs = [(sam, vera), (vera, sam)]
    threads = [threading.Thread(target=act, args=pair) for pair in pairs]
    for one in threads:
        one.start()
    for one in threads:
        one.join(60)
    assert sorted(found) == ["R54", "off"]
    assert User.objects.filter(pk__in=[sam.pk, vera.pk], is_active=True).count() == 1
