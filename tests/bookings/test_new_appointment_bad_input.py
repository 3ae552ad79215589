"""Whatever is sent to the booking page is answered in words, and nothing typed is lost."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any
from urllib.parse import quote

import pytest
from django.test import Client

from bookings.models import Appointment
from clinic.models import Patient, User
from tests.bookings.test_new_appointment_views import NEW, asked, newcomer, text_of
from tests.cast import Cast

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("clock")]
LONG = "x" * 100_000
TEXTS = [
    " ",
    "\u200b",
    "a\x00b",
    LONG,
    "<script>alert(1)</script>",
    "{{7*7}}",
    "'; --",
    "\u202egnorts",
    "e\u0301" * 20,
    "🙂",
    "%00",
]


@pytest.fixture
def desk(cast: Cast, enter: Callable[[User], Client]) -> Client:
    """The receptionist's browser."""
    return enter(cast.reception)


@pytest.mark.parametrize("field", ["patient", "time", "date", "service", "practitioner"])
@pytest.mark.parametrize("text", TEXTS, ids=[repr(text[:12]) for text in TEXTS])
def test_an_odd_text_is_refused_beside_its_field(cast: Cast, desk: Any, field: str, text: str):
    answer = desk.post(NEW, asked(cast, **{field: text}))
    blank = not text.strip()
    assert answer.status_code == 422
    page = answer.content.decode()
    assert f'id="error_1_id_{field}"' in page
    assert "<script>alert" not in page
    assert not Appointment.objects.exists()
    if field == "patient" and not blank:
        shown = text.replace("<", "&lt;").replace(">", "&gt;").replace("'", "&#x27;")
        assert f'value="{shown}"' in page


@pytest.mark.parametrize(
    ("field", "value", "says"),
    [
        ("time", "25:00", "Enter a time, for example 9:30."),
        ("time", "9:3O", "Enter a time, for example 9:30."),
        ("time", "-1", "Enter a time, for example 9:30."),
        ("time", "NaN", "Enter a time, for example 9:30."),
        ("time", "12:00:30", "A visit starts on a whole minute."),
        ("time", "", "Choose one of the free times, or type a time."),
        ("date", "", "Choose a date."),
        ("date", "0001-01-01", "Use a date between 1900 and 2200."),
        ("date", "9999-12-31", "Use a date between 1900 and 2200."),
        ("date", "1900-01-01", "This time is in the past."),
        ("date", "2200-12-31", "This is more than two years ahead."),
        ("date", "2027-02-29", "Enter a date, for example Nov 24, 2026."),
        ("date", "2026-11-23", "This time is in the past."),
        ("service", "", "Choose a service."),
        ("service", "other", "Choose one of this clinic's services."),
        ("practitioner", "nora", "Choose someone who works in this clinic."),
        ("choice", "x", "Choose one of the times on the page."),
        ("choice", "x" * 500, "Choose one of the times on the page."),
        ("choice", "nora", "Choose one of the times on the page."),
        ("choice", "@9999-12-31T23:59Z", "Choose one of the times on the page."),
        ("choice", "@0001-01-01T00:00Z", "Choose one of the times on the page."),
        ("slot", "'; --", "Choose one of the times on the page."),
        ("slot", "@2026-11-24T1\x00:15Z", "Choose one of the free times, or type a time."),
        ("slot", "x" * 500, "Choose one of the free times, or type a time."),
        ("chosen", "\x00", "Find the patient again."),
    ],
)
def test_what_cannot_be_booked_is_said(cast: Cast, desk: Any, field: str, value: str, says: str):
    if value == "other":
        value = str(cast.other_service.pk)
    if value == "nora":
        value = str(cast.nora.pk) + ("@2026-11-25T18:00Z" if field == "choice" else "")
    given = asked(cast, **{field: value})
    if field == "slot":
        given["time"] = ""
    answer = desk.post(NEW, given)
    assert answer.status_code == 422
    assert says in text_of(answer)
    assert not Appointment.objects.exists()


@pytest.mark.parametrize("field", ["first_name", "last_name"])
@pytest.mark.parametrize(
    ("text", "says"),
    [
        (" ", "Enter the legal"),
        ("\u200b", "only spaces or signs that cannot be seen"),
        ("a\x00b", "The text has a NUL character in it."),
        ("x" * 81, "at most 80 characters"),
        (LONG, "at most 80 characters"),
    ],
    ids=["blank", "unseen", "nul", "81", "long"],
)
def test_a_name_that_cannot_be_kept_is_refused(
    cast: Cast, desk: Any, field: str, text: str, says: str
):
    before = Patient.objects.count()
    answer = desk.post(NEW, asked(cast, **newcomer(**{field: text})))
    assert answer.status_code == 422
    assert says in text_of(answer)
    assert "<details" in answer.content.decode()
    assert 'class="newcomer" open' in answer.content.decode()
    assert 'value="(512) 555-0199"' in answer.content.decode()
    assert (Patient.objects.count(), Appointment.objects.count()) == (before, 0)


