"""The steps of a visit, the acts that stand open, and how long a visit holds what."""

from __future__ import annotations

import datetime as dt

import pytest

from bookings.rules.status import (
    ALLOWED,
    HOLDING,
    LEADS_TO,
    MOVABLE,
    WORDS,
    Act,
    Status,
    awaits_chart,
    may_become,
    open_acts,
)
from bookings.rules.visit import HOLD_CAP_MIN, Span, lanes, time_fault
from tests.cast import NOW

MINUTE = dt.timedelta(minutes=1)
S = Status


def test_every_state_has_its_steps_and_its_word() -> None:
    assert set(ALLOWED) == set(WORDS) == set(Status)


@pytest.mark.rule("R46")
def test_what_has_ended_stays_as_it_is() -> None:
    ended = {state for state, then in ALLOWED.items() if not then}
    assert ended == {S.COMPLETED, S.CANCELLED, S.NO_SHOW}


def test_a_visit_holds_time_until_it_is_called_off_or_missed() -> None:
    assert set(Status) - HOLDING == {S.CANCELLED, S.NO_SHOW}
    assert set(MOVABLE) == {S.BOOKED, S.CONFIRMED}


@pytest.mark.parametrize(
    ("now", "then"),
    [
        (S.CONFIRMED, S.BOOKED),
        (S.ARRIVED, S.NO_SHOW),
        (S.NUMBING, S.CANCELLED),
        (S.IN_TREATMENT, S.NUMBING),
        (S.COMPLETED, S.CANCELLED),
        (S.CANCELLED, S.BOOKED),
        (S.NO_SHOW, S.ARRIVED),
    ],
)
def test_no_visit_goes_back_or_sideways(now: Status, then: Status) -> None:
    assert not may_become(now, then)


@pytest.mark.rule("R46")
def test_a_chart_waits_for_who_is_here_today_and_has_none() -> None:
    for status in S:
        here = awaits_chart(status, chart_open=False, on_the_day=True)
        assert here == (status == S.ARRIVED)
    assert not awaits_chart(S.ARRIVED, chart_open=True, on_the_day=True)
    assert not awaits_chart(S.ARRIVED, chart_open=False, on_the_day=False)


@pytest.mark.parametrize(
    ("status", "acts"),
    [
        (S.BOOKED, [Act.CONFIRM, Act.ARRIVE, Act.NO_SHOW, Act.MOVE, Act.CANCEL]),
        (S.CONFIRMED, [Act.ARRIVE, Act.NO_SHOW, Act.MOVE, Act.CANCEL]),
        (S.ARRIVED, [Act.CANCEL]),
        (S.NUMBING, []),
        (S.IN_TREATMENT, []),
        (S.COMPLETED, []),
        (S.CANCELLED, []),
        (S.NO_SHOW, []),
    ],
)
def test_the_card_offers_what_the_state_allows(status: Status, acts: list[Act]) -> None:
    assert open_acts(status, chart_open=False, on_the_day=True, missed=True) == acts


def test_nobody_arrives_on_another_day_or_is_missed_before_her_time() -> None:
    found = open_acts(S.BOOKED, chart_open=False, on_the_day=False, missed=False)
    assert found == [Act.CONFIRM, Act.MOVE, Act.CANCEL]


def test_a_visit_whose_chart_is_open_is_not_ended_at_the_desk() -> None:
    assert open_acts(S.ARRIVED, chart_open=True, on_the_day=True, missed=True) == []


def test_every_act_but_a_move_and_an_undo_leads_to_a_state() -> None:
    assert set(Act) - set(LEADS_TO) == {Act.MOVE, Act.UNDO}


@pytest.mark.rule("R47", "R48")
def test_each_lane_is_held_for_its_own_part_of_the_visit() -> None:
    held = lanes(starts_at=NOW, numbing_min=25, treatment_min=45, clean_down_min=10)
    assert held.practitioner == Span(NOW, NOW + 45 * MINUTE)
    assert held.device == Span(NOW, NOW + 55 * MINUTE)
    assert held.patient == Span(NOW - 25 * MINUTE, NOW + 45 * MINUTE)
    assert held.room == Span(NOW - 25 * MINUTE, NOW + 55 * MINUTE)


def test_the_longest_visit_fits_under_the_cap_of_a_hold() -> None:
    held = lanes(starts_at=NOW, numbing_min=120, treatment_min=45, clean_down_min=60)
    assert held.room.ends_at - held.room.starts_at <= HOLD_CAP_MIN * MINUTE


@pytest.mark.parametrize(
    ("minutes", "fault"),
    [
        (-6, "This time is in the past."),
        (-5, None),
        (0, None),
        (731 * 24 * 60, None),
        (731 * 24 * 60 + 1, "This is more than two years ahead."),
    ],
)
def test_a_visit_is_planned_from_now_to_two_years_ahead(minutes: int, fault: str | None) -> None:
    assert time_fault(starts_at=NOW + minutes * MINUTE, at=NOW) == fault


def test_a_visit_starts_on_a_whole_minute() -> None:
    odd = NOW + MINUTE + dt.timedelta(seconds=1)
    assert time_fault(starts_at=odd, at=NOW) == "A visit starts on a whole minute."
