"""What the clock asks of the waitlist: offers that nobody answered, waits that are over."""

from __future__ import annotations

import datetime as dt
import logging
import uuid

from django.db import OperationalError, transaction

from bookings.models import Offer, WaitlistEntry
from bookings.operations.waitlist.ground import close, held_offer, settle
from bookings.operations.waitlist.offering import go_on
from bookings.queries import entries_over, offers_over
from bookings.rules.waiting import ClosedAs, OfferState
from clinic import audit
from clinic.acts import LookAgain

log = logging.getLogger(__name__)


def end_offers_over(*, at: dt.datetime) -> int:
    """End the offers that were not answered in time, each in a transaction of its own, and offer
    the time to the next in line where the desk wanted so; how many ended (T4).

    Safe to repeat, and one query when none is over. What another act holds just now is ended the
    next time.
    """
    ended = 0
    for key in offers_over(at=at):
        try:
            with transaction.atomic():
                ended += _end(key, at)
        except (OperationalError, LookAgain) as error:
            log.warning("An offer is ended the next time, after: %s", error)
    return ended


def _end(key: uuid.UUID, at: dt.datetime) -> bool:
    offer = held_offer(Offer.objects.get(pk=key))
    if offer.state != OfferState.OPEN or at < offer.expires_at:
        return False
    settle(offer, OfferState.EXPIRED, by=None, at=at)
    go_on(offer, at=at)
    audit.record(
        "waitlist.offer_over",
        by=None,
        at=at,
        clinic_id=offer.clinic_id,
        on=offer.entry,
        detail={"starts_at": offer.starts_at, "practitioner": offer.practitioner_id},
    )
    return True


def close_waits_over(*, at: dt.datetime) -> int:
    """Take those off the waitlist whose last day is over; how many (T3). Safe to repeat, and
    one query when there is none."""
    closed = 0
    for key in entries_over(at=at):
        with transaction.atomic():
            entry = WaitlistEntry.objects.held().filter(pk=key, closed_at=None).first()
            if entry is None or entry.offers.still_open().exists():
                continue
            close(entry, ClosedAs.EXPIRED, by=None, at=at)
            audit.record(
                "waitlist.over", by=None, at=at, clinic_id=entry.clinic_id, on=entry, detail={}
            )
            closed += 1
    return closed
