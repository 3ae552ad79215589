"""The words of a clinic's messages: its own where it has some, else the house's."""

from __future__ import annotations

from bookings.models import MessageText
from bookings.rules.letters import LETTERS, Words
from clinic.models import Clinic


def words_of(clinic: Clinic, kind: str) -> Words:
    """The words of one kind of message, with their blanks."""
    house = LETTERS[kind]
    own = MessageText.objects.filter(clinic=clinic, kind=kind)
    found = own.values_list("subject", "body", "sms").first()
    subject, body, sms = found or (house.subject, house.body, house.sms)
    return Words(subject, body, sms or house.sms)


def own_texts(clinic: Clinic) -> dict[str, MessageText]:
    """What the clinic says in words of its own, by kind."""
    return {one.kind: one for one in MessageText.objects.filter(clinic=clinic)}
