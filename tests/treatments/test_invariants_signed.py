"""What the database itself forbids of signed records, attacked with raw SQL."""

from __future__ import annotations

import uuid
from typing import Any

import pytest
from django.db import DatabaseError, connection, transaction

from clinic import constraints
from clinic.models.base import Row
from tests.cast import TODAY, Cast
from tests.database import is_postgresql
from tests.raw_sql import change, copy, over, refused, run
from tests.treatments.visits import arrived, chart_at, later
from treatments import operations
from treatments.models import (
    Addendum,
    NeedlingPass,
    Signature,
    Treatment,
)

CHART = "treatments_treatment"
# Two guards may see one attack; which speaks first is the engine's affair.
SIGNED_NUMBING = {
    "treatments_numbingapplication_frozen",
    "treatments_numbingapplication_closed",
    "numbing_before_the_start",
    "numbing_keeps_its_chart",
}
SIGNED_PASS = {
    "treatments_needlingpass_frozen",
    "treatments_needlingpass_never_deleted",
    "needling_pass_keeps_its_chart",
    "treatments_needlingpass_closed",
    "needling_pass_while_under_way",
    "needling_pass_changed_under_way",
}


def delete(row: Row) -> tuple[Any, ...]:
    return (f"DELETE FROM {row._meta.db_table} WHERE id = %s", row)


@pytest.mark.rule("R50", "P11")
@pytest.mark.parametrize(
    "columns",
    [
        {"note": "Nothing happened"},
        {"reaction": ""},
        {"status": "completed", "signed_at": None, "signed_by_id": None},
        {"started_at": later(29)},
        {"version": 99},
        {"license_text": "MD"},
        {"cartridge_id": None},
        {"aborted": True, "abort_reason": "x"},
        {"id": uuid.UUID(int=1)},
    ],
)
def test_a_signed_chart_is_never_changed(cast: Cast, columns: dict[str, Any]) -> None:
    chart = chart_at(cast, "signed")
    assert refused(*change(chart, **columns)) in {
        "treatments_treatment_frozen",
        "treatment_steps",
        "treatment_keeps_start",
        "treatment_keeps_identity",
        "treatment_aborted_has_reason",
        "treatment_completed_is_charted",
    }
    fresh = Treatment.objects.get(pk=chart.pk)
    assert (fresh.note, fresh.status, fresh.version) == (chart.note, "signed", chart.version)


@pytest.mark.rule("R50")
def test_the_numbing_of_a_signed_chart_is_closed(cast: Cast) -> None:
    chart = chart_at(cast, "signed")
    cream = chart.numbing.get()
    assert refused(*change(cream, amount=600)) in SIGNED_NUMBING
    assert refused(*copy(cream)) in SIGNED_NUMBING
    assert refused(*delete(cream)) == "treatments_numbingapplication_never_deleted"
    other = chart_at(cast, "numbing", arrived(cast, patient=cast.wang, minutes=120))
    moved = change(other.numbing.get(), treatment_id=chart)
    assert refused(*moved) in SIGNED_NUMBING
    assert refused(*change(cream, treatment_id=other)) in SIGNED_NUMBING


@pytest.mark.rule("R50")
def test_the_passes_of_a_signed_chart_are_closed(cast: Cast) -> None:
    chart = chart_at(cast, "signed")
    line = chart.passes.get()
    assert refused(*change(line, depth=100)) in SIGNED_PASS
    assert refused(*delete(line)) in SIGNED_PASS
    assert refused(*copy(line, seq=2)) in SIGNED_PASS
    other = chart_at(cast, "claimed", arrived(cast, patient=cast.wang, minutes=120))
    assert refused(*change(line, treatment_id=other)) in SIGNED_PASS
    assert NeedlingPass.objects.filter(treatment=chart).count() == 1


@pytest.mark.rule("R50", "R51", "P11")
def test_signatures_and_addenda_are_written_once(cast: Cast) -> None:
    chart = chart_at(cast, "signed")
    operations.add_addendum(
        treatment=chart,
        kind="addendum",
        text="More",
        reason="Asked",
        by=cast.esthetician,
        at=later(90),
    )
    for row, column in ((Signature.objects.get(), "meaning"), (Addendum.objects.get(), "text")):
        table = row._meta.db_table
        assert refused(*change(row, **{column: "Other"})) == f"{table}_append_only"
        assert refused(*delete(row)) == f"{table}_append_only"


@pytest.mark.rule("R50", "R10")
@pytest.mark.parametrize(
    "what", ["chart", "numbing", "pass", "signature", "addendum", "unit", "lot"]
)
def test_nothing_on_file_is_written_over(cast: Cast, what: str) -> None:
    """INSERT OR REPLACE on SQLite, ON CONFLICT DO UPDATE on PostgreSQL: the row stays."""
    chart = chart_at(cast, "signed")
    operations.add_addendum(
        treatment=chart,
        kind="addendum",
        text="More",
        reason="Asked",
        by=cast.esthetician,
        at=later(90),
    )
    attacks: dict[str, tuple[Row, dict[str, Any]]] = {
        "chart": (chart, {"note": "Other"}),
        "numbing": (chart.numbing.get(), {"amount": 600}),
        "pass": (chart.passes.get(), {"depth": 100}),
        "signature": (Signature.objects.get(), {"meaning": "Other"}),
        "addendum": (Addendum.objects.get(), {"text": "Other"}),
        "unit": (chart.units.get(), {"status": "in_stock", "treatment_id": None}),
        "lot": (cast.lot, {"expires_on": TODAY}),
    }
    row, columns = attacks[what]
    with pytest.raises(DatabaseError):
        run(*over(row, **columns))
    fresh = type(row)._default_manager.get(pk=row.pk)
    assert {name: getattr(fresh, name) for name in columns} == {
        name: getattr(row, name) for name in columns
    }


