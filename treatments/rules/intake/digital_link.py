"""GS1 Digital Link: a web address that carries the same fields (`/01/…/10/…?17=…`)."""

import re
from urllib.parse import unquote, unquote_plus

from treatments.rules.intake.faults import Fault
from treatments.rules.intake.gs1 import (
    GTIN,
    LOT,
    OTHER_SERIAL,
    SERIAL,
    Field,
    checked_field,
    known_ai,
)
from treatments.rules.intake.reading import Unreadable
from treatments.rules.intake.strays import refuse_strays

_ADDRESS = re.compile(r"https?://([^/?#]+)([^?#]*)(?:\?([^#]*))?", re.IGNORECASE)
_LONE_PERCENT = re.compile(r"%(?![0-9A-Fa-f]{2})")
_VARIANT = "22"
_IN_PATH = (_VARIANT, LOT, SERIAL, OTHER_SERIAL)


def is_link(text: str) -> bool:
    """Tell whether the text is a web address at all."""
    return text[:8].lower().startswith(("http://", "https://"))


def link_fields(text: str) -> list[Field]:
    """Cut a Digital Link into its fields, from the path and the query; any host will do.

    Query names that are not AIs (`linkType`) are ignored, but no name may come twice (S4).
    Unreadable for a fragment, a broken percent sign, and a path without `/01/`.
    """
    refuse_strays(text)
    address = _ADDRESS.fullmatch(text)
    if address is None or _LONE_PERCENT.search(text):
        raise Unreadable(Fault.LINK_FORM)
    return _path_fields(address.group(2)) + _query_fields(address.group(3) or "")


def _path_fields(path: str) -> list[Field]:
    parts = path.split("/")
    if GTIN not in parts:
        raise Unreadable(Fault.LINK_FORM)
    parts = parts[parts.index(GTIN) :]
    if len(parts) % 2 and parts[-1] == "":
        parts.pop()
    if len(parts) % 2:
        raise Unreadable(Fault.LINK_FORM)
    # Cut first, decode then: an encoded "/" belongs to a value.
    pairs = [(name, unquote(value)) for name, value in zip(parts[::2], parts[1::2], strict=True)]
    fields = [_field(GTIN, _filled(pairs[0][1]))]
    for name, value in pairs[1:]:
        if name not in _IN_PATH:
            raise Unreadable(Fault.LINK_FORM)
        fields.append(_field(name, value))
    return fields


def _query_fields(query: str) -> list[Field]:
    names: set[str] = set()
    fields = []
    for parameter in query.split("&"):
        if not parameter:
            continue
        name, _, value = parameter.partition("=")
        name = unquote_plus(name)
        if name in names:
            refuse_strays(name)
            raise Unreadable(Fault.REPEATED_PARAMETER, value=name)
        names.add(name)
        if name.isascii() and name.isdigit():
            # "+" is a space in a query, and a space is refused: a plus sign comes as %2B.
            fields.append(_field(name, unquote_plus(value)))
    return fields


def _filled(digits: str) -> str:
    """A link may carry the shorter GTINs; here no field follows that a missing digit could eat."""
    return digits.zfill(14) if len(digits) in (8, 12, 13) else digits


def _field(name: str, value: str) -> Field:
    refuse_strays(value)
    ai = known_ai(name)
    if ai is None or ai.ai != name:
        raise Unreadable(Fault.UNKNOWN_AI, value=name)
    return checked_field(ai, value)
