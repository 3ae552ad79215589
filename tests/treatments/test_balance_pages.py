"""The cartridge audit over a real ledger: every term, every link, the period's edges, the file."""

from __future__ import annotations

import csv
import datetime as dt
import html
import io
import re
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from clinic import constraints
from clinic.models import AuditEvent
from tests import factories, raw_sql
from tests.cast import NOW, TODAY, Cast
from tests.house import world as worlds
from tests.treatments import visits
from tests.treatments.pages import words
from treatments import operations
from treatments.models import Cartridge, CartridgeLot, StockMovement
from treatments.queries import ledger
from treatments.queries.balance import Period, balance
from treatments.queries.ledger import TITLES, lines_of, rows_of
from treatments.rules.balance import Account

MONTH = {"from": "2026-11-01", "to": "2026-11-24"}
AUDIT, ROWS = "cartridge-audit", "cartridge-audit-rows"


@pytest.fixture
def desk(cast: Cast, enter: Any, clock: Any) -> Client:
    client: Client = enter(cast.manager)
    return client


@pytest.fixture
def busy(cast: Cast, clock: Any) -> Cast:
    """Monday one treatment signed; today one under way, one ended early, one unit wasted."""
    worlds.build(cast)
    ida = factories.patient(cast.clinic, "Ida", "Berg", by=cast.manager)
    nurse = visits.arrived(cast, patient=ida, practitioner=cast.bo, minutes=45)
    chart = operations.open_chart(appointment=nurse, by=cast.colleague, at=visits.later(2))
    act: dict[str, Any] = {"treatment": chart, "by": cast.colleague}
    operations.decline_numbing(reason="Not wanted", **act, at=visits.later(3))
    operations.start(**act, **visits.TIME_OUT, free_now=True, at=visits.later(4))
    unit = cast.lot.units.filter(status="in_stock").order_by("number")[0]
    claim = {"unit_code": unit.unit_code, "pack_intact": True}
    operations.claim_unit(**act, **claim, at=visits.later(5))
    operations.abort(reason="Felt faint", needle_contact=True, **act, at=visits.later(6))
    torn = cast.lot.units.filter(status="in_stock").order_by("number")[0]
    operations.waste_unit(
        cartridge=torn, reason="pack_damaged", by=cast.manager, at=visits.later(7)
    )
    return cast


def page(client: Client, name: str = AUDIT, **query: Any) -> Any:
    return client.get(reverse(name), {**MONTH, **query})


def test_a_unit_wasted_after_contact_names_its_treatment_and_why(
    cast: Cast, clock: Any, enter: Any
) -> None:
    world = worlds.build(cast)
    unit = Cartridge.objects.get(treatment=world.under_way, status="opened")
    operations.waste_unit(
        cartridge=unit,
        reason="contaminated",
        note_text="Touched the drape between two areas.",
        patient_contact=True,
        by=cast.esthetician,
        at=visits.later(5),
    )
    told = words(page(enter(cast.manager), ROWS, kind="touched"))
    assert world.under_way.code in told
    assert "Contaminated; Touched the drape between two areas; touched the patient" in told


@pytest.mark.parametrize(
    "asked", [{"to": "2026-11-25"}, {"from": "2030-01-01", "to": "2030-02-01"}]
)
def test_a_period_that_is_not_over_yet_is_refused_beside_its_field(
    cast: Cast, clock: Any, enter: Any, asked: dict[str, str]
) -> None:
    for name in (AUDIT, "cartridge-audit-export"):
        answer = page(enter(cast.manager), name, **asked)
        assert answer.status_code == 422
        assert "Choose today or a day before it." in words(answer)


def account_of(cast: Cast, lot: CartridgeLot, first: dt.date, last: dt.date) -> Account:
    found = balance(Period(cast.clinic, first, last), today=TODAY)
    return next(line.account for line in found.lines if line.lot == lot)


@pytest.mark.rule("R9", "P10")
def test_every_term_of_the_balance_is_read_from_the_ledger(busy) -> None:
    month = account_of(busy, busy.lot, dt.date(2026, 11, 1), TODAY)
    assert month == Account(opening=5, used=1, ended_early=1, wasted=1, in_stock=1, opened=1)
    october = account_of(busy, busy.lot, dt.date(2026, 10, 1), dt.date(2026, 10, 31))
    assert october == Account(received=5, in_stock=5)
    monday = account_of(busy, busy.lot, TODAY - dt.timedelta(days=1), TODAY - dt.timedelta(days=1))
    assert monday == Account(opening=5, used=1, in_stock=4)
    for one in (month, october, monday):
        assert one.opening + one.received == one.gone + one.on_hand


