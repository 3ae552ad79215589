"""Second factors as operations: what is switched on, what proves, and that nothing counts twice."""

from __future__ import annotations

import datetime as dt
import json
import threading
from io import StringIO
from typing import Any

import pytest
from allauth.mfa.models import Authenticator
from allauth.mfa.totp.internal.auth import format_hotp_value, hotp_value
from django.core.management import CommandError, call_command
from django.db import IntegrityError, connection, transaction

from clinic import operations, vault
from clinic.models import AuditEvent, Organization, User
from clinic.permissions import Role
from clinic.queries import factors as queries
from clinic.rules.factors import STEP_SECONDS
from tests import factories
from tests.cast import NOW, Cast
from tests.database import Database
from tests.refusals import refusal, told

SECRET = "JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP"
STEP = dt.timedelta(seconds=STEP_SECONDS)
CREDENTIAL = {"id": "one", "rawId": "one", "type": "public-key", "response": {}}


def code_at(at: dt.datetime, secret: str = SECRET) -> str:
    return format_hotp_value(hotp_value(secret, int(at.timestamp()) // STEP_SECONDS))


def turn_on(user: User, at: dt.datetime = NOW, **given: Any) -> Authenticator:
    values: dict[str, Any] = {"secret": SECRET, "code": code_at(at), "by": user, "at": at}
    return operations.turn_on_app(**values | given)


def add_key(user: User, name: str = "Phone", number: str = "one", **given: Any) -> Authenticator:
    values: dict[str, Any] = {"credential": CREDENTIAL | {"id": number}, "by": user, "at": NOW}
    return operations.add_passkey(name=name, **values | given)


def kinds(user: User) -> list[str]:
    return sorted(Authenticator.objects.filter(user=user).values_list("type", flat=True))


def trail() -> list[tuple[str, str]]:
    rows = AuditEvent.objects.filter(chain="system").order_by("seq")
    return list(rows.values_list("action", "outcome"))


def policy(required: bool = True) -> None:
    Organization(
        name="Stratum", created_at=NOW, created_by=User.objects.first(), mfa_required=required
    ).write()


# Switching on


@pytest.mark.rule("P19")
def test_an_app_is_on_once_its_code_has_come_and_brings_recovery_codes(cast: Cast) -> None:
    turn_on(cast.reception)
    assert kinds(cast.reception) == ["recovery_codes", "totp"]
    assert queries.factors_of(cast.reception).codes_left == 10
    assert trail() == [("factor.turn_on_app", "done")]


@pytest.mark.rule("P19")
@pytest.mark.parametrize("code", ["abcdef", "1234567", "", "000000", "12345678"])
def test_an_app_that_shows_another_code_is_not_switched_on(cast: Cast, code: str) -> None:
    no = refusal(turn_on, user=cast.reception, code=code)
    assert told(no) == (422, "P19", "code")
    assert kinds(cast.reception) == []
    assert trail() == [("factor.turn_on_app", "refused")]


@pytest.mark.parametrize("late", [-2, 2])
def test_a_code_of_another_minute_switches_nothing_on(cast: Cast, late: int) -> None:
    assert refusal(turn_on, user=cast.reception, code=code_at(NOW + late * STEP)).field == "code"


def test_a_second_app_is_refused(cast: Cast) -> None:
    turn_on(cast.reception)
    assert told(refusal(turn_on, user=cast.reception, at=NOW + STEP)) == (409, "P19", None)


def test_the_same_press_twice_is_one(cast: Cast) -> None:
    first = turn_on(cast.reception, once="k")
    assert turn_on(cast.reception, once="k") == first
    assert len(trail()) == 1


def test_a_switched_off_account_changes_nothing(cast: Cast) -> None:
    cast.reception.is_active = False
    assert refusal(turn_on, user=cast.reception).rule == "P17"


def test_the_database_alone_tells_no_secret(cast: Cast) -> None:
    turn_on(cast.reception)
    with connection.cursor() as cursor:
        cursor.execute("SELECT data FROM mfa_authenticator")
        kept = str(cursor.fetchall())
    codes = queries.recovery_codes_of(cast.reception)
    assert not any(one in kept for one in (SECRET, *codes))
    assert SECRET not in str(list(AuditEvent.objects.values_list("detail")))


def test_what_was_put_away_under_another_key_proves_nothing(cast: Cast, settings: Any) -> None:
    turn_on(cast.reception)
    (code, *_rest) = queries.recovery_codes_of(cast.reception)
    settings.AUDIT_KEY = "f" * 64
    assert vault.take_out(vault.put_away("x")) == "x"
    for one in (code_at(NOW + STEP), code):
        assert not operations.prove_code(user=cast.reception, code=one, at=NOW + STEP)
    assert queries.factors_of(cast.reception).codes_left == 10


# Proving


@pytest.mark.rule("P19")
def test_a_code_proves_once(cast: Cast) -> None:
    turn_on(cast.reception)
    later = NOW + 2 * STEP
    tries = [
        (NOW, NOW),
        (later, later),
        (later, later),
        (later - STEP, later),
        (later + STEP, later),
    ]
    found = [
        operations.prove_code(user=cast.reception, code=code_at(of), at=at) for of, at in tries
    ]
    assert found == [False, True, False, False, True]


@pytest.mark.rule("P19")
def test_a_recovery_code_proves_once_and_the_others_stay(cast: Cast) -> None:
    turn_on(cast.reception)
    first, second, *_rest = queries.recovery_codes_of(cast.reception)
    typed = [f"{first[:4]} {first[4:]}", first, second, second]
    found = [operations.prove_code(user=cast.reception, code=one, at=NOW) for one in typed]
    assert found == [True, False, True, False]
    assert queries.factors_of(cast.reception).codes_left == 8


@pytest.mark.rule("P19")
def test_nobody_is_proved_by_the_code_of_another(cast: Cast) -> None:
    turn_on(cast.reception)
    turn_on(cast.manager, secret=SECRET[::-1], code=code_at(NOW, SECRET[::-1]))
    (recovery, *_rest) = queries.recovery_codes_of(cast.manager)
    for code in (code_at(NOW + STEP, SECRET[::-1]), recovery):
        assert not operations.prove_code(user=cast.reception, code=code, at=NOW + STEP)
    key = add_key(cast.manager)
    assert not operations.prove_passkey(user=cast.reception, passkey=key, at=NOW)
    assert operations.prove_passkey(user=cast.manager, passkey=key, at=NOW)


@pytest.mark.rule("P19", "P22")
def test_each_try_is_on_record_by_what_and_never_with_the_code(cast: Cast) -> None:
    turn_on(cast.reception)
    code = code_at(NOW + STEP)
    for _ in range(2):
        operations.prove_code(user=cast.reception, code=code, at=NOW + STEP)
    rows = AuditEvent.objects.filter(action="user.second_factor").order_by("seq")
    assert list(rows.values_list("outcome", "detail", "actor_name")) == [
        ("done", '{"factor":"app"}', "Rosa Alvarez"),
        (
            "refused",
            '{"sentence":"This code does not fit, or was used already."}',
            "Rosa Alvarez",
        ),
    ]


@pytest.mark.rule("P19")
def test_of_two_who_show_one_code_at_one_moment_one_is_let_in(
    fresh_db: Database, cast: Cast
) -> None:
    turn_on(cast.reception)
    later, gate, found = NOW + 2 * STEP, threading.Barrier(2), []

    def show(code: str) -> None:
        gate.wait(10)
        try:
            found.append(operations.prove_code(user=cast.reception, code=code, at=later))
        finally:
            connection.close()

    (recovery, *_rest) = queries.recovery_codes_of(cast.reception)
    for code in (code_at(later), recovery):
        found.clear()
        threads = [threading.Thread(target=show, args=(code,)) for _ in range(2)]
        for one in threads:
            one.start()
        for one in threads:
            one.join(60)
        assert sorted(found) == [False, True]


def test_the_database_keeps_one_app_for_each_account(cast: Cast) -> None:
    row = turn_on(cast.reception)
    with pytest.raises(IntegrityError), transaction.atomic():
        Authenticator(user=cast.reception, type=row.type, data=row.data).save()


# Passkeys


def test_passkeys_are_named_renamed_and_removed(cast: Cast) -> None:
    first, second = add_key(cast.reception), add_key(cast.reception, name="  ", number="two")
    assert [one.name for one in queries.factors_of(cast.reception).passkeys] == [
        "Phone",
        "Passkey 2",
    ]
    operations.rename_passkey(passkey=second, name="Blue  key", by=cast.reception, at=NOW)
    operations.remove_passkey(passkey=first, by=cast.reception, at=NOW)
    assert [one.name for one in queries.factors_of(cast.reception).passkeys] == ["Blue key"]
    assert kinds(cast.reception) == ["recovery_codes", "webauthn"]


@pytest.mark.rule("P15")
def test_nobody_touches_the_passkey_of_another(cast: Cast) -> None:
    key = add_key(cast.manager)
    given: dict[str, Any] = {"passkey": key, "by": cast.reception, "at": NOW}
    assert refusal(operations.rename_passkey, name="Mine", **given).rule == "P19"
    assert refusal(operations.remove_passkey, **given).rule == "P19"
    assert kinds(cast.manager) == ["recovery_codes", "webauthn"]


def test_a_passkey_is_refused_in_words(cast: Cast) -> None:
    key = add_key(cast.reception)
    assert refusal(add_key, user=cast.reception).status == 409
    long = refusal(add_key, user=cast.reception, name="x" * 41, number="two")
    assert told(long) == (422, "P19", "name")
    given: dict[str, Any] = {"passkey": key, "by": cast.reception, "at": NOW}
    assert told(refusal(operations.rename_passkey, name=" ", **given)) == (422, "P19", "name")
    for number in range(9):
        add_key(cast.reception, number=str(number))
    many = refusal(add_key, user=cast.reception, number="eleven")
    assert many.sentence == "An account has at most 10 passkeys."


# Taking away


@pytest.mark.rule("P19")
def test_recovery_codes_go_with_the_last_factor(cast: Cast) -> None:
    turn_on(cast.reception)
    operations.turn_off_app(by=cast.reception, at=NOW)
    assert kinds(cast.reception) == []
    assert refusal(operations.turn_off_app, by=cast.reception, at=NOW).status == 422
    assert refusal(operations.make_recovery_codes, by=cast.reception, at=NOW).rule == "P19"


@pytest.mark.rule("P19")
def test_new_recovery_codes_end_the_old_ones(cast: Cast) -> None:
    turn_on(cast.reception)
    before = queries.recovery_codes_of(cast.reception)
    operations.make_recovery_codes(by=cast.reception, at=NOW)
    after = queries.recovery_codes_of(cast.reception)
    assert len(after) == len(set(after) - set(before)) == 10
    assert not operations.prove_code(user=cast.reception, code=before[0], at=NOW)


@pytest.mark.rule("P19")
@pytest.mark.parametrize("by", ["organization", "installation"])
def test_where_all_need_one_the_last_factor_stays(cast: Cast, by: str, settings: Any) -> None:
    turn_on(cast.reception)
    key = add_key(cast.reception)
    settings.MFA_REQUIRED = by == "installation"
    policy(by == "organization")
    operations.turn_off_app(by=cast.reception, at=NOW)
    given: dict[str, Any] = {"passkey": key, "by": cast.reception, "at": NOW}
    assert refusal(operations.remove_passkey, **given).sentence == (
        "All staff here log in with a second factor, and this is your only one."
    )
    assert kinds(cast.reception) == ["recovery_codes", "webauthn"]


# By an administrator, and from the machine


def reset(cast: Cast, user: User, **given: Any) -> User:
    values: dict[str, Any] = {"clinic": cast.clinic, "by": cast.administrator, "at": NOW}
    return operations.reset_second_factor(user=user, **values | given)


@pytest.mark.rule("P19")
def test_an_administrator_helps_whoever_lost_the_phone(cast: Cast) -> None:
    turn_on(cast.reception)
    add_key(cast.reception)
    done = reset(cast, cast.reception)
    assert (kinds(cast.reception), done.session_round) == ([], 1)
    event = AuditEvent.objects.filter(chain=cast.clinic.pk.hex).latest("seq")
    assert event.action == "account.reset_second_factor"
    assert json.loads(event.detail)["was"] == "Authenticator app, 1 passkey"


@pytest.mark.rule("R54")
def test_nobody_resets_her_own_or_one_she_does_not_keep(cast: Cast) -> None:
    olga = factories.user("Olga Petrov", {cast.clinic: [Role.ADMINISTRATOR]})
    for user in (cast.administrator, cast.colleague, cast.stranger):
        turn_on(user)
    assert told(refusal(reset, cast=cast, user=cast.administrator)) == (422, "R54", None)
    assert told(refusal(reset, cast=cast, user=cast.colleague, by=olga)) == (422, "R54", None)
    assert told(refusal(reset, cast=cast, user=cast.stranger, by=olga)) == (403, "P15", None)
    assert told(refusal(reset, cast=cast, user=cast.reception, by=cast.manager))[:2] == (403, "R54")
    assert told(refusal(reset, cast=cast, user=cast.reception)) == (422, "P19", None)
    assert all(kinds(user) for user in (cast.administrator, cast.colleague, cast.stranger))


@pytest.mark.rule("P19")
def test_the_machine_itself_helps_the_last_administrator(cast: Cast) -> None:
    turn_on(cast.administrator)
    out = StringIO()
    call_command("reset_second_factor", "SAM@demo.example", stdout=out)
    assert out.getvalue() == "Sam Patel has no second factor now, and is logged out everywhere.\n"
    assert kinds(cast.administrator) == []
    assert User.objects.get(pk=cast.administrator.pk).session_round == 1
    event = AuditEvent.objects.filter(chain="system").latest("seq")
    assert (event.action, event.actor, event.detail) == (
        "user.reset_second_factor",
        "system",
        '{"was":"Authenticator app"}',
    )
    for email, says in [
        ("sam@demo.example", "Sam Patel has no second factor."),
        ("nobody-here@demo.example", "Nobody here has the email address"),
    ]:
        with pytest.raises(CommandError, match=says):
            call_command("reset_second_factor", email)


# The policy


def choose(cast: Cast, required: bool, **given: Any) -> Organization:
    values: dict[str, Any] = {"clinic": cast.clinic, "by": cast.administrator, "at": NOW}
    return operations.set_second_factor_policy(required=required, **values | given)


@pytest.mark.rule("P19", "P12")
def test_whoever_keeps_all_users_says_whether_all_need_one(cast: Cast) -> None:
    assert not queries.is_required()
    made = choose(cast, True)
    assert queries.is_required()
    assert Organization.objects.get() == made
    choose(cast, False, version=made.version)
    assert not queries.is_required()
    assert told(refusal(choose, cast=cast, required=True, version=made.version))[:2] == (409, "P12")
    for clinic in (cast.clinic, cast.other_clinic):
        last = AuditEvent.objects.filter(chain=clinic.pk.hex, outcome="done").latest("seq")
        assert last.detail == '{"after":false,"before":true}'


@pytest.mark.rule("R54")
def test_who_keeps_the_users_of_one_clinic_does_not_decide_for_all(cast: Cast) -> None:
    olga = factories.user("Olga Petrov", {cast.clinic: [Role.ADMINISTRATOR]})
    for by in (olga, cast.manager):
        assert told(refusal(choose, cast=cast, required=True, by=by))[:2] == (403, "R54")
    assert not queries.is_required()
