"""The one door: any text in, one verdict out."""

import re
from collections.abc import Callable
from dataclasses import replace
from datetime import date

from biip.symbology import GS1Symbology

from treatments.rules.intake.cautions import lookalikes, run_on
from treatments.rules.intake.digital_link import is_link, link_fields
from treatments.rules.intake.faults import PRINT_IS_WRONG, Fault
from treatments.rules.intake.gs1 import LOT, SEPARATOR, element_fields
from treatments.rules.intake.gs1_fields import gs1_reading, product_number
from treatments.rules.intake.hibc import hibc_reading
from treatments.rules.intake.hri import hri_fields
from treatments.rules.intake.reading import Reading, Unreadable
from treatments.rules.intake.strays import refuse_strays
from treatments.rules.intake.verdict import CatalogEntry, Caution, Kind, Scheme, Verdict

Catalog = Callable[[str], CatalogEntry | None]

LONGEST = 200
FIRST_YEAR = 2020
YEARS_AHEAD = 10

_BLANKS = " \t\r\n"
_GS1_MARKS = frozenset(f"]{known.value}" for known in GS1Symbology.with_gs1_messages())
_GTIN_MARKS = frozenset({"]E0", "]E4", "]I1"})
_UNIT_CODE = re.compile(r"C-[0-9]{6,12}", re.IGNORECASE)
_NEARLY_UNIT_CODE = re.compile(r"C[-_ ]{0,3}[0-9]{1,12}", re.IGNORECASE)
_BARE_GTIN = re.compile(r"(?:[0-9]{8}|[0-9]{12,14})")
_ICCBBA = re.compile(r"=[/,<>{}%]")
# A separator must not be a character of GS1 lots, of HIBC codes, of symbology marks, nor a blank.
_MEANT_OTHERWISE = re.compile(r"""[!"$%&'()*+,\-./0-9:;<=>?A-Z_a-z\]\s]""")


def read_scan(
    text: str, *, today: date, separators: tuple[str, ...] = ("~",), catalog: Catalog | None = None
) -> Verdict:
    """Say what a scanned or typed text is. Raises for no text, however mangled.

    `today` is the clinic-local date: it fixes the century of two-digit years, the expiry window
    (2020 to ten years ahead) and what "in the future" means. `separators` are the single
    characters that the clinic's scanners send for FNC1, beside 0x1D; ValueError when one of them
    could be part of a code. `catalog` looks up a product number; without it nothing is held
    against the catalog, and the kind follows the packaging digit of the number.

    Pass the text as it came: in HIBC a final space can be the check character.
    An expired lot is a verdict like any other (S7); ask `expired_on`.
    """
    marks = _checked_separators(separators)
    edge = _BLANKS + "".join(marks)
    body = text.strip(edge)
    raw = text if len(text) <= LONGEST else body[:LONGEST]
    follower = text[len(text.rstrip(edge)) :][:1]
    try:
        if unit_code := _unit_code(body):
            return Verdict(Kind.UNIT_CODE, raw, unit_code=unit_code)
        reading = _read(body, marks, today=today, space_follows=follower == " ")
        _complete_and_believable(reading, today)
        return _known(reading, raw, catalog)
    except Unreadable as found:
        return _refused(found, raw)


def _checked_separators(separators: tuple[str, ...]) -> tuple[str, ...]:
    for separator in separators:
        if separator == SEPARATOR:
            continue
        if len(separator) != 1 or _MEANT_OTHERWISE.match(separator):
            message = f"Separator {separator!r} must be one character that no code can hold."
            raise ValueError(message)
    return (SEPARATOR, *separators)


def _unit_code(body: str) -> str | None:
    """Return a clinic-minted unit code in capitals, whichever plain symbol carries it."""
    if body[:1] == "]" and body[:3] not in _GS1_MARKS:
        body = body[3:]
    if _UNIT_CODE.fullmatch(body):
        return body.upper()
    if _NEARLY_UNIT_CODE.fullmatch(body):
        raise Unreadable(Fault.UNIT_CODE_FORM)
    return None


def _read(body: str, separators: tuple[str, ...], *, today: date, space_follows: bool) -> Reading:
    if not body:
        raise Unreadable(Fault.EMPTY)
    if len(body) > LONGEST:
        raise Unreadable(Fault.TOO_LONG)
    if "<gs>" in body.lower():
        raise Unreadable(Fault.SEPARATOR_AS_TEXT)
    mark, payload = (body[:3], body[3:]) if body[0] == "]" else ("", body)
    if mark in _GTIN_MARKS:
        return _bare_gtin(payload)
    if is_link(payload):
        return gs1_reading(link_fields(payload), today=today)
    if mark not in _GS1_MARKS:
        # HIBC and ICCBBA travel in plain symbols, so a mark says nothing against them.
        if payload[:1] == "+":
            return hibc_reading(payload, today=today, space_follows=space_follows)
        if _ICCBBA.match(payload):
            raise Unreadable(Fault.ICCBBA)
        if mark:
            raise Unreadable(Fault.NOT_GS1, mark=_legible(mark))
        if payload[0] == "(":
            return gs1_reading(hri_fields(payload), today=today)
        if _BARE_GTIN.fullmatch(payload):
            return _bare_gtin(payload)
    return _element_string(payload, separators, today=today)


