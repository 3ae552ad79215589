"""The services of the clinic at work."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django.db.models import QuerySet
from django.http import HttpResponse
from django.urls import reverse
from django.utils import timezone

from bookings import operations, queries
from bookings.forms.offered import AddServiceForm, ChangeServiceForm
from bookings.models import Service
from bookings.rules.areas import say_areas
from bookings.rules.visit import length_faults
from clinic.forms.set_up import UseForm
from clinic.permissions import Permission
from clinic.views.doors import acting
from clinic.views.set_up import Line, SetUpChange, SetUpForm, SetUpList, SetUpUse

# What a change of a service does not need to be thought over for.
HARMLESS = {"name", "price_text"}


class Services(SetUpList):
    """All services, those on offer first."""

    title = "Services"
    lead = "What a patient books, and how long it takes."
    columns = (
        "Service",
        "Check-in, numbing, treatment, clean-down",
        "Areas",
        "Done with",
        "Price",
        "State",
    )
    add = "setup-service-add"
    add_label = "Add a service"
    empty = "A visit is booked for a service: without one nothing can be booked."

    def lines(self) -> Sequence[Line]:
        return [
            Line(
                one.name,
                reverse("setup-service", args=[one.pk]),
                (
                    _phases(one),
                    say_areas(one.areas) or "Any",
                    ", ".join(model.name for model in one.device_models.all()) or "Any device",
                    one.price_text,
                ),
                status="active" if one.is_active else "inactive",
                label="In use" if one.is_active else "Out of use",
            )
            for one in queries.all_services(self.request.user, self.request.clinic)
        ]


def _phases(one: Service) -> str:
    """The minutes of each phase in their order."""
    each = (one.check_in_min, one.numbing_min, one.treatment_min, one.clean_down_min)
    return f"{' + '.join(map(str, each))} min"


class AddService(SetUpForm):
    """One service more."""

    title = "Add a service"
    verb = "Add the service"
    after = "setup-services"
    after_label = "Services"
    template_name = "bookings/service_form.html"
    form_class = AddServiceForm

    def get_form_kwargs(self) -> dict[str, Any]:
        return super().get_form_kwargs() | {"models": queries.models_to_choose()}

    def perform(self, form: AddServiceForm) -> Service:
        return operations.add_service(
            clinic=self.request.clinic, **form.values, **acting(self.request), once=form.key
        )

    def said(self, result: Service) -> str:
        return f"{result} can be booked now."


class _OneService:
    after = "setup-services"
    after_label = "Services"

    def rows(self) -> QuerySet[Service]:
        request = self.request  # type: ignore[attr-defined]  # a view is mixed in
        return queries.all_services(request.user, request.clinic)


class ChangeService(_OneService, SetUpChange):
    """Other phases, areas or devices; what that touches is shown before it is saved."""

    title = "Service"
    template_name = "bookings/service_form.html"
    form_class = ChangeServiceForm
    use = "setup-service-use"

    def get_form_kwargs(self) -> dict[str, Any]:
        return super().get_form_kwargs() | {"models": queries.models_to_choose(self.row)}

    def get_initial(self) -> dict[str, Any]:
        return super().get_initial() | {"device_models": list(self.row.device_models.all())}

    def form_valid(self, form: ChangeServiceForm) -> HttpResponse:
        preview = None if form.looked_at() else self._preview(form)
        if preview is None:
            return super().form_valid(form)
        form.look()
        return self.render_to_response(self.get_context_data(form=form, preview=preview))

    def _preview(self, form: ChangeServiceForm) -> dict[str, Any] | None:
        """What the change touches; None where nothing does, or where it is refused anyway."""
        phases = ("treatment_min", "numbing_min", "clean_down_min", "check_in_min")
        if form.values["version"] != self.row.version or length_faults(
            **{name: form.values[name] for name in phases}
        ):
            return None
        changes = form.differences(self.row, but=HARMLESS)
        if not changes:
            return None
        at = timezone.now()
        ahead = queries.visits_ahead("service", self.row, at=at).count()
        offered = queries.offers_ahead("service", self.row, at=at).count()
        found = {"changes": changes, "ahead": ahead, "offered": offered}
        return found if ahead or offered else None

    def perform(self, form: ChangeServiceForm) -> Service:
        return operations.change_service(
            service=self.row, **form.values, **acting(self.request), once=form.key
        )

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        found = super().get_context_data(**kwargs)
        preview = kwargs.get("preview")
        return found | {"preview": preview, "verb": "Save the change" if preview else "Save"}


class UseService(_OneService, SetUpUse):
    """Not on offer any more, or again."""

    page = "setup-service"
    what = "service"

    def touched(self) -> Sequence[queries.Touched]:
        named = self.request.user.can(Permission.SEE_DAY, self.request.clinic.pk)
        return queries.say_visits_ahead("service", self.row, at=timezone.now(), named=named)

    def perform(self, form: UseForm) -> Service:
        return operations.set_service_use(
            service=self.row, **form.values, **acting(self.request), once=form.key
        )
