"""People: how their names are written and compared, and what a search for them means."""

from __future__ import annotations

import datetime as dt
import re
import unicodedata
from dataclasses import dataclass
from typing import Any, Protocol

from clinic.rules.days import read_date
from clinic.rules.finding import MOST_TEXT, read_digits, search_key

UNREACHABLE = "Enter a phone number, an email address or a postal address."
# Below so many letters every name is a slip of another; from so many on two slips are few.
SHORT_NAME, LONG_NAME = 5, 10
# How Unicode's names of the letters begin.
EAST_ASIAN = ("CJK ", "IDEOGRAPHIC ", "HANGUL ", "HIRAGANA ", "KATAKANA", "HALFWIDTH KATAKANA ")


def called(first_name: str, last_name: str) -> str:
    """A name in the order of its script: Mia Lee, but 王小明, 박서준 and 田中さくら.

    The family name goes first, unspaced, where both names are written in Chinese, Japanese or
    Korean letters; one name in Latin letters makes it a Western order.
    """
    if _east_asian(first_name) and _east_asian(last_name):
        return f"{last_name}{first_name}"
    return f"{first_name} {last_name}"


def _east_asian(name: str) -> bool:
    letters = [c for c in name if unicodedata.category(c).startswith("L")]
    return bool(letters) and all(unicodedata.name(c, "").startswith(EAST_ASIAN) for c in letters)


class Known(Protocol):
    """Who someone is, as far as it tells people apart."""

    first_name: Any
    last_name: Any
    preferred_name: Any
    birth_date: Any
    phone: Any


class Reached(Known, Protocol):
    """The same, and how the person is reached."""

    email: Any
    address: Any


def person_fault(person: Reached, *, today: dt.date) -> tuple[str, str] | None:
    """Why someone may not be put on file: the field and the sentence; None when she may."""
    if not person.first_name or not person.last_name:
        return "last_name" if person.first_name else "first_name", (
            "Enter the legal first and last name."
        )
    if person.birth_date > today:
        return "birth_date", "The birth date is in the future."
    if person.birth_date.year < 1900:
        return "birth_date", "Use a birth date after 1900."
    if not (person.phone or person.email or person.address):
        return "phone", UNREACHABLE
    return None


def may_be_same(one: Known, other: Known) -> bool:
    """Whether two may be one person: born the same day, with the same phone or the same name.

    Names are the same however they are accented, spaced or turned round, and by the preferred
    first name too. Twins at one phone look the same: whoever asks decides.
    """
    if one.birth_date != other.birth_date:
        return False
    if one.phone and str(one.phone) == str(other.phone):
        return True
    return bool(_spellings(one) & _spellings(other))


def looks_like(one: Known, other: Known) -> bool:
    """Whether the desk asks if two are one person: `may_be_same`, or nearly.

    Nearly: born the same day, with names of which one is a slip of the other (a letter or two),
    has a part more (Lee, Lee-Smith) or is short for the other (Jo, Joanna); or of one name at
    one phone, with different birth dates, of which one may be mistyped.
    """
    if may_be_same(one, other):
        return True
    ours, theirs = _spellings(one), _spellings(other)
    if one.birth_date != other.birth_date:
        same_phone = bool(one.phone) and str(one.phone) == str(other.phone)
        return same_phone and bool(ours & theirs)
    if any(_slip(a, b) for a in ours for b in theirs):
        return True
    return any(_part(a, b) or _part(b, a) for a in _words(one) for b in _words(other))


