"""A second factor at the door: asked for at log-in, on every path, and set up where it must be."""

from __future__ import annotations

import html
import json
import re
from collections.abc import Callable
from typing import Any

import pytest
import time_machine
from django.http import HttpResponseBase
from django.test import Client
from django.utils import timezone

from clinic import deployment, operations
from clinic.models import AuditEvent, Clinic, Draft, Organization, User
from clinic.permissions import Role
from clinic.queries import factors as queries
from tests import factories
from tests.cast import NOW, PASSWORD, Cast
from tests.clinic.test_factors_operations import STEP, code_at, turn_on
from tests.passkeys import HOST, PaperKey

Enter = Callable[[User], Client]
LOGIN, STEP_TWO = "/accounts/login/", "/accounts/second-factor/"
CONFIRM, OWN, LOCK = "/accounts/reauthenticate/", "/account/security/", "/lock/"
SIX = "Enter the 6 digits that the app shows now, or a recovery code of 8 digits."
WRONG = "This code does not fit, or was used already. Enter the one that is shown now."

pytestmark = pytest.mark.usefixtures("clock")


def browser() -> Client:
    return Client(SERVER_NAME=HOST)


def log_in(user: User, client: Client | None = None, **more: str) -> tuple[Client, Any]:
    client = client or browser()
    return client, client.post(LOGIN, {"login": user.email, "password": PASSWORD, **more})


def code_now() -> str:
    return code_at(timezone.now())


def page(answer: HttpResponseBase) -> str:
    return html.unescape(getattr(answer, "content", b"").decode())


def question(answer: HttpResponseBase) -> str:
    found = re.search(r'data-question="([^"]+)"', getattr(answer, "content", b"").decode())
    assert found, "the page asks no passkey"
    return html.unescape(found[1])


def trail() -> list[tuple[str, str]]:
    rows = AuditEvent.objects.filter(chain="system").order_by("seq")
    return list(rows.values_list("action", "outcome"))


@pytest.fixture
def rosa(cast: Cast, clock: time_machine.Traveller) -> User:
    """Rosa, whose app has been on for five minutes."""
    turn_on(cast.reception)
    clock.shift(10 * STEP)
    return cast.reception


@pytest.fixture
def required(settings: Any) -> None:
    settings.MFA_REQUIRED = True


def with_key(user: User, client: Client) -> PaperKey:
    """A passkey that was added on the page."""
    key = PaperKey()
    asked = client.get(f"{OWN}passkeys/add/")
    made = key.made(question(asked))
    answer = client.post(f"{OWN}passkeys/add/", {"name": "Paper", "credential": made})
    assert answer["Location"] == f"{OWN}codes/", page(answer)
    return key


# Log-in


@pytest.mark.rule("P19")
def test_after_the_password_nobody_is_in_yet(rosa: User) -> None:
    client, answer = log_in(rosa)
    assert answer["Location"] == STEP_TWO
    assert client.get("/patients/")["Location"].startswith(LOGIN)
    asked = client.get(STEP_TWO)
    assert "Your password is right." in page(asked)
    assert asked.headers["Cache-Control"].count("no-store") == 1
    assert client.post(STEP_TWO, {"code": code_now()})["Location"] == "/"
    assert client.get("/patients/").status_code == 200
    assert trail()[1:] == [("user.second_factor", "done"), ("user.log_in", "done")]


def test_it_leads_to_the_page_that_was_asked_for(rosa: User) -> None:
    client, _ = log_in(rosa, next="/patients/?q=lee")
    assert client.post(STEP_TWO, {"code": code_now()})["Location"] == "/patients/?q=lee"


