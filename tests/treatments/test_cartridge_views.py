"""The shelf, a lot, a unit's life, and wasting from stock."""

from __future__ import annotations

import datetime as dt
import re
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from clinic.models import AuditEvent
from clinic.permissions import Role
from tests import factories
from tests.cast import TODAY, Cast
from tests.house import world as worlds
from tests.house.world import World
from tests.treatments.pages import words
from tests.treatments.visits import chart_at, fit_unit, later
from treatments.models import Cartridge, CartridgeLot
from treatments.queries.stock import shelf


@pytest.fixture
def desk(cast: Cast, enter: Any, clock: Any) -> Client:
    client: Client = enter(cast.manager)
    return client


@pytest.fixture
def world(cast: Cast, clock: Any) -> World:
    made = worlds.build(cast)
    made.signed.refresh_from_db()
    return made


def stocked(cast: Cast) -> Cartridge:
    unit: Cartridge = cast.lot.units.filter(status="in_stock").order_by("number")[0]
    return unit


def waste(client: Client, unit: Cartridge, **given: Any) -> Any:
    return client.post(reverse("cartridge-waste", args=[unit.pk]), {"reason": "dropped", **given})


# The shelf


def test_the_shelf_shows_what_is_on_hand_first_expiring_first(world, enter) -> None:
    cast = world.cast
    factories.lot(
        cast.clinic, cast.product, "SOON", units=2, by=cast.manager, expires_on=dt.date(2026, 12, 1)
    )
    (product,) = shelf(cast.clinic, today=TODAY)
    assert [(lot.lot.lot, lot.state, lot.ready, lot.on_hand) for lot in product.lots] == [
        ("OLD1", "expired", 0, 2),
        ("SOON", "expiring", 2, 2),
        ("LOT42A", "available", 3, 4),
    ]
    assert (product.ready, product.on_hand, product.used, product.days) == (5, 8, 1, 140)
    told = words(enter(cast.manager).get(reverse("cartridges")))
    assert told.index("OLD1") < told.index("SOON") < told.index("LOT42A")
    assert "5 ready, about 140 days of supply" in told
    assert "Expired 1 day ago" in told
    assert "in 7 days" in told


@pytest.mark.parametrize(
    ("only", "lots"),
    [
        ("ready", {"LOT42A"}),
        ("expired", {"OLD1"}),
        ("opened", {"LOT42A"}),
        ("quarantined", set()),
        ("nonsense", {"LOT42A", "OLD1"}),
    ],
)
def test_a_number_above_the_shelf_narrows_it(world, enter, only, lots) -> None:
    told = words(enter(world.cast.manager).get(reverse("cartridges"), {"only": only}))
    assert {lot for lot in ("LOT42A", "OLD1") if lot in told} == lots


def test_a_used_up_lot_leaves_the_shelf_and_is_found_among_the_used_up(cast, desk) -> None:
    lot = factories.lot(cast.clinic, cast.product, "LAST", units=1, by=cast.manager)
    waste(desk, lot.units.get())
    assert "LAST" not in words(desk.get(reverse("cartridges")))
    assert "LAST" in words(desk.get(reverse("cartridges"), {"show": "used-up"}))


def test_an_empty_shelf_says_what_to_do(cast, enter, clock) -> None:
    bare = factories.clinic(code="bare", name="Bare")
    manager = factories.user("Mona Bare", {bare: [Role.MANAGER]})
    told = words(enter(manager).get(reverse("cartridges")))
    assert "No cartridges on hand" in told
    assert "Receive a delivery" in told
    esthetician = factories.user("Edda Bare", {bare: [Role.ESTHETICIAN]})
    assert "Receive" not in words(enter(esthetician).get(reverse("cartridges")))


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("C-{number:06d}", "unit"),
        ("c-{number:06d} ", "unit"),
        ("010952123454321317280630\x1d10LOT42A", "lot"),
        ("LOT42", "shelf"),
        ("zzz", "nothing"),
        ("C-999999", "nothing"),
        ("\x00", "all"),
        ("%", "nothing"),
        ("x" * 5000, "nothing"),
    ],
)
def test_one_field_finds_a_unit_or_a_lot(cast, desk, text, kind) -> None:
    unit = stocked(cast)
    answer = desk.get(reverse("cartridges"), {"find": text.format(number=unit.number)})
    if kind == "all" and answer.status_code == 400:
        return  # the gate refuses a NUL before any page
    if kind in ("unit", "lot"):
        key = unit.pk if kind == "unit" else cast.lot.pk
        name = "cartridge" if kind == "unit" else "cartridge-lot"
        assert answer.headers["Location"] == reverse(name, args=[key])
        return
    told = words(answer)
    assert ("Not known here" in told) == (kind == "nothing")
    assert ("LOT42A" in told) == (kind != "nothing")


