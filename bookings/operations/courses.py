"""Courses: several visits booked, or moved along, in one act."""

from __future__ import annotations

import datetime as dt
import uuid
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from django.db import IntegrityError

from bookings import messages
from bookings.models import Appointment, Course, Service
from bookings.operations.booking import book, move
from bookings.rules.course import plan_fault, too_near
from bookings.rules.status import HOLDING, MOVABLE, Status
from clinic import audit, constraints
from clinic.acts import act
from clinic.models import Clinic, Patient, Practitioner, User
from clinic.operations.patients import refuse_merged
from clinic.permissions import Permission
from clinic.refusals import Conflict, Refusal
from clinic.rules import say_date, say_time


@dataclass(frozen=True)
class CourseVisit:
    """One visit as it is chosen: its number in the course, when (UTC), with whom (None: anyone)."""

    number: int
    starts_at: dt.datetime
    practitioner: Practitioner | None = None


@act("course.book", may=Permission.BOOK, on="clinic")
def book_course(
    *,
    clinic: Clinic,
    patient: Patient,
    service: Service,
    planned: int,
    interval_days: int,
    starts_min: int,
    visits: Sequence[CourseVisit],
    by: User,
    at: dt.datetime,
    weekday: int | None = None,
    practitioner: Practitioner | None = None,
    note: str = "",
) -> Course:
    """Put a course on file and book the chosen ones of its visits, all or none.

    The patient is told of all of them in one message.

    Refuses a course of other than 1 to 8 visits, an interval shorter than the clinic's, visits
    nearer than that to each other, none at all, or one twice (T2), a patient who was merged
    into another (R57); and, naming the visit,
    whatever `book` refuses (T1, R17, R18, R25, R35, R47, R48, P15).
    """
    least = clinic.interval_days
    if fault := plan_fault(planned=planned, interval_days=interval_days, least_days=least):
        raise Refusal(fault[1], rule="T2", field=fault[0])
    if patient.clinic_id != clinic.pk:
        raise Refusal("This patient is not known here.", rule="P15", field="patient")
    if service.clinic_id != clinic.pk:
        raise Refusal("This service is not known here.", rule="P15", field="service")
    refuse_merged(patient)
    course = Course(
        clinic=clinic,
        patient=patient,
        service=service,
        planned=planned,
        interval_days=interval_days,
        weekday=weekday,
        starts_min=starts_min,
        practitioner=practitioner,
        note=note.strip(),
        created_at=at,
        created_by=by,
    )
    course.write()
    return _book("course.book", course, visits, by=by, at=at)


@act("course.book_rest", may=Permission.BOOK, on="course")
def book_rest(
    *,
    course: Course,
    visits: Sequence[CourseVisit],
    by: User,
    at: dt.datetime,
    version: int | None = None,
) -> Course:
    """Book visits of a course for which none stands, all or none; refuses as `book_course`, a
    course that is ended (T2), and a stale page (P12, 409)."""
    course = _held(course, version)
    return _book("course.book_rest", course, visits, by=by, at=at)


@act("course.reflow", may=Permission.BOOK, on="course")
def reflow_course(
    *,
    course: Course,
    visits: Sequence[CourseVisit],
    by: User,
    at: dt.datetime,
    versions: Mapping[int, int] | None = None,
) -> Course:
    """Move visits of a course that have not begun, all or none, each as `move` does.

    The patient is told of all of them in one message.

    `versions` are those of the visits, by number, as the page showed them.

    Refuses visits that would come nearer to each other than the course's interval, or none (T2),
    one that has begun or is over (R46, 409), one that was changed since (P12, 409), and, naming
    the visit, whatever `move` refuses.
    """
    Course.objects.held().get(pk=course.pk)
    stand = _standing(course)
    for one in visits:
        visit = stand.get(one.number)
        if visit is None or Status(visit.status) not in MOVABLE:
            raise Conflict(
                f"Visit {one.number} is not to be moved any more.",
                rule="R46",
                field=f"visit_{one.number}",
                way_out="Look at the course again.",
            )
    _check(course, visits, {no: one.local_date for no, one in stand.items()})
    # Who goes later goes first from the end, so that nobody stands in the way of the one before.
    later = [one for one in visits if one.starts_at >= stand[one.number].starts_at]
    sooner = [one for one in visits if one not in later]
    order = sorted(later, key=lambda one: -one.number) + sorted(sooner, key=lambda one: one.number)
    before = {one.number: stand[one.number].starts_at for one in order}
    _lock_people(order, by_now=[stand[one.number].practitioner_id for one in order])
    moved = []
    for one in order:
        visit = stand[one.number]
        if (one.starts_at, one.practitioner or visit.practitioner) == (
            visit.starts_at,
            visit.practitioner,
        ):
            continue

        def moves(one: CourseVisit = one, visit: Appointment = visit) -> Appointment:
            return move(
                appointment=visit,
                starts_at=one.starts_at,
                practitioner=one.practitioner,
                by=by,
                at=at,
                version=None if versions is None else versions.get(one.number, 0),
                tell=False,
            )

        moved.append(_named(one, course.clinic, moves))
    messages.moved_together(moved, at=at)
    audit.record(
        "course.reflow",
        by=by,
        at=at,
        clinic_id=course.clinic_id,
        on=course,
        detail={
            "before": {str(no): start for no, start in sorted(before.items())},
            "visits": {str(one.number): one.starts_at for one in visits},
        },
    )
    return course


