"""Tokens of the JSON API: made, revoked, kept by the database, and asked for at the door."""

from __future__ import annotations

import datetime as dt
import json
import re
from typing import Any

import pytest
from django.core.cache import cache
from django.core.management import CommandError, call_command
from django.test import Client
from django.utils import timezone

from clinic import operations, tokens
from clinic.models import ApiToken, AuditEvent, Organization, RoleAssignment, User
from clinic.queries.tokens import tokens_of
from clinic.rules.tokens import MOST_TOKENS, token_digest, token_fault
from tests.cast import NOW, PASSWORD, Cast
from tests.clinic.test_factors_operations import turn_on
from tests.raw_sql import change, refused, run
from tests.refusals import refusal
from tests.refusals import told as refused_as
from tests.tokens import Program, token_of, told

pytestmark = pytest.mark.usefixtures("clock")
DAY = dt.timedelta(days=1)
LIST, MAKE = "/account/tokens/", "/account/tokens/make/"


def made(cast: Cast, **given: Any) -> ApiToken:
    values: dict[str, Any] = {"name": "Website", "lasts": 30, "by": cast.reception, "at": NOW}
    return operations.create_token(**values | given)


def fresh(user: User) -> User:
    return User.objects.get(pk=user.pk)


# The rule


def test_a_token_is_good_until_something_ends_it() -> None:
    class Row:
        revoked_at: Any = None
        expires_at: Any = NOW
        session_round = 3

    def fault(**given: Any) -> str:
        row = Row()
        at = given.pop("at", NOW - DAY)
        account = {"in_use": given.pop("in_use", True), "session_round": given.pop("round", 3)}
        for name, value in given.items():
            setattr(row, name, value)
        return token_fault(row, **account, at=at) or ""

    assert fault() == ""
    assert fault(expires_at=None, at=NOW + 9999 * DAY) == ""
    assert "expired" in fault(at=NOW)
    assert "revoked" in fault(revoked_at=NOW)
    assert "switched off" in fault(in_use=False)
    assert "logged out" in fault(round=4)


# The operations


def test_of_a_token_only_a_digest_is_kept(cast: Cast) -> None:
    token = made(cast)
    assert re.fullmatch(r"stratum_[\w-]{43}", token.secret)
    row = ApiToken.objects.get()
    assert (row.digest, row.secret) == (token_digest(token.secret), "")
    assert token.secret.startswith(row.prefix)
    assert len(row.prefix) == 14
    event = AuditEvent.objects.get(action="token.create")
    assert token.secret not in event.detail
    assert row.prefix in event.detail


def test_a_token_without_a_name_or_of_another_length_is_refused(cast: Cast) -> None:
    for given, field in (({"name": " "}, "name"), ({"name": "x" * 61}, "name")):
        no = refusal(made, cast=cast, **given)
        assert refused_as(no) == (422, "input", field)
    assert refused_as(refusal(made, cast=cast, lasts=7)) == (422, "input", "lasts")


def test_one_account_has_so_many_tokens_and_a_revoked_one_makes_room(cast: Cast) -> None:
    all_of_them = [made(cast, name=f"No. {n}") for n in range(MOST_TOKENS)]
    assert refused_as(refusal(made, cast=cast)) == (422, "input", None)
    operations.revoke_token(token=all_of_them[0], by=cast.reception, at=NOW)
    assert made(cast)


@pytest.mark.rule("P15")
def test_only_one_s_own_token_can_be_revoked_and_once(cast: Cast) -> None:
    token = made(cast)
    act: dict[str, Any] = {"token": token, "at": NOW}
    theirs = refusal(operations.revoke_token, **act, by=cast.manager)
    assert refused_as(theirs) == (422, "P15", None)
    operations.revoke_token(**act, by=cast.reception)
    again = refusal(operations.revoke_token, **act, by=cast.reception)
    assert refused_as(again) == (409, "P17", None)


# The database


def test_the_database_keeps_a_token_as_it_was_made(cast: Cast) -> None:
    token = made(cast)
    for column, value in (
        ("user_id", cast.manager),
        ("digest", "0" * 64),
        ("prefix", "other"),
        ("session_round", 9),
        ("created_at", NOW - DAY),
        ("expires_at", NOW + 99 * DAY),
        ("expires_at", None),
    ):
        found = refused(*change(token, **{column: value}))
        assert found == "api_token_stays_as_made", column
    endless = made(cast, lasts=None)
    found = refused(*change(endless, expires_at=NOW + DAY))
    assert found == "api_token_stays_as_made"
    found = refused("DELETE FROM clinic_apitoken WHERE id = %s", token)
    assert found == "clinic_apitoken_never_deleted"
    run(*change(token, last_used_at=NOW))


