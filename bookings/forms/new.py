"""A new appointment in one form: who, what, when; or who is new, what, when."""

from __future__ import annotations

import datetime as dt
import uuid
from functools import partial
from typing import Any, cast

from django import forms
from django.core.exceptions import ValidationError

from bookings.forms.overriding import may_override, override_field
from bookings.forms.when import TIME_HELP, TypedTimeField, WhenForm, read_choice
from bookings.models import Service
from bookings.queries import services_of
from bookings.queries.listing import rooms_in_use
from clinic.forms import RowField, day_field
from clinic.forms.patients import another_field, person_fields, search_field
from clinic.models import Patient, Practitioner
from clinic.queries.licenses import practitioners_of
from clinic.queries.patients import Found, find_patients, patient_for
from clinic.rules import UNREACHABLE, on_wall_clock, read_search, say_date, say_time, text_fault

ANYONE = "Any"
DAYS = "Ask for 1 to 31 days."
NEWCOMER = ("first_name", "last_name", "birth_date", "phone", "email")
SAID_OF_HER = (*NEWCOMER, "contact_by")


class PractitionerSelect(forms.Select):
    """Practitioners to choose from; whom no license covers is shown and cannot be chosen.

    One who is chosen already stays chosen, so that the refusal can name her: a browser
    would silently leave a disabled choice out.
    """

    uncovered: frozenset[uuid.UUID] = frozenset()

    def create_option(self, name: str, value: Any, *args: Any, **kwargs: Any) -> dict[str, Any]:
        option = super().create_option(name, value, *args, **kwargs)
        if getattr(value, "value", None) in self.uncovered:
            option["label"] = f"{option['label']}, not licensed that day"
            if not option["selected"]:
                option["attrs"]["disabled"] = True
        return option


def room_field() -> RowField:
    """A room that is asked for, for example by the column of the board; else any that is free."""
    return RowField(
        queryset=None,
        required=False,
        empty_label="Any room",
        error_messages={"invalid_choice": "Choose one of this clinic's rooms in use."},
    )


