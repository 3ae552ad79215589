"""The treatment page: one chart as seven steps, or as the record it is once signed."""

from __future__ import annotations

import datetime as dt
from typing import Any

from django.http import Http404, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone

from clinic.forms.house import NOT_OURS
from clinic.permissions import Permission
from clinic.refusals import Refusal
from clinic.rules import short_date
from clinic.views.doors import Door, StaffRequest
from treatments import operations
from treatments.forms.chart import ChartForm
from treatments.forms.closing import AddendumForm
from treatments.models import Treatment
from treatments.queries import chart as queries
from treatments.queries.chart import ChartPage
from treatments.queries.rest import too_soon
from treatments.rules.charting import meaning_of, missing_to_abort
from treatments.rules.status import Status
from treatments.rules.steps import STEP_WORDS, Step
from treatments.views.panels import (
    ABORT,
    clock_of,
    forms_of,
    removals,
    stands,
    steps_of,
    typed_in,
)

CHARTS = (
    Permission.SEE_OWN_CHARTS,
    Permission.SEE_ALL_CHARTS,
    Permission.SEE_SIGNED_CHARTS,
)
NOTED = "chart_noted"
SIGNED = Refusal(
    "This record is signed and never changes.", rule="R50", way_out="Write an addendum."
)


class ChartDoor(Door):
    """A page about one chart. Another clinic's or person's answers like a missing one (P15)."""

    may: tuple[Permission, ...] = CHARTS

    def chart(self) -> Treatment:
        """The chart in the address, or 404."""
        request: Any = self.request
        found = queries.chart_key(user=request.user, clinic=request.clinic, key=self.kwargs["pk"])
        if found is None:
            raise Http404
        return found


