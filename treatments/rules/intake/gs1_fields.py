"""From GS1 fields, however they came (scanned, typed, linked), to one reading."""

from collections import Counter
from collections.abc import Iterable
from datetime import date

from treatments.rules.intake.dates import PrintedDate, yymmdd
from treatments.rules.intake.faults import Fault
from treatments.rules.intake.gs1 import (
    CONTENT,
    COUNT,
    EXPIRY,
    GTIN,
    LOT,
    OTHER_SERIAL,
    PRODUCTION,
    SERIAL,
    Field,
    gtin_14,
    swallowed_expiry,
)
from treatments.rules.intake.reading import Reading, Unreadable
from treatments.rules.intake.verdict import Scheme

_TWICE = {
    GTIN: Fault.TWO_GTINS,
    LOT: Fault.TWO_LOTS,
    EXPIRY: Fault.TWO_EXPIRIES,
    SERIAL: Fault.TWO_SERIALS,
}


def gs1_reading(fields: Iterable[Field], *, today: date, separated: bool = True) -> Reading:
    """Put the fields of one code together (S4: other known AIs are tolerated and ignored).

    `separated` is False for a scanned element string, where a lost separator can make one field
    swallow the next. Unreadable for a repeated AI, case content (02)/(37), no (01), a wrong check
    digit, an all-zero number, (21) beside (235), and dates that the calendar lacks.
    """
    listed = list(fields)
    values = {field.ai: field.value for field in listed}
    if CONTENT in values or COUNT in values:
        raise Unreadable(Fault.CASE_CONTENT)
    for ai, times in Counter(field.ai for field in listed).items():
        if times > 1:
            raise Unreadable(_TWICE.get(ai, Fault.REPEATED_FIELD), ai=ai)
    if GTIN not in values:
        raise Unreadable(Fault.NO_GTIN)
    di = product_number(values[GTIN])
    if SERIAL in values and OTHER_SERIAL in values:
        raise Unreadable(Fault.SERIAL_CONFLICT)
    reading = Reading(
        scheme=Scheme.GS1,
        di=di,
        lot=values.get(LOT),
        expiry=_date(values.get(EXPIRY), today, Fault.EXPIRY_NOT_A_DATE),
        made=_date(values.get(PRODUCTION), today, Fault.PRODUCTION_NOT_A_DATE),
        serial=values.get(SERIAL),
    )
    if reading.expiry is None and not separated:
        for value in (reading.lot, reading.serial):
            if value is not None and swallowed_expiry(value):
                raise Unreadable(Fault.SEPARATOR_LOST)
    return reading


def product_number(digits: str) -> str:
    """Return the GTIN-14 of 8, 12, 13 or 14 ASCII digits; Unreadable when it can't be one."""
    if not digits.strip("0"):
        raise Unreadable(Fault.GTIN_ZERO)
    di = gtin_14(digits)
    if di is None:
        raise Unreadable(Fault.CHECK_DIGIT, value=digits)
    return di


def _date(digits: str | None, today: date, fault: Fault) -> PrintedDate | None:
    if digits is None:
        return None
    printed = yymmdd(digits, today)
    if printed is None:
        raise Unreadable(fault, value=digits)
    return printed
