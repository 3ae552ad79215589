"""GS1 codes, as printed on boxes and mangled by scanners: the samples V1-V13 and M1-M22."""

import re
from datetime import date
from typing import NamedTuple

import pytest

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
from treatments.rules.intake.faults import PRINT_IS_WRONG, SENTENCES

TODAY = date(2026, 6, 15)
GS = "\x1d"

UNIT = "09521234543213"
BOX = "19521234543210"
OTHER = "09529876000019"
ANOTHER = "09529876000026"

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
    # Rulings and tolerances
    "separator ~": ("]d2010952123454321310LOT42A~17280630", V1),
    "leading ~": ("]d2~01095212345432131728063010LOT42A", V1),
    "]J1 (S2)": ("]J101095212345432131728063010LOT42A", V1),
    "]e0": ("]e001095212345432131728063010LOT42A", V1),
    "blanks around (S2)": (" \t]d201095212345432131728063010LOT42A\r\n", V1),
    "separators behind (S2)": (f"01095212345432131728063010LOT42A{GS}~\r\n", V1),
    "other AIs (S4)": (f"01095212345432131728063010LOT42A{GS}30000010{GS}240REF-7", V1),
    "third-party serial alone (S4)": (f"01095212345432131728063010LOT42A{GS}235ABC", V1),
    "made today (S4)": (
        "010952123454321311260615172806301042",
        Read(UNIT, "42", JUNE_30, manufactured_on=TODAY),
    ),
    "made this month, day not printed": (
        "010952123454321311260600172806301042",
        Read(UNIT, "42", JUNE_30, manufactured_on=date(2026, 6, 30)),
    ),
    "spaces between pairs (S5)": ("(01)09521234543213 (17)280630  (10)LOT42A", V1),
    "link, http, prefix, GTIN-13": (
        "HTTP://clinic.example/go/01/9521234543213/10/LOT42A?17=280630&linkType=all",
        V1,
    ),
    "link with encoded lot": (
        "https://id.gs1.org/01/09521234543213/10/SP-2026%2F07?17=280630",
        Read(UNIT, "SP-2026/07", JUNE_30),
    ),
    "link with serial": (
        "https://id.gs1.org/01/09521234543213/10/L9/21/000123/?17=281231&11=260115",
        Read(UNIT, "L9", DEC_31, manufactured_on=date(2026, 1, 15), serial="000123"),
    ),
    "link in a plain QR code": (
        "]Q1https://id.gs1.org/01/09521234543213/10/LOT42A?17=280630",
        V1,
    ),
    "first year": ("01095212345432131720010110L1", Read(UNIT, "L1", date(2020, 1, 1))),
    "last year": ("01095212345432131736123110L1", Read(UNIT, "L1", date(2036, 12, 31))),
    "expired (S7)": ("01095212345432131726061410L1", Read(UNIT, "L1", date(2026, 6, 14))),
    # Warnings
    "letter O beside a digit": (
        "01095212345432131728063010O0O",
        Read(UNIT, "O0O", JUNE_30, warnings=("lookalikes",)),
    ),
    "letter I beside a digit": (
        "01095212345432131728063010LI7",
        Read(UNIT, "LI7", JUNE_30, warnings=("lookalikes",)),
    ),
    "serial lost its separator": (
        "01095212345432131728063010L921000123",
        Read(UNIT, "L921000123", JUNE_30, warnings=("run_on",)),
    ),
    "production date lost its separator": (
        "01095212345432131728063010LOT42A11260115",
        Read(UNIT, "LOT42A11260115", JUNE_30, warnings=("run_on",)),
    ),
    "same lot, separators in use": (
        f"01095212345432131728063010L921000123{GS}2177",
        Read(UNIT, "L921000123", JUNE_30, serial="77"),
    ),
}


@pytest.mark.rule("R14")
@pytest.mark.parametrize(("text", "expected"), VALID.values(), ids=VALID.keys())
def test_a_sound_code_says_product_lot_and_expiry(text: str, expected: Read) -> None:
    verdict = scan(text)

    assert told(verdict) == expected
    assert verdict.raw == text


