"""How the upgrade to names in any case tells two of one name apart."""

from __future__ import annotations

from collections.abc import Collection

from clinic.rules import folded


def told_apart(name: str, taken: Collection[str], most: int) -> str:
    """The name, with a number behind it where one like it is among those taken (folded)."""
    found, number = name, 1
    while folded(found) in taken:
        number += 1
        tail = f" ({number})"
        found = name[: most - len(tail)].rstrip() + tail
    return found