class ShowChart(ChartDoor):
    """The chart, at the step at hand or at the one asked for in `?step=`."""

    def get(self, request: StaffRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        at = timezone.now()
        chart = self.chart()
        note_view(request, chart, at)
        page = queries.open_page(chart)
        return show(request, page, at=at, step=request.GET.get("step", ""))


def note_view(request: StaffRequest, chart: Treatment, at: dt.datetime) -> None:
    """Note that the record is opened, before anything of it is shown (P22).

    A fragment belongs to a page whose opening was noted in this session, and is not noted
    again; a fragment of any other chart is.
    """
    htmx = request.htmx
    if htmx and request.session.get(NOTED) == str(chart.pk):
        return
    operations.read_chart(treatment=chart, by=request.user, at=at)
    request.session[NOTED] = str(chart.pk)


def show(
    request: StaffRequest,
    page: ChartPage,
    *,
    at: dt.datetime,
    step: str = "",
    bound: ChartForm | None = None,
    status: int = 200,
    **more: Any,
) -> HttpResponse:
    """The page, or its fragment for a page that is open; `bound` is a form that was refused."""
    mine = page.written_by(request.user)
    day = page.day
    today = page.chart.clinic.day_of(at)
    context = {
        "page": page,
        "chart": page.chart,
        "too_soon": too_soon(page.chart, today),
        "mine": mine,
        "at": at,
        "day": day,
        "earlier": day if day != today else "",
        "url": reverse("treatment", args=[page.chart.pk]),
        "patient": {
            "name": page.chart.patient.name,
            "born": short_date(page.chart.patient.birth_date),
            "code": page.chart.patient.code,
        },
        **more,
    }
    if page.signed:
        adds = isinstance(bound, AddendumForm)
        context |= _told(bound, there=adds, here=adds)
        if bound is not None and bound.no is not None and bound.no.rule == "P12":
            # What changed meanwhile is that it was signed: there is nothing to save again.
            context["no"] = SIGNED
        # What was typed for a step before the signature can only be added now.
        kept = "\n".join(f"{one['label']}: {one['text']}" for one in context["typed"])
        context["form"] = (
            bound if adds else AddendumForm(chart=page.chart, at=at, initial={"text": kept})
        )
        may_add = mine or request.user.can(Permission.SEE_ALL_CHARTS, page.chart.clinic_id)
        context["may_add"] = may_add
        answer = render(request, "treatments/record.html", context, status=status)
        if request.htmx and bound is not None:
            # Signed meanwhile: the record takes the place of the whole page, not of its part.
            answer["HX-Retarget"], answer["HX-Reswap"] = "body", "innerHTML show:window:top"
            answer["HX-Replace-Url"] = context["url"]
        return answer
    shown = _shown(page, step, mine)
    context |= _stage(page, shown=shown, mine=mine, at=at, bound=bound)
    context["forms"] |= more.get("forms", {})
    band = more.get("verdict", {}) or {}
    in_hand = band.get("status") == "accepted"
    there = bound is not None and mine and stands(page, bound, shown=shown, unit_in_hand=in_hand)
    # A band that refuses says it all.
    said = band.get("status") == "refused"
    context |= _told(None if said else bound, there=there, here=shown == step)
    fragment = bool(request.htmx)
    template = "treatments/_chart.html" if fragment else "treatments/chart.html"
    answer = render(request, template, context, status=status)
    if fragment:
        # The address names the step, so that a reload or an unlock shows the same one.
        answer["HX-Replace-Url"] = f"{context['url']}?step={shown}"
    return answer


def _told(bound: ChartForm | None, *, there: bool, here: bool) -> dict[str, Any]:
    """What is to be said above the step of a refused form, and what was typed in it where it is
    not `there` any more; `here`: its step is still the one that is shown."""
    if bound is None:
        return {"no": None, "typed": []}
    no = _loose(bound, there=there, here=here)
    return {"no": no, "typed": [] if there else typed_in(bound)}


def _loose(bound: ChartForm, *, there: bool, here: bool) -> Refusal | None:
    """What is to be said above the step, because no field of a form on the page says it."""
    no = bound.no
    if no is not None:
        beside = there and no.field in bound.fields and not bound[no.field].is_hidden
        return None if beside else no
    if any(bound[name].is_hidden for name in bound.errors if name in bound.fields):
        return Refusal(NOT_OURS, rule="input", way_out="Reload the page.")
    if there:
        return None
    if here and (faults := [one for field in bound for one in field.errors]):
        return Refusal(str(faults[0]), rule="input")
    return Refusal("This step is closed. Nothing was changed.", rule="R46")


def _shown(page: ChartPage, wanted: str, mine: bool) -> str:
    """The step that is shown large: the wanted one where it can be opened, else that at hand."""
    if wanted == ABORT and mine and not page.facts.ended:
        return ABORT
    return wanted if wanted in page.open else page.at_hand


def _stage(
    page: ChartPage, *, shown: str, mine: bool, at: dt.datetime, bound: ChartForm | None
) -> dict[str, Any]:
    state = Status(page.chart.status)
    return {
        "shown": shown,
        "meaning": meaning_of(aborted=page.chart.aborted, needle_contact=page.chart.needle_contact),
        "title": "End early" if shown == ABORT else STEP_WORDS[Step(shown)],
        "steps": steps_of(page, shown),
        "clock": clock_of(page, at),
        "forms": forms_of(page, shown, at=at, bound=bound) if mine else {},
        "removals": removals(page, at) if mine and state == Status.IN_PROGRESS else [],
        "before_start": state in (Status.OPEN, Status.NUMBING),
        "under_way": state == Status.IN_PROGRESS,
        "ended": page.facts.ended,
        "at_hand": str(page.at_hand),
        "at_hand_word": STEP_WORDS[page.at_hand],
        "missing": [
            {"what": one.what, "step": one.step if _leads(page, shown, one.step) else ""}
            for one in (missing_to_abort(page.facts) if shown == ABORT else page.missing)
        ],
    }


def _leads(page: ChartPage, shown: str, step: str) -> bool:
    """Whether what is missing is a way to its step: not where one stands, nor where the button
    beside it leads."""
    onward = shown == Step.PASSES and step == Step.FINISH
    return step in page.open and step != shown and not onward


def refused(
    request: StaffRequest, form: ChartForm, *, step: str, at: dt.datetime, **more: Any
) -> HttpResponse:
    """The page as it is now, with the form's fault in it and what was typed kept."""
    note_view(request, form.chart, at)
    page = queries.open_page(form.chart)
    if form.no is not None and form.no.rule == "P12":
        form.renew(page.chart)
        more["theirs"] = page.chart
    return show(request, page, at=at, step=step, bound=form, status=form.status, **more)
