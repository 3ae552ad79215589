"""HIBC codes (S6): every date form, the check character, and what must be refused."""

from datetime import date

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
from treatments.rules.intake.hibc import check_character

TODAY = date(2026, 6, 15)
JUNE_30 = date(2028, 6, 30)
PRODUCT = "A999SPCART10"
ALPHABET = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ-. $/+%"

CATALOG = {
    entry.di: entry
    for entry in (
        CatalogEntry(PRODUCT, "Demo cartridge 36", Level.UNIT, 1),
        CatalogEntry("A999SPCART11", "Demo cartridge 36", Level.BOX, 10),
        CatalogEntry("X999123ABC0", "Demo cartridge 12", Level.UNIT, 1),
    )
}


def scan(text: str, today: date = TODAY) -> Verdict:
    return read_scan(text, today=today, catalog=CATALOG.get)


def sealed(text: str) -> str:
    """The text with its `+` and the right check character."""
    return f"+{text}{check_character('+' + text)}"


def told(verdict: Verdict) -> tuple[str | None, date | None, Precision | None]:
    assert verdict.accepted, verdict.sentence
    assert (verdict.scheme, verdict.di) == (Scheme.HIBC, PRODUCT)
    assert (verdict.fault, verdict.sentence, verdict.quarantine) == (None, "", False)
    return verdict.lot, verdict.expires_on, verdict.expiry_precision


VALID = {
    "YYMMDD": "+A999SPCART10/$$3280630LOT42AA",
    "MMDDYY": "+A999SPCART10/$$2063028LOT42A9",
    "YYJJJ": "+A999SPCART10/$$528182LOT42AE",
    "lot, then /14D": "+A999SPCART10/$LOT42A/14D20280630S",
}
MONTH_ONLY = "+A999SPCART10/$$0628LOT42A4"
OLD_BY_MONTH = "+X999123ABC0/$$05191234AB/S5678EDFG/16D20151001A"
OLD_BY_DAY = "+X999123ABC0/$$5191351234AB/S5678EDFG/16D20151001J"
SAMPLES = [*VALID.values(), MONTH_ONLY, OLD_BY_MONTH, OLD_BY_DAY]


@pytest.mark.rule("R14")
@pytest.mark.parametrize("text", VALID.values(), ids=VALID.keys())
def test_a_sound_code_says_product_lot_and_expiry(text: str) -> None:
    assert told(scan(text)) == ("LOT42A", JUNE_30, Precision.DAY)


@pytest.mark.rule("R4")
def test_expiry_without_a_day_is_the_last_day_of_its_month() -> None:
    assert told(scan(MONTH_ONLY)) == ("LOT42A", JUNE_30, Precision.MONTH)


@pytest.mark.rule("S6")
@pytest.mark.parametrize(
    ("text", "expires_on", "precision"),
    [
        (OLD_BY_MONTH, date(2019, 5, 31), Precision.MONTH),
        (OLD_BY_DAY, date(2019, 5, 15), Precision.DAY),
    ],
)
def test_codes_of_2019_are_read_whole_and_refused_for_their_year(
    text: str, expires_on: date, precision: Precision
) -> None:
    """The check character is right; S6 holds HIBC to the window of 2020 to ten years ahead."""
    verdict = scan(text)

    assert verdict == Verdict(
        Kind.REFUSED,
        text,
        fault=Fault.EXPIRY_YEAR,
        sentence=verdict.sentence,
        what=verdict.what,
        scheme=Scheme.HIBC,
        di="X999123ABC0",
        lot="1234AB",
        expires_on=expires_on,
        expiry_precision=precision,
        manufactured_on=date(2015, 10, 1),
        serial="5678EDFG",
        quarantine=True,
    )
    assert f"The expiry {expires_on} is outside 2020 to 2036." in verdict.sentence


