"""One cartridge for one treatment: scanned, opened, wasted, never twice."""

from __future__ import annotations

import datetime as dt
import json
from typing import Any

import pytest

from clinic.models import AuditEvent
from tests import factories
from tests.cast import PASSWORD, TODAY, Cast
from tests.refusals import refusal, told
from tests.treatments.visits import TIME_OUT, arrived, chart_at, fit_unit, later
from treatments import operations
from treatments.models import Cartridge, CartridgeLot, StockMovement, Treatment
from treatments.queries.chart import open_page
from treatments.queries.contents import content_hash, content_hashes, false_signatures
from treatments.queries.proof import ledger_faults
from treatments.rules.status import Unit

GS = "\x1d"
LOT42A = "]d201095212345432131728063010LOT42A"


def claim(cast: Cast, chart: Treatment, code: str, *, minute: int = 31, **given: Any) -> Cartridge:
    return operations.claim_unit(
        **{
            "treatment": chart,
            "unit_code": code,
            "pack_intact": True,
            "by": cast.esthetician,
            "at": later(minute),
            **given,
        }
    )


def scan(cast: Cast, chart: Treatment, text: str) -> operations.Scanned:
    return operations.scan_cartridge(treatment=chart, text=text, by=cast.esthetician, at=later(31))


def waste(cast: Cast, unit: Cartridge, reason: str = "dropped", **given: Any) -> Cartridge:
    """Wasted by who treats: of an opened unit she says whether it touched the patient."""
    said = {} if unit.treatment is None else {"patient_contact": False}
    return operations.waste_unit(
        cartridge=unit, reason=reason, by=cast.esthetician, at=later(32), **said | given
    )


def ledger(unit: Cartridge) -> list[tuple[str, str, str]]:
    """Kind, from and to of each step of a unit."""
    rows = StockMovement.objects.filter(cartridge=unit).order_by("at", "pk")
    return list(rows.values_list("kind", "from_status", "to_status"))


@pytest.fixture
def chart(cast: Cast) -> Treatment:
    """A treatment that has started and waits for its cartridge."""
    return chart_at(cast, "started")


# Opening


@pytest.mark.rule("R1", "R2", "R9", "C1")
def test_a_unit_is_opened_for_one_treatment_with_its_step_in_the_ledger(
    cast: Cast, chart: Treatment
) -> None:
    unit = claim(cast, chart, f" {fit_unit(cast).unit_code.lower()} ")
    assert (unit.status, unit.treatment, unit.opened_at, unit.opened_by) == (
        Unit.OPENED, chart, later(31), cast.esthetician,
    )  # fmt: skip
    assert (unit.opened_on, unit.pack_intact) == (TODAY, True)
    assert ledger(unit)[-1] == ("open", "in_stock", "opened")
    chart.refresh_from_db()
    assert chart.cartridge is None
    event = AuditEvent.objects.exclude(chain="system").latest("seq")
    assert (event.action, json.loads(event.detail)) == (
        "cartridge.claim", {"unit": unit.unit_code},
    )  # fmt: skip


@pytest.mark.rule("R2", "R12")
def test_a_unit_opened_or_used_before_is_refused_for_good(cast: Cast, chart: Treatment) -> None:
    opened = claim(cast, chart, fit_unit(cast).unit_code)
    second = chart_at(cast, "started", arrived(cast, patient=cast.wang, minutes=120))
    no = refusal(claim, cast=cast, chart=second, code=opened.unit_code)
    assert told(no) == (409, "R2", "cartridge")
    assert no.sentence == f"{opened.unit_code} is open in another treatment."
    assert "sharps" not in no.way_out
    assert "Mia" not in str(no.text)
    operations.abort(
        treatment=chart, reason="Ill", needle_contact=True, by=cast.esthetician, at=later(40)
    )
    no = refusal(claim, cast=cast, chart=second, code=opened.unit_code)
    assert told(no) == (409, "R2", "cartridge")
    assert no.sentence == (
        f"{opened.unit_code} was used on Tue, Nov 24, 2026. A cartridge is used once."
    )
    assert no.way_out == (
        "Check the code. If this unit is in your hand, put it into the sharps container and "
        "take a new one."
    )


