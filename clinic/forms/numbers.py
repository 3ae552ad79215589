"""Numbers as people type them, kept as whole numbers of their smallest unit."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from django import forms


class FixedField(forms.DecimalField):
    """A number with so many decimal places, kept as an integer: 0.25 with two places is 25.

    `least` and `most` are as people write them.
    """

    def __init__(self, *, places: int, least: str, most: str, unit: str, **given: Any) -> None:
        says = {
            "required": f"Enter a number of {unit}.",
            "invalid": f"Enter a number of {unit}, such as {most}.",
            "min_value": f"Enter at least {least} {unit}.",
            "max_value": f"Enter at most {most} {unit}.",
            "max_decimal_places": f"Enter at most {places} digits after the point.",
            "max_digits": f"Enter at most {most} {unit}.",
            "max_whole_digits": f"Enter at most {most} {unit}.",
        }
        self.places = places
        super().__init__(
            decimal_places=places,
            max_digits=8,
            min_value=Decimal(least),
            max_value=Decimal(most),
            error_messages=says | given.pop("error_messages", {}),
            widget=forms.TextInput(attrs={"inputmode": "decimal"}),
            **given,
        )

    def clean(self, value: Any) -> Any:
        number = super().clean(value)
        return None if number is None else int(number.scaleb(self.places))

    def prepare_value(self, value: Any) -> Any:
        if isinstance(value, int):
            return str(Decimal(value).scaleb(-self.places))
        return value
