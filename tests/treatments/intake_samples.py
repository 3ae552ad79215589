"""The samples of the domain reference, as printed or mangled, and the catalog they are held to."""

from datetime import date
from typing import NamedTuple

from treatments.rules.intake import (
    CatalogEntry,
    Fault,
    Kind,
    Level,
    Precision,
    Scheme,
    Verdict,
    read_scan,
)

TODAY = date(2026, 6, 15)
GS = "\x1d"

UNIT = "09521234543213"
BOX = "19521234543210"
OTHER = "09529876000019"
ANOTHER = "09529876000026"
PARTS = "0109521234543213"

CATALOG = {
    entry.di: entry
    for entry in (
        CatalogEntry(UNIT, "Demo cartridge 36", Level.UNIT, 1),
        CatalogEntry(BOX, "Demo cartridge 36", Level.BOX, 10),
        CatalogEntry(OTHER, "Demo cartridge 12", Level.UNIT, 1),
        CatalogEntry(ANOTHER, "Demo cartridge 9", Level.CASE, 120),
    )
}


def scan(text: str, *, today: date = TODAY, separators: tuple[str, ...] = ("~",)) -> Verdict:
    return read_scan(text, today=today, separators=separators, catalog=CATALOG.get)


class Read(NamedTuple):
    """What an accepted code must say."""

    di: str
    lot: str
    expires_on: date
    precision: Precision = Precision.DAY
    manufactured_on: date | None = None
    serial: str | None = None
    kind: Kind = Kind.UNIT
    warnings: tuple[str, ...] = ()


def told(verdict: Verdict) -> Read:
    assert verdict.fault is None, verdict.sentence
    assert verdict.accepted
    assert verdict.sentence == ""
    assert verdict.scheme is Scheme.GS1
    assert not verdict.quarantine
    assert verdict.entry == CATALOG[verdict.di or ""]
    return Read(
        verdict.di or "",
        verdict.lot or "",
        verdict.expires_on or date.min,
        verdict.expiry_precision or Precision.DAY,
        verdict.manufactured_on,
        verdict.serial,
        verdict.kind,
        tuple(warning.code for warning in verdict.warnings),
    )


JUNE_30 = date(2028, 6, 30)
DEC_31 = date(2028, 12, 31)
V1 = Read(UNIT, "LOT42A", JUNE_30)
V10_TEXT = "(01)09521234543213(17)280630(10)LOT42A(21)77"

VALID = {
    "V1": ("]d201095212345432131728063010LOT42A", V1),
    "V2": (f"]d2010952123454321310LOT42A{GS}17280630", V1),
    "V3": ("]C101095212345432131728063010SP-2026/07", Read(UNIT, "SP-2026/07", JUNE_30)),
    "V4": (
        "]Q30109529876000019112601151729011410B7781",
        Read(OTHER, "B7781", date(2029, 1, 14), manufactured_on=date(2026, 1, 15)),
    ),
    "V5": (
        "01095212345432131728020010FEB28",
        Read(UNIT, "FEB28", date(2028, 2, 29), Precision.MONTH),
    ),
    "V6": (
        "01095212345432131727020010X1",
        Read(UNIT, "X1", date(2027, 2, 28), Precision.MONTH),
    ),
    "V7": (
        f"]d201095298760000261728123110L9{GS}21000123",
        Read(ANOTHER, "L9", DEC_31, serial="000123", kind=Kind.CASE),
    ),
    "V8": (
        f"]d2010952987600002621ABC-01{GS}10L9{GS}17281231",
        Read(ANOTHER, "L9", DEC_31, serial="ABC-01", kind=Kind.CASE),
    ),
    "V9": (
        f"]d2{GS}01195212345432101728063010LOT42A",
        Read(BOX, "LOT42A", JUNE_30, kind=Kind.BOX),
    ),
    "V10": (V10_TEXT, Read(UNIT, "LOT42A", JUNE_30, serial="77")),
    "V11": ("01095212345432131728063010" + "A" * 20, Read(UNIT, "A" * 20, JUNE_30)),
    "V12": (f"]C1010952123454321317280630{GS}10LOT42A", V1),
    "V13": ("https://id.gs1.org/01/09521234543213/10/LOT42A?17=280630", V1),
}

MALFORMED = {
    "M1": ("]d201095212345432141728063010LOT42A", Fault.CHECK_DIGIT),
    "M2": ("]d20109521234543211728063010LOT42A", Fault.GTIN_LENGTH),
    "M3": ("01095212345432131728133110L1", Fault.EXPIRY_NOT_A_DATE),
    "M4": ("01095212345432131728023110L1", Fault.EXPIRY_NOT_A_DATE),
    "M5": ("01095212345432131728000010L1", Fault.EXPIRY_NOT_A_DATE),
    "M6": ("010952123454321310LOT42A17280630", Fault.SEPARATOR_LOST),
    "M7": ("01095212345432131728063010" + 21 * "A", Fault.LOT_TOO_LONG),
    "M8": ("01095212345432131728063010", Fault.LOT_EMPTY),
    "M9": ("01095212345432131728063010LÖT", Fault.BAD_CHARACTER),
    "M10": ("010952123454321317280610L1", Fault.EXPIRY_CUT_SHORT),
    "M11": (f"01095212345432131728063010L1{GS}10L2", Fault.TWO_LOTS),
    "M12": ("1728063010L1", Fault.NO_GTIN),
    "M13": (f"01095212345432131728063010L1{GS}05XYZ", Fault.UNKNOWN_AI),
    # M14 and M21 have tests of their own.
    "M15": ("01095212345432131728063010L1<GS>2177", Fault.SEPARATOR_AS_TEXT),
    "M16": ("01095212345432131700000010L1", Fault.EXPIRY_NOT_A_DATE),
    "M17": ("020952123454321337121728063010L1", Fault.CASE_CONTENT),
    "M18": ("01095212345432131728063010l ot", Fault.SPACE_INSIDE),
    "M19": (f"01095212345432131728063010L1{GS}{GS}21", Fault.SERIAL_EMPTY),
    "M20": ("01000000000000001728063010L1", Fault.GTIN_ZERO),
    "M22": ("(01)09521234543213(17)280630(10)LOT(42)A", Fault.BRACKETS),
}
