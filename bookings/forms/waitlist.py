"""What the desk types of someone who waits, and what it presses beside a time."""

from __future__ import annotations

import datetime as dt
import uuid
from functools import partial
from typing import Any

from django import forms

from bookings.forms.new import ANYONE
from bookings.forms.when import TypedTimeField, read_choice
from bookings.queries import services_of
from bookings.rules.waiting import MIDNIGHT_MIN, days_of, mask_of
from clinic.forms import HouseForm, RowField, day_field
from clinic.forms.patients import search_field
from clinic.forms.set_up import ChangeForm
from clinic.models import Patient
from clinic.queries.licenses import practitioners_of
from clinic.queries.patients import Found, find_patients, patient_for
from clinic.rules import say_time

DAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")


def _time(label: str, help_text: str) -> TypedTimeField:
    return TypedTimeField(
        label=label,
        required=False,
        widget=forms.TextInput(attrs={"placeholder": "9:30"}),
        help_text=help_text,
        error_messages={"invalid": "Enter a time, for example 9:30."},
    )


class WaitForm(HouseForm):
    """Who waits for what: the patient is typed to be found, or `chosen` from what was found."""

    use_required_attribute = False
    said_anew = frozenset({"chosen"})

    patient = search_field(
        label="Patient", required=False, help_text="Name, phone, birth date or number."
    )
    chosen = forms.UUIDField(required=False, widget=forms.HiddenInput)
    service = RowField(
        queryset=None,
        empty_label="Choose a service",
        error_messages={
            "required": "Choose a service.",
            "invalid_choice": "Choose one of this clinic's services.",
        },
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.who: Patient | None = None
        self.found: Found | None = None
        self.fields["service"].queryset = partial(services_of, self.clinic)  # type: ignore[attr-defined]
        add_wish(self)

    def clean(self) -> dict[str, Any]:
        values = super().clean() or self.cleaned_data
        self._who(values)
        settle_wish(self, values)
        return values

    def _who(self, values: dict[str, Any]) -> None:
        text = values.get("patient", "")
        key = values.get("chosen")
        if self.errors.pop("chosen", None):
            self.add_error("patient", "Find the patient again.")
        elif key:
            self.who = patient_for(user=self.user, clinic=self.clinic, key=key)
            if self.who is None:
                self.add_error("patient", "This patient is not known here. Find the patient again.")
        elif "patient" not in self.errors and not text:
            self.add_error("patient", "Find the patient.")
        elif text:
            self.found = find_patients(user=self.user, clinic=self.clinic, text=text)
            self.who = self.found.meant
            if not self.found.patients:
                self.add_error(
                    "patient",
                    f"No patient here fits “{text}”. Check the spelling, or register the patient "
                    "first.",
                )
            elif self.who is None:
                self.add_error("patient", "Choose the patient from the list below.")

    @property
    def values(self) -> dict[str, Any]:
        """The arguments of the operation, without the patient."""
        left_out = {"patient", "chosen"}
        return {name: value for name, value in super().values.items() if name not in left_out}


class ChangeWaitForm(ChangeForm):
    """What someone waits for, changed; who she is and for which service stays."""

    use_required_attribute = False

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        add_wish(self)

    def clean(self) -> dict[str, Any]:
        values = super().clean()
        settle_wish(self, values)
        return values


def add_wish(form: HouseForm) -> None:
    """Give a form the fields of a wish."""
    form.fields |= {
        "practitioners": forms.MultipleChoiceField(
            label="With",
            required=False,
            widget=forms.CheckboxSelectMultiple,
            help_text="Nobody ticked: anyone will do.",
            error_messages={"invalid_choice": "Choose people who work in this clinic."},
        ),
        "days": forms.MultipleChoiceField(
            label="Days",
            choices=[(str(n), name) for n, name in enumerate(DAYS)],
            widget=forms.CheckboxSelectMultiple,
            initial=[str(n) for n in range(7)],
            error_messages={
                "required": "Choose at least one day of the week.",
                "invalid_choice": "Choose days of the week.",
            },
        ),
        "from_time": _time("Can come from", "Empty: at any time."),
        "to_time": _time("Has to leave by", "Empty: at any time."),
        "first_on": day_field(label="First day"),
        "last_on": day_field(
            label="Last day", required=False, help_text="Empty: until someone ends it."
        ),
        "note": forms.CharField(label="Note", required=False, max_length=200),
    }
    people = practitioners_of(form.clinic)
    form.fields["practitioners"].choices = [(str(one.pk), str(one)) for one in people]  # type: ignore[attr-defined]
    form.people = {str(one.pk): one for one in people}  # type: ignore[attr-defined]


def settle_wish(form: HouseForm, values: dict[str, Any]) -> None:
    """What was typed of a wish, as the operation takes it."""
    if "practitioners" in values:
        people: Any = form.people  # type: ignore[attr-defined]
        values["practitioners"] = [people[key] for key in values["practitioners"]]
    if "days" in values:
        values["weekdays"] = mask_of([int(day) for day in values.pop("days")])
    first, last = values.pop("from_time", None), values.pop("to_time", None)
    values["from_min"] = first.hour * 60 + first.minute if first else 0
    values["to_min"] = (last.hour * 60 + last.minute if last else 0) or MIDNIGHT_MIN


def initial_of(entry: Any) -> dict[str, Any]:
    """What the form shows of an entry on file."""

    def clock(minute: int) -> str:
        return say_time(dt.time(minute // 60 % 24, minute % 60))

    return {
        "version": entry.version,
        "practitioners": [str(one.pk) for one in entry.practitioners.all()],
        "days": [str(day) for day in days_of(entry.weekdays)],
        "from_time": clock(entry.from_min) if entry.from_min else "",
        "to_time": clock(entry.to_min) if entry.to_min < MIDNIGHT_MIN else "",
        "first_on": entry.first_on,
        "last_on": entry.last_on,
        "note": entry.note,
    }


class PressForm(HouseForm):
    """One press on an entry or an offer."""

    version = forms.IntegerField(
        widget=forms.HiddenInput, required=False, min_value=1, max_value=2**31 - 1
    )


class TimeForm(HouseForm):
    """One press beside a time: with whom and when, as a `choice_key`; and for an offer whether
    the next in line is asked by itself."""

    choice = forms.CharField(widget=forms.HiddenInput, max_length=80, required=False)
    then_next = forms.BooleanField(
        label="If it is not taken, offer it to the next in line", required=False
    )

    def clean(self) -> dict[str, Any]:
        values = super().clean() or self.cleaned_data
        read = read_choice(values.pop("choice", ""))
        people = {str(one.pk): one for one in practitioners_of(self.clinic)}
        if read is None or read[0] not in people:
            self.add_error(None, "Choose one of the times on the page.")
        else:
            values["practitioner"], values["starts_at"] = people[read[0]], read[1]
        return values


class WaitlistFilter(forms.Form):
    """Whom the list shows."""

    service = RowField(queryset=None, required=False, empty_label="All services")
    practitioner = RowField(queryset=None, required=False, empty_label=ANYONE)

    def __init__(self, *args: Any, clinic: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["service"].queryset = partial(services_of, clinic)  # type: ignore[attr-defined]
        self.fields["practitioner"].queryset = partial(practitioners_of, clinic)  # type: ignore[attr-defined]


def read_key(text: str) -> uuid.UUID | None:
    """A key in an address; None where it is none."""
    try:
        return uuid.UUID(text)
    except ValueError:
        return None