def test_the_database_keeps_a_revoked_token_revoked(cast: Cast) -> None:
    token = made(cast)
    assert refused(*change(token, revoked_at=NOW)) == "api_token_revoked_by"
    operations.revoke_token(token=token, by=cast.reception, at=NOW)
    for columns in (
        {"revoked_at": None, "revoked_by_id": None},
        {"revoked_at": NOW + DAY},
        {"revoked_by_id": cast.manager},
    ):
        assert refused(*change(token, **columns)) == "api_token_stays_revoked"


# The door


def test_without_a_token_nothing_opens(cast: Cast, enter: Any) -> None:
    for secret in ("", "stratum_", "nonsense", "stratum_" + "x" * 43, "\udcff", "a b"):
        header = {"Authorization": f"Bearer {secret}"} if secret else {}
        answer = Client().get("/api/v1/services", headers=header)
        assert told(answer)[:2] == (401, "unauthenticated")
        assert answer["WWW-Authenticate"] == "Bearer"
    basic = Client().get("/api/v1/services", headers={"Authorization": "Basic cm9zYTpyb3Nh"})
    assert told(basic)[0] == 401
    # One that is logged in is nobody here: a session's cookie is not even read.
    assert told(enter(cast.reception).get("/api/v1/services"))[0] == 401


@pytest.mark.parametrize("path", ["/api", "/api/", "/api/v1/", "/api/v1/nothing", "/api/v2/rooms"])
def test_whatever_stands_below_asks_for_a_token_first(path: str, cast: Cast, enter: Any) -> None:
    assert told(enter(cast.manager).get(path))[0] == 401
    assert told(Program(cast.manager).get(path))[0] == 404


@pytest.mark.parametrize("path", ["/API/v1/services", "//api/v1/services", "/x/../api/v1/services"])
def test_what_only_looks_like_the_api_is_no_way_in(path: str, cast: Cast) -> None:
    program = Program(cast.reception)
    assert program.get(path).status_code in {302, 404}
    assert program.get("/day/").status_code == 302, "a token opens no page"


def test_no_cookie_is_read_and_none_is_set(cast: Cast, enter: Any) -> None:
    browser = enter(cast.manager)
    secret = token_of(cast.reception).secret
    answer = browser.get(
        "/api/v1/patients", {"q": "lee"}, headers={"Authorization": f"Bearer {secret}"}
    )
    assert answer.status_code == 200
    assert AuditEvent.objects.get(action="patient.search").actor == str(cast.reception.pk)
    assert not answer.cookies
    assert answer["Cache-Control"] == "no-store, private"
    # And the other way round: the session of the browser goes on as before.
    assert browser.get("/day/").status_code == 200


def test_what_is_sent_needs_no_csrf_token(cast: Cast) -> None:
    strict = Client(enforce_csrf_checks=True)
    secret = token_of(cast.reception).secret
    answer = strict.post(
        "/api/v1/appointments",
        {},
        content_type="application/json",
        headers={"Authorization": f"bearer {secret}"},
    )
    assert told(answer)[0] == 422


@pytest.mark.rule("P17")
def test_a_token_ends_with_whatever_would_keep_its_user_out(cast: Cast) -> None:
    program = Program(cast.reception)
    assert program.ask("rooms").status_code == 200
    keep: dict[str, Any] = {"clinic": cast.clinic, "user": cast.reception, "at": NOW}
    operations.set_user_use(**keep, in_use=False, by=cast.administrator)
    off = program.ask("rooms")
    assert told(off)[0] == 401
    assert "switched off" in off.json()["error"]["message"]
    operations.set_user_use(**keep, in_use=True, by=cast.administrator)
    assert told(program.ask("rooms"))[0] == 401, "what was open stays closed"
    other = Program(fresh(cast.reception))
    assert other.ask("rooms").status_code == 200
    operations.end_sessions(**keep, by=cast.administrator)
    assert told(other.ask("rooms"))[0] == 401


@pytest.mark.rule("P17")
def test_a_token_has_the_rights_its_user_has_now(cast: Cast) -> None:
    program = Program(cast.manager)
    assert program.ask("patients", q="lee").status_code == 200
    RoleAssignment.objects.filter(user=cast.manager).update(role="auditor")
    assert told(program.ask("patients", q="lee"))[:2] == (403, "R54")
    assert AuditEvent.objects.filter(action="page.open", outcome="refused").count() == 1
    RoleAssignment.objects.filter(user=cast.manager).delete()
    assert told(program.ask("rooms"))[:2] == (403, "forbidden")


