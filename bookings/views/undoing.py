"""The offer to take back what was just done, on the board and on a visit's page (see `UNDO`).

Kept with the session of whoever did it, until its time is over or something else was done.
"""

from __future__ import annotations

import datetime as dt
import uuid
from typing import Any
from urllib.parse import parse_qsl, urlsplit

from django.urls import Resolver404, resolve, reverse
from django.utils.http import urlencode

from bookings import queries
from bookings.forms.acting import StepForm
from bookings.models import Appointment
from bookings.rules.status import UNDO
from bookings.rules.undoing import NAMES
from clinic.permissions import Permission
from clinic.rules import say_time
from clinic.views.doors import StaffRequest

OFFER = "undo"
BOARDS = ("day", "day-on", "week", "week-on")
# What of a board's address says what is read there.
KEPT = ("by", "practitioner", "as", "visit")


def offer_undo(request: StaffRequest, visit: Appointment, said: str) -> None:
    """Let the next pages say what was done, with its undo."""
    request.session[OFFER] = {"visit": str(visit.pk), "version": visit.version, "said": said}


def undo_done(request: StaffRequest, visit: Appointment) -> None:
    """The offer for this visit is over."""
    if request.session.get(OFFER, {}).get("visit") == str(visit.pk):
        del request.session[OFFER]


def toast_of(request: StaffRequest, at: dt.datetime, *, board: str = "") -> dict[str, Any] | None:
    """What `_undo.html` shows, on the board at an address; None where nothing can be taken back.
    No query where nothing was done lately."""
    kept = request.session.get(OFFER)
    clinic = request.clinic
    if not kept or not request.user.can(Permission.BOOK, clinic.pk):
        return None
    visit = queries.visit_for(user=request.user, clinic=clinic, key=uuid.UUID(kept["visit"]))
    done = queries.done_last(visit) if visit and visit.version == kept["version"] else None
    if visit is None or done is None or not done.is_open(at):
        del request.session[OFFER]
        return None
    if queries.is_taken_again(visit, done):
        # Offered or booked meanwhile: the undo would be refused until that ends.
        return None
    until = done.at + UNDO
    return {
        "said": kept["said"],
        "what": NAMES[done.act],
        "whose": visit.patient.name,
        "visit": visit.pk,
        "version": visit.version,
        "left": max(1, int((until - at).total_seconds())),
        "until_says": say_time(clinic.local(until)),
        "url": reverse("appointment-undo", args=[visit.pk]),
        "form": StepForm(
            clinic=clinic, user=request.user, auto_id=False, initial={"version": visit.version}
        ),
        "board": board,
    }


def board_before(request: StaffRequest, visit: Appointment) -> str:
    """The board on which a press was made, with the card that is open there, else that of the
    visit: whoever takes something back stays where she reads. "" where it was on no board."""
    here = request.htmx.current_url if request.htmx else request.POST.get("board", "")
    try:
        parts = urlsplit(here or "")
        place = resolve(parts.path)
    except (ValueError, Resolver404):
        return ""
    if place.url_name not in BOARDS:
        return ""
    asked = dict(parse_qsl(parts.query))
    kept = {name: asked[name] for name in KEPT if name in asked}
    return f"{parts.path}?{urlencode({'visit': str(visit.pk)} | kept)}"