MORE = {
    "YYMMDDHH": ("$$428063023LOT42A", ("LOT42A", JUNE_30, Precision.DAY)),
    "YYJJJHH": ("$$62818200LOT42A", ("LOT42A", JUNE_30, Precision.DAY)),
    "MMYY from 10": ("$$1228LOT42A", ("LOT42A", date(2028, 12, 31), Precision.MONTH)),
    "day 00, YYMMDD": ("$$3280200LOT42A", ("LOT42A", date(2028, 2, 29), Precision.MONTH)),
    "day 00, MMDDYY": ("$$2020027LOT42A", ("LOT42A", date(2027, 2, 28), Precision.MONTH)),
    "day 00, /14D": ("$LOT42A/14D20280600", ("LOT42A", JUNE_30, Precision.MONTH)),
    "day 366 of a leap year": ("$$528366L1", ("L1", date(2028, 12, 31), Precision.DAY)),
    "quantity of 2 digits": ("$$8243280630LOT42A", ("LOT42A", JUNE_30, Precision.DAY)),
    "quantity of 5 digits": ("$$9000243280630LOT42A", ("LOT42A", JUNE_30, Precision.DAY)),
    "quantity, month only": ("$$8240628LOT42A", ("LOT42A", JUNE_30, Precision.MONTH)),
    "no date flag, then /14D": ("$$7LOT42A/14D20280630", ("LOT42A", JUNE_30, Precision.DAY)),
    "lot of 18": ("$$3280630" + "A" * 18, ("A" * 18, JUNE_30, Precision.DAY)),
    "lot with dash and dot": ("$$3280630A-1.2", ("A-1.2", JUNE_30, Precision.DAY)),
}


@pytest.mark.rule("S6")
@pytest.mark.parametrize(("data", "expected"), MORE.values(), ids=MORE.keys())
def test_every_form_of_date_and_quantity_is_read(
    data: str, expected: tuple[str, date, Precision]
) -> None:
    assert told(scan(sealed(f"{PRODUCT}/{data}"))) == expected


@pytest.mark.parametrize(
    "data", ["$$3280630L1/S0042", "$L1/$$+32806300042", "$L1/$+0042/14D20280630"]
)
def test_serial_numbers_are_text(data: str) -> None:
    verdict = scan(sealed(f"{PRODUCT}/{data}"))

    assert (verdict.lot, verdict.serial, verdict.expires_on) == ("L1", "0042", JUNE_30)


def test_a_serial_number_has_up_to_18_characters() -> None:
    assert scan(sealed(f"{PRODUCT}/$$3280630L1/S{'7' * 18}")).serial == "7" * 18


@pytest.mark.rule("R16")
def test_the_product_number_is_kept_without_plus_and_check_character() -> None:
    unit, box = (scan(sealed(f"{di}/$$3280630L1")) for di in (PRODUCT, "A999SPCART11"))

    assert (unit.di, unit.kind, unit.level) == (PRODUCT, Kind.UNIT, Level.UNIT)
    assert (box.di, box.kind, box.level) == ("A999SPCART11", Kind.BOX, Level.BOX)


@pytest.mark.parametrize("mark", ["]C0", "]A0", "]d1", "]Q1"])
def test_a_plain_symbol_may_carry_it(mark: str) -> None:
    assert told(scan(mark + VALID["YYMMDD"])) == ("LOT42A", JUNE_30, Precision.DAY)


def test_the_product_alone_asks_for_lot_and_expiry() -> None:
    verdict = scan(sealed(PRODUCT))

    assert (verdict.kind, verdict.fault, verdict.di, verdict.level) == (
        Kind.ASK,
        Fault.LOT_AND_EXPIRY_MISSING,
        PRODUCT,
        Level.UNIT,
    )


