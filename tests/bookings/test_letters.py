"""What the clinic writes to patients: the house's words and its own."""

from __future__ import annotations

from typing import Any

import pytest

from bookings import messages, operations
from bookings.models import Appointment, MessageText
from bookings.rules.letters import LETTERS, fill, letter_fault, said
from clinic.models import AuditEvent, Clinic, Message
from clinic.refusals import Conflict, Refusal
from clinic.rules import reminders_fault
from tests import factories
from tests.bookings.test_operations_book import book
from tests.cast import NOW, Cast
from tests.gateways import TextProvider
from tests.raw_sql import refused, run

VALUES = {
    "name": "Mia",
    "clinic": "Austin",
    "when": "Tue, Nov 24, 2026 at 11:35 AM (CST)",
    "phone": "",
    "address": "12 Congress Ave",
}


@pytest.mark.parametrize("kind", LETTERS)
def test_the_house_s_words_will_do(kind: str) -> None:
    assert letter_fault(LETTERS[kind].subject, needs_when=False) is None
    assert letter_fault(LETTERS[kind].body, needs_when=True) is None
    assert letter_fault(LETTERS[kind].sms, needs_when=True) is None


@pytest.mark.rule("P26")
@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("See you on {when}.", None),
        ("See you soon.", "Put {when} where day and time belong"),
        ("{whn}", "{whn} is no blank of ours. Use {name}, {clinic}, {when}, {phone}, {address}."),
        ("{when} {", "A brace has no other half"),
        ("{{7*7}} {when}", "{7*7} is no blank of ours"),
        ("{when.__class__}", "{when.__class__} is no blank of ours"),
        ("{when}: your Micro-Needling", "“Micro-Needling” would tell whoever sees the message"),
        ("{when}: numbing takes 25 minutes", "“numbing” would tell"),
        ("{when}, in the scarlet house", None),
        ("{when}: call our number, needless to say", None),
        ("{when}: microneedle", "“microneedle” would tell"),
        ("{when}: MICRONEEDLES", "“MICRONEEDLES” would tell"),
        ("{when}: procedures", "“procedures” would tell"),
        ("{when}: a dermapen", "“dermapen” would tell"),
        ("{when}: a derma-roller", "“derma-roller” would tell"),
        ("{when}: a derma\N{NON-BREAKING HYPHEN}roller", "would tell"),
        ("{when}: SkinPen", "“SkinPen” would tell"),
        ("{when}: anesthetic cream", "“anesthetic” would tell"),
        ("{when}: the cream", "“cream” would tell"),
        ("{when}: _botox_", "“botox” would tell"),
        ("{when}: acné scars", "“acné” would tell"),
        ("{when}: microneed\N{SOFT HYPHEN}ling", "“microneed\N{SOFT HYPHEN}ling” would tell"),
        ("{when}: n\N{ZERO WIDTH SPACE}umbing", "would tell"),
        ("{when}: \uff4e\uff45\uff45\uff44\uff4c\uff45\uff53", "would tell"),
    ],
)
def test_what_a_text_may_not_say(text: str, says: str | None) -> None:
    found = letter_fault(text, needs_when=True)
    assert found is None if says is None else says in str(found)


@pytest.mark.parametrize(
    ("text", "filled"),
    [
        ("Hi {name}", "Hi Mia"),
        ("A\n\nCall {phone}.\n\nAt {address}", "A\n\nAt 12 Congress Ave"),
        ("{name} {phone}", ""),
    ],
)
def test_a_line_with_nothing_to_say_is_left_out(text: str, filled: str) -> None:
    assert fill(text, VALUES) == filled


@pytest.mark.parametrize(
    ("text", "whole", "lost"),
    [
        ("See you on {when}. Call {phone}.", False, True),
        ("On {when}.\nCall {phone}.", False, False),
        ("Call {phone}", True, True),
        ("Come to {address}", True, False),
    ],
)
def test_a_blank_that_nothing_fills_takes_no_time_and_no_subject_away(
    text: str, whole: bool, lost: bool
) -> None:
    fault = letter_fault(text, needs_when=False, empty=["phone"], whole=whole)
    assert bool(fault) is lost
    assert not lost or "The clinic has no phone on file" in str(fault)
    house = "The house's {when}"
    filled = said(text, house, VALUES, whole=whole)
    assert filled == (fill(house, VALUES) if lost else fill(text, VALUES))


