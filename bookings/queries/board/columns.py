"""The board's columns: whose they are, when they can be booked, and why not at other times."""

from __future__ import annotations

import datetime as dt
import uuid
from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any

from django.db.models import QuerySet

from bookings.models import Hold, TimeOff
from bookings.rules.board import Block, Kind
from bookings.rules.fit import comes_early
from bookings.rules.shifts import Spans, shift_span
from clinic.models import Clinic, License
from clinic.prepared import prepared
from clinic.rules import covers, day_span, expiry_state

Axis = Callable[[dt.datetime], dt.datetime]
# When time holds no visit of this day: whose it is.
HERE, ELSEWHERE = "here", "elsewhere"


@dataclass(frozen=True)
class Blocked:
    """A block as the board tells it; `key` is None where another clinic put it there."""

    key: uuid.UUID | None
    note: str
    starts_at: dt.datetime
    ends_at: dt.datetime


@dataclass(frozen=True)
class Offered:
    """Time that is held for someone who waits: whose it is to take, and until when (UTC)."""

    to: str
    until: dt.datetime


@dataclass
class Column:
    """A practitioner's day, or a room's.

    `key` is the practitioner's or room's, `credential` what stands behind the name. `planned`:
    she would be at work were she not off; `in_use`: the room is not out of use. `away` says why
    nobody works outside `works`; `refused` why no license covers the day ("" when one does);
    `ends_on` is the covering license's last day where that is near; `opens_at` when the clinic
    opens (None: closed).
    """

    key: uuid.UUID
    name: str
    day: dt.date
    credential: str = ""
    works: Spans = field(default_factory=list)
    away: list[Block] = field(default_factory=list)
    blocks: list[Block] = field(default_factory=list)
    opens_at: dt.datetime | None = None
    refused: str = ""
    ends_on: dt.date | None = None
    in_use: bool = True

    def comes_early(self, starts_at: dt.datetime, numbing: Iterable[int]) -> dt.datetime | None:
        """When a patient with numbing would come for this start, where that is too early.

        `numbing` are the minutes that it may take, the fewest first.
        """
        if self.opens_at is None:
            return None
        for minutes in numbing:
            comes_at = starts_at - dt.timedelta(minutes=minutes)
            if comes_early(starts_at, comes_at, opens_at=self.opens_at, works=self.works):
                return comes_at
        return None

    def on(self, axis: Axis) -> None:
        """Draw all times of this column on another axis than that of instants."""
        self.works = [(axis(first), axis(last)) for first, last in self.works]
        self.away = _on(axis, self.away)
        self.blocks = _on(axis, self.blocks)
        self.opens_at = axis(self.opens_at) if self.opens_at else None


def _on(axis: Axis, blocks: Iterable[Block]) -> list[Block]:
    """Blocks on another axis, without those that lie off it."""
    found = [Block(axis(one.starts_at), axis(one.ends_at), one.kind, one.key) for one in blocks]
    return [one for one in found if one.starts_at < one.ends_at]


def clinic_shut(clinic: Clinic, day: dt.date, closure: str) -> list[Block]:
    """When the clinic is closed on a local day; the key is the closure's name, "" for the hours
    that it keeps every week."""
    begins, ends = day_span(day, clinic.zone)
    if closure:
        return [Block(begins, ends, Kind.SHUT, closure)]
    found = []
    for first, last in clinic.hours[day.weekday()]:
        opens_at, closes_at = shift_span(day, first, last, clinic.zone)
        found.append(Block(begins, opens_at, Kind.SHUT, ""))
        begins = closes_at
    found.append(Block(begins, ends, Kind.SHUT, ""))
    return [block for block in found if block.starts_at < block.ends_at]


def reasons(absent: list[Block], shut: list[Block], closure: str) -> list[Block]:
    """Why nobody works, the strongest first: a closure is everybody's, then comes time off, then
    the hours that the clinic keeps."""
    return [*shut, *absent] if closure else [*absent, *shut]


