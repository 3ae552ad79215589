"""What is written and never rewritten: the audit, the outbox, the one-time keys."""

from __future__ import annotations

from django.conf import settings
from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from django.db import models
from django.db.models import Q

from clinic.constraints import append_only, bounded, check
from clinic.models.base import KeptQuerySet, Row, ScopedQuerySet
from clinic.models.places import Clinic
from clinic.refusals import Refusal


class AuditChain(models.Model):
    """One row per chain, locked while an event is appended. The chain's end is read, not kept."""

    name = models.CharField(primary_key=True, max_length=40)

    def __str__(self) -> str:
        return self.name


class AuditEvent(models.Model):
    """One thing that was done, seen or refused. Values only, no foreign keys.

    `chain` is the clinic's key, or "system". `mac` covers the row and the mac before it.
    """

    class Outcome(models.TextChoices):
        DONE = "done", "Done"
        REFUSED = "refused", "Refused"

    id = models.BigAutoField(primary_key=True)
    chain = models.CharField(max_length=40)
    seq = models.PositiveBigIntegerField()
    at = models.DateTimeField()
    actor = models.CharField(max_length=40)
    actor_name = models.CharField(max_length=120)
    action = models.CharField(max_length=60)
    outcome = models.CharField(max_length=8, choices=Outcome)
    subject_kind = models.CharField(max_length=40)
    subject = models.CharField(max_length=40)
    subject_code = models.CharField(max_length=60)
    rule = models.CharField(max_length=20)
    detail = models.TextField()
    mac = models.CharField(max_length=64)

    objects = KeptQuerySet.as_manager()

    class Meta:
        ordering = ["chain", "seq"]
        indexes = [
            models.Index(fields=["chain", "at"], name="audit_by_time"),
            models.Index(fields=["chain", "actor", "at"], name="audit_by_actor"),
            models.Index(fields=["chain", "action", "at"], name="audit_by_action"),
            models.Index(
                fields=["chain", "at"], condition=Q(outcome="refused"), name="audit_refused_by_time"
            ),
            models.Index(fields=["subject", "seq"], name="audit_by_subject"),
        ]
        constraints = [
            models.UniqueConstraint(
                fields=["chain", "seq"],
                name="audit_seq_once_per_chain",
                violation_error_message="Two events claim one place in the audit.",
            ),
            check(
                "audit_outcome_known", Q(outcome__in=["done", "refused"]), "Use a known outcome."
            ),
            bounded("audit_dates_bounded", instants=["at"]),
        ]

    guards = append_only(
        "clinic_auditevent",
        keys=[("id",), ("chain", "seq")],
        says="The audit is only ever added to.",
    )

    def __str__(self) -> str:
        return f"{self.chain} {self.seq} {self.action}"


class MessageQuerySet(ScopedQuerySet):
    def due(self, *, at: object) -> MessageQuerySet:
        """Messages whose time has come, oldest first: waiting, or left behind while being sent."""
        waiting = Q(status=Message.Status.WAITING, due_at__lte=at)
        left = Q(status=Message.Status.SENDING, leased_until__lte=at)
        return self.filter(waiting | left).order_by("due_at", "pk")


class Message(Row):
    """A message in the outbox: written with the act, sent by the worker, once.

    `to` is an email address or, of a text message, a number as E.164. `attachment` is a calendar
    file that goes with a mail. `withdrawn`: what it says is no longer so, so that it is not sent
    (again), whatever became of it. While it is being sent it belongs to one worker, until
    `leased_until`.
    """

    class Channel(models.TextChoices):
        EMAIL = "email", "Email"
        SMS = "sms", "Text message"

    class Status(models.TextChoices):
        WAITING = "waiting", "Waiting"
        SENDING = "sending", "Sending"
        SENT = "sent", "Sent"
        FAILED = "failed", "Failed"
        DROPPED = "dropped", "Dropped"

    clinic = models.ForeignKey(Clinic, models.PROTECT, related_name="messages")
    key = models.CharField(max_length=120)
    about = models.CharField(max_length=40)
    channel = models.CharField(max_length=5, choices=Channel, default=Channel.EMAIL)
    to = models.CharField(max_length=120)
    subject = models.CharField(max_length=150, blank=True)
    body = models.TextField()
    attachment = models.TextField(blank=True)
    due_at = models.DateTimeField()
    not_after = models.DateTimeField()
    status = models.CharField(max_length=8, choices=Status, default=Status.WAITING)
    withdrawn = models.BooleanField(default=False)
    attempts = models.PositiveSmallIntegerField(default=0)
    leased_until = models.DateTimeField(null=True, blank=True)
    finished_at = models.DateTimeField(null=True, blank=True)
    error = models.CharField(max_length=200, blank=True)

    objects = MessageQuerySet.as_manager()

    class Meta:
        ordering = ["due_at", "pk"]
        indexes = [
            models.Index(fields=["status", "due_at"], name="message_by_due"),
            models.Index(fields=["about"], name="message_by_about"),
            models.Index(fields=["clinic", "status", "due_at"], name="message_by_clinic"),
        ]
        constraints = [
            models.UniqueConstraint(
                fields=["key"],
                name="message_key_once",
                violation_error_message="This message is in the outbox.",
            ),
            check(
                "message_status_known",
                Q(status__in=["waiting", "sending", "sent", "failed", "dropped"]),
                "Use a known status.",
            ),
            check(
                "message_channel_known",
                Q(channel__in=["email", "sms"]),
                "A message goes as an email or as a text message.",
            ),
            check(
                "message_goes_by_email_or_text",
                Q(channel="email", to__contains="@")
                | Q(channel="sms", to__startswith="+", attachment=""),
                "A mail goes to an address, a text message to a number.",
            ),
            check(
                "message_withdrawn_waits_no_more",
                ~Q(withdrawn=True, status="waiting"),
                "What is no longer so does not wait to be sent.",
            ),
            check(
                "message_leased_while_sending",
                Q(status="sending", leased_until__isnull=False)
                | (~Q(status="sending") & Q(leased_until__isnull=True)),
                "A message belongs to a worker only while it is being sent.",
            ),
            bounded(
                "message_dates_bounded",
                instants=["due_at", "not_after", "leased_until", "finished_at"],
            ),
        ]

    def __str__(self) -> str:
        return self.key

    def check_fields(self, *, only: list[str] | None = None) -> None:
        super().check_fields(only=only)
        if self.channel == Message.Channel.EMAIL and (only is None or "to" in only):
            try:
                validate_email(self.to)
            except ValidationError as error:
                raise Refusal(error.messages[0], rule="input", field="to") from error


class IdempotencyKey(Row):
    """A form's one-time key, written in the act's own transaction: the second press finds it.

    A program's key also keeps what was `sent` (a digest) and the `answer` to it, word for word.
    """

    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    key = models.CharField(max_length=64)
    action = models.CharField(max_length=60)
    fingerprint = models.CharField(max_length=64)
    result_kind = models.CharField(max_length=60, blank=True)
    result = models.CharField(max_length=40, blank=True)
    sent = models.CharField(max_length=64, blank=True)
    status = models.PositiveSmallIntegerField(null=True, blank=True)
    answer = models.TextField(blank=True)
    created_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["user", "key"],
                name="idempotency_key_once",
                violation_error_message="This form was sent already.",
            ),
            bounded("idempotency_key_dates_bounded", instants=["created_at"]),
        ]

    def __str__(self) -> str:
        return f"{self.action} {self.key}"
