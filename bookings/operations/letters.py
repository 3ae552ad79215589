"""A clinic's own words in messages to its patients."""

from __future__ import annotations

import datetime as dt

from bookings.messages import blanks_of, widest_blanks
from bookings.models import MessageText
from bookings.rules.letters import LETTERS, fill, letter_fault
from bookings.rules.texts import length_fault
from clinic import audit
from clinic.acts import act
from clinic.models import Clinic, User
from clinic.permissions import Permission
from clinic.refusals import Conflict, Refusal, refuse_all


@act("message_text.set", may=Permission.SET_UP_CLINIC, on="clinic")
def set_message_text(
    *,
    clinic: Clinic,
    kind: str,
    subject: str,
    body: str,
    sms: str = "",
    version: int | None = None,
    by: User,
    at: dt.datetime,
) -> MessageText:
    """Say one kind of message in the clinic's own words, from the next message on. `sms` are
    those of the text message; empty, the house's.

    Refuses a kind that is none (P15); blanks that are none, or that would leave out what must
    stand because the clinic has nothing for them; words that would tell why someone comes (P26);
    a text message of more than two parts once its blanks are filled; and a stale version, 0
    standing for "the house's words" (P12, 409).
    """
    if kind not in LETTERS:
        raise Refusal("There is no such message.", rule="P15")
    subject, body = " ".join(subject.split()), body.strip().replace("\r\n", "\n")
    sms = sms.strip().replace("\r\n", "\n")
    # The name is the patient's, and every patient has one.
    empty = [blank for blank, value in blanks_of(clinic, at, "-").items() if not value]
    faults = [("subject", letter_fault(subject, needs_when=False, empty=empty, whole=True))]
    faults.append(("body", letter_fault(body, needs_when=True, empty=empty)))
    if sms:
        says = letter_fault(sms, needs_when=True, empty=empty)
        faults.append(("sms", says or length_fault(fill(sms, widest_blanks(clinic, at)))))
    refuse_all([Refusal(says, rule="P26", field=name) for name, says in faults if says])
    Clinic.objects.held().get(pk=clinic.pk)
    text = MessageText.objects.filter(clinic=clinic, kind=kind).first()
    if text is None:
        if version:
            raise Conflict("Someone changed this record after you opened it.", rule="P12")
        text = MessageText(clinic=clinic, kind=kind)
    elif version is not None:
        text.expect(version)
    text.subject, text.body, text.sms = subject, body, sms
    text.write()
    audit.record(
        "message_text.set",
        by=by,
        at=at,
        clinic_id=clinic.pk,
        on=text,
        detail={"kind": kind, "subject": subject, "body": body, "sms": sms},
    )
    return text
