"""The number of a package, as it is put into the catalog: from a scan, or typed from the print."""

from dataclasses import dataclass
from datetime import date

from treatments.rules.intake.faults import Fault
from treatments.rules.intake.read import read_scan
from treatments.rules.intake.verdict import Kind, Level, Scheme


@dataclass(frozen=True, slots=True)
class PackageCode:
    """A checked product number, and the package that its own digit speaks of."""

    scheme: Scheme
    di: str
    level: Level


def read_package_code(text: str, *, today: date) -> PackageCode | str:
    """The number in a scanned or typed code, or why there is none that can be trusted.

    The check digit or check character has to be right; lot and expiry may be there or not.
    """
    verdict = read_scan(text, today=today)
    if verdict.kind is Kind.UNIT_CODE:
        return "This is a code of ours. Scan the maker's code on the package."
    sure = verdict.fault in (None, Fault.LOT_AND_EXPIRY_MISSING)
    if not sure or verdict.di is None or verdict.scheme is None:
        return f"{verdict.what} Scan the package again, or type its number with the last character."
    single = verdict.di[-1] == "0" if verdict.scheme is Scheme.HIBC else verdict.di[0] == "0"
    return PackageCode(verdict.scheme, verdict.di, Level.UNIT if single else Level.BOX)
