"""GS1 text as printed for people, with each AI in brackets, typed in by hand (S5)."""

import re

from treatments.rules.intake.faults import Fault
from treatments.rules.intake.gs1 import Field, checked_field, known_ai
from treatments.rules.intake.reading import Unreadable
from treatments.rules.intake.strays import refuse_strays

_PAIR = re.compile(r"\((\d{2,4})\)([^()]*)", re.ASCII)


def hri_fields(text: str) -> list[Field]:
    """Cut `(01)…(17)…(10)…` into fields. Spaces between the pairs are tolerated.

    Brackets are legal in lots and serial numbers, so any that don't hold a known AI make the text
    ambiguous: Unreadable.
    """
    refuse_strays(text, spaces=True)
    fields = []
    at = 0
    while at < len(text):
        pair = _PAIR.match(text, at)
        if pair is None:
            raise Unreadable(Fault.BRACKETS)
        at = pair.end()
        number, value = pair.group(1), pair.group(2).rstrip(" ")
        ai = known_ai(number)
        if ai is None or ai.ai != number:
            raise Unreadable(Fault.BRACKETS)
        refuse_strays(value)
        fields.append(checked_field(ai, value))
    return fields
