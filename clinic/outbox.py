"""The outbox: messages are written with the act and sent later, by the only sender."""

from __future__ import annotations

import datetime as dt
import logging
import uuid
from time import monotonic

from django.conf import settings
from django.core.mail import EmailMessage
from django.db import transaction

from clinic.models import Clinic, Message
from clinic.refusals import Refusal

log = logging.getLogger(__name__)
TRIES = 5
# How long a message belongs to the worker that sends it: far longer than a mail server is
# waited for (EMAIL_TIMEOUT at each of its few answers), so that only a dead worker loses one.
LEASE = dt.timedelta(minutes=5)


def post(
    *,
    clinic: Clinic,
    key: str,
    about: str,
    to: str,
    subject: str,
    body: str,
    due_at: dt.datetime,
    not_after: dt.datetime,
) -> None:
    """Put a message into the outbox, in the transaction of the act that causes it.

    `key` says what it is about, once ever: a second post with the same key adds nothing.
    `about` is the key of the row it speaks of. It is never sent after `not_after`. One that its
    table cannot take is logged and goes nowhere: the act stands all the same (P28).
    """
    if Message.objects.filter(key=key).exists():
        return
    message = Message(
        clinic=clinic,
        key=key,
        about=about,
        to=to,
        subject=subject,
        body=body,
        due_at=due_at,
        not_after=not_after,
    )
    try:
        message.write()
    except Refusal as no:
        # Without the sentence: it may repeat what stands in the message.
        log.error("A message about %s could not be kept: its %s.", about, no.field)


def withdraw(*, about: str, at: dt.datetime) -> None:
    """Drop what waits about a row: the visit was cancelled or moved (P28).

    What is being sent at this moment stays so and is recorded as it turns out; if that fails,
    it is not tried again. Runs in the transaction of the act that causes it.
    """
    open_ones = [Message.Status.WAITING, Message.Status.SENDING]
    for message in Message.objects.held().filter(about=about, status__in=open_ones):
        if message.status == Message.Status.SENDING:
            message.not_after = min(message.not_after, at)
            message.write(only=["not_after"])
        else:
            message.status, message.finished_at = Message.Status.DROPPED, at
            message.write(only=["status", "finished_at"])


def deliver(*, at: dt.datetime, limit: int = 200) -> int:
    """Send what is due; returns how many went out. A failure is tried again, five times.

    Each message is claimed in one short transaction, sent outside of any, and its outcome is
    recorded in a second: a slow mail server holds no lock. Of two workers one claims it; what
    a worker left behind when it died is taken up again when its lease is over.
    """
    began, sent = monotonic(), 0

    def now() -> dt.datetime:
        """A round can take long: each message is judged by its own time, not by the round's."""
        return at + dt.timedelta(seconds=monotonic() - began)

    for pk in list(Message.objects.due(at=at).values_list("pk", flat=True)[:limit]):
        message = _claim(pk, now())
        if message:
            problem = _send(message)
            sent += _record(message, problem, now())
    return sent


def _claim(pk: uuid.UUID, now: dt.datetime) -> Message | None:
    """The message, from now on ours alone; None where another has it or its time is over."""
    with transaction.atomic(durable=True):
        message: Message | None = (
            Message.objects.due(at=now)
            .select_for_update(skip_locked=True, no_key=True)
            .filter(pk=pk)
            .first()
        )
        if message is None:
            return None
        interrupted = message.status == Message.Status.SENDING
        late = now >= message.not_after
        if interrupted and (late or message.attempts >= TRIES):
            # It may have gone out or not: nobody can know, so it is not called dropped.
            message.error = "Interrupted"
            _finish(message, Message.Status.FAILED, now)
            return None
        message.attempts += 1
        if late:
            _finish(message, Message.Status.DROPPED, now)
            return None
        message.status, message.leased_until = Message.Status.SENDING, now + LEASE
        message.write(only=["status", "leased_until", "attempts"])
        return message


def _send(message: Message) -> Exception | None:
    """Hand it to the mail server, outside of any transaction; returns what went wrong."""
    try:
        EmailMessage(
            message.subject, message.body, settings.DEFAULT_FROM_EMAIL, [message.to]
        ).send()
    except Exception as error:
        # Only the kind of the error: what a server says may hold a secret, or name a patient.
        log.warning("A message could not be sent: %s", type(error).__name__)
        return error
    return None


def _record(sent: Message, problem: Exception | None, now: dt.datetime) -> int:
    """Write down how it went, unless the lease was lost and another has claimed it since."""
    with transaction.atomic(durable=True):
        message = Message.objects.held().get(pk=sent.pk)
        if (message.status, message.attempts) != (Message.Status.SENDING, sent.attempts):
            return 0
        if problem is None:
            _finish(message, Message.Status.SENT, now)
            return 1
        message.error = type(problem).__name__
        # A ValueError lies in the message itself: the next try would end the same.
        if isinstance(problem, ValueError) or message.attempts >= TRIES:
            _finish(message, Message.Status.FAILED, now)
        elif now >= message.not_after:
            _finish(message, Message.Status.DROPPED, now)
        else:
            message.status, message.leased_until = Message.Status.WAITING, None
            message.due_at = now + dt.timedelta(minutes=2**message.attempts)
            message.write(only=["status", "leased_until", "due_at", "error"])
    return 0


def _finish(message: Message, status: Message.Status, now: dt.datetime) -> None:
    message.status, message.leased_until, message.finished_at = status, None, now
    message.write(only=["status", "leased_until", "finished_at", "attempts", "error"])
