"""The outbox and the servers outside: real SMTP, a real HTTP provider, and what they refuse."""

from __future__ import annotations

import datetime as dt
import logging
from typing import Any

import pytest

from clinic import outbox
from clinic.models import Message
from tests.cast import NOW, Cast
from tests.clinic.test_outbox import post
from tests.gateways import MailServer, TextProvider
from tests.raw_sql import refused

MINUTE = dt.timedelta(minutes=1)
HOUR = 60 * MINUTE
NUMBER = "+15125550188"
CALENDAR = "BEGIN:VCALENDAR\r\nMETHOD:REQUEST\r\nEND:VCALENDAR\r\n"


def text(cast: Cast, key: str = "visit-1 sms", **given: Any) -> None:
    post(cast, key, **{"channel": Message.Channel.SMS, "to": NUMBER, "subject": "", **given})


def stand(key: str = "visit-1") -> tuple[str, int, str]:
    found = Message.objects.get(key__startswith=key)
    return found.status, found.attempts, found.error


def test_a_mail_reaches_a_mail_server_with_its_calendar_file(
    cast: Cast, mail_server: MailServer
) -> None:
    post(cast, subject="Your appointment, Siobhán", attachment=CALENDAR)
    assert outbox.deliver(at=NOW) == 1
    (mail,) = mail_server.mails
    assert (mail["To"], mail["Subject"]) == ("mia@example.org", "Your appointment, Siobhán")
    (file,) = mail.iter_attachments()
    assert (file.get_content_type(), file.get_filename()) == ("text/calendar", "appointment.ics")
    assert file["Content-Type"].params["method"] == "REQUEST"
    assert file.get_content().splitlines() == CALENDAR.splitlines()


@pytest.mark.rule("P28")
def test_a_text_reaches_the_provider_once_at_the_patient_s_number(
    cast: Cast, texts: TextProvider
) -> None:
    text(cast, body="Austin: you have an appointment.\n= 5 \\n {to} 王")
    assert [outbox.deliver(at=NOW), outbox.deliver(at=NOW)] == [1, 0]
    ((path, said),) = texts.texts
    assert (path.replace("%2B", "+"), said) == (
        f"/{NUMBER}",
        "Austin: you have an appointment.\n= 5 \\n {to} 王",
    )


@pytest.mark.rule("P28")
def test_an_address_that_is_gone_fails_at_once_and_the_next_mail_goes_out(
    cast: Cast, mail_server: MailServer
) -> None:
    mail_server.refuses["gone@example.org"] = "550 No such mailbox hunter2"
    post(cast, "a", to="gone@example.org")
    post(cast, "b")
    assert outbox.deliver(at=NOW) == 1
    assert stand("a") == ("failed", 1, "SMTPRecipientsRefused")
    assert [mail["To"] for mail in mail_server.mails] == ["mia@example.org"]


@pytest.mark.rule("P28")
def test_an_address_that_is_busy_is_tried_again(cast: Cast, mail_server: MailServer) -> None:
    mail_server.refuses["mia@example.org"] = "451 Come back later"
    post(cast)
    assert outbox.deliver(at=NOW) == 0
    assert stand() == ("waiting", 1, "SMTPRecipientsRefused")
    mail_server.refuses.clear()
    assert outbox.deliver(at=NOW + 5 * MINUTE) == 1
    assert len(mail_server.mails) == 1


@pytest.mark.rule("P28")
@pytest.mark.parametrize("fault", ["500", "404", "silence", "gone"])
def test_a_provider_in_trouble_is_tried_five_times(
    cast: Cast, texts: TextProvider, settings: Any, caplog: pytest.LogCaptureFixture, fault: str
) -> None:
    texts.answer = int(fault) if fault.isdigit() else 200
    texts.waits = 1.5 if fault == "silence" else 0
    if fault == "gone":
        settings.SMS_URL = "json://127.0.0.1:9/{to}?cto=0.2"
    text(cast, not_after=NOW + 24 * HOUR)
    with caplog.at_level(logging.DEBUG):
        for hours in range(2 if fault == "silence" else outbox.TRIES):
            assert outbox.deliver(at=NOW + hours * HOUR) == 0
    if fault != "silence":
        assert stand() == ("failed", outbox.TRIES, "NotTaken")
    # Neither the log nor the row says whom it was for.
    assert NUMBER.lstrip("+") not in caplog.text


@pytest.mark.rule("P28")
@pytest.mark.parametrize("url", ["", "nonsense://{to}", "twilio://{to}"])
def test_without_a_provider_a_text_that_is_planned_waits_and_then_fails(
    cast: Cast, settings: Any, url: str
) -> None:
    settings.SMS_URL = url
    text(cast, not_after=NOW + 24 * HOUR)
    for hours in range(outbox.TRIES):
        outbox.deliver(at=NOW + hours * HOUR)
    assert stand() == ("failed", outbox.TRIES, "NoGateway")


@pytest.mark.rule("P28")
def test_a_text_is_never_sent_after_its_time_nor_when_withdrawn(
    cast: Cast, texts: TextProvider
) -> None:
    text(cast, "late sms")
    text(cast, "off sms", about="another visit")
    outbox.withdraw(about="another visit", at=NOW)
    assert outbox.deliver(at=NOW + HOUR) == 0
    assert texts.texts == []
    assert (stand("late"), stand("off")) == (("dropped", 1, "Late"), ("dropped", 0, "Withdrawn"))


@pytest.mark.rule("P28")
def test_what_failed_is_no_longer_so_when_its_visit_is_off(
    cast: Cast, mail_server: MailServer
) -> None:
    mail_server.refuses["mia@example.org"] = "550 Gone"
    post(cast)
    outbox.deliver(at=NOW)
    outbox.withdraw(about="visit", at=NOW)
    found = Message.objects.get()
    assert (found.status, found.withdrawn, found.error) == ("failed", True, "SMTPRecipientsRefused")


@pytest.mark.parametrize(
    ("change", "constraint"),
    [
        ("channel = 'owl'", "message_channel_known"),
        ("\"to\" = 'nobody'", "message_goes_by_email_or_text"),
        ("channel = 'sms'", "message_goes_by_email_or_text"),
        ("withdrawn = TRUE", "message_withdrawn_waits_no_more"),
    ],
)
def test_the_database_knows_how_a_message_goes(cast: Cast, change: str, constraint: str) -> None:
    post(cast)
    assert refused(f"UPDATE clinic_message SET {change}") == constraint
