"""What the forms of a chart share: their chart, the time, and times of day as typed."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from typing import Any

from django import forms

from clinic.forms import HouseForm
from clinic.rules import say_time
from treatments.models import Treatment
from treatments.rules.charting import no_number
from treatments.rules.visit_clock import typed_time


class ChartForm(HouseForm):
    """A form about one chart, at one time. `slug` tells it from the other forms of the page."""

    slug = "chart"

    def __init__(self, *args: Any, chart: Treatment, at: dt.datetime, **kwargs: Any) -> None:
        self.chart, self.at = chart, at
        super().__init__(*args, clinic=chart.clinic, auto_id=f"{self.slug}-%s", **kwargs)

    def renew(self, chart: Treatment) -> None:
        """After a stale save: what was typed stays, and the next press counts from this chart."""
        self.chart, self.data = chart, self.data.copy()  # type: ignore[attr-defined]
        self.data["version"] = str(chart.version)  # type: ignore[index]


class ClockForm(ChartForm):
    """A form with one time of day, named by `clock`, on the clinic's wall clock.

    In its values the time is an instant. A time in the gap of a clock change is refused; one
    that the clock showed twice is asked about in `which` (P4, P5).
    """

    clock = ""
    which = forms.ChoiceField(label="Which one?", widget=forms.RadioSelect, required=False)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.asks_which = False
        if self.is_bound:
            self.fields[self.clock].widget.attrs["data-now"] = "typed"
        self.fields[self.clock].initial = self.chart.clinic.local(self.at).time()
        self.fields["which"].choices = [("first", "The first"), ("second", "The second")]  # type: ignore[attr-defined]

    def clean(self) -> dict[str, Any]:
        values: dict[str, Any] = super().clean() or self.cleaned_data
        which = values.pop("which", "")
        time = values.get(self.clock)
        if time is None:
            return values
        typed = typed_time(
            time,
            came_at=self.chart.appointment.arrived_at or self.chart.opened_at,
            at=self.at,
            zone=self.chart.clinic.zone,
        )
        if typed.fault:
            self.add_error(self.clock, typed.fault)
        elif len(typed.instants) == 1:
            values[self.clock] = typed.instants[0]
        else:
            self._ask(typed.instants, which, values)
        return values

    def _ask(self, instants: tuple[dt.datetime, ...], which: str, values: dict[str, Any]) -> None:
        self.asks_which = True
        locals_ = [self.chart.clinic.local(one) for one in instants]
        self.fields["which"].choices = [  # type: ignore[attr-defined]
            (key, f"{say_time(local)} {local.tzname()}")
            for key, local in zip(("first", "second"), locals_, strict=True)
        ]
        if which:
            values[self.clock] = instants[0 if which == "first" else 1]
        else:
            shown = say_time(locals_[0])
            self.add_error(
                self.clock, f"The clocks were set back: it was {shown} twice. Choose which one."
            )


def clock_field(label: str, **given: Any) -> forms.TimeField:
    """A time of day; the page lets it run with the clock until someone types in it."""
    return forms.TimeField(
        label=label,
        input_formats=["%H:%M", "%H:%M:%S", "%I:%M %p", "%I:%M%p"],
        widget=forms.TimeInput(format="%H:%M", attrs={"type": "time", "data-now": ""}),
        error_messages={
            "required": "Enter the time.",
            "invalid": "Enter a time of day, such as 14:05.",
        },
        **given,
    )


def number_field(label: str, *, step: str, least: str, most: str, **given: Any) -> forms.CharField:
    """A number by keypad or stepper. It is text to the browser, so that what was typed is never
    swallowed: a comma comes back with a sentence."""
    attrs = {
        "class": "form-control",
        "inputmode": "decimal",
        "step": step,
        "min": least,
        "max": most,
    }
    return forms.CharField(label=label, widget=forms.TextInput(attrs=attrs), **given)


def read_number(text: str, read: Callable[[str], int | None], *, places: int, example: str) -> int:
    """The typed number in its smallest unit, or an error that says how to write it."""
    found = read(text)
    if found is None:
        raise forms.ValidationError(f"{no_number(text, places=places)}, such as {example}.")
    return found
