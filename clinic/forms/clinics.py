"""What one types of a clinic."""

from __future__ import annotations

from typing import Any

from django import forms
from phonenumber_field.formfields import PhoneNumberField

from clinic.forms.first_start import state_field, zone_field
from clinic.forms.house import HouseForm
from clinic.forms.set_up import ChangeForm
from clinic.models.places import START_STEPS
from clinic.rules import EARLIEST_H, LATEST_H, LOCALES
from clinic.rules.states import STATES


def _whole(label: str, least: int, most: int, unit: str, help_text: str) -> forms.IntegerField:
    says = f"Enter a number of {unit}, {least} to {most}."
    return forms.IntegerField(
        label=label,
        min_value=least,
        max_value=most,
        help_text=help_text,
        error_messages=dict.fromkeys(("required", "invalid", "min_value", "max_value"), says),
    )


def _name() -> forms.CharField:
    return forms.CharField(
        label="Name",
        max_length=80,
        help_text="As patients know it; messages and records show it.",
        error_messages={"required": "Give the clinic a name."},
    )


class ClinicForm(ChangeForm):
    """The clinic at work: where it is, and its policies."""

    name = _name()
    address = forms.CharField(
        max_length=200,
        help_text="Street, town, ZIP code: messages to patients show it.",
        error_messages={"required": "Enter the address at which patients come."},
    )
    phone = PhoneNumberField(
        region="US",
        help_text="The number that patients call.",
        error_messages={
            "required": "Enter the number that patients call.",
            "invalid": "Enter a phone number, for example (512) 555-0100.",
        },
    )
    state = state_field()
    time_zone = zone_field()
    locale = forms.ChoiceField(
        label="Dates and times are written",
        choices=[(one.code, one.name) for one in LOCALES.values()],
        help_text="On pages, paper and in messages to patients. A date picker follows its device.",
        error_messages=dict.fromkeys(
            ("required", "invalid_choice"), "Choose how dates and times are written."
        ),
    )
    cancel_cutoff_h = _whole(
        "Late to cancel (hours before)",
        0,
        168,
        "hours",
        "A visit cancelled later than this counts as cancelled late.",
    )
    interval_days = _whole(
        "Between two treatments (days)",
        14,
        180,
        "days",
        "Of the same area. Under 14 days nobody may treat it again.",
    )
    idle_min = _whole(
        "Lock a screen left alone after (minutes)",
        2,
        60,
        "minutes",
        "Its user's password opens it again. The installation may lock earlier.",
    )
    start_step_min = forms.TypedChoiceField(
        label="Free times are offered every",
        choices=[(one, f"{one} minutes") for one in START_STEPS],
        coerce=int,
        help_text="A time between two of them can be typed all the same, on any five minutes.",
    )

    offer_min = _whole(
        "An offer from the waitlist holds its time for (minutes)",
        5,
        240,
        "minutes",
        "Until then nobody else can book it; after that its link opens nothing.",
    )

    @property
    def values(self) -> dict[str, Any]:
        """The arguments of the operation."""
        found = super().values
        return found | {"phone": str(found["phone"])}


class RemindersForm(ChangeForm):
    """Whether patients are reminded of their visits, and how many hours before."""

    remind_first = forms.BooleanField(label="Send a first reminder", required=False)
    remind_first_h = _whole(
        "First reminder (hours before)",
        LATEST_H,
        EARLIEST_H,
        "hours",
        "48 is two days before.",
    )
    remind_second = forms.BooleanField(label="Send a second reminder", required=False)
    remind_second_h = _whole(
        "Second reminder (hours before)",
        LATEST_H,
        EARLIEST_H,
        "hours",
        "Shortly before, so that nobody forgets.",
    )
    field_order = ("version", "remind_first", "remind_first_h", "remind_second", "remind_second_h")


class AddClinicForm(HouseForm):
    """One clinic more."""

    name = _name()
    state = state_field()
    time_zone = zone_field(required=False)

    @property
    def values(self) -> dict[str, Any]:
        """The arguments of the operation."""
        found = super().values
        return found | {"time_zone": found["time_zone"] or STATES[found["state"]][1]}
