"""Whom to remind, and what the outbox knows of a visit."""

from __future__ import annotations

import datetime as dt
import uuid
from collections import defaultdict
from collections.abc import Collection
from dataclasses import dataclass

from django.conf import settings
from django.db.models import CharField, Exists, OuterRef, Q, Value
from django.db.models.functions import Cast, Replace

from bookings.models import Appointment, Listed, Offer
from bookings.queries.holds import comes_at
from bookings.rules.status import MOVABLE, Status
from bookings.rules.telling import LISTS, TELLS_START, Kind, Told, ways
from clinic.models import Clinic, Message, Patient
from clinic.rules.posting import INTERRUPTED, LATE

DAY = dt.timedelta(days=1)
_GONE = Q(status=Message.Status.DROPPED) | Q(status=Message.Status.FAILED, withdrawn=True)


def ways_to(patient: Patient) -> tuple[str, ...]:
    """By which ways this patient is told of her visits; nobody writes to one who is not active."""
    if patient.status != Patient.Status.ACTIVE:
        return ()
    return ways(
        patient.contact_by,
        email=patient.email,
        phone=str(patient.phone or ""),
        texts=bool(settings.SMS_URL),
    )


def visits_to_remind(*, at: dt.datetime) -> list[uuid.UUID]:
    """The keys of visits of which a reminder is due by their clinic's hours, whose patient can be
    told, and of whose start that reminder is not in the outbox yet. Two database queries.

    The hours count from when the patient is to be there. A message less than those hours before
    that the visit was booked for it, or moved to it, is its reminder, unless it failed.
    """
    due = Q()
    for (kind, after, until), clinics in _spans().items():
        day = (at - DAY).date(), (at + until + DAY).date()
        due |= Q(
            ~Exists(_reminded(kind)),
            ~Exists(_told(until)),
            clinic__in=clinics,
            # By the index of the day board: no full look through all the history.
            local_date__range=day,
            due__gt=at + after,
            due__lte=at + until,
        )
    if not due:
        return []
    visits = Appointment.objects.annotate(due=comes_at()).filter(
        due, status__in=[str(status) for status in MOVABLE]
    )
    found = visits.exclude(patient__contact_by=Patient.ContactBy.NONE).select_related("patient")
    return [one.pk for one in found.order_by("starts_at", "pk") if ways_to(one.patient)]


def _spans() -> dict[tuple[Kind, dt.timedelta, dt.timedelta], list[uuid.UUID]]:
    """Which reminder is due how long before a visit, and in which clinics."""
    spans: dict[tuple[Kind, dt.timedelta, dt.timedelta], list[uuid.UUID]] = defaultdict(list)
    for clinic in Clinic.objects.order_by("pk"):
        first, second = (
            dt.timedelta(hours=hours or 0) for hours in (clinic.first_h, clinic.second_h)
        )
        if second:
            spans[Kind.REMINDER_AGAIN, dt.timedelta(0), second].append(clinic.pk)
        if first:
            spans[Kind.REMINDER, second, first].append(clinic.pk)
    return spans


def _of_this_start():  # type: ignore[no-untyped-def]
    return Message.objects.filter(about=about_outer(), not_after=OuterRef("due"))


def _reminded(kind: Kind):  # type: ignore[no-untyped-def]
    return _of_this_start().filter(key__startswith=f"{kind} ").exclude(_GONE)


def _told(ahead: dt.timedelta):  # type: ignore[no-untyped-def]
    tells = Q()
    for kind in sorted(TELLS_START):
        tells |= Q(key__startswith=f"{kind} ")
    lately = _of_this_start().filter(tells, due_at__gte=OuterRef("due") - ahead)
    return lately.exclude(status__in=[Message.Status.DROPPED, Message.Status.FAILED])


def reminders_taken_back(appointment: Appointment, kind: Kind) -> int:
    """How many reminders of this visit were withdrawn because it was moved or called off."""
    rows = Message.objects.filter(_GONE, about=about(appointment), key__startswith=f"{kind} ")
    return int(rows.count())


@dataclass(frozen=True)
class Sent:
    """One message about a visit: what it says, when it says she is to be there, and what it tells
    or None."""

    key: str
    kind: Kind
    due_at: dt.datetime
    comes_at: dt.datetime
    told: Told | None


def sent_about(appointment: Appointment) -> list[Sent]:
    """What the outbox holds about a visit, alone or with others; two queries."""
    rows = Message.objects.filter(about=about(appointment)).order_by("due_at", "pk")
    alone = [row for row in rows if _kind(row) not in {None, *LISTS}]
    lists = Listed.objects.filter(appointment=appointment).select_related("message")
    found = [_sent(row) for row in alone]
    found += [_sent(one.message, one) for one in lists.order_by("message__due_at", "pk")]
    return found


def lists_too_late(*, at: dt.datetime) -> list[str]:
    """The keys of messages about several visits that did not go before she was to be at the first
    of them, and of which another is to come; one query. One that was cut off may have arrived."""
    status = Message.Status
    names = Q()
    for kind in sorted(LISTS):
        names |= Q(key__startswith=f"{kind} ")
    unsent = Q(status=status.WAITING) | Q(status=status.DROPPED, error=LATE)
    unsent |= Q(status=status.FAILED) & ~Q(error=INTERRUPTED)
    ahead = Listed.objects.filter(message=OuterRef("pk"), comes_at__gt=at)
    rows = Message.objects.filter(names, unsent, Exists(ahead), withdrawn=False, not_after__lte=at)
    return list(rows.order_by("due_at", "pk").values_list("key", flat=True))


