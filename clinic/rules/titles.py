"""What a refusal on a chart may say to someone who may not read the chart (R54)."""

from __future__ import annotations

# Their sentences speak of cartridges, lots, devices, licenses, signatures, times and roles only.
SPOKEN = frozenset(
    {
        *("R1", "R2", "R3", "R4", "R5", "R6", "R7", "R8", "R9", "R10", "R13", "R14", "R15", "R16"),
        *("R17", "R18", "R25", "R26", "R28", "R46", "R47", "R48", "R50", "R51", "R52", "R54"),
        *("P2", "P3", "P12", "P15", "S1", "S2", "S3", "S4", "S5", "S6", "S7", "L5", "T1"),
    }
)
# The others may name what was to be done to whom, and where: their title is told instead.
TITLES = {
    "R12": "A cartridge never crosses patients.",
    "R20": "The depth is not one of the device's.",
    "R33": "Ending a treatment early needs its reason.",
    "R34": "This area is never needled.",
    "R39": "A treatment has its numbing, or why there is none.",
    "R40": "Cream comes off after it went on and before needling starts.",
    "R41": "The amount or the areas of the cream do not fit.",
    "R43": "The numbing product is not in use, or its lot or expiry is missing.",
    "input": "A field was not filled in as asked.",
}
OTHERWISE = "The reason is told to readers of the chart."


def told_without_chart(rule: str, sentence: str) -> str:
    """The sentence of a refusal where it holds nothing clinical, else the title of its rule."""
    return sentence if rule in SPOKEN and sentence else TITLES.get(rule, OTHERWISE)
