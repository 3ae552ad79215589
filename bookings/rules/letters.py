"""What a clinic writes to its patients: the house's words, a clinic's own, and what they may say.

A text has blanks in braces: {name}, {clinic}, {when}, {phone}, {address}.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True)
class Letter:
    """One kind of message: what it is for, and the house's words for it."""

    label: str
    subject: str
    body: str


def _letter(label: str, subject: str, opening: str) -> Letter:
    return Letter(
        label,
        f"{subject}: {{clinic}}",
        f"Hello {{name}},\n\n{opening} at {{clinic}} on {{when}}.\n\n"
        "If this does not suit you, call {phone}.\n",
    )


LETTERS: dict[str, Letter] = {
    "booked": _letter("A new visit", "Your appointment", "You have an appointment"),
    "moved": _letter("A moved visit", "Your appointment has moved", "Your appointment is now"),
    "cancelled": _letter(
        "A cancelled visit", "Your appointment is cancelled", "We have cancelled your appointment"
    ),
    "reminder": _letter("A reminder", "A reminder of your appointment", "You have an appointment"),
}
BLANKS = {
    "name": "what the patient is called",
    "clinic": "the clinic's name",
    "when": "day, time and time zone",
    "phone": "the clinic's phone",
    "address": "the clinic's address",
}
BLANK = re.compile(r"\{([^{}]*)\}")
# Words that would tell whoever reads over a shoulder why someone comes (P26).
TELLING = re.compile(
    r"\b(micro-?\s?needling|needl\w*|collagen|skin ?pen|numb\w*|lidocaine|acne|scars?|wrinkles?|"
    r"treatments?|dermatolog\w*|aesthetic\w*|procedure)\b",
    re.IGNORECASE,
)


def letter_fault(text: str, *, needs_when: bool) -> str | None:
    """Why a subject or body will not do as a message; None when it will.

    `needs_when`: without {when} nobody knows which visit is meant.
    """
    unknown = [name for name in BLANK.findall(text) if name not in BLANKS]
    if unknown:
        known = ", ".join(f"{{{name}}}" for name in BLANKS)
        return f"{{{unknown[0]}}} is no blank of ours. Use {known}."
    if "{" in BLANK.sub("", text) or "}" in BLANK.sub("", text):
        return "A brace has no other half. Write blanks like {when}."
    if found := TELLING.search(BLANK.sub("", text)):
        return (
            f"“{found[0]}” would tell whoever sees the message why the patient comes. "
            "Say it without."
        )
    if needs_when and "{when}" not in text:
        return "Put {when} where day and time belong: without them nobody knows which visit."
    return None


def fill(text: str, values: Mapping[str, str]) -> str:
    """The text with its blanks filled; a line with a blank that is empty is left out, and so is
    the empty line before it."""
    lines: list[str] = []
    for line in text.splitlines():
        if any(not values[name] for name in BLANK.findall(line)):
            while lines and not lines[-1]:
                lines.pop()
            continue
        lines.append(BLANK.sub(lambda found: values[found[1]], line))
    return "\n".join(lines)
