"""Cartridge products and the codes on their packages: what one types of them."""

from __future__ import annotations

from typing import Any

from django import forms

from clinic.forms.house import HouseForm
from clinic.forms.set_up import ChangeForm
from treatments.forms.stock import MOST_SENT
from treatments.models import ProductIdentifier
from treatments.rules.intake.read import LONGEST


class ModelsField(forms.ModelMultipleChoiceField):
    """Some of the device models; its form gives it which there are."""

    def __init__(self) -> None:
        super().__init__(
            queryset=None,
            label="Fits",
            widget=forms.CheckboxSelectMultiple,
            help_text="The device models whose maker says so. Others refuse it.",
            error_messages={
                "required": "Choose at least one device that it fits.",
                "invalid_choice": "Choose device models from the list.",
                "invalid_pk_value": "Choose device models from the list.",
                "invalid_list": "Choose device models from the list.",
            },
        )

    def clean(self, value: Any) -> Any:
        try:
            return super().clean(value)
        except forms.ValidationError as error:
            if error.code in self.error_messages:
                raise
            # What is no key at all is said in the words of the key.
            raise forms.ValidationError(self.error_messages["invalid_choice"]) from error


class _ProductFields(forms.Form):
    name = forms.CharField(label="Product", max_length=80, help_text="As printed on its label.")
    maker = forms.CharField(label="Maker", max_length=80)
    needles = forms.IntegerField(
        label="Needles",
        min_value=1,
        max_value=200,
        widget=forms.TextInput(attrs={"inputmode": "numeric"}),
        error_messages={
            "required": "Enter how many needles it has.",
            "invalid": "Enter a whole number of needles.",
            "min_value": "A cartridge has 1 to 200 needles.",
            "max_value": "A cartridge has 1 to 200 needles.",
        },
    )
    clearance_no = forms.CharField(
        label="Clearance number",
        max_length=12,
        help_text="The FDA's number under which it is sold: DEN or K and six digits.",
        error_messages={"required": "Enter the clearance number, such as K202243."},
    )
    fits = ModelsField()

    def __init__(self, *args: Any, models: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        field: Any = self.fields["fits"]
        field.queryset = models

    @property
    def values(self) -> dict[str, Any]:
        """The arguments of the operation: the models as a list, which says what is in it."""
        given: dict[str, Any] = super().values  # type: ignore[misc]  # of the form it is mixed into
        return given | {"fits": list(given["fits"])}


class _PackageSize(forms.Form):
    level = forms.ChoiceField(
        label="This code is on a",
        choices=[
            ("unit", "Pouch of one cartridge"),
            ("box", "Box of several"),
            ("case", "Case of several boxes"),
        ],
        widget=forms.RadioSelect,
        error_messages={"required": "Choose what kind of package it is."},
    )
    units = forms.IntegerField(
        label="Cartridges in it",
        required=False,
        min_value=1,
        max_value=2000,
        widget=forms.TextInput(attrs={"inputmode": "numeric"}),
        help_text="For a box or case: all cartridges in it. Each gets a code of its own.",
        error_messages={
            "invalid": "Enter a whole number of cartridges.",
            "min_value": "Say how many cartridges are in it, 1 to 2,000.",
            "max_value": "Say how many cartridges are in it, 1 to 2,000.",
        },
    )


class _Code(forms.Form):
    code = forms.CharField(
        label="Code on the package",
        strip=False,
        max_length=MOST_SENT,
        help_text="Scan it, or type the printed number with its check digit: "
        "GS1 (09521234543213) or HIBC (+ first, check character last).",
        error_messages={
            "required": "Scan the code on the package, or type its number.",
            "max_length": f"A code has at most {LONGEST} characters. Scan one code at a time.",
        },
        widget=forms.TextInput(
            attrs={"class": "form-control code", "autocapitalize": "off", "spellcheck": "false"}
        ),
    )


class AddCartridgeProductForm(_PackageSize, _Code, _ProductFields, HouseForm):
    """A new product, with the code on one of its packages."""

    field_order = ("name", "maker", "needles", "clearance_no", "fits", "code", "level", "units")


class ChangeCartridgeProductForm(_ProductFields, ChangeForm):
    """What is on file of a product."""


class AddPackageCodeForm(_PackageSize, _Code, HouseForm):
    """The code on another package of a product."""

    field_order = ("code", "level", "units")


class ChangePackageForm(_PackageSize, ChangeForm):
    """What a code is on, and how many are in it."""


def size_of(package: ProductIdentifier) -> str:
    """A package in words: a pouch, or a box of so many."""
    if package.units == 1 and package.level == ProductIdentifier.Level.UNIT:
        return "Pouch of one"
    return f"{package.get_level_display()} of {package.units}"
