"""The building's forms."""

from clinic.forms.house import HouseForm

__all__ = ["HouseForm"]
