"""Goods-in by scan and by hand, and a unit wasted from stock."""

from __future__ import annotations

import calendar
from typing import Any

from django import forms

from clinic.forms.house import HouseForm, RowField, day_field
from treatments.models import Cartridge, CartridgeLot, ProductIdentifier
from treatments.queries.stock import colleague_of
from treatments.rules.charting import NO_CONTACT
from treatments.rules.intake.read import LONGEST

# A scanner may send blanks and marks around a code, which do not count.
MOST_SENT = LONGEST + 100


def scan_field(**given: Any) -> forms.CharField:
    """Any code, exactly as the scanner sends it: a blank at the end can belong to it."""
    return forms.CharField(
        label="Scan",
        strip=False,
        max_length=MOST_SENT,
        error_messages={
            "required": "Nothing was scanned. Scan the code on the box or pouch.",
            "max_length": f"A code has at most {LONGEST} characters. Scan one code at a time.",
        },
        widget=forms.TextInput(
            attrs={
                "class": "form-control",
                "placeholder": "Scan the box or pouch",
                "autocapitalize": "off",
                "spellcheck": "false",
                "enterkeyhint": "go",
                **given,
            }
        ),
    )


class DeliveryForm(HouseForm):
    """The one field of a delivery: what does the code say?"""

    said_anew = frozenset({"scan"})
    scan = scan_field(**{"autofocus": "", "data-scan": ""})


def _packages(**attrs: str) -> forms.IntegerField:
    return forms.IntegerField(
        label="Packages",
        min_value=1,
        initial=1,
        widget=forms.NumberInput(attrs={"class": "form-control", "inputmode": "numeric", **attrs}),
        error_messages={
            "min_value": "Receive at least one package.",
            "invalid": "Enter a whole number of packages.",
            "required": "Say how many packages came in.",
        },
    )


def _supplier() -> forms.CharField:
    return forms.CharField(
        label="Supplier (optional)",
        max_length=80,
        required=False,
        help_text="Who delivered it, if it is to be on file.",
    )


class ReceiveForm(HouseForm):
    """How much of the scanned lot came in. Product, lot and expiry are the code's own."""

    said_anew = frozenset({"scan"})
    scan = forms.CharField(widget=forms.HiddenInput, strip=False, max_length=MOST_SENT)
    packages = _packages(autofocus="")
    supplier = _supplier()
    quarantine = forms.BooleanField(
        label="Put it into quarantine, not into stock",
        required=False,
        help_text="For an expired, damaged or doubtful delivery: it is counted, and never opened.",
    )


class ByHandForm(HouseForm):
    """A delivery whose code can't be read: two people enter what is printed (R14)."""

    package = RowField(
        label="Product and package",
        queryset=None,
        empty_label="Choose what is printed on the label",
        error_messages={
            "required": "Choose the product and the package.",
            "invalid_choice": "Choose a product of the catalog.",
        },
    )
    lot = forms.CharField(
        label="Lot",
        max_length=20,
        strip=False,
        help_text="Character by character, as printed; capitals and zeros count.",
        error_messages={"required": "Enter the lot as printed."},
        widget=forms.TextInput(attrs={"class": "form-control code", "spellcheck": "false"}),
    )
    expires_on = day_field(
        label="Expires on",
        help_text="The printed day still counts.",
        error_messages={"required": "Enter the expiry as printed."},
    )
    month_only = forms.BooleanField(
        label="Only month and year are printed",
        required=False,
        help_text="Then the lot is good through the last day of that month.",
    )
    packages = _packages()
    supplier = _supplier()
    quarantine = forms.BooleanField(
        label="Put it into quarantine, not into stock",
        required=False,
        help_text="For an expired, damaged or doubtful delivery: it is counted, and never opened.",
    )
    second_person = forms.EmailField(
        label="Second person's email",
        max_length=120,
        help_text=(
            "Someone else here who handles cartridges, and compares the print with what is typed."
        ),
        error_messages={"required": "Enter who vouches for the print."},
    )
    second_password = forms.CharField(
        label="Second person's password",
        strip=False,
        max_length=200,
        widget=forms.PasswordInput(attrs={"class": "form-control"}),
        error_messages={"required": "The second person enters their own password here."},
    )

    def __init__(self, *args: Any, packages: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        field: Any = self.fields["package"]
        field.queryset = packages
        field.label_from_instance = say_package
        for name in ("second_person", "second_password"):
            self.fields[name].widget.attrs["autocomplete"] = "off"

    def clean_lot(self) -> str:
        lot: str = self.cleaned_data["lot"]
        if lot != lot.strip() or not lot.isprintable():
            raise forms.ValidationError("The lot has a space or sign at its edge. Type it again.")
        return lot

    def clean_second_person(self) -> Any:
        found = colleague_of(self.clinic, self.cleaned_data["second_person"])
        if found == self.user:
            raise forms.ValidationError("This is you. The second person is somebody else.")
        if found is None:
            raise forms.ValidationError("Nobody of this clinic has this email address.")
        return found

    @property
    def values(self) -> dict[str, Any]:
        """The arguments of `receive_lot`."""
        given = super().values
        given["identifier"] = given.pop("package")
        if given.pop("month_only"):
            day = given["expires_on"]
            last = calendar.monthrange(day.year, day.month)[1]
            given["expires_on"] = day.replace(day=last)
            given["precision"] = CartridgeLot.Precision.MONTH
        return given


def say_package(one: ProductIdentifier) -> str:
    """A package as a person picks it: product, size, number on the label."""
    size = "single unit" if one.units == 1 else f"{one.get_level_display().lower()} of {one.units}"
    return f"{one.product.name}, {size} ({one.value})"


class WasteUnitForm(HouseForm):
    """Why a unit in stock is wasted. An opened one is wasted in its chart, which asks more."""

    reason = forms.ChoiceField(
        label="Why is it wasted?",
        choices=[one for one in Cartridge.WasteReason.choices if one[0] not in NO_CONTACT],
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
