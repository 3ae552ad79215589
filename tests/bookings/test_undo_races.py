"""An undo races others for the time that it gives back: nobody is displaced, both engines."""

from __future__ import annotations

import datetime as dt
from typing import Any

import pytest

from bookings import operations
from bookings.models import Appointment, Hold, Undo
from clinic.models import Patient, Room
from tests import factories
from tests.bookings.test_races import assert_clean, patients
from tests.cast import NOW, Cast
from tests.races import all_at_once

pytestmark = pytest.mark.race
SLOT = NOW + dt.timedelta(hours=3)
LATER = NOW + dt.timedelta(minutes=1)


def book(cast: Cast, patient: Patient, **given: Any) -> Appointment:
    return operations.book(
        **{
            "clinic": cast.clinic,
            "patient": patient,
            "practitioner": cast.ana,
            "service": cast.service,
            "starts_at": SLOT,
            "by": cast.reception,
            "at": NOW,
            **given,
        }
    )


@pytest.mark.rule("R47")
def test_an_undo_races_bookings_for_the_time_it_gives_back(fresh_db: object, cast: Cast) -> None:
    visit = book(cast, cast.mia)
    operations.cancel(appointment=visit, reason="Ill", by=cast.reception, at=NOW)

    def undo():
        return operations.undo(appointment=visit, by=cast.reception, at=LATER)

    def again(patient):
        return lambda: book(cast, patient, at=LATER)

    outcome = all_at_once([undo, *(again(one) for one in patients(cast, 11)), undo])

    # A second undo finds nothing to take back, or the time gone: it too is answered in words.
    assert outcome.broken == []
    assert len(outcome.won) == 1
    assert len(outcome.refused) == 12
    assert {no.rule for no in outcome.refused} <= {"R47", "R46", "P12", "P2"}
    outcome.refused = []
    assert_clean(outcome)
    assert Hold.objects.count() == 4
    assert Undo.objects.count() <= 1


@pytest.mark.rule("R47")
def test_undone_moves_and_new_bookings_never_overlap(fresh_db: object, cast: Cast) -> None:
    for name in ("Room 3", "Room 4"):
        Room(clinic=cast.clinic, name=name).write()
    for code in ("D-3", "D-4"):
        factories.device(cast.clinic, cast.model, code)
    people = [cast.ana, cast.bo, cast.priya]
    moved = [
        book(cast, one, practitioner=who)
        for one, who in zip(patients(cast, 3), people, strict=True)
    ]
    for one in moved:
        after = SLOT + dt.timedelta(minutes=90)
        operations.move(appointment=one, starts_at=after, by=cast.reception, at=NOW)
    fresh = [Appointment.objects.get(pk=one.pk) for one in moved]
    more = [factories.patient(cast.clinic, f"New{n}", "Race", by=cast.manager) for n in range(9)]

    def undo(one):
        return lambda: operations.undo(appointment=one, by=cast.reception, at=LATER)

    def again(patient, who):
        return lambda: book(cast, patient, practitioner=who, at=LATER)

    outcome = all_at_once(
        [
            *(undo(one) for one in fresh),
            *(again(one, who) for one, who in zip(more, people * 3, strict=True)),
        ]
    )

    assert_clean(outcome)
    assert len(outcome.won) == 3  # each practitioner's noon goes to one of its four
    assert Hold.objects.count() == 4 * Appointment.objects.active().count()
