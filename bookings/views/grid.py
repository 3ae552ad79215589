"""The board's table in words and addresses: what the template only has to print.

Six hundred cells a page: each is a small mapping with everything worked out here, so that
the template's loop looks nothing up and decides almost nothing.
"""

from __future__ import annotations

import datetime as dt
import uuid
from typing import Any

from django.urls import reverse

from bookings.queries import Column, DayBoard, Visit
from bookings.queries.board import HELD
from bookings.rules.board import TICK, Cell, Kind, Row
from bookings.rules.status import MOVABLE, is_late, stand
from bookings.rules.visit import SKEW
from clinic.models import Clinic
from clinic.rules import day_span, say_date, say_span, say_time

NIL = uuid.UUID(int=0)
# From this many columns on the names and cells are set closer, to fit a desk's screen.
COMPACT_FROM = 7
TALL = dt.timedelta(minutes=40)  # from here on a narrow cell has room for a second line
BUSY = {
    "elsewhere": "Busy elsewhere",
    "here": "Visit of another day",
    HELD: "Held as booked",
}


def grid(
    board: DayBoard,
    clinic: Clinic,
    *,
    at: dt.datetime,
    may_book: bool,
    current: uuid.UUID | None,
) -> dict[str, Any]:
    """The columns and rows of the table. Free time ahead is a link for those who may book."""
    card = reverse("appointment", args=[NIL])
    late = at if board.day == clinic.day_of(at) else None
    visits = {
        key: _visit(visit, clinic, card.replace(str(NIL), str(key)), key == current, late)
        for key, visit in board.visits.items()
    }
    new = reverse("appointment-new")
    booking = [
        "" if not may_book or column.refused else f"{new}?practitioner={column.id}"
        for column in board.columns
    ]
    return {
        "columns": [_column(column, board) for column in board.columns],
        "compact": len(board.columns) >= COMPACT_FROM,
        "rows": [_row(row, board, visits, booking, clinic, at, may_book) for row in board.rows],
    }


def hour_word(local: dt.datetime) -> str:
    """A wall-clock time where morning and afternoon are plain from the place: 9:05."""
    return f"{local.hour % 12 or 12}:{local:%M}"


def room_word(name: str) -> str:
    """A room's name where space is short: R12 for "Room 12"; other names stay whole."""
    word, _, number = name.partition(" ")
    return f"{word[0]}{number}" if word and number.isdigit() else name


def _hour(local: dt.datetime) -> str:
    """When a shift starts or ends, as short as it is said: 8 AM, 8:30 AM."""
    return say_time(local).replace(":00", "")


def _absent(column: Column, board: DayBoard) -> str:
    """Why someone with a visit does not work that day, above her column."""
    if board.closure:
        return "Closed"
    starts_at, ends_at = day_span(board.day, board.clinic.zone)
    return "Time off" if column.roster.off_at(starts_at, ends_at) else "Not at work"


def _column(column: Column, board: DayBoard) -> dict[str, Any]:
    clinic = board.clinic
    hours = ", ".join(
        f"{_hour(clinic.local(first))}–{_hour(clinic.local(last))}" for first, last in column.works
    )
    return {
        "name": column.name,
        "credential": column.credential,
        "hours": hours or _absent(column, board),
        "refused": column.refused,
        "marked": bool(column.refused or column.ends_on),
    }


def state_of(visit: Visit, clinic: Clinic) -> tuple[str, str]:
    """How a visit's state looks and reads on the board and in its list."""
    off = visit["numbing_off"]
    return stand(
        visit["status"],
        cream_off=hour_word(clinic.local(off)) if off else "",
        ended_early=visit["ended_early"],
    )


def _visit(
    visit: Visit, clinic: Clinic, url: str, current: bool, now: dt.datetime | None
) -> dict[str, Any]:
    """A visit as its block shows it; `now` is None on another day than today."""
    look, word = state_of(visit, clinic)
    starts, ends = clinic.local(visit["starts_at"]), clinic.local(visit["ends_at"])
    comes, late = "", False
    if visit["status"] in MOVABLE:
        late = now is not None and is_late(visit["status"], comes_at=visit["comes_at"], at=now)
        if visit["comes_at"] < visit["starts_at"]:
            comes = f"comes {hour_word(clinic.local(visit['comes_at']))}"
    began = visit["began_at"]
    said = f", needling began {say_time(clinic.local(began))}" if began else ""
    what = f"{visit['service']} · {visit['room']}"
    short = f"{visit['service']} · {room_word(visit['room'])}"
    return {
        "url": url,
        "status": look,
        "word": word,
        "who": visit["patient"],
        "time": f"since {hour_word(clinic.local(began))}" if began else hour_word(starts),
        "what": short,
        "comes": comes,
        "late": late,
        "title": f"{visit['patient']}, {say_span(starts, ends)}, {what}, "
        + ", ".join(one for one in (word, comes, "late" if late else "") if one)
        + said,
        "tall": ends - starts >= TALL,
        "current": current,
    }