class NewAppointmentForm(WhenForm):
    """What the desk asks a caller, in the order of a call.

    `patient` is what was typed to find someone, `chosen` the one picked from what was found.
    `slot` is a free time picked from the list (see `choice_key`), `listed` the date the list
    was made for. After `is_valid` either `who` is the patient or `newcomer` is to be
    registered first.
    """

    use_required_attribute = False
    said_anew = frozenset({"another"})
    added = frozenset({*SAID_OF_HER, "override_reason"})

    patient = search_field(
        label="Patient", required=False, help_text="Name, phone, birth date or number."
    )
    chosen = forms.UUIDField(required=False)
    service = RowField(
        queryset=None,
        required=False,
        empty_label="Choose a service",
        error_messages={"invalid_choice": "Choose one of this clinic's services."},
    )
    practitioner = RowField(
        queryset=None,
        required=False,
        empty_label=ANYONE,
        widget=PractitionerSelect,
        error_messages={"invalid_choice": "Choose someone who works in this clinic."},
    )
    date = day_field(label="Date", required=False)
    time = TypedTimeField(
        label="Time",
        required=False,
        widget=forms.TextInput(attrs={"placeholder": "9:30"}),
        help_text=TIME_HELP,
        error_messages={"invalid": "Enter a time, for example 9:30."},
    )
    room = room_field()
    slot = forms.CharField(required=False, max_length=80)
    listed = forms.DateField(required=False)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.who: Patient | None = None
        self.registered: Patient | None = None
        self.found: Found | None = None
        self.fields["service"].queryset = partial(services_of, self.clinic)  # type: ignore[attr-defined]
        self.fields["practitioner"].queryset = partial(practitioners_of, self.clinic)  # type: ignore[attr-defined]
        self.fields["room"].queryset = partial(rooms_in_use, self.clinic)  # type: ignore[attr-defined]
        for name, field in person_fields().items():
            field.required = False
            self.fields[name] = field
        self.fields["another"] = another_field()
        if may_override(self.user, self.clinic):
            self.fields["override_reason"] = override_field()

    def without(self, uncovered: frozenset[uuid.UUID]) -> None:
        """Show these practitioners as not to be chosen."""
        self.fields["practitioner"].widget.uncovered = uncovered

    @property
    def registers(self) -> bool:
        """Whether someone new was typed in."""
        return any(str(self[name].value() or "").strip() for name in NEWCOMER)

    @property
    def newcomer(self) -> dict[str, Any]:
        """The new patient's data: the arguments of `register_patient`."""
        found = {name: self.cleaned_data[name] for name in (*SAID_OF_HER, "another")}
        return found | {"contact_by": found["contact_by"] or Patient.ContactBy.ANY}

    def is_registered(self, patient: Patient) -> None:
        """From now on the newcomer is a patient on file, also where the booking is refused."""
        self.who = self.registered = patient
        self.data = self.data.copy()  # type: ignore[attr-defined]
        self.data |= dict.fromkeys((*SAID_OF_HER, "another"), "")  # type: ignore[operator]
        self.data["chosen"], self.data["patient"] = str(patient.pk), patient.name  # type: ignore[index]

    @property
    def booking(self) -> dict[str, Any]:
        """Service, practitioner (None: anyone), start, a room where one is asked for and, from one
        who may give it, the reason to pass over the interval: the arguments of `book`."""
        names = ("service", "practitioner", "starts_at", "override_reason")
        found = {name: self.cleaned_data[name] for name in names if name in self.cleaned_data}
        room = self.cleaned_data.get("room")
        return found | {"room": room} if room else found

    def clean(self) -> dict[str, Any]:
        values = self.cleaned_data
        for name in ("slot", "listed"):  # a fault of the page, said by the time itself
            self.errors.pop(name, None)
        if self.errors.pop("chosen", None):
            self.add_error("patient", "Find the patient again.")
        elif self.registers:
            self._newcomer(values)
        else:
            self._who(values)
        if not values.get("service") and "service" not in self.errors:
            self.add_error("service", "Choose a service.")
        if not values.get("choice"):
            self._when(values)
        for name in ("date", "time"):
            if values.get(name) is None:
                values.pop(name, None)
        return super().clean()

    def _newcomer(self, values: dict[str, Any]) -> None:
        if values.get("chosen"):
            self.add_error(
                "patient",
                "A patient is chosen and a new one is typed in. Keep one: choose nobody from "
                "the list, or clear the new patient's fields.",
            )
        for name, sentence in (
            ("first_name", "Enter the legal first name."),
            ("last_name", "Enter the legal last name."),
            ("birth_date", "Enter the birth date, for example Mar 14, 1991."),
        ):
            if not values.get(name) and name not in self.errors:
                self.add_error(name, sentence)
        if not any(values.get(name) or name in self.errors for name in ("phone", "email")):
            self.add_error("phone", UNREACHABLE)

    def _who(self, values: dict[str, Any]) -> None:
        text, key = values.get("patient", ""), values.get("chosen")
        if "patient" in self.errors:
            if not key or not self._chosen_in_full(key):
                return
            del self.errors["patient"]
        if key:
            patient = patient_for(user=self.user, clinic=self.clinic, key=key)
            if patient is None:
                self.add_error("patient", "This patient is not known here. Find the patient again.")
            elif text and not self._fits(text, patient):
                self.add_error(
                    "patient",
                    f"{patient.name} is chosen, but “{text}” is typed. Find the patient again, "
                    "or clear the field.",
                )
            self.who = patient
            return
        if not text:
            self.add_error("patient", "Find the patient, or register a new one.")
            return
        self.found = find_patients(user=self.user, clinic=self.clinic, text=text)
        self.who = self.found.meant
        if not self.found.patients:
            self.add_error(
                "patient",
                f"No patient here fits “{text}”. Check the spelling, or register a new patient.",
            )
        elif self.who is None:
            self.add_error("patient", "Choose the patient from the list below.")

    def _chosen_in_full(self, key: uuid.UUID) -> bool:
        """Whether the field holds the name of who is chosen, which may be longer than a search."""
        patient = patient_for(user=self.user, clinic=self.clinic, key=key)
        return patient is not None and self["patient"].value() == patient.name

    def _fits(self, text: str, patient: Patient) -> bool:
        if text == patient.name or read_search(text).text == patient.code:
            return True
        found = find_patients(user=self.user, clinic=self.clinic, text=text)
        return found.more or patient in found.patients

    def _when(self, values: dict[str, Any]) -> None:
        if slot := values.get("slot"):
            if not self._slot_agrees(values, slot):
                return
            self.data = self.data.copy()  # type: ignore[attr-defined]
            self.data["choice"] = values["choice"] = slot  # type: ignore[index]
            return
        for name, sentence in (
            ("date", "Choose a date."),
            ("time", "Choose one of the free times, or type a time."),
        ):
            if values.get(name) is None and name not in self.errors:
                self.add_error(name, sentence)

    def _slot_agrees(self, values: dict[str, Any], slot: str) -> bool:
        """Without JavaScript a list can be older than what was typed since: then ask."""
        chosen = self._read_slot(slot)
        if chosen is None:
            return True  # said by WhenForm
        practitioner, local = chosen
        said = f"{say_date(local.date())}, {say_time(local)}, with {practitioner}"
        time, day = values.get("time"), values.get("date")
        if time is not None and (time.hour, time.minute) != (local.hour, local.minute):
            field, typed = "time", f"{say_time(dt.datetime.combine(local, time))} is typed"
        elif day is not None and day not in (local.date(), values.get("listed")):
            field, typed = "date", f"the date says {say_date(day)}"
        elif values.get("practitioner") not in (None, practitioner):
            field, typed = "practitioner", f"{values['practitioner']} is selected"
        else:
            return True
        self.add_error(
            field, f"In the list you chose {said}, but {typed}. Show the free times again."
        )
        return False

    def _read_slot(self, slot: str) -> tuple[Practitioner, dt.datetime] | None:
        read = read_choice(slot)
        try:
            person = read and self.fields["practitioner"].clean(read[0])
        except ValidationError:
            return None
        return (person, self.clinic.local(read[1])) if read and person else None

    def glimpse(self, name: str) -> Any:
        """One field's value where it can be read, else None; says nothing of what is wrong."""
        try:
            value = self.fields[name].clean(self[name].value())
        except ValidationError:
            return None
        if isinstance(value, str) and text_fault(value):
            return None
        return value

    def glimpse_service(self) -> Service | None:
        """The service as far as it is chosen."""
        return cast("Service | None", self.glimpse("service"))

    def glimpse_visit(self) -> tuple[Practitioner | None, dt.datetime | None]:
        """With whom and when (UTC), as far as that is chosen."""
        practitioner = self.glimpse("practitioner")
        if (slot := self.glimpse("slot")) and (chosen := self._read_slot(slot)):
            return chosen[0], chosen[1].astimezone(dt.UTC)
        day, time = self.glimpse("date"), self.glimpse("time")
        if day is None or time is None:
            return practitioner, None
        found = on_wall_clock(day, time, self.clinic.zone).instants
        return practitioner, found[0] if len(found) == 1 else None


class FreeTimesForm(forms.Form):
    """What a list of free times is asked for. `from` is a clinic-local date."""

    service = RowField(
        queryset=None,
        required=False,
        error_messages={"invalid_choice": "Choose one of this clinic's services."},
    )
    practitioner = RowField(
        queryset=None,
        required=False,
        error_messages={"invalid_choice": "Choose someone who works in this clinic."},
    )
    days = forms.IntegerField(
        required=False,
        min_value=1,
        max_value=31,
        error_messages=dict.fromkeys(("invalid", "min_value", "max_value"), DAYS),
    )
    chosen = forms.UUIDField(
        required=False, error_messages={"invalid": "Choose the patient again."}
    )
    slot = forms.CharField(required=False, max_length=80)
    room = room_field()

    def __init__(self, *args: Any, clinic: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["room"].queryset = partial(rooms_in_use, clinic)  # type: ignore[attr-defined]
        self.fields["service"].queryset = partial(services_of, clinic)  # type: ignore[attr-defined]
        self.fields["practitioner"].queryset = partial(practitioners_of, clinic)  # type: ignore[attr-defined]
        self.fields["from"] = day_field(required=False)
        self.fields["date"] = day_field(required=False)
