"""Two desks want one time of a course: one books it, the other hears which visit is lost."""

from __future__ import annotations

import datetime as dt

import pytest

from bookings import operations
from bookings.models import Appointment, Course
from bookings.operations import CourseVisit
from clinic.models import Patient
from tests import factories
from tests.bookings.test_races import assert_clean
from tests.cast import NOW, Cast
from tests.races import all_at_once

pytestmark = pytest.mark.race
SLOT = NOW + dt.timedelta(hours=3)
WEEKS = dt.timedelta(days=28)


@pytest.mark.rule("T2", "R47")
def test_of_courses_that_meet_in_one_visit_one_wins_whole(fresh_db: object, cast: Cast) -> None:
    # All want noon of the third visit; the others lie apart.
    def attempt(patient: Patient, offset: int):
        apart = dt.timedelta(minutes=60 * offset)
        visits = [
            CourseVisit(no, SLOT + WEEKS * (no - 1) + (apart if no != 3 else apart * 0), cast.ana)
            for no in (1, 2, 3)
        ]
        return lambda: operations.book_course(
            clinic=cast.clinic,
            patient=patient,
            service=cast.short_service,
            planned=3,
            interval_days=28,
            starts_min=720,
            visits=visits,
            by=cast.reception,
            at=NOW,
        )

    people = [
        factories.patient(cast.clinic, f"Patient{n}", "Race", by=cast.manager) for n in range(4)
    ]
    outcome = all_at_once([attempt(one, n) for n, one in enumerate(people)])

    assert_clean(outcome)
    assert (len(outcome.won), len(outcome.refused)) == (1, 3)
    assert {no.field for no in outcome.refused} == {"visit_3"}
    assert (Course.objects.count(), Appointment.objects.count()) == (1, 3)


@pytest.mark.rule("T2", "R47")
def test_a_course_and_a_single_visit_never_both_stand(fresh_db: object, cast: Cast) -> None:
    def course():
        visits = [CourseVisit(no, SLOT + WEEKS * (no - 1), cast.ana) for no in (1, 2)]
        return operations.book_course(
            clinic=cast.clinic,
            patient=cast.mia,
            service=cast.service,
            planned=2,
            interval_days=28,
            starts_min=720,
            visits=visits,
            by=cast.reception,
            at=NOW,
        )

    def single():
        return operations.book(
            clinic=cast.clinic,
            patient=cast.wang,
            practitioner=cast.ana,
            service=cast.service,
            starts_at=SLOT + WEEKS,
            by=cast.reception,
            at=NOW,
        )

    outcome = all_at_once([course, single])

    assert_clean(outcome)
    assert (len(outcome.won), len(outcome.refused)) == (1, 1)
    assert Appointment.objects.count() in (1, 2)
    assert Appointment.objects.filter(practitioner=cast.ana, starts_at=SLOT + WEEKS).count() == 1
