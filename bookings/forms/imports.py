"""An import in forms: the file, its columns, what becomes of those who may be on file."""

from __future__ import annotations

import json
from typing import Any

from django import forms

from bookings.models import ImportRun
from bookings.rules.importing import FIELDS, MOST_BYTES, ORDERS, FileGiven
from clinic.forms import HouseForm
from clinic.permissions import Permission
from clinic.rules import text_fault

MOST_MB = MOST_BYTES // 1_000_000
LEFT_OUT = "Leave out"


class UploadForm(HouseForm):
    """A file and what stands in it."""

    kind = forms.ChoiceField(
        label="What stands in it",
        choices=ImportRun.Kind.choices,
        widget=forms.RadioSelect,
        error_messages={"required": "Say what stands in the file."},
    )
    file = forms.FileField(
        label="CSV file",
        max_length=120,
        allow_empty_file=True,
        help_text=f"At most {MOST_MB} MB and 100,000 rows, with the names of the columns in the "
        "first line.",
        error_messages={
            "required": "Choose the file that the other system exported.",
            "max_length": "The name of the file is longer than 120 characters. Rename it.",
            "invalid": "Choose the file that the other system exported.",
        },
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["file"].widget.attrs["accept"] = ".csv,.txt,.tsv,text/csv"
        kinds: Any = self.fields["kind"]
        if self.user and not self.user.can(Permission.BOOK, self.clinic.pk):
            kinds.choices = [one for one in ImportRun.Kind.choices if one[0] == "patients"]
        kinds.initial = "patients"

    def clean_file(self) -> FileGiven:
        given = self.cleaned_data["file"]
        if given.size > MOST_BYTES:
            raise forms.ValidationError(
                f"The file has {given.size / 1e6:,.1f} MB; an import takes {MOST_MB}. "
                "Divide it into several files."
            )
        if fault := text_fault(given.name):
            raise forms.ValidationError(fault)
        return FileGiven(given.name, given.read()).prepared()


class ColumnsForm(HouseForm):
    """What each column of the file means, and the order of its dates.

    `lines` are the columns as the page shows them: the field, the name and what stands there.
    """

    version = forms.IntegerField(widget=forms.HiddenInput, min_value=1, max_value=2**31 - 1)
    date_order = forms.ChoiceField(label="Dates are written", choices=[*ORDERS.items()])

    def __init__(self, *args: Any, run: ImportRun, guessed: list[str], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        told = json.loads(run.heads)
        self.names = [f"column_{n}" for n, _head in enumerate(told["heads"], 1)]
        choices = [("", LEFT_OUT), *FIELDS[run.kind].items()]
        for n, (name, head) in enumerate(zip(self.names, told["heads"], strict=True)):
            self.fields[name] = forms.ChoiceField(
                label=f"Column {n + 1}, {head}" if head else f"Column {n + 1}",
                choices=choices,
                required=False,
                initial=guessed[n],
                widget=forms.Select(attrs={"class": "form-select form-select-sm"}),
            )
        self.heads, self.samples = told["heads"], told["samples"]

    @property
    def lines(self) -> list[dict[str, Any]]:
        return [
            {"field": self[name], "head": head, "samples": samples}
            for name, head, samples in zip(self.names, self.heads, self.samples, strict=True)
        ]

    @property
    def columns(self) -> list[str]:
        """What each column means, in order."""
        return [self.cleaned_data[name] for name in self.names]


class StartForm(HouseForm):
    """The press that begins an import, and what becomes of those who may be on file."""

    version = forms.IntegerField(widget=forms.HiddenInput, min_value=1, max_value=2**31 - 1)
    twins = forms.ChoiceField(
        label="Those who may be on file already",
        choices=ImportRun.Twins.choices,
        widget=forms.RadioSelect,
        required=False,
        help_text="The same person keeps what is on file; only what is missing there is added.",
    )
    tells = forms.BooleanField(
        label="Send each patient a confirmation by email",
        required=False,
        help_text="Reminders go out the day before in either case.",
    )

    def clean_twins(self) -> str:
        return str(self.cleaned_data["twins"] or ImportRun.Twins.SKIP)


class DiscardForm(HouseForm):
    """The press that drops a file which was not imported."""

    version = forms.IntegerField(widget=forms.HiddenInput, min_value=1, max_value=2**31 - 1)


class ChoiceForm(HouseForm):
    """What becomes of one row."""

    row = forms.UUIDField(widget=forms.HiddenInput)
    choice = forms.ChoiceField(
        choices=[("", "As the others"), *ImportRun.Twins.choices], required=False
    )
