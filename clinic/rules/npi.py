"""The National Provider Identifier: ten digits, the last of which proves the others."""

from __future__ import annotations

import re

# What stands before every NPI when it is proved: the number of the US health industry.
PREFIX = "80840"


def npi_fault(npi: str) -> str | None:
    """Why this is no NPI; None when it is one.

    45 CFR 162.406: ten digits, the last a check digit by Luhn's formula over the number with
    its prefix.
    """
    if not re.fullmatch("[0-9]{10}", npi):
        return "An NPI has ten digits and nothing else."
    total = 0
    for place, digit in enumerate(int(one) for one in reversed(PREFIX + npi)):
        doubled = digit * 2 if place % 2 else digit
        total += doubled - 9 if doubled > 9 else doubled
    if total % 10:
        return "This is not an NPI: its last digit does not fit the others. Check each digit."
    return None
