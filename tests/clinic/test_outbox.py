"""The outbox: written with the act, sent once, never after its time, never in the way."""

from __future__ import annotations

import datetime as dt
import threading
from collections.abc import Callable
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


@pytest.mark.rule("P28")
def test_a_message_that_cannot_be_kept_holds_up_nothing(
    cast: Cast, monkeypatch: pytest.MonkeyPatch
) -> None:
    said: list[str] = []
    for level in ("warning", "error"):
        monkeypatch.setattr(
            outbox.log, level, lambda text, *given, **_named: said.append(text % given)
        )
    post(cast, to="")
    post(cast, key="visit-2")
    assert Message.objects.count() == 1
    assert any("could not be kept: its to." in line for line in said)


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


class Meanwhile(EmailBackend):
    """A slow mail server: while it takes the mail, something else happens."""

    meanwhile: Callable[[], None]
    fails = False

    def send_messages(self, messages: Any) -> int:
        other = threading.Thread(target=_at_another_desk, args=(self.meanwhile,), daemon=True)
        other.start()
        other.join(3)
        assert not other.is_alive(), "the mail held up another desk"
        if self.fails:
            raise ConnectionResetError
        return super().send_messages(messages)


def _at_another_desk(does: Callable[[], None]) -> None:
    try:
        with transaction.atomic():
            does()
    finally:
        connection.close()


@pytest.fixture
def slow(settings: Any, monkeypatch: pytest.MonkeyPatch) -> Callable[..., None]:
    def serve(meanwhile: Callable[[], None], *, fails: bool = False) -> None:
        settings.EMAIL_BACKEND = f"{__name__}.Meanwhile"
        monkeypatch.setattr(Meanwhile, "meanwhile", staticmethod(meanwhile), raising=False)
        monkeypatch.setattr(Meanwhile, "fails", fails)

    return serve


@pytest.mark.rule("P28")
def test_a_slow_mail_server_holds_up_no_desk(
    cast: Cast, fresh_db: Database, slow: Any, mailoutbox: list[Any]
) -> None:
    slow(lambda: post(cast, key="b", due_at=NOW + HOUR))
    post(cast, key="a")
    assert outbox.deliver(at=NOW) == 1
    assert status() == [("sent", 1), ("waiting", 0)]


@pytest.mark.rule("P28")
def test_what_is_sent_while_its_visit_is_cancelled_is_recorded_as_sent(
    cast: Cast, fresh_db: Database, slow: Any, mailoutbox: list[Any]
) -> None:
    slow(lambda: outbox.withdraw(about="visit", at=NOW))
    post(cast)
    assert outbox.deliver(at=NOW) == 1
    with transaction.atomic():
        outbox.withdraw(about="visit", at=NOW)
    assert (len(mailoutbox), status()) == (1, [("sent", 1)])


@pytest.mark.rule("P28")
def test_what_is_withdrawn_while_its_sending_fails_is_not_tried_again(
    cast: Cast, fresh_db: Database, slow: Any, mailoutbox: list[Any]
) -> None:
    slow(lambda: outbox.withdraw(about="visit", at=NOW), fails=True)
    post(cast)
    assert outbox.deliver(at=NOW) == 0
    assert status() == [("dropped", 1)]
    assert outbox.deliver(at=NOW + HOUR / 2) == 0


def interrupted(at: dt.datetime, attempts: int = 1) -> None:
    """Leave the one message as a worker leaves it that dies while sending, started at `at`."""
    message = Message.objects.get()
    message.status, message.attempts = Message.Status.SENDING, attempts
    message.leased_until = at + outbox.LEASE
    message.write()


@pytest.mark.rule("P28")
def test_what_a_dead_worker_was_sending_is_taken_up_again_when_its_lease_is_over(
    cast: Cast, mailoutbox: list[Any]
) -> None:
    post(cast)
    interrupted(NOW)
    assert outbox.deliver(at=NOW + outbox.LEASE - dt.timedelta(seconds=30)) == 0
    assert status() == [("sending", 1)]
    assert outbox.deliver(at=NOW + outbox.LEASE) == 1
    assert (len(mailoutbox), status()) == (1, [("sent", 2)])


