"""Rooms in the few letters that a board's cell has room for."""

from __future__ import annotations


def room_word(name: str) -> str:
    """A room's name where space is short: R12 for "Room 12"; other names stay whole."""
    word, _, number = name.partition(" ")
    return f"{word[0]}{number}" if word and number.isdigit() else name
