"""What really goes on in the rooms, as far as the charts upstairs tell it."""

from __future__ import annotations

import datetime as dt
import uuid
from collections.abc import Callable
from dataclasses import dataclass

from bookings.models import Appointment
from bookings.rules.going_on import foreseen, needled
from bookings.rules.status import Status
from bookings.rules.visit import Span
from clinic.models import Clinic

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


# A clinic and a clinic-local day → the needling of that day's visits, by the visit's key.
Told = dict[uuid.UUID, Needling]
# Who knows the charts adds a reader when ready.
READERS: list[Callable[[Clinic, dt.date], Told]] = []


@dataclass(frozen=True)
class Taken:
    """Time that a visit under way takes beside what it holds: of whom or what (practitioner,
    room, device), as keys, and when (UTC)."""

    keys: tuple[uuid.UUID, ...]
    span: Span


def needling_of(clinic: Clinic, day: dt.date) -> Told:
    """What the charts tell of a clinic-local day."""
    return {key: told for read in READERS for key, told in read(clinic, day).items()}


def taken_now(clinic: Clinic, at: dt.datetime) -> list[Taken]:
    """What goes on now beyond what was booked: a treatment that began early or runs late, and
    one whose cream is on past its time. Two queries, or one where nobody is being treated."""
    day = clinic.day_of(at)
    under_way = (
        Appointment.objects.on_day(clinic, day)
        .filter(status__in=[Status.NUMBING, Status.IN_TREATMENT])
        .order_by()
        .defer("note", "cancel_reason")
    )
    visits = list(under_way)
    told = needling_of(clinic, day) if visits else {}
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
