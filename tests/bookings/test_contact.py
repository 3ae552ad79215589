"""How a patient wants to be told of her visits: asked where she is put on file, and kept to."""

from __future__ import annotations

import datetime as dt
from typing import Any

import pytest

from bookings import operations
from bookings.models import Appointment
from clinic import operations as building
from clinic import outbox
from clinic.models import AuditEvent, Message, Patient
from clinic.operations.patients import EDITABLE
from tests import factories
from tests.cast import NOW, Cast
from tests.gateways import TextProvider

HOUR = dt.timedelta(hours=1)
VISIT = NOW + dt.timedelta(days=3, hours=2)
MOBILE, LONDON = "+15125550188", "+442071838750"
HERS = {
    "first_name": "Ida",
    "last_name": "Berg",
    "birth_date": "1991-03-03",
    "phone": "(512) 555-0177",
    "email": "ida@example.org",
    "sex_at_birth": "unknown",
    "language": "English",
}


@pytest.fixture
def her(cast: Cast) -> Patient:
    """A patient with an email address and a mobile phone."""
    return factories.patient(
        cast.clinic, "Ida", "Berg", by=cast.manager, email="ida@example.org", phone=MOBILE
    )


@pytest.fixture
def visit(cast: Cast, her: Patient) -> Appointment:
    return operations.book(
        clinic=cast.clinic,
        patient=her,
        practitioner=cast.ana,
        service=cast.service,
        starts_at=VISIT,
        by=cast.reception,
        at=NOW,
    )


def change(cast: Cast, her: Patient, **given: Any) -> Patient:
    her = Patient.objects.get(pk=her.pk)
    values = {name: getattr(her, name) for name in EDITABLE} | given
    return building.change_patient(
        patient=her, version=her.version, by=cast.reception, at=NOW, **values
    )


def outbox_holds() -> set[tuple[str, str, str, str]]:
    return {
        (one.key.partition(" ")[0], one.channel, one.to, one.status)
        for one in Message.objects.all()
    }


@pytest.mark.parametrize(
    ("given", "status", "says"),
    [
        ({}, 302, ""),
        ({"contact_by": "none"}, 302, ""),
        ({"contact_by": "both"}, 302, ""),
        ({"contact_by": "email", "email": ""}, 422, "There is no email address to write to."),
        ({"contact_by": "sms", "phone": ""}, 422, "There is no phone number for text messages."),
        ({"contact_by": "sms", "phone": LONDON}, 422, "it is no mobile&#x27;s."),
        ({"contact_by": "owl"}, 422, "Choose one from the list."),
    ],
)
@pytest.mark.parametrize("page", ["register", "edit"])
def test_how_she_is_told_is_asked_beside_how_she_is_reached(
    cast: Cast,
    enter: Any,
    clock: Any,
    page: str,
    given: dict[str, str],
    status: int,
    says: str,
) -> None:
    sent = HERS | given
    address = "/patients/register/"
    if page == "edit":
        patient = factories.patient(cast.clinic, "Ida", "Berg", by=cast.manager, phone=MOBILE)
        sent |= {"version": str(patient.version)}
        address = f"/patients/{patient.pk}/edit/"
    answer = enter(cast.reception).post(address, sent)
    assert answer.status_code == status
    beside = answer.content.decode().partition('id="div_id_contact_by"')[2]
    assert says in beside.partition("form-text")[0]
    kept = Patient.objects.filter(first_name="Ida", email=sent["email"])
    if status == 302:
        assert kept.get().contact_by == given.get("contact_by", "any")
    else:
        assert not kept.exclude(email="").exists()
        assert 'name="contact_by"' in answer.content.decode()


@pytest.mark.parametrize("page", ["/appointments/new/", "/appointments/walk-in/"])
def test_a_newcomer_says_it_too(cast: Cast, enter: Any, clock: Any, page: str) -> None:
    sent = HERS | {
        "contact_by": "none",
        "service": str(cast.service.pk),
        "date": "2026-11-24",
        "time": "1:00 PM",
        "slot": f"{cast.ana.pk}@2026-11-24T19:00Z",
    }
    browser = enter(cast.reception)
    assert 'name="contact_by"' in browser.get(page).content.decode()
    faulty = browser.post(page, sent | {"contact_by": "email", "email": ""})
    assert faulty.status_code == 422
    assert "There is no email address to write to." in faulty.content.decode()
    assert not Patient.objects.filter(first_name="Ida").exists()
    browser.post(page, sent)
    assert Patient.objects.get(first_name="Ida").contact_by == "none"
    assert not Message.objects.exists()


