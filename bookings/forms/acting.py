"""What the desk sends when it acts on a visit."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from contextlib import suppress
from functools import partial
from typing import Any

from django import forms
from django.core.exceptions import ValidationError

from bookings.forms.overriding import may_override, override_field
from bookings.forms.when import WhenForm, read_choice
from bookings.queries.listing import rooms_in_use
from bookings.rules.cancelling import WORDS, CancelledAs
from clinic.forms import HouseForm, RowField
from clinic.models import Practitioner
from clinic.rules import on_wall_clock

STALE = "Open the visit again, then do this once more."


class _OnVisit(forms.Form):
    """The version of the visit that the page showed, so that a stale press is seen (P12)."""

    version = forms.IntegerField(widget=forms.HiddenInput, min_value=1, max_value=2**31 - 1)

    def clean(self) -> dict[str, Any]:
        values = super().clean() or self.cleaned_data
        if "version" in self.errors:
            # A hidden field has no place for its own error.
            del self.errors["version"]
            self.add_error(None, STALE)
        return values

    def now_at(self, version: int) -> None:
        """Let the next press be judged against the visit as it is shown now."""
        if self.is_bound:
            self.data = self.data.copy()  # type: ignore[attr-defined]
            self.data["version"] = str(version)  # type: ignore[index]


class StepForm(_OnVisit, HouseForm):
    """One press: confirm, mark arrived, mark no-show."""


class AllowForm(_OnVisit, HouseForm):
    """Why a visit is treated sooner than the interval."""

    reason = forms.CharField(
        label="Reason for the shorter interval",
        max_length=200,
        help_text="It is on the weekly list of overrides.",
        error_messages={"required": "Say why the visit comes sooner."},
    )


class CancelForm(_OnVisit, HouseForm):
    """Who calls a visit off, and why. `late` is what the desk should know before it does."""

    cancelled_as = forms.ChoiceField(
        label="Called off by",
        choices=[(str(one), says) for one, says in WORDS.items()],
        initial=str(CancelledAs.PATIENT),
        widget=forms.RadioSelect,
        error_messages={"required": "Say who called the visit off."},
    )
    reason = forms.CharField(
        label="Reason",
        max_length=200,
        widget=forms.Textarea(attrs={"rows": 2}),
        error_messages={"required": "Say why the visit is cancelled."},
    )

    def __init__(self, *args: Any, late: str = "", **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["cancelled_as"].help_text = late


class MoveForm(_OnVisit, WhenForm):
    """Another time for a visit, or another practitioner.

    `proposed` are free times to choose from instead, asked for or after a refusal; None where
    nobody looked. `none_with` names who was asked for and has none.
    """

    practitioner = RowField(
        queryset=None,
        empty_label=None,
        error_messages={"invalid_choice": "Choose someone who works in this clinic."},
    )
    # Sent by a drop on another room of the board; else the visit keeps its own if it can.
    room = RowField(
        queryset=None,
        required=False,
        widget=forms.HiddenInput,
        error_messages={"invalid_choice": "This room is not in use."},
    )
    field_order = ("date", "time", "practitioner")
    added = frozenset({"override_reason"})

    def __init__(
        self, *args: Any, practitioners: Callable[[], list[Practitioner]], **kwargs: Any
    ) -> None:
        super().__init__(*args, **kwargs)
        self.fields["practitioner"].queryset = practitioners  # type: ignore[attr-defined]
        self.fields["room"].queryset = partial(rooms_in_use, self.clinic)  # type: ignore[attr-defined]
        if may_override(self.user, self.clinic):
            self.fields["override_reason"] = override_field()
        self.proposed: list[dict[str, Any]] | None = None
        self.none_with = ""

    def clean(self) -> dict[str, Any]:
        values = super().clean()
        if faults := self.errors.pop("room", None):
            # A hidden field has no place for its own error.
            self.add_error(None, list(faults))
        return values

    def glimpse_room(self, key: str) -> Any:
        """The room in use of that key; None where there is none."""
        with suppress(ValidationError):
            return self.fields["room"].clean(key)
        return None

    def glimpse_choice(self, key: str) -> tuple[dt.datetime, Any] | None:
        """When (UTC) and with whom a proposed time is; None where it means nothing here."""
        read = read_choice(key)
        with suppress(ValidationError):
            return read and (read[1], self.fields["practitioner"].clean(read[0]))
        return None

    def glimpse(self) -> tuple[dt.datetime | None, Any]:
        """When (UTC) and with whom, as far as that can be read; says nothing of what is wrong."""
        found: dict[str, Any] = {}
        for name in ("date", "time", "practitioner"):
            with suppress(ValidationError):
                found[name] = self.fields[name].clean(self[name].value())
        if "date" not in found or "time" not in found:
            return None, found.get("practitioner")
        meant = on_wall_clock(found["date"], found["time"], self.clinic.zone).instants
        return (meant[0] if meant else None), found.get("practitioner")