@pytest.mark.rule("R9")
def test_the_page_opens_with_one_sentence_and_one_number(busy, desk) -> None:
    told = words(page(desk))
    assert (
        "Nov 1–24, 2026: 1 treatment , 1 cartridge used in completed treatments , "
        "1 in a treatment that ended early , 1 wasted , difference 0."
    ) in told
    assert "“Used” includes 1 cartridge used in a treatment that ended early." in told
    assert "0 units unaccounted for" in told
    assert "1 unit was used in a treatment that ended early" in told
    assert "2 expired units are still on hand" in told
    quiet = words(page(desk, **{"from": "2026-10-01", "to": "2026-10-31"}))
    assert "0 treatments , 0 cartridges used , 0 wasted , difference 0." in quiet


@pytest.mark.rule("R9")
def test_every_figure_leads_to_as_many_rows(busy, desk) -> None:
    shown = page(desk).content.decode()
    links = re.findall(r'<td class="num[^"]*"><a href="([^"]+)">(-?\d+)</a></td>', shown)
    assert len(links) >= 12
    for address, figure in links:
        answer = desk.get(html.unescape(address))
        assert answer.status_code == 200
        assert f"{figure} row{'s' if figure != '1' else ''}" in words(answer), address
    headline = re.findall(r'<p class="headline">(.*?)</p>', shown, re.S)[0]
    for address in re.findall(r'href="([^"]+)"', headline):
        assert "1 row," in words(desk.get(html.unescape(address)))
    out_of_line = re.findall(r'<span class="count">(\d+)</span><a href="([^"]+)"', shown)
    assert len(out_of_line) == 3
    for figure, address in out_of_line:
        assert f"{figure} row" in words(desk.get(html.unescape(address)))


@pytest.mark.rule("R9", "P23")
def test_a_unit_that_was_changed_behind_the_ledger_is_found(busy, desk) -> None:
    constraints.drop(connection)
    unit = busy.lot.units.get(status="in_stock")
    raw_sql.run(*raw_sql.change(unit, status="lost"))
    told = words(page(desk))
    assert "difference 1." in told
    assert "1 unit disagrees with the ledger" in told
    rows = words(page(desk, ROWS, kind="difference"))
    assert "1 row, as of today" in rows
    assert unit.unit_code in rows
    gone = account_of(busy, busy.lot, dt.date(2026, 11, 1), TODAY)
    assert gone.difference == 1
    assert gone.in_stock == 1  # the ledger's word, not the row's
    constraints.install(connection)


@pytest.mark.rule("P15")
def test_another_clinics_stock_is_not_in_the_account(busy, enter) -> None:
    other = enter(busy.stranger)
    told = words(page(other))
    assert "LOT42A" not in told
    assert "B7781" in told
    assert page(other, ROWS, kind="used", lot=busy.lot.pk).status_code == 404


def test_the_period_is_the_clinics_own_days(cast, desk) -> None:
    """Half past eleven at night in Austin is already tomorrow in UTC."""
    unit = cast.lot.units.order_by("number")[0]
    late = dt.datetime(2026, 11, 24, 5, 30, tzinfo=dt.UTC)
    operations.waste_unit(cartridge=unit, reason="dropped", by=cast.manager, at=late)
    monday, tuesday = "2026-11-23", "2026-11-24"
    assert "1 wasted" in words(page(desk, **{"from": monday, "to": monday}))
    assert "0 wasted" in words(page(desk, **{"from": tuesday, "to": tuesday}))


@pytest.mark.parametrize(
    ("query", "said"),
    [
        ({"from": "2026-11-24", "to": "2026-11-01"}, "The period ends before it begins."),
        ({"from": "2026-02-30"}, "Enter a date"),
        ({"from": "0001-01-01"}, "between 1900 and 2200"),
        ({"to": "9999-12-31"}, "between 1900 and 2200"),
        ({"from": "1950-01-01"}, "at most twelve years"),
        ({"from": "'; --"}, "Enter a date"),
    ],
)
def test_bad_days_are_refused_in_words(desk, query, said) -> None:
    for name, more in ((AUDIT, {}), (ROWS, {"kind": "used"})):
        answer = page(desk, name, **query, **more)
        assert answer.status_code == 422
        assert said in words(answer)
        assert page(desk, f"{name}-export", **query, **more).status_code == 422


def test_a_figure_or_lot_that_there_is_not_is_not_found(desk) -> None:
    for query in ({"kind": "nonsense"}, {"kind": "used", "lot": "x"}, {"kind": ""}, {}):
        assert page(desk, ROWS, **query).status_code == 404
        assert page(desk, f"{ROWS}-export", **query).status_code == 404


def test_without_days_it_is_the_month_so_far(desk) -> None:
    answer = desk.get(reverse(AUDIT))
    assert "Nov 1–24, 2026" in words(answer)
    assert 'value="2026-11-01"' in answer.content.decode()


