"""The words in which a scan is answered."""

from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from treatments.rules.intake.faults import Fault


class Kind(StrEnum):
    """What the scan was. UNIT, BOX and CASE are complete: product, lot and expiry are known."""

    UNIT = "unit"
    BOX = "box"
    CASE = "case"
    ASK = "ask"
    """The product is known; lot and expiry come by another scan, or by two people."""
    UNIT_CODE = "unit_code"
    """A unit code minted by the clinic, such as C-000123."""
    REFUSED = "refused"


class Level(StrEnum):
    """The packaging level that the catalog gives to a product number."""

    UNIT = "UNIT"
    BOX = "BOX"
    CASE = "CASE"


class Scheme(StrEnum):
    """Who issued the product number."""

    GS1 = "GS1"
    HIBC = "HIBC"


class Precision(StrEnum):
    """How exactly the expiry is printed. MONTH means: good through the last day of the month."""

    DAY = "DAY"
    MONTH = "MONTH"


@dataclass(frozen=True, slots=True)
class CatalogEntry:
    """What the catalog knows of one product number.

    `di` is a GTIN-14, or a HIBC number without `+` and check character; `units` is the number of
    cartridges behind one such code (1 for a pouch).
    """

    di: str
    product_name: str
    level: Level
    units: int


@dataclass(frozen=True, slots=True)
class Caution:
    """Nothing wrong by the rules, but worth a look at the print before going on."""

    code: str
    sentence: str


@dataclass(frozen=True, slots=True)
class Verdict:
    """The answer to one scan.

    Only `accepted` verdicts may bring in or open a unit. A refused one still carries what could
    be read, so that a person can compare it with the print; never act on those fields.
    `raw` is the text as it came, cut at 200 characters; in an accepted verdict it is plain ASCII,
    apart from the separators.
    """

    kind: Kind
    raw: str
    fault: Fault | None = None
    sentence: str = ""
    """For ASK and REFUSED: what is wrong, why, and what would work at goods-in. Else empty."""
    what: str = ""
    """Its first part alone, for doors where something else would work."""
    scheme: Scheme | None = None
    di: str | None = None
    """GTIN-14, or the HIBC number without `+` and check character."""
    lot: str | None = None
    """Exactly as encoded: case and leading zeros are part of it (R16)."""
    expires_on: date | None = None
    """The last day on which the unit may be used (R4 where the day is not printed)."""
    expiry_precision: Precision | None = None
    manufactured_on: date | None = None
    """Where only the month is printed, its last day."""
    serial: str | None = None
    entry: CatalogEntry | None = None
    unit_code: str | None = None
    """In capitals, C-000123."""
    quarantine: bool = False
    """The data itself is wrong. If the print says the same, the unit goes to quarantine."""
    warnings: tuple[Caution, ...] = ()

    @property
    def accepted(self) -> bool:
        """True when product, lot and expiry are complete and nothing is wrong (R14)."""
        return self.kind in (Kind.UNIT, Kind.BOX, Kind.CASE)

    @property
    def level(self) -> Level | None:
        """The packaging level from the catalog; None without a catalog hit."""
        return self.entry.level if self.entry else None

    def expired_on(self, day: date) -> bool:
        """True when the unit may no longer be used on this clinic-local day.

        It is good through the end of `expires_on`. Where no expiry was read the answer is True:
        what is not known to be in date is not.
        """
        return self.expires_on is None or day > self.expires_on
