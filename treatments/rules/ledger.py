"""Whether the ledger of a unit is whole: each step begins where the one before it ended."""

from __future__ import annotations

import datetime as dt
import itertools
import uuid
from collections.abc import Iterable
from dataclasses import dataclass

from treatments.rules.status import Unit

# The kinds of movement that lead to one state only.
LEADS_TO = {"open": Unit.OPENED, "use": Unit.USED, "waste": Unit.WASTED}


@dataclass(frozen=True, slots=True)
class Movement:
    """One line of the ledger: what it says of one unit, and whether its seal is whole."""

    kind: str
    before: str
    after: str
    at: dt.datetime
    by: uuid.UUID | None = None
    lot: uuid.UUID | None = None
    clinic: uuid.UUID | None = None
    treatment: uuid.UUID | None = None
    reason: str = ""
    sealed: bool = True


@dataclass(frozen=True, slots=True)
class UnitFacts:
    """What the unit's own row says, which its ledger has to bear out; `reason` is why it was
    wasted, in the ledger's words. `sealed`: it is the unit that came in, by number and code.
    """

    status: str
    lot: uuid.UUID | None = None
    clinic: uuid.UUID | None = None
    treatment: uuid.UUID | None = None
    opened_at: dt.datetime | None = None
    opened_by: uuid.UUID | None = None
    wasted_at: dt.datetime | None = None
    wasted_by: uuid.UUID | None = None
    reason: str = ""
    sealed: bool = True


def ledger_fault(unit: UnitFacts, movements: Iterable[Movement]) -> str | None:
    """What is wrong with a unit's ledger, in one sentence; None when it is whole.

    A movement that was taken out, put in or rewritten leaves a broken seal, a step that begins
    where no step ended, an end that is not the unit's state, or a line that its unit's row
    contradicts. Its code and number have a seal of their own.
    """
    if not unit.sealed:
        return "Its code, number or lot is not as it came in."
    status = ""
    for number, one in enumerate(in_order(movements), 1):
        if one.before != status or (one.kind == "receive") is not (number == 1):
            return f"Movement {number} does not follow from the one before it."
        leads = one.after == LEADS_TO.get(one.kind, one.after)
        if not (one.sealed and leads and _borne_out(one, unit)):
            return f"Movement {number} is not as it was written."
        status = one.after
    if not status:
        return "The movement of its goods-in is missing."
    return None if status == unit.status else "The movements do not end in the unit's state."


def in_order(movements: Iterable[Movement]) -> list[Movement]:
    """A unit's movements as they happened; those of one instant each after the one it follows."""
    found: list[Movement] = []
    for _at, same in itertools.groupby(sorted(movements, key=_when), key=_when):
        rest = list(same)
        while rest:
            status = found[-1].after if found else ""
            fits = [one for one in rest if one.before == status] or rest
            left = [one.before for one in rest]
            step = next((one for one in fits if one.after in left), fits[0])
            rest.remove(step)
            found.append(step)
    return found


def _when(movement: Movement) -> dt.datetime:
    return movement.at


def _borne_out(one: Movement, unit: UnitFacts) -> bool:
    if (one.lot, one.clinic) != (unit.lot, unit.clinic):
        return False
    # An unopened unit is nobody's, but its waste names the treatment in whose room it was found.
    unopened = one.kind == "waste" and one.before != Unit.OPENED and unit.treatment is None
    if one.treatment is not None and one.treatment != unit.treatment and not unopened:
        return False
    if one.kind == "open":
        said = (one.at, one.by, one.treatment)
        return said == (unit.opened_at, unit.opened_by, unit.treatment)
    if one.kind == "waste":
        return (one.at, one.by, one.reason) == (unit.wasted_at, unit.wasted_by, unit.reason)
    return True