def time_off_between(
    people: Sequence[uuid.UUID], clinic: Clinic, starts_at: dt.datetime, ends_at: dt.datetime
) -> dict[uuid.UUID, list[Block]]:
    """Time off and blocked time of these, by key; blocked time tells what it is. One query.

    The reason of someone's time off is nobody's business at the desk; a block's is, where it was
    put on the board.
    """
    found: dict[uuid.UUID, list[Block]] = defaultdict(list)
    rows = _time_off(people=[*people], starts_at=starts_at, ends_at=ends_at)
    for pk, who, where, first, last, is_block, note in rows:
        if is_block:
            here = where == clinic.pk
            told = Blocked(pk if here else None, note if here else "", first, last)
            found[who].append(Block(first, last, Kind.BLOCKED, told))
        else:
            found[who].append(Block(first, last, Kind.OFF, ""))
    return found


@prepared
def _time_off(*, people: Any, starts_at: Any, ends_at: Any) -> QuerySet[Any, Any]:
    rows = TimeOff.objects.standing().filter(
        practitioner__in=people, starts_at__lt=ends_at, ends_at__gt=starts_at
    )
    return rows.order_by("starts_at", "pk").values_list(
        "pk", "practitioner_id", "clinic_id", "starts_at", "ends_at", "is_block", "note"
    )


def judge_licenses(columns: Iterable[Column], clinic: Clinic, today: dt.date) -> None:
    """Say of each practitioner's column whether a license covers it; one query."""
    columns = list(columns)
    held: dict[uuid.UUID, list[License]] = defaultdict(list)
    for license in _licenses(practitioners=list({column.key for column in columns})):
        held[license.practitioner_id].append(license)
    for column in columns:
        verdict = covers(held[column.key], name=column.name, state=clinic.state, on=column.day)
        column.refused = verdict.reason
        if verdict.allowed:
            ends_on, status = verdict.license.expires_on, verdict.license.status
            if expiry_state(expires_on=ends_on, status=status, today=today) == "expiring":
                column.ends_on = ends_on


@prepared
def _licenses(*, practitioners: Any) -> QuerySet[Any, Any]:
    return License.objects.filter(practitioner__in=practitioners).order_by("pk")


def held_besides(
    lane: str,
    keys: Sequence[uuid.UUID],
    clinic: Clinic,
    days: tuple[dt.date, dt.date],
    span: tuple[dt.datetime, dt.datetime],
) -> list[tuple[uuid.UUID, Block]]:
    """Time that others hold than the visits of these days here: another clinic's, or this one's
    of the day before or after, or time offered here to someone who waits. One query."""
    holds = _held_besides(
        clinic=clinic.pk,
        of_rooms=lane == "room",
        keys=[*keys],
        first_day=days[0],
        last_day=days[1],
        starts_at=span[0],
        ends_at=span[1],
    )
    found = []
    for _pk, key, first, last, visit, offer, until, last_name, first_name, preferred in holds:
        whose: Any = HERE if visit == clinic.pk else ELSEWHERE
        if offer == clinic.pk:
            whose = Offered(f"{last_name}, {preferred or first_name}", until)
        found.append((key, Block(first, last, Kind.BUSY, whose)))
    return found


@prepared
def _held_besides(
    *,
    clinic: Any,
    of_rooms: bool,
    keys: Any,
    first_day: Any,
    last_day: Any,
    starts_at: Any,
    ends_at: Any,
) -> QuerySet[Any, Any]:
    lane = "room" if of_rooms else "practitioner"
    of_these_days = {"appointment__local_date__range": (first_day, last_day)}
    return (
        Hold.objects.crossing(starts_at, ends_at)
        .filter(**{f"{lane}__in": keys})
        .exclude(appointment__clinic=clinic, **of_these_days)
        .order_by("starts_at", "pk")
        .values_list(
            "pk",
            lane,
            "starts_at",
            "ends_at",
            "appointment__clinic_id",
            "offer__clinic_id",
            "offer__expires_at",
            "offer__entry__patient__last_name",
            "offer__entry__patient__first_name",
            "offer__entry__patient__preferred_name",
        )
    )
