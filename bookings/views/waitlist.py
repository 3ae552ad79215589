"""The waitlist: who waits, and for what."""

from __future__ import annotations

import uuid
from typing import Any

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils import timezone
from django.utils.cache import patch_vary_headers
from django.utils.functional import cached_property

from bookings import operations, queries
from bookings.forms.waitlist import (
    ChangeWaitForm,
    PressForm,
    WaitForm,
    WaitlistFilter,
    initial_of,
    read_key,
)
from bookings.models import WaitlistEntry
from bookings.views.no_services import no_services
from bookings.views.waiting_times import entry_of, line_of, say_no
from bookings.views.words import coming_words
from clinic.permissions import Permission
from clinic.queries.patients import Found, find_patients, patient_for
from clinic.refusals import NotAllowed, Refusal
from clinic.views.doors import Door, FormPage, Page, StaffRequest, acting
from clinic.views.patients import note_search

MOST = 200


class Waitlist(Page):
    """Everyone who waits, first come first; `?service=&practitioner=` narrows it."""

    may = (Permission.BOOK,)
    template_name = "bookings/waitlist.html"

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        clinic = self.request.clinic
        form = WaitlistFilter(self.request.GET, clinic=clinic)
        wanted = form.cleaned_data if form.is_valid() else {}
        found = list(queries.waiting_in(clinic, **wanted)[: MOST + 1])
        untold = queries.offers_untold([offer for one in found for offer in one.open_offers])
        return super().get_context_data(**kwargs) | {
            "form": form,
            "filtered": any(wanted.values()),
            "lines": [line_of(one, clinic, untold) for one in found[:MOST]],
            "more": len(found) > MOST,
            "press": PressForm(clinic=clinic, user=self.request.user, auto_id=False),
        }


