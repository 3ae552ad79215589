"""Barcode intake: what a scanned or typed code says about a cartridge, or why it says nothing.

One door, `read_scan`. It gives a `Verdict` for any text and raises for none. It knows the GS1
element string, its printed form in brackets, the GS1 Digital Link, HIBC, and the clinic's own
unit codes. It knows nothing of stock, recalls or the clock: `today` and the catalog are passed in.
"""

from treatments.rules.intake.faults import Fault
from treatments.rules.intake.package_code import PackageCode, read_package_code
from treatments.rules.intake.read import FIRST_YEAR, YEARS_AHEAD, read_scan
from treatments.rules.intake.verdict import (
    CatalogEntry,
    Caution,
    Kind,
    Level,
    Precision,
    Scheme,
    Verdict,
)

__all__ = [
    "FIRST_YEAR",
    "YEARS_AHEAD",
    "CatalogEntry",
    "Caution",
    "Fault",
    "Kind",
    "Level",
    "PackageCode",
    "Precision",
    "Scheme",
    "Verdict",
    "read_package_code",
    "read_scan",
]
