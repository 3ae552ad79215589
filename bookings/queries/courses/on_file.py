"""Which courses a patient has, and how they stand."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from django.db.models import Prefetch

from bookings.models import Appointment, Course, Move
from bookings.rules.course import first_open
from bookings.rules.status import HOLDING, MOVABLE, Status
from clinic.models import Clinic, Patient, User
from clinic.permissions import Permission

MOST_COURSES = 20


@dataclass(frozen=True)
class Slip:
    """By how many days a visit of a course has come to stand elsewhere, and what comes after."""

    days: int
    later: Sequence[Appointment]


def course_for(*, user: User, clinic: Clinic, key: uuid.UUID) -> Course | None:
    """A course of the clinic at work, with its visits; None where it is not (P15). Two queries."""
    found: Course | None = (
        _with_visits(Course.objects.seen_by(user, Permission.BOOK)).filter(clinic=clinic, pk=key)
    ).first()
    return found


def courses_of(patient: Patient) -> list[Course]:
    """The latest courses of a patient, also under a number that was merged into hers, with their
    visits; two queries."""
    same = Patient.objects.same_person(patient).values("pk")
    rows = Course.objects.filter(patient__in=same, clinic=patient.clinic_id)
    return list(_with_visits(rows)[:MOST_COURSES])


def _with_visits(rows: Any) -> Any:
    visits = Appointment.objects.select_related("practitioner").order_by("starts_at", "pk")
    people = ("clinic", "patient__merged_into", "service", "practitioner", "created_by", "ended_by")
    return rows.select_related(*people).prefetch_related(Prefetch("appointments", visits))


def standing_visits(course: Course) -> dict[int, Appointment]:
    """The visits of a course that stand, by number; no query after `course_for`."""
    return {
        visit.course_no: visit
        for visit in sorted(course.appointments.all(), key=lambda one: one.course_no)
        if Status(visit.status) in HOLDING
    }


def open_numbers(course: Course) -> list[int]:
    """The numbers of a course for which no visit stands."""
    return first_open(standing_visits(course), course.planned)


def later_visits(course: Course, number: int) -> list[Appointment]:
    """The visits after one of a course that have not begun, in order."""
    return [
        visit
        for no, visit in standing_visits(course).items()
        if no > number and Status(visit.status) in MOVABLE
    ]


def slip_of(visit: Appointment, course: Course) -> Slip | None:
    """By how much the rest of a course may be moved along; None where nothing is to be.

    That is the visit's last move, or how far it stands from where the visit of its number stood
    that was called off. Once a later visit was moved after that, nothing is offered. One query.
    """
    later = later_visits(course, visit.course_no or 0)
    if not later or Status(visit.status) not in HOLDING:
        return None
    ids = [visit.pk, *(one.pk for one in later)]
    moves = list(Move.objects.filter(appointment__in=ids).order_by("moved_at", "pk"))
    own = [one for one in moves if one.appointment_id == visit.pk]
    if own:
        since, was = own[-1].moved_at, visit.clinic.day_of(own[-1].from_starts_at)
    else:
        off = [
            one
            for one in course.appointments.all()
            if one.course_no == visit.course_no and Status(one.status) not in HOLDING
        ]
        if not off:
            return None
        since, was = visit.created_at, off[-1].local_date
    days = (visit.local_date - was).days
    after = any(one.appointment_id != visit.pk and one.moved_at >= since for one in moves)
    return Slip(days, later) if days and not after else None
