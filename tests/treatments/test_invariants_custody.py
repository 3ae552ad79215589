"""Single use, as the database itself keeps it: attacked with raw SQL, and once without guards."""

from __future__ import annotations

import datetime as dt
from typing import Any

import pytest
from django.db import DatabaseError, IntegrityError, connection

from clinic import constraints
from tests import factories
from tests.cast import TODAY, Cast
from tests.raw_sql import change, copy, refused, run
from tests.treatments.visits import arrived, chart_at, fit_unit, later
from treatments import operations
from treatments.models import Cartridge, CartridgeLot, StockMovement, Treatment
from treatments.rules.status import UNIT_ALLOWED, Unit


def opening(cast: Cast, chart: Treatment, **given: Any) -> dict[str, Any]:
    """The columns of a unit that is opened for a chart, as the operation writes them."""
    return {
        "status": "opened",
        "treatment_id": chart,
        "opened_at": later(31),
        "opened_by_id": cast.esthetician,
        "opened_on": TODAY,
        "pack_intact": True,
        **given,
    }


def second_chart(cast: Cast, step: str = "started") -> Treatment:
    """Wang's treatment, in the other room two hours later."""
    return chart_at(cast, step, arrived(cast, patient=cast.wang, minutes=120))


@pytest.mark.rule("R2", "R12", "P7")
@pytest.mark.parametrize("step", ["claimed", "finished", "signed"])
def test_a_unit_once_opened_never_goes_to_another_treatment(cast: Cast, step: str) -> None:
    unit = chart_at(cast, step).units.get()
    other = second_chart(cast)
    assert refused(*change(unit, treatment_id=other)) == "cartridge_treatment_written_once"
    assert refused(*change(unit, treatment_id=None)) in {
        "cartridge_treatment_written_once",
        "cartridge_opened_for_a_treatment",
    }
    again = change(unit, **opening(cast, other, opened_at=later(40)))
    assert refused(*again) in {
        "cartridge_treatment_written_once",
        "cartridge_keeps_identity",
        "cartridge_steps",
    }
    unit.refresh_from_db()
    assert unit.treatment != other


@pytest.mark.rule("R2", "R10", "C1")
@pytest.mark.parametrize("then", ["in_stock", "opened", "quarantined", "lost", "returned"])
@pytest.mark.parametrize("end", ["used", "wasted"])
def test_a_used_or_wasted_unit_takes_no_further_step(cast: Cast, end: str, then: str) -> None:
    chart = chart_at(cast, "claimed" if end == "wasted" else "finished")
    unit = chart.units.get()
    if end == "wasted":
        operations.waste_unit(
            cartridge=unit,
            reason="dropped",
            patient_contact=False,
            by=cast.esthetician,
            at=later(32),
        )
        unit.refresh_from_db()
    columns: dict[str, Any] = {"status": then}
    if end == "wasted":
        columns |= {"waste_reason": "", "wasted_at": None, "wasted_by_id": None}
    found = refused(*change(unit, **columns))
    assert found in {
        "cartridge_steps",
        "cartridge_keeps_identity",
        "cartridge_opened_fit_to_use",
        "cartridge_opened_under_way",
    }
    unit.refresh_from_db()
    assert unit.status == end


def test_the_guard_holds_the_same_table_as_the_rule(cast: Cast) -> None:
    """Every pair of states: what the rule's table allows from stock, and nothing else."""
    allowed = {str(then) for then in UNIT_ALLOWED[Unit.IN_STOCK]}
    for then in set(Unit) - {Unit.IN_STOCK, Unit.OPENED, Unit.WASTED}:
        unit = fit_unit(cast)
        if str(then) in allowed:
            run(*change(unit, status=str(then)))
            run(*change(unit, status="in_stock"))
        else:
            assert refused(*change(unit, status=str(then))) in {
                "cartridge_steps",
                "cartridge_opened_for_a_treatment",
                "cartridge_opened_pack_intact",
            }


@pytest.mark.rule("R1")
def test_a_treatment_never_has_two_open_or_used_units(cast: Cast) -> None:
    chart = chart_at(cast, "claimed")
    second = change(fit_unit(cast), **opening(cast, chart))
    assert refused(*second) in {"cartridge_once_per_treatment", "cartridge_no_second_open"}
    operations.waste_unit(
        cartridge=chart.units.get(),
        reason="dropped",
        patient_contact=False,
        by=cast.esthetician,
        at=later(32),
    )
    run(*second)


