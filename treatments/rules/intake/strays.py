"""Characters that no code holds."""

import re

from treatments.rules.intake.faults import Fault
from treatments.rules.intake.reading import Unreadable

_NOT_PRINTED = re.compile(r"[^\x21-\x7e]")
_NOT_TYPED = re.compile(r"[^\x20-\x7e]")
_BLANKS = " \t\r\n\v\f"


def refuse_strays(text: str, *, spaces: bool = False) -> None:
    """Unreadable for blanks (the plain space may be let pass), controls and non-ASCII."""
    stray = (_NOT_TYPED if spaces else _NOT_PRINTED).search(text)
    if stray is None:
        return
    if stray.group() in _BLANKS:
        raise Unreadable(Fault.SPACE_INSIDE)
    raise Unreadable(Fault.BAD_CHARACTER, shown=shown(stray.group()))


def shown(character: str) -> str:
    """Name one character so that a person can find it: the sign itself, or its number."""
    if character.isascii() and character.isprintable():
        return f'"{character}"'
    number = f"U+{ord(character):04X}"
    return f'"{character}" ({number})' if character.isalnum() else f"The character {number}"
