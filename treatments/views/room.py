"""My treatments: the day of the person signed in, and what is left to sign."""

from __future__ import annotations

import datetime as dt
from typing import Any

from django.core.paginator import Paginator
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone

from bookings.queries import charts_to_open
from clinic.forms.house import NOT_OURS
from clinic.permissions import Permission
from clinic.refusals import Refusal
from clinic.views.doors import Door, Page, StaffRequest, acting, attempt, go
from treatments import operations
from treatments.forms.start import OpenForm
from treatments.queries import room as queries
from treatments.queries.room import DayLine
from treatments.views.chart import CHARTS
from treatments.views.panels import clock_of

PER_PAGE = 50


class Treatments(Page):
    """The list that fits the role: my day, the clinic's charts, or the signed records."""

    may = CHARTS

    def get(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        key = self.request.clinic.pk
        treats = self.request.user.can(Permission.SEE_OWN_CHARTS, key)
        every = self.request.user.can(Permission.SEE_ALL_CHARTS, key)
        show = self.request.GET.get("show", "")
        if not treats or (every and show in ("all", "unsigned")):
            return _charts(self.request, every=every, unsigned=every and show == "unsigned")
        return my_day(self.request)


class OpenChart(Door):
    """Open the chart of a patient who has arrived."""

    may = (Permission.TREAT,)
    http_method_names = ["post"]
    form_class = OpenForm

    def post(self, request: StaffRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        visit = queries.visit_to_open(
            user=request.user,
            clinic=request.clinic,
            key=kwargs["pk"],
        )
        if visit is None:
            raise Http404
        form = OpenForm(request.POST)
        if not form.is_valid():
            return my_day(
                request, no=form.no or Refusal(NOT_OURS, rule="input", way_out="Reload the page.")
            )
        return attempt(
            request,
            form,
            lambda: operations.open_chart(appointment=visit, **acting(request), once=form.key),
            done=lambda chart: go(request, reverse("treatment", args=[chart.pk])),
            refused=lambda no: my_day(request, no=no),
        )


def my_day(request: StaffRequest, *, no: Refusal | None = None) -> HttpResponse:
    """The day of the person signed in, with the refusal of an opening above it."""
    at = timezone.now()
    clinic = request.clinic
    user = request.user
    today = clinic.day_of(at)
    lines = queries.my_day(user=user, clinic=clinic, day=today)
    to_open = charts_to_open([line.visit for line in lines], user=user, clinic=clinic, on=today)
    context = {
        "today": today,
        "lines": [_line(line, at, opens=line.visit.pk in to_open.visits) for line in lines],
        "unsigned": queries.unsigned_before(user=user, clinic=clinic, day=today),
        "every": user.can(Permission.SEE_ALL_CHARTS, clinic.pk),
        "show": "mine",
        "unlicensed": "" if no else to_open.unlicensed,
        "no": no,
    }
    return render(request, "treatments/mine.html", context, status=no.status if no else 200)


def _line(line: DayLine, at: dt.datetime, *, opens: bool) -> dict[str, Any]:
    return {
        "visit": line.visit,
        "chart": line.chart,
        "clock": clock_of(line.page, at) if line.page else None,
        "open_form": OpenForm() if opens else None,
    }


def _charts(request: StaffRequest, *, every: bool, unsigned: bool) -> HttpResponse:
    clinic = request.clinic
    user = request.user
    found = queries.charts_of_clinic(user=user, clinic=clinic, unsigned=unsigned)
    context = {
        "page": Paginator(found, PER_PAGE).get_page(request.GET.get("page")),
        "every": every,
        "show": "unsigned" if unsigned else "all",
    }
    return render(request, "treatments/charts.html", context)
