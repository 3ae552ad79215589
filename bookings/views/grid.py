"""The board's table in words and addresses: what the template only has to print.

Six hundred cells a page: each is a small mapping with everything worked out here, so that
the template's loop looks nothing up and decides almost nothing.
"""

from __future__ import annotations

import datetime as dt
import uuid
from collections.abc import Callable
from typing import Any

from django.urls import reverse

from bookings.queries import Board, Column, Visit
from bookings.queries.board import ELSEWHERE, HELD, HERE, Offered
from bookings.rules.board import EPOCH, ONE_DAY, TICK, By, Cell, Kind, Row, wall_time
from bookings.rules.status import MOVABLE, is_late, stand
from bookings.rules.visit import SKEW
from bookings.views.absent import absent_word, why_closed
from bookings.views.wording import room_word
from clinic.constraints import LAST_DAY
from clinic.models import Clinic
from clinic.rules import hour_word, say_day, say_span, say_time, say_weekday, short_hour

NIL = uuid.UUID(int=0)
# From this many columns on the board is set closer by itself, to fit a desk's screen.
COMPACT_FROM = 7
TALL = dt.timedelta(minutes=40)  # from here on a narrow cell has room for a third line
BUSY = {
    ELSEWHERE: "Busy elsewhere",
    HERE: "Visit of another day",
    HELD: "Held as booked",
}
# What a stretch that cannot be booked looks like; it always says in words what it is.
LOOKS = {
    Kind.CLOSED: "closed own",
    Kind.SHUT: "closed",
    Kind.OFF: "closed off",
    Kind.BLOCKED: "closed blocked",
}


def grid(
    board: Board,
    *,
    at: dt.datetime,
    may_book: bool,
    current: uuid.UUID | None,
    fits: Callable[[Visit], bool],
) -> dict[str, Any]:
    """The columns and rows of the table. Free time ahead is a link for those who may book.

    A visit that is not looked for (`fits`) is faint and stands where it stood: time that is
    taken never looks free.
    """
    clinic = board.clinic
    card = reverse("appointment", args=[NIL])
    today = clinic.day_of(at)
    late = at if board.first <= today <= board.last else None
    visits = {
        key: _visit(
            visit, board, card.replace(str(NIL), str(key)), key == current, late, fits, may_book
        )
        for key, visit in board.visits.items()
    }
    slots = [_Slots(column, board, at, may_book) for column in board.columns]
    now = None
    if late:
        now = wall_time(at, day=today, zone=clinic.zone) if board.by == By.WEEK else at
    return {
        "columns": [_column(column, board, today) for column in board.columns],
        "rows": [_row(row, board, visits, slots, now, today) for row in board.rows],
    }


def _column(column: Column, board: Board, today: dt.date) -> dict[str, Any]:
    hours = ", ".join(
        f"{short_hour(board.local(first))}–{short_hour(board.local(last))}"
        for first, last in column.works
    )
    found = {
        "key": column.key,
        "attr": "data-room" if board.by == By.ROOM else "data-practitioner",
        "name": column.name,
        "credential": column.credential,
        "day": "",
        "url": "",
        "hours": hours if hours and column.in_use else absent_word(column),
        "refused": column.refused,
        "marked": bool(column.refused or column.ends_on),
        "ends": False,
        "today": False,
    }
    if board.by == By.WEEK:
        found |= {
            "name": say_weekday(column.day),
            "credential": "",
            "day": column.day.isoformat(),
            "url": reverse("day-on", args=[column.day]) if column.day <= LAST_DAY else "",
            "marked": bool(column.refused),
            "ends": column.ends_on == column.day,
            "today": column.day == today,
        }
    elif board.by == By.ROOM:
        found["hours"] = "" if column.in_use else "Out of use"
    return found


