"""Who is at work when: shifts, other hours, time off and closures, read together."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable
from typing import Any

from django.db import models
from django.db.models import F, Q, QuerySet, Value
from django.db.models.functions import Cast

from bookings.models import Closure, Shift, ShiftException, TimeOff
from bookings.rules.rosters import DayHours, Rosters, Shut, Weekly
from clinic.models import Clinic, Practitioner
from clinic.prepared import prepared
from clinic.rules import day_span


def rosters_of(
    clinic: Clinic, *, first: dt.date, last: dt.date, people: Iterable[Practitioner] | None = None
) -> Rosters:
    """What says who is at work from the first to the last clinic-local date; one query.

    `people` narrows it to these; else it is about all who work in the clinic now.
    """
    begin, end = day_span(first, clinic.zone)[0], day_span(last, clinic.zone)[1]
    rows = _rows(
        clinic=clinic.pk,
        people=None if people is None else [one.pk for one in people],
        first=first,
        last=last,
        begin=begin,
        end=end,
    )
    found = Rosters()
    for kind, who, day, until, weekday, first_min, last_min, starts, ends, name in rows:
        if kind == "shift":
            found.add(who, Weekly(weekday, first_min, last_min, day, until))
        elif kind == "day":
            found.add(who, DayHours(day, first_min, last_min))
        elif kind == "off":
            found.add(who, (starts, ends))
        else:
            found.add(None, Shut(name, day, until))
    return found


@prepared
def _rows(
    *, clinic: Any, people: Any, first: Any, last: Any, begin: Any, end: Any
) -> QuerySet[Any, Any]:
    """Shifts, other hours, time off and closures, each row saying first which of them it is."""
    mine = (
        Q(practitioner__is_active=True, practitioner__clinics=clinic)
        if people is None
        else Q(practitioner__in=people)
    )
    shifts = Shift.objects.in_force(clinic, first=first, last=last).filter(mine)
    days = ShiftException.objects.standing().filter(
        mine, clinic=clinic, day__gte=first, day__lte=last
    )
    off = TimeOff.objects.standing().filter(mine, starts_at__lt=end, ends_at__gt=begin)
    closures = Closure.objects.standing().filter(
        clinic=clinic, first_on__lte=last, last_on__gte=first
    )
    branches = [
        _columns(
            shifts,
            "shift",
            day=F("valid_from"),
            last=F("valid_to"),
            weekday=F("weekday"),
            first_min=F("starts_min"),
            last_min=F("ends_min"),
        ),
        _columns(days, "day", day=F("day"), first_min=F("starts_min"), last_min=F("ends_min")),
        _columns(off, "off", starts=F("starts_at"), ends=F("ends_at")),
        _columns(
            closures, "closure", who=None, day=F("first_on"), last=F("last_on"), name=F("name")
        ),
    ]
    return branches[0].union(*branches[1:], all=True)


def _columns(rows: Any, kind: str, **given: Any) -> QuerySet[Any, Any]:
    """A branch of the one query: what a row has no column for is empty, of the right kind."""
    wanted: dict[str, tuple[models.Field[Any, Any], Any]] = {
        "who": (models.UUIDField(), F("practitioner_id")),
        "day": (models.DateField(), None),
        "last": (models.DateField(), None),
        "weekday": (models.SmallIntegerField(), None),
        "first_min": (models.SmallIntegerField(), None),
        "last_min": (models.SmallIntegerField(), None),
        "starts": (models.DateTimeField(), None),
        "ends": (models.DateTimeField(), None),
        "name": (models.TextField(), Value("")),
    }
    columns: list[Any] = [Value(kind, models.TextField())]
    for name, (field, usual) in wanted.items():
        value = given.get(name, usual)
        columns.append(Cast(Value(None) if value is None else value, field))
    chosen: QuerySet[Any, Any] = rows.order_by().values_list(*columns)
    return chosen
