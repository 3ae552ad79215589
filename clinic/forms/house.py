"""The one form of the house: one-time key, exact text, refusals beside their fields."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from functools import cached_property
from typing import Any, ClassVar

from crispy_forms.helper import FormHelper
from django import forms
from django.core.validators import MaxLengthValidator, MaxValueValidator, MinValueValidator
from django.http import QueryDict

from clinic import drafts
from clinic.constraints import FIRST_DAY, LAST_DAY
from clinic.refusals import Refusal
from clinic.rules import read_date, text_fault

DATE = "Enter a date, for example Nov 24, 2026."
BOUNDED = "Use a date between 1900 and 2200."
NOT_OURS = "This form is not as the page made it. Nothing was changed."
NO_CHOICE = "Choose one from the list."
MOST_CHARS = 5000
# Of every text, by the codes of what checks it.
TEXT = {
    "max_length": "Use at most %(limit_value)d characters; this has %(show_value)d.",
    "null_characters_not_allowed": text_fault("\x00") or "",
}


class DayField(forms.DateField):
    """A date as a picker sends it or as people here type it."""

    def strptime(self, value: str, format: str) -> dt.date:
        found = read_date(value)
        if found is None:
            raise ValueError(value)
        return found


def day_field(**given: Any) -> forms.DateField:
    """A clinic-local date between 1900 and 2200, from a picker or typed (see read_date)."""
    says = {"invalid": DATE, "required": DATE} | given.pop("error_messages", {})
    return DayField(
        widget=forms.DateInput(format="%Y-%m-%d", attrs={"type": "date"}),
        validators=[MinValueValidator(FIRST_DAY, BOUNDED), MaxValueValidator(LAST_DAY, BOUNDED)],
        error_messages=says,
        **given,
    )


class _Rows(forms.models.ModelChoiceIterator):
    """The choices of a RowField, from rows that it reads when they are first asked for."""

    def __init__(self, field: RowField) -> None:
        self.field = field

    @property
    def queryset(self) -> Any:  # type: ignore[override]  # Django keeps a query of its own here
        return self.field.queryset

    def __iter__(self) -> Iterator[Any]:
        if self.field.empty_label is not None:
            yield "", self.field.empty_label
        for row in self.queryset:
            yield self.choice(row)


class RowField(forms.ModelChoiceField):
    """One of a few rows that the form gives it, which are read once however often it is asked.

    A key that is no key answers like a missing row.
    """

    iterator = _Rows
    _queryset: Any = None

    @property
    def queryset(self) -> Any:
        """The rows: given as a query, as a list, or as what reads them when first asked."""
        if callable(self._queryset):
            self._queryset = self._queryset()
        return self._queryset

    @queryset.setter
    def queryset(self, rows: Any) -> None:
        self._queryset = rows
        self.widget.choices = self.choices

    def to_python(self, value: Any) -> Any:
        if value in self.empty_values:
            return None
        key = str(getattr(value, "pk", value))
        for row in self.queryset or ():
            if str(row.pk) == key:
                return row
        raise forms.ValidationError(self.error_messages["invalid_choice"], code="invalid_choice")


def _in_our_words(field: forms.Field) -> None:
    """Let a field that has no sentence of its own refuse in the house's, not in the machine's."""
    says = field.error_messages
    if isinstance(field, forms.UUIDField):
        says["invalid"] = NOT_OURS
    if says.get("invalid_choice") == forms.ChoiceField.default_error_messages["invalid_choice"]:
        says["invalid_choice"] = NO_CHOICE
    if isinstance(field, forms.CharField):
        for code, sentence in TEXT.items():
            says.setdefault(code, sentence)


class _Helper(FormHelper):
    """How crispy-forms draws the fields of a form; the same for all forms of the house."""

    form_tag = False
    disable_csrf = True
    field_template = "clinic/_field.html"

    @cached_property
    def _attributes(self) -> dict[str, Any]:
        return dict(super().get_attributes())

    def get_attributes(self, *_pack: Any, **_same: Any) -> dict[str, Any]:
        """What each field asks for anew, and what never differs."""
        return self._attributes.copy()


class HouseForm(forms.Form):
    """A form whose every press is safe to repeat, and which keeps what was typed.

    `once` is the one-time key that goes to the operation. `clinic` is the clinic at work.
    `status` is what the page answers after a fault: 422, or 409 after a conflict.
    """

    helper = _Helper()
    once = forms.CharField(widget=forms.HiddenInput, required=False, max_length=64)
    # Fields that are scanned or answered anew each time, beside all ticks and passwords.
    said_anew: ClassVar[frozenset[str]] = frozenset()
    # Fields that a form only has when it is made, beside those of its class.
    added: ClassVar[frozenset[str]] = frozenset()

    @classmethod
    def never_kept(cls) -> frozenset[str]:
        """The fields that no draft keeps and no page fills in again (P13): what someone confirms
        or proves is said anew."""
        return cls.said_anew | {
            name
            for name, field in cls.base_fields.items()
            if isinstance(field, forms.BooleanField)
            or isinstance(field.widget, forms.PasswordInput)
        }

    @classmethod
    def keeps(cls) -> frozenset[str]:
        """The fields that a draft has: those of the form, and nothing that it never keeps (P16)."""
        return (frozenset(cls.base_fields) | cls.added) - cls.never_kept()

    def __init__(self, *args: Any, clinic: Any = None, user: Any = None, **kwargs: Any) -> None:
        self.clinic, self.user = clinic, user
        self.status = 422
        self.no: Refusal | None = None
        super().__init__(*args, **kwargs)
        self.fields["once"].initial = drafts.new_key()
        never_kept = self.never_kept()
        for name, field in self.fields.items():
            if name in never_kept:
                field.widget.attrs["data-anew"] = ""
            field.widget.attrs.setdefault("autocomplete", "off")
            if name == "once":
                continue
            if isinstance(field, forms.UUIDField):
                continue  # no text: what it reads is a key
            if isinstance(field, forms.CharField) and not field.max_length:
                field.validators.append(MaxLengthValidator(MOST_CHARS))

    def _clean_fields(self) -> None:
        for field in self.fields.values():
            _in_our_words(field)
        # A text is stored as it was typed, or refused in words.
        super()._clean_fields()  # type: ignore[misc]
        if any(self._sent_twice(name) for name in self.fields):
            self.refuse(Refusal(NOT_OURS, rule="input", way_out="Reload the page."))
        for name, value in list(self.cleaned_data.items()):
            if isinstance(value, str) and (fault := text_fault(value)):
                self.add_error(name, fault)

    def _sent_twice(self, name: str) -> bool:
        """Whether a field of one value came with two: which one was meant is not for us to say."""
        several = getattr(self.fields[name].widget, "allow_multiple_selected", False)
        if several or not isinstance(self.data, QueryDict):
            return False
        return len(set(self.data.getlist(self.add_prefix(name)))) > 1

    def refuse(self, no: Refusal) -> None:
        """Show an operation's refusal beside its field, or above the form, and so its others."""
        self.no, self.status = no, no.status
        for one in (no, *no.also):
            self.add_error(one.field if one.field in self.fields else None, one.text)

    @property
    def values(self) -> dict[str, Any]:
        """The cleaned fields without the one-time key: the arguments of an operation."""
        return {name: value for name, value in self.cleaned_data.items() if name != "once"}

    @property
    def key(self) -> str | None:
        """The one-time key, for the operation's `once`."""
        return self.cleaned_data.get("once") or None
