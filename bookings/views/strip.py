"""The line above today's board: cream that is on, who is numb and ready, and who waits."""

from __future__ import annotations

import datetime as dt
from typing import Any

from django.urls import reverse

from bookings.queries import Board, Visit
from bookings.views.wording import room_word
from clinic.rules import hour_word

NAMED = 3  # of those who wait; the strip stays one line


def strip_of(board: Board, at: dt.datetime) -> dict[str, Any]:
    """Who has cream on, who is numb and ready, and who is here and waits: the longest by name."""
    waiting = [
        {
            "who": visit["patient"],
            "url": reverse("appointment", args=[visit["id"]]),
            "minutes": max(0, int((at - (visit["arrived_at"] or at)).total_seconds()) // 60),
        }
        for visit in board.waiting
    ]
    local = board.clinic.local
    ready = [
        {
            "who": f"{visit['patient']}, {room_word(visit['room'])}",
            "url": reverse("appointment", args=[visit["id"]]),
            "off": hour_word(local(visit["numbing_off"])),
        }
        for visit in board.ready
        if visit["numbing_off"]
    ]
    return {
        "clocks": [_clock(visit, at) for visit in board.numbing],
        "ready": ready[:NAMED],
        "more_ready": len(ready[NAMED:]),
        "waiting": waiting[:NAMED],
        "more": len(waiting[NAMED:]),
        "waits": len(waiting),
    }


def _clock(visit: Visit, at: dt.datetime) -> dict[str, Any]:
    since = visit["numbing_on"] or visit["comes_at"]
    due = visit["numbing_due"] or visit["starts_at"]
    return {
        "since": since,
        "due": due,
        "latest": None,
        "minutes": max(0, int((at - since).total_seconds()) // 60),
        "of": max(1, int((due - since).total_seconds()) // 60),
        "state": "due" if at >= due else "on",
        "who": f"{visit['patient']}, {room_word(visit['room'])}",
        "url": reverse("appointment", args=[visit["id"]]),
    }
