"""Fifty clerks want one slot; the database itself keeps all but one out."""

from __future__ import annotations

import datetime as dt
import itertools
import threading

import pytest
from django.db import IntegrityError, connection, transaction

from bookings import operations
from bookings.models import Appointment, Hold
from clinic import audit, constraints
from clinic.refusals import Conflict
from tests import factories
from tests.cast import NOW, Cast
from tests.races import Outcome, all_at_once, sentences

pytestmark = pytest.mark.race
SLOT = NOW + dt.timedelta(hours=3)  # noon in Austin


def overlaps() -> list[tuple[Hold, Hold]]:
    """Every pair of holds that shares a resource and an instant."""
    found = []
    for lane in ("practitioner", "room", "device", "patient"):
        rows = Hold.objects.filter(**{f"{lane}__isnull": False}).order_by(f"{lane}_id", "starts_at")
        for earlier, later in itertools.pairwise(rows):
            same = getattr(earlier, f"{lane}_id") == getattr(later, f"{lane}_id")
            if same and earlier.ends_at > later.starts_at:
                found.append((earlier, later))
    return found


def assert_clean(outcome: Outcome) -> None:
    assert outcome.broken == []
    assert {type(no) for no in outcome.refused} <= {Conflict}
    assert overlaps() == []
    assert list(audit.faults()) == []


def patients(cast: Cast, count: int) -> list:
    return [
        factories.patient(cast.clinic, f"Patient{n}", "Race", by=cast.manager) for n in range(count)
    ]


@pytest.mark.rule("R47")
def test_of_fifty_bookings_for_one_slot_one_wins(fresh_db: object, cast: Cast) -> None:
    def attempt(patient):
        return lambda: operations.book(
            clinic=cast.clinic,
            patient=patient,
            practitioner=cast.ana,
            service=cast.service,
            starts_at=SLOT,
            by=cast.reception,
            at=NOW,
        )

    outcome = all_at_once([attempt(patient) for patient in patients(cast, 50)])

    assert_clean(outcome)
    assert (len(outcome.won), len(outcome.refused)) == (1, 49)
    assert Appointment.objects.count() == 1
    assert Hold.objects.count() == 4


@pytest.mark.rule("R47")
def test_partial_and_containing_overlaps_never_both_stand(fresh_db: object, cast: Cast) -> None:
    offsets = [-40, -30, -15, -5, 0, 5, 15, 30, 40, 45, -45, 90]
    services = itertools.cycle([cast.service, cast.short_service])

    def attempt(patient, minutes, service):
        return lambda: operations.book(
            clinic=cast.clinic,
            patient=patient,
            practitioner=cast.ana,
            service=service,
            starts_at=SLOT + dt.timedelta(minutes=minutes),
            by=cast.reception,
            at=NOW,
        )

    tries = zip(patients(cast, 24), offsets * 2, services, strict=False)
    outcome = all_at_once([attempt(*one) for one in tries])

    assert_clean(outcome)
    assert 1 <= len(outcome.won) <= 4
    assert Hold.objects.count() == 4 * len(outcome.won)


@pytest.mark.rule("R47")
def test_the_loser_of_a_room_takes_the_next_one(fresh_db: object, cast: Cast) -> None:
    # Two practitioners, two rooms, two devices: both visits fit at one time, a third does not.
    def attempt(patient, practitioner):
        return lambda: operations.book(
            clinic=cast.clinic,
            patient=patient,
            practitioner=practitioner,
            service=cast.service,
            starts_at=SLOT,
            by=cast.reception,
            at=NOW,
        )

    who = [cast.ana, cast.bo, cast.priya] * 4
    pairs = zip(patients(cast, 12), who, strict=True)
    outcome = all_at_once([attempt(*pair) for pair in pairs])

    assert_clean(outcome)
    assert len(outcome.won) == 2
    assert {one.room_id for one in outcome.won} == {cast.room.pk, cast.second_room.pk}


