"""Numbing and glide products: what one types of them."""

from __future__ import annotations

from typing import Any

from django import forms

from clinic.forms.house import HouseForm, RowField
from clinic.forms.numbers import FixedField
from clinic.forms.set_up import ChangeForm, UseForm
from treatments.rules.anesthetics import ANESTHETICS

COVERS = {
    "no": {"occlusion_allowed": False, "occlusion_required": False},
    "may": {"occlusion_allowed": True, "occlusion_required": False},
    "must": {"occlusion_allowed": True, "occlusion_required": True},
}


def _whole(label: str, least: int, most: int, unit: str, **given: Any) -> forms.IntegerField:
    bounds = f"Enter {least} to {most:,} {unit}."
    return forms.IntegerField(
        label=label,
        min_value=least,
        max_value=most,
        widget=forms.TextInput(attrs={"inputmode": "numeric"}),
        error_messages={
            "required": bounds,
            "invalid": f"Enter a whole number of {unit}.",
            "min_value": bounds,
            "max_value": bounds,
        },
        **given,
    )


def _milligrams(label: str) -> forms.IntegerField:
    return _whole(label, 1, 1000, "mg", required=False)


class _Limits(forms.Form):
    min_dwell = _whole("Shortest dwell (minutes)", 1, 300, "minutes")
    max_dwell = _whole(
        "Longest dwell (minutes)",
        1,
        300,
        "minutes",
        help_text="How long the cream may stay on before it is taken off.",
    )
    max_amount = FixedField(
        label="Most at a time (g)",
        places=1,
        least="0.1",
        most="60.0",
        unit="g",
        required=False,
        help_text="Leave it empty where the label has no such limit.",
    )
    max_area = _whole("Largest area (cm²)", 1, 2000, "cm²", required=False)
    per_10cm2 = FixedField(
        label="Most on 10 cm² (g)",
        places=1,
        least="0.1",
        most="60.0",
        unit="g",
        required=False,
    )
    min_age = _whole("Youngest (years)", 18, 120, "years")
    cover = forms.ChoiceField(
        label="Covering (occlusion)",
        choices=[
            ("no", "Never covered"),
            ("may", "May be covered"),
            ("must", "Has to be covered"),
        ],
        widget=forms.RadioSelect,
        help_text="With film or dressing. Over-the-counter lidocaine is never covered.",
        error_messages={"required": "Choose whether it is covered."},
    )
    ndc = forms.CharField(
        label="NDC (optional)",
        max_length=14,
        required=False,
        help_text="The number of the drug's package, such as 0168-0357-30.",
    )
    rxcui = forms.CharField(
        label="RxCUI (optional)",
        max_length=8,
        required=False,
        help_text="The number of the drug in RxNorm.",
    )
    source = forms.CharField(
        label="Source",
        max_length=200,
        help_text="Where these limits stand: the label, or who decided them and when.",
        error_messages={"required": "Say where these limits stand."},
    )


class ChangeNumbingProductForm(_Limits, ChangeForm):
    """The limits of a numbing product."""

    @property
    def values(self) -> dict[str, Any]:
        """The arguments of `change_numbing_product`."""
        return _with_cover(super().values)


class AddNumbingProductForm(_Limits, HouseForm):
    """A numbing product that no catalog has: what is in it, how it is sold, its limits."""

    name = forms.CharField(
        label="Product",
        max_length=80,
        help_text="As it stands on the tube, with the strength.",
        error_messages={"required": "Give the name of the product."},
    )
    lidocaine = _milligrams("Lidocaine (mg per g)")
    prilocaine = _milligrams("Prilocaine (mg per g)")
    benzocaine = _milligrams("Benzocaine (mg per g)")
    tetracaine = _milligrams("Tetracaine (mg per g)")
    sold = forms.ChoiceField(
        label="How it is sold",
        choices=[
            ("otc", "Over the counter"),
            ("rx", "On prescription"),
            ("compounded", "Compounded, on prescription"),
        ],
        widget=forms.RadioSelect,
        error_messages={"required": "Choose how it is sold."},
    )
    field_order = ("name", *ANESTHETICS, "sold")

    @property
    def values(self) -> dict[str, Any]:
        """The arguments of `add_numbing_product`."""
        given = _with_cover(super().values)
        given["parts"] = {one: mg for one in ANESTHETICS if (mg := given.pop(one, None))}
        sold = given.pop("sold", "")
        return given | {"rx_required": sold != "otc", "compounded": sold == "compounded"}


def _with_cover(given: dict[str, Any]) -> dict[str, Any]:
    return given | COVERS[given.pop("cover")] if "cover" in given else given


class UseNumbingProductForm(UseForm):
    """Into use or out; with a prescriber, where the product needs one."""

    prescriber = RowField(
        label="Prescriber",
        queryset=None,
        required=False,
        empty_label="Choose who prescribes it",
        help_text="MD, DO, NP or PA of this clinic with a license in force.",
        error_messages={"invalid_choice": "Choose a prescriber from the list."},
    )

    def __init__(self, *args: Any, prescribers: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if prescribers is None:
            del self.fields["prescriber"]
        else:
            field: Any = self.fields["prescriber"]
            field.queryset = prescribers


class _GlideFields(forms.Form):
    name = forms.CharField(
        label="Product",
        max_length=80,
        help_text="Sterile hydrogel or plain hyaluronic acid; no serum, vitamin C, PRP, exosomes.",
        error_messages={"required": "Give the name of the product."},
    )
    maker = forms.CharField(
        label="Maker", max_length=80, error_messages={"required": "Give the maker."}
    )
    source = forms.CharField(
        label="Source (optional)",
        max_length=200,
        required=False,
        help_text="What says that it may go under the needle.",
    )


class AddGlideProductForm(_GlideFields, HouseForm):
    """A new glide product."""


class ChangeGlideProductForm(_GlideFields, ChangeForm):
    """What is on file of a glide product."""