def state_of(visit: Visit, clinic: Clinic) -> tuple[str, str]:
    """How a visit's state looks and reads on the board and in its list."""
    off = visit["numbing_off"]
    return stand(
        visit["status"],
        cream_off=hour_word(clinic.local(off)) if off else "",
        ended_early=visit["ended_early"],
    )


def _visit(
    visit: Visit,
    board: Board,
    url: str,
    current: bool,
    now: dt.datetime | None,
    fits: Callable[[Visit], bool],
    may_book: bool,
) -> dict[str, Any]:
    """A visit as its block shows it; `now` is None where today is not on the board."""
    clinic = board.clinic
    look, word = state_of(visit, clinic)
    starts, ends = clinic.local(visit["starts_at"]), clinic.local(visit["ends_at"])
    comes, late, soon = "", False, visit["id"] in board.too_soon
    if visit["status"] in MOVABLE:
        today = now is not None and clinic.day_of(now) == visit["day"]
        late = bool(today and now and is_late(visit["status"], comes_at=visit["comes_at"], at=now))
        if visit["comes_at"] < visit["starts_at"]:
            comes = f"comes {hour_word(clinic.local(visit['comes_at']))}"
    began = visit["began_at"]
    said = f", needling began {say_time(clinic.local(began))}" if began else ""
    lasts = visit["ends_at"] - visit["starts_at"]
    below = visit["service"]
    if board.by == By.ROOM:
        where, below = visit["service"], visit["practitioner"]
        lasts = visit["ends_at"] - visit["numbs_at"] + dt.timedelta(minutes=visit["clean_min"])
    else:
        where = room_word(visit["room"])
    says = (
        visit["patient"],
        say_day(visit["day"], visit["day"]),
        say_span(starts, ends),
        visit["practitioner"],
        visit["service"],
        visit["room"],
        word,
        comes,
        "late" if late else "",
        "too soon after the last treatment" if soon else "",
    )
    return {
        "id": str(visit["id"]),
        "url": url,
        "status": look,
        "word": word,
        "who": visit["patient"],
        "time": f"since {hour_word(clinic.local(began))}" if began else hour_word(starts),
        "where": where,
        "below": below,
        "comes": comes,
        "late": late,
        "soon": soon,
        "label": ", ".join(one for one in says if one) + said,
        "more": (" tall" if lasts >= TALL else "")
        + (" late" if late else "")
        + (" soon" if soon else "")
        + ("" if fits(visit) else " faint")
        + (" moves" if may_book and visit["status"] in MOVABLE else ""),
        "start": visit["starts_at"].isoformat(),
        "practitioner": str(visit["practitioner_id"]),
        "room": str(visit["room_id"]),
        "current": current,
    }


class _Slots:
    """What the free cells of one column have in common."""

    def __init__(self, column: Column, board: Board, at: dt.datetime, may_book: bool) -> None:
        self.column = column
        self.may_block = may_book
        self.name = f"Book {column.name} at "
        self.today = board.by == By.WEEK and column.day == board.clinic.day_of(at)
        self.href = ""
        if may_book and not column.refused and column.in_use:
            self.href = f"{reverse('appointment-new')}?practitioner={column.key}"
        if self.href and board.by == By.ROOM:
            self.name = f"Book in {column.name} at "
            self.href = f"{reverse('appointment-new')}?room={column.key}"
        self.date = f"&date={column.day:%Y-%m-%d}" if board.by == By.WEEK else ""
        self.day = say_day(column.day, column.day)
        self.ahead_from = at - SKEW
        if board.by == By.WEEK:
            today = board.clinic.day_of(at)
            self.ahead_from = wall_time(at - SKEW, day=today, zone=board.clinic.zone)
            if column.day != today:
                self.ahead_from = EPOCH + (2 * ONE_DAY if column.day < today else -ONE_DAY)


