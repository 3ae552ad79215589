"""GS1 codes that are not by the book and yet sound (S2-S5), warnings, unit codes, separators."""

from datetime import date

import pytest

from tests.treatments.intake_samples import (
    DEC_31,
    GS,
    JUNE_30,
    PARTS,
    TODAY,
    UNIT,
    V1,
    Read,
    scan,
    told,
)
from treatments.rules.intake import (
    CatalogEntry,
    Fault,
    Kind,
    Level,
    Precision,
    Verdict,
    read_scan,
)

TOLERATED = {
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
    "fixed field that GS1 wants separated, but isn't": (
        "0109521234543213172806304228401042",
        Read(UNIT, "42", JUNE_30),
    ),
    "link in a GS1 symbol": ("]d2https://id.gs1.org/01/09521234543213/10/LOT42A?17=280630", V1),
    "link with empty parameters": (
        "https://id.gs1.org/01/09521234543213/10/LOT42A?&17=280630&&",
        V1,
    ),
    "made on the first of a month-only month": (
        "010952123454321311260600172606001042",
        Read(
            UNIT,
            "42",
            date(2026, 6, 30),
            Precision.MONTH,
            manufactured_on=date(2026, 6, 30),
        ),
    ),
    "lot that ends like an expiry, beside one": (
        "01095212345432131728063010A17280630",
        Read(UNIT, "A17280630", JUNE_30, warnings=("run_on",)),
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


@pytest.mark.rule("S2", "S4", "S5", "S7")
@pytest.mark.parametrize(("text", "expected"), TOLERATED.values(), ids=TOLERATED.keys())
def test_a_tolerated_code_says_product_lot_and_expiry(text: str, expected: Read) -> None:
    verdict = scan(text)

    assert told(verdict) == expected
    assert verdict.raw == text


def test_a_production_date_is_in_the_future_only_when_its_whole_month_is() -> None:
    text = f"{PARTS}112606001728063010L1"

    assert scan(text, today=date(2026, 6, 1)).accepted
    assert scan(text, today=date(2026, 5, 31)).fault is Fault.MADE_IN_FUTURE


def test_shorter_product_numbers_are_filled_to_fourteen_digits() -> None:
    catalog = {
        di: CatalogEntry(di, "x", Level.UNIT, 1) for di in ("00000096385074", "00036000291452")
    }

    found = [
        read_scan(text, today=TODAY, catalog=catalog.get).di
        for text in (
            "96385074",
            "]E496385074",
            "036000291452",
            "https://id.gs1.org/01/96385074/10/L1?17=280630",
            "https://id.gs1.org/01/036000291452/10/L1?17=280630",
        )
    ]

    assert found == ["00000096385074"] * 2 + ["00036000291452", "00000096385074", "00036000291452"]


@pytest.mark.parametrize("lot", ["O7", "7O", "I7", "7I", "o7", "i7", "l7", "7l", "LOT4O2"])
def test_a_letter_that_can_be_taken_for_a_digit_is_warned_of(lot: str) -> None:
    [warning] = scan(f"{PARTS}1728063010{lot}").warnings

    assert warning.code == "lookalikes"
    assert lot in warning.sentence


@pytest.mark.parametrize("lot", ["LOT42A", "000", "OIL", "B7781", "AO-1"])
def test_other_lots_are_not_warned_of(lot: str) -> None:
    assert scan(f"{PARTS}1728063010{lot}").warnings == ()


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


def test_the_clinic_chooses_its_separators_and_0x1d_always_works() -> None:
    text = "010952123454321310LOT42A{}17280630"

    assert scan(text.format("|"), separators=("|",)).lot == "LOT42A"
    assert scan(text.format(GS), separators=("|",)).lot == "LOT42A"
    assert scan(text.format(GS), separators=()).lot == "LOT42A"
    assert scan(text.format(GS), separators=(GS, "|")).lot == "LOT42A"
    assert scan(text.format("~"), separators=("|",)).fault is Fault.BAD_CHARACTER


@pytest.mark.parametrize("separator", ["", "~~", "A", "7", "$", "]", " ", "\n", "(", "<GS>"])
def test_a_separator_that_codes_may_hold_is_a_configuration_error(separator: str) -> None:
    with pytest.raises(ValueError, match="must be one character"):
        scan("x", separators=(separator,))
