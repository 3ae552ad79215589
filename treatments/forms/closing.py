"""Finishing, ending early, correcting before the signature, signing, adding afterwards."""

from __future__ import annotations

from typing import Any

from django import forms

from treatments.forms.chart import ChartForm
from treatments.models import Addendum
from treatments.rules.areas import EndPoint

ENDPOINT_ERRORS = {"invalid_choice": "Choose an end point from the list."}


def _endpoint() -> forms.ChoiceField:
    return forms.ChoiceField(
        label="End point",
        choices=EndPoint.choices(),
        widget=forms.RadioSelect,
        required=False,
        error_messages=ENDPOINT_ERRORS,
    )


def _long(label: str, most: int, rows: int, **given: Any) -> forms.CharField:
    widget = forms.Textarea(attrs={"rows": rows, "data-keep": ""})
    return forms.CharField(label=label, max_length=most, widget=widget, **given)


class FinishForm(ChartForm):
    """How the treatment ended."""

    slug = "finish"
    endpoint = _endpoint()
    reaction = _long("Reaction of the skin", 2000, 2, required=False)
    note_text = _long("Note", 5000, 2, required=False)
    aftercare_given = forms.BooleanField(
        label="Aftercare explained and handed over", required=False
    )


class AbortForm(ChartForm):
    """Why the treatment ends early, and whether the needle touched the patient."""

    slug = "abort"
    said_anew = frozenset({"needle_contact"})
    reason = _long(
        "Why does it end early?", 300, 3, error_messages={"required": "Say why it ends early."}
    )
    needle_contact = forms.TypedChoiceField(
        label="Did the needle touch the patient?",
        choices=[("no", "No, not yet"), ("yes", "Yes")],
        coerce=lambda text: text == "yes",
        widget=forms.RadioSelect,
        error_messages={
            "required": "Choose whether the needle touched the patient.",
            "invalid_choice": "Choose whether the needle touched the patient.",
        },
    )


class AmendForm(ChartForm):
    """The end point and the texts, between the end and the signature."""

    slug = "amend"
    version = forms.IntegerField(widget=forms.HiddenInput, min_value=1)
    endpoint = _endpoint()
    reaction = _long("Reaction of the skin", 2000, 2, required=False)
    note_text = _long("Note", 5000, 4, required=False)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        stored = {"note_text": "note", "endpoint": "endpoint", "reaction": "reaction"}
        for name, column in stored.items():
            self.fields[name].initial = getattr(self.chart, column)
        self.fields["version"].initial = self.chart.version


class SignForm(ChartForm):
    """The author's password, typed again."""

    slug = "sign"
    version = forms.IntegerField(widget=forms.HiddenInput, min_value=1)
    password = forms.CharField(
        label="Password",
        strip=False,
        widget=forms.PasswordInput(attrs={"autocomplete": "current-password"}),
        error_messages={"required": "Type your password to sign."},
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["version"].initial = self.chart.version


class AddendumForm(ChartForm):
    """What is added to a signed record, and why."""

    slug = "addendum"
    kind = forms.ChoiceField(
        label="Kind",
        choices=Addendum.Kind.choices,
        widget=forms.RadioSelect,
        error_messages={"required": "Choose a kind.", "invalid_choice": "Choose a kind."},
    )
    text = _long("Text", 5000, 4, error_messages={"required": "Write the text."})
    reason = forms.CharField(
        label="Why is it added?", max_length=200, error_messages={"required": "Say why."}
    )
