"""One clinic's day: who works, what is booked, and the rows and cells that show it.

A constant number of queries, however full the day is.
"""

from __future__ import annotations

import datetime as dt
import uuid
from collections import defaultdict
from collections.abc import Collection, Iterable
from dataclasses import dataclass, field

from bookings.models import Appointment, Service
from bookings.queries.board.columns import (
    Column,
    clinic_shut,
    held_besides,
    judge_licenses,
    reasons,
    time_off_between,
)
from bookings.queries.board.visits import HELD, Visit, in_room, stay_of, unrested, visits_in
from bookings.queries.going_on import needling_of
from bookings.queries.hours import clinic_opens
from bookings.queries.rosters import rosters_of
from bookings.rules.board import By, Kind, Lane, Row, extent, layout
from bookings.rules.going_on import Stay, blocks
from bookings.rules.rosters import Rosters
from bookings.rules.shifts import Spans, joined
from bookings.rules.status import HOLDING, Status
from clinic.models import Clinic, Practitioner, Room
from clinic.rules import day_span

NOBODY: frozenset[uuid.UUID] = frozenset()


@dataclass(frozen=True)
class Board:
    """The days from `first` to `last` of a clinic. `visits` are all of them, in time order, by
    key; `others` the names of columns that were not asked for, by key.

    `numbing_min` are the minutes of check-in and numbing that its services have, the fewest
    first. `closure` is what the clinic is closed for ("" when it is not), `away` who would work
    and is off all day, `too_soon` which visits to come the interval stands against (R35). Rows
    are instants in UTC; in a week the wall clock's times (`WALL`).
    """

    clinic: Clinic
    by: By
    first: dt.date
    last: dt.date
    columns: list[Column]
    rows: list[Row]
    visits: dict[uuid.UUID, Visit]
    numbing_min: list[int] = field(default_factory=list)
    closure: str = ""
    away: list[str] = field(default_factory=list)
    others: dict[uuid.UUID, str] = field(default_factory=dict)
    too_soon: frozenset[uuid.UUID] = NOBODY

    @property
    def day(self) -> dt.date:
        """The day; of a week the first."""
        return self.first

    def local(self, time: dt.datetime) -> dt.datetime:
        """What the clinic's wall clock shows at a time of this board's rows and columns."""
        return time if self.by == By.WEEK else self.clinic.local(time)

    @property
    def marked(self) -> set[uuid.UUID]:
        """The practitioners whose license is told of under the board."""
        return {column.key for column in self.columns if column.refused or column.ends_on}

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


def day_board(
    *,
    clinic: Clinic,
    day: dt.date,
    at: dt.datetime,
    by: By = By.PRACTITIONER,
    only: Collection[uuid.UUID] = NOBODY,
) -> Board:
    """The clinic's board of one clinic-local day as it is at an instant, by practitioner or room;
    as a list it has the practitioners' columns.

    Columns are the practitioners who work that day, then those who only have a visit; or the
    rooms in use, then those with a visit. `only` leaves the columns of these keys, where there
    are any. A visit that began early or runs late takes its real time too, as far as its chart
    tells it.
    """
    today = clinic.day_of(at)
    of_day = Appointment.objects.on_day(clinic, day)
    visits = visits_in(of_day)
    rosters = rosters_of(clinic, first=day, last=day)
    closure = rosters.of(None).closed_on(day)
    told = needling_of(of_day.order_by().values("pk")) if day <= today else {}
    stays: dict[uuid.UUID, list[Stay]] = defaultdict(list)
    for visit in visits.values():
        if visit["status"] in HOLDING:
            stay = stay_of(visit, told, at if day == today else None)
            if by == By.ROOM:
                known = told.get(visit["id"])
                stays[known.room if known else visit["room_id"]].append(in_room(visit, stay))
            else:
                stays[visit["practitioner_id"]].append(stay)
    works, off = _works(rosters, clinic, day)
    away: list[str] = []
    if by == By.ROOM:
        columns = _rooms(clinic, day, stays, works)
    else:
        columns, away = _people(clinic, day, stays, works, off)
    others = {one.key: one.name for one in columns if only and one.key not in only}
    columns = [one for one in columns if one.key not in others]
    shut, opens_at = clinic_shut(clinic, day, closure), clinic_opens(clinic, day)
    for column in columns:
        column.blocks += blocks(stays.get(column.key, []), held=HELD)
        column.opens_at = opens_at
        column.away += shut
    if by != By.ROOM:
        judge_licenses(columns, clinic, today)
        whole = day_span(day, clinic.zone)
        absent = time_off_between([one.key for one in columns], clinic, *whole)
        for column in columns:
            column.away = reasons(absent.get(column.key, []), shut, closure)
    numbing, shortest = lengths_of(clinic)
    rows: list[Row] = []
    if columns and by != By.LIST:
        span = extent_of(columns, day_span(day, clinic.zone))
        lane = "room" if by == By.ROOM else "practitioner"
        by_key = {column.key: column for column in columns}
        for key, block in held_besides(lane, [*by_key], clinic, (day, day), span):
            by_key[key].blocks.append(block)
        rows = layout(
            lanes_of(columns),
            starts_at=span[0],
            ends_at=span[1],
            zone=clinic.zone,
            shortest=shortest,
        )
    soon = unrested(clinic, visits.values(), today)
    return Board(clinic, by, day, day, columns, rows, visits, numbing, closure, away, others, soon)


