"""The outbox: messages are written with the act and sent later, by the only sender."""

from __future__ import annotations

import datetime as dt
import logging
import uuid
from collections.abc import Collection
from time import monotonic

from django.db import transaction
from django.db.models import Q

from clinic import gateways
from clinic.models import Clinic, Message
from clinic.refusals import Refusal
from clinic.rules.posting import INTERRUPTED, LATE, WITHDRAWN

log = logging.getLogger(__name__)
TRIES = 5
# How long a message belongs to the worker that sends it: far longer than a mail server is
# waited for (EMAIL_TIMEOUT at each of its few answers), so that only a dead worker loses one.
LEASE = dt.timedelta(minutes=5)
# A gateway that lets one message wait so long (seconds) is left alone for the rest of a round.
PATIENCE = 3.0


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
    channel: Message.Channel = Message.Channel.EMAIL,
    attachment: str = "",
) -> Message | None:
    """Put a message into the outbox, in the transaction of the act that causes it.

    `key` says what it is about, once ever: a second post with the same key adds nothing.
    `about` is the key of the row it speaks of. It is never sent after `not_after`. Without a
    `channel` it is an email; an `attachment` is the text of its calendar file. A message that its
    table cannot take is logged and goes nowhere: the act stands all the same (P28). Returns what
    was added, if anything was.
    """
    if Message.objects.filter(key=key).exists():
        return None
    message = Message(
        clinic=clinic,
        key=key,
        about=about,
        channel=channel,
        to=to,
        subject=subject,
        body=body,
        attachment=attachment,
        due_at=due_at,
        not_after=not_after,
    )
    try:
        message.write()
    except Refusal as no:
        # Without the sentence: it may repeat what stands in the message.
        log.error("A message about %s could not be kept: its %s.", about, no.field)
        return None
    return message


def withdraw(
    *, at: dt.datetime, about: str | None = None, only: Collection[str] | None = None
) -> list[str]:
    """Drop what waits about a row, or `only` the messages of these keys: what they say is no
    longer so (P28). Returns the keys of those that stood until now, too late or not.

    What is being sent at this moment stays so and is recorded as it turns out; if that fails,
    it is not tried again, nor is what has failed before. Runs in the transaction of the act that
    causes it.
    """
    unsent = [Message.Status.WAITING, Message.Status.SENDING, Message.Status.FAILED]
    stood = Q(status__in=unsent) | Q(status=Message.Status.DROPPED, error=LATE)
    rows = Message.objects.held().filter(stood, withdrawn=False)
    rows = rows if about is None else rows.filter(about=about)
    found = list(rows if only is None else rows.filter(key__in=only))
    for message in found:
        message.withdrawn = True
        if message.status == Message.Status.WAITING:
            message.error = WITHDRAWN
            message.status, message.finished_at = Message.Status.DROPPED, at
        message.write(only=["withdrawn", "status", "finished_at", "error"])
    return [message.key for message in found]


def send_elsewhere(*, about: str, channel: str, to: str) -> None:
    """Let what waits about a row go by this channel to another address. Runs in the transaction
    of the act that causes it."""
    rows = Message.objects.held().filter(
        about=about, channel=channel, status=Message.Status.WAITING
    )
    for message in rows.exclude(to=to):
        message.to = to
        message.write(only=["to"])


def send_again(message: Message, *, to: str, at: dt.datetime) -> None:
    """Let a message that failed wait once more, for `to`; its row is held by the caller."""
    message.status, message.finished_at, message.error = Message.Status.WAITING, None, ""
    message.attempts, message.to, message.due_at = 0, to, at
    message.write(only=["status", "finished_at", "error", "attempts", "to", "due_at"])


def deliver(
    *,
    at: dt.datetime,
    limit: int = 200,
    channel: Message.Channel | None = None,
    seconds: float | None = None,
) -> int:
    """Send what is due, all of it or what goes by this `channel`; returns how many went out. A
    failure is tried again, five times.

    Each message is claimed in one short transaction, sent outside of any, and its outcome is
    recorded in a second: a slow mail server holds no lock. Of two workers one claims it; what
    a worker left behind when it died is taken up again when its lease is over. After `seconds`
    nothing more is begun. A gateway that hangs costs the other nothing, and those who wait for it
    none of their tries: after one that took long it is left alone until the next round.
    """
    began, sent, hangs = monotonic(), 0, set()

    def now() -> dt.datetime:
        """A round can take long: each message is judged by its own time, not by the round's."""
        return at + dt.timedelta(seconds=monotonic() - began)

    due = Message.objects.due(at=at)
    due = due if channel is None else due.filter(channel=channel)
    for pk, way in list(due.values_list("pk", "channel")[:limit]):
        if way in hangs:
            continue
        since = now()
        if seconds is not None and since - at >= dt.timedelta(seconds=seconds):
            break
        message = _claim(pk, since)
        if message:
            problem = _send(message)
            after = now()
            if problem and after - since >= dt.timedelta(seconds=PATIENCE):
                hangs.add(way)
            sent += _record(message, problem, after)
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
        if interrupted and (late or message.withdrawn or message.attempts >= TRIES):
            # It may have gone out or not: nobody can know, so it is not called dropped.
            message.error = INTERRUPTED
            _finish(message, Message.Status.FAILED, now)
            return None
        message.attempts += 1
        if late:
            message.error = LATE
            _finish(message, Message.Status.DROPPED, now)
            return None
        message.status, message.leased_until = Message.Status.SENDING, now + LEASE
        message.write(only=["status", "leased_until", "attempts"])
        return message


def _send(message: Message) -> Exception | None:
    """Hand it to its gateway, outside of any transaction; returns what went wrong."""
    try:
        if message.channel == Message.Channel.SMS:
            gateways.send_text(to=message.to, text=message.body)
        else:
            gateways.send_mail(
                to=message.to,
                subject=message.subject,
                text=message.body,
                calendar=message.attachment,
            )
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
        if message.withdrawn or now >= message.not_after:
            message.error = WITHDRAWN if message.withdrawn else LATE
            _finish(message, Message.Status.DROPPED, now)
        elif gateways.is_final(problem) or message.attempts >= TRIES:
            _finish(message, Message.Status.FAILED, now)
        else:
            message.status, message.leased_until = Message.Status.WAITING, None
            message.due_at = now + dt.timedelta(minutes=2**message.attempts)
            message.write(only=["status", "leased_until", "due_at", "error"])
    return 0


def _finish(message: Message, status: Message.Status, now: dt.datetime) -> None:
    message.status, message.leased_until, message.finished_at = status, None, now
    message.write(only=["status", "leased_until", "finished_at", "attempts", "error"])
