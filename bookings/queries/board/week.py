"""One practitioner's week: its days as columns, on the wall clock's times of a day."""

from __future__ import annotations

import datetime as dt
from collections import defaultdict
from functools import partial

from bookings.models import Appointment
from bookings.queries.board.columns import (
    Column,
    clinic_shut,
    held_besides,
    judge_licenses,
    reasons,
    time_off_between,
)
from bookings.queries.board.day import Board, extent_of, lanes_of, lengths_of
from bookings.queries.board.visits import HELD, Visit, stay_of, unrested, visits_in
from bookings.queries.going_on import needling_of
from bookings.queries.hours import clinic_opens
from bookings.queries.rosters import rosters_of
from bookings.rules.board import EPOCH, ONE_DAY, WALL, By, Row, layout, wall_time
from bookings.rules.going_on import blocks
from bookings.rules.status import HOLDING
from clinic.models import Clinic, Practitioner
from clinic.rules import day_span


def week_board(
    *, clinic: Clinic, practitioner: Practitioner, first: dt.date, at: dt.datetime
) -> Board:
    """A practitioner's seven days in the clinic from a clinic-local date on, as they are at an
    instant. A constant number of queries."""
    today = clinic.day_of(at)
    days = [first + ONE_DAY * n for n in range(7)]
    last = days[-1]
    ours = Appointment.objects.filter(
        clinic=clinic, local_date__range=(first, last), practitioner=practitioner
    )
    visits = visits_in(ours.order_by("starts_at", "pk"))
    told = needling_of(ours.order_by().values("pk")) if first <= today else {}
    rosters = rosters_of(clinic, first=first, last=last, people=[practitioner])
    roster = rosters.of(practitioner.pk)
    begins, ends = day_span(first, clinic.zone)[0], day_span(last, clinic.zone)[1]
    absent = time_off_between([practitioner.pk], clinic, begins, ends).get(practitioner.pk, [])
    holding: dict[dt.date, list[Visit]] = defaultdict(list)
    for visit in visits.values():
        if visit["status"] in HOLDING:
            holding[visit["day"]].append(visit)
    besides = held_besides("practitioner", [practitioner.pk], clinic, (first, last), (begins, ends))
    columns = []
    for day in days:
        now = at if day == today else None
        closure = roster.closed_on(day)
        columns.append(
            Column(
                practitioner.pk,
                practitioner.name,
                day,
                practitioner.credential,
                works=roster.works(first=day, last=day, zone=clinic.zone),
                away=reasons(absent, clinic_shut(clinic, day, closure), closure),
                blocks=blocks([stay_of(one, told, now) for one in holding[day]], held=HELD)
                + [block for _, block in besides],
                opens_at=clinic_opens(clinic, day),
            )
        )
    judge_licenses(columns, clinic, today)
    for column in columns:
        column.on(partial(wall_time, day=column.day, zone=clinic.zone))
    numbing, shortest = lengths_of(clinic)
    rows: list[Row] = []
    if any(column.works or column.blocks for column in columns):
        span = extent_of(columns, (EPOCH, EPOCH + ONE_DAY))
        rows = layout(
            lanes_of(columns), starts_at=span[0], ends_at=span[1], zone=WALL, shortest=shortest
        )
    soon = unrested(clinic, visits.values(), today)
    return Board(clinic, By.WEEK, first, last, columns, rows, visits, numbing, too_soon=soon)
