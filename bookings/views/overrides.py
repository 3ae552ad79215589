"""The weekly list of what was passed over: which rule, for whom, by whom and why."""

from __future__ import annotations

import datetime as dt
from typing import Any

from django.http import Http404
from django.urls import reverse
from django.utils import timezone

from bookings import queries
from bookings.models import Override
from clinic.constraints import FIRST_DAY, LAST_DAY
from clinic.models import Clinic
from clinic.permissions import Permission
from clinic.rules import day_span, say_date, say_time
from clinic.views.doors import Page

WEEK = dt.timedelta(days=7)


class Overrides(Page):
    """The overrides of one week, Monday to Sunday: this one, or that of `?week=YYYY-MM-DD`."""

    may = (Permission.OVERRIDE,)
    template_name = "bookings/overrides.html"

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        clinic = self.request.clinic
        today = clinic.day_of(timezone.now())
        monday = _monday(_asked(self.request.GET.get("week", "")) or today)
        sunday = monday + WEEK - dt.timedelta(days=1)
        first, last = day_span(monday, clinic.zone)[0], day_span(sunday, clinic.zone)[1]
        made = queries.overrides_between(clinic=clinic, first=first, last=last)
        return super().get_context_data(**kwargs) | {
            "lines": [_line(one, clinic) for one in made],
            "week": f"{say_date(monday)}, through {say_date(sunday)}",
            "this_week": monday == _monday(today),
            "before": _address(monday - WEEK),
            "after": _address(monday + WEEK) if monday < _monday(today) else "",
        }


def _asked(text: str) -> dt.date | None:
    """The day that the address names; any that is no day of a calendar of ours is not there."""
    if not text:
        return None
    try:
        day = dt.date.fromisoformat(text)
    except ValueError as error:
        raise Http404 from error
    if not FIRST_DAY + WEEK <= day <= LAST_DAY - WEEK:
        raise Http404
    return day


def _monday(day: dt.date) -> dt.date:
    return day - dt.timedelta(days=day.weekday())


def _address(monday: dt.date) -> str:
    if monday < FIRST_DAY + WEEK:
        return ""
    return f"{reverse('overrides')}?week={monday.isoformat()}"


def _line(one: Override, clinic: Clinic) -> dict[str, Any]:
    visit = one.appointment
    made, starts = clinic.local(one.made_at), clinic.local(visit.starts_at)
    return {
        "made": f"{say_date(made.date())}, {say_time(made)}",
        "by": one.made_by.name,
        "what": one.get_kind_display(),
        "told": _told(one),
        "reason": one.reason,
        "who": visit.patient.name,
        "visit": f"{say_date(starts.date())}, {say_time(starts)}, {visit.service.name}",
        "url": reverse("appointment", args=[visit.pk]),
    }


def _told(one: Override) -> str:
    """What the rule had said; a row whose detail cannot be read does not break the page."""
    try:
        last_on = dt.date.fromisoformat(one.detail["last_on"])
        return f"{int(one.detail['days'])} days after {say_date(last_on)}"
    except (KeyError, TypeError, ValueError):
        return ""
