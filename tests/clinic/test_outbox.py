"""The outbox: written with the act, sent once, never after its time, never in the way."""

from __future__ import annotations

import datetime as dt
import threading
from io import StringIO
from smtplib import SMTPServerDisconnected
from typing import Any

import pytest
from django.core.mail.backends.locmem import EmailBackend
from django.core.management import call_command
from django.db import connection, transaction

from clinic import outbox
from clinic.models import Message
from tests.cast import NOW, Cast
from tests.database import Database

HOUR = dt.timedelta(hours=1)


def post(cast: Cast, key: str = "visit-1", **given: Any) -> None:
    values = {
        "clinic": cast.clinic,
        "key": key,
        "about": "visit",
        "to": "mia@example.org",
        "subject": "Your appointment",
        "body": "Tue, Nov 24, 9:30 AM",
        "due_at": NOW,
        "not_after": NOW + HOUR,
    }
    with transaction.atomic():
        outbox.post(**{**values, **given})


def status() -> list[tuple[str, int]]:
    return list(Message.objects.order_by("key").values_list("status", "attempts"))


def test_a_message_goes_out_once_to_whom_it_says(cast: Cast, mailoutbox: list[Any]) -> None:
    post(cast)
    assert [outbox.deliver(at=NOW), outbox.deliver(at=NOW)] == [1, 0]
    assert [(m.to, m.subject, m.body) for m in mailoutbox] == [
        (["mia@example.org"], "Your appointment", "Tue, Nov 24, 9:30 AM")
    ]
    assert status() == [("sent", 1)]


def test_the_same_key_is_posted_once(cast: Cast, mailoutbox: list[Any]) -> None:
    post(cast)
    post(cast, body="other words")
    outbox.deliver(at=NOW)
    assert [m.body for m in mailoutbox] == ["Tue, Nov 24, 9:30 AM"]


def test_a_message_waits_for_its_time(cast: Cast, mailoutbox: list[Any]) -> None:
    post(cast, due_at=NOW + HOUR, not_after=NOW + 2 * HOUR)
    assert outbox.deliver(at=NOW) == 0
    assert mailoutbox == []
    assert outbox.deliver(at=NOW + HOUR) == 1


@pytest.mark.rule("P28")
def test_a_message_never_goes_out_after_its_time(cast: Cast, mailoutbox: list[Any]) -> None:
    post(cast)
    assert outbox.deliver(at=NOW + HOUR) == 0
    assert (mailoutbox, status()) == ([], [("dropped", 1)])


@pytest.mark.rule("P28")
def test_what_waits_about_a_cancelled_visit_is_withdrawn(cast: Cast, mailoutbox: list[Any]) -> None:
    post(cast, key="a")
    post(cast, key="b", about="another visit")
    outbox.withdraw(about="visit", at=NOW)
    assert outbox.deliver(at=NOW) == 1
    assert status() == [("dropped", 0), ("sent", 1)]


class Dead(EmailBackend):
    """A mail server that hangs up."""

    def send_messages(self, messages: Any) -> int:
        raise SMTPServerDisconnected("gone, and your password was hunter2")


@pytest.mark.rule("P28")
def test_a_dead_mail_server_is_tried_five_times_ever_later(
    cast: Cast, settings: Any, caplog: pytest.LogCaptureFixture
) -> None:
    settings.EMAIL_BACKEND = f"{__name__}.Dead"
    post(cast, not_after=NOW + 24 * HOUR)
    at, waits = NOW, []
    for _ in range(4):
        assert outbox.deliver(at=at) == 0
        due = Message.objects.get().due_at
        waits.append(int((due - at).total_seconds() // 60))
        at = due
    assert waits == [2, 4, 8, 16]
    assert outbox.deliver(at=at) == 0
    assert status() == [("failed", 5)]
    assert outbox.deliver(at=at + HOUR) == 0
    # What a server says may hold a secret; only the kind of the error is kept.
    assert Message.objects.get().error == "SMTPServerDisconnected"
    assert "hunter2" not in caplog.text


@pytest.mark.rule("P28")
def test_one_bad_message_does_not_hold_up_the_next(
    cast: Cast, settings: Any, mailoutbox: list[Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    post(cast, key="a", to="dead@example.org")
    post(cast, key="b")
    send = EmailBackend.send_messages

    def sometimes(self: EmailBackend, messages: Any) -> int:
        if messages[0].to == ["dead@example.org"]:
            raise ConnectionRefusedError
        return send(self, messages)

    monkeypatch.setattr(EmailBackend, "send_messages", sometimes)
    assert outbox.deliver(at=NOW) == 1
    assert status() == [("waiting", 1), ("sent", 1)]


@pytest.mark.rule("P28")
def test_two_workers_never_send_one_twice(
    cast: Cast, fresh_db: Database, mailoutbox: list[Any]
) -> None:
    for number in range(12):
        post(cast, key=f"visit-{number:02d}")
    start, sent = threading.Barrier(4), []

    def work() -> None:
        try:
            start.wait()
            sent.append(outbox.deliver(at=NOW))
        finally:
            connection.close()

    workers = [threading.Thread(target=work) for _ in range(4)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    assert (sum(sent), len(mailoutbox)) == (12, 12)
    assert status() == [("sent", 1)] * 12


def test_the_command_sends_what_is_due(cast: Cast, clock: Any, mailoutbox: list[Any]) -> None:
    post(cast)
    said = StringIO()
    call_command("deliver_messages", stdout=said)
    call_command("deliver_messages", stdout=said)
    assert said.getvalue() == "Sent: 1.\nSent: 0.\n"
    assert len(mailoutbox) == 1
