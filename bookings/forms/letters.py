"""A message's words, with blanks."""

from __future__ import annotations

from django import forms

from bookings.rules.letters import BLANKS
from clinic.forms.house import HouseForm

HELP = "Blanks: " + ", ".join(f"{{{name}}} {means}" for name, means in BLANKS.items()) + "."


class LetterForm(HouseForm):
    """Subject and body of the mail, and the text message.

    `version` 0 says that the page showed the house's words.
    """

    version = forms.IntegerField(widget=forms.HiddenInput, min_value=0, max_value=2**31 - 1)
    subject = forms.CharField(
        max_length=100, error_messages={"required": "A message needs a subject."}
    )
    body = forms.CharField(
        label="Email text",
        max_length=2000,
        widget=forms.Textarea(attrs={"rows": 9}),
        help_text=f"{HELP} Never say why someone comes.",
        error_messages={"required": "A message needs a text."},
    )
    sms = forms.CharField(
        label="Text message",
        required=False,
        max_length=320,
        widget=forms.Textarea(attrs={"rows": 4}),
        help_text="The same blanks. At most two parts; left empty, it has the house's words.",
    )
