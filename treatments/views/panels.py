"""What the treatment page is made of: its steps, its clock, its verdicts, its forms."""

from __future__ import annotations

import datetime as dt
from typing import Any

from django import forms
from django.urls import reverse

from clinic.refusals import Refusal
from clinic.rules import say_date, say_time
from treatments.forms.cartridge import OpenUnitForm, ScanForm, WasteForm
from treatments.forms.chart import ChartForm
from treatments.forms.closing import AbortForm, AmendForm, FinishForm, SignForm
from treatments.forms.numbing import CreamOffForm, CreamOnForm, NoCreamForm
from treatments.forms.passes import PassForm, RemovePassForm
from treatments.forms.start import StartForm
from treatments.models import Cartridge
from treatments.operations import Scanned
from treatments.queries.chart import ChartPage
from treatments.rules.charting import amber_from
from treatments.rules.status import Status
from treatments.rules.steps import STEP_WORDS, Step

ABORT = "abort"
# The forms that a step shows, of which the template takes those that the chart's state allows.
FORMS: dict[str, tuple[type[ChartForm], ...]] = {
    Step.NUMB: (CreamOnForm, CreamOffForm, NoCreamForm),
    Step.START: (StartForm,),
    Step.CARTRIDGE: (ScanForm, WasteForm),
    Step.PASSES: (PassForm,),
    Step.FINISH: (FinishForm, AmendForm),
    Step.SIGN: (SignForm,),
    ABORT: (AbortForm,),
}
# What a refused scan means, readable from two meters; the sentence stands below it.
REFUSED_WORDS = {
    "R1": "A cartridge is open already",
    "R2": "Do not use: opened already",
    "R3": "Do not use: expired",
    "R5": "Do not use",
    "R6": "Do not use",
    "R7": "Does not fit this device",
    "R14": "This code can't be used",
    "R15": "Do not use: two expiry dates",
    "S1": "Not known here",
    "S3": "This code can't be used",
}
MOST_OFFERED = 12


def forms_of(
    page: ChartPage, step: str, *, at: dt.datetime, bound: ChartForm | None = None
) -> dict[str, ChartForm]:
    """The forms of a step by their slug, the one just sent with what was typed in it."""
    made = {
        form.slug.replace("-", "_"): form(chart=page.chart, at=at) for form in FORMS.get(step, ())
    }
    if step == Step.FINISH:
        made["finish"].fields["endpoint"].initial = page.agreed_endpoint
        made["finish"].fields["endpoint"].help_text = _of_the_passes(page)
    if step == Step.CARTRIDGE:
        made["waste"].fields["patient_contact"].initial = page.open_unit_touched
    if bound is not None:
        made[bound.slug.replace("-", "_")] = bound
    return made


def stands(page: ChartPage, form: ChartForm, *, shown: str, unit_in_hand: bool = False) -> bool:
    """Whether the form stands on the page, which shows the step `shown` to who writes in it.

    `unit_in_hand`: a unit that may be opened was just scanned.
    """
    if type(form) not in (*FORMS.get(shown, ()), OpenUnitForm):
        return False
    state, unit = Status(page.chart.status), page.unit
    before, under_way = state in (Status.OPEN, Status.NUMBING), state == Status.IN_PROGRESS
    offered: dict[type[ChartForm], bool] = {
        CreamOnForm: before and page.no_numbing is None,
        CreamOffForm: before and bool(page.creams_on),
        NoCreamForm: before and not page.creams and page.no_numbing is None,
        StartForm: before,
        ScanForm: under_way and unit is None and not unit_in_hand,
        OpenUnitForm: under_way and unit is None and unit_in_hand,
        WasteForm: under_way and (unit is not None or unit_in_hand),
        PassForm: under_way and page.open_unit is not None,
        FinishForm: under_way,
        AmendForm: page.facts.ended,
        SignForm: page.facts.ended,
        AbortForm: not page.facts.ended,
    }
    return offered[type(form)]


def typed_in(form: ChartForm) -> list[dict[str, str]]:
    """What was entered in a form that the page has no place for any more, field by field, so
    that nobody has to remember it. Ticks and passwords are said anew."""
    return [
        {"label": str(bound.label), "text": text}
        for bound in form.visible_fields()
        if not isinstance(bound.field.widget, forms.PasswordInput | forms.CheckboxInput)
        and (text := _said(bound))
    ]


def _said(bound: forms.BoundField) -> str:
    given = bound.value() or ""
    if not isinstance(given, list):
        given = [str(given)]
    words = {str(key): str(word) for key, word in getattr(bound.field, "choices", ())}
    return ", ".join(words.get(one, one) for one in given).strip()


def _of_the_passes(page: ChartPage) -> str:
    if page.agreed_endpoint:
        return "Filled in from the passes. Change it if the skin shows something else now."
    words = dict.fromkeys(one.row.get_endpoint_display().lower() for one in page.passes)
    return f"The passes differ: {', '.join(words)}." if words else ""


def steps_of(page: ChartPage, shown: str) -> list[dict[str, Any]]:
    """The step bar: what is done, what is at hand, what came of it."""
    url = reverse("treatment", args=[page.chart.pk])
    notes = _notes(page)
    return [
        {
            "label": word,
            "status": _stand(page, step, shown),
            "note": notes.get(step, ""),
            "url": f"{url}?step={step}" if step in page.open else "",
        }
        for step, word in STEP_WORDS.items()
    ]


