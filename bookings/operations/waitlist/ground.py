"""What every act on the waitlist stands on: the locked entry or offer, and how each ends.

The order of locks: the practitioner, room, device and patient of a time, then its offer, then
the entry. Whoever locks an offer has locked its practitioner before.
"""

from __future__ import annotations

import datetime as dt

from bookings import messages
from bookings.models import Appointment, Hold, Offer, WaitlistEntry
from bookings.rules.waiting import CLOSED_AS, ClosedAs, OfferState
from clinic.models import Practitioner, User
from clinic.refusals import Conflict


def held_entry(entry: WaitlistEntry, *, version: int | None = None) -> WaitlistEntry:
    """The entry, locked and read again. Refuses (409) a stale page (P12), one that is
    closed, and one whose patient was merged or stands for herself since (R57)."""
    held: WaitlistEntry = (
        WaitlistEntry.objects.held().select_related("clinic", "patient", "service").get(pk=entry.pk)
    )
    if held.closed_at is not None:
        how = CLOSED_AS[ClosedAs(held.closed_as)].lower()
        raise Conflict(
            f"{held.patient.code} does not wait any more: {how}.",
            rule="T3",
            way_out="Look at the waitlist again.",
        )
    if held.patient_id != entry.patient_id:
        raise Conflict(
            f"{held.patient.code} stands for who waits here since this was shown.",
            rule="R57",
            way_out="Look at the waitlist again.",
        )
    held.expect(version)
    return held


def close(
    entry: WaitlistEntry,
    how: ClosedAs,
    *,
    by: User | None,
    at: dt.datetime,
    appointment: Appointment | None = None,
) -> None:
    """Take a locked entry off the waitlist; `by` is None for the patient and for the clock."""
    entry.closed_as, entry.closed_at, entry.closed_by = str(how), at, by
    entry.appointment = appointment
    entry.write()


def held_offer(offer: Offer) -> Offer:
    """The offer, locked after its practitioner and read again."""
    Practitioner.objects.held().get(pk=offer.practitioner_id)
    held: Offer = (
        Offer.objects.held()
        .select_related("clinic", "entry__patient", "entry__service", "practitioner", "made_by")
        .get(pk=offer.pk)
    )
    return held


def settle(offer: Offer, state: OfferState, *, by: User | None, at: dt.datetime) -> None:
    """End a locked offer that nobody took: its time is free again."""
    Hold.objects.release(offer)
    offer.state, offer.settled_at, offer.settled_by = str(state), at, by
    offer.write(only=["state", "settled_at", "settled_by"])
    messages.offer_over(offer, at=at)