@pytest.mark.rule("P19")
@pytest.mark.parametrize(
    ("code", "says"),
    [
        ("abcdef", SIX),
        ("1234567", SIX),
        ("", "Enter the code."),
        ("x" * 41, "Use at most 40 characters; this has 41."),
        ("000000", WRONG),
        ("00000000", WRONG),
        ("１２３４５６", SIX),
    ],
)
def test_what_is_no_code_is_said_and_lets_nobody_in(rosa: User, code: str, says: str) -> None:
    client, _ = log_in(rosa)
    answer = client.post(STEP_TWO, {"code": code})
    assert answer.status_code == 422
    assert says in page(answer)
    assert client.get("/patients/").status_code == 302


@pytest.mark.rule("P19")
def test_an_old_code_and_one_that_was_used_let_nobody_in(
    rosa: User, clock: time_machine.Traveller
) -> None:
    used = code_now()
    client, _ = log_in(rosa)
    assert client.post(STEP_TWO, {"code": used}).status_code == 302
    other, _ = log_in(rosa)
    assert WRONG in page(other.post(STEP_TWO, {"code": used}))
    clock.shift(3 * STEP)
    assert WRONG in page(other.post(STEP_TWO, {"code": code_at(timezone.now() - 2 * STEP)}))
    assert other.post(STEP_TWO, {"code": code_now()}).status_code == 302


@pytest.mark.rule("P19")
def test_a_recovery_code_lets_in_once(rosa: User) -> None:
    (code, *_rest) = queries.recovery_codes_of(rosa)
    for status in (302, 422):
        client, _ = log_in(rosa)
        assert client.post(STEP_TWO, {"code": f"{code[:4]} {code[4:]}"}).status_code == status


@pytest.mark.rule("P19")
def test_codes_cannot_be_tried_without_end(rosa: User, clock: time_machine.Traveller) -> None:
    said = []
    for _ in range(7):
        # From another browser each time: what counts is the account.
        client, _ = log_in(rosa)
        said.append(page(client.post(STEP_TWO, {"code": "000000"})))
    many = "Too many tries. Wait five minutes, then try again."
    assert [many in one for one in said] == [False] * 5 + [True] * 2
    client, _ = log_in(rosa)
    assert many in page(client.post(STEP_TWO, {"code": code_now()}))
    clock.shift(301)
    client, _ = log_in(rosa)
    assert client.post(STEP_TWO, {"code": code_now()}).status_code == 302
    assert trail().count(("user.second_factor", "refused")) == 8


@pytest.mark.rule("P19")
def test_thirty_wrong_codes_a_day_are_enough(rosa: User, clock: time_machine.Traveller) -> None:
    client, _ = log_in(rosa)
    for _ in range(6):
        for _ in range(5):
            client.post(STEP_TWO, {"code": "000000"})
        clock.shift(301)
        client, _ = log_in(rosa)
    assert "Too many tries." in page(client.post(STEP_TWO, {"code": code_now()}))


@pytest.mark.rule("P17", "P19")
def test_what_changes_between_the_two_steps_counts(cast: Cast, rosa: User) -> None:
    client, _ = log_in(rosa)
    rosa.refresh_from_db()
    rosa.is_active = False
    rosa.write()
    assert client.post(STEP_TWO, {"code": code_now()})["Location"] == LOGIN
    rosa.is_active = True
    rosa.write()
    client, _ = log_in(rosa)
    operations.reset_second_factor(
        clinic=cast.clinic, user=rosa, by=cast.administrator, at=timezone.now()
    )
    assert client.post(STEP_TWO, {"code": code_now()})["Location"] == LOGIN


def test_the_second_step_is_not_open_without_the_first(rosa: User) -> None:
    for method in ("get", "post"):
        assert getattr(browser(), method)(STEP_TWO, {"code": code_now()})["Location"] == LOGIN


# No way around


