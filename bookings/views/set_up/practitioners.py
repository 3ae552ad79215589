"""Who treats in the clinic at work."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django.db.models import QuerySet
from django.urls import reverse
from django.utils import timezone

from bookings import queries
from clinic import operations
from clinic.forms.practitioners import AddPractitionerForm, PractitionerForm
from clinic.forms.set_up import UseForm
from clinic.models import Clinic, Practitioner
from clinic.permissions import Permission
from clinic.queries.places import clinics_of
from clinic.queries.practitioners import (
    accounts_without_lane,
    licenses_of,
    practitioners_set_up,
)
from clinic.views.doors import acting
from clinic.views.set_up import Line, SetUpChange, SetUpForm, SetUpList, SetUpUse


class Practitioners(SetUpList):
    """Everyone who treats here, in use first."""

    title = "Practitioners"
    lead = "Who treats. A practitioner is one person in all clinics, and is booked once at a time."
    columns = ("Name", "Credential", "NPI", "Account", "Works in", "Standing")
    add = "setup-practitioner-add"
    add_label = "Add a practitioner"
    empty = "A visit needs someone who treats: without one nothing can be booked."

    def lines(self) -> Sequence[Line]:
        return [
            Line(
                one.name,
                reverse("setup-practitioner", args=[one.pk]),
                (
                    one.credential,
                    one.npi or "None",
                    one.user.email if one.user else "None yet",
                    ", ".join(sorted(clinic.name for clinic in one.clinics.all())),
                ),
                "active" if one.is_active else "inactive",
                "In use" if one.is_active else "Out of use",
            )
            for one in practitioners_set_up(self.request.user, self.request.clinic)
        ]


class AddPractitioner(SetUpForm):
    """One more who treats."""

    title = "Add a practitioner"
    verb = "Add the practitioner"
    after = "setup-practitioners"
    after_label = "Practitioners"
    form_class = AddPractitionerForm

    def get_form_kwargs(self) -> dict[str, Any]:
        return super().get_form_kwargs() | {
            "users": accounts_without_lane(
                self.request.clinic, chosen=self.request.POST.get("account", "")
            ),
            "clinics": [*clinics_of(self.request.user)],
        }

    def get_initial(self) -> dict[str, Any]:
        return {"clinics": [str(self.request.clinic.pk)]}

    def perform(self, form: AddPractitionerForm) -> Practitioner:
        return operations.add_practitioner(
            clinic=self.request.clinic, **form.values, **acting(self.request), once=form.key
        )

    def where_to(self, result: Practitioner) -> str:
        super().where_to(result)
        here = result.clinics.filter(pk=self.request.clinic.pk).exists()
        return reverse("setup-practitioner", args=[result.pk]) if here else reverse(self.after)

    def said(self, result: Practitioner) -> str:
        return f"{result} is on file. A license and weekly hours come next."


class _OnePractitioner:
    after = "setup-practitioners"
    after_label = "Practitioners"

    def rows(self) -> QuerySet[Practitioner]:
        request = self.request  # type: ignore[attr-defined]  # a view is mixed in
        return practitioners_set_up(request.user, request.clinic)


class ChangePractitioner(_OnePractitioner, SetUpChange):
    """Her data, her licenses, and what is booked with her."""

    template_name = "bookings/practitioner.html"
    form_class = PractitionerForm
    use = "setup-practitioner-use"

    @property
    def title(self) -> str:  # type: ignore[override]
        """Her name."""
        return str(self.row)

    @property
    def offered(self) -> list[Clinic]:
        """The clinics whose boxes are shown: none to tick where there is only this one."""
        mine = [*clinics_of(self.request.user)]
        return mine if len(mine) > 1 else []

    def get_form_kwargs(self) -> dict[str, Any]:
        return super().get_form_kwargs() | {
            "users": accounts_without_lane(
                self.request.clinic, chosen=self.request.POST.get("account", "")
            ),
            "clinics": self.offered,
            "row": self.row,
        }

    def get_initial(self) -> dict[str, Any]:
        return super().get_initial() | {"clinics": [str(one.pk) for one in self.row.clinics.all()]}

    def perform(self, form: PractitionerForm) -> Practitioner:
        return operations.change_practitioner(
            clinic=self.request.clinic,
            practitioner=self.row,
            **form.values,
            **acting(self.request),
            once=form.key,
        )

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        user, clinic, at = self.request.user, self.request.clinic, timezone.now()
        sees = user.can(Permission.SEE_LICENSES, clinic.pk)
        keeps = user.can(Permission.KEEP_LICENSES, clinic.pk)
        return super().get_context_data(**kwargs) | {
            "sees_licenses": sees,
            "keeps_licenses": keeps,
            "licenses": licenses_of(self.row, clinic, today=clinic.day_of(at)) if sees else [],
            "booked": queries.say_visits_of(self.row, clinic=clinic, at=at, by=user),
        }


class UsePractitioner(_OnePractitioner, SetUpUse):
    """Out of use, or back."""

    page = "setup-practitioner"
    what = "practitioner"
    booked_with = "this practitioner"

    def touched(self) -> Sequence[queries.Touched]:
        return queries.say_visits_of(
            self.row, clinic=self.request.clinic, at=timezone.now(), by=self.request.user
        )

    def perform(self, form: UseForm) -> Practitioner:
        return operations.set_practitioner_use(
            clinic=self.request.clinic,
            practitioner=self.row,
            **form.values,
            **acting(self.request),
            once=form.key,
        )
