"""Merging two patients on file who are one person, and taking a merge back."""

from __future__ import annotations

import uuid
from contextlib import suppress
from typing import Any

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.urls import reverse
from django.utils import timezone
from django.utils.functional import cached_property

from bookings import operations
from bookings.forms.merging import MergeForm, UnmergeForm
from bookings.models import Appointment, PatientMerge
from bookings.queries.merging import (
    merge_of,
    visit_begun,
    visits_to_move,
    waiting_of,
    waits_moved,
    who_may_be,
)
from bookings.rules.merging import WHEN_ENDED, say_begun
from clinic.forms.patients import FinderForm
from clinic.models import Patient
from clinic.operations import open_patient
from clinic.permissions import Permission
from clinic.queries.patients import find_patients, patient_for, with_visits
from clinic.rules import say_date, say_time
from clinic.views.doors import FormPage, acting
from clinic.views.patients import note_search


class _OfPatient(FormPage):
    """A page about one patient of the clinic at work; opening it is a look at her (P22)."""

    may = (Permission.MERGE_PATIENTS,)

    @cached_property
    def patient(self) -> Patient:
        return self._patient(self.kwargs["pk"])

    def _patient(self, key: uuid.UUID) -> Patient:
        request = self.request
        found = patient_for(user=request.user, clinic=request.clinic, key=key)
        if found is None:
            raise Http404
        return found

    def get(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        open_patient(patient=self.patient, **acting(self.request))
        return super().get(request, *args, **kwargs)

    def post(self, request: HttpRequest, *args: str, **kwargs: Any) -> HttpResponse:
        self.patient  # noqa: B018 - another clinic's patient is not there, whatever was sent
        return super().post(request, *args, **kwargs)

    def form_invalid(self, form: Any) -> HttpResponse:
        """A press that is refused shows what the page shows."""
        open_patient(patient=self.patient, **acting(self.request))
        return super().form_invalid(form)


class MergePatients(_OfPatient):
    """First who the other is, then both side by side; one press merges her into this one."""

    template_name = "bookings/merge.html"
    form_class = MergeForm

    def get(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        if self.other is not None:
            open_patient(patient=self.other, **acting(self.request))
        return super().get(request, *args, **kwargs)

    def form_invalid(self, form: Any) -> HttpResponse:
        if self.other is not None:
            open_patient(patient=self.other, **acting(self.request))
        return super().form_invalid(form)

    @cached_property
    def other(self) -> Patient | None:
        given = self.request.POST if self.request.method == "POST" else self.request.GET
        with suppress(ValueError):
            found = self._patient(uuid.UUID(given.get("other", "")))
            return None if found.pk == self.patient.pk else found
        return None

    def get_form_kwargs(self) -> dict[str, Any]:
        return super().get_form_kwargs() | {"kept": self.patient, "merged": self.other}

    def get_initial(self) -> dict[str, Any]:
        if self.other is None:
            return {}
        versions = {"version": self.patient.version, "other_version": self.other.version}
        return {"other": self.other.pk, **versions}

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        context = super().get_context_data(**kwargs) | {"patient": self.patient}
        if self.other is None:
            return context | {"other": None} | self._choosing()
        today = self.request.clinic.day_of(timezone.now())
        with_visits([self.patient, self.other])
        moving = visits_to_move(self.other, today)
        return context | {
            "other": self.other,
            "moving": [_line(one) for one in moving],
            "waits": _waits(self.other, self.patient),
            "begun": _begun(self.patient, self.other),
        }

    def _choosing(self) -> dict[str, Any]:
        finder = FinderForm(self.request.GET, typing=True)
        text = finder.cleaned_data["q"] if finder.is_valid() else ""
        whose: dict[str, Any] = {"user": self.request.user, "clinic": self.request.clinic}
        found = find_patients(text=text, **whose).patients if text else []
        if text:
            note_search(self.request, text, len(found), typing=False)
        return {
            "finder": finder,
            "text": self.request.GET.get("q", ""),
            "searched": bool(text),
            "found": [one for one in found if one.pk != self.patient.pk],
            "alike": who_may_be(self.patient),
        }

    def perform(self, form: MergeForm) -> PatientMerge:
        values = form.cleaned_data
        return operations.merge_patients(
            kept=self.patient,
            merged=form.merged or self.patient,
            taking=form.taking,
            version=values["version"],
            other_version=values["other_version"],
            **acting(self.request),
            once=form.key,
        )

    def where_to(self, result: PatientMerge) -> str:
        moved = len(result.moved)
        visits = f"{moved} upcoming visit{'' if moved == 1 else 's'} moved"
        kept, merged = result.kept.code, result.merged.code
        if waits := waits_moved(result):
            visits += f", and {waits} place{'' if waits == 1 else 's'} on the waitlist"
        messages.success(self.request, f"{merged} is merged into {kept}; {visits}.")
        return reverse("patient", args=[result.kept_id])


class UnmergePatients(_OfPatient):
    """What was merged and what comes back; one press takes the merge back."""

    template_name = "bookings/unmerge.html"
    form_class = UnmergeForm

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        merge = merge_of(self.patient)
        local = self.request.clinic.local
        return super().get_context_data(**kwargs) | {
            "patient": self.patient,
            "merge": merge,
            "when": say_date(local(merge.merged_at).date()) if merge else "",
        }

    def perform(self, form: UnmergeForm) -> PatientMerge:
        return operations.unmerge_patients(
            patient=self.patient, **acting(self.request), once=form.key
        )

    def where_to(self, result: PatientMerge) -> str:
        kept, merged = result.kept.code, result.merged.code
        messages.success(self.request, f"{merged} stands on its own again.")
        if result.stayed:
            stays = "; ".join(result.stayed)
            messages.warning(self.request, f"This stays with {kept}: {stays}.")
        return reverse("patient", args=[result.merged_id])


def _begun(*patients: Patient) -> str:
    """That one of them is in a visit that has begun, and what would do; "" where none is."""
    visit = visit_begun(*patients)
    return f"{say_begun(visit.patient.code, _when(visit))} {WHEN_ENDED}" if visit else ""


def _when(visit: Appointment) -> str:
    local = visit.clinic.local(visit.starts_at)
    return f"{say_date(local.date())}, {say_time(local)}"


def _line(visit: Appointment) -> dict[str, Any]:
    return {
        "when": _when(visit),
        "what": visit.service.name,
        "who": visit.practitioner.name,
        "number": visit.course_no,
    }


def _waits(merged: Patient, kept: Patient) -> list[dict[str, Any]]:
    """What the merged number waits for, and whether the kept one waits for it too."""
    found = waiting_of(merged, kept)
    own = {one.service_id for one in found if one.patient_id == kept.pk}
    return [
        {
            "what": one.service.name,
            "since": say_date(one.clinic.day_of(one.created_at)),
            "twice": one.service_id in own,
        }
        for one in found
        if one.patient_id == merged.pk
    ]
