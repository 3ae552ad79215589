"""Which day to show."""

from __future__ import annotations

from django import forms

from clinic.forms import day_field


class DayForm(forms.Form):
    """The date picker of the board; it asks, and writes nothing."""

    date = day_field(label="Date")
