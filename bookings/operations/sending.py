"""Trying a message again that did not go out."""

from __future__ import annotations

import datetime as dt

from bookings.queries import Posted, posted, ways_to
from bookings.rules.sending import Again, Spoken, again_fault
from bookings.rules.status import Status
from bookings.rules.waiting import OfferState
from clinic import audit, outbox
from clinic.acts import act
from clinic.models import Message, User
from clinic.permissions import Permission
from clinic.refusals import Refusal


@act("message.try_again", may=Permission.BOOK, on="message")
def try_message_again(*, message: Message, by: User, at: dt.datetime) -> Message:
    """Let a message that failed go out once more, to where the patient is reached now.

    Refuses (P28) one that has not failed, or no longer; one whose patient was to be here by now,
    or whose offer is over; which says what is no longer so of any visit; and one by a way in
    which the patient is not told now.
    """
    message = Message.objects.held().get(pk=message.pk)
    (found,) = posted([message])
    patient, offer = found.patient, found.offer
    fault = again_fault(
        Again(
            kind=found.kind,
            way=message.channel,
            failed=message.status == Message.Status.FAILED,
            withdrawn=message.withdrawn,
            not_after=message.not_after,
            spoken=_spoken(found),
            ways=ways_to(patient) if patient else (),
            offer=OfferState(offer.state) if offer else None,
        ),
        at=at,
    )
    if fault or patient is None:
        says, way_out = fault or ("", "")
        raise Refusal(says, rule="P28", way_out=way_out)
    by_text = message.channel == Message.Channel.SMS
    to = str(patient.phone if by_text else patient.email)
    detail = {
        "kind": str(found.kind or "offer"),
        "way": message.channel,
        "error": message.error,
        "address_changed": to != message.to,
    }
    outbox.send_again(message, to=to, at=at)
    audit.record(
        "message.try_again",
        by=by,
        at=at,
        clinic_id=message.clinic_id,
        on=offer.entry if offer else found.visit,
        detail=detail,
    )
    return message


def _spoken(found: Posted) -> tuple[Spoken, ...]:
    """The visits of which a message speaks, as it told them and as they are."""
    told = [(one.comes_at, one.appointment) for one in found.listed]
    if found.visit and not told:
        told = [(found.message.not_after, found.visit)]
    return tuple(Spoken(comes, one.comes_at, Status(one.status)) for comes, one in told)
