"""Whether a board still shows how things stand: cheap enough to be asked once a second."""

from __future__ import annotations

import datetime as dt
import uuid
from dataclasses import dataclass
from hashlib import blake2s
from time import perf_counter
from typing import Any

from django.db import connection

from bookings.models import Appointment
from bookings.rules.visit import HOLD_CAP_MIN
from clinic.models import RoleAssignment
from clinic.permissions import MAY, Permission, Role
from clinic.prepared import planned_once

# So long what one board was told is told to the others of this process too (seconds).
SHARED_S = 0.5
# So long an account that was in order counts as such: it learns no more than "changed".
TRUSTED_S = 5.0
MOST_KEPT = 500
READERS = [str(role) for role in Role if Permission.SEE_DAY in MAY.get(role, ())]
CAP = dt.timedelta(minutes=HOLD_CAP_MIN)
# Written out, because to put it together from querysets costs ten times what it takes to run.
ROWS = """
SELECT a.id, a.version FROM bookings_appointment a
WHERE a.clinic_id = %s AND a.local_date BETWEEN %s AND %s
UNION ALL
SELECT t.id, t.version FROM clinic_practitioner_clinics w
JOIN bookings_timeoff t ON t.practitioner_id = w.practitioner_id
WHERE w.clinic_id = %s AND t.ends_at > %s AND t.starts_at < %s
UNION ALL
SELECT h.id, 0 FROM clinic_practitioner_clinics w
JOIN bookings_hold h ON h.practitioner_id = w.practitioner_id
WHERE w.clinic_id = %s AND h.starts_at > %s AND h.starts_at < %s AND h.ends_at > %s
AND NOT EXISTS (SELECT 1 FROM bookings_appointment a
WHERE a.id = h.appointment_id AND a.clinic_id = %s)
"""


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
    clinic: Any = Appointment._meta.get_field("clinic").get_db_prep_value(days.clinic, connection)
    instant = connection.ops.adapt_datetimefield_value
    starts_at, ends_at = instant(days.starts_at), instant(days.ends_at)
    given = [
        *(clinic, days.first, days.last),
        *(clinic, starts_at, ends_at),
        *(clinic, instant(days.starts_at - CAP), ends_at, starts_at, clinic),
    ]
    with connection.cursor() as cursor, planned_once():
        cursor.execute(ROWS, given)
        return [(str(key), version) for key, version in cursor.fetchall()]
