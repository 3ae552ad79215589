"""Cream on, cream off, or none."""

from __future__ import annotations

from typing import Any

from django import forms

from clinic.forms import RowField, day_field
from treatments.forms.chart import ChartForm, ClockForm, clock_field, number_field, read_number
from treatments.queries.chart import creams_in_use
from treatments.rules.areas import AREAS
from treatments.rules.charting import read_grams


class CreamOnForm(ClockForm):
    """Which cream, from which tube, how much, where and since when."""

    slug, clock = "numb", "applied_at"
    product = RowField(
        label="Numbing cream",
        queryset=None,
        empty_label="Choose the cream",
        error_messages={
            "required": "Choose the cream, or say below why there is no numbing.",
            "invalid_choice": "Choose a cream from the list.",
        },
    )
    lot = forms.CharField(
        label="Lot", max_length=20, error_messages={"required": "Enter the lot on the tube."}
    )
    expires_on = day_field(label="Expires")
    amount = number_field(
        "Amount (g)",
        step="0.1",
        least="0.1",
        most="60",
        error_messages={"required": "Enter how many grams went on."},
    )
    areas = forms.MultipleChoiceField(
        label="Areas",
        choices=AREAS,
        widget=forms.CheckboxSelectMultiple,
        error_messages={
            "required": "Choose where the cream went.",
            "invalid_choice": "Choose areas from the list.",
        },
    )
    applied_at = clock_field("Applied at")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["expires_on"].error_messages["required"] = "Enter the expiry on the tube."
        creams = creams_in_use()
        self.fields["product"].queryset = creams  # type: ignore[attr-defined]
        if len(creams) == 1:
            self.fields["product"].initial = creams[0].pk
        self.none_in_use = not creams

    def clean_amount(self) -> int:
        return read_number(self.cleaned_data["amount"], read_grams, places=1, example="1.5")


class CreamOffForm(ClockForm):
    """When all cream came off."""

    slug, clock = "numb-off", "removed_at"
    removed_at = clock_field("Taken off at")


class NoCreamForm(ChartForm):
    """Why there is no numbing."""

    slug = "numb-none"
    reason = forms.CharField(
        label="Why is there no numbing?",
        max_length=200,
        help_text="For example: declined by the patient.",
        error_messages={"required": "Say why there is no numbing."},
    )
