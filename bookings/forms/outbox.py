"""Which messages the desk looks at, and the press that tries one again."""

from __future__ import annotations

from django import forms

from clinic.forms import HouseForm
from clinic.models import Message

SHOW = (
    ("failed", "Failed"),
    ("waiting", "Waiting"),
    ("dropped", "Not sent"),
    ("sent", "Sent"),
)
WAYS = (("", "Email and text messages"), *Message.Channel.choices)


class Which(forms.Form):
    """The state and the way of the messages asked for; without one, those that failed."""

    show = forms.ChoiceField(choices=SHOW, required=False)
    way = forms.ChoiceField(choices=WAYS, required=False)


class AgainForm(HouseForm):
    """One press: try a message again. It goes where the patient is reached now."""
