"""One clinic's day: who works, what is booked, and the rows and cells that show it.

A constant number of queries, however full the day is. What the board shows of a visit is a
plain mapping (`Visit`), because a page of 160 visits and 600 free cells has no time for more.
"""

from __future__ import annotations

import datetime as dt
import uuid
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import TypedDict

from bookings.models import Appointment, Hold, Service, TimeOff
from bookings.queries.blocks import blocks_between
from bookings.queries.going_on import Told, needling_of
from bookings.queries.hours import clinic_opens
from bookings.queries.rosters import rosters_of
from bookings.rules.board import Block, Kind, Lane, Row, extent, layout
from bookings.rules.fit import comes_early
from bookings.rules.going_on import Stay, blocks, foreseen, needled
from bookings.rules.rosters import Roster, Rosters
from bookings.rules.shifts import Spans
from bookings.rules.status import HOLDING, Status
from bookings.rules.visit import Span
from clinic.models import Clinic, License, Practitioner
from clinic.rules import covers, expiry_state

# The key of time that a visit holds apart from when it really takes place.
HELD = "held"


class Visit(TypedDict):
    """What the board tells of one visit; instants in UTC.

    `began_at` is when its needling really began, where that is not about as booked.
    """

    id: uuid.UUID
    patient: str
    practitioner_id: uuid.UUID
    practitioner: str
    service: str
    room: str
    status: Status
    comes_at: dt.datetime
    starts_at: dt.datetime
    ends_at: dt.datetime
    began_at: dt.datetime | None
    numbing_on: dt.datetime | None
    numbing_due: dt.datetime | None
    numbing_off: dt.datetime | None
    arrived_at: dt.datetime | None
    ended_early: bool
    cancel_reason: str


@dataclass
class Column:
    """A practitioner's day. `roster` says why she does not work when she does not; `refused` why
    no license covers it ("" when one does); `ends_on` is the covering license's last day where
    that is near."""

    id: uuid.UUID
    name: str
    credential: str
    works: Spans
    roster: Roster
    blocks: list[Block] = field(default_factory=list)
    refused: str = ""
    ends_on: dt.date | None = None


@dataclass(frozen=True)
class DayBoard:
    """A clinic-local day. `visits` are all of it, in time order, by key.

    `opens_at` is when the clinic opens that day (UTC; None: closed), `numbing_min` the minutes of
    check-in and numbing that its services have, the fewest first. `closure` is what the clinic is
    closed for ("" when it is not), `away` who would work and is off all day.
    """

    clinic: Clinic
    day: dt.date
    columns: list[Column]
    rows: list[Row]
    visits: dict[uuid.UUID, Visit]
    opens_at: dt.datetime | None
    numbing_min: list[int]
    closure: str
    away: list[str]
    # Blocked time of this clinic, by its key.
    blocked: dict[uuid.UUID, TimeOff] = field(default_factory=dict)

    def comes_early(self, column: Column, starts_at: dt.datetime) -> dt.datetime | None:
        """When a patient with numbing would come for this start, where that is too early."""
        if self.opens_at is None:
            return None
        for minutes in self.numbing_min:
            comes_at = starts_at - dt.timedelta(minutes=minutes)
            if comes_early(starts_at, comes_at, opens_at=self.opens_at, works=column.works):
                return comes_at
        return None

    @property
    def marked(self) -> set[uuid.UUID]:
        """The practitioners whose license is told of under the board."""
        return {column.id for column in self.columns if column.refused or column.ends_on}

    @property
    def ready(self) -> list[Visit]:
        """Visits whose cream is off and whose treatment has not begun, the longest wait first."""
        found = [v for v in self.visits.values() if v["status"] == Status.NUMBING]
        off = [v for v in found if v["numbing_off"]]
        return sorted(off, key=lambda v: (v["numbing_off"] or v["starts_at"], v["id"]))

    @property
    def numbing(self) -> list[Visit]:
        """Visits with cream on, in the order in which it is due off."""
        found = [v for v in self.visits.values() if v["status"] == Status.NUMBING]
        on = [v for v in found if v["numbing_on"] and not v["numbing_off"]]
        return sorted(on, key=lambda v: (v["numbing_due"] or v["starts_at"], v["id"]))

    @property
    def waiting(self) -> list[Visit]:
        """Patients who are here and whose treatment has not begun, the longest wait first."""
        found = [v for v in self.visits.values() if v["status"] == Status.ARRIVED]
        return sorted(found, key=lambda v: (v["arrived_at"] or v["starts_at"], v["id"]))

    @property
    def off(self) -> list[Visit]:
        """Cancelled and missed visits: they hold no time and stand under the board."""
        return [v for v in self.visits.values() if v["status"] not in HOLDING]


