"""What is said of an act on a visit that is taken back, or no longer can be."""

from __future__ import annotations

import datetime as dt

from bookings.rules.status import UNDO, Act, Status
from clinic.rules import say_time

# What each act is called on its undo's button, and in a visit's history.
NAMES: dict[Act, str] = {Act.CANCEL: "cancelling", Act.MOVE: "move", Act.NO_SHOW: "no-show"}
DONE: dict[Act, str] = {
    Act.CANCEL: "Cancelled",
    Act.MOVE: "Moved",
    Act.NO_SHOW: "Marked no-show",
}
UNDONE: dict[Act, str] = {
    Act.CANCEL: "Cancelling undone",
    Act.MOVE: "Move undone",
    Act.NO_SHOW: "No-show undone",
}


def is_locked(act: Act, status: Status) -> bool:
    """Whether taking the act back changes a time that is locked: that of a patient who is here
    (R46). One with OVERRIDE moved her, and only such a one moves her back."""
    return act is Act.MOVE and status is Status.ARRIVED


def say_too_late(done: dt.datetime) -> str:
    """That an act of then (clinic-local) can no longer be taken back."""
    minutes = int(UNDO.total_seconds()) // 60
    return f"This was done at {say_time(done)}: it can be taken back for {minutes} minutes only."