def _slip(one: str, other: str) -> bool:
    """Whether two names are a slip apart: one letter more, less, else or swapped; two of those
    in a long name."""
    most = 2 if min(len(one), len(other)) >= LONG_NAME else 1
    if abs(len(one) - len(other)) > most or min(len(one), len(other)) < SHORT_NAME:
        return False
    before: list[int] = []
    row = [*range(len(other) + 1)]
    for i, a in enumerate(one, 1):
        last, before, row = before, row, [i]
        for j, b in enumerate(other, 1):
            cost = min(before[j] + 1, row[-1] + 1, before[j - 1] + (a != b))
            if last and j > 1 and a == other[j - 2] and one[i - 2] == b:
                cost = min(cost, last[j - 2] + 1)
            row.append(cost)
        if min(row) > most:
            return False
    return row[-1] <= most


def _words(one: Known) -> list[tuple[str, str]]:
    """First and last name as keys, by the preferred first name too, and turned round."""
    last = search_key(one.last_name)
    firsts = {search_key(one.first_name), search_key(one.preferred_name)} - {""}
    return [pair for first in sorted(firsts) for pair in ((first, last), (last, first)) if last]


def _part(short: tuple[str, str], long: tuple[str, str]) -> bool:
    """Whether the long name has all words of the short one and more, or only its first name
    begins so."""
    few, many = {*" ".join(short).split()}, {*" ".join(long).split()}
    if len(few) > 1 and few < many:
        return True
    return short[1] == long[1] and long[0].startswith(short[0])


def _spellings(one: Known) -> set[str]:
    last = search_key(one.last_name)
    firsts = {search_key(one.first_name), search_key(one.preferred_name)} - {""}
    both = {pair for first in firsts for pair in (f"{last}{first}", f"{first}{last}")}
    return {name.replace(" ", "") for name in both}


@dataclass(frozen=True)
class Search:
    """What a search text may mean.

    `digits` are a phone number's, "" when it is not one; `number` is that of a patient. A
    `name` stands alone or beside a birth date.
    """

    text: str
    kind: str
    birth_date: dt.date | None = None
    digits: str = ""
    number: int | None = None
    name: str = ""

    def names_fully(
        self, *, first_name: str, last_name: str, preferred_name: str, phone: str, code: str
    ) -> bool:
        """Whether it names this patient in full: first and last name, phone, or number."""
        if self.kind == "number":
            return self.text == code
        if self.kind == "phone":
            return len(self.digits) >= 10 and phone.endswith(self.digits)
        typed, last = search_key(self.name), search_key(last_name)
        for first in (search_key(one) for one in (first_name, preferred_name)):
            if not (first and last):
                continue
            if {*first.split(), *last.split()} <= {*typed.split()}:
                return True
            if typed.replace(" ", "") == f"{last}{first}".replace(" ", ""):
                return True
        return False


def read_search(text: str) -> Search:
    """A finder's text: a birth date, a patient's number, a phone number, or else a name.

    A name may have a birth date behind it or before it.
    """
    text = text[:MOST_TEXT].strip()
    if birth_date := read_date(text):
        return Search(text, "birth date", birth_date=birth_date)
    if found := re.fullmatch(r"(?i)pt[- ]?([0-9]{1,9})", text):
        number = int(found[1])
        return Search(f"PT-{number:06d}", "number", number=number)
    # The digits of a card without its letters; from four on they may be a phone's last ones too.
    bare = int(text) if re.fullmatch("[0-9]{1,6}", text) else None
    if re.fullmatch(r"[\d+() .\-/]{4,}", text) and len(digits := read_digits(text)) >= 4:
        return Search(text, "phone", digits=digits, number=bare)
    if bare is not None:
        # Not enough to name her in full: "512" may be how a phone number begins.
        return Search(text, "number", number=bare)
    return _name_and_date(text) or Search(text, "name", name=text)


def _name_and_date(text: str) -> Search | None:
    """A name beside a birth date, in either order; None where there is no date."""
    words = text.split()
    for n in range(1, len(words)):
        before, behind = " ".join(words[:n]), " ".join(words[n:])
        for name, day in ((before, read_date(behind)), (behind, read_date(before))):
            if day and search_key(name):
                return Search(text, "name", birth_date=day, name=name)
    return None
