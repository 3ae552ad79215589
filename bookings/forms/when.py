"""A date and a time as a clinic's wall clock shows them, and the one instant they mean."""

from __future__ import annotations

import datetime as dt
from typing import Any

from django import forms
from django.core.validators import MaxValueValidator, MinValueValidator

from clinic.constraints import FIRST_DAY, FIRST_INSTANT, LAST_DAY, LAST_INSTANT
from clinic.forms import HouseForm
from clinic.refusals import Refusal
from clinic.rules import on_wall_clock, say_date, say_time

BOUNDED = "Use a date between 1900 and 2200."


def day_field(**given: Any) -> forms.DateField:
    """A clinic-local date between 1900 and 2200."""
    return forms.DateField(
        widget=forms.DateInput(format="%Y-%m-%d", attrs={"type": "date"}),
        validators=[MinValueValidator(FIRST_DAY, BOUNDED), MaxValueValidator(LAST_DAY, BOUNDED)],
        error_messages={"invalid": "Enter a date, for example 2026-11-24."},
        **given,
    )


class WhenForm(HouseForm):
    """Date and time on the clinic's wall clock; `cleaned_data["starts_at"]` is the instant, UTC.

    A time that the clock skips is refused (P5). One that it shows twice is asked: `twice`
    holds both instants, and the page offers them as buttons named "instant", which also carry
    any other time that a page proposes and win over date and time.
    """

    date = day_field()
    time = forms.TimeField(
        widget=forms.TimeInput(format="%H:%M", attrs={"type": "time"}),
        error_messages={"invalid": "Enter a time, for example 9:30."},
        input_formats=["%H:%M", "%H:%M:%S", "%I:%M %p"],
    )
    instant = forms.DateTimeField(
        required=False,
        widget=forms.HiddenInput,
        validators=[
            MinValueValidator(FIRST_INSTANT, BOUNDED),
            MaxValueValidator(LAST_INSTANT, BOUNDED),
        ],
        error_messages={"invalid": "Choose one of the times on the page."},
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.twice: tuple[dt.datetime, ...] = ()

    def clean(self) -> dict[str, Any]:
        values = super().clean() or self.cleaned_data
        if "instant" in self.errors:
            self.add_error(None, self.errors["instant"].as_data())
        elif instant := values.pop("instant", None):
            for name in {"date", "time"} & {*self.errors}:
                del self.errors[name]
            values["starts_at"] = instant.astimezone(dt.UTC)
        elif "date" in values and "time" in values:
            self._settle(values, values["date"], values["time"])
        values.pop("date", None)
        values.pop("time", None)
        return values

    def _settle(self, values: dict[str, Any], day: dt.date, time: dt.time) -> None:
        zone = self.clinic.zone
        found = on_wall_clock(day, time, zone).instants
        word = say_time(dt.datetime.combine(day, time))
        if not found:
            self.add_error(
                "time",
                f"The clock is set forward on {say_date(day)}: there is no {word}. "
                "Choose another time.",
            )
        elif len(found) == 2:
            self.twice = found
            names = " and ".join(f"{one.astimezone(zone):%Z}" for one in found)
            self.add_error(
                "time",
                f"The clock is set back on {say_date(day)}: {word} comes twice, {names}. "
                "Choose which.",
            )
        else:
            values["starts_at"] = found[0]

    def refuse(self, no: Refusal) -> None:
        """What is said of the start belongs beside the time."""
        if no.field == "starts_at":
            self.no, self.status = no, no.status
            self.add_error("time", no.text)
        else:
            super().refuse(no)
