"""Opening a chart, and the time-out before the needle."""

from __future__ import annotations

from django import forms

from clinic.forms import HouseForm
from treatments.forms.chart import ChartForm


class OpenForm(HouseForm):
    """Nothing to fill in: the visit is in the address."""


class StartForm(ChartForm):
    """The time-out: said aloud, then confirmed."""

    slug = "start"
    confirmed = forms.BooleanField(
        label="The patient has said name and birth date; area and device are right",
        error_messages={"required": "Read back name and birth date, then confirm."},
    )
    # Both are on paper as yet: that they were confirmed stands in the audit.
    screened = forms.BooleanField(
        label="Screening is done and consent is signed, on paper",
        error_messages={"required": "Check screening and consent on paper, then confirm."},
    )
    # Asked where others, one or two, are not finished in the same room or with the device.
    free_now = forms.BooleanField(
        label="That is over: room and device are free and clean", required=False
    )
