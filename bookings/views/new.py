"""A new appointment: one page, from who is calling to the words that confirm it."""

from __future__ import annotations

import datetime as dt
import uuid
from collections.abc import Callable
from contextlib import suppress
from typing import Any, ClassVar

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.urls import reverse
from django.utils import timezone

from bookings import operations, queries
from bookings.forms.new import SAID_OF_HER, NewAppointmentForm
from bookings.forms.overriding import leave_in
from bookings.models import Appointment
from bookings.rules.blocks import LENGTHS
from bookings.rules.choice import choice_key
from bookings.rules.fit import ABOUT_TIME
from bookings.views.free_times import free_region, practitioner_field
from bookings.views.no_services import no_services
from bookings.views.why_not import why_words
from bookings.views.words import early_words, visit_words, words_so_far
from clinic import operations as building
from clinic.models import Clinic, Patient
from clinic.permissions import Permission
from clinic.queries.patients import Found, find_patients, patient_for
from clinic.refusals import Refusal
from clinic.rules import say_date, say_day, say_time
from clinic.views.doors import FormPage, acting
from clinic.views.patients import note_search

# What a link from an empty cell of the board gives.
FROM_CELL = ("practitioner", "date", "time")
PREFILLED = ("practitioner", "service", "room", "date", "time")


