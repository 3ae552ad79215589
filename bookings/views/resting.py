"""On a visit's card: that the skin will not have rested by then, and the manager's leave (R35)."""

from __future__ import annotations

import datetime as dt
from typing import Any

from django.urls import reverse

from bookings import queries
from bookings.forms.acting import AllowForm
from bookings.forms.overriding import may_override
from bookings.models import Appointment
from bookings.rules.interval import say_rest
from bookings.rules.status import BEFORE_START, Status


def rest_of_card(
    user: Any, visit: Appointment, at: dt.datetime, sent: AllowForm | None = None
) -> dict[str, Any] | None:
    """What the card says of a visit that is still to be treated and comes too soon; None where
    nothing stands against it, or it was allowed.

    `form` asks the reason of someone who may allow it; `sent` is that form as it was refused.
    """
    clinic = visit.clinic
    waits = Status(visit.status) in BEFORE_START and visit.local_date >= clinic.day_of(at)
    gap = queries.gap_of(visit, on=visit.local_date) if waits else None
    if gap is None and sent is None:
        return None
    form = sent
    if sent is not None:
        sent.now_at(visit.version)
    elif gap is not None and gap.may_be_overridden and may_override(user, clinic):
        form = AllowForm(
            clinic=clinic, user=user, auto_id="allow-%s", initial={"version": visit.version}
        )
    return {
        "says": gap.says if gap else "",
        # Whoever is asked for the reason need not be told who may give it.
        "way_out": (gap.would_work if form else say_rest(gap)) if gap else "",
        "url": reverse("appointment-allow", args=[visit.pk]),
        "form": form,
        "open": sent is not None,
    }
