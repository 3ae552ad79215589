"""What a pen never glides on (R37)."""

from __future__ import annotations

import re

_BARRED = {
    r"vitamin[\s-]*c\b|ascorb": "vitamin C: granulomas are on record in 15 patients",
    r"\bprp\b|platelet": "platelets (PRP): needling is not cleared to deliver them",
    r"exosom": "exosomes: needling is not cleared to deliver them",
    r"\bserum": "a serum: needling is not cleared to deliver cosmetics",
}


def barred_glide(name: str) -> str | None:
    """Why nothing of that name goes under the needle; None where its name says nothing of it."""
    for pattern, why in _BARRED.items():
        if re.search(pattern, name, re.IGNORECASE):
            return why
    return None