PARTS = "0109521234543213"
LONG_LINK = "https://id.gs1.org/01/09521234543213/10/LOT42A"

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
    # M14 and M21 have tests of their own below.
    "M15": ("01095212345432131728063010L1<GS>2177", Fault.SEPARATOR_AS_TEXT),
    "M16": ("01095212345432131700000010L1", Fault.EXPIRY_NOT_A_DATE),
    "M17": ("020952123454321337121728063010L1", Fault.CASE_CONTENT),
    "M18": ("01095212345432131728063010l ot", Fault.SPACE_INSIDE),
    "M19": (f"01095212345432131728063010L1{GS}{GS}21", Fault.SERIAL_EMPTY),
    "M20": ("01000000000000001728063010L1", Fault.GTIN_ZERO),
    "M22": ("(01)09521234543213(17)280630(10)LOT(42)A", Fault.BRACKETS),
    # The text as a whole
    "nothing": ("", Fault.EMPTY),
    "blanks only": (f" \t\r\n{GS}~", Fault.EMPTY),
    "201 characters (S2)": (PARTS + "1728063010L1" + "A" * 173, Fault.TOO_LONG),
    "200 characters": (PARTS + "1728063010L1" + "A" * 172, Fault.LOT_TOO_LONG),
    "literal separator, small letters (S2)": (
        "01095212345432131728063010L1<gs>2177",
        Fault.SEPARATOR_AS_TEXT,
    ),
    "tab inside (S2)": ("0109521234543213\t1728063010L1", Fault.SPACE_INSIDE),
    "line break inside (S2)": ("0109521234543213\n1728063010L1", Fault.SPACE_INSIDE),
    "space behind the mark": ("]d2 01095212345432131728063010LOT42A", Fault.UNRECOGNIZED),
    "NUL": ("01095212345432131728063010L\x001", Fault.BAD_CHARACTER),
    "lone surrogate": ("01095212345432131728063010L\ud8001", Fault.BAD_CHARACTER),
    "digits of another script": (
        "01٠٩٥٢١٢٣٤٥٤٣٢١٣1728063010L1",
        Fault.BAD_CHARACTER,
    ),
    "sign outside CSET 82": ("01095212345432131728063010L#1", Fault.BAD_CHARACTER),
    "words": ("hello world", Fault.UNRECOGNIZED),
    "bracket alone": ("]", Fault.NOT_GS1),
    "mark alone": ("]d2", Fault.UNRECOGNIZED),
    "]d1": ("]d101095212345432131728063010LOT42A", Fault.NOT_GS1),
    "]C0": ("]C001095212345432131728063010LOT42A", Fault.NOT_GS1),
    "]Q1": ("]Q101095212345432131728063010LOT42A", Fault.NOT_GS1),
    "mark of another script": ("]é€01095212345432131728063010LOT42A", Fault.NOT_GS1),
    "brackets in a plain symbol": (f"]d1{V10_TEXT}", Fault.NOT_GS1),
    "HIBC in a GS1 symbol": ("]C1+A999SPCART10/$$3280630LOT42AA", Fault.UNRECOGNIZED),
    # Product number
    "one digit of ]E0 wrong": ("]E09521234543214", Fault.CHECK_DIGIT),
    "EAN of zeros": ("0000000000000", Fault.GTIN_ZERO),
    "]E0 with 11 digits": ("]E095212345432", Fault.GTIN_LENGTH),
    "]E0 with a letter": ("]E095212345432A3", Fault.GTIN_LENGTH),
    "wrong check digit before other faults": (
        f"01095212345432141728063010L1{GS}05XYZ",
        Fault.CHECK_DIGIT,
    ),
    "product number cut off": ("01095212345", Fault.GTIN_LENGTH),
    "two product numbers": (
        "0109521234543213010952123454321317280630" + "10L1",
        Fault.TWO_GTINS,
    ),
    "count of pieces (S4)": (f"010952123454321337121728063010L1{GS}", Fault.CASE_CONTENT),
    "case content, typed": (
        "(02)09521234543213(37)12(17)280630(10)L1",
        Fault.CASE_CONTENT,
    ),
    # Lot and serial
    "no lot": (PARTS + "17280630", Fault.NO_LOT),
    "serial but no lot": (PARTS + "1728063021S1", Fault.NO_LOT),
    "serial only": (PARTS + "21S1", Fault.NO_LOT),
    "serial too long": (PARTS + f"1728063010L1{GS}21" + "7" * 21, Fault.SERIAL_TOO_LONG),
    "two serials": (PARTS + f"1728063010L1{GS}211{GS}212", Fault.TWO_SERIALS),
    "(21) with (235) (S4)": (
        PARTS + f"1728063010L1{GS}2177{GS}235ABC",
        Fault.SERIAL_CONFLICT,
    ),
    "lot of 20 with a serial glued on": (
        PARTS + "1728063010" + "A" * 20 + "2177",
        Fault.LOT_TOO_LONG,
    ),
    "separator lost, lot of 20": (
        PARTS + "10" + "A" * 20 + "17280630",
        Fault.SEPARATOR_LOST,
    ),
    "separator lost, then a serial": (
        PARTS + "10LOT42A1728063021S1",
        Fault.SEPARATOR_LOST,
    ),
    "separator lost behind the serial": (
        PARTS + f"10L9{GS}21ABC17281231",
        Fault.SEPARATOR_LOST,
    ),
    # Dates
    "no expiry": (PARTS + "10LOT42A", Fault.NO_EXPIRY),
    "two expiries": (PARTS + "172806301728063010L1", Fault.TWO_EXPIRIES),
    "day 32": (PARTS + "1728063210L1", Fault.EXPIRY_NOT_A_DATE),
    "day 31 in June": (PARTS + "1728063110L1", Fault.EXPIRY_NOT_A_DATE),
    "February 29 in a common year": (PARTS + "1727022910L1", Fault.EXPIRY_NOT_A_DATE),
    "expiry cut off": (PARTS + "1728", Fault.EXPIRY_CUT_SHORT),
    "expiry in 2019": (PARTS + "1719123110L1", Fault.EXPIRY_YEAR),
    "expiry in 2037": (PARTS + "1737010110L1", Fault.EXPIRY_YEAR),
    "expiry in 1977": (PARTS + "1777010110L1", Fault.EXPIRY_YEAR),
    "production month 13": (PARTS + "111413011728063010L1", Fault.PRODUCTION_NOT_A_DATE),
    "production February 30": (PARTS + "112602301728063010L1", Fault.PRODUCTION_NOT_A_DATE),
    "production cut to YYMM": (PARTS + "11260110L1", Fault.PRODUCTION_CUT_SHORT),
    "made after expiry (S4)": (
        PARTS + "112601151726011410L1",
        Fault.MADE_AFTER_EXPIRY,
    ),
    "made tomorrow (S4)": (PARTS + "112606161728063010L1", Fault.MADE_IN_FUTURE),
    "made next month": (PARTS + "112607001728063010L1", Fault.MADE_IN_FUTURE),
    # Form
    "repeated tolerated field": (
        PARTS + f"1728063010L1{GS}240A{GS}240B",
        Fault.REPEATED_FIELD,
    ),
    "count with letters": (PARTS + f"1728063030A{GS}10L1", Fault.BAD_FIELD),
    "count run on": (PARTS + "1728063030AB", Fault.BAD_FIELD),
    "brackets of an unknown AI (S5)": ("(01)09521234543213(05)X(10)L1", Fault.BRACKETS),
    "brackets around letters (S5)": (
        "(01)09521234543213(17)280630(10)LOT(A)",
        Fault.BRACKETS,
    ),
    "bracket not opened (S5)": ("(01)09521234543213(17)280630(10)LOT)", Fault.BRACKETS),
    "bracket not closed (S5)": ("(01)09521234543213(17)280630(10", Fault.BRACKETS),
    "AI too long (S5)": ("(0109521234543213)(17)280630(10)L1", Fault.BRACKETS),
    "space in a typed lot (S5)": (
        "(01)09521234543213(17)280630(10)LOT 42A",
        Fault.SPACE_INSIDE,
    ),
    "typed lot empty": ("(01)09521234543213(10)(17)280630", Fault.LOT_EMPTY),
    "typed number short": ("(01)0952123454321(17)280630(10)L1", Fault.GTIN_LENGTH),
    "typed check digit wrong": ("(01)09521234543214(17)280630(10)L1", Fault.CHECK_DIGIT),
    "typed twice": ("(01)09521234543213(17)280630(10)L1(10)L2", Fault.TWO_LOTS),
    "typed number in another script": (
        "(01)٠٩٥٢١٢٣٤٥٤٣٢١٣(17)280630(10)L1",
        Fault.BAD_CHARACTER,
    ),
    # Digital Link
    "repeated parameter (S4)": (
        LONG_LINK + "?17=280630&17=280630",
        Fault.REPEATED_PARAMETER,
    ),
    "repeated other parameter (S4)": (
        LONG_LINK + "?17=280630&linkType=a&linkType=b",
        Fault.REPEATED_PARAMETER,
    ),
    "lot in path and query (S4)": (LONG_LINK + "?17=280630&10=LOT42A", Fault.TWO_LOTS),
    "lot twice in the path (S4)": (LONG_LINK + "/10/L2?17=280630", Fault.TWO_LOTS),
    "link without product": ("https://clinic.example/", Fault.LINK_FORM),
    "link without host": ("https:///01/09521234543213", Fault.LINK_FORM),
    "link with a fragment": (LONG_LINK + "?17=280630#A", Fault.LINK_FORM),
    "link with an odd path": (LONG_LINK + "/21?17=280630", Fault.LINK_FORM),
    "link with a stranger in the path": (LONG_LINK + "/30/5?17=280630", Fault.LINK_FORM),
    "link with a broken percent sign": (LONG_LINK + "%2?17=280630", Fault.LINK_FORM),
    "link with an empty lot": (
        "https://id.gs1.org/01/09521234543213/10/?17=280630",
        Fault.LOT_EMPTY,
    ),
    "link with an encoded control": (LONG_LINK + "%1D?17=280630", Fault.BAD_CHARACTER),
    "link with an encoded space": (LONG_LINK + "%20B?17=280630", Fault.SPACE_INSIDE),
    "link with an unknown AI": (LONG_LINK + "?17=280630&05=X", Fault.UNKNOWN_AI),
    "link with plus for space": (
        "https://id.gs1.org/01/09521234543213?10=A+B&17=280630",
        Fault.SPACE_INSIDE,
    ),
    "link, check digit wrong": (
        "https://id.gs1.org/01/09521234543214/10/L1?17=280630",
        Fault.CHECK_DIGIT,
    ),
    "link without expiry": (LONG_LINK, Fault.NO_EXPIRY),
    # Catalog (S3)
    "product not in the catalog": ("01095290000000141728063010L1", Fault.NOT_IN_CATALOG),
    "EAN not in the catalog": ("]E09529000000014", Fault.NOT_IN_CATALOG),
    # Unit codes and other schemes
    "unit code too short": ("C-123", Fault.UNIT_CODE_FORM),
    "unit code without dash": ("c000123", Fault.UNIT_CODE_FORM),
    "tissue code": (
        "=/1AB370000007JC89=,000000=1234567890ABC00=>030329=}025226",
        Fault.ICCBBA,
    ),
    "formula": ("=1+1", Fault.UNRECOGNIZED),
}


