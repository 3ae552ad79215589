"""The rules of a chart: depths, grams, dwell, what is missing, the steps, the visit's clock."""

from __future__ import annotations

import dataclasses
import datetime as dt
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from treatments.rules.charting import (
    ChartFacts,
    depth_on_dial,
    depth_on_file,
    in_future,
    judge_dwell,
    missing_to_finish,
    missing_to_sign,
    read_depth,
    read_grams,
    say_depth,
    say_grams,
)
from treatments.rules.status import ALLOWED, UNIT_ALLOWED, Status, Unit, may_become
from treatments.rules.steps import STEP_WORDS, Step, step_at_hand, steps_done, steps_open
from treatments.rules.visit_clock import typed_time

CHICAGO = ZoneInfo("America/Chicago")
NOON = dt.datetime(2026, 11, 24, 18, 0, tzinfo=dt.UTC)
WHOLE = ChartFacts(
    started=True,
    ended=True,
    numbing_recorded=True,
    unit_opened_or_used=True,
    passes=2,
    unit_needled=True,
    endpoint=True,
    aftercare=True,
)


def facts(**given: object) -> ChartFacts:
    """A whole chart, but for what is given."""
    return dataclasses.replace(WHOLE, **given)  # type: ignore[arg-type]


@pytest.mark.rule("R20")
@pytest.mark.parametrize(
    ("depth", "fault"),
    [
        (25, None),
        (150, None),
        (250, None),
        (0, "Enter a depth above 0 mm."),
        (-25, "Enter a depth above 0 mm."),
        (275, "This device goes to 2.50 mm."),
        (30, "The dial has steps of 0.25 mm: choose 0.25 or 0.50."),
        (10, "The dial has steps of 0.25 mm: choose 0.25."),
        (249, "The dial has steps of 0.25 mm: choose 2.25 or 2.50."),
        (1_000_000_000, "This device goes to 2.50 mm."),
    ],
)
def test_a_depth_is_on_the_dial_or_the_nearest_steps_are_named(
    depth: int, fault: str | None
) -> None:
    assert depth_on_dial(depth, step=25, most=250) == fault


@pytest.mark.rule("R20")
@pytest.mark.parametrize(
    ("depth", "with_order", "label_most", "warning"),
    [
        (150, 250, 150, None),
        (150, None, 250, None),
        (175, 250, 150, "without an order, 1.50 mm"),
        (175, None, 250, "1.50 mm"),
        (275, 250, 150, "with an order, 2.50 mm"),
        (125, 250, 100, "without an order, 1.00 mm"),
    ],
)  # fmt: skip
def test_a_depth_above_the_most_on_file_of_its_area_is_warned_of(
    depth: int, with_order: int | None, label_most: int, warning: str | None
) -> None:
    found = depth_on_file(
        depth, area="Left cheek", most=150, with_order=with_order, label_most=label_most
    )
    if warning is None:
        assert found is None
    else:
        between = ", " if warning[0].isdigit() else " "
        deep = f"Left cheek: {say_depth(depth)} mm is more than the most on file"
        assert found == f"{deep}{between}{warning}."


@given(st.integers(min_value=1, max_value=250))
def test_only_whole_steps_are_on_the_dial(depth: int) -> None:
    assert (depth_on_dial(depth, step=25, most=250) is None) is (depth % 25 == 0)


@pytest.mark.rule("R20")
@pytest.mark.parametrize(
    ("text", "hundredths"),
    [
        ("0.75", 75),
        (".5", 50),
        ("1", 100),
        (" 1.50 ", 150),
        ("0.30", 30),
        ("1.500", 150),
        ("0", 0),
    ],
)
def test_a_depth_is_read_in_hundredths(text: str, hundredths: int) -> None:
    assert read_depth(text) == hundredths


@pytest.mark.parametrize(
    "text",
    [
        "",
        " ",
        "1,5",
        "0.255",
        "NaN",
        "Infinity",
        "1e2",
        "1_0",
        "-0.5",
        "+0.5",
        "0x10",
        "½",
        "٠٫٥",
        "0.5 mm",
        "1.",
        "9" * 400,
        "0." + "5" * 400,
    ],
)
def test_what_is_not_a_plain_number_is_not_read(text: str) -> None:
    assert read_depth(text) is None
    assert read_grams(text) is None


