"""What was typed is there again: over the lock, in another tab, and for nobody else (P13)."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from clinic.models import Draft
from tests.cast import Cast
from tests.journeys.conftest import Look
from tests.journeys.people import keeps_what_was_typed, press, type_in, unlock
from tests.treatments.visits import chart_at

pytestmark = pytest.mark.rule("P13")
Seat = Callable[..., Page]


def test_a_locked_tablet_gives_back_what_was_typed(
    cast: Cast, seat: Seat, look: Look, clock_shows: Callable[[str], None]
) -> None:
    chart = chart_at(cast, "needled")
    clock_shows("9:40")
    page = seat(cast.esthetician, f"/treatments/{chart.pk}/?step=finish")
    page.get_by_label("Note").fill("Left cheek a little warmer than the right.")
    page.get_by_role("button", name="Lock", exact=True).click()
    unlock(page, cast.esthetician)
    expect(page).to_have_url(f"/treatments/{chart.pk}/?step=finish")
    expect(page.get_by_label("Note")).to_have_value("Left cheek a little warmer than the right.")
    expect(page.get_by_text("What you typed at")).to_be_visible()
    look("typed text after the lock", dark=True)
    page.get_by_role("button", name="Clear it").click()
    expect(page.get_by_label("Note")).to_have_value("")
    page.reload()
    expect(page.get_by_label("Note")).to_have_value("")


def test_a_lost_tab_loses_no_text_and_a_saved_form_leaves_none(
    cast: Cast, seat: Seat, clock_shows: Callable[[str], None]
) -> None:
    chart = chart_at(cast, "needled")
    clock_shows("9:40")
    address = f"/treatments/{chart.pk}/?step=passes"
    page = seat(cast.esthetician, address)
    page.get_by_label("Forehead").check()
    with page.expect_response(keeps_what_was_typed) as put:
        page.get_by_label("Depth", exact=True).fill("0.75")
    assert put.value.status == 204
    second = page.context.new_page()
    page.close()
    second.goto(address)
    expect(second.get_by_label("Depth", exact=True)).to_have_value("0.75")
    expect(second.get_by_label("Forehead")).to_be_checked()
    second.get_by_label("Passes", exact=True).fill("2")
    second.get_by_label("Uniform redness").check()
    assert press(second, "Add pass") == 200
    expect(second.get_by_text("What you typed")).to_have_count(0)
    assert not Draft.objects.filter(page__endswith="/pass/").exists()


def test_the_desk_gets_back_what_it_sent_to_a_locked_screen(
    cast: Cast, seat: Seat, clock_shows: Callable[[str], None]
) -> None:
    page = seat(cast.reception, "/patients/register/")
    page.locator("#id_first_name").fill("Zoë")
    page.locator("#id_last_name").fill("Abara")
    clock_shows("9:30")
    page.get_by_role("button", name="Register").click()
    unlock(page, cast.reception)
    expect(page).to_have_url("/patients/register/")
    expect(page.locator("#id_first_name")).to_have_value("Zoë")
    expect(page.locator("#id_last_name")).to_have_value("Abara")


def test_the_next_person_gets_an_empty_form(cast: Cast, seat: Seat) -> None:
    page = seat(cast.reception, "/patients/register/")
    page.locator("#id_first_name").fill("Zoë")
    page.get_by_text(cast.reception.name).click()
    page.get_by_role("button", name="Lock or switch user").click()
    expect(page.get_by_role("heading", name="This screen is locked")).to_be_visible()
    assert Draft.objects.get().user == cast.reception
    page.get_by_role("button", name="Someone else? Log in as yourself").click()
    type_in(page, cast.manager)
    expect(page.get_by_role("heading", level=1)).to_contain_text(cast.manager.name)
    # The same form after a lock of her own, where the page asks for what was typed.
    page.goto("/patients/register/")
    page.get_by_text(cast.manager.name).click()
    page.get_by_role("button", name="Lock or switch user").click()
    with page.expect_response(lambda answer: "/draft/?" in answer.url) as asked:
        unlock(page, cast.manager)
    assert asked.value.status == 204
    expect(page.locator("#id_first_name")).to_have_value("")


def test_a_screen_that_locks_under_the_hand_loses_nothing_of_a_call(
    cast: Cast, seat: Seat, clock_shows: Callable[[str], None]
) -> None:
    page = seat(cast.reception, "/appointments/new/")
    page.locator("#id_patient").fill("Mia")
    page.locator("#id_time").fill("14:30")
    clock_shows("9:30")
    page.locator("#id_patient").press_sequentially(" Lee", delay=30)
    unlock(page, cast.reception)
    expect(page).to_have_url("/appointments/new/")
    expect(page.locator("#id_time")).to_have_value("14:30")
    expect(page.locator("#id_patient")).to_have_value(re.compile("Mia"))


def test_a_time_that_the_page_keeps_by_itself_is_as_of_now_when_it_comes_back(
    cast: Cast, seat: Seat, clock_shows: Callable[[str], None]
) -> None:
    chart = chart_at(cast, "open")
    clock_shows("9:05")
    page = seat(cast.esthetician, f"/treatments/{chart.pk}/?step=numb")
    # As the page does at the turn of a minute.
    page.locator("input[data-now]").evaluate("(one) => { one.value = '09:06'; }")
    with page.expect_response(keeps_what_was_typed) as put:
        page.get_by_label("Lot").fill("L-77")
    assert put.value.status == 204
    kept = Draft.objects.get(page__endswith="/numb/").fields
    assert "L-77" in kept
    assert "applied_at" not in kept
    clock_shows("9:15")
    page.reload()
    expect(page.get_by_label("Lot")).to_have_value("L-77")
    expect(page.locator("input[data-now]")).to_have_value("09:15")


def test_a_tablet_that_locks_under_the_hand_shows_it_and_keeps_the_last_word(
    cast: Cast, seat: Seat, clock_shows: Callable[[str], None]
) -> None:
    chart = chart_at(cast, "needled")
    clock_shows("9:40")
    page = seat(cast.esthetician, f"/treatments/{chart.pk}/?step=finish")
    clock_shows("10:10")
    with page.expect_response(keeps_what_was_typed) as put:
        page.get_by_label("Note").press_sequentially("The whole long note", delay=20)
    assert put.value.status == 302
    unlock(page, cast.esthetician)
    expect(page).to_have_url(f"/treatments/{chart.pk}/?step=finish")
    expect(page.get_by_label("Note")).to_have_value("The whole long note")


@pytest.mark.parametrize("sent", [True, False])
def test_a_session_that_is_over_gives_back_what_was_typed_after_the_log_in(
    cast: Cast, seat: Seat, clock_shows: Callable[[str], None], sent: bool
) -> None:
    form = "/patients/register/" if sent else "/appointments/new/"
    page = seat(cast.reception, form)
    one = page.locator("#id_last_name" if sent else "#id_time")
    one.fill("Abara" if sent else "14:30")
    clock_shows("21:30")
    if sent:
        page.get_by_role("button", name="Register").click()
    else:
        page.locator("#id_patient").press_sequentially("Mia", delay=30)
    type_in(page, cast.reception)
    expect(page).to_have_url(form)
    expect(one).to_have_value("Abara" if sent else "14:30")


def test_a_tablet_whose_session_is_over_under_the_hand_shows_it(
    cast: Cast, seat: Seat, clock_shows: Callable[[str], None]
) -> None:
    chart = chart_at(cast, "needled")
    clock_shows("9:40")
    page = seat(cast.esthetician, f"/treatments/{chart.pk}/?step=finish")
    # The page has asked for what was typed before: that, too, would end the session.
    page.wait_for_load_state("networkidle")
    clock_shows("21:50")
    page.get_by_label("Note").fill("Calm")
    type_in(page, cast.esthetician)
    expect(page).to_have_url(f"/treatments/{chart.pk}/?step=finish")
    expect(page.get_by_label("Note")).to_have_value("Calm")
