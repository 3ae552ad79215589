"""What the desk sees of the messages to patients, and trying one again."""

from __future__ import annotations

import datetime as dt
import json
import smtplib
import socket
import ssl
from typing import Any

import pytest

from bookings import operations
from bookings.models import Appointment
from bookings.queries import posted
from bookings.rules.sending import ERRORS, LABELS, Again, Spoken, again_fault, said_of
from bookings.rules.status import Status
from bookings.rules.telling import Kind
from bookings.rules.waiting import OfferState
from clinic import gateways, outbox
from clinic.models import AuditEvent, Message, Patient
from clinic.refusals import Refusal
from clinic.rules.posting import INTERRUPTED, LATE
from tests import factories
from tests.cast import NOW, Cast
from tests.gateways import MailServer, TextProvider

HOUR = dt.timedelta(hours=1)
VISIT = NOW + dt.timedelta(days=3, hours=2)
STANDS = Spoken(VISIT, VISIT, Status.BOOKED)
OFF = Spoken(VISIT, VISIT, Status.CANCELLED)


@pytest.fixture
def her(cast: Cast) -> Patient:
    return factories.patient(
        cast.clinic, "Ida", "Berg", by=cast.manager, email="ida@example.org", phone="+15125550188"
    )


def book(cast: Cast, patient: Patient, starts_at: dt.datetime = VISIT) -> Appointment:
    return operations.book(
        clinic=cast.clinic,
        patient=patient,
        practitioner=cast.ana,
        service=cast.service,
        starts_at=starts_at,
        by=cast.reception,
        at=NOW,
    )


def fail(message: Message, error: str = "SMTPRecipientsRefused") -> Message:
    """The message as it is after the mail server refused it for good."""
    message.status, message.error, message.finished_at = Message.Status.FAILED, error, NOW
    message.attempts = 1
    message.write(only=["status", "error", "finished_at", "attempts"])
    return message


@pytest.fixture
def failed(cast: Cast, her: Patient) -> Message:
    book(cast, her)
    return fail(Message.objects.get())


def again(cast: Cast, message: Message, at: dt.datetime = NOW) -> Message:
    return operations.try_message_again(message=message, by=cast.reception, at=at)


def kinds_of(module: Any, base: type[BaseException]) -> list[str]:
    found = [one for one in vars(module).values() if isinstance(one, type)]
    return sorted({one.__name__ for one in found if issubclass(one, base)})


@pytest.mark.parametrize(
    "error",
    [
        *kinds_of(smtplib, smtplib.SMTPException),
        *kinds_of(socket, OSError),
        ssl.SSLCertVerificationError.__name__,
        "ConnectionRefusedError",
        "UnicodeEncodeError",
        gateways.NoGateway.__name__,
        gateways.NotTaken.__name__,
        INTERRUPTED,
        LATE,
        outbox.WITHDRAWN,
    ],
)
def test_what_went_wrong_is_said_in_words(error: str) -> None:
    assert said_of(error) == ERRORS[error]


def test_an_error_without_words_is_named() -> None:
    assert said_of("OddError") == (
        "Something went wrong for which there are no words here (OddError)."
    )
    assert said_of("") == ""


def test_each_kind_of_message_has_its_name() -> None:
    assert set(LABELS) == set(Kind)


@pytest.mark.rule("P28")
@pytest.mark.parametrize(
    ("given", "says"),
    [
        ({}, None),
        ({"failed": False}, "has not failed"),
        ({"not_after": NOW}, "too late"),
        ({"kind": None}, "not on file"),
        ({"spoken": ()}, "not on file"),
        ({"withdrawn": True}, "no longer so"),
        ({"spoken": (STANDS, Spoken(VISIT, VISIT + HOUR, Status.BOOKED))}, "no longer so"),
        ({"spoken": (Spoken(VISIT, VISIT, Status.ARRIVED),)}, "no longer so"),
        ({"spoken": (STANDS, OFF)}, "no longer so"),
        ({"spoken": (OFF,), "kind": Kind.CANCELLED}, None),
        ({"kind": Kind.CANCELLED}, "no longer so"),
        ({"ways": ("sms",)}, "not told by email now"),
        ({"ways": (), "way": "sms"}, "not told by text message now"),
        ({"offer": OfferState.OPEN, "kind": None, "spoken": ()}, None),
        ({"offer": OfferState.OPEN, "kind": None, "spoken": (), "ways": ()}, "not told by email"),
        ({"offer": OfferState.OPEN, "kind": None, "spoken": (), "not_after": NOW}, "not held"),
        ({"offer": OfferState.WITHDRAWN, "kind": None, "spoken": ()}, "not held"),
    ],
)
def test_what_may_be_tried_again(given: dict[str, Any], says: str | None) -> None:
    usual: dict[str, Any] = {
        "kind": Kind.BOOKED,
        "way": "email",
        "failed": True,
        "withdrawn": False,
        "not_after": VISIT,
        "spoken": (STANDS,),
        "ways": ("email",),
    }
    fault = again_fault(Again(**usual | given), at=NOW)
    assert fault is None if says is None else fault and says in fault[0]


