"""One visit from the phone call to the reconciled cartridge: at the desk, in the room, in stock.

The clinic's clock is set by hand and stands between the acts, so that minutes are exact.
"""

from __future__ import annotations

from collections.abc import Callable

import pytest
from playwright.sync_api import Page, ViewportSize, expect

from tests.cast import Cast
from tests.journeys import desk, room, stock
from tests.journeys.conftest import DESK, TABLET, Look
from tests.journeys.people import log_in, log_out, unlock
from treatments.models import Cartridge, Treatment

ShowTime = Callable[[str], None]


# Some forty pages, each judged: on a busy machine that takes longer than one test may.
@pytest.mark.timeout(400)
@pytest.mark.parametrize("screen", [DESK, TABLET], ids=["desk", "tablet"])
def test_whole_visit(
    cast: Cast, page: Page, look: Look, clock_shows: ShowTime, screen: ViewportSize
) -> None:
    page.set_viewport_size(screen)
    dropped, used = [unit.unit_code for unit in cast.lot.units.order_by("number")[:2]]
    at_the_desk(cast, page, look, clock_shows)
    in_the_room(cast, page, look, clock_shows, dropped, used)
    assert Treatment.objects.get().cartridge == Cartridge.objects.get(unit_code=used)
    in_the_office(cast, page, look, clock_shows, used)


def at_the_desk(cast: Cast, page: Page, look: Look, clock_shows: ShowTime) -> None:
    clock_shows("9:00")
    page.goto("/")
    look("log-in", dark=True)
    log_in(page, cast.reception)
    look("start page of reception")
    page.get_by_role("link", name="Day", exact=True).click()
    look("day board before the first visit")
    desk.book_newcomer(page, look)
    desk.book_patient_on_file(page)
    clock_shows("9:04")
    desk.mark_arrived(page, look)
    log_out(page, cast.reception)


def in_the_room(
    cast: Cast, page: Page, look: Look, clock_shows: ShowTime, dropped: str, used: str
) -> None:
    clock_shows("9:06")
    log_in(page, cast.esthetician)
    look("start page of the esthetician", dark=True)
    page.get_by_role("link", name="Treatments", exact=True).click()
    look("my treatments", dark=True)
    page.get_by_role("button", name="Open chart of Zoë").click()
    room.cream_on(page, look)
    clock_shows("9:16")
    page.reload()
    room.clock_reads(page, "10", "due 9:26 AM")
    clock_shows("9:36")  # twenty minutes untouched: the tablet has locked itself
    page.reload()
    look("lock")
    unlock(page, cast.esthetician)
    room.cream_off(page, look)
    clock_shows("9:38")
    room.start(page, look)
    room.claim_by_the_makers_code(page, look, dropped)
    room.drop(page, dropped)
    room.claim_by_unit_code(page, used)
    room.needle(page, look)
    clock_shows("9:50")
    page.reload()
    room.finish(page, look)
    room.sign(page, look, used)
    room.add_addendum(page)
    log_out(page, cast.esthetician)


def in_the_office(cast: Cast, page: Page, look: Look, clock_shows: ShowTime, used: str) -> None:
    clock_shows("10:30")
    log_in(page, cast.manager)
    look("start page of the manager", dark=True)
    stock.receive_box(page, look)
    stock.look_at_stock(page, look, used)
    stock.reconcile(page, look)
    log_out(page, cast.manager)
    log_in(page, cast.auditor)
    look("start page of the auditor")
    stock.read_the_log(page, look)
    expect(page.get_by_role("link", name="New appointment")).to_have_count(0)
