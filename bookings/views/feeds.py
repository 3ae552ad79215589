"""A practitioner's own calendar: the page of its link, and what a calendar program is given."""

from __future__ import annotations

import hashlib
from typing import Any
from uuid import uuid4
from zoneinfo import ZoneInfo

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseNotModified
from django.urls import reverse
from django.utils import timezone
from django.views.generic import View

from bookings import operations
from bookings.models import CalendarLink
from bookings.queries.feeds import calendar_link_of, feed_of, treats
from bookings.rules.calendar import Method, calendar_file
from clinic.forms.house import HouseForm
from clinic.permissions import Permission
from clinic.refusals import Refusal
from clinic.rules import link_digest
from clinic.views.doors import Door, Page, acting, attempt, go

NAME = "Visits"


class OwnCalendar(Page):
    """The link to one's own visits: made here, shown once, ended here."""

    may = (Permission.TREAT,)
    form_class = HouseForm
    template_name = "bookings/calendar.html"

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        return super().get_context_data(**kwargs) | {
            "treats": treats(self.request.user),
            "link": calendar_link_of(self.request.user),
            "keys": {name: uuid4().hex for name in ("make", "withdraw")},
        }

    def post(self, request: HttpRequest) -> HttpResponse:
        """Make a new link, and show it this once."""
        form = HouseForm(request.POST)
        if not form.is_valid():
            return self._refused(form)
        return attempt(
            self.request,
            form,
            lambda: operations.make_calendar_link(**acting(self.request), once=form.key),
            done=self._made,
            refused=lambda no: self._refused(form, no),
        )

    def _made(self, link: CalendarLink) -> HttpResponse:
        if not link.secret:  # the same press once more: what was shown is kept nowhere
            return go(self.request, reverse("own-calendar"))
        address = self.request.build_absolute_uri(reverse("calendar-feed", args=[link.secret]))
        answer = self.render_to_response(self.get_context_data(address=address))
        answer["Cache-Control"] = "no-store, private"
        return answer

    def _refused(self, form: HouseForm, no: Refusal | None = None) -> HttpResponse:
        fault = no.text if no else "Press the button once more."
        return self.render_to_response(self.get_context_data(fault=fault), status=422)


class EndCalendar(Door):
    """End the link to one's own visits."""

    may = (Permission.TREAT,)
    form_class = HouseForm
    http_method_names = ["post"]

    def post(self, request: HttpRequest) -> HttpResponse:
        form = HouseForm(request.POST)
        page = reverse("own-calendar")

        def said(no: Refusal) -> HttpResponse:
            messages.error(self.request, no.text)
            return go(self.request, page)

        if not form.is_valid():
            messages.error(self.request, "Press the button once more.")
            return go(self.request, page)
        return attempt(
            self.request,
            form,
            lambda: operations.withdraw_calendar_link(**acting(self.request), once=form.key),
            done=lambda _: go(self.request, page),
            refused=said,
        )


class CalendarFeed(View):
    """What a calendar program gets; without a session, to whoever has the link."""

    http_method_names = ["get", "head"]

    def get(self, request: HttpRequest, secret: str) -> HttpResponse:
        feed = feed_of(link_digest(secret), at=timezone.now())
        if feed is None:
            raise Http404
        told = [(one.uid, one.sequence, one.starts_at, one.place) for one in feed.entries]
        tag = f'"{hashlib.sha256(repr(told).encode()).hexdigest()[:32]}"'
        if request.headers.get("If-None-Match") == tag:
            answer: HttpResponse = HttpResponseNotModified()
        else:
            content = calendar_file(
                feed.entries, method=Method.PUBLISH, zone=ZoneInfo(feed.zone_name), name=NAME
            )
            answer = HttpResponse(content, content_type="text/calendar; charset=utf-8")
            answer["Content-Disposition"] = 'inline; filename="visits.ics"'
        answer["ETag"] = tag
        answer["Cache-Control"] = "private, no-cache"
        return answer
