"""A visit in words while it is being chosen, as one would say it on the phone."""

from __future__ import annotations

import datetime as dt

from django.http import HttpResponse
from django.shortcuts import render
from django.utils import timezone

from bookings import queries
from bookings.forms.new import NewAppointmentForm
from bookings.forms.overriding import leave_in
from bookings.models import Appointment, Service
from bookings.rules.cancelling import say_standing
from bookings.rules.fit import outside_opening
from bookings.rules.interval import Leave, say_near
from bookings.rules.supply import OUT
from bookings.rules.visit import lanes
from clinic.models import Clinic, Patient
from clinic.permissions import Permission
from clinic.queries.patients import patient_for
from clinic.rules import is_twice, say_date, say_day, say_span, say_time
from clinic.views.doors import Door, StaffRequest


class VisitWords(Door):
    """The line that confirms a visit in words, as far as it is chosen; for htmx."""

    may = (Permission.BOOK,)

    def get(self, request: StaffRequest) -> HttpResponse:
        clinic = request.clinic
        form = NewAppointmentForm(initial=request.GET.dict(), clinic=clinic, user=request.user)
        key = form.glimpse("chosen")
        patient = patient_for(user=request.user, clinic=clinic, key=key) if key else None
        words = words_so_far(clinic, form, patient, at=timezone.now(), new="new" in request.GET)
        return render(request, "bookings/_words.html", {"words": words})


def words_so_far(
    clinic: Clinic,
    form: NewAppointmentForm,
    patient: Patient | None,
    *,
    at: dt.datetime,
    new: bool = False,
    found: queries.FreeSearch | None = None,
) -> dict[str, str]:
    """What is chosen, said as one would say it on the phone; and what is still to choose.

    `doubt` says why the time does not fit, as soon as a service and a time are chosen, `early`
    that the patient would find the clinic closed, `near` that another visit is planned
    for the same area sooner than the interval, `standing` how often she has called off late
    or not come, `sooner` that the interval is passed over; `found` is a search for this service
    and patient that was made already.
    """
    service = form.glimpse_service()
    practitioner, starts_at = form.glimpse_visit()
    new = new or form.registers
    words = {"said": "", "missing": "", "doubt": "", "early": "", "near": "", "supply": ""}
    words["standing"] = words["sooner"] = ""
    if patient is not None:
        missed, late = queries.standing_of(patient)
        words["standing"] = say_standing(late=late, missed=missed)
    if service is not None and starts_at is not None:
        words["doubt"] = queries.doubts_about(
            starts_at,
            clinic=clinic,
            need=service,
            at=at,
            practitioner=practitioner,
            patient=patient,
            found=found,
            room=form.glimpse("room"),
            leave=leave_in(form),
        )
        words["early"] = early_words(clinic, service, starts_at)
        day, today = clinic.day_of(starts_at), clinic.day_of(at)
        words["near"] = near_words(clinic, service, patient, day)
        words["sooner"] = sooner_words(clinic, service, patient, day, leave_in(form))
        if not words["doubt"] and queries.short_by(day, clinic=clinic, today=today, more=1):
            words["supply"] = OUT
    missing = [
        word
        for word, there in (
            ("patient", patient or new),
            ("service", service),
            ("date", starts_at or form.glimpse("date") or not form.glimpse("time")),
            ("time", starts_at or (form.glimpse("time") and not form.glimpse("date"))),
        )
        if not there
    ]
    if missing or service is None or starts_at is None:
        return words | {"missing": ", ".join(missing)}
    return words | {
        "said": visit_words(
            clinic,
            today=clinic.day_of(at),
            who=patient.name if patient else "New patient",
            service=service,
            practitioner=str(practitioner or "anyone free"),
            starts_at=starts_at,
        )
    }


def early_words(clinic: Clinic, service: Service, starts_at: dt.datetime) -> str:
    """That the patient would come, or still be there, while the clinic is closed; "" where not."""
    comes_at = starts_at - dt.timedelta(minutes=service.check_in_min + service.numbing_min)
    ends_at = starts_at + dt.timedelta(minutes=service.treatment_min)
    opening = queries.clinic_opening(clinic, clinic.day_of(starts_at))
    return outside_opening(comes_at, ends_at, opening, clinic.local)


def near_words(
    clinic: Clinic,
    service: Service,
    patient: Patient | None,
    day: dt.date,
    *,
    but: Appointment | None = None,
) -> str:
    """That another visit for the same area is planned nearer to a day than the interval allows;
    "" where none is. It can be booked all the same: what counts is what was performed (R35)."""
    if patient is None:
        return ""
    near = queries.planned_near(day, clinic=clinic, patient=patient, service=service, but=but)
    if near is None:
        return ""
    return say_near(day, near.local_date, clinic.interval_days)


def sooner_words(
    clinic: Clinic, service: Service, patient: Patient | None, day: dt.date, leave: Leave
) -> str:
    """That a visit on a day is booked sooner than the interval, with the reason that is written;
    "" where it is not. One query, where a reason is written."""
    if patient is None or leave is not Leave.GIVEN:
        return ""
    rest = queries.rest_of(
        clinic=clinic, patient=patient, areas=service.areas, since=day, leave=leave
    )
    return rest.passed_on(day)


def coming_words(clinic: Clinic, service: Service, patient: Patient, at: dt.datetime) -> str:
    """That a visit for the same area is to come anyway, of someone who waits for another; ""
    where none is. It stays booked when she takes a time."""
    found = queries.planned_next(clinic=clinic, patient=patient, service=service, after=at)
    if found is None:
        return ""
    local = clinic.local(found.starts_at)
    return (
        f"Another visit for the same area is booked for {say_date(local.date())}, "
        f"{say_time(local)}. It stays booked unless it is moved or cancelled."
    )


def visit_words(
    clinic: Clinic,
    *,
    today: dt.date,
    who: str,
    service: Service,
    practitioner: str,
    starts_at: dt.datetime,
) -> str:
    """A visit as one says it: who, what, when, with whom, and when to come for the numbing."""
    plan = lanes(
        starts_at=starts_at,
        numbing_min=service.numbing_min,
        treatment_min=service.treatment_min,
        clean_down_min=service.clean_down_min,
        check_in_min=service.check_in_min,
    )
    starts, ends = (
        clinic.local(plan.practitioner.starts_at),
        clinic.local(plan.practitioner.ends_at),
    )
    said = f"{who}, {service.name}, {say_day(starts.date(), today)}, {say_span(starts, ends)}"
    if is_twice(starts):
        said += f" {starts:%Z}"
    said += f", {practitioner}"
    if service.check_in_min:
        said += f"; comes {say_time(clinic.local(plan.patient.starts_at))}"
    if service.numbing_min:
        said += f"; numbing from {say_time(clinic.local(plan.room.starts_at))}"
    return said
