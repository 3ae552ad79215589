"""Everything else a code can have wrong (S2-S5), and the sentences a person reads."""

import itertools
import re

import pytest

from tests.treatments.intake_samples import (
    GS,
    MALFORMED,
    PARTS,
    V10_TEXT,
    scan,
)
from treatments.rules.intake import (
    Fault,
    Kind,
)
from treatments.rules.intake.faults import PRINT_IS_WRONG, SENTENCES

LONG_LINK = "https://id.gs1.org/01/09521234543213/10/LOT42A"

REFUSED = {
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
    "]e1": ("]e101095212345432131728063010LOT42A", Fault.NOT_GS1),
    "]C0": ("]C001095212345432131728063010LOT42A", Fault.NOT_GS1),
    "]Q1": ("]Q101095212345432131728063010LOT42A", Fault.NOT_GS1),
    "mark of another script": ("]é€01095212345432131728063010LOT42A", Fault.NOT_GS1),
    "brackets in a plain symbol": (f"]d1{V10_TEXT}", Fault.NOT_GS1),
    "HIBC in a GS1 symbol": ("]C1+A999SPCART10/$$3280630LOT42AA", Fault.UNRECOGNIZED),
    # Product number
    "number cut short, where the cut shows elsewhere": (
        "0109529876000021728063010L1",
        Fault.GTIN_LENGTH,
    ),
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
    "count, typed": ("(01)09521234543213(37)12(17)280630(10)L1", Fault.CASE_CONTENT),
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
    "lot of 21, no expiry": (PARTS + "10" + "A" * 21, Fault.LOT_TOO_LONG),
    "lot of 23 that holds an expiry, beside one": (
        PARTS + "1728063010" + "A" * 15 + "17280630",
        Fault.LOT_TOO_LONG,
    ),
    "separator lost, lot of 1": (PARTS + "10A17280630" + "B" * 20, Fault.SEPARATOR_LOST),
    "expiry inside a typed lot": ("(01)09521234543213(10)LOT42A17280630", Fault.NO_EXPIRY),
    "separator lost, then a serial": (
        PARTS + "10LOT42A1728063021S1",
        Fault.SEPARATOR_LOST,
    ),
    "separator lost behind the serial": (
        PARTS + f"10L9{GS}21ABC17281231",
        Fault.SEPARATOR_LOST,
    ),
    # Dates
    "lot that looks like an expiry": (PARTS + "1017280630", Fault.NO_EXPIRY),
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
    "AI with digits of its value (S5)": (
        "(0109)09521234543213(17)280630(10)L1",
        Fault.BRACKETS,
    ),
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
    "link with a fragment before the query": (LONG_LINK + "#1?17=280630", Fault.LINK_FORM),
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


@pytest.mark.rule("R14", "S2", "S3", "S4", "S5")
@pytest.mark.parametrize(("text", "fault"), REFUSED.values(), ids=REFUSED.keys())
def test_every_other_fault_is_named_with_the_way_out(text: str, fault: Fault) -> None:
    verdict = scan(text)

    assert (verdict.kind, verdict.fault) == (Kind.REFUSED, fault)
    assert not verdict.accepted
    assert verdict.sentence.endswith(".")
    assert re.search(r"\bscan\b|two people|type", verdict.sentence, re.IGNORECASE)


def test_every_fault_has_a_sample() -> None:
    elsewhere = {
        Fault.LOT_AND_EXPIRY_MISSING,
        Fault.HIBC_FORM,
        Fault.NO_PRIMARY,
        Fault.CHECK_CHARACTER,
        Fault.CHECK_CHARACTER_UNSURE,
    }

    samples = [*MALFORMED.values(), *REFUSED.values()]

    assert {fault for _, fault in samples} == set(Fault) - elsewhere


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
    assert scan(" " + "7" * 199).raw == " " + "7" * 199
    assert scan(" " * 200 + "C-000123").raw == "C-000123"


@pytest.mark.parametrize(
    ("text", "words"),
    [
        (MALFORMED["M1"][0], "The check digit of product number 09521234543214 is wrong."),
        (MALFORMED["M3"][0], "The expiry 281331 is not a date of the calendar."),
        (MALFORMED["M7"][0], "The lot has more than 20 characters."),
        (MALFORMED["M13"][0], "The code goes on with 05XY, which no GS1 field begins with."),
        (REFUSED["]C0"][0], "The scanner reports ]C0, which is not a GS1 code."),
        (REFUSED["mark of another script"][0], "The scanner reports an unknown mark, which"),
        ("]\x00\x01A", "The scanner reports an unknown mark, which"),
        (REFUSED["expiry in 2037"][0], "The expiry 2037-01-01 is outside 2020 to 2036."),
        (
            REFUSED["made after expiry (S4)"][0],
            "The production date 2026-01-15 is later than the expiry 2026-01-14.",
        ),
        (REFUSED["repeated parameter (S4)"][0], "The link has 17 more than once."),
        (REFUSED["repeated tolerated field"][0], "The code has field (240) twice."),
        (REFUSED["EAN not in the catalog"][0], "Product number 09529000000014 is not in the"),
    ],
)
def test_the_sentence_names_what_is_wrong(text: str, words: str) -> None:
    assert scan(text).sentence.startswith(words)


def test_sentences_are_plain_and_complete() -> None:
    assert set(SENTENCES) == set(Fault)
    assert set(Fault) >= PRINT_IS_WRONG
    for sentence in itertools.chain.from_iterable(SENTENCES.values()):
        assert sentence[-1] == "."
        assert "!" not in sentence
        assert "  " not in sentence
