"""Trying a message again that did not go out."""

from __future__ import annotations

import datetime as dt

from bookings.queries import posted, ways_to
from bookings.rules.sending import Again, again_fault
from bookings.rules.status import Status
from clinic import audit, outbox
from clinic.acts import act
from clinic.models import Message, User
from clinic.permissions import Permission
from clinic.refusals import Refusal


@act("message.try_again", may=Permission.BOOK, on="message")
def try_message_again(*, message: Message, by: User, at: dt.datetime) -> Message:
    """Let a message that failed go out once more, to where the patient is reached now.

    Refuses (P28) one that has not failed, or no longer; one whose patient was to be here by now;
    which says what is no longer so; and one by a way in which the patient is not told now.
    """
    message = Message.objects.held().get(pk=message.pk)
    (found,) = posted([message])
    visit = found.visit
    fault = again_fault(
        Again(
            kind=found.kind,
            way=message.channel,
            failed=message.status == Message.Status.FAILED,
            withdrawn=message.withdrawn,
            told=message.not_after,
            comes_at=visit.comes_at if visit else None,
            status=Status(visit.status) if visit else None,
            ways=ways_to(visit.patient) if visit else (),
        ),
        at=at,
    )
    if fault or visit is None:
        says, way_out = fault or ("", "")
        raise Refusal(says, rule="P28", way_out=way_out)
    patient = visit.patient
    by_text = message.channel == Message.Channel.SMS
    to = str(patient.phone if by_text else patient.email)
    detail = {
        "kind": str(found.kind),
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
        on=visit,
        detail=detail,
    )
    return message
