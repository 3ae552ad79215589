"""Device models and devices: what one types of them."""

from __future__ import annotations

from typing import Any

from django import forms

from clinic.forms.house import HouseForm, RowField
from clinic.forms.numbers import FixedField
from clinic.forms.set_up import ChangeForm
from clinic.models import Device


def _depth(label: str, help_text: str, **given: Any) -> FixedField:
    return FixedField(
        label=label, places=2, least="0.01", most="4.00", unit="mm", help_text=help_text, **given
    )


class _ModelFields(forms.Form):
    maker = forms.CharField(label="Maker", max_length=80)
    name = forms.CharField(label="Model", max_length=80, help_text="As printed on the pen.")
    clearance_no = forms.CharField(
        label="Clearance number",
        max_length=12,
        help_text="The FDA's number, from the maker: DEN or K and six digits. "
        "Without one no device of the model goes into service.",
        error_messages={"required": "Enter the clearance number, such as DEN160029."},
    )
    depth_step = _depth("Step of the dial (mm)", "By how much one setting differs from the next.")
    depth_max = _depth("Deepest setting (mm)", "No pass can be charted deeper.")
    label_max = _depth(
        "Deepest on label (mm)", "The depth up to which the maker had the pen evaluated."
    )
    source = forms.CharField(
        label="Source (optional)",
        max_length=200,
        required=False,
        help_text="Where these figures stand: the label, or its instructions for use.",
    )


class AddDeviceModelForm(_ModelFields, HouseForm):
    """A new make of pen."""

    kind = forms.ChoiceField(
        label="How it works",
        choices=[("needles", "Needles only"), ("rf", "Needles with radio frequency (RF)")],
        widget=forms.RadioSelect,
        error_messages={"required": "Choose how it works."},
    )
    field_order = ("maker", "name", "kind")

    @property
    def values(self) -> dict[str, Any]:
        """The arguments of `add_device_model`."""
        given = super().values
        return given | {"radio_frequency": given.pop("kind") == "rf"}


class ChangeDeviceModelForm(_ModelFields, ChangeForm):
    """Another figure for a make of pen."""


class _DeviceFields(forms.Form):
    code = forms.CharField(
        label="Code",
        max_length=20,
        help_text="What you call it here, as on its sticker: D-1.",
        error_messages={"required": "Give the device a code."},
    )
    serial = forms.CharField(
        label="Serial number",
        max_length=40,
        help_text="As printed on the device.",
        error_messages={"required": "Enter the serial number."},
    )


class AddDeviceForm(_DeviceFields, HouseForm):
    """A new device. Its choices are the models in use."""

    model = RowField(
        label="Model",
        queryset=None,
        empty_label="Choose the model",
        error_messages={
            "required": "Choose the model.",
            "invalid_choice": "Choose a model from the list.",
        },
    )
    field_order = ("model", "code", "serial")

    def __init__(self, *args: Any, models: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        field: Any = self.fields["model"]
        field.queryset = models


class ChangeDeviceForm(_DeviceFields, ChangeForm):
    """Another code or serial number."""


class DeviceStatusForm(ChangeForm):
    """Whether a device is in service, and why not."""

    status = forms.ChoiceField(  # type: ignore[assignment]  # a field is taken off the class
        label="Status",
        choices=Device.Status.choices,
        widget=forms.RadioSelect,
        error_messages={"required": "Choose a status."},
    )
    reason = forms.CharField(
        label="Why",
        max_length=200,
        help_text="Shown with the device, and kept in the audit log. No patient's name.",
        error_messages={"required": "Say why the status changes."},
    )


class CleanDeviceForm(HouseForm):
    """What a device was cleaned with, just now."""

    agent = forms.CharField(
        label="Cleaned with",
        max_length=80,
        help_text="The product, as its maker names it.",
        error_messages={"required": "Enter what the device was cleaned with."},
    )
