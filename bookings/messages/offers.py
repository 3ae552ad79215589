"""What the clinic writes to someone who waits, of a time that is held for her."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Collection

from django.conf import settings
from django.urls import reverse

from bookings.messages.wording import SUBJECT_MOST, blanks_of
from bookings.models import Offer
from bookings.queries import times_taken_back, unsent_of, ways_to
from bookings.rules.letters import OFFER, fill
from clinic import outbox
from clinic.models import Message
from clinic.rules import say_time, written_as

# The line of a message that is its link.
LINK = re.compile(r"^https?://\S+$", re.MULTILINE)


def offered(offer: Offer, *, at: dt.datetime) -> bool:
    """Tell someone who waits that a time is held for her, with the link that takes it.

    Its words are the house's: the link and its time must stand. Returns whether there is a way
    to tell her.
    """
    link = f"{settings.SITE_ADDRESS}{reverse('offer', args=[offer.secret])}"
    told = ways_to(offer.patient)
    _post(offer, link, told, at)
    return bool(told)


def _post(offer: Offer, link: str, told: Collection[str], at: dt.datetime) -> None:
    patient, clinic = offer.patient, offer.clinic
    values = blanks_of(clinic, offer.comes_at, patient.preferred_name or patient.first_name)
    with written_as(clinic.locale):
        until = say_time(clinic.local(offer.expires_at))
    values |= {"until": until, "link": link}
    for way in told:
        by_text = way == Message.Channel.SMS
        key = f"offer {offer.pk} {way}"
        again = times_taken_back(key)
        outbox.post(
            clinic=clinic,
            channel=Message.Channel(way),
            key=f"{key} again-{again}" if again else key,
            about=offer.pk.hex,
            to=str(patient.phone if by_text else patient.email),
            subject="" if by_text else fill(OFFER.subject, values)[:SUBJECT_MOST],
            body=fill(OFFER.sms if by_text else OFFER.body, values),
            due_at=at,
            not_after=offer.expires_at,
        )


def offer_over(offer: Offer, *, at: dt.datetime) -> None:
    """Nobody is told any more of a time that is not held for her."""
    outbox.withdraw(about=offer.pk.hex, at=at)


def offered_to_another(offer: Offer, *, at: dt.datetime) -> bool:
    """Whoever is offered a time is reached otherwise: what waits goes there, by her way, or not at
    all.

    The link is in the message alone: one that goes by another way takes it from there. Returns
    whether she was written to, or will be.
    """
    patient, ways = offer.patient, ways_to(offer.patient)
    addresses = {"email": patient.email, "sms": str(patient.phone or "")}
    unsent, stands = unsent_of(offer)
    lost = [one for one in unsent if one.channel not in ways]
    if lost:
        outbox.withdraw(at=at, only=[one.key for one in lost])
    for way in ways:
        outbox.send_elsewhere(about=offer.pk.hex, channel=way, to=addresses[way])
    links = [found[0] for one in lost if (found := LINK.search(one.body))]
    if links and at < offer.expires_at:
        _post(offer, links[0], ways, at)
        stands = stands or bool(ways)
    return stands or any(
        one.status == Message.Status.WAITING for one in unsent if one.channel in ways
    )