class NewAppointment(FormPage):
    """Find or register the patient, choose service and time, book.

    A press named "look" does nothing: it shows the page again with what is found and free
    for what was typed so far, which is what htmx does meanwhile with JavaScript; "look" with "?"
    asks why the time that is typed does not do.
    """

    may = (Permission.BOOK,)
    template_name = "bookings/new.html"
    form_class = NewAppointmentForm
    operation: ClassVar[Callable[..., Appointment]] = staticmethod(operations.book)

    @property
    def clinic(self) -> Clinic:
        return self.request.clinic

    def get_initial(self) -> dict[str, Any]:
        """What a link gives: `?patient=&service=&practitioner=&room=&date=&time=`."""
        given = self.request.GET
        initial: dict[str, Any] = {name: given[name] for name in PREFILLED if given.get(name)}
        with suppress(KeyError, ValueError):
            # The board's links say 13:00; on the page a time reads as everywhere else.
            typed = dt.time.fromisoformat(initial["time"])
            initial["time"] = say_time(dt.datetime.combine(dt.date.min, typed))
        if key := given.get("patient"):
            patient = self._patient(key)
            if patient is None:
                raise Http404
            initial |= {"chosen": patient.pk, "patient": patient.name}
        initial.setdefault("date", self.clinic.day_of(timezone.now()))
        return initial

    def get(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        form = self.get_form()
        given = [name for name in PREFILLED if self.request.GET.get(name)]
        if any(form.glimpse(name) is None for name in given):
            # A link is made by us: one that cannot be read leads nowhere (P15).
            raise Http404
        if not form.initial.get("chosen"):
            form.fields["patient"].widget.attrs["autofocus"] = True
        return self.render_to_response(self.get_context_data(form=form))

    def post(self, request: HttpRequest, *args: str, **kwargs: Any) -> HttpResponse:
        if "look" not in self.request.POST:
            return super().post(request, *args, **kwargs)
        typed = self.request.POST.dict()
        who, _, day = typed["look"].partition("@")
        asks_why = who == "?"
        if not asks_why:
            chosen = (("practitioner", who), ("date", day))
            typed |= {name: value for name, value in chosen if value}
        form = NewAppointmentForm(initial=typed, clinic=self.clinic, user=self.request.user)
        context = self.get_context_data(form=form)
        if asks_why:
            at, patient = timezone.now(), self._chosen(form)
            context["why"] = why_words(self.clinic, form, patient, at=at)
        return self.render_to_response(context)

    def perform(self, form: NewAppointmentForm) -> Appointment:
        if form.registers:
            patient = building.register_patient(
                clinic=self.clinic,
                **form.newcomer,
                **acting(self.request),
                once=form.key and f"patient-{form.key}",
            )
            form.is_registered(patient)
        # Kept, because a refusal takes its field's value out of the form.
        self.asked = form.booking
        return type(self).operation(
            clinic=self.clinic,
            patient=form.who,
            **self.asked,
            **acting(self.request),
            once=form.key,
        )

    def form_invalid(self, form: NewAppointmentForm) -> HttpResponse:
        context = self.get_context_data(form=form)
        if form.twice:
            who = form.glimpse("practitioner")
            context["proposed"] = [
                {
                    "label": f"{say_time(local)} {local:%Z}",
                    "note": f"{say_date(local.date())}, the {word} time",
                    "name": "choice",
                    "value": choice_key(who.pk if who else None, local),
                }
                for word, local in zip(
                    ("first", "second"), map(self.clinic.local, form.twice), strict=True
                )
            ]
        return self.render_to_response(context, status=form.status)

    def form_refused(self, form: NewAppointmentForm, no: Refusal) -> HttpResponse:
        if no.rule not in ABOUT_TIME or form.who is None:
            context = self.get_context_data(form=form)
        else:
            at = timezone.now()
            today = self.clinic.day_of(at)
            # The nearest times and the list come from one search: many may wait for it at once.
            found = queries.search_near(
                clinic=self.clinic,
                need=self.asked["service"],
                around=self.asked["starts_at"],
                at=at,
                patient=form.who,
                room=self.asked.get("room"),
                leave=leave_in(form),
            )
            context = self.get_context_data(form=form, found=found)
            near = found.nearest(self.asked["starts_at"], practitioner=self.asked["practitioner"])
            context["proposed"] = [
                {
                    "label": f"{say_day(one.day, today)}, {one.says}",
                    "note": str(one.practitioner),
                    "name": "choice",
                    "value": one.key,
                }
                for one in near
            ]
            context["none_near"] = not near
        # Who may be on file is asked beside the newcomer's fields, not above the page.
        refusal = None if "another" in form.errors else no
        return self.render_to_response(context | {"refusal": refusal}, status=form.status)

    def where_to(self, result: Appointment) -> str:
        words = visit_words(
            self.clinic,
            today=self.clinic.day_of(timezone.now()),
            who=result.patient.name,
            service=result.service,
            practitioner=str(result.practitioner),
            starts_at=result.starts_at,
        )
        early = early_words(self.clinic, result.service, result.starts_at)
        messages.success(self.request, f"Booked: {words}; {result.room.name}. {early}".strip())
        return f"{reverse('day-on', args=[result.local_date])}?visit={result.pk}"

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        form: NewAppointmentForm = kwargs["form"]
        at = timezone.now()
        today = self.clinic.day_of(at)
        day = form.glimpse("date") or today
        patient = form.who or self._chosen(form)
        found: queries.FreeSearch | None = kwargs.pop("found", None)
        region = free_region(
            clinic=self.clinic,
            service=form.glimpse_service(),
            practitioner=form.glimpse("practitioner"),
            patient=patient,
            room=form.glimpse("room"),
            leave=leave_in(form),
            first=day,
            at=at,
            picked=form.glimpse("slot") or "",
            found=found,
        )
        return (
            super().get_context_data(**kwargs)
            | practitioner_field(
                form, self.clinic, max(day, today), found.licenses if found else None
            )
            | {
                "region": region,
                "found": self._found(form, patient),
                "chosen": patient.pk if patient else None,
                "text": form.glimpse("patient") or "",
                "fault": "",
                "words": words_so_far(self.clinic, form, patient, at=at, found=found),
                "new_open": form.registers or any(name in form.errors for name in SAID_OF_HER),
                "registered": form.registered,
                "refusal": None,
                "proposed": [],
                "none_near": False,
                "why": None,
                "may_block": all(self.request.GET.get(name) for name in FROM_CELL)
                and self.request.user.can(Permission.BLOCK_TIME, self.clinic.pk),
                "block_lengths": LENGTHS,
                "zone": f"{self.clinic.name} time, {self.clinic.local(at):%Z}",
            }
            | no_services(self.request, form)
        )

    def _patient(self, key: Any) -> Patient | None:
        try:
            found = uuid.UUID(str(key))
        except ValueError:
            return None
        return patient_for(user=self.request.user, clinic=self.clinic, key=found)

    def _chosen(self, form: NewAppointmentForm) -> Patient | None:
        key = form.glimpse("chosen")
        return self._patient(key) if key else None

    def _found(self, form: NewAppointmentForm, patient: Patient | None) -> Found | None:
        """Whom the page shows; whoever was searched for by a text is noted as searched (P22)."""
        found, text = form.found, form.glimpse("patient")
        if found is None and patient is None and text:
            found = find_patients(user=self.request.user, clinic=self.clinic, text=text)
        if found is not None and text:
            note_search(self.request, text, len(found.patients), typing=False)
        if patient is not None:
            return Found([patient], meant=patient)
        # That nobody fits is said by the field itself, once it was sent.
        return None if form.found and not form.found.patients else found
