"""Before a visit that was dragged, or moved with the arrow keys, is moved: from when to when,
who is told, or every reason why not with the nearest times that work."""

from __future__ import annotations

import datetime as dt
import uuid
from typing import Any

from django.http import Http404, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.utils.cache import patch_vary_headers

from bookings import queries
from bookings.forms.acting import StepForm
from bookings.models import Appointment
from bookings.rules.choice import choice_key
from bookings.rules.status import MOVABLE, Status
from bookings.rules.telling import say_told
from bookings.views.card import fresh_move
from bookings.views.why_not import why_moved
from clinic.models import Practitioner, Room
from clinic.permissions import Permission
from clinic.rules import say_date, say_span, say_time
from clinic.views.doors import Door, StaffRequest


class MoveTo(Door):
    """What a drop asks: `?date=&time=&practitioner=`, on the clinic's wall clock, or `?choice=`;
    `&room=` where it was dropped on a room."""

    may = (Permission.BOOK,)

    def get(self, request: StaffRequest, pk: uuid.UUID) -> HttpResponse:
        visit = queries.visit_for(user=request.user, clinic=request.clinic, key=pk)
        if visit is None:
            raise Http404
        aside = bool(request.htmx)
        move = _move(request, visit, at=timezone.now()) | {"aside": aside}
        template = "bookings/_move_to.html" if aside else "bookings/move_to.html"
        answer = render(request, template, {"move": move})
        patch_vary_headers(answer, ["HX-Request"])
        return answer


def _move(request: StaffRequest, visit: Appointment, *, at: dt.datetime) -> dict[str, Any]:
    """What `_move_to.html` shows. A link that cannot be read leads nowhere (P15)."""
    starts_at, who, room = _meant(request, visit)
    clinic = visit.clinic
    why = why_moved(visit, starts_at, who, at=at, room=room)
    moves = Status(visit.status) in MOVABLE
    same, fits = starts_at == visit.starts_at, why["asked"][0]["told"].fits
    comes_at = visit.comes_at + (starts_at - visit.starts_at)
    by = queries.ways_to(visit.patient)
    return {
        "visit": visit,
        "stuck": "" if moves else f"This visit is {visit.get_status_display().lower()}.",
        "url": reverse("appointment-move", args=[visit.pk]),
        "card": reverse("appointment", args=[visit.pk]),
        "form": StepForm(
            clinic=clinic, user=request.user, auto_id=False, initial={"version": visit.version}
        ),
        "fits": fits,
        "choice": choice_key(who.pk, starts_at),
        "room": room.pk if room else "",
        "before": _say(visit, visit.practitioner, visit.starts_at, room and visit.room),
        "after": _say(visit, who, starts_at, room),
        "comes": say_time(clinic.local(comes_at)) if comes_at < starts_at else "",
        # A time that is proposed instead is always another.
        "tells": say_told(by, same_start=same and fits),
        "call": "" if by or (same and fits) else visit.patient.phone_text,
        "why": why,
    }


def _meant(
    request: StaffRequest, visit: Appointment
) -> tuple[dt.datetime, Practitioner, Room | None]:
    """When (UTC), with whom, and in which room where one is named; her own practitioner where
    none is."""
    form = fresh_move(visit, request)
    given = request.GET
    if given.get("choice"):
        meant = form.glimpse_choice(given["choice"])
        starts_at, who = meant or (None, None)
    else:
        named = [name for name in ("date", "time", "practitioner") if given.get(name)]
        form.initial = {**form.initial, **{name: given[name] for name in named}}
        starts_at, who = form.glimpse()
    if starts_at is None or who is None:
        raise Http404
    room = form.glimpse_room(given.get("room", ""))
    if given.get("room") and room is None:
        raise Http404
    return starts_at, who, room


def _say(
    visit: Appointment, who: Practitioner, starts_at: dt.datetime, room: Room | None
) -> dict[str, str]:
    local = visit.clinic.local(starts_at)
    ends = visit.clinic.local(starts_at + dt.timedelta(minutes=visit.treatment_min))
    return {
        "day": say_date(local.date()),
        "time": say_span(local, ends),
        "with": f"{who}, {room.name}" if room else str(who),
    }
