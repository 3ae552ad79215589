"""What the database itself forbids of courses, attacked past the forms."""

from __future__ import annotations

import datetime as dt
import uuid
from typing import Any

import pytest

from bookings.models import Appointment, Course
from tests import factories
from tests.cast import NOW, Cast
from tests.raw_sql import change, copy, over, refused, run

pytestmark = [pytest.mark.rule("T2"), pytest.mark.django_db]
DAY = dt.timedelta(days=1)
NOON = NOW + dt.timedelta(hours=3)


@pytest.fixture
def course(cast: Cast) -> Course:
    """Mia's, of four visits."""
    return factories.course(cast.mia, cast.service, by=cast.reception)


def visit(cast: Cast, days: int = 0, **given: Any) -> Appointment:
    return factories.appointment(
        **{
            "patient": cast.mia,
            "practitioner": cast.ana,
            "service": cast.service,
            "room": cast.room,
            "device": cast.device,
            "starts_at": NOON + DAY * days,
            "by": cast.reception,
            **given,
        }
    )


@pytest.mark.parametrize(
    ("columns", "name"),
    [
        ({"planned": 0}, "course_of_1_to_8_visits"),
        ({"planned": 9}, "course_of_1_to_8_visits"),
        ({"interval_days": 181}, "course_interval_14_to_180"),
        ({"interval_days": 27}, "course_keeps_the_interval"),
        ({"weekday": 7}, "course_weekday_and_time_known"),
        ({"starts_min": 1440}, "course_weekday_and_time_known"),
        ({"end_reason": "Moved away"}, "course_ended_has_reason"),
        ({"created_at": dt.datetime(1899, 1, 1, tzinfo=dt.UTC)}, "course_dates_bounded"),
    ],
)
def test_no_other_course_is_put_on_file(course: Course, columns: dict[str, Any], name: str) -> None:
    assert refused(*copy(course, **columns)) == name


def test_patient_and_service_are_of_its_clinic(cast: Cast, course: Course) -> None:
    assert refused(*copy(course, patient_id=cast.other_patient)) == "course_of_one_clinic"
    assert refused(*copy(course, service_id=cast.other_service)) == "course_of_one_clinic"


def test_a_course_stays_as_it_was_planned(cast: Cast, course: Course) -> None:
    for columns in (
        {"planned": 3},
        {"interval_days": 30},
        {"patient_id": cast.wang},
        {"service_id": cast.short_service},
        {"weekday": 4},
        {"starts_min": 60},
        {"practitioner_id": cast.priya},
        {"note": "Fridays"},
        {"created_at": NOW + DAY},
        {"created_by_id": cast.manager},
    ):
        assert refused(*change(course, **columns)) == "bookings_course_frozen"
    run(*change(course, weekday=course.weekday, practitioner_id=course.practitioner_id))


def test_an_ended_course_has_its_person_and_is_over(cast: Cast, course: Course) -> None:
    assert refused(*change(course, ended_at=NOW, end_reason="Moved away")) == "course_ended_by"
    assert refused(*change(course, ended_at=NOW, ended_by_id=cast.reception)) == (
        "course_ended_has_reason"
    )
    run(*change(course, ended_at=NOW, ended_by_id=cast.reception, end_reason="Moved away"))
    assert refused(*change(course, note="again")) == "bookings_course_frozen"
    loose = visit(cast)
    joins = copy(loose, course_id=course, course_no=1, status="booked")
    assert refused(*joins) == "appointment_joins_a_course_that_goes_on"


def test_a_course_is_neither_deleted_nor_written_over(course: Course) -> None:
    assert refused("DELETE FROM bookings_course WHERE id = %s", course) == (
        "bookings_course_never_deleted"
    )
    assert refused(*over(course, planned=3)) in (
        "bookings_course_no_replace",
        "bookings_course_frozen",
    )


@pytest.mark.parametrize("number", [0, 5])
def test_a_visit_is_one_of_those_planned(cast: Cast, course: Course, number: int) -> None:
    booked = visit(cast)
    assert refused(*copy(booked, course_id=course, course_no=number)) == (
        "appointment_fits_its_course"
    )


def test_a_visit_of_a_course_has_its_number(cast: Cast, course: Course) -> None:
    booked = visit(cast)
    assert refused(*copy(booked, course_no=1)) == "appointment_in_course_has_number"


def test_a_visit_is_of_the_courses_patient(cast: Cast, course: Course) -> None:
    booked = visit(cast, patient=cast.wang)
    assert refused(*copy(booked, course_id=course, course_no=1)) == "appointment_fits_its_course"


def test_a_visit_is_of_the_courses_clinic(cast: Cast) -> None:
    theirs = factories.course(cast.other_patient, cast.other_service, by=cast.stranger)
    booked = visit(cast)
    assert refused(*copy(booked, course_id=theirs, course_no=1)) == "appointment_fits_its_course"


def test_of_each_number_one_visit_stands(cast: Cast, course: Course) -> None:
    first = visit(cast, course=course, course_no=1)
    second = visit(cast, 28, course=course, course_no=2)
    taken = ("appointment_once_in_its_course", "appointment_no_replace_in_course")
    assert refused(*copy(first)) in taken
    assert refused(*change(second, course_no=1)) in (*taken, "appointment_keeps_its_course")
    replace = over(first, id=uuid.uuid4())
    assert refused(*replace) in taken
    assert Appointment.objects.filter(course=course).count() == 2


def test_after_one_is_cancelled_its_number_is_free_again(cast: Cast, course: Course) -> None:
    off = visit(
        cast,
        course=course,
        course_no=1,
        status="cancelled",
        cancelled_at=NOW,
        cancelled_by=cast.reception,
        cancel_reason="Ill",
    )
    again = visit(cast, 1, course=course, course_no=1)
    assert {off.status, again.status} == {"cancelled", "booked"}


def test_a_visit_keeps_its_course(cast: Cast, course: Course) -> None:
    other = factories.course(cast.mia, cast.service, by=cast.reception)
    booked, loose = visit(cast, course=course, course_no=1), visit(cast, 1)
    kept = "appointment_keeps_its_course"
    assert refused(*change(booked, course_id=None, course_no=None)) == kept
    assert refused(*change(booked, course_id=other)) == kept
    assert refused(*change(booked, course_no=2)) == kept
    assert refused(*change(loose, course_id=course, course_no=2)) == kept
