"""Whether lots, units and the ledger of each unit are as they were written."""

from __future__ import annotations

from collections.abc import Generator, Iterator
from itertools import groupby
from typing import Any

from django.db import DatabaseError

from clinic.moment import one_moment
from clinic.seals import seal_of, sealed_columns
from treatments.models import Cartridge, CartridgeLot, StockMovement
from treatments.rules.ledger import Movement, UnitFacts, ledger_fault

OPENED_WASTED = ("opened_at", "opened_by", "wasted_at", "wasted_by")
OF_UNIT = ("status", "lot", "clinic", "treatment", *OPENED_WASTED)
OF_STEP = (
    "kind",
    "from_status",
    "to_status",
    "at",
    "by_id",
    "lot_id",
    "clinic_id",
    "treatment_id",
    "reason",
)
SEALED = sealed_columns(StockMovement)
OF_LOT = sealed_columns(CartridgeLot)
CAME_IN = sealed_columns(Cartridge)
REASONS = {"": "", **dict(Cartridge.WasteReason.choices)}


def ledger_faults() -> Generator[str, None, None]:
    """Each lot and unit that is not as it came in, and each unit whose movements do not lead to
    where it is, or are not as they were sealed (P23).

    Three queries, read as a stream and as of one moment, so that what is written meanwhile is no
    fault. A movement whose unit is gone is named too, and so is where the ledger cannot be read.
    """
    with one_moment():
        yield from _false_lots()
        yield from _ledger_faults()


def _false_lots() -> Iterator[str]:
    lots = CartridgeLot.objects.order_by("pk").values_list("lot", "mac", *OF_LOT)
    try:
        for lot, mac, *values in lots.iterator(chunk_size=2000):
            if mac != seal_of(CartridgeLot._meta.label, values):
                yield f"Lot {lot}: it is not as it came in."
    except (DatabaseError, ValueError, TypeError):
        yield "The lots cannot be read."


def _ledger_faults() -> Iterator[str]:
    units = Cartridge.objects.order_by("pk").values_list(
        "pk", "unit_code", "waste_reason", "mac", *OF_UNIT, *CAME_IN
    )
    moved = StockMovement.objects.order_by("cartridge_id").values_list(*SEALED, "mac")
    place = SEALED.index("cartridge_id")
    code = ""
    try:
        ledgers = groupby(moved.iterator(chunk_size=2000), key=lambda row: row[place])
        key, steps = next(ledgers, (None, iter(())))
        for unit, code, reason, mac, *rest in units.iterator(chunk_size=2000):
            while key is not None and key < unit:
                yield "A movement is of a unit that is gone."
                key, steps = next(ledgers, (None, iter(())))
            mine = [_movement(row) for row in steps] if key == unit else []
            if key == unit:
                key, steps = next(ledgers, (None, iter(())))
            facts = dict(zip(OF_UNIT, rest, strict=False))
            sealed = mac == seal_of(Cartridge._meta.label, rest[len(OF_UNIT) :])
            said = UnitFacts(**facts, reason=REASONS.get(reason, reason), sealed=sealed)
            if fault := ledger_fault(said, mine):
                yield f"Unit {code}: {fault}"
        if key is not None:
            yield "A movement is of a unit that is gone."
    except (DatabaseError, ValueError, TypeError):
        yield f"The ledger cannot be read {f'after unit {code}' if code else 'at all'}."


def _movement(row: tuple[Any, ...]) -> Movement:
    *values, mac = row
    found = dict(zip(SEALED, values, strict=True))
    whole = mac == seal_of(StockMovement._meta.label, values)
    return Movement(*[*(found[name] for name in OF_STEP), whole])
