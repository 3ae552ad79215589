"""Why a time does not do, for the desk: every reason, and the nearest times that work."""

from __future__ import annotations

import datetime as dt
from typing import Any

from django.http import HttpResponse
from django.shortcuts import render
from django.utils import timezone

from bookings import queries
from bookings.forms.new import NewAppointmentForm
from bookings.forms.overriding import leave_in
from bookings.models import Appointment
from clinic.models import Clinic, Patient, Practitioner, Room
from clinic.permissions import Permission
from clinic.queries.patients import patient_for
from clinic.rules import is_twice, on_wall_clock, say_date, say_day, say_time
from clinic.views.doors import Door, StaffRequest


class WhyNot(Door):
    """The reasons alone, for htmx: `?service=&date=&time=&practitioner=&chosen=&sooner=`."""

    may = (Permission.BOOK,)

    def get(self, request: StaffRequest) -> HttpResponse:
        clinic = request.clinic
        form = NewAppointmentForm(initial=request.GET.dict(), clinic=clinic, user=request.user)
        key = form.glimpse("chosen")
        patient = patient_for(user=request.user, clinic=clinic, key=key) if key else None
        why = why_words(clinic, form, patient, at=timezone.now())
        return render(request, "bookings/_why_not.html", {"why": why})


def why_moved(
    visit: Appointment,
    starts_at: dt.datetime,
    who: Practitioner,
    *,
    at: dt.datetime,
    room: Room | None = None,
) -> dict[str, Any]:
    """What `_why_not.html` shows of a time and a practitioner to whom a visit could be moved."""
    clinic = visit.clinic
    told = queries.reasons_against(
        starts_at,
        clinic=clinic,
        need=visit,
        at=at,
        practitioner=who,
        patient=visit.patient,
        but=visit,
        room=room,
    )
    where = f", {who}" + (f", {room.name}" if room else "")
    return {"missing": "", "asked": [_asked(clinic, starts_at, told, at=at, who=where)]}


def _asked(
    clinic: Clinic,
    starts_at: dt.datetime,
    told: queries.WhyNot,
    *,
    at: dt.datetime,
    who: str = "",
    named: str = "",
) -> dict[str, Any]:
    """One time in words, with what stands against it and the nearest that work. `named` is whom
    the form asks for."""
    today, local = clinic.day_of(at), clinic.local(starts_at)
    zone = f" {local:%Z}" if is_twice(local) else ""
    return {
        "says": f"{say_day(local.date(), today)}, {say_time(local)}{zone}{who}",
        "told": told,
        "nearest_of": _nearest_of(told, named),
        "nearest": [
            {
                "key": one.key,
                "label": f"{say_day(one.day, today)}, {one.says}",
                "note": str(one.practitioner),
            }
            for one in told.nearest
        ],
    }


def _nearest_of(told: queries.WhyNot, named: str) -> str:
    """What is said above the nearest times, or in their place."""
    around = f"two weeks of {say_date(told.since) if told.since else 'it'}"
    if told.others:
        return f"{named} has no free time within {around}. Nearest times with others:"
    if told.nearest:
        return "Nearest times that work:"
    return f"No time is free within {around}."


def why_words(
    clinic: Clinic, form: NewAppointmentForm, patient: Patient | None, *, at: dt.datetime
) -> dict[str, Any]:
    """What `_why_not.html` shows of the time that stands in the form.

    `missing` says what is to be typed first; `asked` are times in words, each with its reasons:
    two where the clock shows the time twice.
    """
    service, day, time = form.glimpse_service(), form.glimpse("date"), form.glimpse("time")
    practitioner = form.glimpse("practitioner")
    missing = [
        word for word, there in (("service", service), ("date", day), ("time", time)) if not there
    ]
    if service is None or day is None or time is None:
        return {"missing": f"Choose first: {', '.join(missing)}.", "asked": []}
    instants = on_wall_clock(day, time, clinic.zone).instants
    if not instants:
        word = say_time(dt.datetime.combine(day, time))
        says = f"The clock is set forward on {say_date(day)}: there is no {word}."
        return {"missing": says, "asked": []}
    found = []
    for starts_at in instants:
        told = queries.reasons_against(
            starts_at,
            clinic=clinic,
            need=service,
            at=at,
            practitioner=practitioner,
            patient=patient,
            room=form.glimpse("room"),
            leave=leave_in(form),
            or_others=True,
        )
        named = practitioner.name if practitioner else ""
        found.append(_asked(clinic, starts_at, told, at=at, named=named))
    return {"missing": "", "asked": found}