def _row(
    row: Row,
    board: Board,
    visits: dict[uuid.UUID, dict[str, Any]],
    slots: list[_Slots],
    now: dt.datetime | None,
    today: dt.date,
) -> dict[str, Any]:
    """A row and its cells; `now` is the time of the board's own axis, None on other days."""
    local = row.local
    classes = [f"m{row.minutes}"]
    if row.hour:
        classes.append("hour")
    if row.ticks:
        classes.append("tick")
        if now and row.starts_at <= now < row.starts_at + TICK:
            classes.append(f"now-at-{3 * (now - row.starts_at) // TICK}")
    said = say_time(local)
    when = f"&time={local:%H:%M}"
    date = f"&date={local:%Y-%m-%d}"
    return {
        "classes": " ".join(classes),
        "at": _instant(row, board, today if now else None) if row.ticks else "",
        "start": f"{local:%H:%M}" if board.by == By.WEEK else row.starts_at.isoformat(),
        "head": str(row.ticks or ""),
        "label": short_hour(local) if row.hour else hour_word(local),
        "change": row.change,
        "cells": [
            _free(cell, slots[cell.column], board, date, when, said)
            if cell.kind == Kind.FREE
            else _held(cell, visits, board, slots[cell.column])
            for cell in row.cells
        ],
    }


def _instant(row: Row, board: Board, today: dt.date | None) -> str:
    """The instant at which the line of now crosses this row: in a week today's, if it has one."""
    if board.by != By.WEEK:
        return row.starts_at.isoformat()
    if today is None:
        return ""
    wall = dt.datetime.combine(today, row.local.time(), tzinfo=board.clinic.zone)
    return wall.astimezone(dt.UTC).isoformat()


# All that a cell may say: what a template looks up in vain costs it dear, a thousand cells long.
BLANK: dict[str, Any] = dict.fromkeys(
    ("href", "label", "early", "kind", "note", "visits", "block"), ""
)


def _free(
    cell: Cell, slots: _Slots, board: Board, date: str, when: str, said: str
) -> dict[str, Any]:
    found = BLANK | {"rows": str(cell.rows) if cell.rows > 1 else ""}
    if slots.today:
        found["kind"] = "today"
    if slots.href and cell.starts_at >= slots.ahead_from:
        found["href"] = slots.href + (slots.date or date) + when
        found["label"] = f"{slots.name}{said}, {slots.day}"
        if comes_at := slots.column.comes_early(cell.starts_at, board.numbing_min):
            local = board.local(comes_at)
            found["early"] = f"comes {hour_word(local)}"
            found["label"] += (
                f"; with numbing the patient would come at {say_time(local)}, before opening"
            )
    return found


def _held(
    cell: Cell, visits: dict[uuid.UUID, dict[str, Any]], board: Board, slots: _Slots
) -> dict[str, Any]:
    found = BLANK | {"rows": str(cell.rows) if cell.rows > 1 else ""}
    today = " today" if slots.today else ""
    if cell.kind in LOOKS:
        kind = "closed" if slots.column.refused else LOOKS[cell.kind]
        found |= {"kind": kind + today, "note": why_closed(cell, slots.column, board)}
        if cell.kind == Kind.BLOCKED and not slots.column.refused:
            one = cell.keys[0]
            local = board.clinic.local
            span = say_span(local(one.starts_at), local(one.ends_at))
            found["label"] = f"{found['note']}, {slots.column.name}, {slots.day}, {span}"
            if slots.may_block and one.key:
                found["block"] = reverse("one-block", args=[one.key])
        return found
    found["kind"] = today.strip()
    found["visits"] = [visits[key] for key in cell.keys if key in visits]
    busy = [_busy(key, board) for key in cell.keys if key in BUSY or isinstance(key, Offered)]
    if busy:
        found |= {"kind": "busy-else" + today, "note": busy[0]}
    return found


def _busy(key: Any, board: Board) -> str:
    """What holds time that no visit of this day holds."""
    if isinstance(key, Offered):
        return f"Offered to {key.to} until {say_time(board.local(key.until))}"
    return BUSY[key]