def _row(
    row: Row,
    board: DayBoard,
    visits: dict[uuid.UUID, dict[str, Any]],
    booking: list[str],
    clinic: Clinic,
    at: dt.datetime,
    may_block: bool,
) -> dict[str, Any]:
    local = row.local
    classes = [f"m{row.minutes}"]
    if row.hour:
        classes.append("hour")
    if row.ticks:
        classes.append("tick")
        if row.starts_at <= at < row.starts_at + TICK:
            classes.append(f"now-at-{3 * (at - row.starts_at) // TICK}")
    ahead = row.starts_at >= at - SKEW
    when = f"&date={local:%Y-%m-%d}&time={local:%H:%M}"
    said = say_time(local)
    return {
        "classes": " ".join(classes),
        "at": row.starts_at.isoformat() if row.ticks else "",
        "head": row.ticks,
        "label": f"{local.hour % 12 or 12} {local:%p}" if row.hour else hour_word(local),
        "change": row.change,
        "cells": [
            _free(cell, booking[cell.column], when, said, board, ahead)
            if cell.kind == Kind.FREE
            else _held(cell, visits, board, may_block)
            for cell in row.cells
        ],
    }


# All that a cell may say: what a template looks up in vain costs it dear, a thousand cells long.
BLANK: dict[str, Any] = dict.fromkeys(
    ("href", "label", "early", "kind", "note", "visits", "block"), ""
)


def _free(
    cell: Cell, book: str, when: str, said: str, board: DayBoard, ahead: bool
) -> dict[str, Any]:
    found = BLANK | {"rows": cell.rows if cell.rows > 1 else ""}
    if book and ahead:
        column = board.columns[cell.column]
        found["href"] = book + when
        found["label"] = f"Book {column.name} at {said}"
        if comes_at := board.comes_early(column, cell.starts_at):
            local = board.clinic.local(comes_at)
            found["early"] = f"comes {hour_word(local)}"
            found["label"] += (
                f"; with numbing the patient would come at {say_time(local)}, before opening"
            )
    return found


def _held(
    cell: Cell, visits: dict[uuid.UUID, dict[str, Any]], board: DayBoard, may_block: bool
) -> dict[str, Any]:
    found = BLANK | {"rows": cell.rows if cell.rows > 1 else ""}
    if cell.kind == Kind.CLOSED:
        return found | {"kind": "closed", "note": _closed(cell, board)}
    found["visits"] = [visits[key] for key in cell.keys if key in visits]
    busy = [BUSY[key] for key in cell.keys if key in BUSY]
    if busy:
        found |= {"kind": "busy-else", "note": busy[0]}
    blocks = [board.blocked[key] for key in cell.keys if key in board.blocked]
    if blocks:
        one = blocks[0]
        note = f"Blocked · {one.note}" if one.note else "Blocked"
        local = board.clinic.local
        found |= {
            "kind": "busy-else",
            "note": note,
            "block": reverse("one-block", args=[one.pk]) if may_block else "",
            "label": f"{note}, {say_span(local(one.starts_at), local(one.ends_at))}",
        }
    return found


def _closed(cell: Cell, board: DayBoard) -> str:
    """Why nothing can be booked there, in as few words as the cell has room for."""
    column = board.columns[cell.column]
    if board.closure:
        return board.closure
    if column.refused:
        return "No license"
    if column.roster.off_at(cell.starts_at, cell.ends_at):
        return "Time off"
    local = board.clinic.local
    opens, closes = hour_word(local(cell.starts_at)), hour_word(local(cell.ends_at))
    first = cell.starts_at == board.rows[0].starts_at
    last = cell.ends_at >= board.rows[-1].ends_at
    if first and last:
        return "Not at work"
    if first:
        return f"Closed to {closes}"
    return f"Closed from {opens}" if last else f"Closed {opens}–{closes}"


def board_notes(board: DayBoard, today: dt.date) -> list[dict[str, str]]:
    """What stands under the board: why it is closed, who is off, and the footnotes to the marked
    names: licenses that end soon, or do not cover the day."""
    found = []
    if board.closure and board.columns:
        text = f"The clinic is closed: {board.closure}."
        found.append({"text": text, "tone": "warning", "mark": ""})
    if board.away:
        text = f"Time off all day: {', '.join(board.away)}."
        found.append({"text": text, "tone": "body", "mark": ""})
    for column in board.columns:
        if column.refused:
            found.append({"text": column.refused, "tone": "danger", "mark": "*"})
        elif column.ends_on:
            left = (column.ends_on - today).days
            days = "today" if left == 0 else f"in {left} day" + ("s" if left != 1 else "")
            text = f"The license of {column.name} ends {days}, on {say_date(column.ends_on)}."
            found.append({"text": text, "tone": "warning", "mark": "*"})
    return found