@pytest.mark.rule("P28")
def test_a_message_tried_again_goes_to_the_address_as_corrected(
    cast: Cast, her: Patient, failed: Message, mail_server: MailServer
) -> None:
    her.email = "ida.berg@example.org"
    her.write()
    again(cast, failed)
    assert outbox.deliver(at=NOW) == 1
    assert mail_server.mails[0]["To"] == "ida.berg@example.org"
    event = AuditEvent.objects.get(action="message.try_again")
    assert json.loads(event.detail) == {
        "kind": "booked",
        "way": "email",
        "error": "SMTPRecipientsRefused",
        "address_changed": True,
    }
    with pytest.raises(Refusal, match="has not failed"):
        again(cast, failed)


@pytest.mark.rule("P28")
def test_what_is_no_longer_so_is_not_tried_again(cast: Cast, failed: Message) -> None:
    visit = posted([failed])[0].visit
    assert visit is not None
    operations.cancel(appointment=visit, reason="Ill", by=cast.reception, at=NOW)
    with pytest.raises(Refusal, match="no longer so"):
        again(cast, failed)
    refused = AuditEvent.objects.get(action="message.try_again")
    assert (refused.outcome, refused.rule) == ("refused", "P28")


@pytest.mark.parametrize("about", ["no key", "0" * 32])
def test_a_message_about_no_visit_breaks_no_page(
    cast: Cast, failed: Message, about: str, enter: Any, clock: Any
) -> None:
    Message.objects.filter(pk=failed.pk)._raw_delete("default")
    failed.about, failed._state.adding = about, True
    failed.write()
    answer = enter(cast.reception).get("/messages/")
    assert answer.status_code == 200
    assert "ida@example.org" in answer.content.decode()
    with pytest.raises(Refusal, match="not on file"):
        again(cast, failed)


def test_the_page_says_what_failed_and_why_and_never_why_she_comes(
    cast: Cast, failed: Message, enter: Any, clock: Any
) -> None:
    page = enter(cast.reception).get("/messages/").content.decode()
    for words in (
        "Ida Berg",
        "A new visit",
        "ida@example.org",
        "Fri, Nov 27, 2026, 11:00 AM",
        "The mail server refuses this address. It may be misspelled.",
        "Try again",
        "Failed (1)",
        "No text messages go out from here.",
    ):
        assert words in page, words
    assert cast.service.name not in page
    assert failed.body not in page
    assert "Needl" not in page.partition("<main")[2]


def test_the_desk_tries_again_by_one_press(
    cast: Cast, failed: Message, enter: Any, clock: Any
) -> None:
    browser = enter(cast.reception)
    address = f"/messages/{failed.pk}/again/"
    for _press in (1, 2):
        answer = browser.post(address, {"once": "k"}, follow=True)
        assert answer.redirect_chain == [("/messages/", 302)]
        assert "The message to ida@example.org goes out once more." in answer.content.decode()
    failed.refresh_from_db()
    assert (failed.status, failed.attempts, failed.error) == ("waiting", 0, "")
    answer = browser.post(address, {"once": "other"})
    assert answer.status_code == 422
    assert "has not failed, or is being tried again already" in answer.content.decode()
    waiting = browser.get("/messages/?show=waiting").content.decode()
    assert "Ida Berg" in waiting
    assert "Waiting (1)" in waiting


def test_a_message_of_another_clinic_is_not_there(cast: Cast, failed: Message, enter: Any) -> None:
    stranger = enter(cast.stranger)
    assert stranger.post(f"/messages/{failed.pk}/again/", {}).status_code == 404
    assert "Ida Berg" not in stranger.get("/messages/").content.decode()


def test_the_messages_are_shown_by_state_and_way(
    cast: Cast, her: Patient, texts: TextProvider, enter: Any, clock: Any
) -> None:
    her.contact_by = "both"
    her.write()
    visit = book(cast, her)
    outbox.deliver(at=NOW)
    operations.cancel(appointment=visit, reason="Ill", by=cast.reception, at=NOW)
    browser = enter(cast.reception)
    sent = browser.get("/messages/?show=sent&way=sms").content.decode()
    assert "(512) 555-0188" in sent
    assert "ida@example.org" not in sent
    assert "No text messages go out" not in sent
    assert browser.get("/messages/?show=waiting").content.decode().count("A cancelled visit") == 2
    failed = browser.get("/messages/").content.decode()
    assert "Nothing failed" in failed
    assert "went out, still waits, or stands under “Not sent”." in failed
    for query in ("show=owl", "way=owl", "page=0", "page=x", "page=2"):
        assert browser.get(f"/messages/?{query}").status_code == 404


def test_fifty_stand_on_a_page_and_those_of_last_quarter_are_history(
    cast: Cast, failed: Message, enter: Any, clock: Any
) -> None:
    for number in range(51):
        Message(
            clinic=cast.clinic, key=f"booked {number}", about=failed.about, to="a@example.org",
            subject="S", body="B", due_at=NOW - HOUR, not_after=VISIT, status="failed",
        ).write()  # fmt: skip
    Message(
        clinic=cast.clinic, key="booked old", about=failed.about, to="old@example.org",
        subject="S", body="B", due_at=NOW - dt.timedelta(days=91), not_after=NOW, status="failed",
    ).write()  # fmt: skip
    page = enter(cast.reception).get("/messages/?page=2").content.decode()
    assert page.count("a@example.org") == 2
    assert "old@example.org" not in page
    assert "Page 2 of 2" in page
    assert "Failed (52)" in page