@pytest.mark.rule("R47")
def test_one_patient_is_never_booked_twice_at_one_time(fresh_db: object, cast: Cast) -> None:
    def attempt(practitioner):
        return lambda: operations.book(
            clinic=cast.clinic,
            patient=cast.mia,
            practitioner=practitioner,
            service=cast.service,
            starts_at=SLOT,
            by=cast.reception,
            at=NOW,
        )

    outcome = all_at_once([attempt(one) for one in (cast.ana, cast.bo, cast.priya)])

    assert_clean(outcome)
    assert len(outcome.won) == 1


@pytest.mark.rule("P3")
def test_one_form_pressed_ten_times_books_once(fresh_db: object, cast: Cast) -> None:
    def attempt():
        return operations.book(
            clinic=cast.clinic,
            patient=cast.mia,
            practitioner=cast.ana,
            service=cast.service,
            starts_at=SLOT,
            by=cast.reception,
            at=NOW,
            once="one press",
        )

    outcome = all_at_once([attempt] * 10)

    assert outcome.broken == []
    assert outcome.refused == []
    assert len({one.pk for one in outcome.won}) == 1
    assert Appointment.objects.count() == 1


def test_moves_that_cross_neither_deadlock_nor_overlap(fresh_db: object, cast: Cast) -> None:
    made = [
        operations.book(
            clinic=cast.clinic,
            patient=patient,
            practitioner=practitioner,
            service=cast.short_service,
            starts_at=SLOT,
            by=cast.reception,
            at=NOW,
        )
        for patient, practitioner in zip(patients(cast, 2), (cast.ana, cast.bo), strict=True)
    ]

    def attempt(appointment, practitioner, minutes):
        return lambda: operations.move(
            appointment=appointment,
            practitioner=practitioner,
            starts_at=SLOT + dt.timedelta(minutes=minutes),
            by=cast.reception,
            at=NOW,
        )

    tries = []
    for minutes in (0, 15, 30, 45):
        tries += [attempt(made[0], cast.bo, minutes), attempt(made[1], cast.ana, minutes)]
    outcome = all_at_once(tries)

    assert_clean(outcome)
    assert Hold.objects.count() == 8


def naive_booking(cast: Cast, patient, both_looked: threading.Barrier):
    """Look, then write, with no lock and no transaction around the two: how others do it."""

    def attempt() -> None:
        lane = Hold.objects.filter(practitioner=cast.ana)
        assert not lane.crossing(SLOT, SLOT + dt.timedelta(minutes=45)).exists()
        both_looked.wait(30)
        with transaction.atomic():
            appointment = Appointment(
                clinic=cast.clinic,
                patient=patient,
                practitioner=cast.ana,
                license=cast.ana_license,
                service=cast.service,
                room=cast.room,
                device=cast.device,
                starts_at=SLOT,
                local_date=SLOT.date(),
                numbing_min=0,
                treatment_min=45,
                clean_down_min=0,
                created_at=NOW,
                created_by=cast.reception,
            )
            appointment.write()
            Hold(
                appointment=appointment,
                practitioner=cast.ana,
                starts_at=SLOT,
                ends_at=SLOT + dt.timedelta(minutes=45),
            ).write()

    return attempt


def race_naively(cast: Cast) -> Outcome:
    both_looked = threading.Barrier(8)
    return all_at_once([naive_booking(cast, patient, both_looked) for patient in patients(cast, 8)])


def test_without_locks_the_database_still_lets_one_in(fresh_db: object, cast: Cast) -> None:
    outcome = race_naively(cast)

    assert len(outcome.won) == 1
    assert {type(error) for error in outcome.broken} == {IntegrityError}
    assert sentences(outcome) == {"The practitioner is busy at this time."}


def test_the_race_is_real_once_the_guard_is_taken_away(fresh_db: object, cast: Cast) -> None:
    constraints.drop(connection)
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute("ALTER TABLE bookings_hold DROP CONSTRAINT hold_no_overlap_practitioner")

    outcome = race_naively(cast)

    assert outcome.broken == []
    assert len(outcome.won) == 8
    assert len(overlaps()) == 7
