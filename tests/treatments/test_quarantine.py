"""Units in quarantine: who sends them on their way, and how they are counted."""

from __future__ import annotations

import datetime as dt
from typing import Any

import pytest
from django.core.management import call_command
from django.test import Client
from django.urls import reverse

from tests import factories
from tests.cast import Cast
from tests.treatments.pages import words
from tests.treatments.test_cartridge_views import waste
from treatments.models import Cartridge


@pytest.fixture
def desk(cast: Cast, enter: Any, clock: Any) -> Client:
    client: Client = enter(cast.manager)
    return client


def aside(cast: Cast, lot: str = "ASIDE", **given: Any) -> Cartridge:
    """A unit that came in into quarantine."""
    made = factories.lot(
        cast.clinic, cast.product, lot, units=1, by=cast.manager, aside=True, **given
    )
    unit: Cartridge = made.units.get()
    return unit


@pytest.mark.rule("R5", "R9")
def test_a_manager_wastes_what_lies_in_quarantine_and_the_expired_are_off_the_list(
    cast, desk
) -> None:
    expired = cast.expired_lot.units.count()
    unit = aside(cast, expires_on=dt.date(2026, 11, 1))
    page = words(desk.get(reverse("cartridge", args=[unit.pk])))
    assert "Received into quarantine" in page
    assert f"{expired + 1} expired cartridges are still on hand" in words(desk.get("/"))
    assert waste(desk, unit, reason="expired").status_code == 302
    page = words(desk.get(reverse("cartridge", args=[unit.pk])))
    assert ("Waste this unit" in page, "Expired" in page) == (False, True)
    unit.refresh_from_db()
    assert (unit.status, unit.waste_reason) == ("wasted", "expired")
    assert f"{expired} expired cartridges are still on hand" in words(desk.get("/"))
    call_command("verify_audit")


@pytest.mark.rule("R5")
def test_only_a_manager_wastes_from_quarantine_and_nobody_what_a_recall_holds(
    cast, enter, clock
) -> None:
    unit = aside(cast)
    held = aside(cast, lot="HELD", status="frozen")
    for someone, mine in ((cast.esthetician, "is in quarantine."), (cast.manager, "")):
        client = enter(someone)
        for one, says in ((held, "frozen by a recall."), (unit, mine)):
            page = words(client.get(reverse("cartridge", args=[one.pk])))
            assert ("Waste this unit" in page) is (not says)
            answer = waste(client, one)
            assert answer.status_code == (422 if says else 302)
            assert says in words(answer)


def test_no_unit_is_counted_by_two_tiles(cast, desk) -> None:
    aside(cast, expires_on=dt.date(2026, 11, 1))
    aside(cast, lot="FINE")
    page = words(desk.get(reverse("cartridges")))
    assert "Ready to use 5 in stock and in date Expired 3 1 in quarantine In quarantine 1" in page
    for unit in Cartridge.objects.filter(lot=cast.expired_lot):
        waste(desk, unit, reason="expired")
    assert "Expired 1 all in quarantine In quarantine 1" in words(desk.get(reverse("cartridges")))
