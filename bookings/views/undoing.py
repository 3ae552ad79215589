"""The offer to take back what was just done, on the board and on a visit's page (see `UNDO`).

Kept with the session of whoever did it, until its time is over or something else was done.
"""

from __future__ import annotations

import datetime as dt
import uuid
from typing import Any

from django.urls import reverse

from bookings import queries
from bookings.forms.acting import StepForm
from bookings.models import Appointment
from bookings.rules.status import UNDO
from bookings.rules.undoing import NAMES
from clinic.permissions import Permission
from clinic.rules import say_time
from clinic.views.doors import StaffRequest

OFFER = "undo"


def offer_undo(request: StaffRequest, visit: Appointment, said: str) -> None:
    """Let the next pages say what was done, with its undo."""
    request.session[OFFER] = {"visit": str(visit.pk), "version": visit.version, "said": said}


def undo_done(request: StaffRequest, visit: Appointment) -> None:
    """The offer for this visit is over."""
    if request.session.get(OFFER, {}).get("visit") == str(visit.pk):
        del request.session[OFFER]


def toast_of(request: StaffRequest, at: dt.datetime, *, board: bool) -> dict[str, Any] | None:
    """What `_undo.html` shows; None where nothing can be taken back. No query where nothing was
    done lately."""
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
        "left": max(1, int((until - at).total_seconds())),
        "until_says": say_time(clinic.local(until)),
        "url": reverse("appointment-undo", args=[visit.pk]),
        "form": StepForm(
            clinic=clinic, user=request.user, auto_id=False, initial={"version": visit.version}
        ),
        "board": board,
    }
