"""A date and a time as a clinic's wall clock shows them, and the one instant they mean."""

from __future__ import annotations

import datetime as dt
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils.functional import lazy

from bookings.rules import choice
from bookings.rules.typed import read_time
from clinic.constraints import FIRST_INSTANT, LAST_INSTANT
from clinic.forms import HouseForm, day_field
from clinic.refusals import Refusal
from clinic.rules import locale, on_wall_clock, say_date, say_time


def read_choice(key: str) -> tuple[str, dt.datetime] | None:
    """With whom (as it was sent) and when (UTC) a `choice_key` means; None where it means nothing.

    An instant that the calendar of a clinic does not reach means nothing.
    """
    read = choice.read_choice(key)
    return read if read and FIRST_INSTANT <= read[1] <= LAST_INSTANT else None


def _time_help() -> str:
    if locale().hours_24:
        return "9, 930 and 14:30 will do."
    return "9, 930 and 14:30 will do. 1 to 6 mean the afternoon unless AM is typed."


# Said when a page is written, in the way of its clinic.
TIME_HELP: Any = lazy(_time_help, str)()


class TypedTimeField(forms.TimeField):
    """A time of the clinic's wall clock, however it is typed (see `read_time`): where the clinic
    writes 24 hours, 2:30 is the night's."""

    def strptime(self, value: str, format: str) -> dt.time:
        found = read_time(value, small_hours_are_pm=not locale().hours_24)
        if found is None:
            raise ValueError(value)
        return found


class WhenForm(HouseForm):
    """Date and time on the clinic's wall clock; `values["starts_at"]` is the instant, UTC.

    A time that the clock skips is refused (P5). One that it shows twice is asked: `twice`
    holds both instants. What a page proposes comes as buttons named "choice" whose value is
    `choice_key(...)`; a choice wins over whatever else was typed.
    """

    date = day_field()
    time = TypedTimeField(
        widget=forms.TextInput(attrs={"placeholder": "9:30"}),
        error_messages={"invalid": "Enter a time, for example 9:30."},
    )
    choice = forms.CharField(required=False, widget=forms.HiddenInput, max_length=80)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.twice: tuple[dt.datetime, ...] = ()

    def clean(self) -> dict[str, Any]:
        values = super().clean() or self.cleaned_data
        if values.pop("choice", "") or "choice" in self.errors:
            self._choose(values)
        elif "date" in values and "time" in values:
            self._settle(values, values["date"], values["time"])
        values.pop("date", None)
        values.pop("time", None)
        return values

    def _choose(self, values: dict[str, Any]) -> None:
        read = read_choice(str(self.data.get(self.add_prefix("choice"), "")))
        try:
            chosen = read and (self.fields["practitioner"].clean(read[0]), read[1])
        except ValidationError:
            chosen = None
        if chosen is None:
            self.errors.pop("choice", None)
            self.add_error(None, "Choose one of the times on the page.")
            return
        for name in ("choice", "date", "time", "practitioner"):
            self.errors.pop(name, None)
        values["practitioner"], values["starts_at"] = chosen

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
                f"The clock is set back on {say_date(day)}: {word} comes twice, in {names}. "
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