REFUSED = {
    "month 13": ("+A999SPCART10/$$2133028LOT42A7", Fault.EXPIRY_NOT_A_DATE),
    "day 000": ("+A999SPCART10/$$528000LOT42A3", Fault.EXPIRY_NOT_A_DATE),
    "day 367": ("+A999SPCART10/$$528367LOT42AJ", Fault.EXPIRY_NOT_A_DATE),
    "day 366 of a common year": (sealed(f"{PRODUCT}/$$527366L1"), Fault.EXPIRY_NOT_A_DATE),
    "month 00": (sealed(f"{PRODUCT}/$$0028L1"), Fault.EXPIRY_NOT_A_DATE),
    "June 31": (sealed(f"{PRODUCT}/$$3280631L1"), Fault.EXPIRY_NOT_A_DATE),
    "hour 24": (sealed(f"{PRODUCT}/$$428063024L1"), Fault.EXPIRY_NOT_A_DATE),
    "/14D of 7 digits": (sealed(f"{PRODUCT}/$L1/14D2028063"), Fault.EXPIRY_NOT_A_DATE),
    "/14D in year 0": (sealed(f"{PRODUCT}/$L1/14D00000630"), Fault.EXPIRY_NOT_A_DATE),
    "/16D month 13": (
        sealed(f"{PRODUCT}/$$3280630L1/16D20261301"),
        Fault.PRODUCTION_NOT_A_DATE,
    ),
    "made tomorrow": (sealed(f"{PRODUCT}/$$3280630L1/16D20260616"), Fault.MADE_IN_FUTURE),
    "made after expiry": (
        sealed(f"{PRODUCT}/$$3260114L1/16D20260115"),
        Fault.MADE_AFTER_EXPIRY,
    ),
    "expiry in 2037": (sealed(f"{PRODUCT}/$$3370101L1"), Fault.EXPIRY_YEAR),
    "expiry in 2019": (sealed(f"{PRODUCT}/$L1/14D20191231"), Fault.EXPIRY_YEAR),
    "date cut short": (sealed(f"{PRODUCT}/$$32806"), Fault.HIBC_FORM),
    "letters for a date": (sealed(f"{PRODUCT}/$$3LOT42A"), Fault.HIBC_FORM),
    "letter after $$": (sealed(f"{PRODUCT}/$$LOT42A"), Fault.HIBC_FORM),
    "quantity cut short": (sealed(f"{PRODUCT}/$$9123"), Fault.HIBC_FORM),
    "unknown part": (sealed(f"{PRODUCT}/$$3280630L1/Z9"), Fault.HIBC_FORM),
    "empty part": (sealed(f"{PRODUCT}/$$3280630L1/"), Fault.HIBC_FORM),
    "sign inside the lot": (sealed(f"{PRODUCT}/$$3280630L+1"), Fault.HIBC_FORM),
    "labeler begins with a digit": (sealed("9999SPCART10/$$3280630L1"), Fault.HIBC_FORM),
    "product of 19": (sealed(f"A999{'P' * 19}0/$$3280630L1"), Fault.HIBC_FORM),
    "no unit of measure": (sealed("A999SPCART/$$3280630L1"), Fault.HIBC_FORM),
    "plus alone": ("+", Fault.CHECK_CHARACTER),
    "nothing but the check": (sealed(""), Fault.HIBC_FORM),
    "secondary data alone": (sealed("$$3280630LOT42A"), Fault.NO_PRIMARY),
    "no lot": (sealed(f"{PRODUCT}/$$+32806300042"), Fault.NO_LOT),
    "lot empty": (sealed(f"{PRODUCT}/$$3280630"), Fault.LOT_EMPTY),
    "lot of 19": (sealed(f"{PRODUCT}/$$3280630{'A' * 19}"), Fault.LOT_TOO_LONG),
    "serial empty": (sealed(f"{PRODUCT}/$$3280630L1/S"), Fault.SERIAL_EMPTY),
    "serial of 19": (sealed(f"{PRODUCT}/$$3280630L1/S{'7' * 19}"), Fault.SERIAL_TOO_LONG),
    "sign inside the serial": (sealed(f"{PRODUCT}/$$3280630L1/S7%"), Fault.HIBC_FORM),
    "no expiry": (sealed(f"{PRODUCT}/$LOT42A"), Fault.NO_EXPIRY),
    "two lots": (sealed(f"{PRODUCT}/$$3280630L1/$L1"), Fault.TWO_LOTS),
    "two expiries": (sealed(f"{PRODUCT}/$$3280630L1/14D20280630"), Fault.TWO_EXPIRIES),
    "two serials": (sealed(f"{PRODUCT}/$$3280630L1/S1/S1"), Fault.TWO_SERIALS),
    "made twice": (
        sealed(f"{PRODUCT}/$$3280630L1/16D20260101/16D20260101"),
        Fault.REPEATED_FIELD,
    ),
    "small letters": ("+a999SPCART10/$$3280630LOT42AA", Fault.BAD_CHARACTER),
    "digit of another script": ("+A999SPCART1٠/$$3280630LOT42AA", Fault.BAD_CHARACTER),
    "space inside": ("+A999SPCART10/$$3280630LOT 42AA", Fault.SPACE_INSIDE),
    "tab inside": ("+A999SPCART10/$$3280630LOT\t42AA", Fault.SPACE_INSIDE),
    "not in the catalog": (sealed("B999SPCART10/$$3280630L1"), Fault.NOT_IN_CATALOG),
    "product alone, not in the catalog": (sealed("B999SPCART10"), Fault.NOT_IN_CATALOG),
}


