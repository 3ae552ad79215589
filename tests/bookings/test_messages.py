"""What patients are told of their visits: by which way, when, once, and never what is not so."""

from __future__ import annotations

import datetime as dt
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from icalendar import Calendar

from bookings import messages, operations
from bookings.models import Appointment
from bookings.rules.status import UNDO
from clinic import outbox
from clinic.models import Message, Patient
from tests import factories
from tests.cast import NOW, Cast
from tests.gateways import MailServer, TextProvider
from tests.raw_sql import refused

MINUTE = dt.timedelta(minutes=1)
HOUR = 60 * MINUTE
VISIT = NOW + dt.timedelta(days=3, hours=2)
MOBILE = "+15125550188"


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


def move(cast: Cast, visit: Appointment, starts_at: dt.datetime, **given: Any) -> Appointment:
    desk = {"appointment": visit, "starts_at": starts_at, "by": cast.reception, "at": NOW}
    return operations.move(**{**desk, **given})


def cancel(cast: Cast, visit: Appointment, at: dt.datetime = NOW) -> Appointment:
    return operations.cancel(appointment=visit, reason="Ill", by=cast.reception, at=at)


def outbox_holds() -> list[tuple[str, str, str]]:
    """What is in the outbox: what it says, by which way, and what became of it."""
    rows = Message.objects.order_by("due_at", "key", "pk")
    return [(one.key.partition(" ")[0], one.channel, one.status) for one in rows]


@pytest.fixture
def her(cast: Cast) -> Patient:
    """A patient with an email address and a mobile phone who wants both."""
    return factories.patient(
        cast.clinic,
        "Ida",
        "Berg",
        by=cast.manager,
        email="ida@example.org",
        phone=MOBILE,
        contact_by="both",
    )


@pytest.mark.rule("P26", "P28")
def test_a_patient_is_told_by_mail_and_by_text_and_neither_says_why(
    cast: Cast, her: Patient, mail_server: MailServer, texts: TextProvider
) -> None:
    visit = book(cast, her)
    assert outbox.deliver(at=NOW) == 2
    ((path, text),) = texts.texts
    assert path.replace("%2B", "+") == f"/{MOBILE}"
    assert text == (
        "Austin: you have an appointment on Fri, Nov 27, 2026 at 10:35 AM (CST).\n"
        "Questions: (512) 555-0100"
    )
    (mail,) = mail_server.mails
    (file,) = mail.iter_attachments()
    calendar = Calendar.from_ical(file.get_content())
    event = calendar.events[0]
    assert (str(event["UID"]), event["SEQUENCE"]) == (str(visit.pk), 0)
    assert event["SUMMARY"] == "Appointment at Austin"
    assert (event.start, event.end) == (visit.comes_at, visit.ends_at)
    said = f"{mail.get_body()} {mail['Subject']} {text} {file.get_content()}".lower()
    assert not [word for word in ("needl", "numb", "face", "skin", "treat") if word in said]


def test_the_calendar_file_has_one_name_and_counts_up_until_the_visit_is_off(
    cast: Cast, her: Patient
) -> None:
    visit = book(cast, her)
    operations.confirm(appointment=visit, by=cast.reception, at=NOW)
    move(cast, visit, VISIT + HOUR)
    cancel(cast, visit)
    files = [
        Calendar.from_ical(one.attachment)
        for one in Message.objects.order_by("due_at", "key")
        if one.channel == "email"
    ]
    told = {
        (str(one["METHOD"]), str(one.events[0]["UID"]), one.events[0].sequence) for one in files
    }
    assert told == {
        ("REQUEST", str(visit.pk), 0),
        ("REQUEST", str(visit.pk), 2),
        ("CANCEL", str(visit.pk), 3),
    }


@pytest.mark.rule("P28")
@pytest.mark.parametrize(
    ("given", "ways"),
    [
        ({"contact_by": "any"}, ["email"]),
        ({"contact_by": "any", "email": ""}, ["sms"]),
        ({"contact_by": "sms"}, ["sms"]),
        ({"contact_by": "sms", "phone": "+442071838750"}, []),
        ({"contact_by": "none"}, []),
        ({"status": "deceased"}, []),
        ({"status": "inactive"}, []),
    ],
)
def test_who_is_told_how(
    cast: Cast, her: Patient, texts: TextProvider, given: dict[str, str], ways: list[str]
) -> None:
    visit = book(cast, her)
    for name, value in given.items():
        setattr(her, name, value)
    her.write()
    visit = Appointment.objects.get(pk=visit.pk)
    Message.objects.all()._raw_delete("default")
    messages.booked(visit, at=NOW)
    assert [one.channel for one in Message.objects.all()] == ways


