"""The cartridge on the treatment page: scanned, opened, wasted."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client

from clinic.models import User
from tests.cast import Cast
from tests.treatments.pages import HTMX, address, send, words
from tests.treatments.visits import arrived, chart_at, later
from treatments import operations
from treatments.rules.status import Unit

Enter = Callable[[User], Client]
pytestmark = pytest.mark.usefixtures("clock")


@pytest.mark.rule("R2", "R3", "R8", "S1")
@pytest.mark.parametrize(
    ("text", "status", "says"),
    [
        ("C-000001", 200, "C-000001 may be opened Demo Cartridge 14, in stock and in date."),
        ("]d201095212345432131728063010LOT42A", 200, "Which unit is it? 5 units of this lot"),
        ("", 422, "This code can't be used Nothing was scanned."),
        ("C-000006", 422, "Do not use: expired Lot OLD1 expired on Mon, Nov 23, 2026."),
        ("C-000999", 422, "Not known here C-000999 is not known here. Check the code"),
        ("]d201195212345432101728063010LOT42A", 422, "This is the code of a box of 10"),
        ("C-000002", 409, "Do not use: opened already C-000002 is open in another treatment."),
    ],
)
def test_a_scan_answers_with_a_band(
    cast: Cast, enter: Enter, text: str, status: int, says: str
) -> None:
    chart = chart_at(cast, "started")
    if status == 409:
        other = chart_at(cast, "started", arrived(cast, patient=cast.wang, minutes=120))
        operations.claim_unit(
            treatment=other,
            unit_code=text,
            pack_intact=True,
            by=cast.esthetician,
            at=later(31),
        )
    ana = enter(cast.esthetician)
    for headers in ({}, HTMX):
        answer = ana.post(address(chart, "scan"), {"cartridge": text}, headers=headers)
        assert answer.status_code == status
        assert says in words(answer)
        assert 'id="scan-cartridge"' in answer.content.decode() or "may be opened" in says


def test_a_unit_is_opened_once_its_pack_is_confirmed(cast: Cast, enter: Enter, clock: Any) -> None:
    chart = chart_at(cast, "started")
    clock.move_to(later(31))
    ana = enter(cast.esthetician)
    asked = send(ana, chart, "claim", cartridge="C-000001")
    assert asked.status_code == 422
    assert "The pack is not confirmed whole and sterile." in words(asked)
    assert "Open C-000001" in words(asked)
    assert send(ana, chart, "claim", cartridge="C-000001", pack_intact="on").status_code == 302
    again = send(ana, chart, "claim", cartridge="C-000002", pack_intact="on")
    assert again.status_code == 409
    assert "A cartridge is open already C-000001 is open for this treatment." in words(again)


@pytest.mark.rule("R13")
@pytest.mark.parametrize("reason", ["", "opened_not_used", "other"])
def test_a_refused_waste_offers_the_same_reasons_as_before(
    cast: Cast, enter: Enter, clock: Any, reason: str
) -> None:
    chart = chart_at(cast, "started")
    clock.move_to(later(31))
    ana = enter(cast.esthetician)
    asked = send(ana, chart, "scan", cartridge="C-000001")
    refused = send(ana, chart, "waste", cartridge="C-000001", reason=reason)
    assert (asked.status_code, refused.status_code) == (200, 422)
    offered = re.compile(rb'name="reason" value="(\w+)"')
    assert offered.findall(refused.content) == offered.findall(asked.content)
    assert "Opened, not used" not in words(asked)


def test_a_torn_pack_is_wasted_at_the_scan_and_stays_listed_as_a_dropped_unit_does(
    cast: Cast, enter: Enter, clock: Any
) -> None:
    chart = chart_at(cast, "started")
    clock.move_to(later(31))
    ana = enter(cast.esthetician)
    send(ana, chart, "waste", cartridge="C-000001", reason="pack_damaged")
    send(ana, chart, "claim", cartridge="C-000002", pack_intact="on")
    faulty = send(ana, chart, "waste", cartridge="C-000002", reason="other")
    assert faulty.status_code == 422
    assert "Say why the unit is wasted." in words(faulty)
    send(ana, chart, "waste", cartridge="C-000002", reason="dropped", patient_contact="on")
    page = words(ana.get(address(chart)))
    assert "C-000002 Wasted Dropped; it touched the patient, 9:31 AM by Ana Ruiz" in page
    assert "C-000001 Wasted Pack damaged, 9:31 AM by Ana Ruiz" in page
    states = dict(cast.lot.units.values_list("unit_code", "status"))
    assert (states["C-000001"], states["C-000002"]) == (Unit.WASTED, Unit.WASTED)
    theirs = cast.other_lot.units.earliest("number").unit_code
    assert send(ana, chart, "waste", cartridge=theirs, reason="dropped").status_code == 422