@act("course.end", may=Permission.BOOK, on="course")
def end_course(
    *, course: Course, reason: str, by: User, at: dt.datetime, version: int | None = None
) -> Course:
    """End a course: no more of its visits can be booked. Those that are booked stay.

    Refuses an empty reason, a course that is ended (T2), a stale page (P12, 409).
    """
    if not reason.strip():
        raise Refusal("Say why the course is ended.", rule="T2", field="reason")
    course = _held(course, version)
    course.ended_at, course.ended_by, course.end_reason = at, by, reason.strip()
    course.write()
    audit.record("course.end", by=by, at=at, clinic_id=course.clinic_id, on=course)
    return course


def _held(course: Course, version: int | None) -> Course:
    people = ("clinic", "patient__merged_into", "service")
    found: Course = Course.objects.held().select_related(*people).get(pk=course.pk)
    found.expect(version)
    if found.ended_at is not None:
        raise Refusal(
            "This course is ended.", rule="T2", way_out="Plan another course for the patient."
        )
    return found


def _standing(course: Course) -> dict[int, Appointment]:
    rows = Appointment.objects.filter(
        course=course, status__in=[str(status) for status in sorted(HOLDING)]
    ).select_related("clinic", "patient", "practitioner", "service", "room", "device")
    return {row.course_no: row for row in rows.order_by("course_no")}


def _check(course: Course, visits: Sequence[CourseVisit], days: dict[int, dt.date]) -> None:
    """Refuse (T2) what no course is; `days` are those of the visits that stand."""
    if not visits:
        raise Refusal("Choose at least one visit.", rule="T2")
    numbers = [one.number for one in visits]
    if len({*numbers}) < len(numbers) or not all(1 <= no <= course.planned for no in numbers):
        raise Refusal("Each visit of the course is booked once.", rule="T2")
    chosen = {one.number: course.clinic.day_of(one.starts_at) for one in visits}
    near = too_near({**days, **chosen}, course.interval_days, chosen=chosen)
    if near is not None:
        raise Refusal(
            near[1],
            rule="T2",
            field=f"visit_{near[0]}",
            way_out="Choose another time for it, or show the visits again.",
        )


def _book(
    action: str, course: Course, visits: Sequence[CourseVisit], *, by: User, at: dt.datetime
) -> Course:
    stand = _standing(course)
    for one in visits:
        if one.number in stand:
            raise Conflict(
                f"Visit {one.number} is booked already.", rule="T2", field=f"visit_{one.number}"
            )
    _check(course, visits, {no: one.local_date for no, one in stand.items()})
    _lock_people(visits)
    booked = []
    for one in sorted(visits, key=lambda one: one.number):

        def books(one: CourseVisit = one) -> Appointment:
            return book(
                clinic=course.clinic,
                patient=course.whose,
                practitioner=one.practitioner,
                service=course.service,
                starts_at=one.starts_at,
                by=by,
                at=at,
                note=course.note,
                tell=False,
                course=course,
                course_no=one.number,
            )

        booked.append(_named(one, course.clinic, books))
    messages.booked_together(booked, at=at)
    audit.record(
        action,
        by=by,
        at=at,
        clinic_id=course.clinic_id,
        on=course,
        detail={
            "planned": course.planned,
            "interval_days": course.interval_days,
            "visits": {str(one.course_no): one.starts_at for one in booked},
        },
    )
    return course


def _lock_people(visits: Sequence[CourseVisit], by_now: Sequence[uuid.UUID] = ()) -> None:
    """Lock all who are named in key order, before any room: two courses never cross."""
    named = {one.practitioner.pk for one in visits if one.practitioner} | {*by_now}
    list(Practitioner.objects.filter(pk__in=named).held().values_list("pk"))


def _named(one: CourseVisit, clinic: Clinic, do: Callable[[], Appointment]) -> Appointment:
    """Book or move one visit; a refusal says which visit it is about."""
    local = clinic.local(one.starts_at)
    which = f"Visit {one.number} on {say_date(local.date())}, {say_time(local)}, cannot be had"
    try:
        return do()
    except Refusal as no:
        raise type(no)(
            f"{which}: {no.sentence}",
            rule=no.rule,
            field=f"visit_{one.number}",
            way_out=no.way_out,
        ) from no
    except IntegrityError as error:
        found = constraints.violated(error)
        if found is None:
            raise
        raise Conflict(f"{which}: {found[1]}", rule="R47", field=f"visit_{one.number}") from error
