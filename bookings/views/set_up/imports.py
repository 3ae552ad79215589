"""Imports: the file, its columns, the dry run, the one act, what became of it."""

from __future__ import annotations

import json
from typing import Any

from django.contrib import messages
from django.core.paginator import InvalidPage, Paginator
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import render
from django.urls import reverse
from django.utils.functional import cached_property
from django.utils.http import urlencode

from bookings import operations, queries
from bookings.forms.imports import ChoiceForm, ColumnsForm, DiscardForm, StartForm, UploadForm
from bookings.models import ImportRow, ImportRun
from bookings.rules.importing import PRESETS, best_preset, guess, preset_columns, same_names
from clinic.models import Patient
from clinic.permissions import Permission
from clinic.rules import say_date
from clinic.views.doors import Door, FormPage, StaffRequest, acting, csv_download, go

PER_PAGE = 50
RUNS = 20
State, Verdict = ImportRun.State, ImportRow.Verdict


class Imports(FormPage):
    """The clinic's imports, and the form that takes a new file."""

    may = (Permission.IMPORT,)
    template_name = "bookings/imports.html"
    form_class = UploadForm

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        clinic = self.request.clinic
        runs = queries.imports_of(user=self.request.user, clinic=clinic)
        return super().get_context_data(**kwargs) | {"runs": list(runs[:RUNS])}

    def perform(self, form: UploadForm) -> ImportRun:
        return operations.upload_import(
            clinic=form.clinic, **form.values, **acting(self.request), once=form.key
        )

    def where_to(self, result: ImportRun) -> str:
        return reverse("setup-import-columns", args=[result.pk])


class _OneImport(FormPage):
    """An import of this clinic that the person may see; any other is not there (P15)."""

    may = (Permission.IMPORT,)

    @cached_property
    def run(self) -> ImportRun:
        return _found(self.request, self.kwargs["pk"])

    def get_initial(self) -> dict[str, Any]:
        return {"version": self.run.version}

    def post(self, request: HttpRequest, *args: str, **kwargs: Any) -> HttpResponse:
        self.run  # noqa: B018 - what is not there is 404, whatever was typed
        return super().post(request, *args, **kwargs)

    def where_to(self, result: ImportRun) -> str:
        return reverse("setup-import", args=[result.pk])


