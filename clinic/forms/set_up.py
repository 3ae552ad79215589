"""What the set-up forms share: the version of the row shown, and both texts after a lost race."""

from __future__ import annotations

import hashlib
from collections.abc import Collection
from typing import Any

from django import forms

from clinic.forms.house import HouseForm
from clinic.models import Record

GONE = "Open the page again, then change what is needed."


class ChangeForm(HouseForm):
    """Changes one row: a stale save is seen by its version, and what differs is shown (P12).

    The other fields bear the names of the row's columns.
    """

    version = forms.IntegerField(widget=forms.HiddenInput, min_value=1, max_value=2**31 - 1)

    def clean(self) -> dict[str, Any]:
        values = super().clean() or self.cleaned_data
        if self.errors.pop("version", None):
            # A hidden field has no place for its own error.
            self.add_error(None, GONE)
        return values

    def differences(self, row: Record, *, but: Collection[str] = ()) -> list[dict[str, str]]:
        """Where what was typed is not what is on file now, `but` for some: label, both texts."""
        found = []
        left_out = {"once", "version", *but}
        # What a form hands on under other names is compared as it was typed.
        for name, typed in {**self.cleaned_data, **self.values}.items():
            if name in left_out or name not in self.fields or not hasattr(row, name):
                continue
            on_file, said = self._shown(name, getattr(row, name)), self._shown(name, typed)
            if on_file != said:
                label = self.fields[name].label or name.replace("_", " ").capitalize()
                found.append({"label": str(label), "on_file": on_file, "typed": said})
        return found

    def now_at(self, version: int) -> None:
        """Let the next press be judged against the row as shown now."""
        self.data = self.data.copy()  # type: ignore[attr-defined]
        self.data["version"] = str(version)  # type: ignore[index]

    def _shown(self, name: str, value: Any) -> str:
        field = self.fields[name]
        if isinstance(field, forms.ChoiceField) and not isinstance(value, list | tuple):
            return str(dict(field.choices).get(value, value))  # type: ignore[arg-type]
        if hasattr(value, "all"):
            value = value.all()
        if not isinstance(value, str) and hasattr(value, "__iter__"):
            return ", ".join(str(one) for one in value)
        return str(field.prepare_value(value) or "")


class LookFirst(HouseForm):
    """A form whose first press shows what it touches, and whose second press does it.

    `looked` is the mark of the values that were shown; what is typed later is shown again.
    """

    looked = forms.CharField(required=False, max_length=64, widget=forms.HiddenInput)

    @property
    def mark(self) -> str:
        """What stands for the values typed now."""
        typed = [(name, self._told(name, value)) for name, value in sorted(self.values.items())]
        return hashlib.sha256(repr(typed).encode("utf-8", "replace")).hexdigest()

    @property
    def values(self) -> dict[str, Any]:
        return {name: value for name, value in super().values.items() if name != "looked"}

    def looked_at(self) -> bool:
        """Whether exactly these values were shown before."""
        return bool(self.cleaned_data.get("looked") == self.mark)

    def look(self) -> None:
        """The next press does what is shown now."""
        self.data = self.data.copy()  # type: ignore[attr-defined]
        self.data["looked"] = self.mark  # type: ignore[index]

    def _told(self, name: str, value: Any) -> str:
        return str(value)


class UseForm(HouseForm):
    """Takes something out of use, or brings it back; what the page showed is its version."""

    version = forms.IntegerField(widget=forms.HiddenInput, min_value=1, max_value=2**31 - 1)
    in_use = forms.BooleanField(widget=forms.HiddenInput, required=False)