def _bare_gtin(digits: str) -> Reading:
    refuse_strays(digits)
    if not _BARE_GTIN.fullmatch(digits):
        raise Unreadable(Fault.GTIN_LENGTH)
    return Reading(Scheme.GS1, product_number(digits))


def _element_string(payload: str, separators: tuple[str, ...], *, today: date) -> Reading:
    for separator in separators:
        payload = payload.replace(separator, SEPARATOR)
    fields = element_fields(payload)
    reading = gs1_reading(fields, today=today, separated=False)
    if fields[-1].ai == LOT and SEPARATOR not in payload and (caution := run_on(fields[-1].value)):
        return replace(reading, warnings=(caution,))
    return reading


def _legible(mark: str) -> str:
    return mark if mark.isascii() and mark.isprintable() else "an unknown mark"


def _complete_and_believable(reading: Reading, today: date) -> None:
    """Unreadable when a part is missing (R14) or the dates contradict each other or the calendar.

    A code that names the product and nothing else passes: it is asked about, not refused (S3, S6).
    """
    if reading.names_product_only:
        return
    if reading.lot is None:
        raise Unreadable(Fault.NO_LOT, reading=reading)
    if reading.expiry is None:
        raise Unreadable(Fault.NO_EXPIRY, reading=reading)
    expiry = reading.expiry.on
    last_year = today.year + YEARS_AHEAD
    if not FIRST_YEAR <= expiry.year <= last_year:
        raise Unreadable(
            Fault.EXPIRY_YEAR, reading=reading, value=expiry, first=FIRST_YEAR, last=last_year
        )
    if reading.made is None:
        return
    if reading.made.on > expiry:
        raise Unreadable(
            Fault.MADE_AFTER_EXPIRY, reading=reading, value=reading.made.on, expiry=expiry
        )
    if reading.made.earliest > today:
        raise Unreadable(Fault.MADE_IN_FUTURE, reading=reading, value=reading.made.on)


def _known(reading: Reading, raw: str, catalog: Catalog | None) -> Verdict:
    entry = catalog(reading.di) if catalog is not None else None
    if catalog is not None and entry is None:
        raise Unreadable(Fault.NOT_IN_CATALOG, reading=reading, value=reading.di)
    if reading.names_product_only:
        missing = Unreadable(Fault.LOT_AND_EXPIRY_MISSING)
        return _verdict(Kind.ASK, raw, reading, entry=entry, found=missing)
    return _verdict(_kind(reading, entry), raw, reading, entry=entry)


def _kind(reading: Reading, entry: CatalogEntry | None) -> Kind:
    if entry is not None:
        return Kind[entry.level.name]
    if reading.scheme is Scheme.HIBC:
        return Kind.UNIT if reading.di[-1] == "0" else Kind.BOX
    return Kind.UNIT if reading.di[0] == "0" else Kind.BOX


def _refused(found: Unreadable, raw: str) -> Verdict:
    if found.reading is not None:
        return _verdict(Kind.REFUSED, raw, found.reading, found=found)
    return Verdict(
        Kind.REFUSED,
        raw,
        fault=found.fault,
        sentence=found.sentence,
        what=found.what,
        quarantine=found.fault in PRINT_IS_WRONG,
    )


def _verdict(
    kind: Kind,
    raw: str,
    reading: Reading,
    *,
    entry: CatalogEntry | None = None,
    found: Unreadable | None = None,
) -> Verdict:
    return Verdict(
        kind,
        raw,
        fault=found.fault if found else None,
        sentence=found.sentence if found else "",
        what=found.what if found else "",
        scheme=reading.scheme,
        di=reading.di,
        lot=reading.lot,
        expires_on=reading.expiry.on if reading.expiry else None,
        expiry_precision=reading.expiry.precision if reading.expiry else None,
        manufactured_on=reading.made.on if reading.made else None,
        serial=reading.serial,
        entry=entry,
        quarantine=found is not None and found.fault in PRINT_IS_WRONG,
        warnings=reading.warnings + _cautions(reading.lot),
    )


def _cautions(lot: str | None) -> tuple[Caution, ...]:
    caution = lookalikes(lot) if lot else None
    return (caution,) if caution else ()
