"""A patient's card: who she is, how to reach her, and her visits."""

from __future__ import annotations

from typing import Any

from django.http import Http404, HttpRequest, HttpResponse
from django.utils import timezone

from clinic import operations
from clinic.models import Clinic
from clinic.permissions import Permission
from clinic.queries.patients import patient_for
from clinic.views.doors import Page, acting
from treatments.queries.patients import visits_of


class ShowPatient(Page):
    """The card. Each look is audited (P22); charts are linked only for those who may open them."""

    may = (Permission.SEE_PATIENTS,)
    template_name = "treatments/patient.html"

    def get(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        clinic: Clinic = request.clinic  # type: ignore[attr-defined]
        patient = patient_for(user=request.user, clinic=clinic, key=kwargs["pk"])  # type: ignore[arg-type]
        if patient is None:
            raise Http404
        operations.open_patient(patient=patient, **acting(request))
        today = clinic.day_of(timezone.now())
        context = {
            "patient": patient,
            "visits": visits_of(patient, user=request.user, today=today),  # type: ignore[arg-type]
            "may_book": request.user.can(Permission.BOOK, clinic.pk),  # type: ignore[union-attr]
            "may_edit": request.user.can(Permission.REGISTER_PATIENT, clinic.pk),  # type: ignore[union-attr]
        }
        return self.render_to_response(context)