@pytest.mark.rule("P28")
def test_words_that_a_clinic_can_no_longer_fill_hold_up_no_visit(cast: Cast) -> None:
    MessageText(
        clinic=cast.clinic, kind="moved", subject="Call {phone}", body="{when} at {address}"
    ).write()
    MessageText(clinic=cast.clinic, kind="cancelled", subject="{whn}", body="{when}").write()
    visit = book(cast, patient=cast.siobhan)
    Message.objects.all()._raw_delete(Message.objects.db)
    run("UPDATE clinic_clinic SET phone = '', address = ''")
    visit = Appointment.objects.get(pk=visit.pk)
    messages.moved(visit, at=NOW)
    (message,) = Message.objects.all()
    assert message.subject == "Your appointment has moved: Austin"
    assert "Nov 24, 2026 at 11:35 AM" in message.body
    messages.cancelled(visit, at=NOW)
    assert Message.objects.filter(subject="Your appointment is cancelled: Austin").exists()


def test_a_clinic_without_a_phone_is_told_so_when_it_writes(cast: Cast, enter: Any) -> None:
    run("UPDATE clinic_clinic SET phone = '', address = ''")
    sent = {"subject": "Call {phone}", "body": "On {when} at {address}.", "version": "0"}
    answer = enter(cast.manager).post("/setup/messages/booked/", sent)
    assert answer.status_code == 422
    page = answer.content.decode()
    for blank in ("phone", "address"):
        assert f"The clinic has no {blank} on file" in page
    assert not MessageText.objects.exists()


def test_a_clinic_says_it_in_its_own_words_from_then_on(cast: Cast, enter: Any) -> None:
    browser = enter(cast.manager)
    assert "You have an appointment at Austin on" in browser.get(
        "/setup/messages/booked/"
    ).content.decode().replace("{clinic}", "Austin")
    sent = {"subject": "See you, {name}", "body": "On {when}.", "version": "0", "once": "a"}
    assert browser.post("/setup/messages/booked/", sent).status_code == 302
    book(cast, patient=cast.siobhan)
    message = Message.objects.get()
    assert message.subject == "See you, Siobhán"
    assert message.body == "On Tue, Nov 24, 2026 at 11:35 AM (CST).\n"
    assert AuditEvent.objects.get(action="message_text.set").outcome == "done"
    assert "Your own" in browser.get("/setup/messages/").content.decode()


@pytest.mark.parametrize(
    ("given", "field"),
    [
        ({"subject": ""}, "A message needs a subject."),
        ({"body": "Soon."}, "Put {when} where day and time belong"),
        ({"subject": "Your needling"}, "would tell whoever sees the message"),
        ({"sms": "Your numbing on {when}."}, "“numbing” would tell whoever sees the message"),
        ({"sms": "Soon."}, "Put {when} where day and time belong"),
        ({"sms": "{whn}"}, "{whn} is no blank of ours"),
        (
            {"sms": "{when}" + "x" * 290},
            "at most 306 characters here; with its blanks filled this has 325.",
        ),
        (
            {"sms": "{when} \N{SPARKLES}" + "x" * 100},
            "at most 134 characters here; with its blanks filled this has 137. Without",
        ),
        ({"sms": "x" * 321}, "Use at most 320 characters; this has 321."),
        ({"body": "x" * 2001}, "Use at most 2000 characters; this has 2001."),
    ],
)
def test_what_will_not_do_is_said_and_kept(
    given: dict[str, str], field: str, cast: Cast, enter: Any
) -> None:
    sent = {"subject": "Your time", "body": "On {when}.", "version": "0", "once": "b"} | given
    answer = enter(cast.manager).post("/setup/messages/moved/", sent)
    assert answer.status_code == 422
    assert field in answer.content.decode()
    assert not MessageText.objects.exists()


@pytest.mark.rule("P12")
def test_two_who_write_at_once_do_not_overwrite_each_other(cast: Cast) -> None:
    def write(version: int) -> MessageText:
        return operations.set_message_text(
            clinic=cast.clinic,
            kind="booked",
            subject="Hello",
            body="On {when}.",
            version=version,
            by=cast.manager,
            at=NOW,
        )

    first = write(0)
    with pytest.raises(Conflict):
        write(0)
    assert write(first.version).version == 2


def test_a_message_that_is_none_is_not_there(cast: Cast, enter: Any) -> None:
    assert enter(cast.manager).get("/setup/messages/birthday/").status_code == 404
    with pytest.raises(Refusal, match="no such message"):
        operations.set_message_text(
            clinic=cast.clinic, kind="birthday", subject="a", body="{when}", by=cast.manager, at=NOW
        )


def test_the_database_knows_the_messages_and_keeps_one_text_of_each(cast: Cast) -> None:
    MessageText(clinic=cast.clinic, kind="booked", subject="a", body="{when}").write()
    assert refused("UPDATE bookings_messagetext SET kind = 'birthday'") == "message_text_kind_known"
    assert not MessageText.objects.filter(clinic=cast.other_clinic).exists()