@pytest.mark.rule("P19")
def test_where_all_staff_need_a_second_factor_so_does_the_token_s_user(cast: Cast) -> None:
    program = Program(cast.reception)
    Organization(name="Org", mfa_required=True, created_at=NOW, created_by=cast.manager).write()
    without = program.ask("rooms")
    assert told(without)[:2] == (403, "forbidden")
    assert "second factor" in without.json()["error"]["message"]
    turn_on(cast.reception)
    assert program.ask("rooms").status_code == 200


def test_a_token_expires(cast: Cast, clock: Any) -> None:
    program = Program(secret=made(cast, lasts=30).secret)
    clock.shift(30 * DAY - dt.timedelta(minutes=1))
    assert program.ask("rooms").status_code == 200
    clock.shift(dt.timedelta(minutes=1))
    assert "expired" in program.ask("rooms").json()["error"]["message"]


def test_its_last_use_is_noted_once_an_hour(cast: Cast, clock: Any) -> None:
    program = Program(cast.reception)

    def used() -> Any:
        return ApiToken.objects.get().last_used_at

    program.ask("rooms")
    first = used()
    assert first is not None
    clock.shift(dt.timedelta(minutes=59))
    program.ask("rooms")
    assert used() == first
    clock.shift(dt.timedelta(minutes=1))
    program.ask("rooms")
    assert used() > first


def test_a_token_that_asks_too_often_waits(cast: Cast, clock: Any, settings: Any) -> None:
    settings.API_REQUESTS_PER_MINUTE = 3
    cache.clear()
    program, other = Program(cast.reception), Program(cast.reception)
    assert [program.ask("rooms").status_code for _n in range(4)] == [200, 200, 200, 429]
    wait = program.ask("rooms")
    assert told(wait)[:2] == (429, "too_many")
    assert 0 < int(wait["Retry-After"]) <= 60
    assert other.ask("rooms").status_code == 200, "each token for itself"
    clock.shift(dt.timedelta(seconds=int(wait["Retry-After"])))
    assert program.ask("rooms").status_code == 200


