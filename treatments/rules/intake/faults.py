"""What can be wrong with a scan: a code for machines, a sentence for people, one table."""

from enum import StrEnum
from typing import NamedTuple

_AGAIN = "Scan again; if it repeats, two people enter the code from the print."
_PRINT = "Scan again; if the print says the same, put the unit in quarantine."
_OTHER = "Scan the other code on the label, or two people enter lot and expiry from the print."
_LABEL = "Scan the GS1 or HIBC code on the cartridge's label."


class Fault(StrEnum):
    """Why a scan was refused or is not complete."""

    # The text as a whole
    EMPTY = "empty"
    TOO_LONG = "too_long"
    SEPARATOR_AS_TEXT = "separator_as_text"
    BAD_CHARACTER = "bad_character"
    SPACE_INSIDE = "space_inside"
    UNIT_CODE_FORM = "unit_code_form"
    NOT_GS1 = "not_gs1"
    UNRECOGNIZED = "unrecognized"
    ICCBBA = "iccbba"
    # The product number
    CHECK_DIGIT = "check_digit"
    GTIN_LENGTH = "gtin_length"
    GTIN_ZERO = "gtin_zero"
    NO_GTIN = "no_gtin"
    TWO_GTINS = "two_gtins"
    CASE_CONTENT = "case_content"
    NOT_IN_CATALOG = "not_in_catalog"
    # Lot and serial
    NO_LOT = "no_lot"
    LOT_EMPTY = "lot_empty"
    LOT_TOO_LONG = "lot_too_long"
    TWO_LOTS = "two_lots"
    SERIAL_EMPTY = "serial_empty"
    SERIAL_TOO_LONG = "serial_too_long"
    TWO_SERIALS = "two_serials"
    SERIAL_CONFLICT = "serial_conflict"
    SEPARATOR_LOST = "separator_lost"
    LOT_AND_EXPIRY_MISSING = "lot_and_expiry_missing"
    # Dates
    NO_EXPIRY = "no_expiry"
    TWO_EXPIRIES = "two_expiries"
    EXPIRY_NOT_A_DATE = "expiry_not_a_date"
    EXPIRY_CUT_SHORT = "expiry_cut_short"
    EXPIRY_YEAR = "expiry_year"
    PRODUCTION_NOT_A_DATE = "production_not_a_date"
    PRODUCTION_CUT_SHORT = "production_cut_short"
    MADE_AFTER_EXPIRY = "made_after_expiry"
    MADE_IN_FUTURE = "made_in_future"
    # The form
    UNKNOWN_AI = "unknown_ai"
    BAD_FIELD = "bad_field"
    REPEATED_FIELD = "repeated_field"
    BRACKETS = "brackets"
    LINK_FORM = "link_form"
    REPEATED_PARAMETER = "repeated_parameter"
    HIBC_FORM = "hibc_form"
    NO_PRIMARY = "no_primary"
    CHECK_CHARACTER = "check_character"
    CHECK_CHARACTER_UNSURE = "check_character_unsure"


class Said(NamedTuple):
    """What is wrong, and what works for whoever takes a delivery in. At other doors, where
    something else works, only the first is said."""

    what: str
    way_out: str