@pytest.mark.rule("R1")
def test_a_treatment_has_one_open_unit_at_a_time(cast: Cast, chart: Treatment) -> None:
    first = claim(cast, chart, fit_unit(cast).unit_code)
    again = refusal(claim, cast=cast, chart=chart, code=first.unit_code)
    assert (told(again), again.way_out) == ((409, "R1", "cartridge"), "")
    other = refusal(claim, cast=cast, chart=chart, code=fit_unit(cast).unit_code)
    assert told(other) == (409, "R1", "cartridge")
    assert other.way_out == "Waste it with its reason, then scan the next."


def test_one_press_repeated_opens_one_unit(cast: Cast, chart: Treatment) -> None:
    code = fit_unit(cast).unit_code
    assert claim(cast, chart, code, once="k") == claim(cast, chart, code, minute=33, once="k")
    assert StockMovement.objects.filter(kind="open").count() == 1


def unfit(cast: Cast, how: str) -> Cartridge:
    """A unit that may not be opened."""
    if how == "expired":
        return cast.expired_lot.units.earliest("number")
    if how == "another clinic's":
        return cast.other_lot.units.earliest("number")
    if how == "of another device":
        pens = factories.device_model(name="Other Pen")
        product = factories.product([pens], "09529876000019", name="Other Cartridge")
        return factories.lot(cast.clinic, product, "B1", units=1, by=cast.manager).units.get()
    if how == "received later":
        tomorrow = TODAY + dt.timedelta(days=1)
        late = factories.lot(
            cast.clinic, cast.product, "LATE", units=1, by=cast.manager, received_on=tomorrow
        )
        return late.units.get()
    lot = cast.lot
    if how == "out of use":
        cast.product.is_active = False
        cast.product.write()
    elif how in ("frozen", "quarantined lot"):
        lot.status = CartridgeLot.Status.FROZEN if how == "frozen" else "quarantined"
        lot.write()
    unit = fit_unit(cast)
    if how == "wasted":
        waste(cast, unit)
    elif how == "quarantined":
        unit.status = Unit.QUARANTINED
        unit.write()
    return unit


UNFIT = [
    ("expired", "R3"),
    ("another clinic's", "S1"),
    ("of another device", "R7"),
    ("out of use", "R7"),
    ("received later", "R6"),
    ("frozen", "R5"),
    ("quarantined lot", "R5"),
    ("quarantined", "R5"),
    ("wasted", "R5"),
]


@pytest.mark.rule("R3", "R5", "R6", "R7", "S1", "P8", "P15", "C1")
@pytest.mark.parametrize(("how", "rule"), UNFIT)
def test_a_unit_that_is_not_fit_is_refused_by_scan_and_by_opening_alike(
    cast: Cast, chart: Treatment, how: str, rule: str
) -> None:
    unit = unfit(cast, how)
    before = ledger(unit)
    for no in (
        refusal(claim, cast=cast, chart=chart, code=unit.unit_code),
        refusal(scan, cast=cast, chart=chart, text=unit.unit_code),
    ):
        assert told(no) == (422, rule, "cartridge")
    unit.refresh_from_db()
    assert (unit.treatment, ledger(unit)) == (None, before)


@pytest.mark.rule("P15")
def test_another_clinics_unit_is_spoken_of_like_one_that_does_not_exist(
    cast: Cast, chart: Treatment
) -> None:
    theirs = cast.other_lot.units.earliest("number").unit_code
    said = {
        refusal(claim, cast=cast, chart=chart, code=code).text.replace(code, "X")
        for code in (theirs, "C-999999")
    }
    assert said == {
        "X is not known here. Check the code. If the sticker says the same, "
        "put this cartridge aside, tell a manager and take another."
    }
    empty = refusal(claim, cast=cast, chart=chart, code="  ")
    assert empty.sentence == "This code is not known here."


