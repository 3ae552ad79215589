"""Whatever is booked, moved, cancelled or passed over: no time is held twice, and what is offered
can be had (R35, R47, T1)."""

from __future__ import annotations

import datetime as dt
import itertools
from typing import Any

import pytest
from django.db import transaction
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from bookings import operations, queries
from bookings.models import Appointment, Hold
from bookings.rules.status import MOVABLE, Status
from bookings.rules.visit import Span
from clinic.refusals import Refusal
from tests import factories
from tests.cast import NOW, TODAY, Cast

DAY = dt.timedelta(days=1)
MINUTE = dt.timedelta(minutes=1)
STEPS = st.integers(0, 3 * 24 * 12 - 1)  # five minutes each, of three days
ACTS = st.lists(
    st.tuples(
        st.sampled_from(["book", "book", "book", "move", "cancel", "override"]),
        st.integers(0, 4),  # whose, or which visit
        st.integers(0, 3),  # with whom; 3: anyone
        STEPS,
        st.booleans(),  # the long service or the short one
    ),
    max_size=6,
)


class _Undone(Exception):
    """Leads out of an example, so that the next one finds the desk as it was."""


def overlaps() -> list[tuple[Hold, Hold]]:
    """Every pair of holds that shares a resource and an instant."""
    found = []
    for lane in ("practitioner", "room", "device", "patient"):
        rows = Hold.objects.filter(**{f"{lane}__isnull": False}).order_by(f"{lane}_id", "starts_at")
        found += [
            (one, two)
            for one, two in itertools.pairwise(rows)
            if getattr(one, f"{lane}_id") == getattr(two, f"{lane}_id")
            and one.ends_at > two.starts_at
        ]
    return found


def play(cast: Cast, acts: list[tuple[str, int, int, int, bool]]) -> None:
    """Do what may be done; what is refused leaves nothing."""
    patients = [cast.mia, cast.wang, cast.siobhan]
    people = [cast.ana, cast.bo, cast.priya, None]
    for what, which, who, step, long in acts:
        starts_at = NOW + step * 5 * MINUTE
        visits = list(Appointment.objects.order_by("created_at", "pk"))
        visit = visits[which % len(visits)]
        by: dict[str, Any] = {"by": cast.manager, "at": NOW}
        try:
            if what == "move":
                operations.move(
                    appointment=visit, starts_at=starts_at, practitioner=people[who], **by
                )
            elif what == "cancel":
                operations.cancel(appointment=visit, reason="Ill", **by)
            else:
                operations.book(
                    clinic=cast.clinic,
                    patient=patients[which % 3],
                    practitioner=people[who],
                    service=cast.service if long else cast.short_service,
                    starts_at=starts_at,
                    override_reason="Wedding" if what == "override" else "",
                    **by,
                )
        except Refusal:
            continue


@pytest.mark.rule("R35", "R47", "T1")
@pytest.mark.django_db
def test_no_hold_overlaps_and_what_is_offered_can_be_had(cast: Cast) -> None:
    # Wang's cheek was treated twenty days ago, Siobhán's ten: one may be passed over.
    factories.performed(cast, TODAY - 20 * DAY, patient=cast.wang)
    factories.performed(cast, TODAY - 10 * DAY, patient=cast.siobhan)
    cast.service.check_in_min = 5
    cast.service.write()

    @settings(max_examples=5, deadline=None, suppress_health_check=[*HealthCheck])
    @given(acts=ACTS, pick=st.integers(0, 10_000), who=st.integers(0, 2))
    def whatever(acts: list[tuple[str, int, int, int, bool]], pick: int, who: int) -> None:
        try:
            with transaction.atomic():
                play(cast, acts)
                assert overlaps() == []
                kept = Appointment.objects.filter(status__in=[str(one) for one in MOVABLE])
                assert Hold.objects.filter(appointment__in=kept).count() == 4 * kept.count()
                offered_is_had(cast, pick, who)
                raise _Undone
        except _Undone:
            pass

    whatever()


def offered_is_had(cast: Cast, pick: int, who: int) -> None:
    """One of the free times, taken alone, is booked, and lies within a shift."""
    patient = [cast.mia, cast.wang, cast.siobhan][who]
    found = queries.FreeSearch(
        clinic=cast.clinic, need=cast.service, first=TODAY, days=24, at=NOW, patient=patient
    )
    times = [time for line in found.lines() for time in line.times]
    assert times
    chosen = times[pick % len(times)]
    local = cast.clinic.local(chosen.starts_at)
    ends = local + 45 * MINUTE
    assert (local.hour, ends.hour * 60 + ends.minute <= 17 * 60) >= (9, True)
    assert local.weekday() < (3 if chosen.practitioner == cast.bo else 5)
    assert local.minute % 15 == 0
    made = operations.book(
        clinic=cast.clinic,
        patient=patient,
        practitioner=chosen.practitioner,
        service=cast.service,
        starts_at=chosen.starts_at,
        by=cast.reception,
        at=NOW,
    )
    assert Status(made.status) is Status.BOOKED
    assert made.lanes.practitioner == Span(chosen.starts_at, chosen.starts_at + 45 * MINUTE)
    assert overlaps() == []
