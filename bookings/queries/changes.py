"""Whether a board still shows how things stand: cheap enough to be asked once a second."""

from __future__ import annotations

import datetime as dt
import uuid
from dataclasses import dataclass
from hashlib import blake2s
from time import perf_counter

from django.db.models import IntegerField, Value

from bookings.models import Appointment, Hold, TimeOff
from bookings.rules.visit import HOLD_CAP_MIN
from clinic.models import RoleAssignment
from clinic.permissions import MAY, Permission, Role

# So long what one board was told is told to the others of this process too (seconds).
SHARED_S = 0.5
# So long an account that was in order counts as such: it learns no more than "changed".
TRUSTED_S = 5.0
MOST_KEPT = 500
READERS = [str(role) for role in Role if Permission.SEE_DAY in MAY.get(role, ())]
CAP = dt.timedelta(minutes=HOLD_CAP_MIN)


@dataclass(frozen=True)
class Days:
    """The clinic-local days from `first` to `last` of a clinic, and what they span (UTC)."""

    clinic: uuid.UUID
    first: dt.date
    last: dt.date
    starts_at: dt.datetime
    ends_at: dt.datetime


_revisions: dict[Days, tuple[float, str]] = {}
_accounts: dict[tuple[uuid.UUID, int, uuid.UUID], tuple[float, bool]] = {}


def revision_of(days: Days, *, shared: bool = True) -> str:
    """A word that is another one once the visits or the time off of these days have changed.

    One query, or none where another board asked a moment ago and this one is content with that
    (`shared`). It is made of every row and its version, so that one visit leaving as another
    comes is no coincidence that looks like nothing.
    """
    now = perf_counter()
    then, known = _revisions.get(days, (0.0, ""))
    if shared and known and now - then < SHARED_S:
        return known
    if len(_revisions) > MOST_KEPT:
        _revisions.clear()
    word = blake2s(repr(sorted(_rows(days))).encode(), digest_size=12).hexdigest()
    _revisions[days] = (now, word)
    return word


def may_ask(user: uuid.UUID, session_round: int, clinic: uuid.UUID) -> bool:
    """Whether an account still is in use, in this round of its sessions, and may see a clinic's
    day. One query each few seconds."""
    key = (user, session_round, clinic)
    now = perf_counter()
    then, known = _accounts.get(key, (0.0, False))
    if known and now - then < TRUSTED_S:
        return True
    if len(_accounts) > MOST_KEPT:
        _accounts.clear()
    found = RoleAssignment.objects.order_by().filter(
        user=user,
        user__is_active=True,
        user__session_round=session_round,
        clinic=clinic,
        clinic__is_active=True,
        role__in=READERS,
    )
    _accounts[key] = (now, found.exists())
    return _accounts[key][1]


def _rows(days: Days) -> list[tuple[str, int]]:
    """Visits of these days, absences of who works here, and what they hold elsewhere. A hold is
    written anew by each move, so that its key alone says enough."""
    visits = Appointment.objects.order_by().filter(
        clinic=days.clinic, local_date__gte=days.first, local_date__lte=days.last
    )
    absences = TimeOff.objects.order_by().filter(
        practitioner__clinics=days.clinic, ends_at__gt=days.starts_at, starts_at__lt=days.ends_at
    )
    elsewhere = (
        Hold.objects.order_by()
        .filter(
            practitioner__clinics=days.clinic,
            starts_at__gt=days.starts_at - CAP,
            starts_at__lt=days.ends_at,
            ends_at__gt=days.starts_at,
        )
        .exclude(appointment__clinic=days.clinic)
        .annotate(n=Value(0, output_field=IntegerField()))
    )
    rows = visits.values_list("pk", "version").union(
        absences.values_list("pk", "version"), elsewhere.values_list("pk", "n"), all=True
    )
    return [(str(key), version) for key, version in rows]
