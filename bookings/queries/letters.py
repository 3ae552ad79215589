"""The words of a clinic's messages: its own where it has some, else the house's."""

from __future__ import annotations

from bookings.models import MessageText
from bookings.rules.letters import LETTERS
from clinic.models import Clinic


def words_of(clinic: Clinic, kind: str) -> tuple[str, str]:
    """Subject and body of one kind of message, with their blanks."""
    own = MessageText.objects.filter(clinic=clinic, kind=kind)
    found = own.values_list("subject", "body").first()
    return found or (LETTERS[kind].subject, LETTERS[kind].body)


def own_texts(clinic: Clinic) -> dict[str, MessageText]:
    """What the clinic says in words of its own, by kind."""
    return {one.kind: one for one in MessageText.objects.filter(clinic=clinic)}