@pytest.mark.rule("P28")
def test_without_a_provider_no_text_is_planned(cast: Cast, her: Patient) -> None:
    her.contact_by = "sms"
    her.write()
    book(cast, her)
    assert operations.send_reminders(at=VISIT - HOUR) == 0
    assert not Message.objects.exists()


@pytest.mark.rule("P28")
def test_what_can_be_undone_is_told_when_it_no_longer_can(cast: Cast, her: Patient) -> None:
    visit = book(cast, her)
    outbox.deliver(at=NOW)
    move(cast, visit, VISIT + HOUR)
    assert outbox.deliver(at=NOW + UNDO - MINUTE) == 0
    assert outbox.deliver(at=NOW + UNDO) == 1
    cancel(cast, visit, NOW + UNDO)
    assert outbox.deliver(at=NOW + UNDO) == 0
    assert outbox.deliver(at=NOW + 2 * UNDO) == 1
    assert outbox_holds() == [
        ("booked", "email", "sent"),
        ("moved", "email", "sent"),
        ("cancelled", "email", "sent"),
    ]


def test_a_change_of_room_is_nothing_to_tell(cast: Cast, her: Patient) -> None:
    visit = book(cast, her)
    move(cast, visit, VISIT, room=cast.second_room)
    assert outbox_holds() == [("booked", "email", "waiting")]


def test_a_visit_moved_and_moved_back_before_anyone_was_told_is_nothing_to_tell(
    cast: Cast, her: Patient
) -> None:
    visit = book(cast, her)
    outbox.deliver(at=NOW)
    for starts_at in (VISIT + HOUR, VISIT):
        move(cast, visit, starts_at)
    assert outbox_holds() == [("booked", "email", "sent"), ("moved", "email", "dropped")]


@pytest.mark.rule("P28")
@pytest.mark.parametrize(
    ("told", "gone_out", "then"),
    [
        (True, False, []),
        (False, False, ["booked"]),
        (True, True, ["moved"]),
    ],
)
def test_after_an_undo_a_patient_is_told_what_she_does_not_know(
    cast: Cast, her: Patient, told: bool, gone_out: bool, then: list[str]
) -> None:
    visit = book(cast, her)
    if told:
        outbox.deliver(at=NOW)
    visit.write()
    messages.cancelled(visit, at=NOW)
    if gone_out:
        outbox.deliver(at=NOW + UNDO)
    visit.write()
    messages.restored(visit, at=NOW + UNDO)
    assert [says for says, _way, status in outbox_holds() if status == "waiting"] == then


@pytest.mark.rule("P28")
def test_both_reminders_come_by_each_way_once(
    cast: Cast, her: Patient, mail_server: MailServer, texts: TextProvider
) -> None:
    book(cast, her)
    outbox.deliver(at=NOW)
    for hours in (49, 48, 47, 3, 2, 1.5, 1, 0, -1):
        at = VISIT - hours * HOUR
        operations.send_reminders(at=at)
        outbox.deliver(at=at)
    assert outbox_holds()[2:] == [
        ("reminder", "email", "sent"),
        ("reminder", "sms", "sent"),
        ("reminder-again", "email", "sent"),
        ("reminder-again", "sms", "sent"),
    ]
    assert (len(mail_server.mails), len(texts.texts)) == (3, 3)


@pytest.mark.rule("P28")
@pytest.mark.parametrize(
    ("down_until", "reminders"),
    [
        (45, ["reminder"]),
        (2, ["reminder-again"]),
        (1, ["reminder-again"]),
        (0, []),
        (-1, []),
    ],
)
def test_after_an_outage_the_later_reminder_goes_or_none(
    cast: Cast, her: Patient, down_until: int, reminders: list[str]
) -> None:
    book(cast, her)
    outbox.deliver(at=NOW)
    for minutes in (0, 1, 2):
        at = VISIT - down_until * HOUR + minutes * MINUTE
        operations.send_reminders(at=at)
        outbox.deliver(at=at)
    assert [(says, status) for says, _way, status in outbox_holds()[1:]] == [
        (says, "sent") for says in reminders
    ]


