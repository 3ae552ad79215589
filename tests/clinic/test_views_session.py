"""Logging in, locking, unlocking, leaving, switching: each audited, none giving anything away."""

from __future__ import annotations

import threading
from typing import Any
from urllib.parse import quote

import pytest
from axes.models import AccessAttempt
from django.core import mail
from django.test import Client

from clinic import accounts
from clinic.models import AuditEvent, User
from tests.cast import PASSWORD, Cast

LOGIN, LOCK = "/accounts/login/", "/lock/"
WRONG = {"login": "rosa@demo.example", "password": "not my password"}


def log_in(email: str, password: str = PASSWORD, **more: str) -> Any:
    """What a log-in form gets, in a fresh browser."""
    return Client().post(LOGIN, {"login": email, "password": password, **more})


def trail(*fields: str) -> list[Any]:
    """The system chain."""
    rows = AuditEvent.objects.filter(chain="system").order_by("seq")
    return list(rows.values_list(*(fields or ("action", "outcome", "actor_name"))))


# Log-in


def test_a_log_in_is_audited_and_leads_to_the_start_page(cast: Cast) -> None:
    answer = log_in("rosa@demo.example")
    assert (answer.status_code, answer["Location"]) == (302, "/")
    assert trail() == [("user.log_in", "done", "Rosa Alvarez")]


def test_the_case_of_an_address_does_not_matter(cast: Cast) -> None:
    assert log_in("ROSA@Demo.Example").status_code == 302


@pytest.mark.rule("P38")
@pytest.mark.parametrize("email", ["rosa@demo.example", "nobody-here@demo.example"])
def test_a_failed_log_in_says_and_keeps_the_same_for_any_address(cast: Cast, email: str) -> None:
    answer = log_in(email, "not my password")
    page = answer.content.decode()
    assert answer.status_code == 200
    assert "This email address and password do not belong together." in page
    assert trail() == [("user.log_in", "refused", "system")]
    kept = AuditEvent.objects.get()
    assert (kept.actor, kept.subject, kept.subject_kind) == ("system", "", "")
    assert email not in kept.detail
    assert "password" not in kept.detail


def test_the_same_address_leaves_the_same_mark(cast: Cast) -> None:
    for email in ("rosa@demo.example", "ROSA@demo.example", "ana@demo.example"):
        log_in(email, "not my password")
    marks = [detail for (detail,) in trail("detail")]
    assert marks[0] == marks[1] != marks[2]


def test_too_many_wrong_passwords_pause_the_account_and_no_other(cast: Cast) -> None:
    answers = [Client().post(LOGIN, WRONG).status_code for _ in range(9)]
    assert answers == [200] * 7 + [429] * 2
    paused = log_in("rosa@demo.example")
    assert paused.status_code == 429
    assert "Too many tries" in paused.content.decode()
    assert log_in("ana@demo.example").status_code == 302


def test_a_right_password_forgets_the_wrong_ones(cast: Cast) -> None:
    for _ in range(7):
        Client().post(LOGIN, WRONG)
    log_in("rosa@demo.example")
    assert not AccessAttempt.objects.exists()


def test_a_switched_off_account_is_told_so_only_with_its_password(cast: Cast) -> None:
    cast.reception.is_active = False
    cast.reception.write()
    assert log_in("rosa@demo.example")["Location"] == "/accounts/inactive/"
    assert log_in("rosa@demo.example", "not my password").status_code == 200
    first, second = AuditEvent.objects.order_by("seq")
    assert (first.actor_name, first.outcome) == ("Rosa Alvarez", "refused")
    assert first.detail == '{"sentence":"The account is switched off."}'
    assert (second.actor_name, second.outcome) == ("system", "refused")


@pytest.mark.parametrize(
    "target",
    [
        "https://evil.example/",
        "//evil.example/",
        "/\\evil.example",
        "javascript:alert(1)",
        "https:///evil.example",
        " https://evil.example",
    ],
)
def test_no_log_in_leads_to_another_site(cast: Cast, target: str) -> None:
    assert log_in("rosa@demo.example", next=target)["Location"] == "/"


def test_a_log_in_leads_to_the_page_that_was_asked_for(cast: Cast) -> None:
    away = Client().get("/licenses/?show=attention")
    assert away["Location"] == "/accounts/login/?next=/licenses/%3Fshow%3Dattention"
    answer = log_in("maya@demo.example", next="/licenses/?show=attention")
    assert answer["Location"] == "/licenses/?show=attention"


@pytest.mark.parametrize("password", ["", " ", "x" * 100_000, "a\x00b", "🙂" * 50, "'; --"])
def test_an_odd_password_is_only_a_wrong_one(cast: Cast, password: str) -> None:
    assert log_in("rosa@demo.example", password).status_code == 200


