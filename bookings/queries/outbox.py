"""The outbox as the desk reads it: what failed, waits, was dropped or went out."""

from __future__ import annotations

import datetime as dt
import uuid
from collections import defaultdict
from collections.abc import Collection, Sequence
from dataclasses import dataclass

from django.conf import settings
from django.db.models import Count, Q, QuerySet

from bookings.models import Appointment, Listed, Offer
from bookings.rules.sending import kind_of
from bookings.rules.telling import LISTS, Kind
from clinic.models import Clinic, Message, Patient, User
from clinic.permissions import Permission

# What went out longer ago is history, and no page counts it.
LOOK_BACK = dt.timedelta(days=90)
S = Message.Status
# What the page calls by one word, and the states of which it is.
SHOWN: dict[str, tuple[str, ...]] = {
    "failed": (S.FAILED,),
    "waiting": (S.WAITING, S.SENDING),
    "dropped": (S.DROPPED,),
    "sent": (S.SENT,),
}


@dataclass(frozen=True)
class Posted:
    """One message, what it says, and what it speaks of: a visit, the first of several (`listed`),
    or an offer; None where it is not ours."""

    message: Message
    kind: Kind | None
    visit: Appointment | None
    offer: Offer | None = None
    listed: Sequence[Listed] = ()

    @property
    def patient(self) -> Patient | None:
        """To whom it goes: of a visit under a merged number, whom that is merged into."""
        if self.visit:
            return self.visit.patient.merged_into or self.visit.patient
        return self.offer.patient if self.offer else None


def sends_texts() -> bool:
    """Whether this installation can send text messages."""
    return bool(settings.SMS_URL)


def messages_shown(
    *, user: User, clinic: Clinic, show: str, way: str, at: dt.datetime
) -> QuerySet[Message]:
    """A clinic's messages of the last 90 days in one of the states of `SHOWN`, all of them or
    those of one way: what waits in the order in which it goes, the rest newest first."""
    rows = Message.objects.seen_by(user, Permission.BOOK).filter(
        clinic=clinic, status__in=SHOWN[show], due_at__gte=at - LOOK_BACK
    )
    if way:
        rows = rows.filter(channel=way)
    order = ("due_at", "pk") if show == "waiting" else ("-due_at", "-pk")
    return rows.order_by(*order)


def messages_counted(*, clinic: Clinic, at: dt.datetime) -> dict[str, int]:
    """How many messages wait, and how many failed, of the last 90 days. One query."""
    rows = Message.objects.filter(
        clinic=clinic,
        status__in=[*SHOWN["failed"], *SHOWN["waiting"]],
        due_at__gte=at - LOOK_BACK,
    )
    counted: dict[str, int] = rows.order_by().aggregate(
        failed=Count("pk", filter=Q(status__in=SHOWN["failed"])),
        waiting=Count("pk", filter=Q(status__in=SHOWN["waiting"])),
    )
    return counted


def message_for(*, user: User, clinic: Clinic, key: uuid.UUID) -> Message | None:
    """A message of the clinic at work; None where it is not (P15)."""
    rows = Message.objects.seen_by(user, Permission.BOOK).filter(clinic=clinic, pk=key)
    found: Message | None = rows.first()
    return found


def posted(messages: Sequence[Message]) -> list[Posted]:
    """These messages with the visits and offers they speak of; three queries."""
    keys = {one.about: key for one in messages if (key := _visit_key(one.about))}
    visits = Appointment.objects.filter(pk__in=keys.values())
    visits = visits.select_related("clinic", "patient__merged_into")
    found = {one.pk: one for one in visits}
    offered = Offer.objects.filter(pk__in=keys.values())
    offers = {
        one.pk: one for one in offered.select_related("clinic", "practitioner", "entry__patient")
    }
    several: dict[uuid.UUID, list[Listed]] = defaultdict(list)
    lists = [one.pk for one in messages if kind_of(one.key) in LISTS]
    for row in Listed.objects.filter(message__in=lists).select_related("appointment"):
        several[row.message_id].append(row)
    return [
        Posted(
            one,
            kind_of(one.key),
            found.get(keys.get(one.about)),
            offers.get(keys.get(one.about)),
            several[one.pk],
        )
        for one in messages
    ]


def offers_untold(offers: Collection[Offer]) -> set[uuid.UUID]:
    """The keys of those offers of which no message went out or waits to go; one query."""
    about = {one.pk.hex: one.pk for one in offers}
    told = Message.objects.filter(about__in=about).filter(
        Q(status=S.SENT) | Q(status__in=SHOWN["waiting"], withdrawn=False)
    )
    reached = {about[one] for one in told.order_by().values_list("about", flat=True)}
    return {*about.values()} - reached


def _visit_key(about: str) -> uuid.UUID | None:
    """A row that was tampered with may name no visit: it is shown all the same (P31)."""
    try:
        return uuid.UUID(hex=about)
    except ValueError:
        return None
