"""`verify_audit` also reads the signed records and the ledger, and names what is not as it was."""

from __future__ import annotations

from collections.abc import Callable
from io import StringIO
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.db import connection
from django.test.utils import CaptureQueriesContext

from clinic import constraints
from tests import factories
from tests.cast import NOW, Cast
from tests.database import is_postgresql
from tests.raw_sql import run, unchecked
from tests.treatments.visits import arrived, chart_at, fit_unit, later
from treatments import operations
from treatments.models import Cartridge, StockMovement, Treatment
from treatments.queries.contents import false_signatures
from treatments.queries.ledger import ledger_faults
from treatments.rules.ledger import Movement, UnitFacts, ledger_fault

MOVEMENTS = "treatments_stockmovement"


@pytest.fixture
def signed(cast: Cast) -> Treatment:
    """A signed record; the clinic has units in stock, one used and one wasted."""
    chart = chart_at(cast, "signed")
    operations.waste_unit(cartridge=fit_unit(cast), reason="dropped", by=cast.manager, at=later(70))
    return chart


@pytest.fixture
def unguarded(signed: Treatment) -> Treatment:
    """The same, with the guards away."""
    constraints.drop(connection)
    return signed


def verify() -> str:
    """What the command says, with the guards back in their places."""
    constraints.install(connection)
    said = StringIO()
    call_command("verify_audit", stdout=said)
    return said.getvalue()


def named() -> str:
    with pytest.raises(CommandError) as error:
        verify()
    return str(error.value)


@pytest.mark.rule("P23")
def test_lawful_records_and_units_are_whole(signed: Treatment) -> None:
    assert "are as they were written" in verify()
    assert [*false_signatures(), *ledger_faults()] == []


@pytest.mark.rule("P23")
@pytest.mark.parametrize(
    "edit",
    [
        "UPDATE treatments_treatment SET note = 'Nothing happened.'",
        "UPDATE treatments_numbingapplication SET amount = amount + 1",
        "UPDATE treatments_needlingpass SET depth = 25",
        "DELETE FROM treatments_needlingpass",
        "UPDATE treatments_signature SET content_hash = '00'",
    ],
)
def test_a_signed_record_that_was_rewritten_is_named(unguarded: Treatment, edit: str) -> None:
    run(edit)
    assert named() == f"Treatment {unguarded.code}: what it says is not what was signed."


@pytest.mark.rule("P23")
def test_a_signature_taken_away_is_named(unguarded: Treatment) -> None:
    run("DELETE FROM treatments_signature")
    assert named() == f"Treatment {unguarded.code}: its signature is missing."


@pytest.mark.rule("P23")
@pytest.mark.parametrize(
    ("edit", "says"),
    [
        ("DELETE FROM {m} WHERE kind = 'receive' AND {used}", "Movement 1 does not follow"),
        ("DELETE FROM {m} WHERE kind = 'open' AND {used}", "Movement 2 does not follow"),
        ("DELETE FROM {m} WHERE kind = 'use' AND {used}", "do not end in the unit's state"),
        ("DELETE FROM {m} WHERE {used}", "The movement of its goods-in is missing"),
        ("UPDATE {m} SET to_status = 'wasted' WHERE kind = 'use'", "Movement 3 is not as it was"),
        ("UPDATE {m} SET kind = 'waste' WHERE kind = 'use'", "Movement 3 is not as it was"),
        ("UPDATE {m} SET at = '2026-11-24 15:30:59+00:00' WHERE kind = 'open'", "Movement 2 is"),
        ("UPDATE {m} SET treatment_id = NULL WHERE kind = 'open'", "Movement 2 is not as it was"),
        ("UPDATE treatments_cartridge SET status = 'lost' WHERE {its}", "do not end in the unit's"),
    ],
)
def test_a_ledger_that_was_rewritten_is_named_by_its_unit(
    unguarded: Treatment, edit: str, says: str
) -> None:
    unit = Cartridge.objects.get(status="used")
    of = f"(SELECT id FROM treatments_cartridge WHERE unit_code = '{unit.unit_code}')"
    run(edit.format(m=MOVEMENTS, used=f"cartridge_id = {of}", its=f"id = {of}"))
    told = named()
    assert told.startswith(f"Unit {unit.unit_code}: ")
    assert says in told


@pytest.mark.rule("P23")
def test_a_movement_put_in_is_named(cast: Cast, unguarded: Treatment) -> None:
    unit = fit_unit(cast)
    StockMovement(
        clinic=cast.clinic,
        lot=unit.lot,
        cartridge=unit,
        kind="lose",
        from_status="in_stock",
        to_status="lost",
        at=NOW,
        by=cast.manager,
    ).write()
    assert named() == f"Unit {unit.unit_code}: The movements do not end in the unit's state."


@pytest.mark.rule("P23")
def test_what_cannot_be_read_is_named_and_does_not_crash(unguarded: Treatment) -> None:
    never = "infinity" if is_postgresql() else "2026-13-45 10:00:00"
    with unchecked(MOVEMENTS, "movement_dates_bounded"):
        run(f"UPDATE {MOVEMENTS} SET at = '{never}' WHERE kind = 'use'")
    with unchecked("treatments_needlingpass", "needling_pass_dates_bounded"):
        run(f"UPDATE treatments_needlingpass SET at = '{never}'")
    charts, ledger = named().splitlines()
    assert charts == "The charts cannot be read at all."
    assert ledger.startswith("The ledger cannot be read ")


def test_more_records_cost_no_more_queries(cast: Cast, signed: Treatment) -> None:
    def spent(read: Callable[[], Any]) -> int:
        with CaptureQueriesContext(connection) as found:
            assert list(read()) == []
        return len(found)

    few = (spent(false_signatures), spent(ledger_faults))
    factories.lot(cast.clinic, cast.product, "MORE", units=30, by=cast.manager)
    chart_at(cast, "signed", arrived(cast, practitioner=cast.priya, patient=cast.wang, minutes=31))
    assert (spent(false_signatures), spent(ledger_faults)) == few == (4, 2)


# The pure rule


def step(kind: str, before: str, after: str, minute: int = 0) -> Movement:
    return Movement(kind, before, after, later(minute))


RECEIVED = step("receive", "", "in_stock")


@pytest.mark.parametrize(
    ("status", "steps", "fault"),
    [
        ("in_stock", [RECEIVED], None),
        ("in_stock", [], "The movement of its goods-in is missing."),
        ("quarantined", [RECEIVED], "The movements do not end in the unit's state."),
        ("lost", [step("lose", "in_stock", "lost", 1), RECEIVED], None),
        ("in_stock", [RECEIVED, RECEIVED], "Movement 2 does not follow from the one before it."),
        ("lost", [step("lose", "", "lost")], "Movement 1 does not follow from the one before it."),
        # At one instant, in the order in which they follow each other.
        (
            "lost",
            [
                step("lose", "in_stock", "lost"),
                step("release", "quarantined", "in_stock"),
                step("quarantine", "in_stock", "quarantined"),
                RECEIVED,
            ],
            None,
        ),
    ],
)
@pytest.mark.rule("P23")
def test_each_movement_begins_where_the_one_before_it_ended(
    status: str, steps: list[Movement], fault: str | None
) -> None:
    assert ledger_fault(UnitFacts(status), steps) == fault
