"""What one types about a token of the JSON API."""

from __future__ import annotations

from django import forms

from clinic.forms.house import HouseForm
from clinic.rules.tokens import LASTS, MOST_NAME

USUAL = 90


class TokenForm(HouseForm):
    """A new token: what it is for, and how long it is good."""

    name = forms.CharField(
        label="Name",
        max_length=MOST_NAME,
        help_text="Which program will use it, for example the clinic’s website.",
        error_messages={"required": "Give the token a name."},
    )
    lasts = forms.TypedChoiceField(
        label="Good for",
        choices=[(str(days or 0), says) for days, says in LASTS.items()],
        coerce=lambda typed: int(typed) or None,
        initial=str(USUAL),
        error_messages={"required": "Choose how long the token is good."},
    )