@given(st.integers(min_value=0, max_value=9999))
def test_what_is_said_is_read_back(amount: int) -> None:
    assert read_depth(say_depth(amount)) == amount
    assert read_grams(say_grams(amount)) == amount


def test_grams_have_one_decimal() -> None:
    assert read_grams("1.5") == 15
    assert read_grams("60.0") == 600
    assert read_grams("1.55") is None


@pytest.mark.rule("R40")
@pytest.mark.parametrize(
    ("seconds", "state", "minutes"),
    [
        (19 * 60 + 59, "short", 19),
        (20 * 60, "ok", 20),
        (60 * 60 + 59, "ok", 60),
        (61 * 60, "long", 61),
        (0, "short", 0),
    ],
)
def test_dwell_is_judged_with_both_limits_inside(seconds: int, state: str, minutes: int) -> None:
    dwell = judge_dwell(
        applied_at=NOON, until=NOON + dt.timedelta(seconds=seconds), shortest=20, longest=60
    )
    assert (dwell.state, dwell.minutes) == (state, minutes)
    assert str(minutes) in dwell.sentence


@pytest.mark.rule("R46")
def test_five_minutes_ahead_are_forgiven() -> None:
    assert not in_future(NOON + dt.timedelta(minutes=5), NOON)
    assert in_future(NOON + dt.timedelta(minutes=5, seconds=1), NOON)


@pytest.mark.rule("R1", "R39", "R40", "R46")
@pytest.mark.parametrize(
    ("lacking", "step", "rule"),
    [
        ({"numbing_recorded": False}, "numb", "R39"),
        ({"cream_still_on": True}, "numb", "R40"),
        ({"started": False}, "start", "R46"),
        ({"unit_opened_or_used": False}, "cartridge", "R1"),
        ({"passes": 0}, "passes", "R46"),
        ({"unit_needled": False}, "passes", "R13"),
        ({"endpoint": False}, "finish", "R46"),
        ({"aftercare": False}, "finish", "R46"),
    ],
)
def test_each_thing_that_is_missing_names_its_step(
    lacking: dict[str, object], step: str, rule: str
) -> None:
    found = missing_to_finish(facts(**lacking))
    assert [(one.step, one.rule) for one in found] == [(step, rule)]
    assert missing_to_sign(facts(**lacking)) == found


def test_an_empty_chart_lacks_everything_in_the_order_of_the_steps() -> None:
    found = missing_to_sign(ChartFacts(started=False, ended=False))
    assert [one.step for one in found] == [
        "numb", "start", "cartridge", "passes", "finish", "finish", "finish",
    ]  # fmt: skip


def test_a_whole_chart_lacks_nothing_and_one_ended_early_only_its_end() -> None:
    assert missing_to_sign(WHOLE) == []
    assert [one.what for one in missing_to_sign(facts(ended=False))] == ["the end of the treatment"]
    assert missing_to_sign(ChartFacts(started=False, ended=True, aborted=True)) == []


@pytest.mark.parametrize(
    ("chart", "step"),
    [
        (ChartFacts(started=False, ended=False), Step.NUMB),
        (
            ChartFacts(started=False, ended=False, numbing_recorded=True, cream_still_on=True),
            Step.NUMB,
        ),
        (ChartFacts(started=False, ended=False, numbing_recorded=True), Step.START),
        (ChartFacts(started=True, ended=False, numbing_recorded=True), Step.CARTRIDGE),
        (facts(ended=False, passes=0, endpoint=False, aftercare=False), Step.PASSES),
        (facts(ended=False, endpoint=False, aftercare=False), Step.PASSES),
        (facts(ended=False, unit_opened_or_used=False), Step.CARTRIDGE),
        (WHOLE, Step.SIGN),
        (ChartFacts(started=False, ended=True, aborted=True), Step.SIGN),
    ],
)
def test_the_step_at_hand_is_the_first_that_is_not_done(chart: ChartFacts, step: Step) -> None:
    assert step_at_hand(chart) == step
    assert step not in steps_done(chart) or step == Step.PASSES
    assert step in steps_open(chart)


