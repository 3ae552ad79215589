"""What has happened to a visit, in words: who did what with it and when."""

from __future__ import annotations

from typing import Any

from bookings import queries
from bookings.models import Appointment
from bookings.rules.status import Act
from bookings.rules.undoing import DONE, UNDONE
from clinic.models import Clinic
from clinic.rules import month_day, say_date, say_time

HISTORY = (
    ("created", "Booked"),
    ("confirmed", "Confirmed"),
    ("arrived", "Arrived"),
    ("chart_opened", "Chart opened"),
    ("no_show", "Marked no-show"),
    ("cancelled", "Cancelled"),
)


def happened(visit: Appointment, clinic: Clinic) -> list[dict[str, Any]]:
    """Who did what with the visit and when, in the order in which it was done."""
    found = [
        (at, what, getattr(visit, f"{name}_by").name)
        for name, what in HISTORY
        if (at := getattr(visit, f"{name}_at")) is not None
    ]
    for one in queries.moves_of(visit):
        before = clinic.local(one.from_starts_at)
        told = f"Moved from {say_date(before.date())}, {say_time(before)}, {one.from_practitioner}"
        found.append((one.moved_at, told, one.moved_by.name))
    for gone in queries.undos_of(visit):
        act = Act(gone.act)
        if act is not Act.MOVE:
            why = f": {gone.reason}" if gone.reason else ""
            found.append((gone.done_at, DONE[act] + why, gone.done_by.name))
        found.append((gone.undone_at, UNDONE[act], gone.undone_by.name))
    for leave in queries.overrides_of(visit):
        what = leave.get_kind_display()
        found.append((leave.made_at, f"{what}: {leave.reason}", leave.made_by.name))
    return [
        {
            "what": what,
            "at": at,
            "when": f"{month_day(local := clinic.local(at))}, {say_time(local)}",
            "by": by,
        }
        for at, what, by in sorted(found, key=lambda one: one[0])
    ]
