"""The states of a treatment and of a cartridge, and the steps between them, declared once."""

from __future__ import annotations

from enum import StrEnum


class Status(StrEnum):
    """Where a treatment stands."""

    OPEN = "open"
    NUMBING = "numbing"
    IN_PROGRESS = "in_progress"
    COMPLETED = "completed"
    ABORTED = "aborted"
    SIGNED = "signed"


S = Status
ALLOWED: dict[Status, frozenset[Status]] = {
    S.OPEN: frozenset({S.NUMBING, S.IN_PROGRESS, S.ABORTED}),
    S.NUMBING: frozenset({S.IN_PROGRESS, S.ABORTED}),
    S.IN_PROGRESS: frozenset({S.COMPLETED, S.ABORTED}),
    S.COMPLETED: frozenset({S.SIGNED}),
    S.ABORTED: frozenset({S.SIGNED}),
    S.SIGNED: frozenset(),
}
WORDS: dict[Status, str] = {
    S.OPEN: "Chart open",
    S.NUMBING: "Numbing",
    S.IN_PROGRESS: "In treatment",
    S.COMPLETED: "Completed, not signed",
    S.ABORTED: "Ended early, not signed",
    S.SIGNED: "Signed",
}


class Unit(StrEnum):
    """Where one physical cartridge is in its life (ruling C1)."""

    IN_STOCK = "in_stock"
    OPENED = "opened"
    USED = "used"
    WASTED = "wasted"
    QUARANTINED = "quarantined"
    IN_TRANSIT = "in_transit"
    RETURNED = "returned"
    DESTROYED = "destroyed"
    LOST = "lost"


U = Unit
# USED → QUARANTINED happens only by the signed correction of ruling C2.
UNIT_ALLOWED: dict[Unit, frozenset[Unit]] = {
    U.IN_STOCK: frozenset({U.OPENED, U.WASTED, U.QUARANTINED, U.IN_TRANSIT, U.LOST}),
    U.OPENED: frozenset({U.USED, U.WASTED}),
    U.QUARANTINED: frozenset({U.IN_STOCK, U.RETURNED, U.DESTROYED, U.WASTED, U.LOST}),
    U.IN_TRANSIT: frozenset({U.IN_STOCK, U.QUARANTINED, U.LOST}),
    U.LOST: frozenset({U.IN_STOCK, U.QUARANTINED}),
    U.USED: frozenset(),
    U.WASTED: frozenset(),
    U.RETURNED: frozenset(),
    U.DESTROYED: frozenset(),
}
ON_HAND = (U.IN_STOCK, U.OPENED, U.QUARANTINED, U.IN_TRANSIT)
UNIT_WORDS: dict[Unit, str] = {
    U.IN_STOCK: "In stock",
    U.OPENED: "Opened",
    U.USED: "Used",
    U.WASTED: "Wasted",
    U.QUARANTINED: "Quarantined",
    U.IN_TRANSIT: "In transit",
    U.RETURNED: "Returned",
    U.DESTROYED: "Destroyed",
    U.LOST: "Lost",
}


def may_become(now: str, then: str) -> bool:
    """Whether a treatment in state `now` may step to state `then`."""
    return Status(then) in ALLOWED[Status(now)]
