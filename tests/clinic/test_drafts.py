"""What was typed and not sent: kept for its own user, over a lock too, and for nobody else."""

from __future__ import annotations

import datetime as dt
import json
import uuid
from collections.abc import Callable
from typing import Any
from urllib.parse import urlencode

import pytest
import time_machine
from django.core.management import call_command
from django.test import Client

from clinic import drafts
from clinic.models import Draft, User
from tests.cast import NOW, PASSWORD, Cast

pytestmark = pytest.mark.rule("P13")

REGISTER, DRAFT = "/patients/register/", "/draft/"
SIGN = f"/treatments/{uuid.UUID(int=7)}/sign/"
Enter = Callable[..., Client]
HOUR = dt.timedelta(hours=1)


def form(cast: Cast, page: str = REGISTER, *, of: User | None = None) -> drafts.Form:
    return drafts.Form(of or cast.reception, str(cast.clinic.pk), page)


def kept(cast: Cast, page: str = REGISTER, *, at: dt.datetime = NOW) -> drafts.Pairs | None:
    found = drafts.kept(form(cast, page), at=at)
    return found.fields if found else None


def test_a_form_is_kept_in_the_place_of_what_was_kept_before(cast: Cast) -> None:
    assert drafts.keep(form(cast), [("first_name", "Zoë")], at=NOW)
    assert drafts.keep(form(cast), [("first_name", "Zoë"), ("last_name", "a")], at=NOW)
    assert kept(cast) == [("first_name", "Zoë"), ("last_name", "a")]
    assert Draft.objects.count() == 1
    assert drafts.kept(form(cast, of=cast.manager), at=NOW) is None
    drafts.forget(form(cast))
    assert kept(cast) is None


@pytest.mark.rule("P16")
@pytest.mark.parametrize(
    ("page", "fields"),
    [
        (REGISTER, []),
        (REGISTER, [("first_name", " ")]),
        (REGISTER, [("address", "x" * 40_001)]),
        (REGISTER, [("note", "planted"), ("csrfmiddlewaretoken", "t"), ("another", "on")]),
        (SIGN, [("password", "secret"), ("Password1", "secret"), ("lot", "x"), ("once", "key")]),
        (REGISTER, [("password", "secret"), ("second_password", "secret"), ("once", "key")]),
        ("/nowhere/", [("note", "a")]),
        ("https://elsewhere.example/", [("note", "a")]),
        ("/" + "x" * 300, [("note", "a")]),
    ],
)
def test_what_is_empty_secret_too_long_or_sent_nowhere_is_not_kept(
    cast: Cast, page: str, fields: drafts.Pairs
) -> None:
    assert not drafts.keep(form(cast, page), fields, at=NOW)
    assert not Draft.objects.exists()


def test_a_draft_is_forgotten_after_half_a_day(cast: Cast) -> None:
    drafts.keep(form(cast), [("first_name", "Zoë")], at=NOW)
    assert kept(cast, at=NOW + 12 * HOUR) is None
    assert drafts.forget_old(at=NOW + 11 * HOUR) == 0
    assert drafts.forget_old(at=NOW + 12 * HOUR) == 1


def test_of_many_forms_the_last_twenty_are_kept(cast: Cast) -> None:
    pages = [f"/patients/{uuid.uuid4()}/edit/" for _ in range(23)]
    for n, page in enumerate(pages):
        drafts.keep(form(cast, page), [("address", "a")], at=NOW + dt.timedelta(seconds=n))
    drafts.keep(form(cast, of=cast.manager), [("address", "a")], at=NOW)
    mine = Draft.objects.filter(user=cast.reception).order_by("saved_at")
    assert list(mine.values_list("page", flat=True)) == pages[3:]


def test_a_page_keeps_what_is_typed_and_gets_it_back(cast: Cast, enter: Enter, clock: Any) -> None:
    desk = enter(cast.reception)
    typed = urlencode({"first_name": "Zoë", "password": "secret"})
    assert desk.post(DRAFT, {"page": REGISTER, "fields": typed}).status_code == 204
    answer = desk.get(DRAFT, {"page": REGISTER})
    assert answer.json() == {"fields": [["first_name", "Zoë"]], "saved": "9:00 AM"}
    assert enter(cast.manager).get(DRAFT, {"page": REGISTER}).status_code == 204
    assert desk.post(DRAFT, {"page": REGISTER, "fields": ""}).status_code == 204
    assert desk.get(DRAFT, {"page": REGISTER}).status_code == 204


