"""Putting a patient on file, and two people saving at once."""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from clinic import operations
from clinic.models import Patient, User
from clinic.operations.patients import EDITABLE
from tests import factories
from tests.cast import NOW, Cast
from tests.clinic.test_patients_views import LIST, REGISTER, audited, text_of

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("clock")]
Enter = Callable[[User], Client]


@pytest.fixture
def desk(cast: Cast, enter: Enter) -> Client:
    """The receptionist's browser."""
    return enter(cast.reception)


def person(**given: Any) -> dict[str, Any]:
    return {
        "first_name": "Siân",
        "last_name": "Okafor",
        "preferred_name": "",
        "birth_date": "1991-03-14",
        "sex_at_birth": "unknown",
        "phone": "(512) 555-0199",
        "email": "",
        "address": "",
        "language": "English",
        "emergency_contact": "",
        "once": "a-key",
        **given,
    }


def test_a_patient_is_put_on_file(cast: Cast, desk: Any):
    answer = desk.post(REGISTER, person())
    patient = Patient.objects.get(first_name="Siân")
    assert answer.status_code == 302
    assert answer.url == reverse("patient", args=[patient.pk])
    assert (patient.code, str(patient.phone)) == ("PT-000004", "+15125550199")
    assert f"{patient.name} is on file as PT-000004." in text_of(desk.get(answer.url))


@pytest.mark.rule("P3")
def test_a_double_press_puts_one_patient_on_file(cast: Cast, desk: Any):
    urls = {desk.post(REGISTER, person()).url for _ in range(2)}
    assert len(urls) == 1
    assert Patient.objects.filter(first_name="Siân").count() == 1


@pytest.mark.parametrize("field", ["first_name", "birth_date", "once"])
def test_two_values_for_one_field_put_nobody_on_file(cast: Cast, desk: Any, field: str):
    """Which one was meant is not for the house to say."""
    answer = desk.post(REGISTER, person(**{field: [person()[field], "1990-01-01"]}))
    assert answer.status_code == 422
    assert "This form is not as the page made it. Nothing was changed." in text_of(answer)
    assert not Patient.objects.filter(last_name="Okafor").exists()


TWIN = {"first_name": "mia", "last_name": "LEE", "birth_date": "1991-03-03"}


@pytest.mark.parametrize(
    "given",
    [
        TWIN,
        {**TWIN, "first_name": "Lee", "last_name": "Mia", "phone": "", "email": "m@example.org"},
        {"birth_date": "1991-03-03", "phone": "(512) 555-0123"},
    ],
    ids=["the name", "the name turned round", "the phone"],
)
def test_someone_who_may_be_on_file_is_asked_about_once(
    cast: Cast, desk: Any, given: dict[str, str]
):
    answer = desk.post(REGISTER, person(**given))
    assert answer.status_code == 422
    page, text = answer.content.decode(), text_of(answer)
    assert "This person may be on file: Mia Lee , PT-000001 , born Mar 3, 1991" in text
    assert reverse("patient", args=[cast.mia.pk]) in page
    assert 'type="checkbox" name="another" id="id_another">' in page
    assert 'value="1991-03-03"' in page
    refused = audited("patient.register")[-1]
    assert (refused.outcome, json.loads(refused.detail)["field"]) == ("refused", "another")
    assert desk.post(REGISTER, person(**given, another="on")).status_code == 302
    assert Patient.objects.latest("number").code == "PT-000004"


def test_the_box_stays_ticked_while_something_else_is_mended(cast: Cast, desk: Any):
    answer = desk.post(REGISTER, person(**TWIN | {"email": "a@b", "another": "on"}))
    assert answer.status_code == 422
    assert 'name="another" id="id_another" checked>' in answer.content.decode()


def test_someone_of_another_clinic_is_not_told_of(cast: Cast, desk: Any):
    other = cast.other_patient
    given = {"first_name": other.first_name, "last_name": other.last_name}
    day = other.birth_date.isoformat()
    assert desk.post(REGISTER, person(**given, birth_date=day)).status_code == 302


@pytest.mark.parametrize(
    "typed", ["512-555-0199", "5125550199", "+1 (512) 555-0199", "1 512 555 0199"]
)
def test_a_us_phone_number_is_stored_in_one_form(cast: Cast, desk: Any, typed: str):
    desk.post(REGISTER, person(phone=typed))
    assert str(Patient.objects.get(first_name="Siân").phone) == "+15125550199"