@pytest.mark.parametrize(
    "email", ["", "rosa", "a" * 300 + "@demo.example", "a\x00@demo.example", "<script>@x.org"]
)
def test_an_odd_address_is_only_a_wrong_one(cast: Cast, email: str) -> None:
    assert log_in(email).status_code == 200


@pytest.mark.parametrize(
    "path",
    [
        "/accounts/signup/",
        "/accounts/email/",
        "/accounts/confirm-email/",
        "/accounts/password/set/",
        "/accounts/social/connections/",
        "/accounts/3rdparty/",
        "/accounts/login/code/",
        "/accounts/",
        "/admin/",
    ],
)
def test_what_staff_do_not_need_of_the_log_in_library_is_closed(
    cast: Cast, enter: Any, path: str
) -> None:
    assert Client().get(path).status_code == 404
    assert enter(cast.administrator).get(path).status_code == 404


def test_a_log_out_is_audited_and_ends_the_session(cast: Cast, enter: Any) -> None:
    browser = enter(cast.manager)
    assert browser.get("/accounts/logout/").status_code == 200
    assert browser.get("/licenses/").status_code == 200
    assert browser.post("/accounts/logout/")["Location"] == LOGIN
    assert browser.get("/licenses/").status_code == 302
    assert trail() == [("user.log_out", "done", "Maya Okoye")]


@pytest.mark.rule("P38")
@pytest.mark.parametrize(("email", "sent"), [("rosa@demo.example", 1), ("who@demo.example", 0)])
def test_a_forgotten_password_says_the_same_to_everyone(cast: Cast, email: str, sent: int) -> None:
    answer = Client().post("/accounts/password/reset/", {"email": email})
    assert (answer.status_code, answer["Location"]) == (302, "/accounts/password/reset/done/")
    assert len(letters()) == sent


def test_a_new_password_is_set_by_the_link_once_and_audited(cast: Cast) -> None:
    browser = Client()
    browser.post("/accounts/password/reset/", {"email": "rosa@demo.example"})
    (message,) = letters()
    assert message.subject == "Your log-in to 127.0.0.1:8000"
    link = next(line for line in message.body.splitlines() if line.startswith("http"))
    form = browser.get(link, follow=True)
    address = form.redirect_chain[-1][0]
    new = {"password1": "another quiet room", "password2": "another quiet room"}
    assert browser.post(address, new).status_code == 302
    assert log_in("rosa@demo.example").status_code == 200
    assert log_in("rosa@demo.example", "another quiet room").status_code == 302
    assert ("user.set_password", "done", "Rosa Alvarez") in trail()
    again = Client().get(link, follow=True)
    assert "has been used already" in again.content.decode()


def test_a_link_in_a_mail_leads_to_the_sites_own_address_whatever_the_asker_names(
    cast: Cast, settings: Any
) -> None:
    settings.SITE_ADDRESS = "https://clinic.example"
    asked = {"host": "127.0.0.1:6666", "x-forwarded-host": "evil.example"}
    Client().post("/accounts/password/reset/", {"email": "rosa@demo.example"}, headers=asked)
    (message,) = letters()
    assert message.subject == "Your log-in to clinic.example"
    assert "\nhttps://clinic.example/accounts/password/reset/key/" in message.body
    assert "6666" not in message.body
    assert "evil" not in message.body


def test_a_dead_mail_server_gives_nothing_away(cast: Cast, settings: Any) -> None:
    settings.EMAIL_BACKEND = "tests.clinic.test_outbox.Dead"
    answer = Client().post("/accounts/password/reset/", {"email": "rosa@demo.example"})
    assert answer["Location"] == "/accounts/password/reset/done/"
    assert letters() == []


@pytest.mark.rule("P38")
def test_no_page_waits_for_the_mail_server(cast: Cast, monkeypatch: pytest.MonkeyPatch) -> None:
    """How long a page takes does not tell whether the address is known."""
    busy = threading.Event()
    accounts.POST.submit(busy.wait)
    answer = Client().post("/accounts/password/reset/", {"email": "rosa@demo.example"})
    assert answer.status_code == 302
    assert mail.outbox == []
    busy.set()
    assert len(letters()) == 1


def test_a_changed_password_is_audited(cast: Cast, enter: Any) -> None:
    typed = {
        "oldpassword": PASSWORD,
        "password1": "another quiet room",
        "password2": "another quiet room",
    }
    enter(cast.reception).post("/accounts/password/change/", typed)
    assert User.objects.get(pk=cast.reception.pk).check_password("another quiet room")
    assert trail() == [("user.set_password", "done", "Rosa Alvarez")]


