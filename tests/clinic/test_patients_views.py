"""Patients: the list and its finder, registering, and two people saving at once."""

from __future__ import annotations

import datetime as dt
import json
import re
from collections.abc import Callable
from typing import Any

import pytest
import time_machine
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from clinic.models import AuditEvent, User
from tests import factories
from tests.cast import Cast

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("clock")]
LIST, FIND, REGISTER = "/patients/", "/patients/find/", "/patients/register/"
Enter = Callable[[User], Client]
HTMX = {"HX-Request": "true"}


@pytest.fixture
def desk(cast: Cast, enter: Enter) -> Client:
    """The receptionist's browser."""
    return enter(cast.reception)


def text_of(answer: Any) -> str:
    bare = re.sub(r"<[^>]+>", " ", answer.content.decode()).replace("&#x27;", "'")
    return " ".join(bare.split())


def audited(action: str) -> list[AuditEvent]:
    return list(AuditEvent.objects.filter(action=action).order_by("seq"))


def test_the_list_shows_the_clinic_s_patients_and_nobody_else_s(cast: Cast, desk: Any):
    text = text_of(desk.get(LIST))
    assert "3 on file" in text
    assert "Lee , Mia" in text
    assert "(512) 555-0123" in text
    assert "Santos" not in text
    assert audited("patient.search") == []


@pytest.mark.parametrize(
    ("typed", "found"),
    [
        ("mia", "PT-000001"),
        ("LEE mi", "PT-000001"),
        ("王", "PT-000002"),
        ("王小明", "PT-000002"),
        ("siobhan", "PT-000003"),
        ("o'brien-lecka", "PT-000003"),
        ("obrien", "PT-000003"),
        ("5550188", "PT-000002"),
        ("(512) 555-0188", "PT-000002"),
        ("pt-3", "PT-000003"),
        ("003", "PT-000003"),
        ("000003", "PT-000003"),
    ],
)
def test_a_search_finds_by_name_phone_and_number(cast: Cast, desk: Any, typed: str, found: str):
    answer = desk.get(LIST, {"q": typed})
    assert re.findall(r"PT-\d{6}", answer.content.decode()) == [found]
    assert f'value="{typed}"'.replace("'", "&#x27;") in answer.content.decode()
    assert re.search(r'<a href="/patients/[^"]+" autofocus>', answer.content.decode())
    while_typing = desk.get(LIST, {"q": typed}, headers={"HX-Request": "true"})
    assert "autofocus" not in while_typing.content.decode()


def test_a_search_finds_by_birth_date(cast: Cast, desk: Any):
    factories.patient(cast.clinic, "Ida", "Berg", by=cast.manager, birth_date=dt.date(1980, 2, 29))
    for typed in ("2/29/1980", "1980-02-29", "02-29-1980", "feb 29 1980", "29 Feb 1980"):
        assert "1 found" in text_of(desk.get(LIST, {"q": typed}))


@pytest.mark.rule("P22")
def test_a_submitted_search_is_on_record_without_its_text(cast: Cast, desk: Any):
    desk.get(LIST, {"q": "Mia Lee"})
    desk.get(LIST, {"q": "3/3/1991"})
    desk.get(LIST, {"q": "(512) 555-0123"})
    events = audited("patient.search")
    assert [json.loads(one.detail) for one in events] == [
        {"found": 1, "kind": "name"},
        {"found": 3, "kind": "birth date"},
        {"found": 1, "kind": "phone"},
    ]
    assert {one.actor_name for one in events} == {"Rosa Alvarez"}
    kept = " ".join(one.detail + one.subject_code for one in AuditEvent.objects.all())
    assert "Mia" not in kept
    assert "555" not in kept


@pytest.mark.rule("P22")
def test_of_what_is_asked_while_someone_types_one_in_a_minute_is_on_record(
    cast: Cast, desk: Any, clock: time_machine.Traveller
):
    part = desk.get(LIST, {"q": "mi"}, headers=HTMX)
    assert "Mia" in text_of(part)
    assert "<html" not in part.content.decode()
    assert "Mia" in text_of(desk.get(FIND, {"patient": "mia"}, headers=HTMX))
    assert len(audited("patient.search")) == 1
    clock.shift(61)
    desk.get(FIND, {"patient": "wang"}, headers=HTMX)
    assert len(audited("patient.search")) == 2
    # Who sends the form is on record each time.
    desk.get(LIST, {"q": "Mia Lee"})
    assert len(audited("patient.search")) == 3


