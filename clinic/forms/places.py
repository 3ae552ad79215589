"""Rooms: what one types of them."""

from __future__ import annotations

from django import forms

from clinic.forms.house import HouseForm
from clinic.forms.set_up import ChangeForm


def _name() -> forms.CharField:
    return forms.CharField(
        label="Name",
        max_length=40,
        help_text="As on its door: the day board and the records show it.",
        error_messages={"required": "Give the room a name."},
    )


class AddRoomForm(HouseForm):
    """A new room."""

    name = _name()


class RenameRoomForm(ChangeForm):
    """Another name for a room."""

    name = _name()