def letters() -> list[Any]:
    """What has been sent, once all that was posted has gone out."""
    accounts.POST.submit(lambda: None).result(10)
    return mail.outbox


# A user without a role


def test_a_user_without_a_role_gets_a_page_that_says_so(cast: Cast, enter: Any) -> None:
    browser = enter(cast.nobody)
    for path in ("/", "/licenses/", "/site-map/"):
        answer = browser.get(path)
        assert answer.status_code == 403
        assert "You have no role in a clinic yet" in answer.content.decode()
    assert browser.get("/accounts/password/change/").status_code == 200
    assert browser.post("/accounts/logout/").status_code == 302


# Lock


def test_a_locked_screen_opens_nothing_until_its_own_password(
    cast: Cast, clock: Any, enter: Any
) -> None:
    browser = enter(cast.manager)
    answer = browser.post(LOCK, {"action": "lock", "next": "/licenses/"})
    assert answer["Location"] == "/lock/?next=%2Flicenses%2F"
    for path in ("/licenses/", "/site-map/", "/audit/", "/accounts/password/change/"):
        assert browser.get(path)["Location"] == f"/lock/?next={quote(path, safe='')}"
    late = browser.post(
        "/licenses/add/", {"number": "1"}, headers={"referer": "http://a/licenses/"}
    )
    assert late["Location"] == "/lock/?next=%2Flicenses%2F"
    wrong = browser.post(LOCK, {"action": "unlock", "password": "guess", "next": "/licenses/"})
    assert wrong.status_code == 422
    assert "This is not your password." in wrong.content.decode()
    right = browser.post(LOCK, {"action": "unlock", "password": PASSWORD, "next": "/licenses/"})
    assert right["Location"] == "/licenses/"
    assert browser.get("/licenses/").status_code == 200
    assert trail() == [
        ("user.lock", "done", "Maya Okoye"),
        ("user.confirm", "refused", "Maya Okoye"),
        ("user.unlock", "done", "Maya Okoye"),
    ]


def test_another_users_password_does_not_open_the_lock(cast: Cast, enter: Any) -> None:
    cast.stranger.set_password("the stranger's own")
    cast.stranger.write()
    browser = enter(cast.manager)
    browser.post(LOCK, {"action": "lock"})
    answer = browser.post(LOCK, {"action": "unlock", "password": "the stranger's own"})
    assert answer.status_code == 422


def test_guessing_at_a_lock_pauses_the_account(cast: Cast, enter: Any) -> None:
    browser = enter(cast.reception)
    browser.post(LOCK, {"action": "lock"})
    guesses = [browser.post(LOCK, {"action": "unlock", "password": "guess"}) for _ in range(8)]
    assert [guess.status_code for guess in guesses] == [422] * 7 + [429]
    assert browser.post(LOCK, {"action": "unlock", "password": PASSWORD}).status_code == 429
    # The pause is the account's: a log-in from the same place waits as well.
    assert log_in("rosa@demo.example").status_code == 429


def test_a_locked_page_names_its_user_and_no_patient(cast: Cast, clock: Any, enter: Any) -> None:
    browser = enter(cast.manager)
    browser.post(LOCK, {"action": "lock", "next": f"/patients/{cast.mia.pk}/"})
    page = browser.get(f"/lock/?next=/patients/{cast.mia.pk}/").content.decode()
    assert "Maya Okoye" in page
    for secret in (cast.mia.last_name, cast.mia.code, "Austin", "Licenses"):
        assert secret not in page


def test_what_the_last_page_had_to_say_waits_for_the_password(cast: Cast, enter: Any) -> None:
    browser = enter(cast.manager)
    sent = {"name": "Mia's own room", "once": "k"}
    assert browser.post("/setup/rooms/add/", sent).status_code == 302
    browser.post(LOCK, {"action": "lock"})
    assert "Mia" not in browser.get(LOCK).content.decode()
    browser.post(LOCK, {"action": "unlock", "password": PASSWORD})
    assert "can be booked now" in browser.get("/setup/rooms/").content.decode()


def test_a_fragment_of_a_locked_screen_leads_the_whole_page_to_the_lock(
    cast: Cast, enter: Any
) -> None:
    browser = enter(cast.manager)
    browser.post(LOCK, {"action": "lock"})
    answer = browser.get(
        "/licenses/",
        headers={"HX-Request": "true", "HX-Current-URL": "http://testserver/licenses/add/?x=1"},
    )
    assert answer.status_code == 204
    assert answer["HX-Redirect"] == "/lock/?next=%2Flicenses%2Fadd%2F%3Fx%3D1"


