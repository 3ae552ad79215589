"""The board's visits as lines: of the list, and of what stands under the grid."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from typing import Any

from django.urls import reverse

from bookings.queries import Board, Visit
from bookings.rules.board import By
from bookings.rules.cancelling import say_cancelled
from bookings.rules.status import OVER, is_late
from bookings.views.absent import absent_word
from bookings.views.grid import state_of
from clinic.rules import hour_word, say_date, say_span


def days_of(board: Board, at: dt.datetime, fits: Callable[[Visit], bool]) -> list[dict[str, Any]]:
    """The lines day by day: a week has a heading for each day, also where it has no visits."""
    shown = [visit for visit in board.visits.values() if fits(visit)]
    if board.by != By.WEEK:
        return [{"heading": "", "lines": [line_of(visit, board, at) for visit in shown]}]
    return [
        {
            "heading": say_date(column.day),
            "why": "" if column.works else column.refused or absent_word(column),
            "lines": [line_of(one, board, at) for one in shown if one["day"] == column.day],
        }
        for column in board.columns
    ]


def line_of(visit: Visit, board: Board, at: dt.datetime) -> dict[str, Any]:
    """A visit as a line."""
    local = board.clinic.local
    look, word = state_of(visit, board.clinic)
    today = visit["day"] == board.clinic.day_of(at)
    began = visit["began_at"]
    return {
        "url": reverse("appointment", args=[visit["id"]]),
        "comes": hour_word(local(visit["comes_at"])),
        "time": say_span(local(visit["starts_at"]), local(visit["ends_at"])),
        "numbed": visit["comes_at"] < visit["starts_at"] and visit["status"] not in OVER,
        "who": visit["patient"],
        "service": visit["service"],
        "room": visit["room"],
        "practitioner": visit["practitioner"],
        "late": today and is_late(visit["status"], comes_at=visit["comes_at"], at=at),
        "soon": visit["id"] in board.too_soon,
        "began": hour_word(local(began)) if began else "",
        "marked": visit["practitioner_id"] in board.marked,
        "status": look,
        "word": word,
        "called_off": say_cancelled(visit["cancelled_as"], late=visit["cancelled_late"]),
        "why": visit["cancel_reason"],
    }
