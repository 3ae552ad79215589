"""The balance as a rule: a table of accounts, and lawful lives of units that always add up."""

from __future__ import annotations

import datetime as dt
from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from treatments.rules.balance import Account, Flow, account, difference, together
from treatments.rules.status import UNIT_ALLOWED, Unit
from treatments.rules.stock import days_of_supply, say_days_left, shelf_state

RECEIVE_10 = Flow("receive", "", "in_stock", 10)
OPEN_3 = Flow("open", "in_stock", "opened", 3)
USE_2 = Flow("use", "opened", "used", 2)
USE_1_EARLY = Flow("use", "opened", "used", 1, early=True)
WASTE_1 = Flow("waste", "in_stock", "wasted", 1)

TABLE = {
    "nothing at all": ([], [], {}, Account()),
    "received and untouched": (
        [],
        [RECEIVE_10],
        {"in_stock": 10},
        Account(received=10, in_stock=10),
    ),
    "used, one in a treatment that ended early, one wasted": (
        [RECEIVE_10],
        [OPEN_3, USE_2, USE_1_EARLY, WASTE_1],
        {"in_stock": 6, "used": 3, "wasted": 1},
        Account(opening=10, used=2, ended_early=1, wasted=1, in_stock=6),
    ),
    "opened and still in the room": (
        [RECEIVE_10],
        [OPEN_3, USE_2],
        {"in_stock": 7, "opened": 1, "used": 2},
        Account(opening=10, used=2, in_stock=7, opened=1),
    ),
    "received into quarantine, some released, some destroyed, some returned": (
        [Flow("receive", "", "quarantined", 10)],
        [
            Flow("release", "quarantined", "in_stock", 4),
            Flow("destroy", "quarantined", "destroyed", 3),
            Flow("return", "quarantined", "returned", 2),
        ],
        {"quarantined": 1, "in_stock": 4, "destroyed": 3, "returned": 2},
        Account(opening=10, destroyed=3, returned=2, in_stock=4, quarantined=1),
    ),
    "lost and found again": (
        [RECEIVE_10, Flow("lose", "in_stock", "lost", 2)],
        [Flow("find", "lost", "in_stock", 1)],
        {"in_stock": 9, "lost": 1},
        Account(opening=8, lost=-1, in_stock=9),
    ),
    "in transit counts at the sender": (
        [RECEIVE_10],
        [Flow("send", "in_stock", "in_transit", 4)],
        {"in_stock": 6, "in_transit": 4},
        Account(opening=10, in_stock=6, in_transit=4),
    ),
    "a corrected use goes to quarantine": (
        [RECEIVE_10, OPEN_3, Flow("use", "opened", "used", 3)],
        [Flow("correct", "used", "quarantined", 1)],
        {"in_stock": 7, "used": 2, "quarantined": 1},
        Account(opening=7, used=-1, in_stock=7, quarantined=1),
    ),
    "a unit row says used, the ledger does not": (
        [RECEIVE_10],
        [],
        {"in_stock": 9, "used": 1},
        Account(opening=10, in_stock=10, difference=1),
    ),
    "a unit row is gone": (
        [RECEIVE_10],
        [],
        {"in_stock": 9},
        Account(opening=10, in_stock=10, difference=1),
    ),
    "a unit row that the ledger never saw": (
        [],
        [],
        {"in_stock": 1},
        Account(difference=1),
    ),
    "a step that begins nowhere": (
        [RECEIVE_10],
        [Flow("find", "", "in_stock", 1)],
        {"in_stock": 11},
        Account(opening=10, in_stock=11, difference=1),
    ),
}


def unexplained(found: Account) -> int:
    """What the equation lacks: 0 unless a step of the ledger begins or ends nowhere."""
    return found.opening + found.received - found.gone - found.on_hand


@pytest.mark.rule("R9", "P10")
@pytest.mark.parametrize(("before", "during", "rows", "expected"), TABLE.values(), ids=TABLE)
def test_the_account_of_a_lot(before, during, rows, expected) -> None:
    found = account(before=before, during=during, rows=rows)
    assert found == expected
    nowhere = sum(flow.units for flow in during if not flow.before and flow.kind != "receive")
    assert unexplained(found) == -nowhere


