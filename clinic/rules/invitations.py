"""Invitations: how long a link is good, what one says that is not, and how an account stands."""

from __future__ import annotations

import datetime as dt
import hashlib
from dataclasses import dataclass
from typing import Any, Protocol

INVITATION_LASTS = dt.timedelta(days=7)


class Invited(Protocol):
    """What became of an invitation."""

    accepted_at: Any
    withdrawn_at: Any
    expires_at: Any
    mailed: Any


def link_digest(secret: str) -> str:
    """What is kept of a link's secret: it opens nothing, and cannot be turned back."""
    return hashlib.sha256(secret.encode("utf-8", "replace")).hexdigest()


def invitation_fault(invitation: Invited, *, at: dt.datetime) -> str | None:
    """Why a link opens nothing any more, in one sentence and its way out; None while it is good."""
    if invitation.accepted_at is not None:
        return (
            "This invitation has been used. Log in with the password that was chosen then;"
            " if it is forgotten, ask for a new one there."
        )
    if invitation.withdrawn_at is not None:
        return (
            "This invitation was withdrawn. Where a newer message came, use its link;"
            " otherwise ask your clinic's administrator."
        )
    if at >= invitation.expires_at:
        days = INVITATION_LASTS.days
        return (
            f"This invitation was good for {days} days, and they are over."
            " Ask your clinic's administrator to send another one."
        )
    return None


@dataclass(frozen=True)
class Standing:
    """How an account stands: `status` picks the badge, `label` its words, `says` the sentence."""

    status: str
    label: str
    says: str


def account_standing(
    *, is_active: bool, has_password: bool, invitation: Invited | None, at: dt.datetime
) -> Standing:
    """How an account stands; `invitation` is its latest one."""
    if is_active:
        return Standing("active", "In use", "The account is in use.")
    if has_password:
        return Standing("inactive", "Switched off", "The account is switched off: nobody logs in.")
    if invitation is None or invitation.withdrawn_at is not None:
        return Standing("inactive", "Not invited", "No invitation is open.")
    if at >= invitation.expires_at:
        return Standing("expired", "Invitation over", "The invitation was not used in time.")
    if not invitation.mailed:
        says = "The message with the link could not be sent. Check the address, then send it again."
        return Standing("error", "Not sent", says)
    return Standing("pending", "Invited", "The invitation has been sent and not been used yet.")
