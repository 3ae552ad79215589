"""Working hours: a week, and other hours on one day."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from typing import Any

from django import forms
from django.forms import BoundField

from bookings.forms.when import TypedTimeField
from bookings.rules.hours import end_minute
from clinic.forms import HouseForm, day_field
from clinic.rules import WEEKDAYS, Hours

PLACES = range(2)
HALF = "Enter both times, or leave both empty."


def time_field(label: str) -> TypedTimeField:
    """A time of the clinic's wall clock, from a picker or typed as 9:30 AM; it may be empty."""
    return TypedTimeField(
        label=label,
        required=False,
        widget=forms.TimeInput(format="%H:%M", attrs={"type": "time"}),
        error_messages={"invalid": "Enter a time, for example 9:30."},
    )


def _spans(prefix: str, name: str) -> dict[str, forms.Field]:
    words = ("", ", after the break")
    return {
        f"{prefix}_{place}_{edge}": time_field(f"{name}{words[place]}, {edge}")
        for place in PLACES
        for edge in ("from", "to")
    }


class HoursForm(HouseForm):
    """A form with hours of days: `prefix_0_from`, `prefix_0_to`, `prefix_1_from`, …"""

    def hours(self, prefix: str) -> list[tuple[int, int]]:
        """The hours typed for a day, in minutes of its wall clock; says what is half typed."""
        found = []
        for place in PLACES:
            names = f"{prefix}_{place}_from", f"{prefix}_{place}_to"
            first, last = (self.cleaned_data.get(name) for name in names)
            if any(name in self.errors for name in names):
                continue
            if (first is None) != (last is None):
                self.add_error(names[0] if first is None else names[1], HALF)
            elif first is not None and last is not None:
                found.append((first.hour * 60 + first.minute, end_minute(last)))
        return found

    def cells(self, prefix: str) -> list[BoundField]:
        """The fields of a day, in order."""
        return [self[f"{prefix}_{place}_{edge}"] for place in PLACES for edge in ("from", "to")]


def initial_hours(prefix: str, hours: Hours) -> dict[str, dt.time]:
    """What the fields of a day show first."""
    return {
        f"{prefix}_{place}_{edge}": dt.time(minute // 60 % 24, minute % 60)
        for place, span in enumerate(sorted(hours)[: len(PLACES)])
        for edge, minute in zip(("from", "to"), span, strict=True)
    }


class SevenDaysForm(HoursForm):
    """Seven days with up to two spans each; the break is the gap between them."""

    copy_day = forms.ChoiceField(
        label="Copy",
        required=False,
        choices=[(str(n), name) for n, name in enumerate(WEEKDAYS)],
    )
    copy_to = forms.MultipleChoiceField(
        label="to",
        required=False,
        choices=[(str(n), name[:3]) for n, name in enumerate(WEEKDAYS)],
        widget=forms.CheckboxSelectMultiple,
    )
    said_anew = frozenset({"copy_day", "copy_to"})

    @property
    def week(self) -> list[list[tuple[int, int]]]:
        """The hours typed for each day, from Monday on; says what is half typed."""
        return [self.hours(f"d{n}") for n in range(7)]

    @property
    def rows(self) -> list[dict[str, Any]]:
        """The days with their fields, for the page."""
        return [{"day": name, "cells": self.cells(f"d{n}")} for n, name in enumerate(WEEKDAYS)]

    def copied(self) -> Any:
        """What was typed, with one day's hours copied to others."""
        data = self.data.copy()  # type: ignore[attr-defined]
        day = data.get("copy_day", "")
        for other in data.getlist("copy_to"):
            for cell in self.cells("d0"):
                _day, _, rest = cell.name.partition("_")
                if f"d{other}_{rest}" in self.fields:
                    data[f"d{other}_{rest}"] = data.get(f"d{day}_{rest}", "")
        data.setlist("copy_to", [])
        return data


for _n, _name in enumerate(WEEKDAYS):
    SevenDaysForm.base_fields.update(_spans(f"d{_n}", _name))


class WeekForm(SevenDaysForm):
    """A practitioner's week, from a date on."""

    starts_on = day_field(
        label="Counts from",
        help_text="Older hours end the day before. What was planned from this date on is replaced.",
    )
    seen = forms.CharField(required=False, max_length=64, widget=forms.HiddenInput)

    def clean(self) -> dict[str, Any]:
        values = super().clean() or self.cleaned_data
        return {
            "week": self.week,
            "starts_on": values.get("starts_on"),
            "seen": values.get("seen") or None,
            "once": values.get("once"),
        }


class OpeningForm(SevenDaysForm):
    """When the clinic is open, day by day."""

    version = forms.IntegerField(widget=forms.HiddenInput, min_value=1, max_value=2**31 - 1)

    def clean(self) -> dict[str, Any]:
        values = super().clean() or self.cleaned_data
        return {
            "week": self.week,
            "version": values.get("version"),
            "once": values.get("once"),
        }


def initial_week(week: Sequence[Hours]) -> dict[str, Any]:
    """What the form of a week shows first."""
    found: dict[str, Any] = {}
    for n, hours in enumerate(week):
        found |= initial_hours(f"d{n}", hours)
    return found


class DayForm(HoursForm):
    """Other hours on one day; none typed: no work that day."""

    day = day_field(label="Day")
    seen = forms.CharField(required=False, max_length=64, widget=forms.HiddenInput)
    note = forms.CharField(
        label="Note",
        max_length=80,
        required=False,
        help_text="For those who set up the clinic; the desk does not see it.",
    )

    def clean(self) -> dict[str, Any]:
        values = super().clean() or self.cleaned_data
        return {
            "day": values.get("day"),
            "seen": values.get("seen") or None,
            "note": values.get("note", ""),
            "hours": self.hours("hours"),
            "once": values.get("once"),
        }

    @property
    def shown(self) -> list[BoundField]:
        """The times, for the page."""
        return self.cells("hours")


DayForm.base_fields.update(_spans("hours", "Works"))


class ClearDayForm(HouseForm):
    """Takes back the other hours of a day."""

    day = forms.DateField(widget=forms.HiddenInput)
    seen = forms.CharField(required=False, max_length=64, widget=forms.HiddenInput)

    def clean_seen(self) -> str | None:
        return self.cleaned_data["seen"] or None