def test_a_step_ahead_is_closed_and_the_finish_opens_with_the_first_pass() -> None:
    before = facts(ended=False, passes=0, endpoint=False, aftercare=False)
    assert steps_open(before) == {Step.NUMB, Step.START, Step.CARTRIDGE, Step.PASSES}
    after = dataclasses.replace(before, passes=1)
    assert steps_open(after) - steps_open(before) == {Step.FINISH}
    assert set(STEP_WORDS) == set(Step)


@pytest.mark.rule("R10", "R46")
def test_the_tables_of_steps_name_each_state_once_and_end_where_they_should() -> None:
    assert set(ALLOWED) == set(Status)
    assert set(UNIT_ALLOWED) == set(Unit)
    assert [one for one, then in ALLOWED.items() if not then] == [Status.SIGNED]
    final = {Unit.USED, Unit.WASTED, Unit.RETURNED, Unit.DESTROYED}
    assert {one for one, then in UNIT_ALLOWED.items() if not then} == final
    assert may_become("in_progress", "completed")
    assert not may_become("completed", "in_progress")


def read(text: str, *, at: dt.datetime, came: dt.datetime | None = None) -> list[str]:
    """What a typed time means, as UTC instants."""
    typed = typed_time(
        dt.time.fromisoformat(text),
        came_at=came or at - dt.timedelta(hours=2),
        at=at,
        zone=CHICAGO,
    )
    return [f"{one:%d %H:%M:%S}" for one in typed.instants]


@pytest.mark.rule("P4")
def test_a_typed_time_is_todays_on_the_clinics_wall_clock() -> None:
    assert read("11:40", at=NOON) == ["24 17:40:00"]


def test_the_minute_of_the_arrival_is_the_arrival() -> None:
    came = NOON - dt.timedelta(minutes=20, seconds=-40)
    assert read("11:40", at=NOON, came=came) == ["24 17:40:40"]


def test_a_time_ahead_or_before_the_arrival_is_given_back_for_the_operation_to_refuse() -> None:
    assert read("12:30", at=NOON) == ["24 18:30:00"]
    assert read("08:00", at=NOON) == ["24 14:00:00"]


def test_after_midnight_a_time_ahead_is_yesterdays() -> None:
    past_midnight = dt.datetime(2026, 11, 25, 6, 10, tzinfo=dt.UTC)
    came = past_midnight - dt.timedelta(hours=1)
    assert read("23:50", at=past_midnight, came=came) == ["25 05:50:00"]
    assert read("00:05", at=past_midnight, came=came) == ["25 06:05:00"]
    just_came = past_midnight - dt.timedelta(minutes=5)
    assert read("23:50", at=past_midnight, came=just_came) == ["26 05:50:00"]


@pytest.mark.rule("P5")
def test_a_time_that_the_clock_skipped_is_refused_in_words() -> None:
    at = dt.datetime(2027, 3, 14, 9, 0, tzinfo=dt.UTC)  # 4 am, after the change at 2 am
    typed = typed_time(dt.time(2, 30), came_at=at - dt.timedelta(hours=3), at=at, zone=CHICAGO)
    assert typed.instants == ()
    assert typed.fault == "The clocks were set forward: there was no 2:30 AM that night."


@pytest.mark.rule("P5")
def test_a_time_that_the_clock_showed_twice_is_both_until_one_is_ruled_out() -> None:
    after = dt.datetime(2026, 11, 1, 8, 0, tzinfo=dt.UTC)  # 2 am, after the change at 2 am
    assert read("01:30", at=after) == ["01 06:30:00", "01 07:30:00"]
    between = dt.datetime(2026, 11, 1, 6, 45, tzinfo=dt.UTC)  # 1:45 am, for the first time
    assert read("01:30", at=between) == ["01 06:30:00"]
    assert read("01:30", at=after, came=dt.datetime(2026, 11, 1, 7, 0, tzinfo=dt.UTC)) == [
        "01 07:30:00"
    ]
