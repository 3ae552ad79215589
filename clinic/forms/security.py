"""What proves who one is, and what one types about one's second factors."""

from __future__ import annotations

from typing import Any, ClassVar

from django import forms

from clinic.forms.house import HouseForm
from clinic.forms.set_up import ChangeForm
from clinic.rules import MOST_PASSWORD
from clinic.rules.factors import MOST_PASSKEY_NAME

MOST_ANSWER = 20_000
NO_ANSWER = "The passkey did not answer. Try again."
NAME_HELP = "What you will know it by, for example the phone or the key it is on."


def _answer() -> forms.CharField:
    """What a passkey says to the browser; no person types it."""
    return forms.CharField(
        widget=forms.HiddenInput, max_length=MOST_ANSWER, error_messages={"required": NO_ANSWER}
    )


def _name() -> forms.CharField:
    return forms.CharField(
        label="Name",
        max_length=MOST_PASSKEY_NAME,
        help_text=NAME_HELP,
        error_messages={"required": "Give the passkey a name."},
    )


class CodeForm(HouseForm):
    """A code of the app, or a recovery code."""

    code = forms.CharField(
        label="Code",
        max_length=40,
        help_text="The 6 digits that your authenticator app shows now, or a recovery code.",
        error_messages={"required": "Enter the code."},
        widget=forms.TextInput(attrs={"autocomplete": "one-time-code", "autofocus": True}),
    )
    said_anew: ClassVar[frozenset[str]] = frozenset({"code"})


class AppForm(CodeForm):
    """The first code of an app that has just taken the secret."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        field = self.fields["code"]
        field.help_text = "The 6 digits that the app shows now."
        field.widget.attrs["inputmode"] = "numeric"


class PasskeyForm(HouseForm):
    """What a passkey answers when it is asked to prove who one is."""

    credential = _answer()
    said_anew: ClassVar[frozenset[str]] = frozenset({"credential"})


class NewPasskeyForm(PasskeyForm):
    """A new passkey, and its name."""

    name = _name()
    field_order = ("name", "credential")


class NameForm(HouseForm):
    """Another name for a passkey."""

    name = _name()


class PasswordForm(HouseForm):
    """The password, of someone who has nothing else yet."""

    password = forms.CharField(
        max_length=MOST_PASSWORD,
        strip=False,
        error_messages={"required": "Enter your password."},
        widget=forms.PasswordInput(attrs={"autocomplete": "current-password", "autofocus": True}),
    )


class PolicyForm(ChangeForm):
    """Whether all staff log in with a second factor."""

    mfa_required = forms.BooleanField(
        label="All staff log in with a second factor",
        required=False,
        help_text="Whoever has none is led to set one up at the next click, and opens nothing "
        "else until then. The shared tablet still opens with the password alone once its user "
        "has logged in there with both.",
    )
