"""A course planned from a preview of its visits."""

from __future__ import annotations

import datetime as dt
import uuid
from contextlib import suppress
from typing import Any

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.urls import reverse
from django.utils import timezone
from django.utils.functional import cached_property

from bookings import operations, queries
from bookings.forms.courses import CourseForm, VisitsForm, rhythm_of
from bookings.models import Course
from bookings.views.courses.words import say_booked
from bookings.views.no_services import no_services
from clinic.models import Clinic, Patient
from clinic.permissions import Permission
from clinic.queries.patients import find_patients, patient_for
from clinic.refusals import Refusal
from clinic.rules import is_twice, say_date, say_time
from clinic.views.doors import FormPage, acting
from clinic.views.patients import note_search

PREFILLED = ("service", "practitioner", "date", "time")


class Planning(FormPage):
    """A list of visits, each with times to choose from; "look" shows it, the other button acts."""

    may = (Permission.BOOK,)

    def post(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        self.looks = "look" in self.request.POST
        form = self.get_form()
        if not self.looks or not form.is_valid():
            return super().post(request, *args, **kwargs)
        return self.render_to_response(self.get_context_data(form=form))

    def get_form_kwargs(self) -> dict[str, Any]:
        return super().get_form_kwargs() | {"looks": getattr(self, "looks", False)}

    def planned(self, form: Any, at: dt.datetime) -> list[queries.Wanted]:
        """The visits with what is free for each; none where nothing is asked for yet."""
        raise NotImplementedError

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        form: VisitsForm = kwargs.setdefault("form", self.get_form())
        wanted = self.planned(form, timezone.now())
        form.show_for()
        clinic = self.request.clinic
        rows = [_row(one, form, clinic) for one in wanted]
        return super().get_context_data(**kwargs) | {
            "rows": rows,
            "count": sum(1 for row in rows if any(one["picked"] for one in row["offers"])),
            "zone": f"{clinic.name} time",
        }


class NewCourse(Planning):
    """Plan a course of visits: `?patient=&service=…` from a patient's card, or as it was typed so
    far from the page of a new appointment ("plan")."""

    template_name = "bookings/course_new.html"
    form_class = CourseForm

    def get_initial(self) -> dict[str, Any]:
        given = self.request.GET or (self.request.POST if "plan" in self.request.POST else {})
        initial: dict[str, Any] = {name: given[name] for name in PREFILLED if given.get(name)}
        with suppress(KeyError, ValueError):
            typed = dt.time.fromisoformat(initial["time"])
            initial["time"] = say_time(dt.datetime.combine(dt.date.min, typed))
        initial.setdefault("date", self.request.clinic.day_of(timezone.now()))
        if patient := self.asked_for:
            initial["chosen"] = patient.pk
        return initial

    def post(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        if "plan" not in self.request.POST:
            return super().post(request, *args, **kwargs)
        form = CourseForm(
            initial=self.get_initial(), clinic=self.request.clinic, user=self.request.user
        )
        return self.render_to_response(self.get_context_data(form=form))

    @cached_property
    def asked_for(self) -> Patient | None:
        """Whom the link or the other page names; a link that names nobody here is a 404 (P15)."""
        user, clinic = self.request.user, self.request.clinic
        if key := self.request.GET.get("patient"):
            found = self._patient(key)
            if found is None:
                raise Http404
            return found
        if key := self.request.POST.get("chosen"):
            return self._patient(key)
        text = self.request.POST.get("patient", "").strip()[:80]
        if not text or "plan" not in self.request.POST:
            return None
        named = find_patients(user=user, clinic=clinic, text=text).meant
        note_search(self.request, text, 1 if named else 0, typing=False)
        return named

    def _patient(self, key: Any) -> Patient | None:
        with suppress(ValueError):
            return patient_for(
                user=self.request.user, clinic=self.request.clinic, key=uuid.UUID(str(key))
            )
        return None

    def planned(self, form: CourseForm, at: dt.datetime) -> list[queries.Wanted]:
        self.patient = self._patient(form["chosen"].value())
        plan = form.plan if form.is_bound else None
        if plan is None or self.patient is None:
            return []
        return queries.plan_visits(
            clinic=self.request.clinic,
            patient=self.patient,
            service=plan["service"],
            rhythm=rhythm_of(plan),
            numbers=range(1, plan["planned"] + 1),
            first=max(plan["date"], self.request.clinic.day_of(at)),
            at=at,
            practitioner=plan["practitioner"],
            picked=form.picked,
        )

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        context = super().get_context_data(**kwargs)
        return (
            context
            | {"patient": self.patient, "least": self.request.clinic.interval_days}
            | no_services(self.request, context["form"])
        )

    def perform(self, form: CourseForm) -> Course:
        patient, plan = self._patient(form.cleaned_data["chosen"]), form.plan
        if patient is None or plan is None:
            raise Refusal("This patient is not known here.", rule="P15")
        return operations.book_course(
            clinic=self.request.clinic,
            patient=patient,
            service=plan["service"],
            planned=plan["planned"],
            interval_days=plan["interval_days"],
            weekday=plan["weekday"],
            starts_min=rhythm_of(plan).starts_min,
            practitioner=plan["practitioner"],
            note=form.cleaned_data["note"],
            visits=form.visits,
            **acting(self.request),
            once=form.key,
        )

    def form_valid(self, form: CourseForm) -> HttpResponse:
        self.booked = len(form.visits)
        return super().form_valid(form)

    def where_to(self, result: Course) -> str:
        messages.success(self.request, say_booked(self.booked, result))
        return reverse("course", args=[result.pk])


def _row(one: queries.Wanted, form: VisitsForm, clinic: Clinic) -> dict[str, Any]:
    name = f"visit_{one.number}"
    wished = clinic.local(one.starts_at) if one.starts_at else None
    return {
        "name": name,
        "number": one.number,
        "was": _when(clinic, one.visit.starts_at) if one.visit else "",
        "wished": f"{say_date(one.day)}, {say_time(wished)}" if wished else say_date(one.day),
        "fits": one.fits,
        "against": one.against,
        "notes": one.notes,
        "errors": form[name].errors,
        "left_out": bool(one.offers) and not one.picked,
        "offers": [
            {
                "key": offer.key,
                "says": _when(clinic, offer.starts_at),
                "who": str(offer.practitioner or "anyone free"),
                "picked": offer.key == one.picked,
                "wished": offer.starts_at == one.starts_at,
            }
            for offer in one.offers
        ],
    }


def _when(clinic: Clinic, starts_at: dt.datetime) -> str:
    local = clinic.local(starts_at)
    zone = f" {local:%Z}" if is_twice(local) else ""
    return f"{say_date(local.date())}, {say_time(local)}{zone}"