@pytest.mark.parametrize(
    "name",
    [
        "王小明",
        "O'Brien-Łęcka",
        "محمد",
        "Nguyễn",
        "e\u0301",
        "<b>",
        "{{7*7}}",
        "'; --",
        "🙂",
        "=1+1",
    ],
)
def test_a_name_of_any_script_is_kept_exactly(cast: Cast, desk: Any, name: str):
    answer = desk.post(NEW, asked(cast, **newcomer(first_name=name, last_name=name)))
    assert answer.status_code == 302
    patient = Patient.objects.latest("number")
    assert (patient.first_name, patient.last_name) == (name, name)
    shown = text_of(desk.get(answer.url))
    assert name.replace("<", "&lt;").replace(">", "&gt;") in shown


@pytest.mark.parametrize(
    ("given", "says"),
    [
        ({"birth_date": ""}, "Enter the birth date, for example Mar 14, 1991."),
        ({"birth_date": "14/3/1991"}, "Enter the birth date, for example Mar 14, 1991."),
        ({"birth_date": "3/14/91"}, "Enter the birth date, for example Mar 14, 1991."),
        ({"birth_date": "2/29/2023"}, "Enter the birth date, for example Mar 14, 1991."),
        ({"birth_date": "1/1/0001"}, "Use a date between 1900 and 2200."),
        ({"birth_date": "11/25/2026"}, "The birth date is in the future."),
        ({"phone": "12"}, "Enter a phone number, for example (512) 555-0123."),
        ({"phone": "x" * 5000}, "Enter a phone number, for example (512) 555-0123."),
        ({"phone": ""}, "Enter a phone number, an email address or a postal address."),
        ({"email": "no"}, "Enter an email address, for example mia@example.org."),
    ],
)
def test_a_newcomer_s_data_are_checked_in_words(
    cast: Cast, desk: Any, given: dict[str, str], says: str
):
    answer = desk.post(NEW, asked(cast, **newcomer(**given)))
    assert answer.status_code == 422
    assert says in text_of(answer)
    assert not Appointment.objects.exists()
    assert not Patient.objects.filter(first_name="Siân").exists()


def test_a_patient_chosen_and_one_typed_in_are_not_both_taken(cast: Cast, desk: Any):
    answer = desk.post(NEW, asked(cast, **newcomer(), chosen=cast.mia.pk))
    assert answer.status_code == 422
    assert "A patient is chosen and a new one is typed in." in text_of(answer)
    assert not Appointment.objects.exists()


def test_half_a_character_is_refused_and_a_lost_one_too(cast: Cast, desk: Any):
    raw = "&".join(f"{name}={quote(str(value))}" for name, value in asked(cast).items())
    raw = raw.replace("patient=Mia%20Lee", "patient=Mia%ED%A0%80")
    answer = desk.post(NEW, raw, content_type="application/x-www-form-urlencoded")
    assert answer.status_code == 422
    assert "A character of the text was lost on its way here." in text_of(answer)


@pytest.mark.parametrize("look", ["", "x", "@", "@@", "'; --", "x@2026-99-99", "\x00", "y" * 9000])
def test_a_look_never_breaks(cast: Cast, desk: Any, look: str):
    assert desk.post(NEW, asked(cast, look=look)).status_code == 200


@pytest.mark.parametrize("text", TEXTS, ids=[repr(text[:12]) for text in TEXTS])
def test_the_finder_and_the_words_never_break(cast: Cast, desk: Any, text: str):
    # A NUL in an address is turned away at the gate.
    allowed = {400} if "\x00" in text else {200, 422}
    assert desk.get("/patients/find/", {"patient": text[:7000]}).status_code in allowed
    query = dict.fromkeys(["chosen", "service", "practitioner", "date", "time", "slot"], text[:900])
    assert desk.get("/appointments/new/words/", query).status_code in allowed


def test_fields_that_the_page_did_not_show_are_not_taken(cast: Cast, desk: Any):
    sent: dict[str, Any] = {"device": cast.other_device.pk, "note": "x", "status": "completed"}
    assert desk.post(NEW, asked(cast, **sent, clinic=cast.other_clinic.pk)).status_code == 302
    visit = Appointment.objects.get()
    assert (visit.clinic, visit.note, visit.status) == (cast.clinic, "", "booked")


@pytest.mark.rule("P15")
def test_a_room_of_another_clinic_is_not_booked(cast: Cast, desk: Any):
    answer = desk.post(NEW, asked(cast, room=cast.other_room.pk))
    assert answer.status_code == 422
    assert "Choose one of this clinic's rooms in use." in text_of(answer)
    assert not Appointment.objects.exists()


@pytest.mark.parametrize("year", ["0001-01-01T00:00Z", "1899-12-31T23:59Z", "9999-12-31T23:59Z"])
def test_a_free_time_of_no_calendar_is_refused_in_words(cast: Cast, desk: Any, year: str):
    slot = f"{cast.ana.pk}@{year}"
    assert desk.get(f"{NEW}words/", {"slot": slot}).status_code == 200
    answer = desk.post(NEW, asked(cast, slot=slot, date="", time=""))
    assert answer.status_code == 422
    assert "Choose one of the times on the page." in text_of(answer)
    assert not Appointment.objects.exists()
