"""Times and rooms in the few letters that a board's cell has room for."""

from __future__ import annotations

import datetime as dt


def hour_word(local: dt.datetime) -> str:
    """A wall-clock time where morning and afternoon are plain from the place: 9:05."""
    return f"{local.hour % 12 or 12}:{local:%M}"


def short_hour(local: dt.datetime) -> str:
    """When a shift starts or ends, as short as it is said: 8 AM, 8:30 AM."""
    minute = f":{local:%M}" if local.minute else ""
    return f"{local.hour % 12 or 12}{minute} {local:%p}"


def room_word(name: str) -> str:
    """A room's name where space is short: R12 for "Room 12"; other names stay whole."""
    word, _, number = name.partition(" ")
    return f"{word[0]}{number}" if word and number.isdigit() else name
