"""Twenty rooms scan one unit; one of them has it, ever."""

from __future__ import annotations

import datetime as dt
import threading

import pytest
from django.db import IntegrityError, connection, transaction

from clinic import audit, constraints
from clinic.permissions import Role
from clinic.refusals import Conflict
from tests import factories
from tests.cast import NOW, TODAY, Cast
from tests.races import all_at_once, sentences
from tests.treatments.visits import TIME_OUT
from treatments import operations
from treatments.models import Cartridge, StockMovement, Treatment
from treatments.queries import balance
from treatments.rules.status import Unit

pytestmark = pytest.mark.race


def later(minutes: int) -> dt.datetime:
    return NOW + dt.timedelta(minutes=minutes)


def started(cast: Cast, count: int) -> list[Treatment]:
    """That many treatments in progress, each in a room of its own."""
    charts = []
    for n in range(count):
        user = factories.user(f"Nurse{n} Race", {cast.clinic: [Role.ESTHETICIAN]})
        nurse = factories.practitioner([cast.clinic], "RN", user=user)
        factories.license(nurse, "rn", "TX", by=cast.manager)
        visit = factories.appointment(
            patient=factories.patient(cast.clinic, f"Patient{n}", "Race", by=cast.manager),
            practitioner=nurse,
            service=cast.short_service,
            room=factories.room(cast.clinic, f"Room {n + 10}"),
            device=factories.device(cast.clinic, cast.model, f"D-{n + 10}"),
            starts_at=later(5),
            by=cast.manager,
            status="arrived",
            arrived_at=NOW,
            arrived_by=cast.reception,
        )
        chart = operations.open_chart(appointment=visit, by=user, at=later(1))
        operations.decline_numbing(treatment=chart, reason="Declined", by=user, at=later(2))
        charts.append(operations.start(treatment=chart, **TIME_OUT, by=user, at=later(3)))
    return charts


@pytest.mark.rule("R2")
def test_of_twenty_treatments_for_one_cartridge_one_gets_it(fresh_db: object, cast: Cast) -> None:
    unit = Cartridge.objects.filter(lot=cast.lot).earliest("number")

    def attempt(chart):
        return lambda: operations.claim_unit(
            treatment=chart,
            unit_code=unit.unit_code,
            pack_intact=True,
            by=chart.practitioner.user,
            at=later(4),
        )

    outcome = all_at_once([attempt(chart) for chart in started(cast, 20)])

    assert outcome.broken == []
    assert (len(outcome.won), len(outcome.refused)) == (1, 19)
    assert {(type(no), no.rule) for no in outcome.refused} == {(Conflict, "R2")}
    unit.refresh_from_db()
    assert unit.status == Unit.OPENED
    assert unit.treatment_id == outcome.won[0].treatment_id
    assert StockMovement.objects.filter(cartridge=unit, kind="open").count() == 1
    assert list(audit.faults()) == []


@pytest.mark.rule("R1")
def test_one_treatment_never_opens_two_units_at_once(fresh_db: object, cast: Cast) -> None:
    (chart,) = started(cast, 1)

    def attempt(code):
        return lambda: operations.claim_unit(
            treatment=chart,
            unit_code=code,
            pack_intact=True,
            by=chart.practitioner.user,
            at=later(4),
        )

    codes = Cartridge.objects.filter(lot=cast.lot).values_list("unit_code", flat=True)
    outcome = all_at_once([attempt(code) for code in codes])

    assert outcome.broken == []
    assert (len(outcome.won), len(outcome.refused)) == (1, 4)
    assert {(type(no), no.rule) for no in outcome.refused} == {(Conflict, "R1")}


@pytest.mark.rule("R9")
def test_lots_received_at_once_never_share_a_unit_code(fresh_db: object, cast: Cast) -> None:
    identifier = cast.product.identifiers.get(level="unit", scheme="GS1")

    def attempt(lot):
        return lambda: operations.receive_lot(
            clinic=cast.clinic,
            identifier=identifier,
            lot=lot,
            expires_on=dt.date(2028, 6, 30),
            packages=20,
            scan_text="scan",
            by=cast.manager,
            at=NOW,
        )

    before = Cartridge.objects.count()
    outcome = all_at_once([attempt(lot) for lot in ("A1", "A2", "A1", "A2", "A3", "A1")])

    assert outcome.broken == []
    assert outcome.refused == []
    numbers = list(Cartridge.objects.order_by("number").values_list("number", flat=True))
    assert numbers == list(range(1, before + 120 + 1))


def claim_naively(chart: Treatment, unit: Cartridge, both_looked: threading.Barrier):
    """Look, then write, with no lock: the second write goes over the first."""

    def attempt() -> None:
        row = Cartridge.objects.get(pk=unit.pk)
        assert row.status == Unit.IN_STOCK
        both_looked.wait(30)
        row.status, row.treatment, row.pack_intact = Unit.OPENED, chart, True
        row.opened_at, row.opened_by, row.opened_on = later(4), chart.opened_by, chart.started_on
        with transaction.atomic():
            row.save()

    return attempt


@pytest.mark.parametrize("guarded", [True, False])
def test_the_database_alone_keeps_a_unit_single(
    fresh_db: object, cast: Cast, guarded: bool
) -> None:
    unit = Cartridge.objects.filter(lot=cast.lot).earliest("number")
    charts = started(cast, 6)
    if not guarded:
        constraints.drop(connection)
    both_looked = threading.Barrier(len(charts))

    outcome = all_at_once([claim_naively(chart, unit, both_looked) for chart in charts])

    if guarded:
        assert (len(outcome.won), len(outcome.broken)) == (1, 5)
        assert {type(error) for error in outcome.broken} == {IntegrityError}
        # Two guards see the second claim; which speaks first is the engine's affair.
        assert sentences(outcome) <= {
            "A unit once opened stays with its treatment.",
            "A unit keeps its code, its lot, and how it was opened or wasted.",
        }
    else:
        assert (len(outcome.won), len(outcome.broken)) == (6, 0)


@pytest.mark.rule("P10")
def test_the_audit_page_reads_ledger_and_units_of_one_moment(
    fresh_db: object, cast: Cast, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A unit is opened after the ledger was read and before the units are: no false alarm."""
    (chart,) = started(cast, 1)
    unit = Cartridge.objects.filter(lot=cast.lot).earliest("number")
    flows = balance._flows

    def then_open(period: balance.Period) -> object:
        read = flows(period)
        outcome = all_at_once(
            [
                lambda: operations.claim_unit(
                    treatment=chart,
                    unit_code=unit.unit_code,
                    pack_intact=True,
                    by=chart.practitioner.user,
                    at=later(4),
                )
            ]
        )
        assert outcome.broken == []
        return read

    monkeypatch.setattr(balance, "_flows", then_open)
    period = balance.Period(cast.clinic, TODAY, TODAY)
    before = balance.balance(period, today=TODAY)
    monkeypatch.undo()
    after = balance.balance(period, today=TODAY)

    assert (before.total.difference, before.total.opened) == (0, 0)
    assert (after.total.difference, after.total.opened) == (0, 1)
