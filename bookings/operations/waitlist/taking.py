"""What whoever holds an offer's link does with it: nobody is logged in."""

from __future__ import annotations

import datetime as dt

from bookings import messages
from bookings.models import Appointment, Hold, Offer
from bookings.operations.ground import refuse_not_offered
from bookings.operations.interval import keep_interval
from bookings.operations.placing import find_place, take
from bookings.operations.waitlist.ground import close, held_entry, held_offer, settle
from bookings.operations.waitlist.offering import go_on
from bookings.rules.waiting import ClosedAs, OfferState
from clinic import audit
from clinic.acts import link_act
from clinic.refusals import Conflict, Refusal

LATE = "This time is not held for you any more."


@link_act("waitlist.take", on="offer")
def take_offer(*, offer: Offer, at: dt.datetime) -> Appointment:
    """Book the time of an offer for whom it is held; `offer` was found by its link's secret.

    What it holds passes to the visit in one transaction, so that nobody gets in between; the
    visit is booked in the name of who offered it. Where its room or device went out of use, the
    visit gets another one that is free.

    Refuses an offer that is over or was taken (T4, 409), and whatever `book` refuses by now: a
    service or a clinic out of use (R48), no license any more (R17, R18, R25), not at work (T1),
    too soon after a treatment (R35).
    """
    clinic, entry = offer.clinic, offer.entry
    _still_open(offer, at)
    try:
        place = find_place(
            clinic=clinic,
            practitioner=offer.practitioner,
            patient=entry.patient,
            service=entry.service,
            lanes=offer.lanes,
            # What the offer holds comes first, as where a visit is moved.
            room=None,
            device=None,
            at=at,
            but=offer,
        )
    except Refusal:
        # Where another press was first, its own visit stands in the way: that is no news.
        _still_open(Offer.objects.get(pk=offer.pk), at)
        raise
    offer = held_offer(offer)
    _still_open(offer, at)
    entry = held_entry(offer.entry)
    refuse_not_offered(entry.clinic, entry.service)
    keep_interval(
        clinic=clinic,
        patient=entry.patient,
        service=entry.service,
        day=offer.local_date,
        reason="",
        by=offer.made_by,
    )
    visit = Appointment(
        clinic=clinic,
        patient=entry.patient,
        practitioner=place.practitioner,
        license=place.license,
        service=entry.service,
        room=place.room,
        device=place.device,
        starts_at=offer.starts_at,
        local_date=offer.local_date,
        numbing_min=offer.numbing_min,
        treatment_min=offer.treatment_min,
        clean_down_min=offer.clean_down_min,
        check_in_min=offer.check_in_min,
        created_at=at,
        created_by=offer.made_by,
    )
    visit.write()
    if (place.room, place.device) == (offer.room, offer.device):
        Hold.objects.pass_on(offer, visit)
    else:
        # Practitioner, patient and the new room and device are locked: nobody gets in between.
        Hold.objects.release(offer)
        take(visit)
    offer.state, offer.settled_at, offer.appointment = str(OfferState.TAKEN), at, visit
    offer.write(only=["state", "settled_at", "appointment"])
    close(entry, ClosedAs.BOOKED, by=None, at=at, appointment=visit)
    messages.offer_over(offer, at=at)
    messages.booked(visit, at=at)
    audit.record(
        "waitlist.take",
        by=None,
        at=at,
        clinic_id=clinic.pk,
        on=visit,
        detail={
            "patient": entry.patient_id,
            "starts_at": visit.starts_at,
            "practitioner": visit.practitioner_id,
            "room": visit.room_id,
            "offered_by": offer.made_by_id,
        },
    )
    return visit


@link_act("waitlist.decline", on="offer")
def decline_offer(*, offer: Offer, at: dt.datetime) -> Offer:
    """Leave an offered time to someone else: it is free, or goes to the next in line where the
    desk wanted so. She still waits. Refuses an offer that is over or was taken (T4, 409)."""
    held = held_offer(offer)
    _still_open(held, at)
    settle(held, OfferState.DECLINED, by=None, at=at)
    go_on(held, at=at)
    audit.record(
        "waitlist.decline",
        by=None,
        at=at,
        clinic_id=held.clinic_id,
        on=held.entry,
        detail={"starts_at": held.starts_at, "practitioner": held.practitioner_id},
    )
    return held


def _still_open(offer: Offer, at: dt.datetime) -> None:
    if offer.state != OfferState.OPEN or at >= offer.expires_at:
        phone = offer.clinic.phone_text
        raise Conflict(LATE, rule="T4", way_out=f"Call {phone}." if phone else "Call the clinic.")