SENTENCES: dict[Fault, Said] = {
    Fault.EMPTY: Said("Nothing was scanned.", "Scan the code on the label."),
    Fault.TOO_LONG: Said("A code has at most 200 characters, this text has more.", _LABEL),
    Fault.SEPARATOR_AS_TEXT: Said(
        "The scanner typed the separator as the text <GS>, which can't be told from the lot.",
        "Set the scanner to send ~ as separator, then scan again.",
    ),
    Fault.BAD_CHARACTER: Said("{shown} can't be part of a code.", _AGAIN),
    Fault.SPACE_INSIDE: Said("There is a space inside the code, where none is allowed.", _AGAIN),
    Fault.UNIT_CODE_FORM: Said(
        "A unit code looks like C-000123.", "Type all its digits, or scan the unit's own label."
    ),
    Fault.NOT_GS1: Said("The scanner reports {mark}, which is not a GS1 code.", _LABEL),
    Fault.UNRECOGNIZED: Said("This is not a cartridge code that can be read here.", _LABEL),
    Fault.ICCBBA: Said("This is a tissue or blood code (ICCBBA), not a cartridge.", _LABEL),
    Fault.CHECK_DIGIT: Said("The check digit of product number {value} is wrong.", _PRINT),
    Fault.GTIN_LENGTH: Said(
        (
            "The product number doesn't have the number of digits it needs, so the rest "
            "of the code can't be trusted."
        ),
        _AGAIN,
    ),
    Fault.GTIN_ZERO: Said("The product number is all zeros.", _PRINT),
    Fault.NO_GTIN: Said(
        "The code has no product number (01).",
        (
            "Scan the full code, the one that begins with (01); if there is none, two "
            "people enter it from the print."
        ),
    ),
    Fault.TWO_GTINS: Said("The code names the product twice.", _AGAIN),
    Fault.CASE_CONTENT: Said(
        "This code says what a shipping case holds.",
        "Scan the code on the unit or box, not the case.",
    ),
    Fault.NOT_IN_CATALOG: Said(
        "Product number {value} is not in the catalog.",
        "A manager adds the product, then scan again.",
    ),
    Fault.NO_LOT: Said("The code has no lot.", _OTHER),
    Fault.LOT_EMPTY: Said("The code announces a lot, but it is empty.", _AGAIN),
    Fault.LOT_TOO_LONG: Said("The lot has more than {limit} characters.", _AGAIN),
    Fault.TWO_LOTS: Said("The code names two lots, so the right one is unknown.", _AGAIN),
    Fault.SERIAL_EMPTY: Said("The code announces a serial number, but it is empty.", _AGAIN),
    Fault.SERIAL_TOO_LONG: Said("The serial number has more than {limit} characters.", _AGAIN),
    Fault.TWO_SERIALS: Said("The code names two serial numbers.", _AGAIN),
    Fault.SERIAL_CONFLICT: Said(
        (
            "The code has a serial number (21) and another party's serial number (235), "
            "which exclude each other."
        ),
        _AGAIN,
    ),
    Fault.SEPARATOR_LOST: Said(
        "The separator between the fields was lost, so the expiry ran into the text before it.",
        (
            "Set the scanner to send ~ as separator and scan again, or two people enter "
            "the code from the print."
        ),
    ),
    Fault.LOT_AND_EXPIRY_MISSING: Said(
        "This code names the product only, without lot and expiry.", _OTHER
    ),
    Fault.NO_EXPIRY: Said("The code has no expiry date.", _OTHER),
    Fault.TWO_EXPIRIES: Said("The code has two expiry dates.", _AGAIN),
    Fault.EXPIRY_NOT_A_DATE: Said("The expiry {value} is not a date of the calendar.", _PRINT),
    Fault.EXPIRY_CUT_SHORT: Said(
        (
            "The expiry doesn't have its six digits (year, month, day), so the rest of "
            "the code can't be trusted."
        ),
        _AGAIN,
    ),
    Fault.EXPIRY_YEAR: Said("The expiry {value} is outside {first} to {last}.", _PRINT),
    Fault.PRODUCTION_NOT_A_DATE: Said(
        "The production date {value} is not a date of the calendar.", _PRINT
    ),
    Fault.PRODUCTION_CUT_SHORT: Said(
        (
            "The production date doesn't have its six digits (year, month, day), so the "
            "rest of the code can't be trusted."
        ),
        _AGAIN,
    ),
    Fault.MADE_AFTER_EXPIRY: Said(
        "The production date {value} is later than the expiry {expiry}.", _PRINT
    ),
    Fault.MADE_IN_FUTURE: Said("The production date {value} is in the future.", _PRINT),
    Fault.UNKNOWN_AI: Said(
        "The code goes on with {value}, which no GS1 field begins with.", _AGAIN
    ),
    Fault.BAD_FIELD: Said("The value of field ({ai}) doesn't have the form it needs.", _AGAIN),
    Fault.REPEATED_FIELD: Said("The code has field ({ai}) twice.", _AGAIN),
    Fault.BRACKETS: Said(
        "The brackets can't be told from those of a lot or serial number.",
        (
            "Scan the code instead; if that can't be done, two people enter product, lot "
            "and expiry from the print."
        ),
    ),
    Fault.LINK_FORM: Said(
        (
            "This link is not a GS1 Digital Link with a product number (such as "
            "/01/09521234543213/10/LOT)."
        ),
        _LABEL,
    ),
    Fault.REPEATED_PARAMETER: Said("The link has {value} more than once.", _AGAIN),
    Fault.HIBC_FORM: Said("The HIBC code has a part that can't be read: {value}.", _AGAIN),
    Fault.NO_PRIMARY: Said(
        "This HIBC code has lot and expiry but no product.",
        "Scan the code that has both; if there is none, two people enter it from the print.",
    ),
    Fault.CHECK_CHARACTER: Said("The check character of the HIBC code is wrong.", _PRINT),
    Fault.CHECK_CHARACTER_UNSURE: Said(
        "The space at the end may or may not belong to this HIBC code.",
        "Two people enter the code from the print.",
    ),
}

PRINT_IS_WRONG = frozenset(
    {
        Fault.CHECK_DIGIT,
        Fault.GTIN_ZERO,
        Fault.EXPIRY_NOT_A_DATE,
        Fault.EXPIRY_YEAR,
        Fault.PRODUCTION_NOT_A_DATE,
        Fault.MADE_AFTER_EXPIRY,
        Fault.MADE_IN_FUTURE,
        Fault.CHECK_CHARACTER,
    }
)
"""The scanner read well and the data is wrong: quarantine, if the print says the same."""
