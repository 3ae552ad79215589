"""What the cells of one row say: a person, or a visit; or why they do not say it."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Mapping
from dataclasses import dataclass
from zoneinfo import ZoneInfo

import phonenumbers

from bookings.rules.importing.dates import read_day
from bookings.rules.typed import read_time
from clinic.rules import on_wall_clock, say_date, say_time, search_key, text_fault

Cells = Mapping[str, str]
SEXES = {"f": "female", "female": "female", "m": "male", "male": "male"} | {
    "i": "intersex",
    "intersex": "intersex",
    "x": "intersex",
}
# How long what is put on file may be.
MOST = {
    "first_name": 80,
    "last_name": 80,
    "preferred_name": 80,
    "email": 120,
    "address": 200,
    "emergency_contact": 120,
    "language": 40,
}
# Other systems write 12/31/9999 for "no end"; no calendar of ours goes so far.
FIRST_YEAR, LAST_YEAR = 1900, 2199
GONE = re.compile(r"cancel|no.?show|delet|complet|check.?out|absent|declin", re.I)
# Fractions of a second, as databases write them; 9.30 has none.
FRACTION = re.compile(r"(?<=:\d\d)\.\d+", re.A)
TIME_IN_IT = re.compile(r"\d{1,2}:\d{2}(?::\d{2}(?:\.\d+)?)?\s*(?:[ap]\.?m?\.?)?", re.I | re.A)


class Wrong(Exception):
    """A row that is not taken, and the sentence that says why."""


@dataclass(frozen=True)
class Visit:
    """A visit as a row tells it; who, what and where are still words."""

    starts_at: dt.datetime
    service: str
    practitioner: str
    room: str
    note: str


def read_person(cells: Cells, *, order: str, today: dt.date) -> dict[str, str]:
    """A patient's data as the desk would type them, by field; texts exactly as they stand.

    Raises Wrong with the first thing that cannot be read. Whether all of it may be put on file
    is for the same rules as at the desk to say.
    """
    _storable(cells)
    first, last = _names(cells)
    if not first or not last:
        raise Wrong("The first or the last name is missing.")
    birth = cells.get("birth_date", "")
    if not birth:
        raise Wrong("The birth date is missing.")
    day = read_day(birth, order, latest=today)
    if isinstance(day, str):
        raise Wrong(day)
    street = [cells.get(name, "") for name in ("address", "more_address", "city")]
    region = " ".join(one for name in ("state", "postal_code") if (one := cells.get(name, "")))
    values = {
        "first_name": first,
        "last_name": last,
        "preferred_name": cells.get("preferred_name", ""),
        "birth_date": day.isoformat(),
        "sex_at_birth": SEXES.get(cells.get("sex_at_birth", "").casefold(), "unknown"),
        "phone": _phone(cells),
        "email": cells.get("email", ""),
        "address": ", ".join(one for one in (*street, region) if one) if any(street) else "",
        "emergency_contact": cells.get("emergency_contact", ""),
        "language": cells.get("language", "") or "English",
    }
    for name, most in MOST.items():
        if len(values[name]) > most:
            what = name.replace("_", " ")
            raise Wrong(f"The {what} has {len(values[name])} characters; {most} fit.")
    return values


def read_who(cells: Cells, *, order: str, today: dt.date) -> dict[str, str]:
    """By what a row of visits names its patient: number, name, birth date, phone, email."""
    _storable(cells)
    first, last = _names(cells)
    who = {"first_name": first, "last_name": last, "email": cells.get("email", "").casefold()}
    who |= {"number": cells.get("number", ""), "outside": cells.get("outside", "")}
    who["phone"] = phone_of(cells.get("phone", "")) or ""
    if birth := cells.get("birth_date", ""):
        day = read_day(birth, order, latest=today)
        if isinstance(day, str):
            raise Wrong(day)
        who["birth_date"] = day.isoformat()
    return who


def read_visit(cells: Cells, *, order: str, zone: ZoneInfo, at: dt.datetime) -> Visit:
    """The visit that a row tells, its start in UTC by the clinic's wall clock (P4, P5).

    Raises Wrong for one that is over or off in the other system, and for a date or time that
    cannot be read, does not exist, or comes twice.
    """
    _storable(cells)
    status = cells.get("status", "")
    if GONE.search(status):
        raise Wrong(f"The other system calls it “{status[:40]}”.")
    if both := cells.get("starts", ""):
        found = TIME_IN_IT.search(both)
        clock = found[0] if found else ""
        date = both.replace(clock, " ").replace("T", " ").rstrip("Z ") if clock else both
    else:
        date, clock = cells.get("day", ""), cells.get("time", "")
    if not date.strip():
        raise Wrong("The date is missing.")
    latest = at.date().replace(year=at.year + 50, day=1)
    day = read_day(date.strip(), order, latest=latest)
    if isinstance(day, str):
        raise Wrong(day)
    if not FIRST_YEAR <= day.year <= LAST_YEAR:
        raise Wrong(f"“{date.strip()[:40]}” is not a day on which anybody comes.")
    time = read_clock(clock)
    if time is None:
        raise Wrong(f"“{clock[:40]}” is not a time." if clock else "The time is missing.")
    word = f"{say_date(day)}, {say_time(dt.datetime.combine(day, time))}"
    instants = on_wall_clock(day, time, zone).instants
    if not instants:
        raise Wrong(f"There is no {word}: the clock is set forward that night.")
    if len(instants) > 1:
        raise Wrong(f"{word} comes twice: the clock is set back. Book it by hand.")
    service = cells.get("service", "")
    if not service:
        raise Wrong("The service is missing.")
    return Visit(
        starts_at=instants[0],
        service=service,
        practitioner=cells.get("practitioner", ""),
        room=cells.get("room", ""),
        note=cells.get("note", ""),
    )


def read_clock(cell: str) -> dt.time | None:
    """The time of day that a cell says, None where it says none.

    The clock is the file's, whatever the clinic's own pages show: one that tells 1 to 6 without
    AM or PM and without a zero before it is one of 12 hours, and nobody is treated by night.
    """
    return read_time(FRACTION.sub("", cell), small_hours_are_pm=True)


def phone_of(text: str) -> str | None:
    """A phone number as it is stored (E.164), read as from the US; None where it is none."""
    try:
        number = phonenumbers.parse(text, "US")
    except phonenumbers.NumberParseException:
        return None
    if not phonenumbers.is_valid_number(number):
        return None
    return phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)


def name_key(first_name: str, last_name: str) -> str:
    """A name as two systems may both write it: without accents, spaces or capitals."""
    return search_key(f"{last_name}{first_name}").replace(" ", "")


def word_key(text: str) -> str:
    """A service's, person's or room's name as two systems may both write it."""
    return " ".join(search_key(text).split())


def _storable(cells: Cells) -> None:
    for text in cells.values():
        if text and (fault := text_fault(text)):
            raise Wrong(fault)


def _names(cells: Cells) -> tuple[str, str]:
    first, last = cells.get("first_name", ""), cells.get("last_name", "")
    whole = " ".join(cells.get("full_name", "").split())
    if whole and not (first and last):
        if "," in whole:
            behind, _, before = whole.partition(",")
            return before.strip(), behind.strip()
        before, _, behind = whole.rpartition(" ")
        return before, behind
    return first, last


def _phone(cells: Cells) -> str:
    given = [text for name in ("phone", "other_phone") if (text := cells.get(name, ""))]
    for text in given:
        if number := phone_of(text):
            return number
    if given:
        raise Wrong(f"“{given[0][:40]}” is not a phone number.")
    return ""
