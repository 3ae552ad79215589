"""Words that would tell whoever reads over a shoulder why someone comes (P26)."""

from __future__ import annotations

import re
import unicodedata

# Each is a whole word, or a stem with the endings that it takes.
WORDS = (
    # What is done, and with what.
    r"(?:micro\W{0,3})?needl(?:e|ed|er|es|ing|ings)",
    r"micro\W{0,3}(?:channel|derm|current|blad)[a-z]*",
    r"derma\W{0,3}(?:pen|plan|roll|stamp)[a-z]*",
    r"skin(?:\W{0,3}(?:care|pens?))?",
    r"cartridges?|collagen|exosomes?|hyaluron[a-z]*|plasma|prp|retinol|tretinoin",
    r"botox|dysport|facials?|fillers?|injectables?|injections?|lasers?|peels?|serums?",
    # What goes before it.
    r"an(?:a)?esthe[a-z]*|[a-z]+caine|creams?|numb(?:ed|ing|ness|s)?|ointments?|topicals?",
    # What it is done for.
    r"acne|alopecia|blemish(?:es)?|keloids?|melasma|(?:hyper)?pigment[a-z]*|pores?|rosacea",
    r"scar(?:red|ring|s)?|stretch\W{0,3}marks?|wrinkl(?:e|ed|es|ing)",
    # What all of it is called.
    r"a?esthetic[a-z]*|cosmetic[a-z]*|dermat[a-z]*|med\W{0,3}spas?|procedur(?:al|e|es)",
    r"rejuvenat[a-z]*|resurfac[a-z]*|surger(?:ies|y)|surgical|treatments?",
)
TELLING = re.compile(rf"(?<![a-z])(?:{'|'.join(WORDS)})(?![a-z])")
UNSEEN = frozenset({"Cf", "Cc", "Mn", "Me"})


def telling_word(text: str) -> str | None:
    """The first word in it that tells why someone comes, as it was typed; None where none does.

    Wide letters, accents, hyphens of any kind and signs that nobody sees hide no word.
    """
    plain: list[str] = []
    came_from: list[int] = []
    for at, typed in enumerate(text):
        for sign in unicodedata.normalize("NFKD", typed).casefold():
            kind = unicodedata.category(sign)
            if kind in UNSEEN and not sign.isspace():
                continue
            plain.append("-" if kind == "Pd" else sign)
            came_from.append(at)
    found = TELLING.search("".join(plain))
    return text[came_from[found.start()] : came_from[found.end() - 1] + 1] if found else None
