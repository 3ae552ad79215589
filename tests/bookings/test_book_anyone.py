"""Booking with whoever is free: licensed, at work, not busy; and never the same person twice."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from bookings import operations
from bookings.models import Appointment
from bookings.operations import placing, things
from clinic import audit
from clinic.models import Patient
from clinic.refusals import Conflict, Refusal
from tests import factories
from tests.cast import NOW, Cast
from tests.races import all_at_once

NOON = NOW + dt.timedelta(hours=3)


def book(cast: Cast, patient: Patient, starts_at: dt.datetime = NOON, **given: Any) -> Appointment:
    return operations.book(
        clinic=cast.clinic,
        patient=patient,
        practitioner=None,
        service=cast.short_service,
        starts_at=starts_at,
        by=cast.reception,
        at=NOW,
        **given,
    )


def people(cast: Cast, count: int) -> list[Patient]:
    return [
        factories.patient(cast.clinic, f"Patient{n}", "Race", by=cast.manager) for n in range(count)
    ]


@pytest.mark.django_db
def test_two_calls_get_two_people_and_the_third_meets_full_rooms(cast: Cast):
    first, second = book(cast, cast.mia), book(cast, cast.wang)
    assert first.practitioner != second.practitioner
    assert cast.lena not in (first.practitioner, second.practitioner)
    with pytest.raises(Conflict) as no:
        book(cast, cast.siobhan)
    assert no.value.field == "starts_at"


@pytest.mark.django_db
def test_whoever_has_the_fewest_visits_that_day_is_taken(cast: Cast):
    hours = [NOW + dt.timedelta(hours=n) for n in range(1, 7)]
    taken = [book(cast, cast.mia, starts_at).practitioner for starts_at in hours]
    at_work = {cast.ana, cast.priya, cast.bo}
    assert [{*taken[:3]}, {*taken[3:]}] == [at_work, at_work]
    # A visit that is off is no work; of two with as many, the first by key.
    operations.cancel(
        appointment=Appointment.objects.get(practitioner=cast.bo, starts_at__lt=hours[3]),
        reason="Ill",
        by=cast.reception,
        at=NOW,
    )
    later = book(cast, cast.mia, NOW + dt.timedelta(hours=7))
    assert later.practitioner == cast.bo


@pytest.mark.django_db
def test_as_many_questions_are_asked_however_many_work_here(cast: Cast):
    book(cast, cast.mia)  # what is read once of the person and the clinic
    with CaptureQueriesContext(connection) as with_few:
        book(cast, cast.mia, NOW + dt.timedelta(hours=1))
    for _ in range(5):
        one = factories.practitioner([cast.clinic], "LE")
        factories.license(one, "esthetician", "TX", by=cast.manager)
        factories.shifts(one, cast.clinic)
    with CaptureQueriesContext(connection) as with_many:
        book(cast, cast.mia, NOW + dt.timedelta(hours=5))
    assert len(with_many) == len(with_few)


@pytest.mark.django_db
@pytest.mark.rule("P2")
@pytest.mark.parametrize("moved", [False, True])
def test_a_room_that_went_to_someone_else_is_looked_for_again(
    cast: Cast, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture, moved: bool
):
    visit = book(cast, cast.mia)
    other = factories.practitioner([cast.clinic], "LE")
    factories.license(other, "esthetician", "TX", by=cast.manager)
    looks: list[dict[str, Any]] = []
    see = things.taken_by_others

    def late(but: Appointment | None, **wanted: Any) -> set[str]:
        """Between the first look and the lock, another desk books that very room."""
        if not looks:
            room, span = wanted["room"]
            factories.appointment(
                patient=cast.wang,
                practitioner=other,
                service=cast.short_service,
                room=room,
                device=cast.second_device,
                starts_at=span.starts_at,
                by=cast.manager,
            )
        looks.append(wanted)
        return see(but, **wanted)

    for module in (placing, things):
        monkeypatch.setattr(module, "taken_by_others", late)
    then = NOON + dt.timedelta(hours=2)
    if moved:
        done = operations.move(appointment=visit, starts_at=then, by=cast.reception, at=NOW)
    else:
        done = book(cast, cast.siobhan, then)
    assert (done.starts_at, len(looks) > 1) == (then, True)
    assert "is tried again after: the " in caplog.text
    assert "room went to someone else" in caplog.text


@pytest.mark.django_db
@pytest.mark.rule("R25")
def test_nobody_is_taken_whose_license_has_ended(cast: Cast):
    others = [cast.ana, cast.priya, cast.bo]
    for one in others:
        one.is_active = False
        one.write()
    with pytest.raises(Refusal) as no:
        book(cast, cast.mia)
    assert no.value.sentence == ("No one with a license in force is at work at 12:00 PM that day.")
    assert no.value.status == 422


@pytest.mark.django_db
@pytest.mark.rule("R47")
def test_when_all_at_work_are_busy_the_time_is_taken(cast: Cast):
    for one in (cast.priya, cast.bo):
        one.is_active = False
        one.write()
    book(cast, cast.mia)
    with pytest.raises(Conflict) as no:
        book(cast, cast.wang)
    assert no.value.sentence == "Everyone at work is busy at 12:00 PM."


@pytest.mark.django_db
@pytest.mark.rule("T1")
def test_at_night_nobody_is_at_work(cast: Cast):
    with pytest.raises(Refusal) as no:
        book(cast, cast.mia, NOW + dt.timedelta(hours=12))
    assert (no.value.rule, no.value.field) == ("T1", "starts_at")


@pytest.mark.django_db
@pytest.mark.rule("P3")
def test_a_second_press_finds_the_same_visit_whoever_is_free_by_then(cast: Cast):
    assert book(cast, cast.mia, once="k") == book(cast, cast.mia, once="k")
    assert Appointment.objects.count() == 1


@pytest.mark.race
@pytest.mark.rule("R47")
def test_ten_callers_for_anyone_fill_the_rooms_and_cross_nobody(fresh_db: object, cast: Cast):
    def attempt(patient: Patient) -> Callable[[], Appointment]:
        return lambda: book(cast, patient)

    outcome = all_at_once([attempt(patient) for patient in people(cast, 10)])

    assert outcome.broken == []
    assert {type(no) for no in outcome.refused} == {Conflict}
    assert len(outcome.won) == 2  # two rooms, two devices
    assert len({one.practitioner_id for one in outcome.won}) == 2
    assert list(audit.faults()) == []
