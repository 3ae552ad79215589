"""How deep one needles where: what the director types."""

from __future__ import annotations

from django import forms

from clinic.forms.numbers import FixedField
from clinic.forms.set_up import ChangeForm


class ChangeDepthRuleForm(ChangeForm):
    """The depths of one area, in millimeters."""

    usual = forms.CharField(
        label="Usual depth (optional)",
        max_length=80,
        required=False,
        help_text="In words, such as 0.25 to 0.5, scars to 1.0.",
    )
    max_depth = FixedField(label="Most (mm)", places=2, least="0.01", most="4.00", unit="mm")
    max_with_order = FixedField(
        label="Most with an order (mm)",
        places=2,
        least="0.01",
        most="4.00",
        unit="mm",
        required=False,
        help_text="Leave it empty where an order allows no more.",
    )
    note = forms.CharField(label="Note (optional)", max_length=120, required=False)
    source = forms.CharField(
        label="Source",
        max_length=200,
        help_text="Who decided this and when, or where it stands.",
        error_messages={"required": "Say who decided this, or where it stands."},
    )