def day_board(*, clinic: Clinic, day: dt.date, at: dt.datetime) -> DayBoard:
    """The clinic's board of one clinic-local day as it is at an instant.

    Columns are the practitioners who work that day, then those who only have a visit. A visit
    that began early or runs late takes its real time too, as far as its chart tells it.
    """
    today = clinic.day_of(at)
    visits = {visit["id"]: visit for visit in _visits(clinic, day)}
    rosters = rosters_of(clinic, first=day, last=day)
    works, off = _works(rosters, clinic, day)
    holding = [visit for visit in visits.values() if visit["status"] in HOLDING]
    shown = {*works, *(visit["practitioner_id"] for visit in holding)}
    columns = _columns(shown | off, works, rosters)
    away = [column.name for column in columns if column.id not in shown]
    columns = [column for column in columns if column.id in shown]
    by_key = {column.id: column for column in columns}
    of_day = Appointment.objects.on_day(clinic, day).order_by().values("pk")
    told = needling_of(of_day) if day <= today else {}
    stays: dict[uuid.UUID, list[Stay]] = defaultdict(list)
    for visit in holding:
        stays[visit["practitioner_id"]].append(_stay(visit, told, at if day == today else None))
    for key, held in stays.items():
        by_key[key].blocks += blocks(held, held=HELD)
    _judge_licenses(columns, clinic, day, today)
    services = Service.objects.filter(clinic=clinic, is_active=True).order_by()
    minutes = list(services.values_list("check_in_min", "numbing_min", "treatment_min"))
    numbing = sorted({check_in + before for check_in, before, _ in minutes})
    shortest = dt.timedelta(minutes=min((treats for *_, treats in minutes), default=0))
    rows: list[Row] = []
    blocked: dict[uuid.UUID, TimeOff] = {}
    if columns:
        starts_at, ends_at = extent(
            span
            for column in columns
            for span in (*column.works, *((b.starts_at, b.ends_at) for b in column.blocks))
        )
        _add_busy(by_key, clinic, day, starts_at, ends_at)
        blocked = blocks_between(clinic, starts_at, ends_at)
        for key, one in blocked.items():
            if one.practitioner_id in by_key:
                block = Block(one.starts_at, one.ends_at, Kind.BUSY, key)
                by_key[one.practitioner_id].blocks.append(block)
        # Nobody can be booked with someone whom no license covers, so that time is not free.
        lanes = [Lane([] if column.refused else column.works, column.blocks) for column in columns]
        rows = layout(
            lanes, starts_at=starts_at, ends_at=ends_at, zone=clinic.zone, shortest=shortest
        )
    opens_at = clinic_opens(clinic, day)
    closure = rosters.of(None).closed_on(day)
    return DayBoard(clinic, day, columns, rows, visits, opens_at, numbing, closure, away, blocked)


def _visits(clinic: Clinic, day: dt.date) -> Iterable[Visit]:
    rows = Appointment.objects.on_day(clinic, day).values_list(
        "id",
        "patient__last_name",
        "patient__first_name",
        "patient__preferred_name",
        "practitioner_id",
        "practitioner__name",
        "practitioner__credential",
        "service__name",
        "room__name",
        "status",
        "starts_at",
        "numbing_min",
        "treatment_min",
        "numbing_on",
        "numbing_due",
        "numbing_off",
        "arrived_at",
        "ended_early",
        "cancel_reason",
        "check_in_min",
    )
    for row in rows:
        starts_at = row[10]
        yield Visit(
            id=row[0],
            patient=f"{row[1]}, {row[3] or row[2]}",
            practitioner_id=row[4],
            practitioner=f"{row[5]} {row[6]}".strip(),
            service=row[7],
            room=row[8],
            status=Status(row[9]),
            comes_at=starts_at - dt.timedelta(minutes=row[11] + row[19]),
            starts_at=starts_at,
            ends_at=starts_at + dt.timedelta(minutes=row[12]),
            began_at=None,
            numbing_on=row[13],
            numbing_due=row[14],
            numbing_off=row[15],
            arrived_at=row[16],
            ended_early=row[17],
            cancel_reason=row[18],
        )


def _stay(visit: Visit, told: Told, now: dt.datetime | None) -> Stay:
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


def _works(
    rosters: Rosters, clinic: Clinic, day: dt.date
) -> tuple[dict[uuid.UUID, Spans], set[uuid.UUID]]:
    """When each is at work that day, by key, and who would be but is off all day."""
    works, off = {}, set()
    for key in rosters.people:
        roster = rosters.of(key)
        if spans := roster.works(first=day, last=day, zone=clinic.zone):
            works[key] = spans
        elif roster.planned(first=day, last=day, zone=clinic.zone):
            off.add(key)
    return works, off


def _columns(
    keys: Iterable[uuid.UUID], works: dict[uuid.UUID, Spans], rosters: Rosters
) -> list[Column]:
    rows = Practitioner.objects.filter(pk__in=list(keys)).order_by("name", "pk")
    columns = [
        Column(key, name, credential, works.get(key, []), rosters.of(key))
        for key, name, credential in rows.values_list("pk", "name", "credential")
    ]
    return sorted(columns, key=lambda column: not column.works)


def _judge_licenses(columns: list[Column], clinic: Clinic, day: dt.date, today: dt.date) -> None:
    held: dict[uuid.UUID, list[License]] = defaultdict(list)
    keys = [column.id for column in columns]
    for license in License.objects.filter(practitioner__in=keys).order_by("pk"):
        held[license.practitioner_id].append(license)
    for column in columns:
        verdict = covers(held[column.id], name=column.name, state=clinic.state, on=day)
        column.refused = verdict.reason
        if verdict.allowed:
            ends_on, status = verdict.license.expires_on, verdict.license.status
            if expiry_state(expires_on=ends_on, status=status, today=today) == "expiring":
                column.ends_on = ends_on


def _add_busy(
    columns: dict[uuid.UUID, Column],
    clinic: Clinic,
    day: dt.date,
    starts_at: dt.datetime,
    ends_at: dt.datetime,
) -> None:
    """Time that other visits hold: another clinic's, or this one's of the day before or after."""
    holds = (
        Hold.objects.crossing(starts_at, ends_at)
        .filter(practitioner__in=list(columns))
        .exclude(appointment__clinic=clinic, appointment__local_date=day)
        .order_by("starts_at", "pk")
        .values_list("practitioner_id", "starts_at", "ends_at", "appointment__clinic_id")
    )
    for practitioner, first, last, where in holds:
        elsewhere = "here" if where == clinic.pk else "elsewhere"
        columns[practitioner].blocks.append(Block(first, last, Kind.BUSY, elsewhere))