@pytest.mark.rule("R50", "R10")
@pytest.mark.parametrize("what", ["chart", "pass", "signature", "unit", "lot"])
def test_nor_by_way_of_another_unique_key(cast: Cast, what: str) -> None:
    """A new primary key, and the old appointment, sequence, chart, code or lot number."""
    chart = chart_at(cast, "signed")
    row = {
        "chart": chart,
        "pass": chart.passes.get(),
        "signature": Signature.objects.get(),
        "unit": chart.units.get(),
        "lot": cast.lot,
    }[what]
    sql, *values = copy(row)
    if not is_postgresql():
        sql = sql.replace("INSERT INTO", "INSERT OR REPLACE INTO", 1)
    with pytest.raises(DatabaseError):
        run(sql, *values)
    assert type(row)._default_manager.filter(pk=row.pk).exists()


@pytest.mark.rule("R50")
@pytest.mark.parametrize("step", ["open", "started", "finished", "signed"])
def test_a_chart_is_never_deleted(cast: Cast, step: str) -> None:
    assert refused(*delete(chart_at(cast, step))) == "treatments_treatment_never_deleted"


@pytest.mark.rule("R50", "R53")
def test_no_table_of_records_is_emptied_at_a_stroke(cast: Cast) -> None:
    chart_at(cast, "signed")
    for table in (
        CHART,
        "treatments_signature",
        "treatments_addendum",
        "treatments_numbingapplication",
        "treatments_needlingpass",
        "treatments_cartridge",
        "treatments_cartridgelot",
        "treatments_stockmovement",
        "bookings_performedarea",
        "bookings_appointment",
        "clinic_auditevent",
    ):
        if is_postgresql():
            with pytest.raises(DatabaseError), transaction.atomic():
                run(f"TRUNCATE {table} CASCADE")
        elif table not in {"treatments_addendum", "clinic_auditevent"}:
            assert refused(f"DELETE FROM {table}").startswith(table)
    assert (Treatment.objects.count(), Signature.objects.count()) == (1, 1)


@pytest.mark.rule("R51", "P6")
def test_the_word_signed_without_a_signature_is_refused(cast: Cast) -> None:
    chart = chart_at(cast, "finished")
    columns = {"status": "signed", "signed_at": later(61)}
    for who in (cast.reception, cast.esthetician):
        found = refused(*change(chart, **columns, signed_by_id=who))
        assert found == "treatment_signed_with_signature"


@pytest.mark.rule("R39", "R46")
def test_nothing_is_carried_from_one_chart_into_another(cast: Cast) -> None:
    done = chart_at(cast, "finished")
    running = chart_at(cast, "claimed", arrived(cast, patient=cast.wang, minutes=120))
    for row in (done.passes.get(), done.numbing.get()):
        found = refused(*change(row, treatment_id=running))
        assert found in SIGNED_PASS | SIGNED_NUMBING


@pytest.mark.rule("R52")
def test_a_signature_is_the_authors_and_an_addendum_goes_to_a_signed_record(cast: Cast) -> None:
    signed = chart_at(cast, "signed")
    operations.add_addendum(
        treatment=signed,
        kind="addendum",
        text="More",
        reason="Asked",
        by=cast.esthetician,
        at=later(90),
    )
    finished = chart_at(cast, "finished", arrived(cast, patient=cast.wang, minutes=120))
    own, note = Signature.objects.get(), Addendum.objects.get()
    forged = copy(own, treatment_id=finished, signer_id=cast.director)
    assert refused(*forged) == "signature_by_the_author"
    assert refused(*copy(note, treatment_id=finished)) == "addendum_to_a_signed_chart"
    assert refused(*copy(note, text="")) == "addendum_is_told"
    assert refused(*copy(note, kind="remark")) == "addendum_kind_known"


@pytest.mark.rule("R50")
def test_without_the_guards_a_signed_record_could_be_changed(cast: Cast, fresh_db: object) -> None:
    """The attacks above fail because of the guards, and for no other reason."""
    chart = chart_at(cast, "signed")
    constraints.drop(connection)
    run(*change(chart, note="Nothing happened"))
    run(*change(chart.passes.get(), depth=30))
    run(*delete(Signature.objects.get()))
    assert (Treatment.objects.get().note, Signature.objects.count()) == ("Nothing happened", 0)
    constraints.install(connection)
    assert refused(*change(chart, note="Again")) == "treatments_treatment_frozen"
    assert constraints.missing(connection) == []
