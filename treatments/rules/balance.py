"""The balance of a lot: every unit received is used, wasted, gone, or on hand (R9, P10).

Everything is counted from the ledger's steps; no counter is kept. What is on hand at the end of
a period is reached from the steps alone, and then held against the rows of the units.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, fields

from treatments.rules.status import ON_HAND, Unit

RECEIVED = "receive"


@dataclass(frozen=True)
class Flow:
    """Steps of one kind: so many units went from state `before` to state `after`.

    `before` is empty at goods-in. `early` marks use in a treatment that ended early.
    """

    kind: str
    before: str
    after: str
    units: int
    early: bool = False


@dataclass(frozen=True)
class Account:
    """One lot in one period, in units.

    on hand before + received = used + ended early + wasted + returned + destroyed + lost
    + on hand at the end, in whichever state. What was found again counts against what was lost,
    and a corrected use against what was used, so a term of a period can be negative.
    """

    opening: int = 0
    received: int = 0
    used: int = 0
    ended_early: int = 0
    wasted: int = 0
    returned: int = 0
    destroyed: int = 0
    lost: int = 0
    in_stock: int = 0
    opened: int = 0
    quarantined: int = 0
    in_transit: int = 0
    difference: int = 0

    @property
    def on_hand(self) -> int:
        """What the clinic still has at the end of the period."""
        return self.in_stock + self.opened + self.quarantined + self.in_transit

    @property
    def gone(self) -> int:
        """What left the clinic's hands in the period, in whichever way."""
        return (
            self.used + self.ended_early + self.wasted + self.returned + self.destroyed + self.lost
        )

    @property
    def is_still(self) -> bool:
        """Whether nothing was there, nothing happened and nothing is wrong."""
        return self == Account()


def stand(flows: Iterable[Flow]) -> Counter[str]:
    """How many units the steps have left in each state."""
    found: Counter[str] = Counter()
    for flow in flows:
        if flow.before:
            found[flow.before] -= flow.units
        if flow.after:
            found[flow.after] += flow.units
    return found


def account(
    *,
    before: Iterable[Flow],
    during: Iterable[Flow],
    after: Iterable[Flow] = (),
    rows: Mapping[str, int],
) -> Account:
    """The account of one lot. `rows` are its unit rows by state, as they are now.

    The rows know only the present, so the difference holds them against the whole ledger, also
    against the steps after the period.
    """
    before, during, after = list(before), list(during), list(after)
    opening, change = stand(before), stand(during)
    closing = stand([*before, *during])
    early = stand(flow for flow in during if flow.early)[Unit.USED]
    whole = [*before, *during, *after]
    return Account(
        opening=sum(opening[state] for state in ON_HAND),
        received=sum(flow.units for flow in during if flow.kind == RECEIVED),
        used=change[Unit.USED] - early,
        ended_early=early,
        wasted=change[Unit.WASTED],
        returned=change[Unit.RETURNED],
        destroyed=change[Unit.DESTROYED],
        lost=change[Unit.LOST],
        in_stock=closing[Unit.IN_STOCK],
        opened=closing[Unit.OPENED],
        quarantined=closing[Unit.QUARANTINED],
        in_transit=closing[Unit.IN_TRANSIT],
        difference=difference(stand(whole), rows) + _loose_ends(whole),
    )


def difference(ledger: Mapping[str, int], rows: Mapping[str, int]) -> int:
    """How many units the ledger and the unit rows disagree on; a moved unit counts once."""
    states = {*ledger, *rows}
    gaps = [ledger.get(state, 0) - rows.get(state, 0) for state in states]
    return max(sum(gap for gap in gaps if gap > 0), -sum(gap for gap in gaps if gap < 0))


def _loose_ends(flows: Iterable[Flow]) -> int:
    """Units that came from nowhere by anything but goods-in, or went nowhere."""
    return sum(
        flow.units
        for flow in flows
        if (not flow.before) != (flow.kind == RECEIVED) or not flow.after
    )


def together(accounts: Iterable[Account]) -> Account:
    """The sum of several lots' accounts."""
    total: Counter[str] = Counter()
    names = [field.name for field in fields(Account)]
    for one in accounts:
        for name in names:
            total[name] += getattr(one, name)
    return Account(**{name: total[name] for name in names})