@pytest.mark.rule("R9")
def test_what_comes_after_the_period_does_not_change_it_but_is_held_against_the_rows() -> None:
    rows = {"in_stock": 8, "opened": 2}
    found = account(
        before=[RECEIVE_10], during=[], after=[Flow("open", "in_stock", "opened", 2)], rows=rows
    )
    assert found == Account(opening=10, in_stock=10)
    silent = account(before=[RECEIVE_10], during=[], rows=rows)
    assert silent.difference == 2


@pytest.mark.rule("R9")
def test_a_unit_in_the_wrong_state_counts_once_and_two_faults_never_cancel_out() -> None:
    assert difference({"in_stock": 5}, {"in_stock": 5}) == 0
    assert difference({"in_stock": 5}, {"in_stock": 4, "used": 1}) == 1
    assert difference({"in_stock": 5, "used": 1}, {"in_stock": 4, "used": 2}) == 1
    assert difference({"in_stock": 5}, {}) == 5
    lots = [Account(difference=1), Account(difference=2)]
    assert together(lots).difference == 3


@st.composite
def lives(draw: st.DrawFn) -> list[list[tuple[str, str]]]:
    """Lawful lives of some units: each a chain of steps from goods-in."""
    found = []
    for _ in range(draw(st.integers(0, 12))):
        state = draw(st.sampled_from([Unit.IN_STOCK, Unit.QUARANTINED]))
        steps = [("", str(state))]
        for _ in range(draw(st.integers(0, 5))):
            if not UNIT_ALLOWED[state]:
                break
            then = draw(st.sampled_from(sorted(UNIT_ALLOWED[state])))
            steps.append((str(state), str(then)))
            state = then
        found.append(steps)
    return found


@pytest.mark.rule("R9", "P10")
@given(lives(), st.integers(0, 6), st.integers(0, 6))
def test_lawful_lives_add_up_at_every_instant(units, first, length) -> None:
    """The steps of all units happen in rounds; the period is any stretch of rounds."""
    parts: tuple[list[Flow], ...] = ([], [], [])
    for steps in units:
        for number, (before, after) in enumerate(steps):
            kind = "step" if before else "receive"
            part = (number >= first) + (number >= first + length)
            parts[part].append(Flow(kind, before, after, 1))
    rows = Counter(steps[-1][1] for steps in units)
    found = account(before=parts[0], during=parts[1], after=parts[2], rows=rows)
    assert unexplained(found) == 0
    assert found.difference == 0
    if units:
        state = units[0][-1][1]
        wrong = (
            rows
            - Counter([state])
            + Counter([str(Unit.IN_STOCK if state != "in_stock" else Unit.LOST)])
        )
        assert account(before=parts[0], during=parts[1], after=parts[2], rows=wrong).difference == 1


@pytest.mark.rule("R3")
def test_the_printed_day_still_counts_on_the_shelf() -> None:
    day = dt.date(2026, 11, 24)

    def state(expires_on: dt.date, status: str = "available") -> str:
        return shelf_state(expires_on=expires_on, lot_status=status, today=day)

    assert state(day) == "expiring"
    assert state(day - dt.timedelta(days=1)) == "expired"
    assert state(day + dt.timedelta(days=30)) == "expiring"
    assert state(day + dt.timedelta(days=31)) == "available"
    assert state(day - dt.timedelta(days=1), "frozen") == "frozen"
    assert state(day + dt.timedelta(days=99), "quarantined") == "quarantined"
    assert say_days_left(day, day) == "today is the last day"
    assert say_days_left(day + dt.timedelta(days=1), day) == "in 1 day"
    assert say_days_left(day - dt.timedelta(days=2), day) == "2 days ago"
    assert say_days_left(day - dt.timedelta(days=1), day) == "1 day ago"


def test_the_supply_is_measured_by_the_last_four_weeks() -> None:
    assert days_of_supply(ready=14, used=28) == 14
    assert days_of_supply(ready=0, used=5) == 0
    assert days_of_supply(ready=40, used=0) is None
