"""A session at its longest age: it opens nothing, and what was typed stays with its user."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any
from urllib.parse import urlencode

import pytest
import time_machine
from django.test import Client

from clinic import drafts
from clinic.models import AuditEvent, Draft, User
from tests.cast import PASSWORD, Cast

pytestmark = [pytest.mark.rule("P13"), pytest.mark.rule("P18")]

REGISTER, DRAFT, LOGIN = "/patients/register/", "/draft/", "/accounts/login/"
SEEN_FROM = {"referer": f"http://testserver{REGISTER}?from=day"}
BACK = f"{LOGIN}?next=%2Fpatients%2Fregister%2F%3Ffrom%3Dday"
TYPED = {"first_name": "Zoë", "once": drafts.new_key()}
AGE = 12 * 3600
Enter = Callable[..., Client]
Clock = time_machine.Traveller


def work_until_the_end(browser: Client, clock: Clock) -> None:
    """Busy all day, so that nothing but the session's age ends it."""
    for _ in range(73):
        assert browser.get(REGISTER).status_code == 200
        clock.shift(AGE / 73 + 1)


def kept_for(user: User) -> list[tuple[str, bool]]:
    return [(one.page, "Zoë" in one.fields) for one in Draft.objects.filter(user=user)]


def log_in(browser: Client, user: User) -> None:
    typed = {"login": user.email, "password": PASSWORD}
    assert browser.post(LOGIN, typed).status_code == 302


def test_what_is_sent_after_the_end_is_not_done_and_comes_back_after_the_log_in(
    cast: Cast, enter: Enter, clock: Clock
) -> None:
    desk = enter(cast.reception)
    work_until_the_end(desk, clock)
    assert desk.post(REGISTER, TYPED, headers=SEEN_FROM)["Location"] == BACK
    assert desk.get(BACK).status_code == 200
    assert "user.time_out" in AuditEvent.objects.values_list("action", flat=True)
    assert desk.get(REGISTER)["Location"].startswith(LOGIN)
    log_in(desk, cast.reception)
    assert dict(desk.get(DRAFT, {"page": REGISTER}).json()["fields"]) == TYPED


def test_a_screen_left_alone_past_the_end_loses_nothing_either(
    cast: Cast, enter: Enter, clock: Clock
) -> None:
    desk = enter(cast.reception)
    desk.get(REGISTER)
    clock.shift(AGE + 3600)
    assert desk.post(REGISTER, TYPED, headers=SEEN_FROM)["Location"] == BACK
    assert kept_for(cast.reception) == [(REGISTER, True)]


def test_a_fragment_after_the_end_lets_its_page_hand_in_what_stands_there(
    cast: Cast, enter: Enter, clock: Clock
) -> None:
    desk = enter(cast.reception)
    work_until_the_end(desk, clock)
    asked = {"HX-Request": "true", "HX-Current-URL": f"http://testserver{REGISTER}?from=day"}
    answer = desk.get("/patients/find/", {"q": "mi"}, headers=asked)
    assert (answer.status_code, answer["HX-Redirect"], answer.content) == (204, BACK, b"")
    handed_in = {"page": REGISTER, "fields": urlencode(TYPED)}
    assert desk.post(DRAFT, handed_in, headers=SEEN_FROM)["Location"] == BACK
    assert kept_for(cast.reception) == [(REGISTER, True)]


def test_the_next_person_gets_nothing_of_it(cast: Cast, enter: Enter, clock: Clock) -> None:
    desk = enter(cast.reception)
    work_until_the_end(desk, clock)
    desk.post(REGISTER, TYPED, headers=SEEN_FROM)
    desk.get(BACK)
    log_in(desk, cast.manager)
    assert desk.get(DRAFT, {"page": REGISTER}).status_code == 204
    assert kept_for(cast.manager) == []


def test_after_the_end_only_the_page_itself_is_heard_and_no_draft_is_written_over(
    cast: Cast, enter: Enter, clock: Clock
) -> None:
    desk = enter(cast.reception, csrf=True)
    work_until_the_end(desk, clock)
    assert desk.post(REGISTER, {"first_name": "planted"})["Location"].startswith(LOGIN)
    assert not Draft.objects.exists()
    token = {"csrfmiddlewaretoken": desk.cookies["csrftoken"].value}
    desk.post(REGISTER, TYPED | token)
    desk.post(REGISTER, {"first_name": "planted", "once": drafts.new_key()} | token)
    desk.post("/accounts/password/change/", {"oldpassword": PASSWORD} | token)
    assert kept_for(cast.reception) == [(REGISTER, True)]


@pytest.mark.parametrize("way", ["log-out", "left to someone else", "new password", "switched off"])
def test_a_session_that_was_ended_keeps_nothing(
    cast: Cast, enter: Enter, clock: Any, way: str
) -> None:
    desk = enter(cast.reception)
    desk.get(REGISTER)
    ended = desk.cookies["sessionid"].value
    if way == "log-out":
        desk.post("/accounts/logout/")
    elif way == "left to someone else":
        desk.post("/lock/", {"action": "lock"})
        desk.post("/lock/", {"action": "leave"})
    elif way == "new password":
        cast.reception.set_password("another quiet room")
        cast.reception.write()
    else:
        cast.reception.is_active = False
        cast.reception.write()
    desk.cookies["sessionid"] = ended
    for seconds in (0, AGE + 60):
        clock.shift(seconds)
        assert desk.post(REGISTER, TYPED)["Location"].startswith(LOGIN)
    assert not Draft.objects.exists()
