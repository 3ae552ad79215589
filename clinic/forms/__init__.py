"""The building's forms."""

from clinic.forms.house import HouseForm, RowField, day_field

__all__ = ["HouseForm", "RowField", "day_field"]