def test_a_foreign_phone_number_keeps_its_country(cast: Cast, desk: Any):
    answer = desk.post(REGISTER, person(phone="+44 20 7946 0018"))
    patient = Patient.objects.get(first_name="Siân")
    assert str(patient.phone) == "+442079460018"
    assert "+44 20 7946 0018" in text_of(desk.get(answer.url))


@pytest.mark.parametrize(
    ("given", "field", "says"),
    [
        ({"first_name": " "}, "first_name", "Enter the legal first name."),
        ({"last_name": ""}, "last_name", "Enter the legal last name."),
        ({"first_name": "a\x00b"}, "first_name", "The text has a NUL character in it."),
        ({"last_name": "\u200b"}, "last_name", "only spaces or signs that cannot be seen"),
        ({"first_name": "x" * 100_000}, "first_name", "at most 80 characters"),
        ({"preferred_name": "x" * 81}, "preferred_name", "at most 80 characters"),
        (
            {"birth_date": "14/3/1991"},
            "birth_date",
            "Enter the birth date, for example Mar 14, 1991.",
        ),
        (
            {"birth_date": "2/29/2023"},
            "birth_date",
            "Enter the birth date, for example Mar 14, 1991.",
        ),
        ({"birth_date": "0001-01-01"}, "birth_date", "Use a date between 1900 and 2200."),
        ({"birth_date": "2026-11-25"}, "birth_date", "The birth date is in the future."),
        ({"phone": "911"}, "phone", "Enter a phone number, for example (512) 555-0123."),
        ({"phone": "5" * 100_000}, "phone", "Enter a phone number, for example (512) 555-0123."),
        ({"phone": ""}, "phone", "Enter a phone number, an email address or a postal address."),
        ({"email": "a@b"}, "email", "Enter an email address"),
        ({"email": "a" * 120 + "@example.org"}, "email", "at most 120 characters"),
        ({"sex_at_birth": "x"}, "sex_at_birth", "Choose one from the list."),
        ({"address": "x" * 201}, "address", "at most 200 characters"),
        ({"language": ""}, "language", "Enter a language."),
    ],
    ids=lambda value: repr(value)[:30],
)
def test_what_cannot_be_kept_is_said_beside_its_field(
    cast: Cast, desk: Any, given: dict[str, str], field: str, says: str
):
    answer = desk.post(REGISTER, person(**given))
    page = answer.content.decode()
    assert answer.status_code == 422
    assert says in text_of(answer)
    assert f'id="error_1_id_{field}"' in page
    kept = person(**given)
    assert f'value="{kept["last_name"] or kept["first_name"]}"' in page
    assert Patient.objects.count() == 4


@pytest.mark.parametrize(
    "name",
    [
        "王小明",
        "O'Brien-Łęcka",
        "محمد",
        "e\u0301",
        "<script>",
        "{{7*7}}",
        "'; --",
        "🙂",
        "\u202eabc",
    ],
)
def test_a_name_of_any_script_is_kept_and_shown_as_it_is(cast: Cast, desk: Any, name: str):
    answer = desk.post(REGISTER, person(first_name=name, last_name=name))
    patient = Patient.objects.latest("number")
    assert (patient.first_name, patient.last_name) == (name, name)
    escaped = name.replace("<", "&lt;").replace(">", "&gt;").replace("'", "&#x27;")
    for address in (answer.url, LIST, reverse("patient-edit", args=[patient.pk])):
        assert escaped in desk.get(address).content.decode()


def test_contact_data_are_changed_and_the_look_is_on_record(cast: Cast, desk: Any):
    address = reverse("patient-edit", args=[cast.mia.pk])
    page = desk.get(address).content.decode()
    assert 'value="(512) 555-0123"' in page
    assert 'value="1991-03-03"' in page
    answer = desk.post(address, person(first_name="Mia", last_name="Lee-Chen", version=1))
    assert answer.url == reverse("patient", args=[cast.mia.pk])
    cast.mia.refresh_from_db()
    assert (cast.mia.last_name, cast.mia.version) == ("Lee-Chen", 2)
    assert "1 found" in text_of(desk.get(LIST, {"q": "chen"}))
    assert [one.subject_code for one in audited("patient.open")] == ["PT-000001"]
    assert json.loads(audited("patient.change")[0].detail)["fields"] == [
        "last_name",
        "birth_date",
        "phone",
    ]