@pytest.mark.rule("R14")
@pytest.mark.parametrize(("text", "fault"), REFUSED.values(), ids=REFUSED.keys())
def test_a_malformed_code_is_refused_with_its_fault(text: str, fault: Fault) -> None:
    verdict = scan(text)

    assert (verdict.kind, verdict.fault) == (Kind.REFUSED, fault)
    assert verdict.sentence.endswith(".")


def test_the_sentence_shows_the_part_that_cannot_be_read() -> None:
    words = {
        "$$3280630L1/Z9": "a part that can't be read: Z9.",
        "$$3280630L1/": "a part that can't be read: an empty part.",
        "$$3280630L1/" + "Z" * 30: f"a part that can't be read: {'Z' * 24}.",
        "$L1/14D20281301": "The expiry 20281301 is not a date of the calendar.",
        "$L1/16D20261301": "The production date 20261301 is not a date of the calendar.",
        "$$3280630" + "A" * 19: "The lot has more than 18 characters.",
    }

    for data, sentence in words.items():
        assert sentence in scan(sealed(f"{PRODUCT}/{data}")).sentence


@pytest.mark.rule("R14")
@pytest.mark.parametrize("text", SAMPLES)
def test_any_other_last_character_is_refused(text: str) -> None:
    others = [character for character in ALPHABET + "a~?é" if character != text[-1]]

    verdicts = [scan(text[:-1] + other) for other in others]

    assert len(verdicts) == 46
    assert {verdict.kind for verdict in verdicts} == {Kind.REFUSED}
    assert {verdict.fault for verdict in verdicts} == {Fault.CHECK_CHARACTER, Fault.BAD_CHARACTER}
    assert all(
        verdict.quarantine is (verdict.fault is Fault.CHECK_CHARACTER) for verdict in verdicts
    )


def lot_whose_check_character_is(wanted: str, *, last: str) -> str:
    """A lot that ends in `last` and gives the code below that check character."""
    return next(
        lot
        for first in ALPHABET[:36]
        if check_character(f"+{PRODUCT}/$$3280630{(lot := f'L{first}{last}')}") == wanted
    )


def test_a_space_can_be_the_check_character() -> None:
    lot = lot_whose_check_character_is(" ", last="7")
    text = f"+{PRODUCT}/$$3280630{lot}"

    assert scan(f"{text} \r\n").lot == lot
    assert scan(text).fault is Fault.CHECK_CHARACTER


def test_a_final_space_that_can_be_read_two_ways_is_refused() -> None:
    """With J at the end, the sum holds with the space as check character and without it."""
    lot = lot_whose_check_character_is(" ", last="J")

    verdict = scan(f"+{PRODUCT}/$$3280630{lot} ")

    assert (verdict.kind, verdict.fault) == (Kind.REFUSED, Fault.CHECK_CHARACTER_UNSURE)
    assert "Two people" in verdict.sentence


def test_a_space_behind_a_complete_code_is_dirt() -> None:
    assert told(scan(VALID["YYMMDD"] + " \r\n")) == ("LOT42A", JUNE_30, Precision.DAY)


def test_without_a_catalog_the_unit_of_measure_tells_unit_from_box() -> None:
    kinds = [
        read_scan(sealed(f"{di}/$$3280630L1"), today=TODAY).kind for di in (PRODUCT, "A999SPCART11")
    ]

    assert kinds == [Kind.UNIT, Kind.BOX]
