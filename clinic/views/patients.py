"""Patients: the list with its finder, registering, and keeping contact data."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.core.paginator import InvalidPage, Paginator
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.functional import cached_property
from django.utils.http import urlencode

from clinic import operations
from clinic.forms.patients import FinderForm, PatientEditForm, RegisterForm
from clinic.models import Patient
from clinic.operations.patients import EDITABLE
from clinic.permissions import Permission
from clinic.queries import patients as queries
from clinic.refusals import Refusal
from clinic.rules import read_search
from clinic.views.doors import Door, FormPage, StaffRequest, acting

PER_PAGE = 50
TYPING_SECONDS = 60


class Patients(Door):
    """All patients of the clinic, or those whom a search finds.

    A submitted search is audited; of what htmx asks while someone types, one in a minute (P22).
    """

    may = (Permission.SEE_PATIENTS,)

    def get(self, request: StaffRequest) -> HttpResponse:
        clinic = request.clinic
        whose: dict[str, Any] = {"user": request.user, "clinic": clinic}
        typing = bool(request.htmx)
        template = "clinic/_patients.html" if typing else "clinic/patients.html"
        form = FinderForm(request.GET, typing=typing)
        context: dict[str, Any] = {
            "form": form,
            "text": request.GET.get("q", ""),
            "searched": False,
            "query": urlencode({"q": request.GET.get("q", "")}),
            "may_register": request.user.can(Permission.REGISTER_PATIENT, clinic.pk),
        }
        if not form.is_valid():
            return render(request, template, context | {"page": None, "cut": False}, status=422)
        text = form.cleaned_data["q"]
        rows = (
            queries.patients_matching(text=text, **whose)
            if text
            else queries.patients_of(**whose).counted()
        )
        try:
            page = Paginator(rows, PER_PAGE).page(request.GET.get("page", 1))
        except InvalidPage as no:
            raise Http404 from no
        if text:
            note_search(request, text, page.paginator.count, typing=typing)
        return render(
            request,
            template,
            context
            | {
                "page": page,
                "searched": bool(text),
                "cut": bool(text) and page.paginator.count >= queries.CANDIDATES,
            },
        )


class PatientFinder(Door):
    """Patients to choose from, as radio buttons, while someone types into a form's field."""

    may = (Permission.SEE_PATIENTS,)

    def get(self, request: StaffRequest) -> HttpResponse:
        text = request.GET.get("patient", request.GET.get("q", ""))
        form = FinderForm({"q": text}, typing=True)
        if not form.is_valid():
            context: dict[str, Any] = {"found": None, "text": "", "chosen": None}
            context["fault"] = form.errors["q"][0]
            return render(request, "clinic/_found.html", context, status=422)
        text = form.cleaned_data["q"]
        found = None
        if text:
            clinic = request.clinic
            found = queries.find_patients(user=request.user, clinic=clinic, text=text)
            note_search(request, text, len(found.patients), typing=True)
        context = {"fault": "", "found": found, "text": text, "chosen": None}
        return render(request, "clinic/_found.html", context)


def note_search(request: StaffRequest, text: str, found: int, *, typing: bool) -> None:
    """Leave a search on record; of the many that typing one name asks for, one in a minute."""
    acts = acting(request)
    now = acts["at"].timestamp()
    if typing and now - request.session.get("searched_at", 0) < TYPING_SECONDS:
        return
    if typing:
        request.session["searched_at"] = now
    operations.search_patients(
        clinic=request.clinic,
        kind=read_search(text).kind,
        found=found,
        **acts,
    )


class RegisterPatient(FormPage):
    """Put a new patient on file."""

    may = (Permission.REGISTER_PATIENT,)
    template_name = "clinic/patient_register.html"
    form_class = RegisterForm

    def get_form(self, form_class: Any = None) -> RegisterForm:
        form: RegisterForm = super().get_form(form_class)
        if not form.is_bound:
            form.fields["first_name"].widget.attrs["autofocus"] = True
        return form

    def perform(self, form: RegisterForm) -> Patient:
        return operations.register_patient(
            clinic=form.clinic,
            **form.values,
            **acting(self.request),
            once=form.key,
        )

    def where_to(self, result: Patient) -> str:
        messages.success(self.request, f"{result.name} is on file as {result.code}.")
        return reverse("patient", args=[result.pk])


class EditPatient(FormPage):
    """Change identity or contact data; showing the page counts as a look at the patient."""

    may = (Permission.REGISTER_PATIENT,)
    template_name = "clinic/patient_edit.html"
    form_class = PatientEditForm

    @cached_property
    def patient(self) -> Patient:
        found = queries.patient_for(
            user=self.request.user,
            clinic=self.request.clinic,
            key=self.kwargs["pk"],
        )
        if found is None:
            raise Http404
        return found

    def post(self, request: HttpRequest, *args: str, **kwargs: Any) -> HttpResponse:
        self.patient  # noqa: B018 - another clinic's patient is not there, whatever was typed
        return super().post(request, *args, **kwargs)

    def render_to_response(self, context: dict[str, Any], **kwargs: Any) -> HttpResponse:
        # A refused form shows the patient too, and what somebody else has changed meanwhile.
        operations.open_patient(patient=self.patient, **acting(self.request))
        return super().render_to_response(context, **kwargs)

    def get_initial(self) -> dict[str, Any]:
        fields = (*EDITABLE, "version")
        return {name: getattr(self.patient, name) for name in fields}

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        return super().get_context_data(**kwargs) | {
            "patient": self.patient,
            "differences": kwargs.get("differences", []),
        }

    def perform(self, form: PatientEditForm) -> Patient:
        return operations.change_patient(
            patient=self.patient,
            version=form.cleaned_data["version"],
            **form.changes,
            another=form.values["another"],
            **acting(self.request),
            once=form.key,
        )

    def form_refused(self, form: PatientEditForm, no: Refusal) -> HttpResponse:
        """After a lost race both texts stand side by side, and the next save is judged anew."""
        if no.rule != "P12":
            return super().form_refused(form, no)
        del self.patient
        form.errors.pop("__all__", None)  # the note above the form says it, with both texts
        form.now_at(self.patient.version)
        context = self.get_context_data(form=form, differences=form.differences(self.patient))
        return self.render_to_response(context, status=no.status)

    def where_to(self, result: Patient) -> str:
        messages.success(self.request, "The changes are saved.")
        return reverse("patient", args=[result.pk])