def test_a_choice_alone_registers_nobody(cast: Cast, enter: Any, clock: Any) -> None:
    answer = enter(cast.reception).post("/appointments/new/", {"contact_by": "any"})
    assert "Find the patient, or register a new one." in answer.content.decode()
    assert "Enter the legal first name." not in answer.content.decode()


def test_a_patient_on_file_who_cannot_be_told_as_she_wants_can_be_renamed(
    cast: Cast, her: Patient
) -> None:
    her.contact_by, her.phone = "sms", LONDON
    her.write()
    assert change(cast, her, first_name="Inga").first_name == "Inga"


@pytest.mark.rule("P28")
def test_whoever_wants_no_messages_gets_none_that_waits(
    cast: Cast, her: Patient, visit: Appointment
) -> None:
    change(cast, her, contact_by="none")
    assert outbox_holds() == {("booked", "email", "ida@example.org", "dropped")}
    assert operations.send_reminders(at=VISIT - HOUR) == 0
    operations.cancel(appointment=visit, reason="Ill", by=cast.reception, at=NOW)
    assert outbox.deliver(at=NOW + HOUR) == 0
    assert AuditEvent.objects.filter(action="patient.change").count() == 1


@pytest.mark.rule("P28")
def test_what_waits_goes_to_the_new_address_and_to_nobody_else_s(
    cast: Cast, her: Patient, visit: Appointment
) -> None:
    mother = factories.patient(cast.clinic, "Eva", "Berg", by=cast.manager, email="ida@example.org")
    operations.book(
        clinic=cast.clinic,
        patient=mother,
        practitioner=cast.ana,
        service=cast.service,
        starts_at=VISIT + 2 * HOUR,
        by=cast.reception,
        at=NOW,
    )
    change(cast, her, email="ida.berg@example.org")
    assert outbox_holds() == {
        ("booked", "email", "ida.berg@example.org", "waiting"),
        ("booked", "email", "ida@example.org", "waiting"),
    }


@pytest.mark.rule("P28")
def test_what_waits_for_mail_goes_as_a_text_once_she_wants_texts(
    cast: Cast, her: Patient, visit: Appointment, texts: TextProvider
) -> None:
    outbox.deliver(at=NOW)
    operations.cancel(appointment=visit, reason="Ill", by=cast.reception, at=NOW)
    change(cast, her, contact_by="sms")
    assert outbox_holds() == {
        ("booked", "email", "ida@example.org", "sent"),
        ("cancelled", "email", "ida@example.org", "dropped"),
        ("cancelled", "sms", MOBILE, "waiting"),
    }
    assert outbox.deliver(at=NOW) == 0, "it waits as long as an undo may come"
    assert outbox.deliver(at=NOW + HOUR) == 1
    assert "is cancelled" in texts.texts[0][1]


@pytest.mark.rule("P28")
def test_a_reminder_taken_back_with_its_way_comes_by_the_other(
    cast: Cast, her: Patient, visit: Appointment, texts: TextProvider
) -> None:
    outbox.deliver(at=NOW)
    operations.send_reminders(at=VISIT - 40 * HOUR)
    change(cast, her, contact_by="sms")
    operations.send_reminders(at=VISIT - 39 * HOUR)
    assert {one for one in outbox_holds() if one[0] == "reminder"} == {
        ("reminder", "email", "ida@example.org", "dropped"),
        ("reminder", "sms", MOBILE, "waiting"),
    }


@pytest.mark.rule("P28")
def test_what_failed_by_mail_goes_as_a_text(
    cast: Cast, her: Patient, visit: Appointment, texts: TextProvider
) -> None:
    message = Message.objects.get()
    message.status, message.finished_at = Message.Status.FAILED, NOW
    message.write(only=["status", "finished_at"])
    change(cast, her, contact_by="sms")
    assert outbox_holds() == {
        ("booked", "email", "ida@example.org", "failed"),
        ("booked", "sms", MOBILE, "waiting"),
    }


def test_the_card_says_how_she_is_told(cast: Cast, her: Patient, enter: Any, clock: Any) -> None:
    her.contact_by = "none"
    her.write()
    page = enter(cast.reception).get(f"/patients/{her.pk}/").content.decode()
    assert "<dt>Messages about visits</dt><dd>No messages</dd>" in page
