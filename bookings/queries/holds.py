"""Whether each visit and offer that takes time holds it: watched by readiness."""

from __future__ import annotations

import datetime as dt
from typing import Any

from django.db.models import (
    Count,
    DateTimeField,
    DurationField,
    Exists,
    ExpressionWrapper,
    F,
    IntegerField,
    OuterRef,
    Q,
    Value,
)
from django.db.models.functions import Cast

from bookings.models import LANES, Appointment, Hold, Offer
from bookings.rules.status import HOLDING, Status
from bookings.rules.waiting import OfferState
from clinic.models import Clinic

MINUTE = Value(dt.timedelta(minutes=1))


def visits_without_holds(at: dt.datetime) -> list[str]:
    """What is wrong, in words: visits ahead that do not hold exactly what they need (R47).

    Beside them those that are off and hold time all the same. Looks from yesterday on: what is
    past takes nobody's time any more.
    """
    # By clinic, because a day's visits are found by clinic and day.
    ahead = Appointment.objects.filter(
        clinic__in=list(Clinic.objects.values_list("pk", flat=True)),
        local_date__gte=(at - dt.timedelta(days=1)).date(),
    )
    loose = (
        ahead.filter(status__in=[str(status) for status in HOLDING - {Status.COMPLETED}])
        .annotate(held=Count("holds", filter=_as_planned()))
        .exclude(held=len(LANES))
        .count()
    )
    off = ahead.filter(status__in=[str(status) for status in Status if status not in HOLDING])
    kept = off.filter(Exists(Hold.objects.filter(appointment=OuterRef("pk")))).count()
    found = [f"Visits that do not hold their time: {loose}."] if loose else []
    return found + ([f"Visits that are off and hold time: {kept}."] if kept else [])


def offers_without_holds(at: dt.datetime) -> list[str]:
    """What is wrong, in words: open offers that do not hold exactly what they need, and offers
    that are over and hold time all the same (R47)."""
    open_now = Offer.objects.still_open().annotate(
        held=Count("holds", filter=_as_planned(patient="entry__patient"))
    )
    loose = open_now.exclude(held=len(LANES)).count()
    over = Hold.objects.filter(offer__isnull=False).exclude(offer__state=OfferState.OPEN)
    kept = over.values("offer").distinct().count()
    found = [f"Offers that do not hold their time: {loose}."] if loose else []
    return found + ([f"Offers that are over and hold time: {kept}."] if kept else [])


def _as_planned(patient: str = "patient") -> Q:
    """A hold of who or what the visit or offer is with, from and to the planned instants."""
    numbs = _off("starts_at", "-", "numbing_min")
    comes = comes_at()
    ends = _off("starts_at", "+", "treatment_min")
    clean = _off("starts_at", "+", "treatment_min", "clean_down_min")
    # The same as `rules.visit.lanes`, in the database's own words.
    planned = {
        "practitioner": (F("starts_at"), ends),
        "room": (numbs, clean),
        "device": (F("starts_at"), clean),
        "patient": (comes, ends),
    }
    found = Q()
    for lane, (first, last) in planned.items():
        whose = patient if lane == "patient" else lane
        found |= Q(
            **{f"holds__{lane}": F(whose), "holds__starts_at": first, "holds__ends_at": last}
        )
    return found


def comes_at() -> Any:
    """When the patient of a visit or offer is to be there, in the database's own words."""
    return _off("starts_at", "-", "numbing_min", "check_in_min")


def _off(instant: str, sign: str, *columns: str) -> Any:
    """The instant and so many minutes before or after it."""
    first, *more = (Cast(F(one), IntegerField()) for one in columns)
    minutes = sum(more, first)
    by = ExpressionWrapper(minutes * MINUTE, output_field=DurationField())
    moved = F(instant) - by if sign == "-" else F(instant) + by
    return ExpressionWrapper(moved, output_field=DateTimeField())
