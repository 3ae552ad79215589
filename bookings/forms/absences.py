"""Time off, closures and holidays: what one types of them."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from typing import Any

from django import forms

from bookings.forms.hours import time_field
from bookings.rules.closing import off_span
from bookings.rules.hours import DAY_MIN, end_minute
from clinic.forms import HouseForm, day_field
from clinic.forms.set_up import LookFirst

BACKWARDS = "This ends before it begins."


class TimeOffForm(LookFirst):
    """From when to when someone is off; `values` has the instants (UTC)."""

    first_on = day_field(label="First day")
    last_on = day_field(label="Last day", help_text="The last day off, not the day of the return.")
    starts = time_field("From")
    ends = time_field("To")
    note = forms.CharField(
        label="Note",
        max_length=80,
        required=False,
        help_text="For those who set up the clinic; the desk sees only that it is time off.",
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["starts"].help_text = "On the first day. Empty: from its beginning."
        self.fields["ends"].help_text = "On the last day. Empty: to its end."

    def clean(self) -> dict[str, Any]:
        values = super().clean() or self.cleaned_data
        first_on, last_on = values.pop("first_on", None), values.pop("last_on", None)
        starts, ends = values.pop("starts", None), values.pop("ends", None)
        if self.errors or not first_on or not last_on:
            return values
        span = off_span(
            first_on,
            last_on,
            starts_min=starts.hour * 60 + starts.minute if starts else 0,
            ends_min=end_minute(ends) if ends else DAY_MIN,
            zone=self.clinic.zone,
        )
        if span[0] >= span[1]:
            self.add_error("last_on" if last_on < first_on else "ends", BACKWARDS)
        values["starts_at"], values["ends_at"] = span
        return values


class ClosureForm(LookFirst):
    """Days, both inclusive, on which nobody is treated."""

    name = forms.CharField(
        label="Closed for",
        max_length=80,
        help_text="The day board and the desk's refusals say it, for example Moving house.",
        error_messages={"required": "Say what it is closed for."},
    )
    first_on = day_field(label="First day")
    last_on = day_field(label="Last day")

    def clean(self) -> dict[str, Any]:
        values = super().clean() or self.cleaned_data
        first_on, last_on = values.get("first_on"), values.get("last_on")
        if first_on and last_on and last_on < first_on:
            self.add_error("last_on", BACKWARDS)
        return values


class HolidaysForm(HouseForm):
    """Public holidays to tick."""

    days = forms.MultipleChoiceField(
        label="Closed on",
        widget=forms.CheckboxSelectMultiple,
        error_messages={"required": "Tick at least one holiday."},
    )

    def __init__(self, *args: Any, offered: Mapping[dt.date, str], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["days"].choices = [  # type: ignore[attr-defined]
            (day.isoformat(), says) for day, says in offered.items()
        ]

    def clean_days(self) -> list[dt.date]:
        return [dt.date.fromisoformat(day) for day in self.cleaned_data["days"]]


class WithdrawForm(HouseForm):
    """Takes time off or a closure back; what the page showed is its version."""

    version = forms.IntegerField(widget=forms.HiddenInput, min_value=1, max_value=2**31 - 1)
