"""HIBC, the other issuing agency: product and secondary data in one code (S6)."""

import re
from datetime import date

from treatments.rules.intake.dates import PrintedDate, day_of_year, full_year, printed_date, yymmdd
from treatments.rules.intake.faults import Fault
from treatments.rules.intake.reading import Reading, Unreadable
from treatments.rules.intake.strays import refuse_strays, shown
from treatments.rules.intake.verdict import Scheme

_ALPHABET = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ-. $/+%"
_WORTH = {character: worth for worth, character in enumerate(_ALPHABET)}
_LIMIT = 18

_PRODUCT = re.compile(r"[A-Z][0-9A-Z]{3}[0-9A-Z]{1,18}[0-9]")
_LOT_OR_SERIAL = re.compile(r"[0-9A-Z.\-]{1,18}")
_QUANTITY = re.compile(r"8[0-9]{2}|9[0-9]{5}")
_DATED = {
    "2": ("MMDDYY", 6),
    "3": ("YYMMDD", 6),
    "4": ("YYMMDDHH", 8),
    "5": ("YYJJJ", 5),
    "6": ("YYJJJHH", 7),
}


def check_character(text: str) -> str:
    """Return the character that makes `text` (with its `+`) complete: the sum modulo 43."""
    return _ALPHABET[sum(_WORTH[character] for character in text) % 43]


def hibc_reading(text: str, *, today: date, space_follows: bool = False) -> Reading:
    """Read one HIBC code, `+` first and check character last.

    `space_follows` says that a space came right behind `text`: a space is a legal check
    character, which trimming takes for dirt. Unreadable for a wrong check character, for
    secondary data without product, for anything the form lacks, and for repeated data.
    """
    body = _without_check_character(text, space_follows=space_follows)[1:]
    di, slash, rest = body.partition("/")
    if not _PRODUCT.fullmatch(di):
        raise Unreadable(Fault.NO_PRIMARY) if di[:1] == "$" else _form(di)
    found = _Secondary(today)
    if slash:
        for part in rest.split("/"):
            found.take(part)
    return Reading(
        scheme=Scheme.HIBC,
        di=di,
        lot=found.lot,
        expiry=found.expiry,
        made=found.made,
        serial=found.serial,
    )


def _without_check_character(text: str, *, space_follows: bool) -> str:
    stray = next((character for character in text if character not in _WORTH), None)
    if stray is not None:
        refuse_strays(stray)
        raise Unreadable(Fault.BAD_CHARACTER, shown=shown(stray))
    if " " in text:
        raise Unreadable(Fault.SPACE_INSIDE)
    fits = check_character(text[:-1]) == text[-1]
    fits_with_space = space_follows and check_character(text) == " "
    if fits and fits_with_space:
        raise Unreadable(Fault.CHECK_CHARACTER_UNSURE)
    if fits_with_space:
        return text
    if not fits:
        raise Unreadable(Fault.CHECK_CHARACTER)
    return text[:-1]


class _Secondary:
    """The data after the product number, taken part by part; each kind at most once."""

    def __init__(self, today: date) -> None:
        self.today = today
        self.lot: str | None = None
        self.serial: str | None = None
        self.expiry: PrintedDate | None = None
        self.made: PrintedDate | None = None

    def take(self, part: str) -> None:
        if part.startswith("$$+"):
            self._serial(self._after_date(part[3:]))
        elif part.startswith("$$"):
            self._lot(self._after_date(part[2:]))
        elif part.startswith("$+"):
            self._serial(part[2:])
        elif part.startswith("$"):
            self._lot(part[1:])
        elif part.startswith("14D"):
            self._expiry(_full_date(part[3:]), part[3:])
        elif part.startswith("16D"):
            self._made(_full_date(part[3:]), part[3:])
        elif part.startswith("S"):
            self._serial(part[1:])
        else:
            raise _form(part)

    def _after_date(self, data: str) -> str:
        """Read quantity and date flags from the front of the data; return what follows."""
        if data[:1] in ("8", "9"):
            quantity = _QUANTITY.match(data)
            if quantity is None:
                raise _form(data)
            data = data[quantity.end() :]
        flag = data[:1]
        if flag == "7":
            return data[1:]
        if flag in ("0", "1"):
            layout, start, end = "MMYY", 0, 4
        elif flag in _DATED:
            layout, length = _DATED[flag]
            start, end = 1, 1 + length
        else:
            raise _form(data)
        digits = data[start:end]
        if len(digits) < end - start or not digits.isdigit():
            raise _form(data)
        self._expiry(_flagged_date(layout, digits, self.today), digits)
        return data[end:]

    def _lot(self, value: str) -> None:
        if self.lot is not None:
            raise Unreadable(Fault.TWO_LOTS)
        if not value:
            raise Unreadable(Fault.LOT_EMPTY)
        if len(value) > _LIMIT:
            raise Unreadable(Fault.LOT_TOO_LONG, limit=_LIMIT)
        if not _LOT_OR_SERIAL.fullmatch(value):
            raise _form(value)
        self.lot = value

    def _serial(self, value: str) -> None:
        if self.serial is not None:
            raise Unreadable(Fault.TWO_SERIALS)
        if not value:
            raise Unreadable(Fault.SERIAL_EMPTY)
        if len(value) > _LIMIT:
            raise Unreadable(Fault.SERIAL_TOO_LONG, limit=_LIMIT)
        if not _LOT_OR_SERIAL.fullmatch(value):
            raise _form(value)
        self.serial = value

    def _expiry(self, printed: PrintedDate | None, digits: str) -> None:
        if self.expiry is not None:
            raise Unreadable(Fault.TWO_EXPIRIES)
        if printed is None:
            raise Unreadable(Fault.EXPIRY_NOT_A_DATE, value=digits)
        self.expiry = printed

    def _made(self, printed: PrintedDate | None, digits: str) -> None:
        if self.made is not None:
            raise Unreadable(Fault.REPEATED_FIELD, ai="16D")
        if printed is None:
            raise Unreadable(Fault.PRODUCTION_NOT_A_DATE, value=digits)
        self.made = printed


def _flagged_date(layout: str, digits: str, today: date) -> PrintedDate | None:
    if layout.endswith("HH"):
        if int(digits[-2:]) > 23:
            return None
        layout, digits = layout[:-2], digits[:-2]
    if layout == "YYMMDD":
        return yymmdd(digits, today)
    if layout == "YYJJJ":
        return day_of_year(full_year(int(digits[:2]), today), int(digits[2:]))
    year = full_year(int(digits[-2:]), today)
    day = int(digits[2:4]) if layout == "MMDDYY" else 0
    return printed_date(year, int(digits[:2]), day)


def _full_date(digits: str) -> PrintedDate | None:
    if len(digits) != 8 or not digits.isdigit():
        return None
    return printed_date(int(digits[:4]), int(digits[4:6]), int(digits[6:]))


def _form(part: str) -> Unreadable:
    return Unreadable(Fault.HIBC_FORM, value=part[:24] or "an empty part")