@pytest.mark.rule("R3", "R5", "R6", "P8")
@pytest.mark.parametrize(
    ("how", "name"),
    [
        ("expired", "cartridge_opened_fit_to_use"),
        ("frozen", "cartridge_opened_fit_to_use"),
        ("quarantined lot", "cartridge_opened_fit_to_use"),
        ("received later", "cartridge_opened_fit_to_use"),
        ("quarantined", "cartridge_steps"),
        ("another clinic's", "cartridge_opened_under_way"),
    ],
)
def test_a_unit_that_is_not_fit_is_never_opened(cast: Cast, how: str, name: str) -> None:
    chart = chart_at(cast, "started")
    unit = fit_unit(cast)
    if how == "expired":
        unit = cast.expired_lot.units.earliest("number")
    elif how == "another clinic's":
        unit = cast.other_lot.units.earliest("number")
    elif how == "received later":
        tomorrow = TODAY + dt.timedelta(days=1)
        lot = factories.lot(
            cast.clinic, cast.product, "LATE", units=1, by=cast.manager, received_on=tomorrow
        )
        unit = lot.units.get()
    elif how == "quarantined":
        run(*change(unit, status="quarantined"))
    else:
        status = CartridgeLot.Status.FROZEN if how == "frozen" else "quarantined"
        run(*change(cast.lot, status=str(status)))
    assert refused(*change(unit, **opening(cast, chart))) == name


@pytest.mark.rule("R1", "R6", "R8")
@pytest.mark.parametrize(
    ("columns", "name"),
    [
        ({"pack_intact": False}, "cartridge_opened_pack_intact"),
        ({"opened_by_id": None}, "cartridge_opened_by"),
        ({"opened_on": None}, "cartridge_opened_for_a_treatment"),
        ({"treatment_id": None}, "cartridge_opened_for_a_treatment"),
        ({"opened_at": later(29)}, "cartridge_opened_under_way"),
        ({"opened_on": TODAY - dt.timedelta(days=1)}, "cartridge_opened_on_start_day"),
    ],
)
def test_an_opening_is_told_whole(cast: Cast, columns: dict[str, Any], name: str) -> None:
    chart = chart_at(cast, "started")
    found = refused(*change(fit_unit(cast), **opening(cast, chart, **columns)))
    # A missing treatment or day is seen by several of these at once.
    assert found in {
        name,
        "cartridge_opened_by",
        "cartridge_opened_under_way",
        "cartridge_opened_on_start_day",
        "cartridge_opened_fit_to_use",
        "cartridge_treatment_means_opened",
    }


@pytest.mark.rule("R6", "R46")
@pytest.mark.parametrize("step", ["open", "numbed", "finished", "signed"])
def test_a_unit_is_opened_only_for_a_treatment_under_way(cast: Cast, step: str) -> None:
    chart = chart_at(cast, step)
    found = refused(*change(fit_unit(cast), **opening(cast, chart, opened_at=later(70))))
    assert found in {
        "cartridge_opened_under_way",
        "cartridge_opened_on_start_day",
        "cartridge_no_second_open",
        "cartridge_once_per_treatment",
    }


@pytest.mark.rule("R13")
def test_a_wasted_unit_has_its_reason_and_other_has_its_words(cast: Cast) -> None:
    gone = {"status": "wasted", "wasted_at": later(5), "wasted_by_id": cast.manager}
    unit = fit_unit(cast)
    assert refused(*change(unit, **gone)) == "cartridge_wasted_has_reason"
    assert refused(*change(unit, **gone, waste_reason="eaten")) == "cartridge_waste_reason_known"
    assert refused(*change(unit, **gone, waste_reason="other")) == "cartridge_other_waste_is_told"
    assert refused(*change(unit, **gone | {"wasted_by_id": None}, waste_reason="dropped")) == (
        "cartridge_wasted_by"
    )
    run(*change(unit, **gone, waste_reason="dropped"))


@pytest.mark.rule("R13")
def test_only_an_opened_unit_touched_someone_or_was_left_unused(cast: Cast) -> None:
    gone = {"status": "wasted", "wasted_at": later(40), "wasted_by_id": cast.manager}
    closed = fit_unit(cast)
    assert refused(*change(closed, **gone, waste_reason="dropped", patient_contact=True)) == (
        "cartridge_contact_means_opened"
    )
    assert refused(*change(closed, **gone, waste_reason="opened_not_used")) == (
        "cartridge_not_used_was_opened"
    )
    opened = chart_at(cast, "claimed").units.get()
    unused = {**gone, "waste_reason": "opened_not_used"}
    assert refused(*change(opened, **unused, patient_contact=True)) == (
        "cartridge_not_used_was_opened"
    )
    run(*change(opened, **unused))


