"""The building's forms."""

from clinic.forms.house import HouseForm, day_field

__all__ = ["HouseForm", "day_field"]