# Lots and units


@pytest.mark.rule("P15")
def test_another_clinics_lot_and_unit_answer_like_missing_ones(cast, desk) -> None:
    theirs = cast.other_lot.units.order_by("number")[0]
    for address in (
        reverse("cartridge-lot", args=[cast.other_lot.pk]),
        reverse("cartridge-codes", args=[cast.other_lot.pk]),
        reverse("cartridge", args=[theirs.pk]),
        reverse("cartridge-code", args=[theirs.unit_code]),
        f"/cartridges/{'0' * 8}-{'0' * 4}-{'0' * 4}-{'0' * 4}-{'0' * 12}/",
        "/cartridges/C-99/",
    ):
        assert desk.get(address).status_code == 404
    assert waste(desk, theirs).status_code == 404
    theirs.refresh_from_db()
    assert theirs.status == "in_stock"


def test_a_lots_units_can_be_narrowed_to_one_state(world, enter) -> None:
    client = enter(world.cast.manager)
    address = reverse("cartridge-lot", args=[world.cast.lot.pk])
    told = words(client.get(address))
    assert "All (5) In stock (3) Opened (1) Used (1)" in told
    used = words(client.get(address, {"state": "used"}))
    assert used.count("C-0000") == 1
    assert client.get(address, {"state": "nonsense"}).status_code == 404
    assert "No unit in this state" in words(client.get(address, {"state": "lost"}))


@pytest.mark.rule("R2")
def test_a_units_life_is_told_from_goods_in_to_its_end(world, enter) -> None:
    unit = world.signed.cartridge
    address = reverse("cartridge", args=[unit.pk])
    told = words(enter(world.cast.auditor).get(address))
    life = told[told.index("History") :]
    assert life.index("Received") < life.index("Opened") < life.index("Used")
    assert life.count(world.signed.code) == 2
    code = reverse("cartridge-code", args=[unit.unit_code])
    assert enter(world.cast.auditor).get(code).headers["Location"] == address


def test_only_who_may_open_the_chart_is_led_to_it(world, enter) -> None:
    address = reverse("cartridge", args=[world.signed.cartridge.pk])
    chart = reverse("treatment", args=[world.signed.pk])
    visit = reverse("appointment", args=[world.signed.appointment_id])
    seen = {
        who: (chart in (page := enter(getattr(world.cast, who)).get(address).content.decode()),
              visit in page)
        for who in ("esthetician", "lapsed", "director", "manager", "auditor")
    }  # fmt: skip
    assert seen == {
        "esthetician": (True, True),
        "lapsed": (False, True),
        "director": (True, True),
        "manager": (False, True),
        "auditor": (True, False),
    }


# Wasting from stock


@pytest.mark.rule("R13")
def test_a_unit_is_wasted_with_its_reason_and_stays_in_the_books(cast, desk) -> None:
    unit = stocked(cast)
    answer = waste(desk, unit, reason="other", note_text="Fell into the sink")
    assert answer.headers["Location"] == reverse("cartridge", args=[unit.pk])
    told = words(desk.get(answer.headers["Location"]))
    assert f"{unit.unit_code} is wasted." in told
    assert "Fell into the sink" in told
    assert "Waste this unit" not in told
    unit.refresh_from_db()
    assert (unit.status, unit.waste_reason, unit.wasted_by) == ("wasted", "other", cast.manager)
    assert AuditEvent.objects.filter(action="cartridge.waste", outcome="done").count() == 1


@pytest.mark.rule("R13")
@pytest.mark.parametrize(
    "given",
    [
        {"reason": ""},
        {"reason": "nonsense"},
        {"reason": "opened_not_used"},
        {"reason": "other"},
        {"reason": "other", "note_text": "   "},
        {"reason": "dropped", "note_text": "n" * 201},
        {"reason": "dropped", "note_text": "a\x00b"},
    ],
)
def test_without_a_good_reason_nothing_is_wasted(cast, desk, given) -> None:
    unit = stocked(cast)
    answer = waste(desk, unit, **given)
    assert answer.status_code == 422
    assert answer.context["form"].errors
    unit.refresh_from_db()
    assert unit.status == "in_stock"


