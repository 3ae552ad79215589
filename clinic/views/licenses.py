"""Licenses: the list, one license, adding, renewing, changing the status."""

from __future__ import annotations

from functools import partial
from typing import Any

from django.contrib import messages
from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.utils import timezone
from django.utils.functional import cached_property

from clinic import operations
from clinic.forms.licenses import AddLicenseForm, LicenseStatusForm, RenewLicenseForm
from clinic.models import License
from clinic.permissions import Permission
from clinic.queries import licenses as queries
from clinic.views.doors import FormPage, Page, acting


class Licenses(Page):
    """Who may treat in this clinic, most urgent first."""

    may = (Permission.SEE_LICENSES,)
    template_name = "clinic/licenses.html"

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        clinic = self.request.clinic
        board = queries.license_board(clinic, today=clinic.day_of(timezone.now()))
        urgent_only = self.request.GET.get("show") == "attention"
        return super().get_context_data(**kwargs) | {
            "board": board,
            "lines": board.urgent if urgent_only else board.lines,
            "urgent_only": urgent_only,
            "may_keep": self.request.user.can(Permission.KEEP_LICENSES, clinic.pk),
        }


class AddLicense(FormPage):
    """Put a license on file."""

    may = (Permission.KEEP_LICENSES,)
    template_name = "clinic/license_add.html"
    form_class = AddLicenseForm

    def get_initial(self) -> dict[str, Any]:
        return {"practitioner": self.request.GET.get("practitioner")}

    def get_form_kwargs(self) -> dict[str, Any]:
        practitioners = partial(queries.practitioners_of, self.request.clinic)
        return super().get_form_kwargs() | {"practitioners": practitioners}

    def perform(self, form: AddLicenseForm) -> License:
        return operations.add_license(
            clinic=form.clinic,
            **form.values,
            **acting(self.request),
            once=form.key,
        )

    def where_to(self, result: License) -> str:
        messages.success(self.request, f"The license of {result.practitioner} is on file.")
        return reverse("license", args=[result.pk])

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        found = super().get_context_data(**kwargs)
        return found | {
            "nobody": not found["form"].fields["practitioner"].queryset,
            "may_set_up": self.request.user.can(Permission.SET_UP_CLINIC, self.request.clinic.pk),
        }


class _OneLicense(FormPage):
    """A license of someone who works in this clinic; any other is not there (P15)."""

    @cached_property
    def license(self) -> License:
        clinic = self.request.clinic
        found = queries.licenses_seen_by(self.request.user, clinic)
        return get_object_or_404(found, pk=self.kwargs["pk"])

    def get_initial(self) -> dict[str, Any]:
        return {"version": self.license.version}

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        clinic = self.request.clinic
        today = clinic.day_of(timezone.now())
        return super().get_context_data(**kwargs) | {
            "license": self.license,
            "standing": queries.standing_of(self.license, state=clinic.state, today=today),
            "may_keep": self.request.user.can(Permission.KEEP_LICENSES, clinic.pk),
        }

    def where_to(self, result: License) -> str:
        return reverse("license", args=[result.pk])


class ShowLicense(_OneLicense):
    """One license; whoever keeps licenses can note a new status here."""

    may = (Permission.SEE_LICENSES,)
    may_send = (Permission.KEEP_LICENSES,)
    template_name = "clinic/license.html"
    form_class = LicenseStatusForm

    def get_form_kwargs(self) -> dict[str, Any]:
        return super().get_form_kwargs() | {"now": self.license.status}

    def perform(self, form: LicenseStatusForm) -> License:
        return operations.change_license_status(
            clinic=form.clinic,
            license=self.license,
            **form.values,
            **acting(self.request),
            once=form.key,
        )

    def where_to(self, result: License) -> str:
        messages.success(self.request, f"The license is {result.get_status_display().lower()} now.")
        return super().where_to(result)


class RenewLicense(_OneLicense):
    """The new last day of a renewed license."""

    may = (Permission.KEEP_LICENSES,)
    template_name = "clinic/license_renew.html"
    form_class = RenewLicenseForm

    def perform(self, form: RenewLicenseForm) -> License:
        return operations.renew_license(
            clinic=form.clinic,
            license=self.license,
            **form.values,
            **acting(self.request),
            once=form.key,
        )

    def where_to(self, result: License) -> str:
        messages.success(self.request, "The new last day is on file.")
        return super().where_to(result)