@pytest.mark.rule("P19")
def test_a_session_from_before_the_second_factor_opens_nothing_until_it_is_proved(
    cast: Cast, enter: Enter, clock: time_machine.Traveller
) -> None:
    client = enter(cast.reception)
    assert client.get("/patients/").status_code == 200
    turn_on(cast.reception)
    clock.shift(3 * STEP)
    away = client.get("/patients/?q=lee")
    assert away["Location"] == f"{CONFIRM}?next=%2Fpatients%2F%3Fq%3Dlee"
    assert client.get(OWN)["Location"].startswith(CONFIRM)
    fragment = client.get("/patients/find/", headers={"HX-Request": "true"})
    assert (fragment.status_code, fragment["HX-Redirect"]) == (204, f"{CONFIRM}?next=%2F")
    # The password alone is no way past it.
    assert client.post(CONFIRM, {"password": PASSWORD}).status_code == 422
    done = client.post(CONFIRM, {"code": code_now(), "next": "/patients/?q=lee"})
    assert done["Location"] == "/patients/?q=lee"
    assert client.get("/patients/").status_code == 200


@pytest.mark.rule("P19")
@pytest.mark.parametrize("door", ["/", "/day/", "/patients/", "/site-map/", "/draft/", "/guide/"])
def test_where_all_need_one_nothing_else_opens(
    cast: Cast, enter: Enter, required: None, door: str
) -> None:
    client = enter(cast.reception)
    answer = client.get(door)
    assert answer["Location"].startswith(f"{OWN}?next=")
    fragment = client.get(door, headers={"HX-Request": "true"})
    assert fragment.status_code == 204
    assert fragment["HX-Redirect"].startswith(OWN)
    assert client.post(door)["Location"].startswith(OWN)


@pytest.mark.rule("P19")
def test_the_password_is_no_way_past_the_set_up(cast: Cast, enter: Enter, required: None) -> None:
    client = enter(cast.reception)
    led = page(client.get(OWN))
    assert "All staff here log in with a second factor." in led
    assert 'href="/patients/"' not in led
    for path in ("/accounts/password/change/", "/accounts/password/reset/", "/invitation/"):
        assert client.get(path)["Location"].startswith(OWN)
    client.post(LOCK, {"action": "lock"})
    client.post(LOCK, {"action": "unlock", "password": PASSWORD})
    client.post(CONFIRM, {"password": PASSWORD})
    assert client.get("/patients/")["Location"].startswith(OWN)
    assert client.get("/healthz").status_code == 200


@pytest.mark.rule("P13", "P19")
def test_what_is_sent_when_the_policy_comes_is_not_lost(
    cast: Cast, enter: Enter, settings: Any
) -> None:
    client = enter(cast.reception)
    asked = client.get("/patients/register/").content.decode()
    once = re.findall(r'name="once" value="([^"]+)"', asked)[-1]
    settings.MFA_REQUIRED = True
    answer = client.post("/patients/register/", {"first_name": "Ida", "once": once})
    assert answer["Location"].startswith(OWN)
    kept = Draft.objects.get(user=cast.reception)
    assert kept.page == "/patients/register/"


@pytest.mark.rule("P19")
def test_the_organization_s_policy_works_from_the_next_request_on(cast: Cast, enter: Enter) -> None:
    rosa, sam = enter(cast.reception), enter(cast.administrator)
    assert {*Clinic.objects.all()} == {cast.clinic, cast.other_clinic}
    assert rosa.get("/patients/").status_code == 200
    shown = page(sam.get("/setup/security/"))
    assert "Rosa Alvarez" in shown.split("Without a second factor now")[1]
    answer = sam.post("/setup/security/", {"version": 1, "mfa_required": "on"})
    assert answer.status_code == 302
    assert rosa.get("/patients/")["Location"].startswith(OWN)
    assert sam.get("/setup/security/")["Location"].startswith(OWN)
    assert Organization.objects.get().mfa_required


@pytest.mark.rule("P15", "P19")
def test_who_has_no_second_factor_is_named_to_who_keeps_the_account(
    cast: Cast, enter: Enter
) -> None:
    """Of the staff of other clinics an administrator reads only how many log in that way."""
    only = factories.user("Pat Only", {cast.other_clinic: [Role.ADMINISTRATOR]})
    shown = page(enter(only).get("/setup/security/")).split("Without a second factor now")[1]
    names = {one.name for one in User.objects.all() if one.name in shown}
    there = {only, cast.administrator, cast.colleague, cast.stranger, cast.other_nurse}
    assert names == {one.name for one in {*there, cast.nobody}}
    others = User.objects.count() - len(names)
    assert f"{others} more in clinics whose users you do not keep." in shown
    every = page(enter(cast.administrator).get("/setup/security/"))
    assert cast.reception.name in every
    assert "users you do not keep" not in every


