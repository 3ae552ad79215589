"""Finding, registering and keeping patients."""

from __future__ import annotations

from typing import Any

from django import forms
from phonenumber_field.formfields import PhoneNumberField

from clinic.forms.house import HouseForm, day_field
from clinic.models import Patient
from clinic.rules import UNREACHABLE, text_fault

OPTIONAL = " (optional)"
PHONE = "Enter a phone number, for example (512) 555-0123."
BIRTH_DATE = "Enter the birth date, for example Mar 14, 1991."


def search_field(**given: Any) -> forms.CharField:
    """A finder's text: a name, a phone number, a birth date or a patient's number."""
    return forms.CharField(
        max_length=120,
        error_messages={"max_length": "Search for at most 120 characters."},
        **given,
    )


def person_fields() -> dict[str, forms.Field]:
    """What is asked of everyone who is put on file; fresh fields for each form."""
    return {
        "first_name": forms.CharField(
            label="First name",
            max_length=80,
            help_text="Legal name, as on the ID.",
            error_messages={"required": "Enter the legal first name."},
        ),
        "last_name": forms.CharField(
            label="Last name",
            max_length=80,
            error_messages={"required": "Enter the legal last name."},
        ),
        "birth_date": birth_field(),
        "phone": PhoneNumberField(required=False, error_messages={"invalid": PHONE}),
        "email": forms.EmailField(
            label="Email",
            required=False,
            max_length=120,
            error_messages={"invalid": "Enter an email address, for example mia@example.org."},
        ),
        "contact_by": forms.ChoiceField(
            label="Messages about visits",
            # In as few words as the field has room for.
            choices=[
                (Patient.ContactBy.ANY, "Email, else text message"),
                *Patient.ContactBy.choices[1:],
            ],
            required=False,
            initial=Patient.ContactBy.ANY,
            help_text="Confirmations, changes and reminders.",
        ),
    }


def birth_field(**given: Any) -> forms.DateField:
    """A birth date, from the browser's picker or typed."""
    field = day_field(label="Birth date", **given)
    field.error_messages |= {"required": BIRTH_DATE, "invalid": BIRTH_DATE}
    return field


def another_field() -> forms.BooleanField:
    """The way on where someone looks like a patient on file; shown only then."""
    return forms.BooleanField(label="This is another person", required=False)


class FinderForm(forms.Form):
    """What someone types to find a patient; two characters at least, or nothing at all.

    While someone is still `typing`, one character is as good as none.
    """

    q = search_field(label="Find a patient", required=False)

    def __init__(self, *args: Any, typing: bool = False, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.typing = typing

    def clean_q(self) -> str:
        text: str = self.cleaned_data["q"]
        if fault := text_fault(text):
            raise forms.ValidationError(fault)
        if len(text) == 1 and text.isascii():
            if self.typing:
                return ""
            raise forms.ValidationError("Type at least two characters.")
        return text


class PatientForm(HouseForm):
    """Identity and contact data of a patient; nothing clinical."""

    first_name, last_name, birth_date, phone, email, contact_by = person_fields().values()
    preferred_name = forms.CharField(
        label="Preferred first name (optional)",
        required=False,
        max_length=80,
        help_text="If it is another one. We call patients by it.",
    )
    sex_at_birth = forms.ChoiceField(
        label="Sex at birth", choices=Patient.Sex.choices, initial=Patient.Sex.UNKNOWN
    )
    language = forms.CharField(
        max_length=40, initial="English", error_messages={"required": "Enter a language."}
    )
    address = forms.CharField(required=False, max_length=200)
    emergency_contact = forms.CharField(
        label="Emergency contact (optional)",
        required=False,
        max_length=120,
        help_text="Name and phone.",
    )
    # Whoever has none of the three cannot be reached.
    phone.help_text = "A phone number, an email or a postal address: one is needed."
    field_order = (
        "first_name",
        "last_name",
        "preferred_name",
        "birth_date",
        "sex_at_birth",
        "phone",
        "email",
        "contact_by",
        "address",
        "language",
        "emergency_contact",
    )

    def clean_contact_by(self) -> str:
        """Where nothing is said, it stays as it is."""
        typed: str = self.cleaned_data["contact_by"]
        return typed or str(self.initial.get("contact_by", Patient.ContactBy.ANY))

    def clean(self) -> dict[str, Any]:
        """Ask for a way to reach her along with whatever else is missing."""
        values = super().clean() or self.cleaned_data
        ways = ("phone", "email", "address")
        if not any(values.get(name) or name in self.errors for name in ways):
            self.add_error("phone", UNREACHABLE)
        return values


class RegisterForm(PatientForm):
    """The same for someone new, who may look like someone on file."""

    another = another_field()


class PatientEditForm(PatientForm):
    """The same with the version that the page showed, so that a stale save is seen (P12)."""

    version = forms.IntegerField(widget=forms.HiddenInput, min_value=1, max_value=2**31 - 1)
    another = another_field()

    def clean(self) -> dict[str, Any]:
        values = super().clean() or self.cleaned_data
        if self.errors.pop("version", None):
            # A hidden field has no place for its own error.
            self.add_error(None, "Open the patient again, then change what is needed.")
        return values

    @property
    def changes(self) -> dict[str, Any]:
        """What is to stand on file, as typed."""
        beside = ("version", "another")
        return {name: value for name, value in self.values.items() if name not in beside}

    def differences(self, patient: Patient) -> list[dict[str, Any]]:
        """Where what was typed is not what is on file now: label, both texts."""
        found = []
        for name, typed in self.changes.items():
            on_file = getattr(patient, name)
            if (typed or "") != (on_file or ""):
                field = self.fields[name]
                found.append(
                    {
                        "label": (field.label or name.replace("_", " ").capitalize()).removesuffix(
                            OPTIONAL
                        ),
                        "on_file": self._shown(name, on_file),
                        "typed": self._shown(name, typed),
                    }
                )
        return found

    def now_at(self, version: int) -> None:
        """Let the next press be judged against the patient as shown now."""
        self.data = self.data.copy()  # type: ignore[attr-defined]
        self.data["version"] = str(version)  # type: ignore[index]

    def _shown(self, name: str, value: Any) -> str:
        field = self.fields[name]
        if isinstance(field, forms.ChoiceField):
            return str(dict(field.choices).get(value, value))  # type: ignore[arg-type]
        return str(field.prepare_value(value) or "")
