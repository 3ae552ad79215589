"""The page on which a visit is booked: who, what, when, and the ways to be told no."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from bookings.models import Appointment
from clinic.models import AuditEvent, Patient, User
from tests import factories
from tests.cast import NOW, Cast

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("clock")]
NEW = "/appointments/new/"
Enter = Callable[[User], Client]


@pytest.fixture
def desk(cast: Cast, enter: Enter) -> Client:
    """The receptionist's browser."""
    return enter(cast.reception)


def asked(cast: Cast, **given: Any) -> dict[str, Any]:
    """What the desk sends to book Mia with Ana today at noon."""
    return {
        "patient": "Mia Lee",
        "service": cast.service.pk,
        "practitioner": cast.ana.pk,
        "date": "2026-11-24",
        "time": "12:00",
        "once": "a-key",
        **given,
    }


def text_of(answer: Any) -> str:
    """What one reads on the page."""
    bare = re.sub(r"<(script|style|template)\b.*?</\1>", " ", answer.content.decode(), flags=re.S)
    return " ".join(re.sub(r"<[^>]+>", " ", bare).replace("&#x27;", "'").split())


def slot(practitioner: Any, when: str) -> str:
    return f"{practitioner.pk if practitioner else ''}@{when}"


def labels(answer: Any) -> set[str]:
    found = re.findall(r"<label[^>]*>\s*(.*?)\s*</label>", answer.content.decode(), flags=re.S)
    return {re.sub(r"<[^>]+>", "", one).strip() for one in found}


def test_the_page_asks_in_the_order_of_a_call(cast: Cast, desk: Any):
    answer = desk.get(NEW)
    assert answer.status_code == 200
    assert {"Patient", "Service", "Practitioner", "Date", "Time"} <= labels(answer)
    page = answer.content.decode()
    order = [page.index(f'name="{name}"') for name in ("patient", "service", "date", "time")]
    assert order == sorted(order)
    assert 'value="2026-11-24"' in page
    assert "Still to choose: patient, service, time." in text_of(answer)


def test_a_visit_is_booked_and_shown_on_its_day(cast: Cast, desk: Any):
    answer = desk.post(NEW, asked(cast))
    visit = Appointment.objects.get()
    assert answer.status_code == 302
    assert answer.url == f"/day/2026-11-24/?visit={visit.pk}"
    assert (visit.patient, visit.practitioner, visit.service) == (cast.mia, cast.ana, cast.service)
    assert visit.starts_at == NOW + dt.timedelta(hours=3)
    after = text_of(desk.get(answer.url))
    assert (
        "Booked: Mia Lee, Face, 45 minutes, Tue, Nov 24, 12:00–12:45 PM, Ana Ruiz LE; "
        "numbing from 11:35 AM; Room 1." in after
    ) or "; Room 2." in after


@pytest.mark.parametrize(
    "typed", ["12:00", "12:00 PM", "12:00pm", "12 pm", "12pm", " 12:00 ", "12:00:00"]
)
def test_a_time_is_read_as_people_type_it(cast: Cast, desk: Any, typed: str):
    assert desk.post(NEW, asked(cast, time=typed)).status_code == 302
    assert Appointment.objects.get().starts_at == NOW + dt.timedelta(hours=3)


@pytest.mark.parametrize(
    "typed",
    ["Lee, Mia", "mia lee", "PT-1", "pt-000001", "(512) 555-0123", "+1 512 555 0123"],
)
def test_a_patient_named_in_full_needs_no_list(cast: Cast, desk: Any, typed: str):
    assert desk.post(NEW, asked(cast, patient=typed)).status_code == 302
    assert Appointment.objects.get().patient == cast.mia


def test_a_patient_named_in_part_is_chosen_from_the_list(cast: Cast, desk: Any):
    answer = desk.post(NEW, asked(cast, patient="Mia"))
    assert answer.status_code == 422
    assert "Choose the patient from the list below." in text_of(answer)
    assert f'name="chosen" value="{cast.mia.pk}"' in answer.content.decode()
    assert desk.post(NEW, asked(cast, patient="Mia", chosen=cast.mia.pk)).status_code == 302
    assert Appointment.objects.get().patient == cast.mia


def test_two_of_one_name_are_never_guessed(cast: Cast, desk: Any):
    other = factories.patient(cast.clinic, "Mia", "Lee", by=cast.manager, phone="+15125550777")
    assert desk.post(NEW, asked(cast)).status_code == 422
    assert desk.post(NEW, asked(cast, chosen=other.pk)).status_code == 302
    assert Appointment.objects.get().patient == other


def test_a_choice_that_does_not_fit_what_is_typed_is_asked_again(cast: Cast, desk: Any):
    answer = desk.post(NEW, asked(cast, patient="王小明", chosen=cast.mia.pk))
    assert answer.status_code == 422
    assert "Mia Lee is chosen, but “王小明” is typed." in text_of(answer)
    assert not Appointment.objects.exists()


def test_nobody_by_that_name(cast: Cast, desk: Any):
    answer = desk.post(NEW, asked(cast, patient="Zoë Nobody"))
    assert answer.status_code == 422
    assert "No patient here fits “Zoë Nobody”." in text_of(answer)
    assert 'value="Zoë Nobody"' in answer.content.decode()


@pytest.mark.parametrize("key", ["other", "unknown", "nonsense"])
def test_another_clinic_s_patient_answers_like_a_missing_one(cast: Cast, desk: Any, key: str):
    keys = {
        "other": cast.other_patient.pk,
        "unknown": "11111111-1111-4111-8111-111111111111",
        "nonsense": "'; --",
    }
    answer = desk.post(NEW, asked(cast, patient="", chosen=keys[key]))
    assert answer.status_code == 422
    assert "Find the patient again." in text_of(answer)
    assert desk.get(NEW, {"patient": keys[key]}).status_code == 404


