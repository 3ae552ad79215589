"""Services: what one types of them."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from django import forms
from django.core.exceptions import ValidationError

from bookings.rules.areas import AREAS, say_areas
from clinic.forms.house import NO_CHOICE, HouseForm
from clinic.forms.set_up import ChangeForm, LookFirst
from clinic.models import DeviceModel

WHOLE = "Enter whole minutes, for example 25."


def _minutes(label: str, help_text: str, initial: int) -> forms.IntegerField:
    return forms.IntegerField(
        label=label,
        help_text=help_text,
        initial=initial,
        min_value=-(2**15),
        max_value=2**15,
        error_messages=dict.fromkeys(("required", "invalid", "min_value", "max_value"), WHOLE),
    )


class ModelsField(forms.MultipleChoiceField):
    """Device models to tick, out of those that the form gives it."""

    widget = forms.CheckboxSelectMultiple

    def offer(self, models: Iterable[DeviceModel]) -> None:
        """Let these be the choices."""
        self.known = {str(one.pk): one for one in models}
        self.choices = [(key, f"{one.maker} {one.name}") for key, one in self.known.items()]

    def prepare_value(self, value: Any) -> Any:
        return [str(getattr(one, "pk", one)) for one in value or ()]

    def clean(self, value: Any) -> list[DeviceModel]:
        keys = super().clean(value)
        if not {*keys} <= {*self.known}:
            raise ValidationError(NO_CHOICE)
        return [self.known[key] for key in dict.fromkeys(keys)]


class _Service(forms.Form):
    name = forms.CharField(
        label="Name",
        max_length=60,
        help_text="As the desk says it on the phone, for example Face 45.",
        error_messages={"required": "Give the service a name."},
    )
    check_in_min = _minutes(
        "Check-in (minutes)",
        "Before the numbing, at the desk; only the patient is held. 0 to 30.",
        0,
    )
    numbing_min = _minutes(
        "Numbing (minutes)",
        "While the cream works; patient and room are held, the practitioner is free. 0 to 120.",
        25,
    )
    treatment_min = _minutes(
        "Treatment (minutes)", "From the first to the last pass. 30 to 45.", 45
    )
    clean_down_min = _minutes(
        "Clean-down (minutes)", "Making room and device ready afterwards. 0 to 30.", 10
    )
    price_text = forms.CharField(
        label="Price",
        max_length=60,
        required=False,
        help_text="As the desk says it, for example $350 or from $280.",
    )
    device_models = ModelsField(
        label="Done with",
        required=False,
        help_text="A visit takes a device of one of these models. None ticked: any in service.",
    )
    areas = forms.MultipleChoiceField(
        label="Areas",
        choices=AREAS,
        required=False,
        widget=forms.CheckboxSelectMultiple,
        help_text="Where it is meant for. None ticked: wherever the device may be used.",
    )

    def __init__(self, *args: Any, models: Iterable[DeviceModel], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["device_models"].offer(models)  # type: ignore[attr-defined]


class AddServiceForm(_Service, HouseForm):
    """A new service."""


class ChangeServiceForm(_Service, LookFirst, ChangeForm):
    """Other phases, areas, devices or another name."""

    def _shown(self, name: str, value: Any) -> str:
        if name == "areas":
            return say_areas(value)
        if name == "device_models":
            value = sorted(
                value.all() if hasattr(value, "all") else value, key=lambda one: one.name
            )
        return super()._shown(name, value)
