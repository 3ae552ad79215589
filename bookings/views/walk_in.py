"""A patient without an appointment: who and what, then the next times that fit from now."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.urls import reverse
from django.utils import timezone
from django.utils.cache import patch_vary_headers

from bookings import operations, queries
from bookings.forms.new import NewAppointmentForm
from bookings.models import Appointment
from bookings.queries import FreeTime
from bookings.views.new import NewAppointment
from bookings.views.words import near_words
from clinic.rules import say_time

SHOWN = 6


class WalkIn(NewAppointment):
    """Find or register the patient, choose the service, take the next time: she is here.

    `?chosen=&service=&practitioner=` shows the times without a press; htmx gets them alone.
    """

    operation = staticmethod(operations.walk_in)

    def get_template_names(self) -> list[str]:
        """The page, or the times alone for a page that stands open."""
        return ["bookings/_next_times.html" if self._alone else "bookings/walk_in.html"]

    @property
    def _alone(self) -> bool:
        """Whether the times alone are asked for."""
        return self.request.method == "GET" and bool(self.request.htmx)

    def get(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        answer = super().get(request, *args, **kwargs)
        patch_vary_headers(answer, ["HX-Request"])
        return answer

    def get_initial(self) -> dict[str, Any]:
        initial = super().get_initial()
        if key := self.request.GET.get("chosen"):
            patient = self._patient(key)
            if patient is None:
                raise Http404
            initial |= {"chosen": patient.pk, "patient": patient.name}
        slot = self.request.GET.get("slot", "")
        return initial | {"date": self.clinic.day_of(timezone.now()), "slot": slot}

    def where_to(self, result: Appointment) -> str:
        at = say_time(self.clinic.local(result.starts_at))
        messages.success(
            self.request,
            f"{result.patient.name} has arrived and is booked for {at}, {result.practitioner}, "
            f"{result.room.name}.",
        )
        return f"{reverse('day-on', args=[result.local_date])}?visit={result.pk}"

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        # A page that stands open has everything but the times.
        context = kwargs if self._alone else super().get_context_data(**kwargs)
        return context | {"next": self._next(kwargs["form"])}

    def _next(self, form: NewAppointmentForm) -> dict[str, Any]:
        """The next times of today, the first one chosen; `why` says why there is none."""
        at, service = timezone.now(), form.glimpse_service()
        if service is None:
            return {"times": [], "why": "Choose a service to see the next times."}
        patient = form.who or self._chosen(form)
        search = queries.FreeSearch(
            clinic=self.clinic,
            need=service,
            first=self.clinic.day_of(at),
            days=1,
            at=at,
            patient=patient,
        )
        wanted = form.glimpse("practitioner")
        soonest: dict[Any, FreeTime] = {}
        lines = search.lines(practitioner=wanted)
        for line in lines:
            for time in line.times:
                soonest.setdefault(time.starts_at, time)
        times = [soonest[start] for start in sorted(soonest)][:SHOWN]
        picked = form.glimpse("slot")
        if picked not in {one.key for one in times}:
            picked = times[0].key if times else ""
        who = f" with {wanted}" if wanted else ""
        why = f"Nothing more is free today{who}. Book another day instead."
        if lines and not times and (none := queries.none_free(search, lines, at=at)).known:
            why = none.says
        return {
            "times": [
                {
                    "key": one.key,
                    "says": one.says,
                    "who": str(one.practitioner),
                    "picked": one.key == picked,
                }
                for one in times
            ],
            "why": "" if times else why,
            "near": near_words(self.clinic, service, patient, self.clinic.day_of(at)),
        }