def test_the_finder_offers_radio_buttons_and_chooses_who_is_named_in_full(cast: Cast, desk: Any):
    part = desk.get(FIND, {"patient": "mi"}).content.decode()
    assert f'name="chosen" value="{cast.mia.pk}">' in part
    full = desk.get(FIND, {"patient": "Mia Lee"}).content.decode()
    assert f'name="chosen" value="{cast.mia.pk}" checked>' in full
    assert desk.get(FIND, {"patient": ""}).content.decode().strip() == ""


@pytest.mark.parametrize(
    ("typed", "says"),
    [
        ("x" * 121, "Search for at most 120 characters."),
        ("\u200b\u200b", "only spaces or signs that cannot be seen"),
    ],
)
def test_what_cannot_be_searched_is_said(cast: Cast, desk: Any, typed: str, says: str):
    for address, name in ((LIST, "q"), (FIND, "patient")):
        answer = desk.get(address, {name: typed})
        assert answer.status_code == 422
        assert says in text_of(answer)
    assert audited("patient.search") == []


def test_one_letter_is_too_little_to_search_for_and_nothing_while_typing(cast: Cast, desk: Any):
    answer = desk.get(LIST, {"q": "m"})
    assert answer.status_code == 422
    assert "Type at least two characters." in text_of(answer)
    assert "3 on file" in text_of(desk.get(LIST, {"q": "m"}, headers=HTMX))
    assert desk.get(FIND, {"patient": "m"}).content.decode().strip() == ""
    assert "PT-000002" in text_of(desk.get(LIST, {"q": "王"}))


@pytest.mark.parametrize(
    "typed", ["%%", "__", "'; --", "{{7*7}}", "<script>", "....", "a b c d e f " * 9, "\\" * 9]
)
def test_a_search_for_signs_finds_nobody_and_breaks_nothing(cast: Cast, desk: Any, typed: str):
    answer = desk.get(LIST, {"q": typed})
    assert answer.status_code == 200
    assert "Nobody found" in text_of(answer)


def test_accents_do_not_move_a_name_in_the_list(cast: Cast, desk: Any):
    for first, last in (("Íñigo", "Garza-Ortíz"), ("Marisol", "Garza-Ortíz"), ("Ana", "Órdaz")):
        factories.patient(cast.clinic, first, last, by=cast.manager)
    text = text_of(desk.get(LIST))
    names = ("Garza-Ortíz , Íñigo", "Garza-Ortíz , Marisol", "Lee , Mia", "Órdaz , Ana")
    assert [*names] == sorted(names, key=text.index)


def test_many_patients_come_in_pages_and_a_page_that_is_not_there_is_404(cast: Cast, desk: Any):
    for number in range(60):
        factories.patient(cast.clinic, f"Ada{number}", "Zeta", by=cast.manager)
    first = desk.get(LIST, {"q": "zeta"})
    assert "60 found" in text_of(first)
    assert "?q=zeta&amp;page=2" in first.content.decode()
    assert "Page 2 of 2" in text_of(desk.get(LIST, {"q": "zeta", "page": "2"}))
    for page in ("3", "0", "-1", "x"):
        assert desk.get(LIST, {"page": page}).status_code == 404


def test_the_queries_are_as_many_for_one_patient_as_for_fifty(cast: Cast, desk: Any):
    def count() -> int:
        with CaptureQueriesContext(connection) as seen:
            desk.get(LIST)
        return len(seen)

    desk.get(LIST)
    few = count()
    for number in range(47):
        factories.patient(cast.clinic, f"Ada{number}", "Zeta", by=cast.manager)
    assert count() == few


def test_a_search_that_finds_nobody_says_what_to_do(cast: Cast, enter: Enter):
    answer = enter(cast.stranger).get(LIST, {"q": "nobody at all"})
    assert "Nobody found" in text_of(answer)


def test_who_may_see_and_register_patients(cast: Cast, enter: Enter):
    see = {cast.reception, cast.director, cast.manager}
    keep = {cast.reception, cast.manager}
    edit = reverse("patient-edit", args=[cast.mia.pk])
    for user in (*cast.staff.values(), cast.nobody):
        browser = enter(user)
        for address, may in ((LIST, see), (FIND, see), (REGISTER, keep), (edit, keep)):
            expected = 200 if user in may else 403
            assert browser.get(address).status_code == expected, (address, user.name)


def test_an_empty_form_is_told_all_that_is_missing_at_once(
    cast: Cast, clock: Any, enter: Any
) -> None:
    errors = enter(cast.reception).post("/patients/register/", {}).context["form"].errors
    assert {"first_name", "last_name", "birth_date", "phone"} <= set(errors)
    assert errors["phone"] == ["Enter a phone number, an email address or a postal address."]
