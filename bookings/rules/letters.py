"""What a clinic writes to its patients: the house's words, a clinic's own, and what they may say.

A text has blanks in braces: {name}, {clinic}, {when}, {phone}, {address}.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass

from bookings.rules.discretion import telling_word


@dataclass(frozen=True)
class Letter:
    """One kind of message: what it is for, and the house's words for it."""

    label: str
    subject: str
    body: str
    sms: str


@dataclass(frozen=True)
class Words:
    """The words of one kind of message, with their blanks: of the mail, and of the text message."""

    subject: str
    body: str
    sms: str


def _letter(label: str, subject: str, opening: str, text: str) -> Letter:
    return Letter(
        label,
        f"{subject}: {{clinic}}",
        f"Hello {{name}},\n\n{opening} at {{clinic}} on {{when}}.\n\n"
        "If this does not suit you, call {phone}.\n",
        f"{{clinic}}: {text}.\nQuestions: {{phone}}",
    )


LETTERS: dict[str, Letter] = {
    "booked": _letter(
        "A new visit",
        "Your appointment",
        "You have an appointment",
        "you have an appointment on {when}",
    ),
    "moved": _letter(
        "A moved visit",
        "Your appointment has moved",
        "Your appointment is now",
        "your appointment is now on {when}",
    ),
    "cancelled": _letter(
        "A cancelled visit",
        "Your appointment is cancelled",
        "We have cancelled your appointment",
        "your appointment on {when} is cancelled",
    ),
    "course": Letter(
        "Several visits, booked together",
        "Your appointments: {clinic}",
        "Hello {name},\n\nYour appointments at {clinic}:\n{when}\n\n"
        "If one of them does not suit you, call {phone}.\n",
        "{clinic}: your appointments are on {when}.\nQuestions: {phone}",
    ),
    "reminder": _letter(
        "A reminder",
        "A reminder of your appointment",
        "You have an appointment",
        "a reminder of your appointment on {when}",
    ),
}
# Of visits moved together; no clinic words it.
MOVED_TOGETHER = Letter(
    "Several visits, moved together",
    "Your appointments have moved: {clinic}",
    "Hello {name},\n\nYour appointments at {clinic} are now:\n{when}\n\n"
    "If one of them does not suit you, call {phone}.\n",
    "{clinic}: your appointments are now on {when}.\nQuestions: {phone}",
)
# Of the waitlist; no clinic words it, because the link and its time must stand.
OFFER = Letter(
    "A time offered from the waitlist",
    "A time is free: {clinic}",
    "Hello {name},\n\nA time is free at {clinic}: {when}.\n\n"
    "It is held for you until {until}. To take it, or to leave it to someone else, open:\n"
    "{link}\n\n"
    "If it does not suit you, you need not do anything.\n\n"
    "Questions: {phone}\n",
    "{clinic}: a time is free, {when}. Held for you until {until}:\n{link}",
)
BLANKS = {
    "name": "what the patient is called",
    "clinic": "the clinic's name",
    "when": "day, time and time zone",
    "phone": "the clinic's phone",
    "address": "the clinic's address",
}
BLANK = re.compile(r"\{([^{}]*)\}")


def letter_fault(
    text: str, *, needs_when: bool, empty: Collection[str] = (), whole: bool = False
) -> str | None:
    """Why a subject or body will not do as a message; None when it will.

    `needs_when`: without {when} nobody knows which visit is meant. `empty` are the blanks for
    which the clinic has nothing on file; `whole`: no line of the text may be left out for one.
    """
    unknown = [name for name in BLANK.findall(text) if name not in BLANKS]
    if unknown:
        known = ", ".join(f"{{{name}}}" for name in BLANKS)
        return f"{{{unknown[0]}}} is no blank of ours. Use {known}."
    if "{" in BLANK.sub("", text) or "}" in BLANK.sub("", text):
        return "A brace has no other half. Write blanks like {when}."
    if found := telling_word(BLANK.sub("", text)):
        return (
            f"“{found}” would tell whoever sees the message why the patient comes. Say it without."
        )
    if missing := _lost(text, empty, whole):
        return (
            f"The clinic has no {missing} on file, so a line with {{{missing}}} is left out"
            f"{'' if whole else ', and day and time with it'}. Enter the {missing} under Clinics, "
            f"or {'leave the blank out' if whole else 'give it a line of its own'}."
        )
    if needs_when and "{when}" not in text:
        return "Put {when} where day and time belong: without them nobody knows which visit."
    return None


def _lost(text: str, empty: Collection[str], whole: bool) -> str | None:
    """The first empty blank that takes something away which must stand: anything, or {when}."""
    for line in text.splitlines():
        names = BLANK.findall(line)
        if whole or "when" in names:
            for name in names:
                if name in empty:
                    return name
    return None


def said(own: str, house: str, values: Mapping[str, str], *, whole: bool = False) -> str:
    """A clinic's own words with their blanks filled; the house's where something that must stand
    would be lost with a blank that is empty by now. `whole`: as in `letter_fault`."""
    empty = [name for name in BLANK.findall(own) if not values.get(name)]
    text = "" if _lost(own, empty, whole) else fill(own, values)
    return text if text.strip() else fill(house, values)


def fill(text: str, values: Mapping[str, str]) -> str:
    """The text with its blanks filled; a line with a blank that is empty is left out, and so is
    the empty line before it."""
    lines: list[str] = []
    for line in text.splitlines():
        if any(not values.get(name) for name in BLANK.findall(line)):
            while lines and not lines[-1]:
                lines.pop()
            continue
        lines.append(BLANK.sub(lambda found: values[found[1]], line))
    return "\n".join(lines)