@pytest.mark.rule("R8")
def test_a_pack_that_is_not_confirmed_whole_stays_closed(cast: Cast, chart: Treatment) -> None:
    unit = fit_unit(cast)
    no = refusal(claim, cast=cast, chart=chart, code=unit.unit_code, pack_intact=False)
    assert told(no) == (422, "R8", "pack_intact")
    unit.refresh_from_db()
    assert unit.status == Unit.IN_STOCK


@pytest.mark.rule("L5")
def test_a_lot_in_date_at_the_start_is_in_date_past_midnight(cast: Cast) -> None:
    tonight = factories.lot(
        cast.clinic, cast.product, "TONIGHT", units=1, by=cast.manager, expires_on=TODAY
    )
    near_midnight = 14 * 60 + 50  # 11:50 pm in Austin
    visit = arrived(cast, minutes=near_midnight, arrived_at=later(near_midnight - 10))
    author: dict[str, Any] = {"by": cast.esthetician, "at": later(near_midnight)}
    late = operations.open_chart(appointment=visit, **author)
    operations.decline_numbing(treatment=late, reason="Not wanted", **author)
    late = operations.start(treatment=late, **TIME_OUT, **author)
    unit = claim(cast, late, tonight.units.get().unit_code, minute=near_midnight + 20)
    assert unit.opened_at
    assert (unit.opened_on, late.clinic.day_of(unit.opened_at)) == (
        TODAY, TODAY + dt.timedelta(days=1),
    )  # fmt: skip


@pytest.mark.parametrize("step", ["open", "numbed", "finished", "signed"])
def test_a_unit_is_opened_while_the_treatment_is_under_way(cast: Cast, step: str) -> None:
    chart = chart_at(cast, step)
    rule = "R50" if step == "signed" else "R46"
    code = fit_unit(cast).unit_code
    assert told(refusal(claim, cast=cast, chart=chart, code=code)) == (422, rule, None)
    assert told(refusal(scan, cast=cast, chart=chart, text=code)) == (422, rule, None)


# Wasting


@pytest.mark.rule("R1", "R13")
def test_a_dropped_unit_stays_with_its_treatment_and_the_next_is_opened(
    cast: Cast, chart: Treatment
) -> None:
    dropped = claim(cast, chart, fit_unit(cast).unit_code)
    waste(cast, dropped, note_text=" On the floor ", patient_contact=True)
    dropped.refresh_from_db()
    assert (dropped.status, dropped.treatment, dropped.waste_reason) == (
        Unit.WASTED, chart, "dropped",
    )  # fmt: skip
    assert (dropped.waste_note, dropped.patient_contact) == ("On the floor", True)
    assert ledger(dropped)[-1] == ("waste", "opened", "wasted")
    second = claim(cast, chart, fit_unit(cast).unit_code, minute=33)
    assert set(chart.units.values_list("unit_code", "status")) == {
        (dropped.unit_code, "wasted"),
        (second.unit_code, "opened"),
    }


def test_a_torn_pack_is_wasted_from_stock_without_a_treatment(cast: Cast) -> None:
    unit = waste(cast, fit_unit(cast), "pack_damaged")
    assert (unit.status, unit.treatment, unit.opened_at) == (Unit.WASTED, None, None)
    assert ledger(unit)[-1] == ("waste", "in_stock", "wasted")


@pytest.mark.rule("R13")
@pytest.mark.parametrize(
    ("reason", "given", "field"),
    [
        ("", {}, "reason"),
        ("eaten", {}, "reason"),
        ("other", {}, "note_text"),
        ("other", {"note_text": " \n"}, "note_text"),
    ],
)
def test_a_unit_is_wasted_for_a_reason(
    cast: Cast, reason: str, given: dict[str, Any], field: str
) -> None:
    no = refusal(waste, cast=cast, unit=fit_unit(cast), reason=reason, **given)
    assert told(no) == (422, "R13", field)


