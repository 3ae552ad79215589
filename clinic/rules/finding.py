"""How names and phone numbers are folded, so that any way of writing one finds the other."""

from __future__ import annotations

import re
import unicodedata

from anyascii import anyascii

# Letters that carry no mark that could be taken off, and marks that are letters of their own.
PLAIN = str.maketrans(
    {"ł": "l", "ø": "o", "đ": "d", "ð": "d", "ħ": "h", "ŧ": "t", "ı": "i"}
    | {"æ": "ae", "œ": "oe", "þ": "th"}
    # Arabic and Persian, and the forms that Hebrew's letters take at the end of a word.
    | {"\u0649": "\u064a", "\u06cc": "\u064a", "\u06a9": "\u0643", "\u0629": "\u0647"}
    | {"\u0671": "\u0627", "\u0640": ""}
    | dict(zip("\u05da\u05dd\u05df\u05e3\u05e5", "\u05db\u05de\u05e0\u05e4\u05e6", strict=True))
)
# Apostrophes that Unicode takes for letters or signs.
APOSTROPHES = "`\u02b9\u02bb\u02bc\u02bd\u02be\u02bf\u02c8"
# As a passport without umlauts writes them: Müller is Mueller.
SPELLED_OUT = str.maketrans({"ä": "ae", "ö": "oe", "ü": "ue", "ø": "oe", "å": "aa"})
LATIN = str.maketrans(
    dict(zip("абвгдезийклмнопрстуфыэ", "abvgdeziyklmnoprstufye", strict=True))
    | {"ё": "e", "ж": "zh", "х": "kh", "ц": "ts", "ч": "ch", "ш": "sh", "щ": "shch"}
    | {"ъ": "", "ь": "", "ю": "yu", "я": "ya", "і": "i", "ї": "i", "є": "ie", "ґ": "g"}
    | dict(zip("αβγδεζηικλμνοπρσςτυφω", "avgdeziiklmnoprsstyfo", strict=True))
    | dict(zip("άέήίόύώ", "aeiioyo", strict=True))
    | {"θ": "th", "ξ": "x", "χ": "ch", "ψ": "ps"}
)
LONGEST = 40
# Of a search text so much is read, and of its words so many.
MOST_TEXT = 120
MOST_WORDS = 6
# Katakana and the hiragana of the same sound are as far apart.
KATAKANA, TO_HIRAGANA = range(0x30A1, 0x30F7), 0x60


def search_key(text: str) -> str:
    """Text as the finder compares it: folded, without accents, apostrophes or hyphens.

    Marks that only read aloud (Arabic and Hebrew vowels), wide forms and signs that nobody
    sees do not count; katakana reads as hiragana, Ё as Е, ß as ss.
    """
    folded = unicodedata.normalize("NFKD", text.casefold().translate(PLAIN))
    bare = "".join(_plain(c) for c in folded if not unicodedata.combining(c))
    return " ".join(bare.translate(PLAIN).split())


def _plain(c: str) -> str:
    if ord(c) in KATAKANA:
        return chr(ord(c) - TO_HIRAGANA)
    kind = unicodedata.category(c)
    if kind in ("Cf", "Cs"):
        return ""
    return " " if kind[0] in "PZC" or c in APOSTROPHES else c


def spellings(text: str) -> list[str]:
    """The keys of a text: as it is written, with umlauts spelled out, and in Latin letters: as a
    passport has them, and sign by sign (a name in Arabic without the vowels that nobody writes).
    """
    low = unicodedata.normalize("NFC", text).casefold()
    latin = low.replace("ου", "ou").replace("ού", "ou").translate(LATIN)
    ways = (text, low.translate(SPELLED_OUT), latin, _aloud(text))
    return [key for key in dict.fromkeys(map(search_key, ways)) if key]


def _aloud(text: str) -> str:
    """Each letter as it sounds, nearly; what is no letter says nothing."""
    return "".join(anyascii(c) if unicodedata.category(c)[0] in "LM" else c for c in text)


def name_keys(first_name: str, last_name: str, preferred_name: str) -> set[str]:
    """The words by whose beginning a person is found, and her names written as one word."""
    found = set()
    for lasts in spellings(last_name):
        last = lasts.replace(" ", "")
        for name in (first_name, preferred_name):
            for first in spellings(name):
                one = first.replace(" ", "")
                found |= {*first.split(), one, last + one}
                if not one.isascii():
                    # Scripts without spaces between the names put either first.
                    found.add(one + last)
        found |= {*lasts.split(), last}
    return {key[:LONGEST] for key in found}


def phone_keys(phone: str, national: str) -> set[str]:
    """A number with its country, without it, from the exchange on, and from its end."""
    if not phone:
        return set()
    found = {f"+{phone.lstrip('+')}", f"+{national}", f"-{national[::-1]}"}
    if phone.startswith("+1") and len(national) == 10:
        found.add(f"+{national[3:]}")
    return {key[:LONGEST] for key in found}


def word_keys(text: str) -> list[list[str]]:
    """The words of a search, the longest first: each as the beginnings that it may stand for."""
    words = []
    for typed in text[:MOST_TEXT].split():
        parts = search_key(typed).split()
        # What is typed with an umlaut may be spelled out on file.
        words += [spellings(typed)] if len(parts) == 1 else [[part] for part in parts]
    unlike = {tuple(way[:LONGEST] for way in ways) for ways in words}
    return [[*ways] for ways in sorted(unlike, key=lambda ways: (-len(ways[0]), ways))[:MOST_WORDS]]


def digit_keys(digits: str) -> list[str]:
    """What a phone number, or a part of one, may be the beginning of: or its last digits."""
    bare = digits.lstrip("0")
    ways = [f"+{digits}", f"+{bare}" if bare else "", f"-{digits[::-1]}"]
    return [way[:LONGEST] for way in dict.fromkeys(ways) if len(way) > 1]


def read_digits(text: str) -> str:
    """The digits of a phone number in ASCII, without the zero that stands in brackets."""
    plain = "".join(str(unicodedata.decimal(c)) if c.isdecimal() else c for c in text)
    return re.sub("[^0-9]", "", plain.replace("(0)", ""))
