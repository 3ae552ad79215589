"""A patient's card: who she is, how to reach her, and her visits."""

from __future__ import annotations

from typing import Any

from django.http import Http404, HttpRequest, HttpResponse
from django.utils import timezone

from bookings.views.courses import course_lines
from clinic import operations
from clinic.permissions import Permission
from clinic.queries.patients import patient_for
from clinic.views.doors import Page, acting
from treatments.queries.patients import visits_of


class ShowPatient(Page):
    """The card. Each look is audited (P22); charts are linked only for those who may open them."""

    may = (Permission.SEE_PATIENTS,)
    template_name = "treatments/patient.html"

    def get(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        clinic = self.request.clinic
        patient = patient_for(user=self.request.user, clinic=clinic, key=kwargs["pk"])
        if patient is None:
            raise Http404
        operations.open_patient(patient=patient, **acting(self.request))
        may_book = self.request.user.can(Permission.BOOK, clinic.pk)
        today = clinic.day_of(timezone.now())
        context = {
            "patient": patient,
            "visits": visits_of(patient, user=self.request.user, today=today),
            "courses": course_lines(patient) if may_book else [],
            "may_book": may_book,
            "may_edit": self.request.user.can(Permission.REGISTER_PATIENT, clinic.pk),
            "may_merge": self.request.user.can(Permission.MERGE_PATIENTS, clinic.pk),
        }
        return self.render_to_response(context)