@pytest.mark.rule("R13")
def test_a_closed_pack_cannot_have_touched_a_patient(cast: Cast) -> None:
    no = refusal(waste, cast=cast, unit=fit_unit(cast), patient_contact=True)
    assert told(no) == (422, "R13", "patient_contact")


@pytest.mark.rule("R10")
def test_what_is_used_or_wasted_is_not_wasted_again(cast: Cast) -> None:
    used = chart_at(cast, "finished").cartridge
    assert used is not None
    wasted = waste(cast, fit_unit(cast))
    assert told(refusal(waste, cast=cast, unit=wasted)) == (409, "R10", None)
    assert told(refusal(waste, cast=cast, unit=used)) == (422, "R46", None)
    used.refresh_from_db()
    assert used.status == Unit.USED


@pytest.mark.rule("R13")
def test_a_unit_that_needled_was_not_left_unused(cast: Cast) -> None:
    chart = chart_at(cast, "needled")
    unit = Cartridge.objects.get(treatment=chart)
    for reason in ("opened_not_used", "dropped"):
        no = refusal(waste, cast=cast, unit=unit, reason=reason)
        assert told(no) == (422, "R13", "patient_contact")
        assert "so it touched the patient" in no.sentence
    no = refusal(waste, cast=cast, unit=unit, reason="opened_not_used", patient_contact=True)
    assert told(no) == (422, "R13", "reason")
    assert waste(cast, unit, "dropped", patient_contact=True).status == Unit.WASTED


@pytest.mark.rule("R1", "R2", "P15")
def test_who_treats_wastes_what_is_in_the_hand_and_nobody_elses(cast: Cast) -> None:
    chart = chart_at(cast, "claimed")

    def waste_here(code: str) -> Cartridge:
        return operations.waste_in_treatment(
            treatment=chart, unit_code=code, reason="dropped", by=cast.esthetician, at=later(40)
        )

    closed = waste_here(f" {fit_unit(cast).unit_code.lower()} ")
    assert (closed.status, closed.treatment) == (Unit.WASTED, None)
    assert closed.movements.get(kind="waste").treatment == chart
    own = waste_here(chart.units.get().unit_code)
    assert (own.status, own.treatment) == (Unit.WASTED, chart)
    assert told(refusal(waste_here, code=own.unit_code)) == (409, "R10", None)
    assert told(refusal(waste_here, code="C-999999")) == (422, "S1", "cartridge")
    others = chart_at(cast, "claimed", arrived(cast, patient=cast.wang, minutes=120)).units.get()
    assert told(refusal(waste_here, code=others.unit_code)) == (409, "R2", "cartridge")
    others.refresh_from_db()
    assert others.status == Unit.OPENED


@pytest.mark.rule("R13", "R51", "P23")
def test_a_unit_found_torn_in_the_room_is_in_the_record_that_is_signed(cast: Cast) -> None:
    chart = chart_at(cast, "needled")
    elsewhere = waste(cast, fit_unit(cast), "pack_damaged")
    author: dict[str, Any] = {"treatment": chart, "by": cast.esthetician}
    before = content_hash(chart)
    torn = operations.waste_in_treatment(
        **author, unit_code=fit_unit(cast).unit_code, reason="pack_damaged", at=later(40)
    )
    assert content_hash(chart) != before
    operations.finish(**author, endpoint="erythema_uniform", aftercare_given=True, at=later(60))
    operations.sign(**author, password=PASSWORD, at=later(61))
    page = open_page(chart)
    assert page.wasted == [torn]
    assert elsewhere not in page.wasted
    assert page.unchanged
    assert [*false_signatures(), *ledger_faults()] == []
    chart.refresh_from_db()
    assert content_hashes(Treatment.objects.all()) == {chart.pk: content_hash(chart)}
