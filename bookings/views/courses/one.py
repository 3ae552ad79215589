"""One course: looked at, booked to its end, moved along, ended."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from typing import Any

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.urls import reverse

from bookings import operations, queries
from bookings.forms.courses import EndForm, ReflowForm, RestForm
from bookings.models import Course
from bookings.views.courses.planning import Planning
from bookings.views.courses.words import say_booked, say_course
from bookings.views.waiting_times import still_waits
from clinic.permissions import Permission
from clinic.rules import say_date, say_time
from clinic.views.doors import FormPage, acting


class OnCourse:
    """What the pages of one course share: the course, or a 404 (P15)."""

    request: Any
    kwargs: Any

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> Any:
        self._course: Course | None = None
        return super().dispatch(request, *args, **kwargs)  # type: ignore[misc]

    @property
    def course(self) -> Course:
        if self._course is None:
            self._course = queries.course_for(
                user=self.request.user, clinic=self.request.clinic, key=self.kwargs["pk"]
            )
        if self._course is None:
            raise Http404
        return self._course


class OneCourse(OnCourse, FormPage):
    """A course with its visits; a press ends it."""

    may = (Permission.BOOK,)
    template_name = "bookings/course.html"
    form_class = EndForm

    def get_initial(self) -> dict[str, Any]:
        return {"version": self.course.version}

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        return super().get_context_data(**kwargs) | {
            "course": self.course,
            "said": say_course(self.course),
            "lines": _lines(self.course),
            "open": queries.open_numbers(self.course) if self.course.ended_at is None else [],
            "movable": (ahead := queries.later_visits(self.course, 0)),
            "still": self._still() if ahead else [],
        }

    def _still(self) -> list[dict[str, Any]]:
        course = self.course
        return still_waits(self.request.user, course.whose, course.service, course=course)

    def perform(self, form: EndForm) -> Course:
        return operations.end_course(
            course=self.course, **form.values, **acting(self.request), once=form.key
        )

    def where_to(self, result: Course) -> str:
        messages.success(self.request, "The course is ended. Its booked visits stay as they are.")
        return reverse("course", args=[result.pk])


class BookRest(OnCourse, Planning):
    """Times for the visits of a course for which none stands."""

    template_name = "bookings/course_plan.html"
    form_class = RestForm

    def get_initial(self) -> dict[str, Any]:
        return {"version": self.course.version}

    def planned(self, form: RestForm, at: dt.datetime) -> list[queries.Wanted]:
        course = self.course
        stand = {no: one.local_date for no, one in queries.standing_visits(course).items()}
        return queries.plan_visits(
            clinic=course.clinic,
            patient=course.whose,
            service=course.service,
            rhythm=course.rhythm,
            numbers=queries.open_numbers(course) if course.ended_at is None else [],
            first=course.clinic.day_of(at),
            at=at,
            practitioner=course.practitioner,
            standing=stand,
            picked=form.picked,
        )

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        return super().get_context_data(**kwargs) | {
            "course": self.course,
            "title": "Book the missing visits",
            "said": say_course(self.course),
            "press": "Book",
            "none": "No visit of this course is left to book.",
        }

    def form_valid(self, form: RestForm) -> HttpResponse:
        self.booked = len(form.visits)
        return super().form_valid(form)

    def perform(self, form: RestForm) -> Course:
        return operations.book_rest(
            course=self.course,
            visits=form.visits,
            version=form.cleaned_data.get("version"),
            **acting(self.request),
            once=form.key,
        )

    def where_to(self, result: Course) -> str:
        messages.success(self.request, say_booked(self.booked, result))
        return reverse("course", args=[result.pk])


class MoveRest(OnCourse, Planning):
    """The visits after one move by so many days: `?after=2&days=3`; each with its times."""

    template_name = "bookings/course_plan.html"
    form_class = ReflowForm

    def get_initial(self) -> dict[str, Any]:
        given = self.request.GET
        return {"after": given.get("after", "0"), "days": given.get("days", "")}

    def get_form_kwargs(self) -> dict[str, Any]:
        standing = queries.standing_visits(self.course)
        versions = {number: visit.version for number, visit in standing.items()}
        return super().get_form_kwargs() | {"versions": versions}

    def planned(self, form: ReflowForm, at: dt.datetime) -> list[queries.Wanted]:
        if form.plan is None or not form.plan[1]:
            return []
        after, days = form.plan
        return queries.plan_moves(
            course=self.course, after=after, days=days, at=at, picked=form.picked
        )

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        form = kwargs.setdefault("form", self.get_form())
        context = super().get_context_data(**kwargs)
        after = form.plan[0] if form.plan else 0
        return context | {
            "course": self.course,
            "title": "Move the rest of a course",
            "said": say_course(self.course),
            "from": f"Visits after visit {after} move." if after else "All visits ahead move.",
            "asks_days": True,
            "press": "Move",
            "none": "Enter by how many days the visits move, then look at them."
            if queries.later_visits(self.course, after)
            else "No visit of this course is left to move.",
        }

    def form_valid(self, form: ReflowForm) -> HttpResponse:
        self.moved = len(form.visits)
        return super().form_valid(form)

    def perform(self, form: ReflowForm) -> Course:
        return operations.reflow_course(
            course=self.course,
            visits=form.visits,
            versions=form.seen,
            **acting(self.request),
            once=form.key,
        )

    def where_to(self, result: Course) -> str:
        what = "1 visit is" if self.moved == 1 else f"{self.moved} visits are"
        messages.success(self.request, f"{what} moved.")
        return reverse("course", args=[result.pk])


def _lines(course: Course) -> Sequence[dict[str, Any]]:
    """The visits of a course as its page lists them; also those that were called off."""
    clinic = course.clinic
    visits = sorted(course.appointments.all(), key=lambda one: (one.course_no, one.created_at))
    return [
        {
            "visit": visit,
            "day": say_date(visit.local_date),
            "time": say_time(clinic.local(visit.starts_at)),
        }
        for visit in visits
    ]
