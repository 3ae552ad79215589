"""Whether each visit that takes time holds it: watched by readiness."""

from __future__ import annotations

import datetime as dt
from typing import Any

from django.db.models import (
    Count,
    DateTimeField,
    DurationField,
    ExpressionWrapper,
    F,
    IntegerField,
    Q,
    Value,
)
from django.db.models.functions import Cast

from bookings.models import LANES, Appointment
from bookings.rules.status import HOLDING, Status
from clinic.models import Clinic

MINUTE = Value(dt.timedelta(minutes=1))


def visits_without_holds(at: dt.datetime) -> list[str]:
    """What is wrong, in words: visits ahead that do not hold exactly what they need (R47).

    Looks from yesterday on: what is past takes nobody's time any more.
    """
    ahead = {str(status) for status in HOLDING - {Status.COMPLETED}}
    loose = (
        # By clinic, because a day's visits are found by clinic and day.
        Appointment.objects.filter(
            clinic__in=list(Clinic.objects.values_list("pk", flat=True)),
            local_date__gte=(at - dt.timedelta(days=1)).date(),
            status__in=ahead,
        )
        .annotate(held=Count("holds", filter=_as_planned()))
        .exclude(held=len(LANES))
        .count()
    )
    return [f"Visits that do not hold their time: {loose}."] if loose else []


def _as_planned() -> Q:
    """A hold of who or what the visit is with, from and to the instants that are planned."""
    numbs = _off("starts_at", "-", "numbing_min")
    comes = _off("starts_at", "-", "numbing_min", "check_in_min")
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
        found |= Q(**{f"holds__{lane}": F(lane), "holds__starts_at": first, "holds__ends_at": last})
    return found


def _off(instant: str, sign: str, *columns: str) -> Any:
    """The instant and so many minutes before or after it."""
    first, *more = (Cast(F(one), IntegerField()) for one in columns)
    minutes = sum(more, first)
    by = ExpressionWrapper(minutes * MINUTE, output_field=DurationField())
    moved = F(instant) - by if sign == "-" else F(instant) + by
    return ExpressionWrapper(moved, output_field=DateTimeField())