def listed_in(keys: Collection[str], *, but: Collection[uuid.UUID] = ()) -> list[Appointment]:
    """The visits to come of which these messages about several speak, in time order; one query."""
    listed = Listed.objects.filter(message__key__in=[*keys]).order_by().values("appointment")
    rows = Appointment.objects.filter(
        pk__in=listed, status__in=[str(status) for status in sorted(MOVABLE)]
    )
    rows = rows.exclude(pk__in=[*but]).select_related("clinic", "patient")
    return list(rows.order_by("starts_at", "pk"))


def times_taken_back(key: str) -> int:
    """How many messages of this key, or that came in its place, were withdrawn unsent."""
    same = Q(key=key) | Q(key__startswith=f"{key} again")
    return int(Message.objects.filter(_GONE, same).count())


def unsent_to(patient: Patient, *, at: dt.datetime) -> list[tuple[Appointment, list[Message]]]:
    """What is to go, or failed, of a patient's visits to come; visit by visit. Two queries.

    What was called off under a number that is merged into hers is hers to know: those visits are
    read as hers, so that she is told by her ways.
    """
    hers = Q(patient=patient) | Q(patient__merged_into=patient)
    visits = Appointment.objects.annotate(due=comes_at()).filter(hers, due__gt=at)
    ahead = {about(one): one for one in visits.select_related("clinic").order_by("starts_at")}
    for one in ahead.values():
        one.patient = patient
    unsent = [Message.Status.WAITING, Message.Status.SENDING, Message.Status.FAILED]
    rows = Message.objects.filter(about__in=ahead, status__in=unsent, withdrawn=False)
    found: dict[str, list[Message]] = {}
    for row in rows.order_by("due_at", "pk"):
        found.setdefault(row.about, []).append(row)
    return [(ahead[key], waiting) for key, waiting in found.items()]


def off_untold(*patients: Patient, at: dt.datetime) -> list[Appointment]:
    """The visits of these patients that were called off, of which that is not told yet or was
    told in vain; in time order, one query."""
    untold = _said_off().filter(about=about_outer(), not_after__gt=at)
    off = Appointment.objects.filter(
        Exists(untold), patient__in=patients, status=str(Status.CANCELLED)
    )
    return list(off.select_related("clinic", "patient").order_by("starts_at", "pk"))


def unsent_off(appointment: Appointment) -> list[Message]:
    """What is to tell that a visit is off, and waits or failed; one query."""
    return list(_said_off().filter(about=about(appointment)).order_by("due_at", "pk"))


def _said_off():  # type: ignore[no-untyped-def]
    # One that was cut off may have arrived.
    failed = Q(status=Message.Status.FAILED) & ~Q(error=INTERRUPTED)
    unsent = Q(status=Message.Status.WAITING) | failed
    return Message.objects.filter(unsent, withdrawn=False, key__startswith=f"{Kind.CANCELLED} ")


def open_offers_to(patient: Patient) -> list[Offer]:
    """What is offered to a patient just now; one query."""
    found = Offer.objects.still_open().filter(entry__patient=patient)
    return list(found.select_related("clinic", "entry__patient").order_by("starts_at", "pk"))


def unsent_of(offer: Offer) -> tuple[list[Message], bool]:
    """The messages of an offer that wait or failed, and whether another has gone or is going; one
    query."""
    rows = list(Message.objects.filter(about=offer.pk.hex).order_by("due_at", "pk"))
    still = (Message.Status.WAITING, Message.Status.FAILED)
    waiting = [one for one in rows if one.status in still and not one.withdrawn]
    gone = (Message.Status.SENT, Message.Status.SENDING)
    return waiting, any(one.status in gone and not one.withdrawn for one in rows)


def _kind(row: Message) -> Kind | None:
    name = row.key.partition(" ")[0]
    return Kind(name) if name in {*Kind} else None


def _sent(row: Message, listed: Listed | None = None) -> Sent:
    name, _pk, order, *_rest = row.key.split(" ")
    kind, told = Kind(name), None
    comes_at = listed.comes_at if listed else row.not_after
    if kind is Kind.CANCELLED or kind in TELLS_START:
        failed = row.status == Message.Status.FAILED
        dropped = row.status == Message.Status.DROPPED or (failed and row.withdrawn)
        count = listed.version if listed else int(order)
        told = Told(kind, count, comes_at, dropped=dropped, failed=failed)
    return Sent(row.key, kind, row.due_at, comes_at, told)


def about(appointment: Appointment) -> str:
    """How the outbox names the visit that a message speaks of."""
    return appointment.pk.hex


def about_outer() -> Replace:
    """The same inside a query, of the visit that the query around it asks for."""
    # A key is text of 36 characters in one database and of 32 in the other.
    return Replace(Cast(OuterRef("pk"), CharField()), Value("-"), Value(""))
