"""Text messages: how long they are as a telephone network counts."""

from __future__ import annotations

from dataclasses import dataclass

# The alphabet of GSM 03.38, and what of its second table counts twice.
GSM = frozenset(
    "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?¡"
    "ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿abcdefghijklmnopqrstuvwxyzäöñüà"
)
GSM_TWICE = frozenset("\f^{}\\[~]|€")
GSM_ONE, GSM_PART = 160, 153
UNICODE_ONE, UNICODE_PART = 70, 67
MOST_PARTS = 2


@dataclass(frozen=True)
class Length:
    """How long a text message is: its characters as counted, and how many parts it goes in.

    `fits` is how many characters its parts hold. `odd` are characters beyond the alphabet of
    plain text messages, which make every part hold fewer.
    """

    count: int
    parts: int
    fits: int
    odd: str = ""


def text_length(text: str) -> Length:
    """How a telephone network counts a text message."""
    odd = "".join(dict.fromkeys(c for c in text if c not in GSM and c not in GSM_TWICE))
    if odd:
        # Beyond the basic plane a character takes two places, as an emoji does.
        count = len(text.encode("utf-16-le", "replace")) // 2
        one, part = UNICODE_ONE, UNICODE_PART
    else:
        count = sum(2 if c in GSM_TWICE else 1 for c in text)
        one, part = GSM_ONE, GSM_PART
    if count <= one:
        return Length(count, 1, one, odd)
    parts = -(-count // part)
    return Length(count, parts, parts * part, odd)


def length_fault(text: str) -> str | None:
    """Why a text message is too long; None when it goes in two parts at most."""
    found = text_length(text)
    if found.parts <= MOST_PARTS:
        return None
    most = MOST_PARTS * (UNICODE_PART if found.odd else GSM_PART)
    says = f"A text message has at most {most} characters here; with its blanks filled this has "
    why = f" Without {' '.join(found.odd[:5])} it may have {MOST_PARTS * GSM_PART}."
    return f"{says}{found.count}.{why if found.odd else ''}"
