"""Which anesthetics a numbing product may hold, and when it needs a prescription."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

# Their chemical class decides about allergies (ruling N3).
ANESTHETICS: dict[str, str] = {
    "lidocaine": "amide",
    "prilocaine": "amide",
    "benzocaine": "ester",
    "tetracaine": "ester",
}
# Four percent: the most that is sold over the counter for the skin (FDA, 2024-03-26).
LIDOCAINE_OTC_MG = 40


@dataclass(frozen=True)
class PartsFault:
    """Why a product cannot hold this, beside which field of the form, by which rule."""

    says: str
    field: str
    rule: str = "input"


def parts_fault(
    parts: Mapping[str, int], *, rx_required: bool, compounded: bool
) -> PartsFault | None:
    """What is wrong with what is in a product (milligrams per gram); None where nothing is.

    Lidocaine above 4 % is not sold over the counter for the skin (R44), a compounded product
    is made for one patient on prescription (R43; section 503A of the FD&C Act).
    """
    if not parts:
        return PartsFault("Say what is in it: at least one anesthetic.", "lidocaine")
    for name, mg_per_g in parts.items():
        if name not in ANESTHETICS:
            return PartsFault(f"{name} is no anesthetic that is known here.", "name")
        if not 1 <= mg_per_g <= 1000:
            return PartsFault("A gram holds 1 to 1,000 mg.", name)
    if sum(parts.values()) > 1000:
        return PartsFault("Together a gram holds at most 1,000 mg.", next(iter(parts)))
    if rx_required:
        return None
    if compounded:
        return PartsFault("What is compounded needs a prescription.", "sold", "R43")
    if parts.get("lidocaine", 0) > LIDOCAINE_OTC_MG:
        return PartsFault("Above 4 % lidocaine needs a prescription.", "sold", "R44")
    return None


def say_parts(parts: Mapping[str, int]) -> str:
    """What is in a product, as its label reads: lidocaine 25, prilocaine 25 mg/g."""
    return ", ".join(f"{name} {mg}" for name, mg in sorted(parts.items())) + " mg/g"
