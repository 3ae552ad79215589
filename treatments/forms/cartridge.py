"""The scan, the unit in the hand, and a unit that is wasted."""

from __future__ import annotations

from typing import Any

from django import forms

from treatments.forms.chart import ChartForm
from treatments.models import Cartridge
from treatments.rules.charting import NO_CONTACT


class ScanForm(ChartForm):
    """Any code, exactly as the scanner sends it: a blank at the end can belong to it."""

    slug = "scan"
    said_anew = frozenset({"cartridge"})
    cartridge = forms.CharField(
        label="Cartridge",
        required=False,
        strip=False,
        widget=forms.TextInput(
            attrs={
                "class": "form-control",
                "placeholder": "Scan the pouch, or type C-000123",
                "autocapitalize": "off",
                "spellcheck": "false",
                "enterkeyhint": "go",
                "data-scan": "",
                "autofocus": "",
            }
        ),
    )


class OpenUnitForm(ChartForm):
    """The unit in the hand, and that its pack is whole."""

    slug = "claim"
    said_anew = frozenset({"cartridge"})
    cartridge = forms.CharField(
        label="Cartridge", error_messages={"required": "Scan the cartridge first."}
    )
    pack_intact = forms.BooleanField(
        label="The pack is whole and the sterility indicator is good", required=False
    )


class WasteForm(ChartForm):
    """Why a unit is wasted. The unit is the open one, or one from stock that was just scanned."""

    slug = "waste"
    # All of it: when the page is there again, another unit may be in the hand.
    said_anew = frozenset({"cartridge", "reason", "note_text"})
    cartridge = forms.CharField(widget=forms.HiddenInput, max_length=40)
    reason = forms.ChoiceField(
        label="Why is it wasted?",
        choices=Cartridge.WasteReason.choices,
        widget=forms.RadioSelect,
        error_messages={
            "required": "Choose why the unit is wasted.",
            "invalid_choice": "Choose why the unit is wasted.",
        },
    )
    note_text = forms.CharField(
        label="Note",
        max_length=200,
        required=False,
        help_text="Required if the reason is “Other”.",
    )
    patient_contact = forms.BooleanField(label="It touched the patient", required=False)

    def offer_unopened(self) -> WasteForm:
        """Offer only what can be true of a unit that was never opened, also after a refusal."""
        reason: Any = self.fields["reason"]
        reason.choices = [one for one in reason.choices if one[0] not in NO_CONTACT]
        return self