class Columns(_OneImport):
    """What each column means: by a common shape, by the columns' names, by hand."""

    template_name = "bookings/import_columns.html"
    form_class = ColumnsForm

    @property
    def shape(self) -> str:
        """The shape whose columns are proposed: the one asked for, else the one that fits."""
        asked = self.request.GET.get("as", "")
        if asked == "names" or asked in PRESETS[self.run.kind]:
            return asked
        return best_preset(self.run.kind, json.loads(self.run.heads)["heads"]) or "names"

    def get_form_kwargs(self) -> dict[str, Any]:
        told = json.loads(self.run.heads)
        heads, samples = told["heads"], told["samples"]
        chosen = json.loads(self.run.columns)
        if chosen and "as" not in self.request.GET:
            guessed = chosen
        elif self.shape == "names":
            guessed = guess(self.run.kind, heads, samples)
        else:
            guessed = preset_columns(self.run.kind, self.shape, heads, samples)
        return super().get_form_kwargs() | {"run": self.run, "guessed": guessed}

    def get_initial(self) -> dict[str, Any]:
        return super().get_initial() | {"date_order": self.run.date_order}

    def get(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        if self.run.state not in (State.UPLOADED, State.CHECKED):
            raise Http404
        return super().get(request, *args, **kwargs)

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        shapes = [("names", "By their names")]
        shapes += [(name, label) for name, (label, _columns) in PRESETS[self.run.kind].items()]
        return super().get_context_data(**kwargs) | {
            "run": self.run,
            "shapes": [(name, label, name == self.shape) for name, label in shapes],
            "twice": same_names(json.loads(self.run.heads)["heads"]),
            "before": queries.imported_before(self.run),
        }

    def perform(self, form: ColumnsForm) -> ImportRun:
        acts = acting(self.request)
        run = operations.choose_columns(
            run=self.run,
            version=form.values["version"],
            columns=form.columns,
            date_order=form.values["date_order"],
            **acts,
            once=form.key,
        )
        return operations.check_soon(run=run, at=acts["at"])


class Import(_OneImport):
    """The dry run row by row with the press that imports it; while it goes on, how far it is."""

    template_name = "bookings/import.html"
    form_class = StartForm

    def get_initial(self) -> dict[str, Any]:
        return super().get_initial() | {"twins": self.run.twins}

    def get(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        if self.run.state == State.UPLOADED:
            return go(request, reverse("setup-import-columns", args=[self.run.pk]))
        return super().get(request, *args, **kwargs)

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        asked = self.request.GET.get("show", "")
        verdict = asked if asked in Verdict.values else ""
        try:
            pages = Paginator(queries.import_rows(self.run, verdict), PER_PAGE)
            page = pages.page(self.request.GET.get("page", 1))
        except InvalidPage as no:
            raise Http404 from no
        context = super().get_context_data(**kwargs) | progress(self.run)
        counts = context["counts"]
        tabs = [(str(one.value), label_of(one), counts[str(one.value)]) for one in Verdict]
        return context | {
            "page": page,
            "rows": self.rows_of(list(page.object_list)),
            "show": verdict,
            "query": urlencode({"show": verdict}) if verdict else "",
            "tabs": [one for one in tabs if one[2]],
            "asks": counts["on_file"] + counts["in_file"],
            "may_see": self.request.user.can(Permission.SEE_PATIENTS, self.run.clinic_id),
            "before": queries.imported_before(self.run),
        }

    def rows_of(self, rows: list[ImportRow]) -> list[dict[str, Any]]:
        """The rows of this page: each with its cells and with who may be the same person."""
        may_see = self.request.user.can(Permission.SEE_PATIENTS, self.run.clinic_id)
        twins = queries.who_is_on_file(self.run, rows)
        return [
            {
                "row": row,
                "cells": cells_of(row),
                "label": label_of(Verdict(row.verdict)),
                "twins": [twin_words(one, named=may_see) for one in twins.get(row.pk, ())],
            }
            for row in rows
        ]

    def perform(self, form: StartForm) -> ImportRun:
        return operations.start_import(
            run=self.run, **form.values, **acting(self.request), once=form.key
        )


class Progress(Door):
    """How far an import is, asked for by its own page; keeps no session open (P18)."""

    may = (Permission.IMPORT,)

    def get(self, request: StaffRequest, **kwargs: Any) -> HttpResponse:
        run = _found(request, kwargs["pk"])
        if not run.is_under_way:
            # What the page shows now is another page.
            answer = HttpResponse(status=204)
            answer["HX-Refresh"] = "true"
            return answer
        return render(request, "bookings/_import_progress.html", progress(run))


class Choose(_OneImport):
    """What becomes of one row, where someone like her is on file."""

    form_class = ChoiceForm
    http_method_names = ("post",)

    def perform(self, form: ChoiceForm) -> ImportRun:
        row = queries.import_row(self.run, form.values["row"])
        if row is None:
            raise Http404
        return operations.set_choice(
            run=self.run,
            row=row,
            choice=form.values["choice"],
            **acting(self.request),
            once=form.key,
        )

    def form_invalid(self, form: ChoiceForm) -> HttpResponse:
        says = next(iter(form.errors.values()))[0]
        return render(self.request, "422.html", {"sentence": says}, status=form.status)

    def where_to(self, result: ImportRun) -> str:
        asked = self.request.GET.urlencode()
        return super().where_to(result) + (f"?{asked}" if asked else "")


class Discard(_OneImport):
    """Drop a file that was not imported."""

    form_class = DiscardForm
    http_method_names = ("post",)

    def perform(self, form: DiscardForm) -> ImportRun:
        return operations.discard_import(
            run=self.run, **form.values, **acting(self.request), once=form.key
        )

    def form_invalid(self, form: DiscardForm) -> HttpResponse:
        says = next(iter(form.errors.values()))[0]
        return render(self.request, "422.html", {"sentence": says}, status=form.status)

    def where_to(self, result: ImportRun) -> str:
        messages.success(self.request, f"{result.file_name} is dropped. Nothing was imported.")
        return reverse("setup-imports")


class Rejects(Door):
    """The rows that were not taken, as a file, each with its reason."""

    may = (Permission.IMPORT,)

    def get(self, request: StaffRequest, **kwargs: Any) -> HttpResponseBase:
        run = _found(request, kwargs["pk"])
        if run.state not in (State.CHECKED, State.RUNNING, State.STOPPED, State.DONE):
            raise Http404
        operations.export_rejects(run=run, **acting(request))
        heads = ["Row", "Reason", *json.loads(run.heads)["heads"]]
        return csv_download(f"not-imported-{run.code}", heads, queries.rejects(run))


def progress(run: ImportRun) -> dict[str, Any]:
    """What the page says of how far an import is."""
    counts = queries.import_counts(run)
    to_do = counts["ready"] + counts["on_file"] + counts["in_file"]
    taken = counts["imported"] + counts["joined"]
    total = run.rows if run.state == State.CHECKING else to_do + run.done
    return {
        "run": run,
        "counts": counts,
        "to_do": to_do,
        "taken": taken,
        "left": counts["rejected"] + counts["skipped"] + counts["again"],
        # Of those that were gone through, unlike `left`.
        "missed": max(0, run.done - taken),
        "total": total,
        "checking": run.state == State.CHECKING,
    }


def label_of(verdict: ImportRow.Verdict) -> str:
    """A verdict in words. A row that repeats one of its own file was not imported before."""
    return "Repeated" if verdict == Verdict.AGAIN else str(verdict.label)


def twin_words(patient: Patient, *, named: bool) -> dict[str, Any]:
    """Someone on file, so that one sees whether she is the person of the row: by name and birth
    date or, for whoever may not see patients, by initials and year."""
    if not named:
        initials = f"{patient.first_name[:1]}. {patient.last_name[:1]}."
        return {"code": patient.code, "key": None, "who": f"{initials}, {patient.birth_date.year}"}
    who = f"{patient.name}, born {say_date(patient.birth_date)}"
    return {"code": patient.code, "key": patient.pk, "who": who}


def cells_of(row: ImportRow) -> list[str]:
    """What stands in the file's row, as far as it is kept."""
    cells: list[str] = json.loads(row.cells or "[]")
    return [cell for cell in cells if cell]


def _found(request: StaffRequest, key: Any) -> ImportRun:
    run = queries.import_for(user=request.user, clinic=request.clinic, key=key)
    if run is None or run.state == State.DISCARDED:
        raise Http404
    return run
