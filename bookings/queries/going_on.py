"""What really goes on in the rooms, as far as the charts upstairs tell it."""

from __future__ import annotations

import datetime as dt
import uuid
from collections.abc import Callable, Collection, Iterable
from dataclasses import dataclass
from typing import Any

from django.db.models import Exists, OuterRef, Q, QuerySet

from bookings.models import Appointment
from bookings.models.appointments import AppointmentQuerySet
from bookings.rules.going_on import foreseen, needled
from bookings.rules.status import Status
from bookings.rules.visit import Span
from clinic.models import Clinic, Practitioner

DAY = dt.timedelta(days=1)
MINUTE = dt.timedelta(minutes=1)


@dataclass(frozen=True)
class Needling:
    """What a chart tells of a visit's needling (UTC): `ended_at` is None while it goes on.

    `room` and `device` are the keys of those it takes place with.
    """

    started_at: dt.datetime
    ended_at: dt.datetime | None
    room: uuid.UUID
    device: uuid.UUID


# By the visit's key.
Told = dict[uuid.UUID, Needling]
# Visits' keys, or a query for them.
Visits = Collection[uuid.UUID] | QuerySet[Any, Any]
# Visits → the needling of those where it has begun. Who knows the charts adds a reader when ready.
READERS: list[Callable[[Visits], Told]] = []


@dataclass(frozen=True)
class Taken:
    """Time that a visit under way takes beside what it holds: of whom or what (practitioner,
    room, device), as keys, and when (UTC)."""

    keys: tuple[uuid.UUID, ...]
    span: Span


def in_use(taken: Iterable[Taken], span: Span) -> set[uuid.UUID]:
    """The keys of those that are taken for some part of a span."""
    return {
        key
        for one in taken
        if one.span.starts_at < span.ends_at and span.starts_at < one.span.ends_at
        for key in one.keys
    }


def needling_of(visits: Visits) -> Told:
    """What the charts tell of these visits."""
    return {key: told for read in READERS for key, told in read(visits).items()}


def taken_now(clinic: Clinic, at: dt.datetime) -> list[Taken]:
    """What goes on now beyond what was booked: a treatment that began early or runs late, and
    one whose cream is on past its time.

    A practitioner is one person: what she does in another clinic keeps her from this one too.
    Two queries, or one where nobody is being treated.
    """
    visits = [one for one in _under_way(clinic, at) if one.local_date == one.clinic.day_of(at)]
    told = needling_of([one.pk for one in visits]) if visits else {}
    found = []
    for visit in visits:
        booked = Span(visit.starts_at, visit.ends_at)
        if (known := told.get(visit.pk)) is not None:
            span = needled(booked, started_at=known.started_at, ended_at=known.ended_at, now=at)
        else:
            span = foreseen(booked, ready_at=visit.numbing_due, now=at)
        if span:
            found.append(Taken((visit.practitioner_id,), span))
        if span and known:
            clean = Span(span.starts_at, span.ends_at + MINUTE * visit.clean_down_min)
            found.append(Taken((known.room, known.device), clean))
    return found


def _under_way(clinic: Clinic, at: dt.datetime) -> AppointmentQuerySet:
    """The visits under way here, and elsewhere with those who work here; around today's date."""
    works = Practitioner.clinics.through.objects
    here = works.filter(clinic=clinic).values("practitioner")
    shares = works.filter(practitioner__in=here, clinic=OuterRef("pk"))
    # By clinic and date, because so a day's visits are found; a date differs from zone to zone.
    clinics = Clinic.objects.filter(Q(pk=clinic.pk) | Exists(shares)).order_by()
    day = clinic.day_of(at)
    return (
        Appointment.objects.filter(
            Q(clinic=clinic) | Q(practitioner__in=here),
            clinic__in=clinics.values("pk"),
            local_date__in=[day - DAY, day, day + DAY],
            status__in=[Status.NUMBING, Status.IN_TREATMENT],
        )
        .order_by()
        .select_related("clinic")
        .defer("note", "cancel_reason")
    )