@pytest.mark.rule("R14")
@pytest.mark.parametrize(("text", "fault"), MALFORMED.values(), ids=MALFORMED.keys())
def test_a_malformed_code_is_refused_with_its_fault_and_the_way_out(
    text: str, fault: Fault
) -> None:
    verdict = scan(text)

    assert (verdict.kind, verdict.fault) == (Kind.REFUSED, fault)
    assert not verdict.accepted
    assert verdict.sentence.endswith(".")
    assert re.search(r"\bscan\b|two people|type", verdict.sentence, re.IGNORECASE)


@pytest.mark.parametrize(
    ("sample", "quarantine"),
    [
        (name, name in {"M1", "M3", "M4", "M5", "M16", "M20"})
        for name in MALFORMED
        if name[0] == "M"
    ],
)
def test_only_wrong_data_points_to_quarantine(sample: str, quarantine: bool) -> None:
    assert scan(MALFORMED[sample][0]).quarantine is quarantine


@pytest.mark.parametrize(
    "text", ["]E09521234543213", "9521234543213", UNIT, "]I109521234543213", f"{PARTS}"]
)
def test_a_bare_product_number_asks_for_lot_and_expiry(text: str) -> None:
    """M14, S3."""
    verdict = scan(text)

    assert verdict.kind is Kind.ASK
    assert verdict.fault is Fault.LOT_AND_EXPIRY_MISSING
    assert (verdict.di, verdict.level, verdict.lot, verdict.expires_on) == (
        UNIT,
        Level.UNIT,
        None,
        None,
    )
    assert "other code" in verdict.sentence
    assert "two people" in verdict.sentence
    assert not verdict.accepted


