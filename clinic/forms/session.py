"""What opens a locked session, and what sets a new password."""

from __future__ import annotations

from typing import Any

from allauth.account import forms as allauth
from django import forms

LABELS = {
    "oldpassword": "Current password",
    "password1": "New password",
    "password2": "New password, again",
}


def _labeled(fields: dict[str, Any]) -> None:
    for name, label in LABELS.items():
        if name in fields:
            fields[name].label = label
            fields[name].widget.attrs.pop("placeholder", None)


class NewPasswordForm(allauth.ChangePasswordForm):
    """A new password for someone who is logged in."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        _labeled(self.fields)


class ForgottenPasswordForm(allauth.ResetPasswordKeyForm):
    """A new password for someone who followed the link from a message."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        _labeled(self.fields)


class UnlockForm(forms.Form):
    """The password of whoever is logged in."""

    password = forms.CharField(
        max_length=128,
        strip=False,
        widget=forms.PasswordInput(attrs={"autocomplete": "current-password", "autofocus": True}),
    )
