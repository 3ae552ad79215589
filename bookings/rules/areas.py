"""Where on the body a service is done, and one needles: the one list of areas."""

from __future__ import annotations

from collections.abc import Iterable

AREAS: list[tuple[str, str]] = [
    ("forehead", "Forehead"),
    ("temple", "Temples"),
    ("periorbital_outside_rim", "Around the eyes, outside the rim"),
    ("nose", "Nose"),
    ("cheek_l", "Left cheek"),
    ("cheek_r", "Right cheek"),
    ("upper_lip", "Upper lip"),
    ("chin", "Chin"),
    ("jawline", "Jawline"),
    ("neck", "Neck"),
    ("decollete", "Décolleté"),
    ("back", "Back"),
    ("abdomen", "Abdomen"),
    ("thigh", "Thigh"),
    ("arm", "Arm"),
    ("hand", "Hand"),
    ("scalp", "Scalp"),
]


def say_areas(codes: Iterable[str]) -> str:
    """The areas in words, in the order of the list; "" for none."""
    wanted = set(codes)
    return ", ".join(words for code, words in AREAS if code in wanted)