class AddWait(FormPage):
    """Put someone on the waitlist: `?patient=&service=&practitioner=&date=` fill it in.

    A page that stands open asks with `?chosen=&service=` for what is booked for her already.
    """

    may = (Permission.BOOK,)
    form_class = WaitForm

    def get_template_names(self) -> list[str]:
        """The page, or for one that stands open what is booked already."""
        alone = self.request.method == "GET" and bool(self.request.htmx)
        return ["bookings/_wait_coming.html" if alone else "bookings/wait.html"]

    def get(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        answer = super().get(request, *args, **kwargs)
        patch_vary_headers(answer, ["HX-Request"])
        return answer

    def get_initial(self) -> dict[str, Any]:
        given, clinic = self.request.GET, self.request.clinic
        initial: dict[str, Any] = {"first_on": clinic.day_of(timezone.now())}
        if text := given.get("patient") or given.get("chosen"):
            key = read_key(text)
            patient = key and patient_for(user=self.request.user, clinic=clinic, key=key)
            if not patient:
                raise Http404
            initial |= {"chosen": patient.pk, "patient": patient.name}
        if service := read_key(given.get("service", "")):
            initial["service"] = str(service)
        if person := read_key(given.get("practitioner", "")):
            initial["practitioners"] = [str(person)]
        return initial

    def get_form(self, form_class: Any = None) -> WaitForm:
        form: WaitForm = super().get_form(form_class)
        if not form.is_bound:
            first = "service" if form.initial.get("chosen") else "patient"
            form.fields[first].widget.attrs["autofocus"] = True
        return form

    def post(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        given = self.request.POST
        if "wait" in given:
            # From the page of a new appointment: what was typed there comes along.
            typed: dict[str, Any] = {
                name: given[name] for name in ("patient", "chosen", "service") if given.get(name)
            }
            typed["practitioners"] = [one for one in given.getlist("practitioner") if one]
            typed["first_on"] = given.get("date") or self.request.clinic.day_of(timezone.now())
        elif "look" in given:
            lists = {name: given.getlist(name) for name in ("practitioners", "days")}
            typed = given.dict() | lists
        else:
            return super().post(request, *args, **kwargs)
        form = WaitForm(initial=typed, clinic=self.request.clinic, user=self.request.user)
        return self.render_to_response(self.get_context_data(form=form))

    def perform(self, form: WaitForm) -> WaitlistEntry:
        return operations.add_to_waitlist(
            clinic=self.request.clinic,
            patient=form.who,
            **form.values,
            **acting(self.request),
            once=form.key,
        )

    def where_to(self, result: WaitlistEntry) -> str:
        messages.success(self.request, f"{result.patient.name} waits for {result.service.name}.")
        if coming := coming_words(
            self.request.clinic, result.service, result.patient, timezone.now()
        ):
            messages.warning(self.request, coming)
        return reverse("waitlist")

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        form: WaitForm = kwargs.setdefault("form", self.get_form())
        key = read_key(str(form["chosen"].value() or ""))
        clinic, user = self.request.clinic, self.request.user
        chosen = key and patient_for(user=user, clinic=clinic, key=key)
        text = str(form["patient"].value() or "")
        found = form.found
        key = read_key(str(form["service"].value() or ""))
        services: Any = form.fields["service"]
        service = key and next((one for one in services.queryset if one.pk == key), None)
        if chosen:
            found = Found([chosen], meant=chosen)
        elif found is None and text and not form.is_bound:
            found = find_patients(user=user, clinic=clinic, text=text[:100])
        if found is not None and not chosen:
            note_search(self.request, text, len(found.patients), typing=False)
        at = timezone.now()
        coming = coming_words(clinic, service, chosen, at) if service and chosen else ""
        return (
            super().get_context_data(**kwargs)
            | no_services(self.request, form)
            | {
                "title": "Put on the waitlist",
                "tab": "Put on the waitlist",
                "lead": "",
                "entry": None,
                "found": found if found and found.patients else None,
                "chosen": chosen.pk if chosen else None,
                "text": text,
                "fault": "",
                "coming": coming,
            }
        )


class ChangeWait(FormPage):
    """What someone waits for, to change; and off the waitlist."""

    may = (Permission.BOOK,)
    template_name = "bookings/wait.html"
    form_class = ChangeWaitForm

    @cached_property
    def entry(self) -> WaitlistEntry:
        return entry_of(self.request, self.kwargs["pk"])

    def get_initial(self) -> dict[str, Any]:
        return initial_of(self.entry)

    def perform(self, form: ChangeWaitForm) -> WaitlistEntry:
        return operations.change_wait(
            entry=self.entry, **form.values, **acting(self.request), once=form.key
        )

    def where_to(self, result: WaitlistEntry) -> str:
        messages.success(self.request, f"Saved what {result.patient.name} waits for.")
        return reverse("waitlist")

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        entry = self.entry
        press = PressForm(
            clinic=self.request.clinic,
            user=self.request.user,
            auto_id=False,
            initial={"version": entry.version},
        )
        return super().get_context_data(**kwargs) | {
            "title": f"{entry.patient.name} waits",
            "tab": "On the waitlist",
            "lead": f"Put on the list under {entry.under.code}." if entry.under else "",
            "entry": entry,
            "no_services": False,
            "press": press,
        }


class WithdrawWait(Door):
    """Off the waitlist."""

    form_class = PressForm
    http_method_names = ["post"]
    may = (Permission.BOOK,)

    def post(self, request: StaffRequest, pk: uuid.UUID) -> HttpResponse:
        entry = entry_of(request, pk)
        form = PressForm(request.POST, clinic=request.clinic, user=request.user)
        if not form.is_valid():
            return say_no(request, Refusal("This form is not as the page made it.", rule="input"))
        try:
            operations.withdraw_wait(
                entry=entry,
                version=form.cleaned_data["version"],
                **acting(request),
                once=form.key,
            )
        except NotAllowed as no:
            raise PermissionDenied from no
        except Refusal as no:
            return say_no(request, no)
        messages.success(request, f"{entry.patient.name} is off the waitlist.")
        return HttpResponseRedirect(_back(request))


def _back(request: StaffRequest) -> str:
    """To the `?visit=` or `?course=` beside which the press stood, else to the list."""
    whose: dict[str, Any] = {"user": request.user, "clinic": request.clinic}
    if key := read_key(request.GET.get("visit", "")):
        visit = queries.visit_for(**whose, key=key)
        if visit is not None:
            return f"{reverse('day-on', args=[visit.local_date])}?visit={visit.pk}"
    if key := read_key(request.GET.get("course", "")):
        course = queries.course_for(**whose, key=key)
        if course is not None:
            return reverse("course", args=[course.pk])
    return reverse("waitlist")
