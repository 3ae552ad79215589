"""The anticipated "no": what, why, and what would work."""

from __future__ import annotations

import logging
import re
from collections.abc import Sequence
from typing import Any


class Refusal(Exception):
    """An act the clinic's rules do not allow. Shown beside its field and written to the audit.

    `rule` is the number it stands on (R17, S1, P12 …), `sentence` what a person reads,
    `field` the form field it belongs to (None: the whole form), `way_out` what would work
    in words, `alternatives` what would work as values a page can offer (free times, units),
    `also` the other faults of the same form, each with its own field. The sentence stays in the
    audit for good, where people read it who see no patients: it says a patient's code, never a
    name.
    """

    status = 422

    def __init__(
        self,
        sentence: str,
        *,
        rule: str,
        field: str | None = None,
        way_out: str = "",
        alternatives: Sequence[Any] = (),
        also: Sequence[Refusal] = (),
    ) -> None:
        super().__init__(sentence)
        self.sentence = sentence
        self.rule = rule
        self.field = field
        self.way_out = way_out
        self.alternatives = tuple(alternatives)
        self.also = tuple(also)

    @property
    def number(self) -> str:
        """The rule's number in docs/rules.md; empty for a fault of input, which has none."""
        return self.rule if re.fullmatch(r"[A-Z]\d+", self.rule) else ""

    @property
    def text(self) -> str:
        """The sentence with its way out, as one line."""
        return f"{self.sentence} {self.way_out}".strip()


def refuse_all(faults: Sequence[Refusal]) -> None:
    """Refuse with every fault at once, the first one leading; nothing where there is none."""
    if faults:
        first, *rest = faults
        first.also = tuple(rest)
        raise first


class Conflict(Refusal):
    """Another record holds the time or the unit, or the page is stale. Answered with 409."""

    status = 409


class NotAllowed(Refusal):
    """The person lacks the permission. Answered with 403."""

    status = 403


# Behind these an address has a secret that opens something by itself.
SECRET = re.compile(r"(/(?:offer|calendar|invitation|reset/key)/)[^/?\s]+")


class CalmRefusals(logging.Filter):
    """For the log: an answer below 500 is a refusal, not a fault, and needs no traceback; and an
    address that opens something by itself comes without its secret."""

    def filter(self, record: logging.LogRecord) -> bool:
        if getattr(record, "status_code", 500) < 500:
            record.exc_info = None
            record.exc_text = None
        said = record.getMessage()
        told = SECRET.sub(r"\1…", said)
        if told != said:
            record.msg, record.args = told, None
        return True
