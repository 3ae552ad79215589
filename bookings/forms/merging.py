"""What is sent to merge two patients: who the other is, and of each field whose value stands."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django import forms

from bookings.rules.merging import FIELDS
from clinic.forms import HouseForm
from clinic.models import Patient
from clinic.rules import short_date

KEEP, TAKE = "keep", "take"
VERSION: Mapping[str, Any] = {"min_value": 1, "max_value": 2**31 - 1}


class MergeForm(HouseForm):
    """The other patient, both versions as the page showed them, and a choice where they differ."""

    other = forms.UUIDField(widget=forms.HiddenInput)
    version = forms.IntegerField(widget=forms.HiddenInput, **VERSION)
    other_version = forms.IntegerField(widget=forms.HiddenInput, **VERSION)

    def __init__(self, *args: Any, kept: Patient, merged: Patient | None, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.kept, self.merged = kept, merged
        for name, label in FIELDS.items():
            if merged is None:
                continue
            # A second press finds them alike already; it is still the press that was made.
            if f"of_{name}" in self.data or _shown(kept, name) != _shown(merged, name):
                self.fields[f"of_{name}"] = forms.ChoiceField(
                    label=label,
                    choices=[(KEEP, kept.code), (TAKE, merged.code)],
                    initial=KEEP if _shown(kept, name) else TAKE,
                    error_messages={"required": "Choose which one stands."},
                )

    @property
    def taking(self) -> list[str]:
        """The fields of which the other patient's value stands."""
        return [name for name in FIELDS if self.cleaned_data.get(f"of_{name}") == TAKE]

    @property
    def lines(self) -> list[dict[str, Any]]:
        """Both patients side by side: what each field holds, with the choice where they differ."""
        if self.merged is None:
            return []
        found = []
        for name, label in FIELDS.items():
            mine, theirs = _shown(self.kept, name), _shown(self.merged, name)
            if mine or theirs:
                chosen = self[f"of_{name}"] if f"of_{name}" in self.fields else None
                found.append(
                    {
                        "label": label,
                        "name": f"of_{name}",
                        "differs": chosen is not None,
                        "takes": chosen is not None and chosen.value() == TAKE,
                        "mine": mine,
                        "theirs": theirs,
                        "errors": chosen.errors if chosen is not None else [],
                    }
                )
        return found

    def clean(self) -> dict[str, Any]:
        values = super().clean() or self.cleaned_data
        hidden = [name for name in ("other", "version", "other_version") if name in self.errors]
        for name in hidden:
            # A hidden field has no place for its own error.
            del self.errors[name]
        if hidden:
            self.add_error(None, "Choose the other patient again.")
        return values


def _shown(patient: Patient, name: str) -> str:
    if name in ("sex_at_birth", "contact_by"):
        return str(getattr(patient, f"get_{name}_display")())
    if name == "birth_date":
        return short_date(patient.birth_date)
    return patient.phone_text if name == "phone" else str(getattr(patient, name) or "")


class UnmergeForm(HouseForm):
    """One press: the merge is taken back."""