def test_a_stale_page_does_not_change_the_policy(cast: Cast, enter: Enter) -> None:
    sam = enter(cast.administrator)
    made = Organization(name="Stratum", created_at=NOW, created_by=cast.administrator)
    made.write()
    made.write()
    answer = sam.post("/setup/security/", {"version": 1, "mfa_required": "on"})
    assert answer.status_code == 409
    assert not Organization.objects.get().mfa_required


@pytest.mark.rule("P19")
def test_the_shared_tablet_opens_by_the_password_where_both_were_shown(rosa: User) -> None:
    client, _ = log_in(rosa)
    client.post(STEP_TWO, {"code": code_now()})
    client.post(LOCK, {"action": "lock"})
    assert client.get("/patients/")["Location"].startswith(LOCK)
    client.post(LOCK, {"action": "unlock", "password": PASSWORD})
    assert client.get("/patients/").status_code == 200
    # Whoever unlocks has shown the password alone: her own account does not change by that.
    assert client.get(f"{OWN}passkeys/add/")["Location"].startswith(CONFIRM)


@pytest.mark.rule("P19")
def test_a_new_password_is_no_way_in(cast: Cast, rosa: User, mailoutbox: list[Any]) -> None:
    made = operations.make_reset_link(
        clinic=cast.clinic, user=rosa, by=cast.administrator, at=timezone.now()
    )
    client = browser()
    form = client.get(f"/accounts/password/reset/key/{made.reset_key}/", follow=True)
    new = "the sea at four in the morning"
    where = form.redirect_chain[-1][0]
    client.post(where, {"password1": new, "password2": new}, follow=True)
    assert client.get("/patients/").status_code == 302
    answer = client.post(LOGIN, {"login": rosa.email, "password": new})
    assert answer["Location"] == STEP_TWO


# One's own account


@pytest.mark.rule("P19")
def test_an_app_is_set_up_on_the_page_and_codes_are_shown_once(
    cast: Cast, required: None, clock: time_machine.Traveller
) -> None:
    client, _ = log_in(cast.reception)
    client.get("/patients/?q=lee")
    shown = page(client.get(f"{OWN}app/"))
    assert 'src="data:image/svg+xml' in shown
    secret = re.sub(r"\s", "", re.findall(r'<code class="secret">([^<]+)</code>', shown)[0])
    wrong = client.post(f"{OWN}app/", {"code": "000000"})
    assert wrong.status_code == 422
    assert "Check the clock of the phone" in page(wrong)
    assert secret in re.sub(r"\s", "", page(wrong))
    done = client.post(f"{OWN}app/", {"code": code_at(timezone.now(), secret)})
    assert done["Location"] == f"{OWN}codes/"
    codes = queries.recovery_codes_of(cast.reception)
    for path in (f"{OWN}codes/", f"{OWN}codes/", f"{OWN}codes/file/"):
        said = page(client.get(path)).replace(" ", "")
        assert all(code in said for code in codes)
    file = client.get(f"{OWN}codes/file/")
    assert file["Content-Disposition"] == 'attachment; filename="recovery-codes.txt"'
    # On from where she was led away.
    assert client.post(f"{OWN}codes/")["Location"] == "/patients/?q=lee"
    assert client.get(f"{OWN}codes/")["Location"] == OWN
    assert client.get(f"{OWN}codes/file/").status_code == 404
    own = page(client.get(OWN))
    assert "Left: <strong>10</strong>" in own
    assert not any(code in own.replace(" ", "") for code in codes)


