"""What the desk sends when it blocks time on the board."""

from __future__ import annotations

from typing import Any

from django import forms

from bookings.forms.when import WhenForm
from bookings.rules.blocks import LENGTHS
from clinic.forms import HouseForm, RowField
from clinic.models.people import PractitionerQuerySet

NEXT = "next"


class BlockForm(WhenForm):
    """From when, whose time, and how long: minutes, or to the next visit."""

    practitioner = RowField(
        queryset=None,
        empty_label=None,
        error_messages={"invalid_choice": "Choose someone who works in this clinic."},
    )
    note = forms.CharField(label="Note", required=False, max_length=80)
    length = forms.ChoiceField(
        choices=[*((str(one), f"{one} min") for one in LENGTHS), (NEXT, "To the next visit")],
        error_messages={"required": "Choose how long.", "invalid_choice": "Choose how long."},
    )
    field_order = ("practitioner", "date", "time", "note")

    def __init__(self, *args: Any, practitioners: PractitionerQuerySet, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["practitioner"].queryset = practitioners  # type: ignore[attr-defined]


class UnblockForm(HouseForm):
    """One press: the time is free again."""

    version = forms.IntegerField(widget=forms.HiddenInput, min_value=1, max_value=2**31 - 1)
