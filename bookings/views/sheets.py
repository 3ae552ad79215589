"""A clinic's day on paper: which sheet, on which paper, and the PDF itself."""

from __future__ import annotations

import datetime as dt
from typing import Any

from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone

from bookings import operations
from bookings.rules.sheet import PAPERS
from bookings.views.paper import day_sheet, kept_sheet
from clinic import accounts
from clinic.permissions import Permission
from clinic.printing import CannotPrint, what_lacks
from clinic.rules import say_date, say_time
from clinic.views.doors import Page, StaffRequest, acting


class Sheets(Page):
    """What can be printed of a day."""

    may = (Permission.SEE_DAY,)

    def get(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        return _choice(self.request, kwargs["day"])


class SheetFile(Page):
    """The day as a PDF: `what` is the picture on one sheet, or the list for an outage."""

    may = (Permission.SEE_DAY,)

    def get(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        day, what = kwargs["day"], kwargs["what"]
        paper = self.request.GET.get("paper", "letter")
        if paper not in PAPERS:
            raise Http404
        clinic, outage = self.request.clinic, what == "outage"
        if outage and not self.request.user.can(Permission.SEE_PATIENTS, clinic.pk):
            accounts.turn_away(self.request)
            raise PermissionDenied
        note = operations.print_outage_sheet if outage else operations.print_day
        note(clinic=clinic, day=day, paper=paper, **acting(self.request))
        try:
            content = day_sheet(
                clinic=clinic, day=day, paper=paper, at=timezone.now(), listed=outage
            )
        except CannotPrint as no:
            return _choice(self.request, day, fault=str(no))
        answer = HttpResponse(content, content_type="application/pdf")
        name = f"{clinic.code}-{day.isoformat()}{'-outage' if outage else ''}.pdf"
        answer["Content-Disposition"] = f'inline; filename="{name}"'
        return answer


def _choice(request: StaffRequest, day: dt.date, *, fault: str = "") -> HttpResponse:
    clinic = request.clinic
    kept = kept_sheet(clinic, day)
    put_away = ""
    if kept.exists():
        written = dt.datetime.fromtimestamp(kept.stat().st_mtime, dt.UTC)
        put_away = f"{say_date(clinic.day_of(written))}, {say_time(clinic.local(written))}"
    context = {
        "title": say_date(day),
        "back": reverse("day-on", args=[day]),
        "picture": reverse("day-sheet", args=[day, "picture"]),
        "outage": reverse("day-sheet", args=[day, "outage"]),
        "may_list": request.user.can(Permission.SEE_PATIENTS, clinic.pk),
        "papers": PAPERS.values(),
        "lacks": what_lacks(),
        "fault": fault,
        "put_away": put_away,
    }
    return render(request, "bookings/sheets.html", context, status=422 if fault else 200)
