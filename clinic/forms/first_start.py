"""The first start: who runs this installation, her first clinic, and her own account."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError

from clinic.forms.house import HouseForm
from clinic.models import User
from clinic.permissions import Role
from clinic.rules import MOST_PASSWORD
from clinic.rules.states import STATES, ZONES

ALSO = (Role.MANAGER, Role.RECEPTIONIST, Role.ESTHETICIAN, Role.DIRECTOR)
# What a clinic's people do, in the words of one who begins alone.
ALSO_SAYS = {
    Role.MANAGER: "I run the clinic's day: stock, licenses, the cartridge audit",
    Role.RECEPTIONIST: "I book visits",
    Role.ESTHETICIAN: "I treat patients",
    Role.DIRECTOR: "I am its medical director",
}


def state_field() -> forms.ChoiceField:
    """The state in which a clinic lies, by name."""
    return forms.ChoiceField(
        label="State",
        choices=[("", "Choose the state"), *((code, name) for code, (name, _) in STATES.items())],
        help_text="Its law decides which license may needle.",
        error_messages={"required": "Choose the state in which the clinic lies."},
    )


def zone_field(**given: Any) -> forms.ChoiceField:
    """The time zone of a clinic, as people there call it."""
    return forms.ChoiceField(
        label="Time zone",
        choices=[("", "As in most of the state"), *ZONES.items()],
        help_text="Every time on a page is the clinic's wall clock.",
        error_messages={"invalid_choice": "Choose a time zone from the list."},
        **given,
    )


def password_field(label: str) -> forms.CharField:
    """A new password, typed unseen."""
    return forms.CharField(
        label=label,
        max_length=MOST_PASSWORD,
        strip=False,
        widget=forms.PasswordInput(attrs={"autocomplete": "new-password"}),
        error_messages={"required": "Choose a password."},
    )


class FirstStartForm(HouseForm):
    """Everything that must be there before the rest can be set up page by page."""

    organization = forms.CharField(
        label="Your business",
        max_length=80,
        help_text="The company or practice that runs the clinics.",
        error_messages={"required": "Enter the name of your business."},
    )
    clinic_name = forms.CharField(
        label="First clinic",
        max_length=80,
        help_text="As patients know it, for example the part of town.",
        error_messages={"required": "Enter the name of your first clinic."},
    )
    state = state_field()
    time_zone = zone_field(required=False)
    name = forms.CharField(
        label="Your name", max_length=80, error_messages={"required": "Enter your name."}
    )
    email = forms.EmailField(
        label="Your email",
        max_length=120,
        help_text="You log in with it.",
        error_messages={
            "required": "Enter your email address.",
            "invalid": "Enter an email address, for example ana@clinic.example.",
        },
    )
    password = password_field("Password")
    password_again = password_field("Password, again")
    also = forms.MultipleChoiceField(
        label="What else do you do here?",
        required=False,
        initial=[Role.MANAGER],
        choices=[(role.value, ALSO_SAYS[role]) for role in ALSO],
        widget=forms.CheckboxSelectMultiple,
        help_text="You are the administrator in any case: accounts, roles and set-up.",
        error_messages={"invalid_choice": "Tick what is listed here only."},
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["password"].help_text = "At least twelve characters; a sentence is good."

    def clean(self) -> dict[str, Any]:
        values = super().clean() or self.cleaned_data
        password = values.get("password")
        if password:
            who = User(email=values.get("email", ""), name=values.get("name", ""))
            try:
                validate_password(password, who)
            except ValidationError as error:
                self.add_error("password", error)
            if values.get("password_again") not in (None, password):
                self.add_error("password_again", "The two passwords are not the same.")
        return values

    @property
    def values(self) -> dict[str, Any]:
        """The arguments of the operation."""
        found = {name: value for name, value in super().values.items() if name != "password_again"}
        found["time_zone"] = found["time_zone"] or STATES[found["state"]][1]
        found["also"] = [Role(one) for one in found["also"]]
        return found
