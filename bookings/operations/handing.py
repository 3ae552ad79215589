"""Handing what a patient is to come to from one number to the other, where two are merged (R57).

The order of locks: who is offered to her, then the patients, then her offers, then the entries.
"""

from __future__ import annotations

import datetime as dt
import uuid
from collections.abc import Collection

from bookings import messages
from bookings.models import Appointment, Hold, Offer, WaitlistEntry
from bookings.operations.waitlist.ground import settle
from bookings.rules.waiting import CLOSED_AS, ClosedAs, OfferState
from clinic import audit
from clinic.acts import LookAgain
from clinic.models import Patient, Practitioner, User


def hold_who_offers(**whose: Patient) -> set[uuid.UUID]:
    """Lock the practitioners of the open offers to a patient's entries (`patient` or `under`);
    who they are. Before the patients themselves are locked."""
    entries = WaitlistEntry.objects.filter(closed_at=None, **whose)
    found = Offer.objects.still_open().filter(entry__in=entries.order_by())
    keys = set(found.order_by().values_list("practitioner_id", flat=True))
    return set(Practitioner.objects.filter(pk__in=keys).held().values_list("pk", flat=True))


def visit(appointment: Appointment, to: Patient) -> None:
    """Let a visit be the other's, with the time that it holds of her; what waits to be sent is
    handed over once all are hers."""
    appointment.patient = to
    appointment.write()
    for hold in Hold.objects.filter(appointment=appointment, patient__isnull=False):
        hold.patient = to
        hold.write(only=["patient"])


def waits(
    merged: Patient, kept: Patient, held: Collection[uuid.UUID], *, by: User, at: dt.datetime
) -> int:
    """Give the kept number the other's places in line, with what is offered to her; how many.

    An offer whose message can go nowhere any more is taken back.
    """
    offers = _open_offers(held, patient=merged)
    entries = WaitlistEntry.objects.held().filter(patient=merged, closed_at=None)
    rows = list(entries.select_related("clinic", "service"))
    for entry in rows:
        entry.patient, entry.under = kept, merged
        entry.write()
    for offer in offers:
        offer.entry.patient = kept
        for hold in Hold.objects.filter(offer=offer, patient__isnull=False):
            hold.patient = kept
            hold.write(only=["patient"])
        if not messages.offered_to_another(offer, at=at):
            _take_back(offer, by, at)
    return len(rows)


def waits_back(
    merged: Patient, held: Collection[uuid.UUID], *, since: dt.datetime, by: User, at: dt.datetime
) -> tuple[int, list[str]]:
    """Give a patient her own places in line back; how many, and what cannot be given back.

    What is offered to her is taken back first: its link went where the other is reached.
    """
    for offer in _open_offers(held, under=merged):
        _take_back(offer, by, at)
    entries = WaitlistEntry.objects.held().filter(under=merged).select_related("service")
    back, left = 0, []
    for entry in entries:
        if entry.closed_at is None:
            entry.patient, entry.under = merged, None
            entry.write()
            back += 1
        elif entry.closed_at >= since:
            how = CLOSED_AS[ClosedAs(entry.closed_as)].lower()
            left.append(f"The place in line for {entry.service.name}, which is over: {how}")
    return back, left


def _open_offers(held: Collection[uuid.UUID], **whose: Patient) -> list[Offer]:
    """The open offers to a patient's entries, locked and read again."""
    entries = WaitlistEntry.objects.filter(**whose).order_by().values("pk")
    found = Offer.objects.held().filter(state=OfferState.OPEN, entry__in=entries)
    offers = list(found.select_related("clinic", "entry__patient", "entry__service"))
    if any(one.practitioner_id not in held for one in offers):
        raise LookAgain("a time was offered meanwhile")
    return offers


def _take_back(offer: Offer, by: User, at: dt.datetime) -> None:
    settle(offer, OfferState.WITHDRAWN, by=by, at=at)
    audit.record(
        "waitlist.take_back",
        by=by,
        at=at,
        clinic_id=offer.clinic_id,
        on=offer.entry,
        detail={"starts_at": offer.starts_at, "practitioner": offer.practitioner_id},
    )
