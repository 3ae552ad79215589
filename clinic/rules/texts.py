"""Texts: what can be stored, what a spreadsheet may open, and the names of audit chains."""

from __future__ import annotations

import unicodedata
import uuid

# Unicode's categories of spaces, controls and format signs, such as the zero-width space.
UNSEEN = frozenset({"Cc", "Cf", "Cs", "Zl", "Zp", "Zs"})
SYSTEM = "system"


def text_fault(text: str) -> str | None:
    """Why a text cannot be stored exactly as typed; None when it can."""
    if "\x00" in text:
        return "The text has a NUL character in it. Delete it and type the text again."
    if any(0xD800 <= ord(c) <= 0xDFFF for c in text):
        return "The text has half a character in it. Delete it and type the text again."
    if "\N{REPLACEMENT CHARACTER}" in text:
        return "A character of the text was lost on its way here. Type the text again."
    if text and all(unicodedata.category(c) in UNSEEN for c in text):
        return "The text has only spaces or signs that cannot be seen. Type it again."
    return None


def squeezed(text: str) -> str:
    """A name as it is kept: composed (NFC), without blanks around it, one blank within."""
    return " ".join(unicodedata.normalize("NFC", text).split())


def folded(*names: str) -> str:
    """What names are compared by, whatever their case: Café, CAFÉ and cafe\u0301 are one name.

    Signs that nobody sees, such as a zero-width space or a soft hyphen, tell no two apart.
    """
    seen = ("".join(c for c in name if unicodedata.category(c) != "Cf") for name in names)
    bare = (unicodedata.normalize("NFD", squeezed(name)).casefold() for name in seen)
    return "\n".join(unicodedata.normalize("NFC", name) for name in bare)


def chain_of(clinic_id: uuid.UUID | None) -> str:
    """The name of a clinic's audit chain; without a clinic, the system's."""
    return clinic_id.hex if clinic_id else SYSTEM


def spreadsheet_safe(value: object) -> str:
    """A value as a spreadsheet may open it: no text of ours is run as a formula (P37).

    A number stays a number, also a negative one.
    """
    text = "" if value is None else str(value)
    if isinstance(value, (int, float)):
        return text
    # Wide forms and unseen signs before a sign are formulas to some spreadsheets too.
    seen = unicodedata.normalize("NFKC", text)
    while seen and unicodedata.category(seen[0]) in UNSEEN:
        seen = seen[1:]
    risky = text.startswith(("\t", "\r", "\n")) or seen.startswith(("=", "+", "-", "@"))
    return f"'{text}" if risky else text
