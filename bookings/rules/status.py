"""The states of an appointment and the steps between them, declared once."""

from __future__ import annotations

import datetime as dt
from enum import StrEnum

# A patient who is a few minutes late is not a no-show.
NO_SHOW_AFTER = dt.timedelta(minutes=10)
# So long a cancelling, a move and a no-show can be taken back; what is sent waits so long.
UNDO = dt.timedelta(minutes=3)


class Status(StrEnum):
    """Where a visit stands."""

    BOOKED = "booked"
    CONFIRMED = "confirmed"
    ARRIVED = "arrived"
    NUMBING = "numbing"
    IN_TREATMENT = "in_treatment"
    COMPLETED = "completed"
    CANCELLED = "cancelled"
    NO_SHOW = "no_show"


S = Status
ALLOWED: dict[Status, frozenset[Status]] = {
    S.BOOKED: frozenset({S.CONFIRMED, S.ARRIVED, S.CANCELLED, S.NO_SHOW}),
    S.CONFIRMED: frozenset({S.ARRIVED, S.CANCELLED, S.NO_SHOW}),
    S.ARRIVED: frozenset({S.NUMBING, S.IN_TREATMENT, S.COMPLETED, S.CANCELLED}),
    S.NUMBING: frozenset({S.IN_TREATMENT, S.COMPLETED}),
    S.IN_TREATMENT: frozenset({S.COMPLETED}),
    S.COMPLETED: frozenset(),
    S.CANCELLED: frozenset(),
    S.NO_SHOW: frozenset(),
}
# What only an undo leads back to, and only to where the visit stood (see `stood`).
BACK: dict[Status, frozenset[Status]] = {
    S.CANCELLED: frozenset({S.BOOKED, S.CONFIRMED, S.ARRIVED}),
    S.NO_SHOW: frozenset({S.BOOKED, S.CONFIRMED}),
}
STEPS: dict[Status, frozenset[Status]] = {
    now: then | BACK.get(now, frozenset()) for now, then in ALLOWED.items()
}
MOVABLE = frozenset({S.BOOKED, S.CONFIRMED})
# The treatment of such a visit is still to be started.
BEFORE_START = frozenset({S.BOOKED, S.CONFIRMED, S.ARRIVED, S.NUMBING})
OVER = frozenset({S.COMPLETED, S.CANCELLED, S.NO_SHOW})
HOLDING = frozenset({S.BOOKED, S.CONFIRMED, S.ARRIVED, S.NUMBING, S.IN_TREATMENT, S.COMPLETED})
WORDS: dict[Status, str] = {
    S.BOOKED: "Booked",
    S.CONFIRMED: "Confirmed",
    S.ARRIVED: "Arrived",
    S.NUMBING: "Numbing",
    S.IN_TREATMENT: "In treatment",
    S.COMPLETED: "Completed",
    S.CANCELLED: "Cancelled",
    S.NO_SHOW: "No-show",
}


def stand(status: str, *, cream_off: str = "", ended_early: bool = False) -> tuple[str, str]:
    """How a visit's state looks and reads: the name of its look, and its words.

    `cream_off` is the clinic's time at which all cream came off ("" while it is on): from then
    on the patient is not numbing but ready. A visit that was ended early looks unlike a whole one.
    """
    if status == S.NUMBING and cream_off:
        return "ready", f"Cream off {cream_off}, ready"
    if status == S.COMPLETED and ended_early:
        return "ended_early", "Ended early"
    return str(status), WORDS[Status(status)]


def is_late(status: str, *, comes_at: dt.datetime, at: dt.datetime) -> bool:
    """Whether the minute in which the patient was due is over, and she has not come yet."""
    return Status(status) in MOVABLE and at >= comes_at + dt.timedelta(minutes=1)


def may_become(now: str, then: str) -> bool:
    """Whether a visit in state `now` may step to state `then`."""
    return Status(then) in ALLOWED[Status(now)]


def stood(*, confirmed: bool, arrived: bool) -> Status:
    """Where a visit stood before it was cancelled or missed: the last step that it has taken."""
    if arrived:
        return S.ARRIVED
    return S.CONFIRMED if confirmed else S.BOOKED


class Act(StrEnum):
    """What the desk may do with a visit, in the order in which a day goes."""

    UNDO = "undo"
    CONFIRM = "confirm"
    ARRIVE = "arrive"
    NO_SHOW = "no-show"
    MOVE = "move"
    CANCEL = "cancel"


LEADS_TO: dict[Act, Status] = {
    Act.CONFIRM: S.CONFIRMED,
    Act.ARRIVE: S.ARRIVED,
    Act.NO_SHOW: S.NO_SHOW,
    Act.CANCEL: S.CANCELLED,
}


def missed_from(comes_at: dt.datetime) -> dt.datetime:
    """From when a patient who was to come at `comes_at` counts as not having come (R46)."""
    return comes_at + NO_SHOW_AFTER


def awaits_chart(status: str, *, chart_open: bool, on_the_day: bool) -> bool:
    """Whether a visit stands so that its chart may be opened: the patient is here (R46).

    `on_the_day`: it is the visit's clinic-local date. `chart_open`: it has been opened before.
    """
    return status == S.ARRIVED and on_the_day and not chart_open


def open_acts(
    status: str,
    *,
    chart_open: bool,
    on_the_day: bool,
    missed: bool,
    undoable: bool = False,
    overrides: bool = False,
) -> list[Act]:
    """The acts that would not be refused now: the buttons worth showing.

    `on_the_day`: it is the visit's clinic-local date. `missed`: the patient counts as not
    having come (`missed_from`). `undoable`: what was done last is less than `UNDO` ago and can
    be taken back.
    `overrides`: who asks may change the time of a patient who is here. An open chart is ended
    in the chart, not at the desk (R46).
    """
    now = Status(status)
    ready = {
        Act.UNDO: undoable,
        Act.ARRIVE: on_the_day,
        Act.NO_SHOW: missed,
        Act.MOVE: now in MOVABLE or (overrides and now is S.ARRIVED and not chart_open),
        Act.CANCEL: not chart_open,
    }
    return [
        act
        for act in Act
        if ready.get(act, True) and (act not in LEADS_TO or may_become(now, LEADS_TO[act]))
    ]
