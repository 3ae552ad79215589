"""Putting a license on file, renewing it, and noting that its status changed."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django import forms

from clinic.forms.house import HouseForm, RowField, day_field
from clinic.models import License, Practitioner

# fmt: off
STATES = (
    "AL", "AK", "AZ", "AR", "CA", "CO", "CT", "DE", "DC", "FL", "GA", "HI", "ID", "IL", "IN",
    "IA", "KS", "KY", "LA", "ME", "MD", "MA", "MI", "MN", "MS", "MO", "MT", "NE", "NV", "NH",
    "NJ", "NM", "NY", "NC", "ND", "OH", "OK", "OR", "PA", "RI", "SC", "SD", "TN", "TX", "UT",
    "VT", "VA", "WA", "WV", "WI", "WY",
)
# fmt: on


class AddLicenseForm(HouseForm):
    """A license as printed."""

    practitioner = RowField(
        queryset=None,
        empty_label="Choose who holds it",
        error_messages={
            "required": "Choose who holds it.",
            "invalid_choice": "Choose someone who works in this clinic.",
        },
    )
    # Nothing is proposed: by its kind a license opens treatments, and nobody corrects it later.
    kind = forms.ChoiceField(
        choices=[("", "Choose the kind of license"), *License.Kind.choices],
        error_messages={"required": "Choose the kind of license."},
    )
    state = forms.ChoiceField(
        choices=[(state, state) for state in STATES],
        error_messages={
            "required": "Choose the state that issued it.",
            "invalid_choice": "Choose a state from the list, by its two letters.",
        },
    )
    number = forms.CharField(
        label="License number",
        max_length=30,
        help_text="As printed.",
        error_messages={"required": "Enter the number as printed on the license."},
    )
    issued_on = day_field(
        label="Issued on", error_messages={"required": "Enter the day on which it was issued."}
    )
    expires_on = day_field(
        label="Expires on",
        help_text="The printed day still counts.",
        error_messages={"required": "Enter the last day as printed."},
    )

    def __init__(
        self, *args: Any, practitioners: Callable[[], list[Practitioner]], **kwargs: Any
    ) -> None:
        super().__init__(*args, **kwargs)
        self.fields["practitioner"].queryset = practitioners  # type: ignore[attr-defined]
        self.fields["state"].initial = self.clinic.state


class LicenseStatusForm(HouseForm):
    """Suspended, lapsed, active again: what the register says now, and why."""

    version = forms.IntegerField(widget=forms.HiddenInput, min_value=1, max_value=2**31 - 1)
    status = forms.ChoiceField(  # type: ignore[assignment]  # a field is taken off the class
        label="New status",
        choices=License.Status.choices,
        error_messages={"required": "Choose the new status."},
    )
    reason = forms.CharField(
        max_length=500,
        widget=forms.Textarea(attrs={"rows": 2}),
        help_text="Where it was seen, and when.",
        error_messages={"required": "Say why the status changes."},
    )

    def __init__(self, *args: Any, now: str, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        others = [choice for choice in License.Status.choices if choice[0] != now]
        self.fields["status"].choices = [("", "Choose the new status"), *others]  # type: ignore[attr-defined]


class RenewLicenseForm(HouseForm):
    """The last day printed on the renewed license."""

    version = forms.IntegerField(widget=forms.HiddenInput, min_value=1, max_value=2**31 - 1)
    expires_on = day_field(
        label="New last day",
        help_text="As printed; that day still counts.",
        error_messages={"required": "Enter the new last day as printed."},
    )