def test_shorter_product_numbers_are_filled_to_fourteen_digits() -> None:
    catalog = {
        di: CatalogEntry(di, "x", Level.UNIT, 1) for di in ("00000096385074", "00036000291452")
    }

    found = [
        read_scan(text, today=TODAY, catalog=catalog.get).di
        for text in ("96385074", "]E496385074", "036000291452")
    ]

    assert found == ["00000096385074", "00000096385074", "00036000291452"]


def test_the_bracketed_text_is_read_by_the_strict_parser() -> None:
    """M21 is V10's text: the lot ends where (21) begins."""
    verdict = scan(V10_TEXT)

    assert (verdict.lot, verdict.serial) == ("LOT42A", "77")


@pytest.mark.parametrize(
    ("text", "unit_code"),
    [
        ("C-000123", "C-000123"),
        ("c-000123", "C-000123"),
        (" c-000123\r\n", "C-000123"),
        ("]Q1C-000123", "C-000123"),
        ("]d1c-1000000", "C-1000000"),
    ],
)
def test_a_unit_code_of_the_clinic_is_told_in_capitals(text: str, unit_code: str) -> None:
    verdict = scan(text)

    assert verdict == Verdict(Kind.UNIT_CODE, text, unit_code=unit_code)
    assert not verdict.accepted