@pytest.mark.rule("P19")
@pytest.mark.parametrize(
    "path", ["app/", "app/off/", "codes/", "codes/new/", "passkeys/add/", "passkeys/1/remove/"]
)
def test_one_s_own_account_changes_only_just_after_one_has_proved_who_one_is(
    rosa: User, clock: time_machine.Traveller, path: str
) -> None:
    client, _ = log_in(rosa)
    client.post(STEP_TWO, {"code": code_now()})
    clock.shift(600)
    answer = client.post(OWN + path, {"code": code_now()})
    assert answer["Location"] == f"{CONFIRM}?next=%2Faccount%2Fsecurity%2F"
    assert queries.factors_of(rosa).any
    assert "Confirm it is you" in page(client.get(answer["Location"]))
    assert client.post(CONFIRM, {"code": code_now()})["Location"] == OWN
    assert client.get(f"{OWN}passkeys/add/").status_code == 200


def test_switching_off_and_new_codes_are_presses(rosa: User) -> None:
    client, _ = log_in(rosa)
    client.post(STEP_TWO, {"code": code_now()})
    before = queries.recovery_codes_of(rosa)
    assert client.post(f"{OWN}codes/new/")["Location"] == f"{OWN}codes/"
    assert queries.recovery_codes_of(rosa) != before
    assert client.post(f"{OWN}app/off/")["Location"] == OWN
    assert not queries.factors_of(rosa).any
    again = client.post(f"{OWN}app/off/", follow=True)
    assert "This is switched off already." in page(again)
    assert client.get("/patients/").status_code == 200


@pytest.mark.rule("P19")
def test_the_last_one_stays_where_all_need_one(rosa: User, required: None) -> None:
    client, _ = log_in(rosa)
    client.post(STEP_TWO, {"code": code_now()})
    assert "this is your only one" in page(client.post(f"{OWN}app/off/", follow=True))
    assert queries.factors_of(rosa).app


# Passkeys


@pytest.mark.rule("P19")
def test_a_passkey_lets_in_and_its_answer_counts_once(cast: Cast) -> None:
    client, _ = log_in(cast.reception)
    key = with_key(cast.reception, client)
    assert client.get("/patients/").status_code == 200
    other, answer = log_in(cast.reception)
    assert answer["Location"] == STEP_TWO
    said = key.proved(question(other.get(STEP_TWO)))
    assert other.post(STEP_TWO, {"credential": said})["Location"] == "/"
    assert other.get("/patients/").status_code == 200
    third, _ = log_in(cast.reception)
    third.get(STEP_TWO)
    again = third.post(STEP_TWO, {"credential": said})
    assert again.status_code == 422
    assert "This passkey did not prove that it is you." in page(again)


@pytest.mark.rule("P19", "P15")
def test_the_passkey_of_another_or_for_another_site_lets_nobody_in(cast: Cast) -> None:
    client, _ = log_in(cast.reception)
    key = with_key(cast.reception, client)
    maya, _ = log_in(cast.manager)
    hers = with_key(cast.manager, maya)
    hers.name = b"paper-key-0000002"
    false = [hers, PaperKey(), PaperKey(secret=key.secret, origin="https://evil.example")]
    other, _ = log_in(cast.reception)
    for one in false:
        said = one.proved(question(other.get(STEP_TWO)))
        assert other.post(STEP_TWO, {"credential": said}).status_code == 422
    assert other.get("/patients/").status_code == 302
    pk = queries.passkeys_of(cast.manager).get().pk
    assert client.get(f"{OWN}passkeys/{pk}/").status_code == 404
    assert client.post(f"{OWN}passkeys/{pk}/", {"name": "Mine"}).status_code == 404
    assert client.post(f"{OWN}passkeys/{pk}/remove/").status_code == 404


