"""The free times nearest to an instant, and what stands against one."""

from __future__ import annotations

import datetime as dt
from typing import Any

from bookings.models import Service
from bookings.queries.free_times.reading import DAY
from bookings.queries.free_times.search import FreeSearch, FreeTime, plan_of, rest_for
from bookings.rules.fit import numbing_over
from bookings.rules.free_times import Need
from bookings.rules.interval import Leave
from bookings.rules.visit import time_fault
from clinic.models import Clinic, Patient, Practitioner, Room

NEAR_DAYS = 14
NEAR_BEFORE = 2 * DAY


def doubts_about(
    starts_at: dt.datetime,
    *,
    clinic: Clinic,
    need: Service,
    at: dt.datetime,
    practitioner: Practitioner | None = None,
    patient: Patient | None = None,
    found: FreeSearch | None = None,
    room: Room | None = None,
    leave: Leave = Leave.NONE,
) -> str:
    """What stands against a visit at this instant, in words; "" when nothing does.

    At most seven queries; none where `found`, a search for this service and patient, covers
    the day. What is said but can be booked: a numbing that should have begun already (she may
    be here and her cream on), and that a treatment which began early or runs late goes on then.
    """
    if fault := time_fault(starts_at=starts_at, at=at):
        return fault
    if found is None or not found.covers(starts_at):
        found = FreeSearch(
            clinic=clinic,
            need=need,
            first=clinic.day_of(starts_at),
            days=1,
            at=at,
            practitioner=practitioner,
            patient=patient,
            room=room,
            leave=leave,
        )
    over = numbing_over(plan_of(Need.of(need), starts_at), at, clinic.local)
    return f"{found.misfit(starts_at, practitioner=practitioner)} {over}".strip()


def search_near(
    *,
    clinic: Clinic,
    around: dt.datetime,
    at: dt.datetime,
    leave: Leave = Leave.NONE,
    **asked: Any,
) -> FreeSearch:
    """A search of the two weeks around an instant, never into the past."""
    first = max(clinic.day_of(around) - NEAR_BEFORE, clinic.day_of(at))
    rest = None
    if patient := asked.get("patient"):
        but = asked.get("but")
        rest = rest_for(clinic, asked["need"], patient, since=first, but=but, leave=leave)
        # Skin that is not rested yet: the two weeks begin when it is.
        first = max(first, rest.first_day or first)
    return FreeSearch(clinic=clinic, first=first, days=NEAR_DAYS, at=at, rest=rest, **asked)


def nearest_free_times(
    *,
    around: dt.datetime,
    practitioner: Practitioner | None = None,
    count: int = 3,
    **asked: Any,
) -> list[FreeTime]:
    """The free times nearest to `around` (see `FreeSearch.nearest`): first those of the
    practitioner who is asked for, then those of others that are nearer."""
    search = search_near(around=around, **asked)
    near = search.nearest(around, practitioner=practitioner, count=count)
    others = [one for one in near if practitioner and one.practitioner.pk != practitioner.pk]
    if not others:
        return near
    own = search.nearest(around, practitioner=practitioner, alone=True, count=count - 1)
    others.sort(key=lambda one: (abs(one.starts_at - around), one.starts_at))
    return own + others[: count - 1]