@pytest.mark.rule("P18")
def test_an_idle_screen_locks_itself(cast: Cast, clock: Any, enter: Any) -> None:
    browser = enter(cast.manager)
    assert browser.get("/licenses/").status_code == 200
    clock.shift(14 * 60)
    assert browser.get("/licenses/").status_code == 200
    clock.shift(16 * 60)
    assert browser.get("/licenses/")["Location"] == "/lock/?next=%2Flicenses%2F"
    assert browser.get("/licenses/").status_code == 302
    assert trail("action", "detail") == [("user.lock", '{"why":"idle"}')]


@pytest.mark.rule("P18")
def test_a_page_that_asks_by_itself_does_not_keep_the_screen_open(
    cast: Cast, clock: Any, enter: Any
) -> None:
    browser = enter(cast.manager)
    browser.get("/licenses/")
    for _ in range(14):
        clock.shift(60)
        assert browser.get("/licenses/", headers={"X-Background": "1"}).status_code == 200
    clock.shift(2 * 60)
    assert browser.get("/licenses/", headers={"X-Background": "1"}).status_code == 302


def test_a_session_ends_after_twelve_hours_however_busy(cast: Cast, clock: Any, enter: Any) -> None:
    browser = enter(cast.manager)
    for _ in range(73):
        assert browser.get("/licenses/").status_code == 200
        clock.shift(10 * 60 - 1)
    assert browser.get("/licenses/")["Location"].startswith(LOGIN)
    assert trail()[-1] == ("user.time_out", "done", "Maya Okoye")


def test_leaving_the_screen_to_someone_else_ends_the_session_and_tells_nothing_of_it(
    cast: Cast, enter: Any
) -> None:
    browser = enter(cast.manager)
    browser.post(LOCK, {"action": "lock"})
    answer = browser.post(LOCK, {"action": "leave", "next": f"/patients/{cast.mia.pk}/"})
    assert answer["Location"] == "/accounts/login/"
    assert browser.get("/licenses/")["Location"].startswith(LOGIN)
    assert trail()[-1] == ("user.log_out", "done", "Maya Okoye")


@pytest.mark.parametrize("action", ["lock", "leave", "unlock"])
@pytest.mark.parametrize("target", ["https://evil.example/", "//evil.example", "/\\evil", "evil"])
def test_no_way_through_the_lock_leads_to_another_site(
    cast: Cast, enter: Any, action: str, target: str
) -> None:
    browser = enter(cast.manager)
    typed = {"action": action, "next": target, "password": PASSWORD}
    assert "evil" not in browser.post(LOCK, typed)["Location"]
    assert "evil" not in browser.get(LOCK, {"next": target}).content.decode()


@pytest.mark.parametrize("action", ["", "open", "unlock"])
def test_an_unknown_act_at_the_lock_changes_nothing(cast: Cast, enter: Any, action: str) -> None:
    browser = enter(cast.manager)
    browser.post(LOCK, {"action": "lock"})
    assert browser.post(LOCK, {"action": action}).status_code == 422
    assert browser.get("/licenses/").status_code == 302


# Clinics


def test_one_switches_among_ones_own_clinics(cast: Cast, enter: Any) -> None:
    browser = enter(cast.administrator)
    assert "in Austin you may" in browser.get("/site-map/").content.decode()
    answer = browser.post("/switch-clinic/", {"clinic": str(cast.other_clinic.pk)})
    assert (answer.status_code, answer["Location"]) == (302, "/")
    assert "in Pasadena you may" in browser.get("/site-map/").content.decode()
    assert trail("action", "subject_code") == [("user.switch_clinic", "pasadena")]


@pytest.mark.rule("P15")
@pytest.mark.parametrize("wanted", ["other", "", "x", "00000000-0000-0000-0000-000000000000"])
def test_another_clinic_answers_like_a_missing_one(cast: Cast, enter: Any, wanted: str) -> None:
    key = str(cast.other_clinic.pk) if wanted == "other" else wanted
    assert enter(cast.manager).post("/switch-clinic/", {"clinic": key}).status_code == 404
    assert trail() == []


def test_switching_is_a_press_not_a_page(cast: Cast, enter: Any) -> None:
    assert enter(cast.administrator).get("/switch-clinic/").status_code == 405


@pytest.mark.rule("P13")
def test_the_next_user_finds_no_page_in_the_browser(cast: Cast, enter: Any) -> None:
    browser = enter(cast.manager)
    for path in ("/licenses/", "/audit/", "/site-map/", "/lock/", "/nowhere/"):
        assert "no-store" in browser.get(path)["Cache-Control"], path


def test_the_password_pages_speak_the_house_s_words(cast: Cast, enter: Any) -> None:
    page = enter(cast.reception).get("/accounts/password/change/").content.decode()
    for label in ("Current password", "New password", "New password, again"):
        assert label in page
    assert "New Password" not in page
    assert "Current Password" not in page