@pytest.mark.rule("P33")
@pytest.mark.parametrize(
    "body",
    [
        "",
        "page=%2Fpatients%2Fregister%2F&fields=" + "a%3Db%26" * 300,
        "page=%2Fnowhere%2F&fields=a%3Db",
        "page=%ED%A0%80&fields=a%3D%ED%A0%80",
        "page=%2Fpatients%2Fregister%2F&fields=%2500%3D%25ff",
        "page=%00&fields=%00",
    ],
)
def test_a_draft_that_cannot_be_read_breaks_nothing(cast: Cast, enter: Enter, body: str) -> None:
    plain = "application/x-www-form-urlencoded"
    answer = enter(cast.reception).post(DRAFT, body, content_type=plain)
    assert answer.status_code in (204, 400, 422)
    assert enter(cast.reception).get(f"{DRAFT}?{body}").status_code in (200, 204, 400)


@pytest.mark.rule("P33")
def test_a_form_with_a_nul_in_its_key_is_kept_and_comes_back(
    cast: Cast, enter: Enter, clock: Any
) -> None:
    desk, typed = enter(cast.reception), {"once": "\x00", "first_name": "Zo\x00ë"}
    assert desk.post(DRAFT, {"page": REGISTER, "fields": urlencode(typed)}).status_code == 204
    assert dict(desk.get(DRAFT, {"page": REGISTER}).json()["fields"]) == typed


NEWCOMER = {
    "first_name": "Zoë",
    "last_name": "Abara",
    "birth_date": "1991-03-14",
    "phone": "512 555 0188",
    "sex_at_birth": "unknown",
    "language": "English",
    "once": drafts.new_key(),
}


def test_what_is_sent_to_a_locked_screen_comes_back_after_the_password(
    cast: Cast, enter: Enter, clock: time_machine.Traveller
) -> None:
    desk = enter(cast.reception)
    desk.get(REGISTER)
    clock.shift(16 * 60)
    referer = {"referer": f"http://testserver{REGISTER}?from=day"}
    answer = desk.post(REGISTER, NEWCOMER, headers=referer)
    assert answer["Location"] == "/lock/?next=%2Fpatients%2Fregister%2F%3Ffrom%3Dday"
    assert desk.get(DRAFT, {"page": REGISTER}).status_code == 302
    unlocked = {"action": "unlock", "password": PASSWORD, "next": f"{REGISTER}?from=day"}
    assert desk.post("/lock/", unlocked)["Location"] == f"{REGISTER}?from=day"
    back = dict(desk.get(DRAFT, {"page": REGISTER}).json()["fields"])
    assert back == NEWCOMER
    # Sent again, it is done, and nothing of it stays behind.
    assert desk.post(REGISTER, NEWCOMER).status_code == 302
    assert not Draft.objects.exists()


def test_a_draft_that_comes_after_its_own_form_was_sent_is_not_given_back(
    cast: Cast, enter: Enter, clock: Any
) -> None:
    desk = enter(cast.reception)
    assert desk.post(REGISTER, NEWCOMER).status_code == 302
    desk.post(DRAFT, {"page": REGISTER, "fields": urlencode(NEWCOMER)})
    assert desk.get(DRAFT, {"page": REGISTER}).status_code == 204


def test_what_was_typed_at_one_clinic_is_not_filled_in_at_another(
    cast: Cast, enter: Enter, clock: Any
) -> None:
    page = f"/treatments/{uuid.uuid4()}/pass/"
    both = enter(cast.colleague)
    both.post(DRAFT, {"page": page, "fields": "depth=1"})
    assert both.get(DRAFT, {"page": page}).status_code == 200
    here = both.get("/").context["request"].clinic
    other = cast.other_clinic if here == cast.clinic else cast.clinic
    both.post("/switch-clinic/", {"clinic": str(other.pk)})
    assert both.get(DRAFT, {"page": page}).status_code == 204


@pytest.mark.rule("P18")
def test_a_locked_screen_keeps_only_what_the_page_itself_sends(
    cast: Cast, enter: Callable[..., Client], clock: time_machine.Traveller
) -> None:
    desk = enter(cast.reception, csrf=True)
    desk.get(REGISTER)
    clock.shift(16 * 60)
    planted = {"first_name": "planted"}
    forged = desk.post(REGISTER, planted)  # without the page's token
    assert forged["Location"].startswith("/lock/")
    assert desk.post("/nowhere/", planted)["Location"].startswith("/lock/")
    assert not Draft.objects.exists()
    token = {"csrfmiddlewaretoken": desk.cookies["csrftoken"].value}
    for key in ({}, {"once": "made up"}, {"once": "\u0661" * 64}, {"once": "0" * 64}):
        desk.post(REGISTER, planted | key | token)
        desk.post(DRAFT, {"page": REGISTER, "fields": urlencode(planted | key)} | token)
    assert not Draft.objects.exists()
    desk.post(REGISTER, NEWCOMER | token)
    desk.post(REGISTER, planted | token)
    desk.post(REGISTER, planted | {"once": drafts.new_key()} | token)
    assert [one.page for one in Draft.objects.all()] == [REGISTER]
    assert "planted" not in Draft.objects.get().fields