def test_a_change_that_makes_one_person_of_two_is_asked_about(cast: Cast, desk: Any):
    other = factories.patient(
        cast.clinic, "Zed", "Quill", by=cast.reception, birth_date=dt.date(1980, 1, 1)
    )
    address = reverse("patient-edit", args=[other.pk])
    born, phone = cast.mia.birth_date.isoformat(), "512 555 0177"
    same = person(
        first_name=" Mia", last_name="Lee ", birth_date=born, phone=phone, version=1, once="a"
    )
    answer = desk.post(address, same)
    assert answer.status_code == 422
    assert "This person may be on file" in text_of(answer)
    assert cast.mia.code in text_of(answer)
    other.refresh_from_db()
    assert other.last_name == "Quill"
    assert desk.post(address, same | {"another": "on"}).status_code == 302
    other.refresh_from_db()
    assert other.legal_name == "Mia Lee"
    # Her address is no question of who she is.
    new = same | {"version": 2, "address": "1 Elm St", "once": "b"}
    assert desk.post(address, new).status_code == 302


def test_what_is_saved_as_it_was_is_no_change(cast: Cast, desk: Any):
    address = reverse("patient-edit", args=[cast.mia.pk])
    desk.post(address, person(first_name="Mia", last_name="Lee", version=1, once="a"))
    same = person(first_name="Mia", last_name="Lee", version=2, once="b")
    assert desk.post(address, same).status_code == 302
    cast.mia.refresh_from_db()
    assert cast.mia.version == 2
    assert len(audited("patient.change")) == 1
    assert len(audited("patient.open")) == 1


def test_a_field_that_a_patient_does_not_have_is_no_change_either(cast: Cast):
    values = {name: getattr(cast.mia, name) for name in EDITABLE}
    whose = {"patient": cast.mia, "version": 1, "by": cast.reception, "at": NOW}
    with pytest.raises(TypeError, match="nonsense"):
        operations.change_patient(**whose, **values, nonsense=1)


@pytest.mark.rule("P12")
def test_the_second_to_save_sees_both_texts_and_overwrites_nothing(
    cast: Cast, desk: Any, enter: Enter
):
    address = reverse("patient-edit", args=[cast.mia.pk])
    hers = person(first_name="Mia", last_name="Lee", address="1 Main St", version=1)
    his = person(first_name="Mia", last_name="Lee", address="2 Oak Ave", version=1, once="b-key")
    assert desk.post(address, hers).status_code == 302
    manager = enter(cast.manager)
    answer = manager.post(address, his)
    assert answer.status_code == 409
    # Who is refused is shown the patient all the same.
    assert [one.actor_name for one in audited("patient.open")] == [cast.manager.name]
    text, page = text_of(answer), answer.content.decode()
    assert "Someone changed this patient after you opened the page." in text
    assert "1 Main St" in text
    assert "2 Oak Ave" in text
    assert 'name="address" value="2 Oak Ave"' in page
    assert 'name="version" value="2"' in page
    cast.mia.refresh_from_db()
    assert cast.mia.address == "1 Main St"
    assert manager.post(address, his | {"version": 2}).status_code == 302
    cast.mia.refresh_from_db()
    assert cast.mia.address == "2 Oak Ave"


def test_another_clinic_s_patient_is_not_there(cast: Cast, desk: Any):
    address = reverse("patient-edit", args=[cast.other_patient.pk])
    assert desk.get(address).status_code == 404
    assert desk.post(address, person(version=1)).status_code == 404
    assert desk.post(address, {}).status_code == 404
    assert audited("patient.open") == []


@pytest.mark.parametrize("version", ["", "0", "-1", "x", "9" * 30])
def test_a_version_that_is_none_is_refused(cast: Cast, desk: Any, version: str):
    address = reverse("patient-edit", args=[cast.mia.pk])
    answer = desk.post(address, person(version=version))
    assert answer.status_code == 422
    assert "Open the patient again" in text_of(answer)
    cast.mia.refresh_from_db()
    assert cast.mia.version == 1
