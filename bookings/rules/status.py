"""The states of an appointment and the steps between them, declared once."""

from __future__ import annotations

from enum import StrEnum


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
MOVABLE = frozenset({S.BOOKED, S.CONFIRMED})
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


def may_become(now: str, then: str) -> bool:
    """Whether a visit in state `now` may step to state `then`."""
    return Status(then) in ALLOWED[Status(now)]
