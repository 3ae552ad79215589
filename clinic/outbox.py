"""The outbox: messages are written with the act and sent later, by the only sender."""

from __future__ import annotations

import datetime as dt
import logging

from django.conf import settings
from django.core.mail import EmailMessage
from django.db import transaction

from clinic.models import Clinic, Message

log = logging.getLogger(__name__)
TRIES = 5


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
    `about` is the key of the row it speaks of. It is never sent after `not_after`.
    """
    if not Message.objects.filter(key=key).exists():
        Message(
            clinic=clinic,
            key=key,
            about=about,
            to=to,
            subject=subject,
            body=body,
            due_at=due_at,
            not_after=not_after,
        ).write()


def withdraw(*, about: str, at: dt.datetime) -> None:
    """Drop what waits about a row: the visit was cancelled or moved (P28)."""
    for message in Message.objects.filter(about=about, status=Message.Status.WAITING):
        message.status, message.finished_at = Message.Status.DROPPED, at
        message.write(only=["status", "finished_at"])


def deliver(*, at: dt.datetime, limit: int = 200) -> int:
    """Send what is due; returns how many went out. A failure is tried again, five times.

    Each message is locked while it is sent, so that two workers never send one twice.
    """
    sent = 0
    for pk in list(Message.objects.due(at=at).values_list("pk", flat=True)[:limit]):
        with transaction.atomic():
            message = (
                Message.objects.select_for_update(skip_locked=True)
                .filter(pk=pk, status=Message.Status.WAITING)
                .first()
            )
            if message:
                sent += _deliver_one(message, at)
    return sent


def _deliver_one(message: Message, at: dt.datetime) -> int:
    message.attempts += 1
    message.finished_at = at
    if at >= message.not_after:
        message.status = Message.Status.DROPPED
    else:
        try:
            EmailMessage(
                message.subject, message.body, settings.DEFAULT_FROM_EMAIL, [message.to]
            ).send()
            message.status = Message.Status.SENT
        except OSError as error:
            log.warning("A message could not be sent: %s", type(error).__name__)
            message.error = type(error).__name__
            if message.attempts >= TRIES:
                message.status = Message.Status.FAILED
            else:
                message.finished_at = None
                message.due_at = at + dt.timedelta(minutes=2**message.attempts)
    message.write(only=["attempts", "finished_at", "status", "error", "due_at"])
    return int(message.status == Message.Status.SENT)
