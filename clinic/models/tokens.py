"""Tokens by which programs speak for a user."""

from __future__ import annotations

from django.db import models
from django.db.models import F, Q

from clinic.constraints import Guard, bounded, check, never_deleted, together
from clinic.models.base import Row
from clinic.models.people import User


class ApiToken(Row):
    """A secret by which a program asks the JSON API in its user's name, with her rights.

    Of the secret only a digest is kept, and its beginning (`prefix`), to recognize it by.
    `session_round` is the account's when the token was made: what ends all her sessions ends it.
    `last_used_at` is right to the hour. `expires_at` None: until it is revoked.
    """

    user = models.ForeignKey(User, models.PROTECT, related_name="tokens")
    name = models.CharField(max_length=60)
    prefix = models.CharField(max_length=20, editable=False)
    digest = models.CharField(max_length=64, editable=False)
    session_round = models.PositiveIntegerField(editable=False)
    # The token itself, on the row that made it and nowhere else.
    secret = ""
    created_at = models.DateTimeField()
    created_by = models.ForeignKey(User, models.PROTECT, related_name="+")
    expires_at = models.DateTimeField(null=True, blank=True)
    last_used_at = models.DateTimeField(null=True, blank=True)
    revoked_at = models.DateTimeField(null=True, blank=True)
    revoked_by = models.ForeignKey(User, models.PROTECT, null=True, blank=True, related_name="+")

    class Meta:
        ordering = ["-created_at", "pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["digest"],
                name="api_token_digest_once",
                violation_error_message="This token is taken.",
            ),
            check(
                "api_token_lasts",
                Q(expires_at__isnull=True) | Q(expires_at__gt=F("created_at")),
                "A token ends after it was made.",
            ),
            together("api_token_revoked_by", "revoked_at", "revoked_by"),
            bounded(
                "api_token_dates_bounded",
                instants=["created_at", "expires_at", "last_used_at", "revoked_at"],
            ),
        ]

    guards = [
        *never_deleted(
            "clinic_apitoken",
            "A token on file is never deleted.",
            keys=[("id",), ("digest",)],
            taken="This token is on file.",
        ),
        Guard(
            "api_token_stays_as_made",
            ("UPDATE",),
            "NEW.user_id <> OLD.user_id OR NEW.digest <> OLD.digest OR NEW.prefix <> OLD.prefix"
            " OR NEW.name <> OLD.name OR NEW.session_round <> OLD.session_round"
            " OR NEW.created_at <> OLD.created_at OR NEW.created_by_id <> OLD.created_by_id"
            " OR (NEW.expires_at IS NULL) <> (OLD.expires_at IS NULL)"
            " OR NEW.expires_at <> OLD.expires_at",
            "A token stays as it was made: make another one.",
        ),
        Guard(
            "api_token_stays_revoked",
            ("UPDATE",),
            "OLD.revoked_at IS NOT NULL AND (NEW.revoked_at IS NULL"
            " OR NEW.revoked_at <> OLD.revoked_at OR NEW.revoked_by_id <> OLD.revoked_by_id)",
            "A revoked token stays revoked.",
        ),
    ]

    def __str__(self) -> str:
        return f"{self.name} ({self.prefix})"