def test_a_text_message_has_the_clinic_s_words_and_the_page_counts_them(
    cast: Cast, enter: Any, texts: TextProvider, clock: Any
) -> None:
    browser = enter(cast.manager)
    page = browser.get("/setup/messages/booked/").content.decode()
    assert "Austin: you have an appointment on Tue, Nov 24, 2026 at 9:00 AM (CST)." in page
    assert "With a long name, 97 of 160 characters, in 1 part." in page
    assert "No text messages go out from here." not in page
    sent = {
        "subject": "Hi",
        "body": "On {when}.",
        "sms": "{name}: {when} \N{SPARKLES}",
        "version": "0",
    }
    assert browser.post("/setup/messages/booked/", sent).status_code == 302
    page = browser.get("/setup/messages/booked/").content.decode()
    assert "With a long name, 48 of 70 characters, in 1 part." in page
    assert "Because of \N{SPARKLES} a part holds fewer." in page
    ida = factories.patient(
        cast.clinic, "Ida", "Berg", by=cast.manager, phone="+15125550188", contact_by="sms"
    )
    book(cast, patient=ida)
    assert Message.objects.get().body == "Ida: Tue, Nov 24, 2026 at 11:35 AM (CST) \N{SPARKLES}"
    sent |= {"sms": " ", "version": "1"}
    assert browser.post("/setup/messages/booked/", sent).status_code == 302
    assert MessageText.objects.get().sms == ""


def test_a_text_that_is_too_long_is_counted_as_it_was_typed(
    cast: Cast, enter: Any, clock: Any
) -> None:
    sent = {"subject": "Hi", "body": "On {when}.", "sms": "{when}" + "x" * 300, "version": "0"}
    page = enter(cast.manager).post("/setup/messages/booked/", sent).content.decode()
    assert "335 of 459 characters, in 3 parts. Too long: at most 2 parts." in page


def test_without_a_provider_the_pages_of_messages_say_so(
    cast: Cast, enter: Any, clock: Any
) -> None:
    browser = enter(cast.manager)
    for address in ("/setup/messages/", "/setup/messages/booked/", "/messages/"):
        assert "No text messages go out from here." in browser.get(address).content.decode()


@pytest.mark.parametrize(
    ("first_h", "second_h", "fault"),
    [
        (48, 2, None),
        (168, 1, None),
        (169, 2, "remind_first_h"),
        (48, 0, "remind_second_h"),
        (2, 2, "remind_second_h"),
        (1, 2, "remind_second_h"),
    ],
)
def test_which_hours_will_do(first_h: int, second_h: int, fault: str | None) -> None:
    found = reminders_fault(first_h, second_h)
    assert (found and found[0]) == fault


@pytest.mark.parametrize(
    ("given", "says"),
    [
        ({}, "Patients are reminded 24 hours and 3 hours before a visit."),
        ({"remind_second": ""}, "Patients are reminded 24 hours before a visit."),
        ({"remind_first": "", "remind_second_h": "1"}, "Patients are reminded 1 hour before"),
        ({"remind_first": "", "remind_second": ""}, "Patients are not reminded of their visits"),
    ],
)
def test_a_manager_says_when_patients_are_reminded(
    cast: Cast, enter: Any, clock: Any, given: dict[str, str], says: str
) -> None:
    browser = enter(cast.manager)
    sent = {
        "remind_first": "on",
        "remind_first_h": "24",
        "remind_second": "on",
        "remind_second_h": "3",
        "version": str(cast.clinic.version),
    } | given
    answer = browser.post("/setup/reminders/", sent, follow=True)
    assert answer.redirect_chain == [("/setup/messages/", 302)]
    assert says in answer.content.decode()
    kept = Clinic.objects.get(pk=cast.clinic.pk)
    assert kept.first_h == (24 if sent["remind_first"] else None)
    assert kept.second_h == (int(sent["remind_second_h"]) if sent["remind_second"] else None)
    assert AuditEvent.objects.get(action="clinic.set_reminders").outcome == "done"
    stale = browser.post("/setup/reminders/", sent | {"remind_first_h": "30"})
    assert stale.status_code == 409


@pytest.mark.parametrize(
    ("given", "says"),
    [
        ({"remind_first_h": "2"}, "The second reminder comes after the first"),
        ({"remind_first_h": "169"}, "Enter a number of hours, 1 to 168."),
        ({"remind_second_h": "1,5"}, "Enter a number of hours, 1 to 168."),
        ({"remind_second_h": ""}, "Enter a number of hours, 1 to 168."),
    ],
)
def test_hours_that_will_not_do_are_said_beside_their_field(
    cast: Cast, enter: Any, clock: Any, given: dict[str, str], says: str
) -> None:
    sent = {
        "remind_first": "on",
        "remind_first_h": "24",
        "remind_second": "on",
        "remind_second_h": "3",
        "version": str(cast.clinic.version),
    } | given
    answer = enter(cast.manager).post("/setup/reminders/", sent)
    assert answer.status_code == 422
    assert says in answer.content.decode()
    assert Clinic.objects.get(pk=cast.clinic.pk).remind_first_h == 48