@pytest.mark.parametrize(
    "answer",
    [
        "",
        "{",
        "null",
        "[]",
        "1",
        '"x"',
        "{}",
        "[" * 9000,
        '{"id": 1}',
        '{"id": "a", "rawId": "a", "type": "public-key", "response": {}}',
        '{"id": "a", "rawId": "a", "type": "public-key", "response": '
        '{"clientDataJSON": "AA", "attestationObject": "AA", "authenticatorData": "AA",'
        ' "signature": "AA"}}',
        '{"id": "🙂", "rawId": "🙂", "type": "x", "response": null}',
        "x" * 20_001,
    ],
    ids=range(13),
)
def test_what_no_passkey_says_is_refused_in_words(cast: Cast, answer: str) -> None:
    client, _ = log_in(cast.reception)
    client.get(f"{OWN}passkeys/add/")
    made = client.post(f"{OWN}passkeys/add/", {"name": "Paper", "credential": answer})
    assert made.status_code == 422
    assert not queries.factors_of(cast.reception).passkeys
    with_key(cast.reception, client)
    other, _ = log_in(cast.reception)
    other.get(STEP_TWO)
    assert other.post(STEP_TWO, {"credential": answer}).status_code == 422


def test_a_passkey_is_renamed_and_removed(cast: Cast) -> None:
    client, _ = log_in(cast.reception)
    with_key(cast.reception, client)
    pk = queries.passkeys_of(cast.reception).get().pk
    assert 'value="Paper"' in page(client.get(f"{OWN}passkeys/{pk}/"))
    assert client.post(f"{OWN}passkeys/{pk}/", {"name": ""}).status_code == 422
    assert client.post(f"{OWN}passkeys/{pk}/", {"name": "Red key"})["Location"] == OWN
    assert "Red key" in page(client.get(OWN))
    assert client.post(f"{OWN}passkeys/{pk}/remove/")["Location"] == OWN
    assert not queries.factors_of(cast.reception).any


def test_an_address_of_numbers_offers_no_passkey(cast: Cast) -> None:
    client = Client(SERVER_NAME="127.0.0.1")
    log_in(cast.reception, client)
    for path in (OWN, f"{OWN}passkeys/add/"):
        assert "http://localhost" in page(client.get(path))


# By an administrator


@pytest.mark.rule("P17", "P19")
def test_a_reset_ends_her_sessions_and_she_begins_anew(
    cast: Cast, rosa: User, enter: Enter, required: None
) -> None:
    client, _ = log_in(rosa)
    client.post(STEP_TWO, {"code": code_now()})
    turn_on(cast.administrator, at=timezone.now())
    sam, _ = log_in(cast.administrator)
    sam.post(STEP_TWO, {"code": code_at(timezone.now() + STEP)})
    shown = page(sam.get(f"/setup/users/{rosa.pk}/"))
    assert "Authenticator app" in shown
    assert "Reset the second factor" in shown
    own = page(sam.get(f"/setup/users/{cast.administrator.pk}/"))
    assert "Reset the second factor" not in own
    address = f"/setup/users/{rosa.pk}/reset-second-factor/"
    said = page(sam.post(address, follow=True))
    assert "Rosa Alvarez has no second factor now, and is logged out everywhere." in said
    assert client.get("/patients/")["Location"].startswith(LOGIN)
    client, answer = log_in(rosa)
    assert answer["Location"] == "/"
    assert client.get("/patients/")["Location"].startswith(OWN)


# In production


@pytest.mark.rule("P19")
def test_the_check_before_a_deployment_warns_where_it_is_off(settings: Any) -> None:
    (warning,) = deployment.second_factor(None)
    assert "MFA_REQUIRED" in warning.msg
    settings.MFA_REQUIRED = True
    assert deployment.second_factor(None) == []


def test_secrets_are_in_no_address_and_no_cookie(cast: Cast) -> None:
    client, _ = log_in(cast.reception)
    shown = page(client.get(f"{OWN}app/"))
    secret = re.findall(r'<code class="secret">([^<]+)</code>', shown)[0].replace(" ", "")
    assert secret not in json.dumps({name: one.value for name, one in client.cookies.items()})
    assert secret not in str(client.session.items())