@pytest.mark.rule("R13")
@pytest.mark.parametrize("reason", ["opened_not_used", "dropped"])
def test_a_unit_that_needled_is_never_wasted_as_untouched(cast: Cast, reason: str) -> None:
    chart = chart_at(cast, "needled")
    unused = change(
        chart.units.get(),
        status="wasted",
        wasted_at=later(50),
        wasted_by_id=cast.esthetician,
        waste_reason=reason,
    )
    assert refused(*unused) == "cartridge_that_needled_touched"
    for one in chart.passes.all():
        operations.remove_pass(treatment=chart, seq=one.seq, by=cast.esthetician, at=later(49))
    run(*unused)


@pytest.mark.rule("R2")
def test_a_unit_keeps_its_code_its_lot_and_when_it_was_opened(cast: Cast) -> None:
    unit = chart_at(cast, "claimed").units.get()
    for columns in (
        {"unit_code": "C-999999"},
        {"number": 999_999},
        {"lot_id": cast.expired_lot},
        {"opened_at": later(45)},
    ):
        found = refused(*change(unit, **columns))
        assert found in {"cartridge_keeps_identity", "cartridge_opened_under_way"}
    with pytest.raises(IntegrityError):
        run(*change(unit, clinic_id=cast.other_clinic))
    with pytest.raises(DatabaseError):
        run("DELETE FROM treatments_cartridge WHERE id = %s", unit)


def test_a_unit_comes_in_as_stock_with_a_lot_of_its_own_clinic(cast: Cast) -> None:
    unit = fit_unit(cast)
    fresh = {"number": 900, "unit_code": "C-000900"}
    assert refused(*copy(unit, **fresh, status="lost")) == "cartridge_begins_in_stock"
    assert refused(*copy(unit, **fresh, clinic_id=cast.other_clinic)) == (
        "cartridge_lot_of_same_clinic"
    )
    run(*copy(unit, **fresh))
    assert Cartridge.objects.filter(unit_code="C-000900").exists()


# What a treatment says of its cartridge


def finishing(cast: Cast, **given: Any) -> dict[str, Any]:
    """The columns of a treatment that is completed."""
    return {
        "status": "completed",
        "ended_at": later(60),
        "ended_by_id": cast.esthetician,
        "endpoint": "erythema_mild",
        "aftercare_given": True,
        "needle_contact": True,
        **given,
    }


@pytest.mark.rule("R1", "P6")
def test_nothing_is_completed_without_its_own_used_unit(cast: Cast) -> None:
    chart = chart_at(cast, "needled")
    own = chart.units.get()
    theirs = second_chart(cast, "claimed").units.get()
    assert refused(*change(chart, **finishing(cast))) in {
        "treatment_completed_has_cartridge",
        "treatment_ended_without_open_unit",
    }
    assert refused(*change(chart, **finishing(cast, cartridge_id=own))) in {
        "treatment_used_its_unit",
        "treatment_ended_without_open_unit",
    }
    run(*change(own, status="used"))
    assert refused(*change(chart, **finishing(cast))) == "treatment_completed_has_cartridge"
    assert refused(*change(chart, **finishing(cast, cartridge_id=theirs))) == (
        "treatment_used_its_unit"
    )
    run(*change(theirs, status="used"))
    assert refused(*change(chart, **finishing(cast, cartridge_id=theirs))) == (
        "treatment_used_its_unit"
    )
    run(*change(chart, **finishing(cast, cartridge_id=own)))
    found = refused(*change(chart, cartridge_id=theirs))
    assert found in {"treatment_used_its_unit", "treatment_keeps_identity"}


@pytest.mark.rule("R39", "R46")
def test_nothing_is_completed_without_passes(cast: Cast) -> None:
    chart = chart_at(cast, "claimed")
    unit = chart.units.get()
    run(*change(unit, status="used"))
    found = refused(*change(chart, **finishing(cast, cartridge_id=unit)))
    assert found == "treatment_completed_is_charted"


@pytest.mark.rule("R33")
def test_an_early_end_after_contact_names_its_unit(cast: Cast) -> None:
    chart = chart_at(cast, "claimed")
    early = {
        "status": "aborted",
        "aborted": True,
        "abort_reason": "Ill",
        "needle_contact": True,
        "ended_at": later(40),
        "ended_by_id": cast.esthetician,
    }
    assert refused(*change(chart, **early)) in {
        "treatment_contact_has_cartridge",
        "treatment_ended_without_open_unit",
    }
    run(*change(chart.units.get(), status="used"))
    assert refused(*change(chart, **early)) in {
        "treatment_contact_has_cartridge",
        "treatment_names_its_unit",
    }
    untold = early | {"abort_reason": "", "needle_contact": False}
    assert refused(*change(chart, **untold)) == "treatment_names_its_unit"