@pytest.mark.rule("P18")
def test_a_locked_screen_takes_a_few_forms_and_pushes_no_older_one_out(
    cast: Cast, enter: Enter, clock: time_machine.Traveller
) -> None:
    desk = enter(cast.reception)
    desk.get(REGISTER)
    clock.shift(16 * 60)
    for _ in range(30):
        desk.post(
            f"/patients/{uuid.uuid4()}/edit/", {"address": "planted", "once": drafts.new_key()}
        )
    assert Draft.objects.count() == 5


@pytest.mark.rule("P18")
def test_nobody_at_a_locked_screen_writes_over_what_its_user_had_typed(
    cast: Cast, enter: Enter, clock: time_machine.Traveller
) -> None:
    room, page = enter(cast.esthetician), f"/treatments/{uuid.uuid4()}/amend/"
    typed = {"note_text": "LONG GENUINE NOTE", "once": drafts.new_key(), "version": "2"}
    room.post(DRAFT, {"page": page, "fields": urlencode(typed)})
    clock.shift(16 * 60)
    for key in ("x", drafts.new_key()):
        planted = {"note_text": "PLANTED", "once": key, "version": "2"}
        room.post(DRAFT, {"page": page, "fields": urlencode(planted)})
        room.post(page, planted)
    longer = typed | {"note_text": "LONG GENUINE NOTE, to its end"}
    room.post(DRAFT, {"page": page, "fields": urlencode(longer)})
    room.post("/lock/", {"action": "unlock", "password": PASSWORD})
    assert dict(room.get(DRAFT, {"page": page}).json()["fields"]) == longer


def test_what_is_typed_on_after_the_lock_is_kept_to_its_last_word(
    cast: Cast, enter: Enter, clock: time_machine.Traveller
) -> None:
    room, chart = enter(cast.esthetician), uuid.uuid4()
    page, seen_from = (
        f"/treatments/{chart}/finish/",
        f"http://testserver/treatments/{chart}/?step=x",
    )
    headers = {"referer": seen_from}
    room.get("/treatments/")
    clock.shift(16 * 60)

    mine, its_own = drafts.new_key(), drafts.new_key()

    def autosave(note: str, page: str = page, once: str = mine) -> None:
        fields = urlencode({"note_text": note, "once": once}) if note else ""
        answer = room.post(DRAFT, {"page": page, "fields": fields}, headers=headers)
        assert answer["Location"] == f"/lock/?next=%2Ftreatments%2F{chart}%2F%3Fstep%3Dx"

    autosave("")
    autosave("nowhere", page="/nowhere/")
    autosave("The")
    autosave("The whole")
    room.post(page, {"note_text": "The whole long note", "once": mine}, headers=headers)
    other = f"/treatments/{chart}/amend/"
    autosave("And the rest", page=other, once=its_own)
    room.post("/lock/", {"action": "unlock", "password": PASSWORD})
    for form_page, note in ((page, "The whole long note"), (other, "And the rest")):
        fields = dict(room.get(DRAFT, {"page": form_page}).json()["fields"])
        assert fields["note_text"] == note


@pytest.mark.rule("P12")
def test_the_version_of_the_record_goes_along_so_that_a_late_save_is_compared(
    cast: Cast, enter: Enter, clock: time_machine.Traveller
) -> None:
    desk, edit = enter(cast.reception), f"/patients/{cast.mia.pk}/edit/"
    desk.get(edit)
    clock.shift(16 * 60)
    desk.post(edit, {"address": "1 Elm St", "version": "1", "once": (key := drafts.new_key())})
    desk.post("/lock/", {"action": "unlock", "password": PASSWORD})
    fields = dict(desk.get(DRAFT, {"page": edit}).json()["fields"])
    assert fields == {"address": "1 Elm St", "version": "1", "once": key}


def test_the_next_person_at_the_screen_gets_nothing_of_it(
    cast: Cast, enter: Enter, clock: time_machine.Traveller
) -> None:
    desk = enter(cast.reception)
    desk.get(REGISTER)
    clock.shift(16 * 60)
    desk.post(REGISTER, NEWCOMER)
    desk.post("/lock/", {"action": "leave"})
    other = enter(cast.manager)
    assert other.get(DRAFT, {"page": REGISTER}).status_code == 204
    assert "Zoë" not in other.get(REGISTER).content.decode()


def test_a_password_on_its_way_to_a_locked_screen_is_kept_nowhere(
    cast: Cast, enter: Enter, clock: time_machine.Traveller
) -> None:
    desk = enter(cast.reception)
    desk.get("/")
    clock.shift(16 * 60)
    desk.post("/accounts/password/change/", {"oldpassword": PASSWORD, "password1": "a new one"})
    assert [json.loads(one.fields) for one in Draft.objects.all()] == []


def test_what_is_kept_for_a_while_is_tidied_away(cast: Cast, clock: Any) -> None:
    drafts.keep(form(cast), [("note", "a")], at=NOW - 12 * HOUR)
    call_command("tidy", verbosity=0)
    assert not Draft.objects.exists()