def newcomer(**given: Any) -> dict[str, Any]:
    return {
        "patient": "",
        "first_name": "Siân",
        "last_name": "O'Brien-Łęcka",
        "birth_date": "3/14/1991",
        "phone": "(512) 555-0199",
        "email": "",
        **given,
    }


def test_a_new_patient_is_registered_and_booked_in_one_press(cast: Cast, desk: Any):
    answer = desk.post(NEW, asked(cast, **newcomer()))
    assert answer.status_code == 302
    patient = Patient.objects.get(last_name="O'Brien-Łęcka", first_name="Siân")
    assert patient.birth_date == dt.date(1991, 3, 14)
    assert str(patient.phone) == "+15125550199"
    assert Appointment.objects.get().patient == patient


@pytest.mark.rule("P3")
def test_a_double_press_registers_and_books_once(cast: Cast, desk: Any):
    before = Patient.objects.count()
    first = desk.post(NEW, asked(cast, **newcomer()))
    second = desk.post(NEW, asked(cast, **newcomer()))
    assert (first.status_code, second.status_code) == (302, 302)
    assert first.url == second.url
    assert Patient.objects.count() == before + 1
    assert Appointment.objects.count() == 1


@pytest.mark.rule("P3")
def test_a_double_press_with_anyone_books_once(cast: Cast, desk: Any):
    urls = {desk.post(NEW, asked(cast, practitioner="")).url for _ in range(2)}
    assert len(urls) == 1
    assert Appointment.objects.count() == 1


@pytest.mark.rule("P2")
def test_a_registered_patient_stays_on_file_where_the_booking_is_refused(cast: Cast, desk: Any):
    desk.post(NEW, asked(cast))
    answer = desk.post(NEW, asked(cast, once="b-key", **newcomer()))
    assert answer.status_code == 409
    patient = Patient.objects.get(first_name="Siân")
    text, page = text_of(answer), answer.content.decode()
    assert f"is on file now as {patient.code}. The visit is not booked yet." in text
    assert f'value="{patient.pk}" checked' in page
    # The next press books the one on file and registers nobody again.
    retry = asked(cast, once="b-key", patient=patient.name, chosen=patient.pk, time="14:00")
    assert desk.post(NEW, retry).status_code == 302
    assert Patient.objects.filter(first_name="Siân").count() == 1


def test_a_look_shows_what_fits_and_writes_nothing(cast: Cast, desk: Any):
    events = AuditEvent.objects.exclude(action="patient.search").count()
    answer = desk.post(NEW, asked(cast, patient="mi", time="", look=""))
    assert answer.status_code == 200
    page = answer.content.decode()
    assert 'value="mi"' in page
    assert "Mia Lee" in text_of(answer)
    assert "invalid-feedback" not in page
    assert 'data-time="12:00 PM"' in page or "more" in text_of(answer)
    assert AuditEvent.objects.exclude(action="patient.search").count() == events
    more = desk.post(NEW, asked(cast, time="", look=f"{cast.bo.pk}@2026-11-25"))
    assert f'value="{cast.bo.pk}" selected' in more.content.decode()
    assert 'name="date" value="2026-11-25"' in more.content.decode()


def test_an_empty_cell_of_the_board_leads_to_a_filled_page(cast: Cast, desk: Any):
    answer = desk.get(
        NEW,
        {
            "practitioner": cast.ana.pk,
            "date": "2026-11-25",
            "time": "10:15",
            "patient": cast.mia.pk,
            "service": cast.service.pk,
        },
    )
    assert (
        "Mia Lee, Face, 45 minutes, Wed, Nov 25, 10:15–11:00 AM, Ana Ruiz LE; "
        "numbing from 9:50 AM" in text_of(answer)
    )
    assert f'value="{cast.mia.pk}" checked' in answer.content.decode()


@pytest.mark.parametrize(
    "query",
    [
        {"date": "2026-02-30"},
        {"date": "0001-01-01"},
        {"time": "25:00"},
        {"practitioner": "nora"},
        {"practitioner": "x"},
        {"service": "11111111-1111-4111-8111-111111111111"},
        {"patient": "x"},
    ],
)
def test_a_link_that_cannot_be_read_leads_nowhere(cast: Cast, desk: Any, query: dict[str, Any]):
    if query.get("practitioner") == "nora":
        query = {"practitioner": cast.nora.pk}
    assert desk.get(NEW, query).status_code == 404


def test_who_may_book(cast: Cast, enter: Enter):
    may = {cast.reception, cast.manager}
    everyone = [*cast.staff.values(), cast.nobody]
    for address in (NEW, reverse("free-times"), reverse("appointment-words")):
        for user in everyone:
            expected = 200 if user in may else 403
            assert enter(user).get(address).status_code == expected, (address, user.name)


def test_the_words_follow_what_is_chosen_and_name_no_newcomer(cast: Cast, desk: Any):
    words = reverse("appointment-words")
    query = {"service": cast.service.pk, "date": "2026-11-24", "time": "12:00"}
    assert text_of(desk.get(words, query)) == "Still to choose: patient."
    assert text_of(desk.get(words, query | {"chosen": cast.mia.pk})) == (
        "Mia Lee, Face, 45 minutes, Tue, Nov 24, 12:00–12:45 PM, anyone free; numbing from 11:35 AM"
    )
    assert text_of(desk.get(words, query | {"new": "1"})).startswith("New patient, Face")
    other = desk.get(words, query | {"chosen": cast.other_patient.pk})
    assert text_of(other) == "Still to choose: patient."