def _stand(page: ChartPage, step: Step, shown: str) -> str:
    if step == shown:
        return "current"
    if step in page.done:
        return "done"
    # What an early end made needless is neither done nor still to do.
    return "skipped" if page.facts.aborted and step != Step.SIGN else "todo"


def _notes(page: ChartPage) -> dict[Step, str]:
    chart = page.chart
    notes = {Step.CARTRIDGE: page.unit.unit_code if page.unit else ""}
    if page.creams_on:
        notes[Step.NUMB] = "cream on"
    elif page.no_numbing:
        notes[Step.NUMB] = "none"
    elif page.creams and (dwell := page.creams[-1].dwell):
        notes[Step.NUMB] = f"{dwell.minutes} min"
    for step, at in (
        (Step.ARRIVE, chart.appointment.arrived_at),
        (Step.START, chart.started_at),
        (Step.FINISH, chart.ended_at),
    ):
        if at:
            notes[step] = say_time(chart.clinic.local(at))
    if page.passes:
        notes[Step.PASSES] = str(len(page.passes))
    if page.facts.aborted:
        notes[Step.FINISH] = "ended early"
        for step in set(Step) - page.done - {Step.FINISH, Step.SIGN}:
            notes[step] = "not done"
    return notes


def clock_of(page: ChartPage, at: dt.datetime) -> dict[str, Any] | None:
    """The numbing clock of the cream that is on, for the part of that name."""
    rows = [one.row for one in page.creams_on]
    since = [one.applied_at for one in rows if one.applied_at]
    if not since:
        return None
    due = max(
        one.applied_at + dt.timedelta(minutes=one.product.min_dwell)
        for one in rows
        if one.applied_at and one.product
    )
    latest = min(
        one.applied_at + dt.timedelta(minutes=one.product.max_dwell)
        for one in rows
        if one.applied_at and one.product
    )
    amber = amber_from(due=due, latest=latest)
    first = min(since)
    return {
        "since": first,
        "due": due,
        "latest": latest,
        "minutes": max(0, _minutes(at - first)),
        "of": max(1, _minutes(due - first)),
        "amber": amber,
        "state": _clock_state(at, due=due, amber=amber, latest=latest),
        "who": page.chart.patient.name,
        "url": "",
    }


def _clock_state(
    at: dt.datetime, *, due: dt.datetime, amber: dt.datetime, latest: dt.datetime
) -> str:
    if at >= latest:
        return "over"
    if at >= amber:
        return "late"
    return "due" if at >= due else "on"


def _minutes(span: dt.timedelta) -> int:
    return int(span.total_seconds()) // 60


def removals(page: ChartPage, at: dt.datetime) -> list[dict[str, Any]]:
    """Each pass with the form that takes it back."""
    return [
        {
            "line": line,
            "form": RemovePassForm(chart=page.chart, at=at, initial={"seq": line.row.seq}),
        }
        for line in page.passes
    ]


def refused_scan(no: Refusal) -> dict[str, Any]:
    """The band of a scan or unit that was refused."""
    return {
        "status": "refused",
        "word": REFUSED_WORDS.get(no.rule, "Not this one"),
        "why": no.text,
        "facts": [],
    }


def asked_unit(scanned: Scanned) -> dict[str, Any]:
    """The band of a maker's code: all units of a lot bear the same, so a person says which."""
    lot, units = scanned.units[0].lot, len(scanned.units)
    are = "One unit" if units == 1 else f"{units} units"
    stand = "is" if units == 1 else "are"
    return {
        "status": "ask",
        "word": "Which unit is it?",
        "why": f"{are} of this lot {stand} in stock. Tap the code that is on the sticker.",
        "facts": _lot_facts(scanned.units[0]),
        "units": [one.unit_code for one in scanned.units[:MOST_OFFERED]],
        "more": max(0, units - MOST_OFFERED),
        "cautions": scanned.cautions,
        "lot": lot.lot,
    }


def found_unit(unit: Cartridge) -> dict[str, Any]:
    """The band of one unit that may be opened."""
    return {
        "status": "accepted",
        "word": f"{unit.unit_code} may be opened",
        "why": f"{unit.lot.product.name}, in stock and in date. Compare the code with the sticker.",
        "facts": _lot_facts(unit),
    }


def _lot_facts(unit: Cartridge) -> list[dict[str, str]]:
    return [
        {"label": "Lot", "text": unit.lot.lot},
        {"label": "Expires", "text": say_date(unit.lot.expires_on)},
    ]


def unit_forms(
    page: ChartPage,
    unit: Cartridge,
    *,
    at: dt.datetime,
    claim: OpenUnitForm | None = None,
    waste: WasteForm | None = None,
) -> dict[str, ChartForm]:
    """The two things to do with a unit in the hand: open it, or waste it unopened."""
    start = {"cartridge": unit.unit_code}
    return {
        "claim": claim or OpenUnitForm(chart=page.chart, at=at, initial=start),
        "waste": (waste or WasteForm(chart=page.chart, at=at, initial=start)).offer_unopened(),
    }
