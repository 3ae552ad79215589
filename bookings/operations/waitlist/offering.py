"""Offering a time to someone who waits, taking it back, and going on to the next in line."""

from __future__ import annotations

import datetime as dt
import secrets

from django.db import transaction

from bookings import messages
from bookings.models import Offer, WaitlistEntry
from bookings.operations.ground import refuse_not_offered
from bookings.operations.interval import keep_interval
from bookings.operations.placing import find_place, take
from bookings.operations.waitlist.ground import held_entry, held_offer, settle
from bookings.queries import asked_before, line_for, ways_to
from bookings.rules.free_times import Need
from bookings.rules.visit import time_fault
from bookings.rules.waiting import OFFER_LEAST_MIN, OfferState
from bookings.rules.waitlist import plan
from clinic import audit
from clinic.acts import act
from clinic.models import Practitioner, User
from clinic.permissions import Permission
from clinic.refusals import Conflict, Refusal
from clinic.rules import link_digest

MINUTE = dt.timedelta(minutes=1)
# Of a long line so many are tried before the time is left free for everyone.
MOST_TRIED = 10


@act("waitlist.offer", may=Permission.BOOK, on="entry")
def offer_time(
    *,
    entry: WaitlistEntry,
    practitioner: Practitioner,
    starts_at: dt.datetime,
    by: User,
    at: dt.datetime,
    then_next: bool = False,
) -> Offer:
    """Hold a time for someone who waits and send her the link that takes it (T4).

    It is held for as long as the clinic says, and no longer than until she would have to be
    here. `then_next`: where she does not take it, it is offered to the next in line by itself.

    Refuses whoever waits no more or has an offer (T3, T4, 409), a patient who cannot be
    written to or a time too soon to answer (T4), and whatever `book` refuses of this time: in
    the past (T1), no license (R17, R18, R25), taken (R47, 409), too soon after a treatment (R35).
    """
    return make_offer(
        "waitlist.offer", entry, practitioner, starts_at, by=by, at=at, then_next=then_next
    )


@act("waitlist.take_back", may=Permission.BOOK, on="offer")
def take_back_offer(*, offer: Offer, by: User, at: dt.datetime) -> Offer:
    """Take an offer back: its time is free again, its link opens nothing, and she still waits.

    Refuses an offer that is not open any more (T4, 409).
    """
    held = held_offer(offer)
    if held.state != OfferState.OPEN:
        says = f"This offer is not open any more: {held.get_state_display().lower()}."
        raise Conflict(says, rule="T4", way_out="Look at the waitlist again.")
    settle(held, OfferState.WITHDRAWN, by=by, at=at)
    audit.record(
        "waitlist.take_back",
        by=by,
        at=at,
        clinic_id=held.clinic_id,
        on=held.entry,
        detail={"starts_at": held.starts_at, "practitioner": held.practitioner_id},
    )
    return held


def make_offer(
    action: str,
    entry: WaitlistEntry,
    practitioner: Practitioner,
    starts_at: dt.datetime,
    *,
    by: User,
    at: dt.datetime,
    then_next: bool,
    after: Offer | None = None,
) -> Offer:
    """An open offer in the name of `by` that holds its time, with its message, on record as
    `action`; refuses as `offer_time`. `after` is the offer that it follows by itself: then it is
    no act of hers."""
    clinic, service = entry.clinic, entry.service
    if fault := time_fault(starts_at=starts_at, at=at):
        raise Refusal(fault, rule="T1", field="starts_at", way_out="Choose another time.")
    refuse_not_offered(clinic, service)
    need = Need.of(service)
    lanes = plan(need, starts_at)
    expires_at = min(at + MINUTE * clinic.offer_min, lanes.patient.starts_at)
    if expires_at < at + MINUTE * OFFER_LEAST_MIN:
        raise Refusal(
            "There is no time left to answer an offer.",
            rule="T4",
            way_out="Call the patient, and book it for them.",
        )
    if not ways_to(entry.patient):
        raise Refusal(
            f"{entry.patient.code} cannot be written to.",
            rule="T4",
            way_out="Call the patient, and book it for them.",
        )
    place = find_place(
        clinic=clinic,
        practitioner=practitioner,
        patient=entry.patient,
        service=service,
        lanes=lanes,
        room=None,
        device=None,
        at=at,
    )
    day = clinic.day_of(starts_at)
    keep_interval(clinic=clinic, patient=entry.patient, service=service, day=day, reason="", by=by)
    held = held_entry(entry)
    if held.offers.still_open().exists():
        raise Conflict(
            f"A time is offered to {held.patient.code} already.",
            rule="T4",
            way_out="Take that offer back first.",
        )
    offer = Offer(
        clinic=clinic,
        entry=held,
        practitioner=place.practitioner,
        room=place.room,
        device=place.device,
        license=place.license,
        starts_at=starts_at,
        local_date=day,
        numbing_min=need.numbing_min,
        treatment_min=need.treatment_min,
        clean_down_min=need.clean_down_min,
        check_in_min=need.check_in_min,
        made_at=at,
        made_by=by,
        expires_at=expires_at,
        then_next=then_next,
    )
    offer.secret = secrets.token_urlsafe(16)
    offer.digest = link_digest(offer.secret)
    offer.write()
    take(offer)
    messages.offered(offer, at=at)
    audit.record(
        action,
        by=None if after else by,
        at=at,
        clinic_id=clinic.pk,
        on=held,
        detail={
            "patient": held.patient_id,
            "starts_at": starts_at,
            "practitioner": place.practitioner.pk,
            "expires_at": expires_at,
            **({"offered_by": by.pk, "after": after.entry.code} if after else {}),
        },
    )
    return offer


def go_on(offer: Offer, *, at: dt.datetime) -> Offer | None:
    """Offer the time of an offer that was not taken to the next in line, where the desk wants so.

    Nobody is asked twice for the same time. It is offered in the name of who offered it first, and
    on record as no act of hers. Where she may no longer, or nobody fits, the time is simply free.
    """
    by = offer.made_by
    if not offer.then_next or not by.is_active or not by.can(Permission.BOOK, offer.clinic_id):
        return None
    practitioner, starts_at = offer.practitioner, offer.starts_at
    asked = asked_before(offer.clinic, practitioner, starts_at)
    line = line_for(offer.clinic, practitioner, starts_at, at=at)
    for entry in [one for one in line.fits if one.patient_id not in asked][:MOST_TRIED]:
        try:
            with transaction.atomic():
                return make_offer(
                    "waitlist.offer_next",
                    entry,
                    practitioner,
                    starts_at,
                    by=by,
                    at=at,
                    then_next=True,
                    after=offer,
                )
        except Refusal:
            continue
    return None
