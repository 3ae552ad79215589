"""The building's pure decisions: plain values in, plain values out."""

from __future__ import annotations

import datetime as dt
import re
import unicodedata
import uuid
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, Protocol
from zoneinfo import ZoneInfo

ACTIVE = "active"
# Unicode's categories of spaces, controls and format signs, such as the zero-width space.
UNSEEN = frozenset({"Cc", "Cf", "Cs", "Zl", "Zp", "Zs"})
SYSTEM = "system"


class LicenseFacts(Protocol):
    """What the license rule reads of a license. Dates are clinic-local and inclusive."""

    kind: Any
    state: Any
    status: Any
    issued_on: Any
    expires_on: Any


@dataclass(frozen=True)
class LicenseVerdict:
    """Whether a practitioner is covered on a date; `license` is the one that covers."""

    allowed: bool
    license: Any = None
    reason: str = ""
    way_out: str = ""
    rule: str = "R17"


def covers(
    licenses: Iterable[LicenseFacts],
    *,
    name: str,
    state: str,
    on: dt.date,
    scope: ScopeCheck | None = None,
) -> LicenseVerdict:
    """Whether one of the licenses lets `name` treat in `state` on the clinic-local date `on`.

    R17: ACTIVE and issued_on <= on <= expires_on. R25: the printed day counts. R28: one
    license is named, never a mix. `scope` is the seam for depth, supervision and the age of
    the verification (R18–R22, R24, R27): given a license, it answers None or a reason.
    """
    held = sorted(licenses, key=lambda one: one.expires_on, reverse=True)
    if not held:
        return LicenseVerdict(False, reason=f"{name} has no license on file.")
    here = [one for one in held if one.state == state]
    if not here:
        states = ", ".join(sorted({one.state for one in held}))
        return LicenseVerdict(
            False,
            reason=f"{name} is licensed in {states}, not in {state}.",
            way_out=f"Choose someone licensed in {state}.",
            rule="R18",
        )
    reasons = []
    for one in here:
        reason = _why_not(one, name=name, on=on) or (scope and scope(one))
        if not reason:
            return LicenseVerdict(True, license=one)
        reasons.append(reason)
    return LicenseVerdict(
        False,
        reason=reasons[0],
        way_out="Choose another day or another practitioner.",
        rule="R25" if "expire" in reasons[0] else "R17",
    )


class ScopeCheck(Protocol):
    """The seam for scope: given a license, None when it covers the act, else why not."""

    def __call__(self, license: LicenseFacts, /) -> str | None: ...


def _why_not(one: LicenseFacts, *, name: str, on: dt.date) -> str | None:
    if one.status != ACTIVE:
        return f"The {one.state} license of {name} is {one.status}."
    if on < one.issued_on:
        return f"The {one.state} license of {name} begins on {say_date(one.issued_on)}."
    if on > one.expires_on:
        return f"The {one.state} license of {name} expires on {say_date(one.expires_on)}."
    return None


def expiry_state(*, expires_on: dt.date, status: str, today: dt.date) -> str:
    """How a license stands today: a status other than active, or expired, expiring, active.

    "expiring" begins 60 days before the last day.
    """
    if status != ACTIVE:
        return status
    if today > expires_on:
        return "expired"
    return "expiring" if (expires_on - today).days <= 60 else "active"


def say_date(day: dt.date) -> str:
    """A date as a person says it, with its weekday and year: Tue, Nov 24, 2026."""
    return f"{day:%a, %b} {day.day}, {day.year}"


def say_day(day: dt.date, today: dt.date) -> str:
    """A date that is not far, without its year where it is this one: Tue, Nov 24."""
    return say_date(day) if day.year != today.year else f"{day:%a, %b} {day.day}"


def read_date(text: str) -> dt.date | None:
    """A date as a person types it, 3/14/1991 or 1991-03-14; None when it is not one."""
    if found := re.fullmatch(r"\s*([0-9]{1,2})[/-]([0-9]{1,2})[/-]([0-9]{4})\s*", text):
        month, day, year = (int(part) for part in found.groups())
    elif found := re.fullmatch(r"\s*([0-9]{4})-([0-9]{1,2})-([0-9]{1,2})\s*", text):
        year, month, day = (int(part) for part in found.groups())
    else:
        return None
    try:
        return dt.date(year, month, day)
    except ValueError:
        return None


def say_time(local: dt.datetime) -> str:
    """A wall-clock time as a person says it: 9:05 AM."""
    return f"{local.hour % 12 or 12}:{local:%M} {'AM' if local.hour < 12 else 'PM'}"


def say_span(starts: dt.datetime, ends: dt.datetime) -> str:
    """Two wall-clock times of one visit as a person says them: 9:30–10:15 AM."""
    first, last = say_time(starts), say_time(ends)
    return f"{first[:-3] if first[-2:] == last[-2:] else first}–{last}"