@pytest.mark.rule("P28")
def test_a_reminder_that_waited_past_the_start_is_dropped(cast: Cast, her: Patient) -> None:
    book(cast, her)
    outbox.deliver(at=NOW)
    operations.send_reminders(at=VISIT - HOUR)
    outbox.deliver(at=VISIT)
    assert outbox_holds()[1:] == [("reminder-again", "email", "dropped")]


@pytest.mark.parametrize(
    ("first", "second", "asked_h", "reminded"),
    [
        (None, 2, 40, 0),
        (None, 2, 2, 1),
        (24, 2, 40, 0),
        (24, 2, 24, 1),
        (48, None, 1, 1),
        (None, None, 1, 0),
    ],
)
def test_a_clinic_says_when_it_reminds(
    cast: Cast, her: Patient, first: int | None, second: int | None, asked_h: int, reminded: int
) -> None:
    cast.clinic.remind_first, cast.clinic.remind_first_h = first is not None, first or 48
    cast.clinic.remind_second, cast.clinic.remind_second_h = second is not None, second or 2
    cast.clinic.write()
    book(cast, her)
    assert operations.send_reminders(at=VISIT - asked_h * HOUR) == reminded


@pytest.mark.parametrize(
    "values", [(169, 2), (2, 2), (1, 2), (48, 0)], ids=["too early", "equal", "crossed", "never"]
)
def test_the_database_keeps_the_reminders_in_order(cast: Cast, values: tuple[int, int]) -> None:
    first, second = values
    hours = f"remind_first_h = {first}, remind_second_h = {second}"
    assert refused(f"UPDATE clinic_clinic SET {hours}") == "clinic_reminders_in_order"


def test_the_database_knows_the_ways_to_tell_a_patient(cast: Cast) -> None:
    assert refused("UPDATE clinic_patient SET contact_by = 'owl'") == "patient_contact_known"


@pytest.mark.rule("P28")
def test_a_tick_asks_twice_and_then_the_same_for_each_visit(cast: Cast, her: Patient) -> None:
    for number in range(3):
        factories.clinic(code=f"more-{number}", name=f"More {number}")
    asked = []
    for number in range(3):
        book(cast, her, VISIT + number * 3 * HOUR / 2)
        with CaptureQueriesContext(connection) as found:
            reminded = operations.send_reminders(at=VISIT - 40 * HOUR)
        asked.append((reminded, len(found)))
    assert asked[0][0] == asked[1][0] == 1
    assert asked[0][1] == asked[1][1] == asked[2][1] <= 12
    with CaptureQueriesContext(connection) as found:
        operations.send_reminders(at=VISIT - 40 * HOUR)
    assert len(found) == 2


@pytest.mark.rule("P28")
def test_nobody_who_is_here_or_did_not_come_is_reminded(cast: Cast, her: Patient) -> None:
    visit = book(cast, her, NOW + HOUR)
    outbox.deliver(at=NOW)
    Message.objects.all()._raw_delete("default")
    operations.send_reminders(at=NOW)
    operations.mark_arrived(appointment=visit, by=cast.reception, at=NOW)
    assert [status for _says, _way, status in outbox_holds()] == ["dropped"]


def test_a_name_that_would_forge_a_header_is_written_on_one_line(
    cast: Cast, mail_server: MailServer
) -> None:
    forged = "Ida\r\nBcc: all@example.org"
    cast.clinic.name = "Austin\nBcc: all@example.org"
    cast.clinic.write()
    her = factories.patient(cast.clinic, forged, "Berg", by=cast.manager, email="ida@example.org")
    book(cast, her)
    assert outbox.deliver(at=NOW) == 1
    (mail,) = mail_server.mails
    assert (mail["To"], mail["Bcc"]) == ("ida@example.org", None)
    assert mail["Subject"] == "Your appointment: Austin Bcc: all@example.org"


@pytest.mark.rule("P4")
def test_across_a_clock_change_a_reminder_says_the_clinic_s_time_of_the_visit(
    cast: Cast, her: Patient
) -> None:
    """The clocks go forward on Mar 14, 2027, between the reminder and the visit."""
    visit = book(cast, her)
    starts_at = dt.datetime(2027, 3, 15, 15, 0, tzinfo=dt.UTC)
    move(cast, visit, starts_at)
    operations.send_reminders(at=starts_at - 47 * HOUR)
    reminder = Message.objects.get(key__startswith="reminder ")
    assert "Mon, Mar 15, 2027 at 9:35 AM (CDT)" in reminder.body
