"""A practitioner's visits in her own calendar program: the link to them, and its end."""

from __future__ import annotations

import datetime as dt
import secrets

from bookings.models import CalendarLink
from clinic import audit
from clinic.acts import own_act
from clinic.models import Practitioner, User
from clinic.refusals import Refusal
from clinic.rules import link_digest


@own_act("calendar.make_link")
def make_calendar_link(*, by: User, at: dt.datetime) -> CalendarLink:
    """Make the link to one's own visits, with its `secret`; the one before it ends.

    Refuses who treats nobody: there is no calendar of hers (input).
    """
    practitioner = _held(by)
    _withdraw(practitioner, by, at)
    secret = secrets.token_urlsafe(32)
    made = CalendarLink(
        practitioner=practitioner, digest=link_digest(secret), created_at=at, created_by=by
    )
    made.write()
    made.secret = secret
    audit.record("calendar.make_link", by=by, at=at, clinic_id=None, on=made)
    return made


@own_act("calendar.withdraw_link")
def withdraw_calendar_link(*, by: User, at: dt.datetime) -> None:
    """End the link to one's own visits: whoever has it sees nothing from the next look on.

    Refuses where there is none (input).
    """
    link = _withdraw(_held(by), by, at)
    if link is None:
        raise Refusal("Your calendar has no link.", rule="input")
    audit.record("calendar.withdraw_link", by=by, at=at, clinic_id=None, on=link)


def _held(by: User) -> Practitioner:
    found: Practitioner | None = Practitioner.objects.held().filter(user=by).first()
    if found is None:
        raise Refusal("Only those who treat have a calendar of their own.", rule="input")
    return found


def _withdraw(practitioner: Practitioner, by: User, at: dt.datetime) -> CalendarLink | None:
    link = (
        CalendarLink.objects.select_for_update(no_key=True)
        .filter(practitioner=practitioner, withdrawn_at__isnull=True)
        .first()
    )
    if link is not None:
        link.withdrawn_at, link.withdrawn_by = at, by
        link.write(only=["withdrawn_at", "withdrawn_by"])
    return link