@pytest.mark.rule("P3", "R10")
def test_wasted_twice_is_a_conflict_and_pressed_twice_is_not(cast, desk) -> None:
    unit = stocked(cast)
    assert waste(desk, unit, once="key").status_code == 302
    assert waste(desk, unit, once="key").status_code == 302
    again = waste(desk, unit, once="other key")
    assert again.status_code == 409
    assert f"{unit.unit_code} is wasted already." in words(again)


@pytest.mark.rule("R52")
def test_a_unit_open_in_someones_treatment_is_not_wasted_from_here(world, enter) -> None:
    opened = world.under_way.units.get(status="opened")
    client = enter(world.cast.manager)
    assert "Waste this unit" not in words(client.get(reverse("cartridge", args=[opened.pk])))
    assert waste(client, opened).status_code == 403
    opened.refresh_from_db()
    assert opened.status == "opened"


def test_a_lots_page_says_what_became_of_a_unit_apart_from_what_can_be_done(cast, enter, clock):
    unit = stocked(cast)
    address = reverse("cartridge-lot", args=[cast.lot.pk])
    row = re.compile(rf"{unit.unit_code} In stock \w+, \w+ \d+ – (Waste… {unit.unit_code})?")
    for someone, may in ((cast.manager, True), (cast.auditor, False)):
        found = row.search(words(enter(someone).get(address)))
        assert found
        assert bool(found.group(1)) is may


def test_whoever_may_not_waste_sees_no_way_to(cast, enter, clock) -> None:
    unit = stocked(cast)
    auditor = enter(cast.auditor)
    assert "Waste" not in words(auditor.get(reverse("cartridge", args=[unit.pk])))
    assert waste(auditor, unit).status_code == 403
    assert "Waste this unit" in words(
        enter(cast.esthetician).get(reverse("cartridge", args=[unit.pk]))
    )


@pytest.mark.parametrize("name", ["cartridge-lot", "cartridge-codes"])
def test_a_lot_costs_as_many_queries_with_many_units_as_with_few(cast, desk, name) -> None:
    few = factories.lot(cast.clinic, cast.product, "FEW", units=1, by=cast.manager)
    many = factories.lot(cast.clinic, cast.product, "MANY", units=80, by=cast.manager)
    desk.get(reverse(name, args=[few.pk]))
    counts = []
    for lot in (few, many):
        with CaptureQueriesContext(connection) as asked:
            desk.get(reverse(name, args=[lot.pk]))
        counts.append(len(asked))
    assert counts[0] == counts[1]


def test_lots_of_many_scripts_and_signs_are_shown_literally(cast, desk) -> None:
    lot = factories.lot(cast.clinic, cast.product, "<b>&{{7*7}}", units=1, by=cast.manager)
    for address in (reverse("cartridges"), reverse("cartridge-lot", args=[lot.pk])):
        page = desk.get(address).content.decode()
        assert "&lt;b&gt;&amp;{{7*7}}" in page
        assert "<b>&" not in page
    assert CartridgeLot.objects.filter(lot="<b>&{{7*7}}").exists()


@pytest.mark.rule("R13")
def test_a_unit_that_was_opened_meanwhile_is_not_wasted_as_stock(
    cast: Cast, enter: Any, clock: Any
) -> None:
    """The stock's form does not ask whether it touched the patient, so it cannot say so."""
    chart = chart_at(cast, "claimed")
    clock.move_to(later(40))
    unit = chart.units.get()
    answer = waste(enter(cast.esthetician), unit, reason="contaminated")
    assert answer.status_code == 409
    assert f"{unit.unit_code} was opened for a treatment." in words(answer)
    assert "Waste it in that treatment's chart" in words(answer)
    unit.refresh_from_db()
    assert (unit.status, unit.waste_reason) == ("opened", "")


@pytest.mark.rule("R13", "R54")
def test_a_unit_found_torn_in_a_room_names_the_treatment_but_opens_it_to_no_manager(
    cast: Cast, desk: Any, enter: Any, clock: Any
) -> None:
    chart = chart_at(cast, "started")
    clock.move_to(later(40))
    unit = fit_unit(cast)
    ana = enter(cast.esthetician)
    torn = {"cartridge": unit.unit_code, "reason": "pack_damaged", "note_text": "Torn foil"}
    ana.post(reverse("treatment-waste", args=[chart.pk]), torn)
    hers, managers = (one.get(reverse("cartridge", args=[unit.pk])) for one in (ana, desk))
    for page in (hers, managers):
        assert f"Wasted in {chart.code}" in words(page)
    link = reverse("treatment", args=[chart.pk])
    assert (link in hers.content.decode(), link in managers.content.decode()) == (True, False)
