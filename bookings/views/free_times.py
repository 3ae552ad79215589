"""Free times as a list to choose from: best three first, then by day or by practitioner."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Mapping
from typing import Any

from django.http import HttpResponse
from django.shortcuts import render
from django.utils import timezone

from bookings import queries
from bookings.forms.new import FreeTimesForm, NewAppointmentForm
from bookings.forms.overriding import leave_of
from bookings.models import Service
from bookings.queries import FreeLine, FreeSearch, FreeTime
from bookings.rules.interval import Leave
from bookings.rules.visit import FARTHEST
from clinic.models import Clinic, Patient, Practitioner, Room
from clinic.permissions import Permission
from clinic.queries.licenses import Held
from clinic.queries.patients import patient_for
from clinic.rules import say_date, say_day
from clinic.views.doors import Door, StaffRequest

# How many days are listed where nobody says, and how many times of a line are shown at once.
DAYS_OF_ONE, DAYS_OF_ALL = 7, 2
MOST_OF_ONE, MOST_OF_ALL, MOST_OF_MANY_DAYS = 8, 5, 3
BEST = 3
DAY = dt.timedelta(days=1)


class FreeTimes(Door):
    """The list alone, for htmx: `?service=&from=&days=&practitioner=`; `sooner=1`
    where a reason is written to pass over the interval.

    `look=KEY@DAY`, the value of a button of the list, asks for one practitioner's whole day;
    `look=@DAY` for the list from that day on.
    """

    may = (Permission.BOOK,)

    def get(self, request: StaffRequest) -> HttpResponse:
        clinic = request.clinic
        at = timezone.now()
        asked = request.GET.dict()
        if look := asked.pop("look", ""):
            who, _, asked["from"] = look.partition("@")
            if who:
                asked |= {"practitioner": who, "days": "1"}
        form = FreeTimesForm(asked, clinic=clinic)
        if not form.is_valid():
            faults = [error for errors in form.errors.values() for error in errors]
            context: dict[str, Any] = {"region": {"faults": faults}, "form": None}
            return render(request, "bookings/_free_times.html", context, status=422)
        given = form.cleaned_data
        first = given["from"] or given["date"] or clinic.day_of(at)
        key = given["chosen"]
        region = free_region(
            clinic=clinic,
            service=given["service"],
            practitioner=given["practitioner"],
            patient=patient_for(user=request.user, clinic=clinic, key=key) if key else None,
            room=given["room"],
            first=first,
            days=given["days"],
            at=at,
            picked=given["slot"],
            leave=leave_of(request.user, clinic, asked.get("sooner")),
        )
        context = {"region": region, "form": None}
        if request.htmx and not given["from"]:
            # The date has changed, and with it who is licensed.
            page = NewAppointmentForm(
                initial={"practitioner": given["practitioner"]}, clinic=clinic, user=request.user
            )
            context |= practitioner_field(page, clinic, first) | {"form": page}
        status = 422 if region.get("faults") else 200
        return render(request, "bookings/_free_times.html", context, status=status)


def practitioner_field(
    form: NewAppointmentForm,
    clinic: Clinic,
    day: dt.date,
    people: Mapping[Practitioner, Iterable[Held]] | None = None,
) -> dict[str, Any]:
    """What the field for the practitioner needs to say who may not treat that day, and why."""
    uncovered = [one for one in queries.practitioners_on(clinic, day, people) if one.why]
    form.without(frozenset(one.practitioner.pk for one in uncovered))
    return {"uncovered": uncovered, "uncovered_on": say_date(day)}


def free_region(
    *,
    clinic: Clinic,
    service: Service | None,
    practitioner: Practitioner | None,
    patient: Patient | None,
    first: dt.date,
    at: dt.datetime,
    room: Room | None = None,
    days: int | None = None,
    picked: str = "",
    found: FreeSearch | None = None,
    leave: Leave = Leave.NONE,
) -> dict[str, Any]:
    """What `_free_times.html` shows; `found` is a search that was made already."""
    today = clinic.day_of(at)
    if first < today:
        return {"faults": [f"{say_date(first)} is over. Choose a day from today on."]}
    if first > clinic.day_of(at + FARTHEST):
        return {"faults": ["This is more than two years ahead. Choose an earlier day."]}
    if service is None:
        return {"empty": "Choose a service to see the free times.", "listed": first}
    days = days or (DAYS_OF_ONE if practitioner else DAYS_OF_ALL)
    most = MOST_OF_ALL if days <= DAYS_OF_ONE else MOST_OF_MANY_DAYS
    if practitioner:
        most = MOST_OF_ONE
    last = first + DAY * (days - 1)
    if found is None or first < found.asked.days[0] or last > found.asked.days[-1]:
        found = FreeSearch(
            clinic=clinic,
            need=service,
            first=first,
            days=days,
            at=at,
            practitioner=practitioner,
            patient=patient,
            room=room,
            leave=leave,
        )
    lines = found.lines(
        first=first,
        days=days,
        practitioner=practitioner,
        most=None if practitioner and days == 1 else most,
    )
    groups = (
        _by_day(lines, today, picked) if practitioner is None else _of_one(lines, today, picked)
    )
    none = None if any(line.times for line in lines) else queries.none_free(found, lines, at=at)
    later = (none.from_on if none else None) or last + DAY
    return {
        "best": _best(lines, today) if days > 1 or not practitioner else [],
        "groups": groups,
        "empty": none.says if none else "",
        "sooner": next(
            (found.rest.passed_on(line.day) for line in lines if line.times and found.rest), ""
        ),
        "picked": picked,
        "listed": first,
        # Where one reason stands against all of these days, on to the first that is free of it.
        "jumps": bool(none and none.from_on),
        "later": None if none and none.ends else later,
        "later_says": say_day(later, today),
        "earlier": max(first - DAY * days, today) if first > today else None,
    }


def _best(lines: list[FreeLine], today: dt.date) -> list[dict[str, Any]]:
    """The first few different starts, each with whoever comes first in the list."""
    starts: dict[dt.datetime, FreeTime] = {}
    for line in lines:
        for time in line.times:
            starts.setdefault(time.starts_at, time)
    soonest = sorted(starts.values(), key=lambda time: time.starts_at)[:BEST]
    return [
        {
            "key": time.key,
            "says": f"{say_day(time.day, today)}, {time.says}",
            "day": time.day.isoformat(),
            "time": time.says,
            "who": str(time.practitioner),
        }
        for time in soonest
    ]


# What the template shows in a loop are mappings: it reads them faster than attributes.
def _by_day(lines: list[FreeLine], today: dt.date, picked: str) -> list[dict[str, Any]]:
    days: dict[dt.date, list[FreeLine]] = {}
    for line in lines:
        if line.times:
            days.setdefault(line.day, []).append(line)
    return [
        {
            "title": say_day(day, today),
            "rows": [_row(line, str(line.practitioner), picked) for line in rows],
        }
        for day, rows in days.items()
    ]


def _of_one(lines: list[FreeLine], today: dt.date, picked: str) -> list[dict[str, Any]]:
    rows = [_row(line, say_day(line.day, today), picked) for line in lines if line.times]
    return [{"title": str(lines[0].practitioner), "rows": rows}] if rows else []


def _row(line: FreeLine, label: str, picked: str) -> dict[str, Any]:
    day = line.day.isoformat()
    return {
        "label": label,
        "day": day,
        "times": line.times,
        "picked": picked if any(time.key == picked for time in line.times) else "",
        "more": line.more,
        "key": f"{line.practitioner.pk}@{day}",
    }