def spoiled_chart(cast: Cast) -> Treatment:
    """A treatment whose unit touched the patient and was wasted, with no other one opened."""
    chart = chart_at(cast, "needled")
    operations.waste_unit(
        cartridge=chart.units.get(),
        reason="contaminated",
        patient_contact=True,
        by=cast.esthetician,
        at=later(40),
    )
    return chart


@pytest.mark.rule("R33")
def test_an_early_end_says_of_a_spoiled_unit_that_it_touched(cast: Cast) -> None:
    chart = spoiled_chart(cast)
    early = {
        "status": "aborted",
        "aborted": True,
        "abort_reason": "Ill",
        "ended_at": later(41),
        "ended_by_id": cast.esthetician,
    }
    assert refused(*change(chart, **early, needle_contact=False)) == "treatment_names_its_unit"
    run(*change(chart, **early, needle_contact=True))


@pytest.mark.rule("R1", "R13")
def test_a_treatment_is_not_completed_by_a_unit_that_never_needled(cast: Cast) -> None:
    chart = spoiled_chart(cast)
    unit = fit_unit(cast)
    run(*change(unit, **opening(cast, chart, opened_at=later(42))))
    run(*change(unit, status="used"))
    found = refused(*change(chart, **finishing(cast, cartridge_id=unit)))
    assert found == "treatment_completed_is_charted"


@pytest.mark.rule("R9")
def test_the_ledger_is_only_added_to(cast: Cast) -> None:
    chart = chart_at(cast, "claimed")
    step = StockMovement.objects.get(kind="open", treatment=chart)
    table = "treatments_stockmovement"
    assert refused(*change(step, kind="waste")) == f"{table}_append_only"
    assert refused(f"DELETE FROM {table} WHERE id = %s", step) == f"{table}_append_only"
    assert refused(*copy(step, lot_id=cast.expired_lot)) == "movement_of_its_lot"
    received = StockMovement.objects.filter(kind="receive", cartridge=step.cartridge).get()
    assert refused(*copy(received)) in {"movement_received_once", "movement_received_again"}
    assert refused(*copy(received, kind="use")) == "movement_goes_somewhere"


@pytest.mark.rule("R13", "R50")
def test_nothing_is_added_to_what_was_wasted_in_a_treatment_that_is_over(cast: Cast) -> None:
    chart = chart_at(cast, "signed")
    unit = fit_unit(cast)
    torn = operations.waste_unit(
        cartridge=unit, reason="pack_damaged", by=cast.manager, at=later(70)
    )
    step = torn.movements.get(kind="waste")
    assert refused(*copy(step, treatment_id=chart)) == "movement_wasted_under_way"
    run(*copy(step, treatment_id=second_chart(cast)))


@pytest.mark.rule("R2", "P7")
def test_without_the_guards_one_unit_would_serve_two_patients(cast: Cast, fresh_db: object) -> None:
    """The attack is real: what stops it above are the guards, and nothing else."""
    unit = chart_at(cast, "finished").cartridge
    assert unit is not None
    other = second_chart(cast)
    attack = change(unit, **opening(cast, other))
    assert refused(*attack) in {
        "cartridge_treatment_written_once",
        "cartridge_steps",
        "cartridge_keeps_identity",
    }
    constraints.drop(connection)
    run(*attack)
    unit.refresh_from_db()
    assert (unit.status, unit.treatment_id) == (Unit.OPENED, other.pk)


@pytest.mark.rule("P8", "R6", "R15")
@pytest.mark.parametrize(
    "columns",
    [
        {"received_on": TODAY - dt.timedelta(days=900)},
        {"expires_on": TODAY + dt.timedelta(days=900)},
        {"lot": "ANOTHER"},
        {"entered": "manual"},
        {"manufactured_on": TODAY},
        {"scan_text": "x"},
        {"created_at": later(-900)},
        {"mac": "00"},
    ],
)
def test_a_lot_keeps_what_it_is_and_how_it_came_in(cast: Cast, columns: dict[str, Any]) -> None:
    assert refused(*change(cast.lot, **columns)) == "cartridge_lot_keeps_identity"


def test_a_unit_keeps_the_seal_that_it_came_in_with(cast: Cast) -> None:
    assert refused(*change(fit_unit(cast), mac="00")) == "cartridge_keeps_identity"
