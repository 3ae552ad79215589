"""The one field that opens a locked session."""

from __future__ import annotations

from django import forms


class UnlockForm(forms.Form):
    """The password of whoever is logged in."""

    password = forms.CharField(
        max_length=128,
        strip=False,
        widget=forms.PasswordInput(attrs={"autocomplete": "current-password", "autofocus": True}),
    )
