"""Warnings: readings that obey every rule and still deserve a look at the print."""

import re

from treatments.rules.intake.verdict import Caution

_LETTER_BESIDE_DIGIT = re.compile(r"[OoIil](?=[0-9])|(?<=[0-9])[OoIil]")
_FIELD_INSIDE = re.compile(r".(?:21.|(?:11|17)[0-9]{2}(?:0[1-9]|1[0-2])(?:[0-2][0-9]|3[01]))")


def lookalikes(lot: str) -> Caution | None:
    """Warn of a lot in which a letter O, I or l can be taken for a digit, as in O0O and 000."""
    if not _LETTER_BESIDE_DIGIT.search(lot):
        return None
    return Caution(
        "lookalikes",
        f"Lot {lot} has a letter O, I or l beside a digit. Compare it with the print sign by sign.",
    )


def run_on(lot: str) -> Caution | None:
    """Warn of a lot that may have swallowed a serial number or date whose separator was lost.

    Only for a lot that ends an element string without any separator, which shows that the scanner
    may not send them: nothing in the code can tell `L9` and serial 000123 from lot `L921000123`.
    """
    if not _FIELD_INSIDE.search(lot):
        return None
    return Caution(
        "run_on",
        f"Lot {lot} may have run together with another field. Compare it with the print; "
        "if it is longer than printed, set the scanner to send ~ as separator.",
    )