def lengths_of(clinic: Clinic) -> tuple[list[int], dt.timedelta]:
    """How long before a treatment the clinic's services have one come, the fewest minutes first,
    and how long the shortest treats."""
    services = Service.objects.filter(clinic=clinic, is_active=True).order_by()
    minutes = list(services.values_list("check_in_min", "numbing_min", "treatment_min"))
    shortest = dt.timedelta(minutes=min((treats for *_, treats in minutes), default=0))
    return sorted({check_in + before for check_in, before, _ in minutes}), shortest


def lanes_of(columns: Iterable[Column]) -> list[Lane]:
    """What the columns' cells are cut from. Nobody can be booked with someone whom no license
    covers, so that time is not free."""
    return [
        Lane([], column.blocks)
        if column.refused
        else Lane(column.works if column.in_use else [], column.blocks, column.away)
        for column in columns
    ]


def extent_of(
    columns: Iterable[Column], whole: tuple[dt.datetime, dt.datetime]
) -> tuple[dt.datetime, dt.datetime]:
    """From the first time that anyone works or is held to the last; the `whole` where nobody is."""
    spans = [
        span
        for column in columns
        for span in (
            *column.works,
            *((one.starts_at, one.ends_at) for one in column.blocks),
            *((b.starts_at, b.ends_at) for b in column.away if b.kind == Kind.BLOCKED),
        )
    ]
    return extent(spans or [whole])


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


def _people(
    clinic: Clinic,
    day: dt.date,
    stays: dict[uuid.UUID, list[Stay]],
    works: dict[uuid.UUID, Spans],
    off: set[uuid.UUID],
) -> tuple[list[Column], list[str]]:
    """A column for each at work or with a visit, and the names of those who are off all day."""
    shown = {*works, *stays}
    rows = Practitioner.objects.filter(pk__in=[*shown, *off]).order_by("name", "pk")
    columns = [
        Column(key, name, day, credential, works.get(key, []))
        for key, name, credential in rows.values_list("pk", "name", "credential")
    ]
    away = [column.name for column in columns if column.key not in shown]
    columns = [column for column in columns if column.key in shown]
    return sorted(columns, key=lambda column: not column.works), away


def _rooms(
    clinic: Clinic,
    day: dt.date,
    stays: dict[uuid.UUID, list[Stay]],
    works: dict[uuid.UUID, Spans],
) -> list[Column]:
    """A column for each room in use or with a visit; it can be booked while someone works."""
    someone = joined(span for spans in works.values() for span in spans)
    rooms = Room.objects.filter(clinic=clinic).order_by("name", "pk")
    columns = [
        Column(key, name, day, works=someone, in_use=is_active)
        for key, name, is_active in rooms.values_list("pk", "name", "is_active")
        if (is_active and someone) or key in stays
    ]
    return sorted(columns, key=lambda column: (not column.in_use, _natural(column.name)))


def _natural(name: str) -> tuple[str, int, str]:
    """Room 2 before Room 10."""
    word = name.rstrip("0123456789")
    number = name[len(word) :]
    return word.casefold(), int(number or 0), name
