"""Why nothing can be booked somewhere on the board, and what stands under it, in words."""

from __future__ import annotations

import datetime as dt
from typing import Any

from bookings.queries import Board, Column
from bookings.rules.board import By, Cell, Kind
from clinic.rules import hour_word, say_date


def absent_word(column: Column) -> str:
    """Why someone with a visit does not work that day, above her column."""
    if not column.in_use:
        return "Out of use"
    for kind, word in ((Kind.SHUT, ""), (Kind.OFF, "Time off")):
        for block in column.away:
            if block.kind == kind and (word or block.key):
                return word or "Closed"
    return "Not at work"


def why_closed(cell: Cell, column: Column, board: Board) -> str:
    """Why nothing can be booked there, in as few words as the cell has room for.

    What the whole clinic keeps and what one person keeps never share a word: only the clinic
    is closed, only a person has a break.
    """
    if column.refused:
        return "No license"
    if not column.in_use:
        return "Out of use"
    key: Any = cell.keys[0] if cell.keys else ""
    if cell.kind == Kind.BLOCKED:
        return f"Blocked · {key.note}" if key.note else "Blocked"
    if cell.kind == Kind.OFF:
        return "Time off"
    if cell.kind == Kind.SHUT:
        return key or _shut(cell, board)
    if board.by == By.ROOM:
        return "Nobody at work"
    before = any(last <= cell.starts_at for _, last in column.works)
    after = any(cell.ends_at <= first for first, _ in column.works)
    starts, ends = hour_word(board.local(cell.starts_at)), hour_word(board.local(cell.ends_at))
    if before and after:
        return f"Break {starts}–{ends}"
    if before:
        return f"Off from {starts}"
    return f"In from {ends}" if after else "Not at work"


def _shut(cell: Cell, board: Board) -> str:
    first = cell.starts_at == board.rows[0].starts_at
    last = cell.ends_at >= board.rows[-1].ends_at
    starts, ends = hour_word(board.local(cell.starts_at)), hour_word(board.local(cell.ends_at))
    if first and last:
        return "Closed"
    if first:
        return f"Closed to {ends}"
    return f"Closed from {starts}" if last else f"Clinic closed {starts}–{ends}"


def board_notes(board: Board, today: dt.date) -> list[dict[str, str]]:
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
            text = (
                f"The license of {column.name} ends {in_days(column.ends_on, today)}, "
                f"on {say_date(column.ends_on)}."
            )
            found.append({"text": text, "tone": "warning", "mark": "*"})
    # In a week one license speaks for several days.
    return list({one["text"]: one for one in found}.values())


def in_days(day: dt.date, today: dt.date) -> str:
    """How far a coming date is away: today, in 1 day, in 12 days."""
    left = (day - today).days
    return "today" if left == 0 else f"in {left} day" + ("s" if left != 1 else "")


def licenses_ending(board: Board, today: dt.date) -> list[dict[str, Any]]:
    """The licenses that end soon, as short as the strip above the board says it, soonest first."""
    ending = {one.key: one for one in board.columns if one.ends_on and not one.refused}
    return [
        {"who": one.name, "when": in_days(one.ends_on or today, today)}
        for one in sorted(ending.values(), key=lambda one: (one.ends_on or today, one.name))
    ]
