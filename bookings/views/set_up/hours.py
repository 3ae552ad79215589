"""When the practitioners of the clinic at work are there."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils import timezone
from django.utils.functional import cached_property

from bookings import operations, queries
from bookings.forms.hours import (
    ClearDayForm,
    DayForm,
    OpeningForm,
    WeekForm,
    initial_hours,
    initial_week,
)
from bookings.models import Appointment, TimeOff
from bookings.rules.fit import until_when
from bookings.rules.hours import clock_notes, edge_notes, outside_note
from bookings.rules.visit import FARTHEST
from clinic.models import Clinic, Practitioner
from clinic.permissions import Permission
from clinic.rules import read_date, say_date, say_day, say_hours, say_time, say_week
from clinic.views.doors import StaffRequest, acting
from clinic.views.set_up import Line, SetUpList, SetUpRow


class Shifts(SetUpList):
    """Everyone who treats here, with her week."""

    title = "Working hours"
    lead = "When each practitioner is there. Only then can a visit be booked with them."
    columns = ("Practitioner", "Week")
    empty = "Working hours are a practitioner's, and nobody treats in this clinic yet."
    first = "setup-practitioner-add"
    first_label = "Add a practitioner"

    def lines(self) -> Sequence[Line]:
        clinic = self.request.clinic
        people = list(queries.people_with_hours(self.request.user, clinic))
        weeks = queries.weeks_of(people, clinic, on=clinic.day_of(timezone.now()))
        here = [
            Line(str(one), reverse("setup-shift", args=[one.pk]), (weeks[one],)) for one in people
        ]
        gone = queries.time_off_of_who_left(self.request.user, clinic, at=timezone.now())
        return here + [
            Line(
                str(one.practitioner),
                reverse("setup-time-off", args=[one.pk]),
                (f"Left this clinic. Time off from here: {say_off(one, clinic)}",),
            )
            for one in gone
        ]


class OnePerson(SetUpRow):
    """A page about one practitioner who works in the clinic."""

    after = "setup-shifts"
    after_label = "Working hours"

    def rows(self) -> Any:
        return queries.people_with_hours(self.request.user, self.request.clinic)

    @property
    def today(self) -> dt.date:
        """The clinic's date now."""
        return self.request.clinic.day_of(timezone.now())

    def asked_day(self, name: str) -> dt.date | None:
        """A date in the address that can be planned for."""
        day = read_date(self.request.GET.get(name, ""))
        return day if day and self.today <= day <= self.today + FARTHEST else None

    def where_to(self, result: Any) -> str:
        messages.success(self.request, self.said(result))
        return reverse("setup-shift", args=[self.row.pk])

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        found = super().get_context_data(**kwargs)
        if self.page_of_hers:
            hers = reverse("setup-shift", args=[self.row.pk])
            found |= {"back": hers, "back_label": str(self.row)}
        return found

    page_of_hers = True


class Hours(OnePerson):
    """Her week, what changes later, days of their own, time off, and visits outside of it all.

    What is sent here takes the other hours of a day back.
    """

    template_name = "bookings/hours.html"
    form_class = ClearDayForm
    page_of_hers = False

    def get_initial(self) -> dict[str, Any]:
        return {"seen": queries.mark_of_days(self.row, self.request.clinic)}

    def perform(self, form: ClearDayForm) -> Practitioner:
        return operations.clear_day(
            clinic=self.request.clinic,
            practitioner=self.row,
            **form.values,
            **acting(self.request),
            once=form.key,
        )

    def said(self, result: Practitioner) -> str:
        return f"The week's hours of {result} count that day again."

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        clinic, at, today = self.request.clinic, timezone.now(), self.today
        plan = queries.plan_of(self.row, clinic, on=today)
        return super().get_context_data(**kwargs) | {
            "title": str(self.row),
            "week": [
                {"day": name, "hours": say_hours(hours) if hours else "Not at work"}
                for name, hours in zip(DAYS, plan.now, strict=True)
            ],
            "later": [{"day": say_date(day), "says": says} for day, says in plan.later],
            "clock": clock_notes(plan.now, first=today, zone=clinic.zone),
            "days": [
                {"day": one.day, "says_day": say_date(one.day), "says": one.says, "note": one.note}
                for one in queries.other_hours(self.row, clinic, since=today)
            ],
            "off": [
                {
                    "says": say_off(one, clinic),
                    "where": "" if one.clinic_id == clinic.pk else one.clinic.name,
                    "url": reverse("setup-time-off", args=[one.pk]),
                    "note": one.note,
                }
                for one in queries.time_off_ahead(self.row, at=at)
            ],
            "outside": visit_lines(
                self.request, queries.visits_outside(self.row, clinic, at=at), at=at
            ),
        }


NOT_OPEN = "The clinic has no opening hours that weekday; the times are offered all the same."
DAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")


