"""What the board tells of its visits, and the time that they really take."""

from __future__ import annotations

import datetime as dt
import uuid
from collections.abc import Iterable
from typing import Any, TypedDict

from bookings.queries.going_on import Told
from bookings.queries.intervals import Planned, too_soon
from bookings.rules.going_on import Stay, foreseen, needled
from bookings.rules.status import BEFORE_START, Status
from bookings.rules.visit import Span
from clinic.models import Clinic

# The key of time that a visit holds apart from when it really takes place.
HELD = "held"


class Visit(TypedDict):
    """What the board tells of one visit; instants in UTC.

    `began_at` is when its needling really began, where that is not about as booked; `numbs_at`
    when the room is taken, `clean_min` how long it is cleaned afterwards.
    """

    id: uuid.UUID
    day: dt.date
    patient_id: uuid.UUID
    patient: str
    practitioner_id: uuid.UUID
    practitioner: str
    service_id: uuid.UUID
    service: str
    room_id: uuid.UUID
    room: str
    status: Status
    comes_at: dt.datetime
    numbs_at: dt.datetime
    starts_at: dt.datetime
    ends_at: dt.datetime
    clean_min: int
    began_at: dt.datetime | None
    numbing_on: dt.datetime | None
    numbing_due: dt.datetime | None
    numbing_off: dt.datetime | None
    arrived_at: dt.datetime | None
    ended_early: bool
    cancel_reason: str
    cancelled_as: str
    cancelled_late: bool
    areas: list[str]


def visits_in(rows: Any) -> dict[uuid.UUID, Visit]:
    """These appointments by key, in their order; one query."""
    return {visit["id"]: visit for visit in _read(rows)}


def _read(rows: Any) -> Iterable[Visit]:
    """Plain mappings: a page of 160 visits and 600 free cells has no time for more."""
    for row in rows.values_list(
        "id",
        "local_date",
        "patient__last_name",
        "patient__first_name",
        "patient__preferred_name",
        "practitioner_id",
        "practitioner__name",
        "practitioner__credential",
        "service_id",
        "service__name",
        "room_id",
        "room__name",
        "status",
        "starts_at",
        "numbing_min",
        "treatment_min",
        "clean_down_min",
        "numbing_on",
        "numbing_due",
        "numbing_off",
        "arrived_at",
        "ended_early",
        "cancel_reason",
        "check_in_min",
        "cancelled_as",
        "cancelled_late",
        "patient_id",
        "service__areas",
    ):
        starts_at = row[13]
        yield Visit(
            id=row[0],
            day=row[1],
            patient_id=row[26],
            patient=f"{row[2]}, {row[4] or row[3]}",
            practitioner_id=row[5],
            practitioner=f"{row[6]} {row[7]}".strip(),
            service_id=row[8],
            service=row[9],
            room_id=row[10],
            room=row[11],
            status=Status(row[12]),
            comes_at=starts_at - dt.timedelta(minutes=row[14] + row[23]),
            numbs_at=starts_at - dt.timedelta(minutes=row[14]),
            starts_at=starts_at,
            ends_at=starts_at + dt.timedelta(minutes=row[15]),
            clean_min=row[16],
            began_at=None,
            numbing_on=row[17],
            numbing_due=row[18],
            numbing_off=row[19],
            arrived_at=row[20],
            ended_early=row[21],
            cancel_reason=row[22],
            cancelled_as=row[24],
            cancelled_late=row[25],
            areas=row[27],
        )


def unrested(clinic: Clinic, visits: Iterable[Visit], today: dt.date) -> frozenset[uuid.UUID]:
    """Which of these, still to be treated, come sooner after a treatment than the interval allows
    (R35); at most two queries."""
    return too_soon(
        clinic,
        [
            Planned(visit["id"], visit["patient_id"], visit["day"], visit["areas"])
            for visit in visits
            if visit["status"] in BEFORE_START and visit["day"] >= today
        ],
    )


def stay_of(visit: Visit, told: Told, now: dt.datetime | None) -> Stay:
    """The time that a visit takes of its practitioner; `now` is None on another day than today."""
    booked = Span(visit["starts_at"], visit["ends_at"])
    if (known := told.get(visit["id"])) is not None:
        still = now if visit["status"] == Status.IN_TREATMENT else None
        began = known.started_at
        span = needled(booked, started_at=began, ended_at=known.ended_at, now=still)
        visit["began_at"] = began if span else None
        return Stay(visit["id"], booked, span, begun=True)
    if visit["status"] == Status.NUMBING and now:
        return Stay(visit["id"], booked, foreseen(booked, ready_at=visit["numbing_due"], now=now))
    return Stay(visit["id"], booked)


def in_room(visit: Visit, stay: Stay) -> Stay:
    """The time that the same visit takes of its room: from numbing to the end of clean-down."""
    clean = dt.timedelta(minutes=visit["clean_min"])
    booked = Span(visit["numbs_at"], visit["ends_at"] + clean)
    really = stay.really
    if really:
        really = Span(really.starts_at, really.ends_at + clean)
    return Stay(stay.key, booked, really, begun=stay.begun)
