"""One needling pass."""

from __future__ import annotations

from typing import Any

from django import forms

from treatments.forms.chart import ChartForm, number_field, read_number
from treatments.rules.areas import AREAS, EndPoint
from treatments.rules.charting import read_depth, say_depth


class PassForm(ChartForm):
    """Where, how deep, how often, and what the skin showed."""

    slug = "pass"
    ENTERED = ("area", "depth", "passes", "endpoint")
    area = forms.ChoiceField(
        label="Area",
        choices=AREAS,
        widget=forms.RadioSelect,
        error_messages={
            "required": "Choose the area.",
            "invalid_choice": "Choose an area from the list.",
        },
    )
    depth = number_field(
        "Depth",
        step="0.25",
        least="0.25",
        most="2.50",
        error_messages={"required": "Enter the depth in millimeters."},
    )
    passes = forms.IntegerField(
        label="Passes",
        widget=forms.TextInput(
            attrs={
                "class": "form-control",
                "inputmode": "numeric",
                "step": "1",
                "min": "1",
                "max": "6",
            }
        ),
        error_messages={"required": "Enter how many passes.", "invalid": "Use 1 to 6 passes."},
    )
    endpoint = forms.ChoiceField(
        label="End point",
        choices=EndPoint.choices(),
        widget=forms.RadioSelect,
        error_messages={
            "required": "Choose what the skin showed.",
            "invalid_choice": "Choose what the skin showed.",
        },
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        dial = self.chart.device.model
        step, most = say_depth(dial.depth_step), say_depth(dial.depth_max)
        self.fields["depth"].widget.attrs |= {"step": step, "min": step, "max": most}
        self.fields["depth"].help_text = f"In steps of {step} mm, up to {most}."

    @property
    def untouched(self) -> bool:
        """Whether nothing was entered: no pass is meant."""
        return not any(self.data.get(name, "").strip() for name in self.ENTERED)

    def clean_depth(self) -> int:
        return read_number(self.cleaned_data["depth"], read_depth, places=2, example="1.50")


class RemovePassForm(ChartForm):
    """The number of the pass that was entered by mistake."""

    slug = "pass-remove"
    said_anew = frozenset({"seq"})
    seq = forms.IntegerField(widget=forms.HiddenInput, min_value=1, max_value=32767)
