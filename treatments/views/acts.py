"""Each act on a chart as a door: one form, one operation, and the page again."""

from __future__ import annotations

import datetime as dt
from typing import Any

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import HttpResponse
from django.urls import reverse
from django.utils import timezone

from clinic import accounts
from clinic.permissions import Permission
from clinic.refusals import Refusal
from clinic.views.doors import StaffRequest, attempt, go
from treatments import operations
from treatments.forms import cartridge, closing, numbing, passes, start
from treatments.forms.chart import ChartForm
from treatments.models import Treatment
from treatments.queries import chart as queries
from treatments.rules.steps import Step
from treatments.views.chart import ChartDoor, note_view, refused, show
from treatments.views.panels import (
    ABORT,
    asked_unit,
    found_unit,
    refused_scan,
    unit_forms,
)


class Act(ChartDoor):
    """One act of the treating practitioner. `step` is where its form stands.

    Anyone else who may open the chart is turned away (R52, 403).
    """

    may: tuple[Permission, ...] = (Permission.TREAT,)
    http_method_names = ["post"]
    form_class: type[ChartForm]
    step: str = ""

    def post(self, request: StaffRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        at = timezone.now()
        page = queries.open_page(self.chart())
        form = self.form_class(request.POST, chart=page.chart, at=at)
        form.user = request.user
        if not form.is_valid():
            if not self.is_for(request, page):
                accounts.turn_away(request)
                raise PermissionDenied
            return self.refused(form, at)
        return attempt(
            request,
            form,
            lambda: self.perform(page.chart, form, {"by": request.user, "at": at}),
            done=lambda result: self.done(page.chart, result, at),
            refused=lambda _no: self.refused(form, at),
        )

    def is_for(self, request: StaffRequest, page: queries.ChartPage) -> bool:
        """Whether a form that was not even filled in may show its faults to this person."""
        return page.written_by(request.user)

    def perform(self, chart: Treatment, form: ChartForm, acting: dict[str, Any]) -> Any:
        """Call the operation."""
        raise NotImplementedError

    def refused(self, form: ChartForm, at: dt.datetime) -> HttpResponse:
        """The page with the fault in it."""
        return refused(self.request, form, step=self.step, at=at)

    def done(self, chart: Treatment, result: Any, at: dt.datetime) -> HttpResponse:
        """On to the next step: in place where the page is open, else by going there."""
        return self.go_on(chart, at)

    def go_on(
        self, chart: Treatment, at: dt.datetime, *, step: str = "", said: str = ""
    ) -> HttpResponse:
        """To the step at hand, or to `step`; `said` is what just happened, in a sentence."""
        if not self.request.htmx:
            if said:
                messages.success(self.request, said)
            address = reverse("treatment", args=[chart.pk])
            return go(self.request, f"{address}?step={step}" if step else address)
        note_view(self.request, chart, at)
        return show(self.request, queries.open_page(chart), at=at, step=step, said=said)


class CreamOn(Act):
    """Cream goes on."""

    form_class, step = numbing.CreamOnForm, Step.NUMB

    def perform(self, chart: Treatment, form: ChartForm, acting: dict[str, Any]) -> Any:
        return operations.apply_numbing(treatment=chart, **form.values, **acting, once=form.key)


class CreamOff(Act):
    """All cream is off."""

    form_class, step = numbing.CreamOffForm, Step.NUMB

    def perform(self, chart: Treatment, form: ChartForm, acting: dict[str, Any]) -> Any:
        return operations.remove_numbing(treatment=chart, **form.values, **acting, once=form.key)


class NoCream(Act):
    """There is no numbing, and why."""

    form_class, step = numbing.NoCreamForm, Step.NUMB

    def perform(self, chart: Treatment, form: ChartForm, acting: dict[str, Any]) -> Any:
        return operations.decline_numbing(treatment=chart, **form.values, **acting, once=form.key)


class Start(Act):
    """The time-out is confirmed; the treatment starts."""

    form_class, step = start.StartForm, Step.START

    def perform(self, chart: Treatment, form: ChartForm, acting: dict[str, Any]) -> Any:
        return operations.start(
            treatment=chart,
            confirmed=form.cleaned_data["confirmed"],
            screened_on_paper=form.cleaned_data["screened"],
            free_now=form.cleaned_data["free_now"],
            **acting,
            once=form.key,
        )


class Scan(Act):
    """What is in the hand? Opens nothing; the answer is a band on the page."""

    form_class, step = cartridge.ScanForm, Step.CARTRIDGE

    def perform(self, chart: Treatment, form: ChartForm, acting: dict[str, Any]) -> Any:
        return operations.scan_cartridge(
            treatment=chart, text=form.cleaned_data["cartridge"], **acting
        )

    def done(self, chart: Treatment, result: Any, at: dt.datetime) -> HttpResponse:
        note_view(self.request, chart, at)
        page = queries.open_page(chart)
        if result.named:
            unit = result.units[0]
            more = {"verdict": found_unit(unit), "unit": unit}
            more["forms"] = unit_forms(page, unit, at=at)
        else:
            more = {"verdict": asked_unit(result)}
        return show(self.request, page, at=at, step=self.step, **more)

    def refused(self, form: ChartForm, at: dt.datetime) -> HttpResponse:
        verdict = refused_scan(form.no) if form.no else None
        return refused(self.request, form, step=self.step, at=at, verdict=verdict)


class OpenUnit(Act):
    """The unit is opened for this treatment, once and for all."""

    form_class, step = cartridge.OpenUnitForm, Step.CARTRIDGE

    def perform(self, chart: Treatment, form: ChartForm, acting: dict[str, Any]) -> Any:
        return operations.claim_unit(
            treatment=chart,
            unit_code=form.cleaned_data["cartridge"],
            pack_intact=form.cleaned_data["pack_intact"],
            **acting,
            once=form.key,
        )

    def refused(self, form: ChartForm, at: dt.datetime) -> HttpResponse:
        more: dict[str, Any] = {}
        unit = queries.unit_in_room(form.chart, form.cleaned_data.get("cartridge", ""))
        if unit is not None and (form.no is None or form.no.field == "pack_intact"):
            page = queries.ChartPage(form.chart)
            more = {"verdict": found_unit(unit), "unit": unit}
            more["forms"] = unit_forms(page, unit, at=at, claim=form)  # type: ignore[arg-type]
        elif form.no is not None:
            more = {"verdict": refused_scan(form.no)}
        return refused(self.request, form, step=self.step, at=at, **more)


class Waste(Act):
    """A unit is wasted, with its reason; it stays listed in the chart it was opened for."""

    form_class, step = cartridge.WasteForm, Step.CARTRIDGE

    def perform(self, chart: Treatment, form: ChartForm, acting: dict[str, Any]) -> Any:
        values = form.values
        code = values.pop("cartridge")
        return operations.waste_in_treatment(
            treatment=chart, unit_code=code, **values, **acting, once=form.key
        )

    def done(self, chart: Treatment, result: Any, at: dt.datetime) -> HttpResponse:
        why = result.waste_note or result.get_waste_reason_display().lower()
        said = f"{result.unit_code} is wasted: {why}. Scan the next one."
        return self.go_on(chart, at, step=self.step, said=said)

    def refused(self, form: ChartForm, at: dt.datetime) -> HttpResponse:
        unit = queries.unit_in_room(form.chart, form.cleaned_data.get("cartridge", ""))
        more: dict[str, Any] = {}
        beside_field = form.no is None or form.no.field is not None
        if unit is not None and unit.treatment_id is None and beside_field:
            page = queries.ChartPage(form.chart)
            more = {"verdict": found_unit(unit), "unit": unit, "wasting": True}
            # The form of this act is the waste form, which the shared signature cannot say.
            more["forms"] = unit_forms(page, unit, at=at, waste=form)  # type: ignore[arg-type]
        return refused(self.request, form, step=self.step, at=at, **more)


class AddPass(Act):
    """One area at one depth. "Continue to finish" sends the same form: what was entered is
    added first, and an empty form adds nothing."""

    form_class, step = passes.PassForm, Step.PASSES

    def post(self, request: StaffRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        at = timezone.now()
        if not self.goes_on:
            return super().post(request, *args, **kwargs)
        page = queries.open_page(self.chart())
        form = passes.PassForm(request.POST, chart=page.chart, at=at)
        if not (form.untouched and page.passes and self.is_for(request, page)):
            return super().post(request, *args, **kwargs)
        return self.go_on(page.chart, at, step=Step.FINISH)

    @property
    def goes_on(self) -> bool:
        """Whether the press means the finish, after this pass."""
        return self.request.POST.get("then") == Step.FINISH

    def done(self, chart: Treatment, result: Any, at: dt.datetime) -> HttpResponse:
        return self.go_on(chart, at, step=Step.FINISH if self.goes_on else "")

    def perform(self, chart: Treatment, form: ChartForm, acting: dict[str, Any]) -> Any:
        return operations.add_pass(treatment=chart, **form.values, **acting, once=form.key)


class RemovePass(Act):
    """A pass that was entered by mistake is taken back."""

    form_class, step = passes.RemovePassForm, Step.PASSES

    def perform(self, chart: Treatment, form: ChartForm, acting: dict[str, Any]) -> Any:
        return operations.remove_pass(treatment=chart, **form.values, **acting, once=form.key)


class Finish(Act):
    """The treatment is finished."""

    form_class, step = closing.FinishForm, Step.FINISH

    def perform(self, chart: Treatment, form: ChartForm, acting: dict[str, Any]) -> Any:
        return operations.finish(treatment=chart, **form.values, **acting, once=form.key)


class EndEarly(Act):
    """The treatment ends early."""

    form_class, step = closing.AbortForm, ABORT

    def perform(self, chart: Treatment, form: ChartForm, acting: dict[str, Any]) -> Any:
        return operations.abort(treatment=chart, **form.values, **acting, once=form.key)


class Amend(Act):
    """End point and texts are corrected before the signature."""

    form_class, step = closing.AmendForm, Step.FINISH

    def perform(self, chart: Treatment, form: ChartForm, acting: dict[str, Any]) -> Any:
        return operations.amend_chart(treatment=chart, **form.values, **acting, once=form.key)


class Sign(Act):
    """The author signs; a wrong password counts like one at the log-in."""

    form_class, step = closing.SignForm, Step.SIGN

    def perform(self, chart: Treatment, form: ChartForm, acting: dict[str, Any]) -> Any:
        wrong = accounts.confirm_password(self.request, form.cleaned_data["password"])
        if wrong is not None:
            raise Refusal(wrong, rule="R51", field="password", way_out="Type it again.")
        return operations.sign(treatment=chart, **form.values, **acting, once=form.key)

    def done(self, chart: Treatment, result: Any, at: dt.datetime) -> HttpResponse:
        return go(self.request, reverse("treatment", args=[chart.pk]))


class Add(Act):
    """A dated note on a signed record; also by the medical director."""

    may = (Permission.TREAT, Permission.SEE_ALL_CHARTS)
    form_class = closing.AddendumForm

    def is_for(self, request: StaffRequest, page: queries.ChartPage) -> bool:
        every = request.user.can(Permission.SEE_ALL_CHARTS, page.chart.clinic_id)
        return every or super().is_for(request, page)

    def perform(self, chart: Treatment, form: ChartForm, acting: dict[str, Any]) -> Any:
        return operations.add_addendum(treatment=chart, **form.values, **acting, once=form.key)

    def done(self, chart: Treatment, result: Any, at: dt.datetime) -> HttpResponse:
        return go(self.request, f"{reverse('treatment', args=[chart.pk])}#addenda")