def test_two_workers_together_let_a_token_ask_as_often_as_one(
    cast: Cast, clock: Any, settings: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings.API_REQUESTS_PER_MINUTE = 200
    Program(cast.reception)
    token, at = ApiToken.objects.get(), timezone.now()
    workers: list[dict[str, int]] = [{}, {}]
    asked = 0
    for turn in range(600):
        monkeypatch.setattr(tokens, "_taken", workers[turn % 3 % 2])
        asked += not tokens._too_many(token, at)
    assert asked == 200


@pytest.mark.parametrize(
    ("method", "path", "fault"),
    [
        ("GET", "nothing", (404, "not_found")),
        ("POST", "rooms", (405, "method_not_allowed")),
        ("PUT", "rooms", (405, "method_not_allowed")),
        ("HEAD", "scans", (405, "method_not_allowed")),
        ("GET", "rooms?clinic=%00", (400, "unreadable")),
    ],
)
def test_what_is_no_address_says_so_in_the_one_shape(
    method: str, path: str, fault: tuple[int, str], cast: Cast
) -> None:
    answer = Program(cast.manager).generic(method, f"/api/v1/{path}")
    assert answer.status_code == fault[0]
    if method != "HEAD":
        assert told(answer)[:2] == fault
    if answer.status_code == 405:
        assert answer["Allow"]


@pytest.mark.parametrize(
    ("body", "kind", "fault"),
    [
        ("{", tokens.JSON, (400, "unreadable")),
        ("[" * 9999, tokens.JSON, (400, "unreadable")),
        ("9" * 9999, tokens.JSON, (400, "unreadable")),
        (b'{"text": "\xff"}', tokens.JSON, (400, "unreadable")),
        ("{}", f"{tokens.JSON}; charset=latin-1", (400, "unreadable")),
        ("{}", "text/plain", (415, "media_type")),
        ("text=x", "application/x-www-form-urlencoded", (415, "media_type")),
        (" " * 1_000_001, tokens.JSON, (413, "too_large")),
        ("[]", tokens.JSON, (422, "invalid")),
        ("null", tokens.JSON, (422, "invalid")),
        ("", tokens.JSON, (422, "invalid")),
    ],
)
def test_a_body_that_is_none_is_refused_in_the_one_shape(
    body: Any, kind: str, fault: tuple[int, str], cast: Cast
) -> None:
    answer = Program(cast.manager).post("/api/v1/scans", body, content_type=kind)
    assert told(answer)[:2] == fault


def test_a_crash_says_nothing_but_that_it_is_one(cast: Cast, monkeypatch: Any) -> None:
    def crash(**_given: Any) -> None:
        raise RuntimeError("a secret of ours")

    monkeypatch.setattr(tokens.operations, "search_patients", crash)
    answer = Program(cast.reception).ask("patients", q="lee")
    assert told(answer)[:2] == (500, "fault")
    assert "secret" not in answer.content.decode()


def test_what_can_be_asked_is_open_to_read(cast: Cast) -> None:
    schema = Client().get("/api/v1/openapi.json")
    assert schema.status_code == 200
    assert "Austin" not in schema.content.decode()
    paths = json.loads(schema.content)["paths"]
    assert {name.removeprefix("/api/v1/") for name in paths} == {
        "services",
        "practitioners",
        "rooms",
        "patients",
        "free-times",
        "appointments",
        "appointments/{pk}/move",
        "appointments/{pk}/cancel",
        "appointments/{pk}/arrive",
        "appointments/{pk}/no-show",
        "scans",
    }
    assert all(act["security"] for path in paths.values() for act in path.values())


# The page and the command


def proven(user: User) -> Client:
    """A browser whose user has just logged in with her password."""
    client = Client()
    client.post("/accounts/login/", {"login": user.email, "password": PASSWORD})
    return client


def test_a_token_is_made_on_the_page_shown_once_and_revoked(cast: Cast) -> None:
    browser = proven(cast.reception)
    assert "No program speaks for you" in browser.get(LIST).content.decode()
    assert browser.get(MAKE).status_code == 200
    form = {"name": "Website", "lasts": "0", "once": "key-1"}
    shown = browser.post(MAKE, form).content.decode()
    (secret,) = set(re.findall(r"stratum_[\w-]{43}", shown))
    assert Program(secret=secret).ask("rooms").status_code == 200
    again = browser.post(MAKE, form).content.decode()
    assert "made already" in again
    assert secret not in again
    listed = browser.get(LIST).content.decode()
    row = ApiToken.objects.get()
    assert row.prefix in listed
    assert secret not in listed
    assert "no end" in listed
    browser.post(f"{LIST}{row.pk}/revoke/", {"once": "key-2"})
    assert "is revoked" in browser.get(LIST).content.decode()
    assert told(Program(secret=secret).ask("rooms"))[0] == 401
    browser.post(f"{LIST}{row.pk}/revoke/", {"once": "key-3"})
    assert "revoked already" in browser.get(LIST).content.decode()


@pytest.mark.parametrize(("lasts", "days"), [("30", 30), ("90", 90), ("365", 365), ("0", None)])
def test_each_length_that_the_page_offers_is_taken(
    cast: Cast, lasts: str, days: int | None
) -> None:
    browser = proven(cast.reception)
    assert f'<option value="{lasts}"' in browser.get(MAKE).content.decode()
    answer = browser.post(MAKE, {"name": "Website", "lasts": lasts})
    assert answer.status_code == 200
    made = ApiToken.objects.get()
    assert (made.expires_at and (made.expires_at - made.created_at).days) == days


def test_a_form_that_is_wrong_keeps_what_was_typed(cast: Cast) -> None:
    browser = proven(cast.reception)
    wrong = browser.post(MAKE, {"name": "", "lasts": "30"})
    assert wrong.status_code == 422
    assert "Give the token a name." in wrong.content.decode()
    for _n in range(MOST_TOKENS):
        token_of(cast.reception)
    full = browser.post(MAKE, {"name": "Website", "lasts": "30"})
    assert full.status_code == 422
    assert "at most 20 tokens" in full.content.decode()


def test_a_token_is_only_made_by_who_has_just_proved_who_she_is(cast: Cast, enter: Any) -> None:
    browser = enter(cast.reception)
    for answer in (browser.get(MAKE), browser.post(MAKE, {"name": "x", "lasts": "0"})):
        assert answer.status_code == 302
        assert answer["Location"].startswith("/accounts/reauthenticate/")
    assert not ApiToken.objects.exists()


@pytest.mark.rule("P15")
def test_another_s_token_is_not_there(cast: Cast, enter: Any) -> None:
    token = token_of(cast.manager)
    assert enter(cast.reception).post(f"{LIST}{token.pk}/revoke/").status_code == 404
    assert tokens_of(cast.reception, at=timezone.now()) == []


def test_the_command_prints_a_token_that_opens(cast: Cast, capsys: Any) -> None:
    call_command("create_token", cast.reception.email.upper(), "--days", "30")
    secret = capsys.readouterr().out.strip()
    assert Program(secret=secret).ask("rooms").status_code == 200
    assert AuditEvent.objects.get(action="user.create_token").actor == "system"
    with pytest.raises(CommandError, match="Nobody here"):
        call_command("create_token", "who@demo.example")
    User.objects.filter(pk=cast.reception.pk).update(is_active=False)
    with pytest.raises(CommandError, match="not in use"):
        call_command("create_token", cast.reception.email)
