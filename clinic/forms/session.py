"""What opens a locked session, and what sets a new password."""

from __future__ import annotations

from typing import Any

from allauth.account import forms as allauth
from django import forms
from django.core.exceptions import ValidationError

from clinic.rules import MOST_PASSWORD, password_fault

LABELS = {
    "oldpassword": "Current password",
    "password1": "New password",
    "password2": "New password, again",
}


def named_passwords(fields: dict[str, Any]) -> None:
    """Give the log-in library's fields our words."""
    for name, label in LABELS.items():
        if name in fields:
            fields[name].label = label
            fields[name].widget.attrs.pop("placeholder", None)


class NotPlain:
    """The house's own part of AUTH_PASSWORD_VALIDATORS: not endless, and not a mere run of keys."""

    def validate(self, password: str, user: Any = None) -> None:
        if fault := password_fault(password):
            raise ValidationError(fault, code="password_plain")

    def get_help_text(self) -> str:
        return (
            f"It can have up to {MOST_PASSWORD} characters, and cannot be one character repeated"
            " or a run of the alphabet or the keyboard."
        )


class NewPasswordForm(allauth.ChangePasswordForm):
    """A new password for someone who is logged in."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        named_passwords(self.fields)


class ForgottenPasswordForm(allauth.ResetPasswordKeyForm):
    """A new password for someone who followed the link from a message."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        named_passwords(self.fields)


class UnlockForm(forms.Form):
    """The password of whoever is logged in."""

    password = forms.CharField(
        max_length=MOST_PASSWORD,
        strip=False,
        widget=forms.PasswordInput(attrs={"autocomplete": "current-password", "autofocus": True}),
    )