@pytest.mark.rule("P28")
@pytest.mark.parametrize(("later", "attempts"), [(HOUR, 1), (outbox.LEASE, outbox.TRIES)])
def test_what_was_interrupted_too_late_or_too_often_has_failed(
    cast: Cast, mailoutbox: list[Any], later: dt.timedelta, attempts: int
) -> None:
    """Nobody knows whether it went out, so it is not recorded as dropped."""
    post(cast)
    interrupted(NOW, attempts)
    assert outbox.deliver(at=NOW + later) == 0
    message = Message.objects.get()
    assert (message.status, message.error, mailoutbox) == ("failed", "Interrupted", [])


def test_a_message_of_a_long_round_is_judged_by_its_own_time(
    cast: Cast, mailoutbox: list[Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    """The round began in time, but the messages before this one took an hour."""
    post(cast)
    spent = iter([0.0, HOUR.total_seconds()])
    monkeypatch.setattr(outbox, "monotonic", lambda: next(spent))
    assert outbox.deliver(at=NOW) == 0
    assert status() == [("dropped", 1)]


class Odd(EmailBackend):
    """A mail server whose client breaks in a way of its own."""

    def send_messages(self, messages: Any) -> int:
        raise KeyError("mia@example.org")


@pytest.mark.rule("P28")
def test_what_can_never_be_sent_fails_at_once_and_the_next_goes_out(
    cast: Cast, mailoutbox: list[Any]
) -> None:
    post(cast, key="a", subject="Your appointment\nBcc: all@example.org")
    post(cast, key="b")
    assert outbox.deliver(at=NOW) == 1
    assert status() == [("failed", 1), ("sent", 1)]
    assert Message.objects.get(key="a").error == "BadHeaderError"


@pytest.mark.rule("P28")
def test_any_other_error_counts_as_a_try(
    cast: Cast, settings: Any, caplog: pytest.LogCaptureFixture
) -> None:
    settings.EMAIL_BACKEND = f"{__name__}.Odd"
    post(cast, not_after=NOW + 24 * HOUR)
    for hours in range(outbox.TRIES):
        assert outbox.deliver(at=NOW + hours * HOUR) == 0
    assert status() == [("failed", outbox.TRIES)]
    assert Message.objects.get().error == "KeyError"
    assert "mia@example.org" not in caplog.text


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


@pytest.mark.rule("P28")
def test_a_gateway_that_hangs_is_left_alone_for_the_rest_of_the_round(
    cast: Cast, monkeypatch: pytest.MonkeyPatch
) -> None:
    """One mail has its try, the others wait for the next round; the text goes."""
    for number in range(4):
        post(cast, f"mail-{number}")
    post(cast, "text", channel=Message.Channel.SMS, to="+15125550188", subject="")
    clock, tried = [0.0], []

    def send(message: Message) -> Exception | None:
        tried.append(message.key)
        if message.channel == Message.Channel.SMS:
            return None
        clock[0] += 10
        return TimeoutError()

    monkeypatch.setattr(outbox, "_send", send)
    monkeypatch.setattr(outbox, "monotonic", lambda: clock[0])
    assert outbox.deliver(at=NOW) == 1
    assert (len(tried), clock[0]) == (2, 10.0)
    assert sorted(status()) == [("sent", 1), *[("waiting", 0)] * 3, ("waiting", 1)]


@pytest.mark.rule("P28")
def test_a_round_begins_nothing_when_its_seconds_are_over(
    cast: Cast, monkeypatch: pytest.MonkeyPatch
) -> None:
    for number in range(5):
        post(cast, f"mail-{number}")
    clock = [0.0]

    def send(_message: Message) -> None:
        clock[0] += 2

    monkeypatch.setattr(outbox, "_send", send)
    monkeypatch.setattr(outbox, "monotonic", lambda: clock[0])
    assert outbox.deliver(at=NOW, channel=Message.Channel.SMS) == 0
    assert outbox.deliver(at=NOW, channel=Message.Channel.EMAIL, seconds=5) == 3
    assert outbox.deliver(at=NOW) == 2