@pytest.mark.parametrize("text", ["C-0001234567890", "C-٠٠٠١٢٣", "XC-000123", "]d2C-000123"])
def test_what_only_resembles_a_unit_code_is_refused(text: str) -> None:
    assert scan(text).kind is Kind.REFUSED


@pytest.mark.rule("R4")
@pytest.mark.parametrize(
    ("printed", "last_day"),
    [
        ("280200", date(2028, 2, 29)),
        ("270200", date(2027, 2, 28)),
        ("280400", date(2028, 4, 30)),
        ("281200", date(2028, 12, 31)),
    ],
)
def test_expiry_without_a_day_is_the_last_day_of_its_month(printed: str, last_day: date) -> None:
    verdict = scan(f"{PARTS}17{printed}10L1")

    assert (verdict.expires_on, verdict.expiry_precision) == (last_day, Precision.MONTH)


@pytest.mark.rule("R4")
def test_a_month_only_expiry_is_good_on_its_last_day_and_not_after() -> None:
    verdict = scan(f"{PARTS}1728020010L1")

    assert not verdict.expired_on(date(2028, 2, 29))
    assert verdict.expired_on(date(2028, 3, 1))


def test_expiry_is_a_fact_about_a_day_and_not_a_fault_of_the_scan() -> None:
    """S7."""
    verdict = scan(f"{PARTS}1726061410L1")

    assert verdict.accepted
    assert [verdict.expired_on(date(2026, 6, day)) for day in (13, 14, 15)] == [False, False, True]


def test_a_verdict_without_expiry_counts_as_expired() -> None:
    assert scan("]E09521234543213").expired_on(date.min)


@pytest.mark.rule("R16")
def test_lots_are_kept_sign_by_sign() -> None:
    lots = ["O0O", "000", "lot42a", "LOT42A", "0042", "42"]

    assert [scan(f"{PARTS}1728063010{lot}").lot for lot in lots] == lots


