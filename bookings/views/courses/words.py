"""Courses in words."""

from __future__ import annotations

import datetime as dt
from typing import Any

from django.urls import reverse

from bookings import queries
from bookings.models import Course
from bookings.rules.course import WEEKDAYS
from clinic.models import Patient
from clinic.rules import month_day, say_time


def say_course(course: Course) -> str:
    """A course in one line."""
    days = f"at least {course.interval_days} days apart"
    when = say_time(dt.datetime.combine(dt.date.min, course.rhythm.time))
    weekday = f" on {WEEKDAYS[course.weekday]}s" if course.weekday is not None else ""
    who = f" with {course.practitioner}" if course.practitioner else ""
    count = "1 visit" if course.planned == 1 else f"{course.planned} visits"
    return f"{count}, {course.service.name}, {days},{weekday} at {when}{who}"


def course_lines(patient: Patient) -> list[dict[str, Any]]:
    """A patient's courses, as her card lists them."""
    return [
        {
            "url": reverse("course", args=[course.pk]),
            "said": say_course(course),
            "under": "" if course.patient_id == patient.pk else course.patient.code,
            "ended": course.ended_at is not None,
            "open": len(queries.open_numbers(course)) if course.ended_at is None else 0,
            "visits": [
                {
                    "number": number,
                    "day": month_day(one.local_date),
                    "state": one.get_status_display().lower(),
                    "url": reverse("appointment", args=[one.pk]),
                }
                for number, one in queries.standing_visits(course).items()
            ],
        }
        for course in queries.courses_of(patient)
    ]


def say_booked(count: int, course: Course) -> str:
    """What has been booked, in one line."""
    what = "1 visit is" if count == 1 else f"{count} visits are"
    return f"{what} booked for {course.whose.name}."