@pytest.mark.rule("P37")
def test_the_file_has_the_same_figures_and_runs_no_formula(busy, desk) -> None:
    factories.lot(busy.clinic, busy.product, "=1+1", units=2, by=busy.manager)
    answer = page(desk, "cartridge-audit-export")
    text = b"".join(answer.streaming_content).decode("utf-8-sig")
    rows = {row["Lot"]: row for row in csv.DictReader(io.StringIO(text))}
    assert {*rows} == {"LOT42A", "OLD1", "'=1+1"}
    found = rows["LOT42A"]
    assert [found[head] for head in (
        "Before", "In the period: Used", "In the period: Ended early", "In the period: Wasted",
        "On hand at the end: Together", "Difference", "Expires",
    )] == ["5", "1", "1", "1", "2", "0", "2028-06-30"]  # fmt: skip
    event = AuditEvent.objects.get(action="cartridge.export")
    assert '"from":"2026-11-01"' in event.detail


def test_the_rows_leave_as_a_file_too_and_that_is_audited(busy, desk) -> None:
    for kind in TITLES:
        answer = page(desk, f"{ROWS}-export", kind=kind)
        text = b"".join(answer.streaming_content).decode("utf-8-sig")
        shown = words(page(desk, ROWS, kind=kind))
        lines = text.strip().splitlines()
        assert f"{len(lines) - 1} row" in shown, kind
    assert AuditEvent.objects.filter(action="cartridge.export").count() == len(TITLES)


def test_a_long_file_is_read_piece_by_piece(busy, desk, monkeypatch) -> None:
    whole = {kind: b"".join(page(desk, f"{ROWS}-export", kind=kind)) for kind in TITLES}
    asked: list[int] = []
    charts = ledger._charts

    def _charts(user: Any, keys: list[Any]) -> set[Any]:
        asked.append(len(keys))
        return charts(user, keys)

    monkeypatch.setattr(ledger, "BATCH", 2)
    monkeypatch.setattr(ledger, "_charts", _charts)
    for kind in TITLES:
        assert b"".join(page(desk, f"{ROWS}-export", kind=kind)) == whole[kind]
    assert max(asked) == 2


def test_whoever_may_not_see_charts_gets_no_way_into_one(busy, enter) -> None:
    signed = page(enter(busy.auditor), ROWS, kind="used").content.decode()
    assert re.search(r'href="/treatments/[0-9a-f-]{36}/"', signed)
    manager = page(enter(busy.manager), ROWS, kind="used").content.decode()
    assert not re.search(r'href="/treatments/[0-9a-f-]{36}/"', manager)
    assert re.search(r'href="/appointments/[0-9a-f-]{36}/"', manager)


def test_the_audit_costs_as_many_queries_with_many_lots_as_with_few(busy, desk) -> None:
    page(desk)
    with CaptureQueriesContext(
        connection,
    ) as few:
        page(desk)
    for number in range(12):
        factories.lot(busy.clinic, busy.product, f"MORE{number}", units=4, by=busy.manager)
    with CaptureQueriesContext(connection) as many:
        page(desk)
    assert len(many) == len(few)


def test_the_rows_of_every_figure_cost_few_queries(busy, desk) -> None:
    period = Period(busy.clinic, dt.date(2026, 11, 1), TODAY)
    for kind in TITLES:
        rows = rows_of(period, kind, lot=None, today=TODAY)
        with CaptureQueriesContext(connection) as asked:
            lines_of(rows, kind, user=busy.manager, clinic=busy.clinic)
        assert len(asked) <= 2, kind


def test_a_lost_and_found_unit_counts_as_neither(cast, desk) -> None:
    """Written past the operations, which come with the signed count."""
    unit = cast.lot.units.order_by("number")[0]
    for minute, kind, before, after in (
        (1, "lose", "in_stock", "lost"),
        (2, "find", "lost", "in_stock"),
    ):
        Cartridge._base_manager.filter(pk=unit.pk).update(status=after)
        StockMovement(
            clinic=cast.clinic, lot=cast.lot, cartridge=unit, kind=kind, from_status=before,
            to_status=after, at=NOW - dt.timedelta(minutes=9 - minute), by=cast.manager,
        ).write()  # fmt: skip
    found = account_of(cast, cast.lot, dt.date(2026, 11, 1), TODAY)
    assert (found.lost, found.in_stock, found.difference) == (0, 5, 0)


def test_what_stands_on_the_shelf_today_is_no_news_of_days_long_past(
    busy: Cast, desk: Client
) -> None:
    assert "expired units are still on hand" in words(desk.get(reverse(AUDIT), MONTH))
    past = words(desk.get(reverse(AUDIT), {"from": "2020-01-01", "to": "2020-02-01"}))
    assert "Nothing is out of line in this period." in past
    assert "No lot was on hand and none moved. Choose other days." in past
    assert "receive the first delivery" not in past