@pytest.mark.rule("R16")
def test_every_packaging_level_has_its_own_number_and_level() -> None:
    told_levels = {di: scan(f"01{di}1728063010L1").level for di in (UNIT, BOX, OTHER, ANOTHER)}

    assert told_levels == {
        UNIT: Level.UNIT,
        BOX: Level.BOX,
        OTHER: Level.UNIT,
        ANOTHER: Level.CASE,
    }


@pytest.mark.rule("R14")
def test_a_product_outside_the_catalog_is_refused_with_what_was_read() -> None:
    verdict = scan("01095290000000141728063010L1")

    assert (verdict.di, verdict.lot, verdict.expires_on, verdict.level) == (
        "09529000000014",
        "L1",
        JUNE_30,
        None,
    )
    assert "A manager adds the product, then scan again." in verdict.sentence


def test_without_a_catalog_the_packaging_digit_tells_unit_from_box() -> None:
    kinds = [read_scan(f"01{di}1728063010L1", today=TODAY).kind for di in (UNIT, BOX)] + [
        read_scan("]E09521234543213", today=TODAY).kind
    ]

    assert kinds == [Kind.UNIT, Kind.BOX, Kind.ASK]


def test_two_digit_years_follow_the_date_of_the_clinic() -> None:
    """GS1: 50 years ahead at most, 49 back at most; the window then decides."""
    far = date(2095, 1, 1)

    assert scan(f"{PARTS}1705063010L1", today=far).expires_on == date(2105, 6, 30)
    assert scan(f"{PARTS}1745063010L1", today=far).expires_on == date(2145, 6, 30)
    assert scan(f"{PARTS}1746063010L1", today=far).expires_on == date(2046, 6, 30)
    assert scan(f"{PARTS}1777063010L1").expires_on == date(1977, 6, 30)
    assert scan(f"{PARTS}1776063010L1").expires_on == date(2076, 6, 30)


def test_the_clinic_chooses_its_separators_and_0x1d_always_works() -> None:
    text = "010952123454321310LOT42A{}17280630"

    assert scan(text.format("|"), separators=("|",)).lot == "LOT42A"
    assert scan(text.format(GS), separators=("|",)).lot == "LOT42A"
    assert scan(text.format(GS), separators=()).lot == "LOT42A"
    assert scan(text.format("~"), separators=("|",)).fault is Fault.BAD_CHARACTER


@pytest.mark.parametrize("separator", ["", "~~", "A", "7", "$", "]", " ", "\n", "(", "<GS>"])
def test_a_separator_that_codes_may_hold_is_a_configuration_error(separator: str) -> None:
    with pytest.raises(ValueError, match="must be one character"):
        scan("x", separators=(separator,))


def test_the_stray_character_is_named_so_that_a_person_can_find_it() -> None:
    shown = [
        scan(f"{PARTS}1728063010L{stray}1").sentence.partition(" can't")[0]
        for stray in ("Ö", "#", "\x00", "\ud800", "\u200b")
    ]

    assert shown == [
        '"Ö" (U+00D6)',
        '"#"',
        "The character U+0000",
        "The character U+D800",
        "The character U+200B",
    ]


def test_a_text_too_long_keeps_two_hundred_characters_of_itself() -> None:
    verdict = scan("7" * 5000)

    assert verdict.fault is Fault.TOO_LONG
    assert verdict.raw == "7" * 200


def test_every_fault_has_a_sample() -> None:
    elsewhere = {
        Fault.LOT_AND_EXPIRY_MISSING,
        Fault.HIBC_FORM,
        Fault.NO_PRIMARY,
        Fault.CHECK_CHARACTER,
        Fault.CHECK_CHARACTER_UNSURE,
    }

    assert {fault for _, fault in MALFORMED.values()} == set(Fault) - elsewhere


def test_sentences_are_plain_and_complete() -> None:
    assert set(SENTENCES) == set(Fault)
    assert set(Fault) >= PRINT_IS_WRONG
    for sentence in SENTENCES.values():
        assert sentence[-1] == "."
        assert "!" not in sentence
        assert "  " not in sentence
