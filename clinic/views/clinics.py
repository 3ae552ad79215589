"""The clinic at work, and the organization's clinics."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django.db.models import QuerySet

from clinic import operations
from clinic.forms.clinics import AddClinicForm, ClinicForm, RemindersForm
from clinic.models import Clinic
from clinic.permissions import Permission
from clinic.queries.places import clinics_of
from clinic.views.doors import acting
from clinic.views.set_up import Line, SetUpChange, SetUpForm, SetUpList


class _AtWork(SetUpChange):
    """Changes the clinic at work."""

    def key(self) -> Any:
        return self.request.clinic.pk

    def rows(self) -> QuerySet[Clinic]:
        return clinics_of(self.request.user)


class ChangeClinic(_AtWork):
    """Where the clinic at work is, and the policies it keeps."""

    title = "Address and policies"
    lead = "Of the clinic you are working in."
    after = "setup"
    after_label = "Set-up"
    form_class = ClinicForm

    def perform(self, form: ClinicForm) -> Clinic:
        return operations.change_clinic(
            clinic=self.row, **form.values, **acting(self.request), once=form.key
        )


class Reminders(_AtWork):
    """When the patients of the clinic at work are reminded of their visits."""

    title = "Reminders"
    lead = "Of each visit a patient is reminded at most twice, and never once it has begun."
    verb = "Save the reminders"
    after = "setup-messages"
    after_label = "Messages"
    form_class = RemindersForm

    def said(self, result: Clinic) -> str:
        hours = [one for one in (result.first_h, result.second_h) if one]
        if not hours:
            return "Patients are not reminded of their visits any more."
        said = " and ".join(f"{one} hour{'' if one == 1 else 's'}" for one in hours)
        return f"Patients are reminded {said} before a visit."

    def perform(self, form: RemindersForm) -> Clinic:
        return operations.set_reminders(
            clinic=self.row, **form.values, **acting(self.request), once=form.key
        )


class Clinics(SetUpList):
    """The clinics that one sets up."""

    title = "Clinics"
    lead = "Each has its own rooms, people, patients and stock."
    columns = ("Clinic", "State", "Time zone")
    add = "setup-clinic-add"
    add_label = "Add a clinic"

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        found = super().get_context_data(**kwargs)
        if not self.request.user.can(Permission.KEEP_USERS, self.request.clinic.pk):
            found["add_url"] = ""
        return found

    def lines(self) -> Sequence[Line]:
        return [
            Line(one.name, "", [one.state, one.time_zone]) for one in clinics_of(self.request.user)
        ]


class AddClinic(SetUpForm):
    """One clinic more; whoever adds it is its administrator."""

    may = (Permission.KEEP_USERS,)
    title = "Add a clinic"
    lead = "Then switch to it, at the top of the page, and set it up."
    verb = "Add the clinic"
    after = "setup-clinics"
    after_label = "Clinics"
    form_class = AddClinicForm

    def perform(self, form: AddClinicForm) -> Clinic:
        return operations.add_clinic(
            clinic=self.request.clinic, **form.values, **acting(self.request), once=form.key
        )

    def said(self, result: Clinic) -> str:
        return f"{result} is on file. Switch to it at the top of the page to set it up."
