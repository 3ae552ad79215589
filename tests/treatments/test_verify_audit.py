"""`verify_audit` also reads the signed records and the ledger, and names what is not as it was."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from typing import Any

import pytest
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext

from clinic import constraints
from tests import factories
from tests.cast import NOW, Cast
from tests.database import is_postgresql
from tests.raw_sql import change, refused, run, unchecked
from tests.treatments.records import named, verify
from tests.treatments.visits import arrived, chart_at, fit_unit, later
from treatments import operations
from treatments.models import Cartridge, StockMovement, Treatment
from treatments.queries.contents import content_hash, false_addenda, false_signatures
from treatments.queries.proof import ledger_faults
from treatments.queries.told import false_areas
from treatments.rules.ledger import Movement, UnitFacts, ledger_fault

MOVEMENTS = "treatments_stockmovement"


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
        "DELETE FROM treatments_needlingpass WHERE removed_at IS NOT NULL",
        "UPDATE treatments_cartridge SET waste_note = 'x' WHERE status = 'used'",
    ],
)
def test_a_signed_record_that_was_rewritten_is_named(unguarded: Treatment, edit: str) -> None:
    run(edit)
    says = f"Treatment {unguarded.code}: what it says is not what was signed."
    assert named().splitlines()[0] == says


@pytest.mark.rule("P11", "P23", "R51")
@pytest.mark.parametrize(
    "edit",
    [
        "content_hash = '00'",
        "printed_name = 'Dr. Invented'",
        "patient_text = 'Somebody Else, born Jan 1, 1950, PT-000001'",
        "meaning = 'I approve.'",
        "signed_at = '2026-11-24 17:00:00+00:00'",
    ],
)
def test_a_signature_that_was_rewritten_is_named(unguarded: Treatment, edit: str) -> None:
    run(f"UPDATE treatments_signature SET {edit}")
    assert named() == f"Treatment {unguarded.code}: its signature is not as it was written."


@pytest.mark.rule("P11", "P23")
def test_who_rewrites_a_record_and_its_hash_cannot_seal_it(unguarded: Treatment) -> None:
    """Anyone can compute the hash of what he wrote; the seal takes a key he does not have."""
    run("UPDATE treatments_treatment SET note = 'Nothing happened.'")
    forged = content_hash(Treatment.objects.get())
    run(f"UPDATE treatments_signature SET content_hash = '{forged}'")
    assert named() == f"Treatment {unguarded.code}: its signature is not as it was written."


ADDENDUM = (
    "INSERT INTO treatments_addendum (id, kind, text, reason, printed_name, written_at, author_id,"
    " clinic_id, treatment_id, mac) SELECT %s, 'correction', 'Not so.', 'x', 'Dr. Invented',"
    " %s, %s, t.clinic_id, t.id, '' FROM treatments_treatment t"
)


@pytest.mark.rule("P23", "R50")
def test_an_addendum_put_in_rewritten_or_taken_out_is_named(
    cast: Cast, unguarded: Treatment
) -> None:
    operations.add_addendum(
        treatment=unguarded,
        kind="late_entry",
        text="She called: all well.",
        reason="Phone call",
        by=cast.esthetician,
        at=later(90),
    )
    assert "are as they were written" in verify()
    constraints.drop(connection)
    for edit, says in (
        ("UPDATE treatments_addendum SET text = 'She fainted.'", "an addendum is not as it was"),
        ("DELETE FROM treatments_addendum", "an addendum is missing"),
    ):
        with transaction.atomic():
            run(edit)
            assert [one for one in false_addenda() if says in one]
            transaction.set_rollback(True)
    run(ADDENDUM, uuid.uuid4(), later(91), cast.reception)
    assert [*false_addenda()] == [
        f"Treatment {unguarded.code}: an addendum is not as it was written."
    ]


@pytest.mark.rule("R50")
def test_an_addendum_is_never_older_than_the_signature(cast: Cast, signed: Treatment) -> None:
    found = refused(ADDENDUM, uuid.uuid4(), later(5), cast.esthetician)
    assert found == "addendum_to_a_signed_chart"


@pytest.mark.rule("P23")
def test_a_forged_step_that_fits_is_named_by_its_seal(cast: Cast, signed: Treatment) -> None:
    """With every guard standing: the unit and a movement that says so, written by hand."""
    unit = fit_unit(cast)
    run(*change(unit, status="lost"))
    columns = "id, kind, from_status, to_status, at, by_id, cartridge_id, clinic_id, lot_id"
    run(
        f"INSERT INTO {MOVEMENTS} ({columns}, reason, mac) SELECT %s, 'lose', 'in_stock', 'lost', "
        "%s, %s, c.id, c.clinic_id, c.lot_id, '', '' FROM treatments_cartridge c WHERE c.id = %s",
        uuid.uuid4(), later(80), cast.manager, unit,
    )  # fmt: skip
    assert named() == f"Unit {unit.unit_code}: Movement 2 is not as it was written."


@pytest.mark.rule("P23")
@pytest.mark.parametrize(
    "edit", ["at = '2026-11-24 16:30:59+00:00'", "treatment_id = NULL", "reason = 'x'"]
)
def test_a_movement_that_nothing_contradicts_is_named_by_its_seal(
    unguarded: Treatment, edit: str
) -> None:
    unit = Cartridge.objects.get(status="used")
    run(f"UPDATE {MOVEMENTS} SET {edit} WHERE kind = 'use'")
    assert named() == f"Unit {unit.unit_code}: Movement 3 is not as it was written."


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

    few = (spent(false_signatures), spent(false_areas), spent(ledger_faults))
    factories.lot(cast.clinic, cast.product, "MORE", units=30, by=cast.manager)
    chart_at(cast, "signed", arrived(cast, practitioner=cast.priya, patient=cast.wang, minutes=31))
    many = (spent(false_signatures), spent(false_areas), spent(ledger_faults))
    assert many == few == (7, 2, 3)


# The pure rule


A_CHART = uuid.UUID(int=1)


def step(
    kind: str, before: str, after: str, minute: int = 0, chart: uuid.UUID | None = None
) -> Movement:
    return Movement(kind, before, after, later(minute), treatment=chart)


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
        # Found torn in a treatment's room: the unit is nobody's, its waste names the treatment.
        ("wasted", [RECEIVED, step("waste", "in_stock", "wasted", 1, A_CHART)], None),
        (
            "quarantined",
            [RECEIVED, step("quarantine", "in_stock", "quarantined", 1, A_CHART)],
            "Movement 2 is not as it was written.",
        ),
    ],
)
@pytest.mark.rule("P23")
def test_each_movement_begins_where_the_one_before_it_ended(
    status: str, steps: list[Movement], fault: str | None
) -> None:
    wasted_at = later(1) if status == "wasted" else None
    assert ledger_fault(UnitFacts(status, wasted_at=wasted_at), steps) == fault