def normalize_license_number(number: str) -> str:
    """A license number as registers compare it: upper case, no spaces or dashes."""
    return re.sub(r"[\s\-]", "", number).upper()


def search_key(text: str) -> str:
    """Text as the finder compares it: folded, without accents, apostrophes or hyphens."""
    folded = unicodedata.normalize("NFKD", text.casefold())
    bare = "".join(c for c in folded if not unicodedata.combining(c))
    bare = bare.replace("ł", "l").replace("ø", "o").replace("đ", "d")
    return " ".join(re.sub(r"['’`\-.,]", " ", bare).split())


@dataclass(frozen=True)
class Search:
    """What a search text may mean. `digits` are a phone number's, "" when it is not one."""

    text: str
    kind: str
    birth_date: dt.date | None = None
    digits: str = ""

    def names_fully(
        self, *, first_name: str, last_name: str, preferred_name: str, phone: str, code: str
    ) -> bool:
        """Whether it names this patient in full: first and last name, phone, or number."""
        if self.kind == "number":
            return self.text == code
        if self.kind == "phone":
            return len(self.digits) >= 10 and phone.endswith(self.digits)
        typed, last = search_key(self.text), search_key(last_name)
        for first in (search_key(one) for one in (first_name, preferred_name)):
            if not (first and last):
                continue
            if {*first.split(), *last.split()} <= {*typed.split()}:
                return True
            if typed.replace(" ", "") == f"{last}{first}".replace(" ", ""):
                return True
        return False


def read_search(text: str) -> Search:
    """A finder's text: a birth date, a patient's number, a phone number, or else a name."""
    text = text.strip()
    if birth_date := read_date(text):
        return Search(text, "birth date", birth_date=birth_date)
    if number := re.fullmatch(r"(?i)pt[- ]?([0-9]{1,9})", text):
        return Search(f"PT-{int(number[1]):06d}", "number")
    if re.fullmatch(r"[0-9+() .\-/]{4,}", text) and len(digits := re.sub("[^0-9]", "", text)) >= 4:
        return Search(text, "phone", digits=digits)
    return Search(text, "name")


def text_fault(text: str) -> str | None:
    """Why a text can not be stored exactly as typed; None when it can."""
    if "\x00" in text:
        return "The text has a NUL character in it. Delete it and type the text again."
    if any(0xD800 <= ord(c) <= 0xDFFF for c in text):
        return "The text has half a character in it. Delete it and type the text again."
    if "\N{REPLACEMENT CHARACTER}" in text:
        return "A character of the text was lost on its way here. Type the text again."
    if text and all(unicodedata.category(c) in UNSEEN for c in text):
        return "The text has only spaces or signs that can not be seen. Type it again."
    return None


@dataclass(frozen=True)
class WallTime:
    """What a wall-clock time means: `instants` in UTC; none in a gap, two in an overlap."""

    instants: tuple[dt.datetime, ...]


def on_wall_clock(day: dt.date, time: dt.time, zone: ZoneInfo) -> WallTime:
    """The instants that a clinic's wall clock shows as this date and time (P4, P5)."""
    found = []
    for fold in (0, 1):
        local = dt.datetime.combine(day, time, tzinfo=zone).replace(fold=fold)
        instant = local.astimezone(dt.UTC)
        if instant.astimezone(zone).replace(tzinfo=None, fold=0) == local.replace(
            tzinfo=None, fold=0
        ):
            found.append(instant)
    return WallTime(tuple(sorted(set(found))))


def day_span(day: dt.date, zone: ZoneInfo) -> tuple[dt.datetime, dt.datetime]:
    """The half-open span of a clinic-local day in UTC; 23, 24 or 25 hours long."""
    start = dt.datetime.combine(day, dt.time(0), tzinfo=zone).astimezone(dt.UTC)
    after = dt.datetime.combine(day + dt.timedelta(days=1), dt.time(0), tzinfo=zone)
    return start, after.astimezone(dt.UTC)


def chain_of(clinic_id: uuid.UUID | None) -> str:
    """The name of a clinic's audit chain; without a clinic, the system's."""
    return clinic_id.hex if clinic_id else SYSTEM


def spreadsheet_safe(value: object) -> str:
    """A value as a spreadsheet may open it: no text of ours is run as a formula (P37).

    A number stays a number, also a negative one.
    """
    text = "" if value is None else str(value)
    if isinstance(value, (int, float)):
        return text
    # Wide forms and unseen signs before a sign are formulas to some spreadsheets too.
    seen = unicodedata.normalize("NFKC", text)
    while seen and unicodedata.category(seen[0]) in UNSEEN:
        seen = seen[1:]
    risky = text.startswith(("\t", "\r", "\n")) or seen.startswith(("=", "+", "-", "@"))
    return f"'{text}" if risky else text
