"""GS1 element strings: cutting a scanned text into fields, and naming what is wrong with it.

biip gives the table of application identifiers (AIs), their patterns, and the check digit. It is
not left to cut the text, because it goes on where GS1 says stop: it takes the tail of an overlong
lot for the next field, parses a number with a wrong check digit, and reads the clock for dates.
"""

import re
from dataclasses import dataclass
from functools import lru_cache

from biip import ParseError
from biip.gs1_application_identifiers import GS1ApplicationIdentifier
from biip.gtin import Gtin

from treatments.rules.intake.faults import Fault
from treatments.rules.intake.reading import Unreadable
from treatments.rules.intake.strays import refuse_strays, shown

SEPARATOR = "\x1d"

GTIN, CONTENT, LOT, PRODUCTION, EXPIRY, SERIAL = "01", "02", "10", "11", "17", "21"
COUNT, OTHER_SERIAL = "37", "235"

_LIMIT = 20
_OURS = (GTIN, LOT, PRODUCTION, EXPIRY, SERIAL)
_OUTSIDE_CSET_82 = re.compile(r"""[^!"%&'()*+,\-./0-9:;<=>?A-Z_a-z]""")
_EXPIRY_INSIDE = re.compile(r".17\d\d(?:0[1-9]|1[0-2])(?:[0-2]\d|3[01])", re.ASCII)


@dataclass(frozen=True, slots=True)
class Field:
    """One element: its AI without brackets, and its value."""

    ai: str
    value: str


def gtin_14(digits: str) -> str | None:
    """Return the number as GTIN-14, or None when its check digit or length is wrong.

    The caller has checked that these are ASCII digits.
    """
    try:
        return Gtin.parse(digits).as_gtin_14()
    except ParseError:
        return None


def known_ai(text: str) -> GS1ApplicationIdentifier | None:
    """Return the AI that the text begins with (none is the beginning of another)."""
    return _ai_of(text[:4])


def checked_field(ai: GS1ApplicationIdentifier, value: str) -> Field:
    """Return the field when `value` is wholly of the form its AI asks for; else Unreadable."""
    if not _pattern(ai).fullmatch(ai.ai + value):
        raise _malformed(ai.ai, value)
    return Field(ai.ai, value)


def element_fields(text: str) -> list[Field]:
    """Cut a scanned element string, whose separators are 0x1D, into its fields, in order.

    Extra separators between fields are tolerated. Unreadable for unknown AIs, for case content,
    for malformed values, and for a variable field that no separator ends, unless it is the last.
    """
    if known_ai(text.lstrip(SEPARATOR)) is None:
        raise Unreadable(Fault.UNRECOGNIZED)
    refuse_strays(text.replace(SEPARATOR, ""))
    fields: list[Field] = []
    rest = text
    while rest := rest.lstrip(SEPARATOR):
        segment = rest.partition(SEPARATOR)[0]
        try:
            field = _first_field(segment)
        except Unreadable as found:
            raise _better_named(found, fields, segment) from None
        fields.append(field)
        rest = rest[len(field.ai) + len(field.value) :]
    return fields


def swallowed_expiry(value: str) -> bool:
    """Tell whether a lot or serial number seems to hold an expiry that ran into it (M6)."""
    return _EXPIRY_INSIDE.search(value) is not None


def _first_field(segment: str) -> Field:
    ai = known_ai(segment)
    if ai is None:
        raise Unreadable(Fault.UNKNOWN_AI, value=segment[:4])
    if ai.ai in (CONTENT, COUNT):
        raise Unreadable(Fault.CASE_CONTENT)
    if _is_variable(ai):
        return checked_field(ai, segment[len(ai.ai) :])
    match = _pattern(ai).match(segment)
    if match is None:
        raise _malformed(ai.ai, segment[len(ai.ai) :])
    return Field(ai.ai, match.group()[len(ai.ai) :])


def _malformed(ai: str, value: str) -> Unreadable:
    """Name what is wrong with a value that doesn't fit its AI."""
    stray = _OUTSIDE_CSET_82.search(value)
    if ai == GTIN:
        return Unreadable(Fault.GTIN_LENGTH)
    if ai in (EXPIRY, PRODUCTION):
        whole = re.match(r"\d{6}", value, re.ASCII) is not None
        if ai == EXPIRY:
            fault = Fault.EXPIRY_NOT_A_DATE if whole else Fault.EXPIRY_CUT_SHORT
        else:
            fault = Fault.PRODUCTION_NOT_A_DATE if whole else Fault.PRODUCTION_CUT_SHORT
        return Unreadable(fault, value=value[:6])
    if ai in (LOT, SERIAL):
        if not value:
            return Unreadable(Fault.LOT_EMPTY if ai == LOT else Fault.SERIAL_EMPTY)
        if stray is None:
            fault = Fault.LOT_TOO_LONG if ai == LOT else Fault.SERIAL_TOO_LONG
            return Unreadable(fault, limit=_LIMIT)
    if stray is not None:
        return Unreadable(Fault.BAD_CHARACTER, shown=shown(stray.group()))
    return Unreadable(Fault.BAD_FIELD, ai=ai)


def _better_named(found: Unreadable, before: list[Field], segment: str) -> Unreadable:
    """A field often fails because the one before it is short or run on: blame that one."""
    gtin = next((field.value for field in before if field.ai == GTIN), None)
    last = before[-1] if before else None
    if gtin is not None and gtin_14(gtin) is None:
        if last and last.ai == GTIN and _ours_follow(gtin[-1] + segment):
            return Unreadable(Fault.GTIN_LENGTH)
        return Unreadable(Fault.CHECK_DIGIT, value=gtin)
    if last and last.ai in (EXPIRY, PRODUCTION) and _ours_follow(last.value[4:] + segment):
        cut = Fault.EXPIRY_CUT_SHORT if last.ai == EXPIRY else Fault.PRODUCTION_CUT_SHORT
        return Unreadable(cut)
    if found.fault in (Fault.LOT_TOO_LONG, Fault.SERIAL_TOO_LONG):
        no_expiry_yet = all(field.ai != EXPIRY for field in before)
        if no_expiry_yet and swallowed_expiry(segment[2:]):
            return Unreadable(Fault.SEPARATOR_LOST)
    return found


def _ours_follow(text: str) -> bool:
    return text.startswith(_OURS)


@lru_cache(maxsize=4096)
def _ai_of(start: str) -> GS1ApplicationIdentifier | None:
    try:
        return GS1ApplicationIdentifier.extract(start)
    except ParseError:
        return None


@lru_cache(maxsize=1024)
def _pattern(ai: GS1ApplicationIdentifier) -> re.Pattern[str]:
    # ASCII, because \d would also match the digits of other scripts.
    return re.compile(ai.pattern.removesuffix("$"), re.ASCII)


def _is_variable(ai: GS1ApplicationIdentifier) -> bool:
    return ".." in ai.format or "[" in ai.format