class ChangeWeek(OnePerson):
    """Her week from a date on."""

    title = "Weekly hours"
    lead = (
        "Up to two spans a day; the break is the gap between them. Leave a day empty for no work."
    )
    verb = "Save the week"
    template_name = "bookings/week_form.html"
    form_class = WeekForm

    @cached_property
    def plan(self) -> queries.Plan:
        """What is planned for her as the page is made."""
        return queries.plan_of(self.row, self.request.clinic, on=self.starts_on)

    @cached_property
    def starts_on(self) -> dt.date:
        """From when the new week would count: today, or `?from=` a later date."""
        return self.asked_day("from") or self.today

    def get_initial(self) -> dict[str, Any]:
        return {
            "starts_on": self.starts_on,
            "seen": queries.mark_of(self.plan.shifts),
            **initial_week(self.plan.now),
        }

    def post(self, request: HttpRequest, *args: str, **kwargs: Any) -> HttpResponse:
        if "copy" not in request.POST:
            return super().post(request, *args, **kwargs)
        self.row  # noqa: B018 - what is not there is 404, whatever was typed
        form = copied(request, self.get_form())
        return self.render_to_response(self.get_context_data(form=form))

    def perform(self, form: WeekForm) -> Practitioner:
        self.saved = form.values
        return operations.set_week(
            clinic=self.request.clinic,
            practitioner=self.row,
            **form.values,
            **acting(self.request),
            once=form.key,
        )

    def said(self, result: Practitioner) -> str:
        first = self.saved["starts_on"]
        return f"From {say_date(first)} {result} works: {say_week(self.saved['week'])}."

    def where_to(self, result: Practitioner) -> str:
        first = self.saved["starts_on"]
        for note in clock_notes(self.saved["week"], first=first, zone=self.request.clinic.zone):
            messages.info(self.request, note)
        if note := outside_note(self.saved["week"], self.request.clinic.hours):
            messages.warning(self.request, note)
        return super().where_to(result)


class OtherDay(OnePerson):
    """Other hours on one day."""

    title = "Other hours on one day"
    lead = "They count instead of the week's. Without any, there is no work here that day."
    verb = "Save the day"
    template_name = "bookings/day_form.html"
    form_class = DayForm

    def get_initial(self) -> dict[str, Any]:
        clinic = self.request.clinic
        seen = {"seen": queries.mark_of_days(self.row, clinic)}
        if (day := self.asked_day("day")) is None:
            return seen
        roster = queries.rosters_of(clinic, first=day, last=day, people=[self.row]).of(self.row.pk)
        return {**seen, "day": day, **initial_hours("hours", roster.hours_of(day))}

    def perform(self, form: DayForm) -> Practitioner:
        self.saved = form.values
        return operations.set_day(
            clinic=self.request.clinic,
            practitioner=self.row,
            **form.values,
            **acting(self.request),
            once=form.key,
        )

    def said(self, result: Practitioner) -> str:
        day, hours = self.saved["day"], self.saved["hours"]
        works = f"works {say_hours(hours)}" if hours else "does not work"
        return f"On {say_date(day)} {result} {works}."

    def where_to(self, result: Practitioner) -> str:
        saved = self.saved
        for note in edge_notes(saved["day"], saved["hours"], self.request.clinic.zone):
            messages.info(self.request, note)
        day, hours = saved["day"], saved["hours"]
        week = [hours if n == day.weekday() else [] for n in range(7)]
        if hours and self.request.clinic.open_from(day) is None:
            messages.warning(self.request, NOT_OPEN)
        elif note := outside_note(week, self.request.clinic.hours):
            messages.warning(self.request, note)
        return super().where_to(result)


def copied(request: HttpRequest, form: WeekForm | OpeningForm) -> WeekForm | OpeningForm:
    """The form with one day's hours copied to others; says what is still to do."""
    if form.data.getlist("copy_to"):  # type: ignore[attr-defined]
        messages.info(request, "Copied. The hours count once you save them.")
    else:
        messages.warning(request, "Tick the days that get the same hours, then copy.")
    form.data = form.copied()
    return form


def say_off(one: TimeOff, clinic: Clinic) -> str:
    """Time off in words, by the clinic's clock."""
    starts, ends = clinic.local(one.starts_at), clinic.local(one.ends_at)
    whole = starts.time() == ends.time() == dt.time(0)
    if whole and ends - starts <= dt.timedelta(days=1, hours=1):
        return say_date(starts.date())
    begins = say_date(starts.date()) + (
        "" if starts.time() == dt.time(0) else f", {say_time(starts)}"
    )
    return f"{begins}, {until_when(ends)}"


def visit_lines(
    request: StaffRequest, visits: Sequence[Appointment], *, at: dt.datetime
) -> dict[str, Any]:
    """Visits that have to be moved or cancelled: how many, and for whoever may see the day, each
    with the address of its card."""
    clinic = request.clinic
    here = [visit for visit in visits if visit.clinic_id == clinic.pk]
    lines = []
    if request.user.can(Permission.SEE_DAY, clinic.pk):
        for visit in here:
            local = clinic.local(visit.starts_at)
            lines.append(
                {
                    "url": reverse("appointment", args=[visit.pk]),
                    "when": f"{say_day(local.date(), clinic.day_of(at))}, {say_time(local)}",
                    "who": visit.patient.name,
                    "what": visit.service.name,
                    "with": str(visit.practitioner),
                }
            )
    return {
        "count": len(visits),
        "lines": lines,
        "elsewhere": len(visits) - len(here),
        "may_move": request.user.can(Permission.BOOK, clinic.pk),
    }
