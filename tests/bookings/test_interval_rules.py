"""How long skin rests: the days one counts, and which treatment counts."""

from __future__ import annotations

import datetime as dt

import pytest

from bookings.rules.interval import Needled, first_day, gap_before, same_skin

LAST = dt.date(2026, 11, 2)
DAY = dt.timedelta(days=1)
CHEEKS = [Needled("cheek_l", LAST), Needled("cheek_r", LAST)]


@pytest.mark.rule("R35")
@pytest.mark.parametrize(
    ("days", "stands", "overridable"),
    [
        (0, True, False),
        (1, True, False),
        (13, True, False),
        (14, True, True),
        (27, True, True),
        (28, False, False),
        (400, False, False),
    ],
)
def test_fourteen_days_for_everybody_twenty_eight_without_a_reason(
    days: int, stands: bool, overridable: bool
) -> None:
    gap = gap_before(LAST + DAY * days, areas=["cheek_l"], needled=CHEEKS, keeps_days=28)
    assert (gap is not None) is stands
    assert (gap is not None and gap.may_be_overridden) is overridable


@pytest.mark.rule("R35")
@pytest.mark.parametrize("keeps", [14, 28, 42, 180])
def test_the_clinic_says_how_long(keeps: int) -> None:
    asked = {"areas": ["cheek_l"], "needled": CHEEKS, "keeps_days": keeps}
    assert gap_before(LAST + DAY * (keeps - 1), **asked) is not None  # type: ignore[arg-type]
    assert gap_before(LAST + DAY * keeps, **asked) is None  # type: ignore[arg-type]
    assert first_day(**asked) == LAST + DAY * keeps  # type: ignore[arg-type]


@pytest.mark.rule("R35")
@pytest.mark.parametrize(
    ("areas", "stands"),
    [(["chin"], False), (["cheek_r", "chin"], True), ([], True)],
    ids=["other skin", "some of it", "anywhere"],
)
def test_only_the_same_skin_counts(areas: list[str], stands: bool) -> None:
    gap = gap_before(LAST + DAY * 20, areas=areas, needled=CHEEKS, keeps_days=28)
    assert (gap is not None) is stands


@pytest.mark.rule("R35")
def test_the_last_treatment_counts_and_none_that_comes_after() -> None:
    later = Needled("cheek_l", LAST + 30 * DAY)
    gap = gap_before(LAST + 20 * DAY, areas=[], needled=[*CHEEKS, later], keeps_days=28)
    assert gap is not None
    assert (gap.last_on, gap.days) == (LAST, 20)
    assert first_day(areas=[], needled=[*CHEEKS, later], keeps_days=28) == LAST + 58 * DAY


@pytest.mark.rule("R35")
def test_it_says_when_the_last_was_and_from_when_it_works() -> None:
    gap = gap_before(LAST + DAY * 20, areas=[], needled=CHEEKS, keeps_days=28)
    assert gap is not None
    assert gap.says == (
        "The last treatment of the same area was on Mon, Nov 2, 2026, 20 days before; "
        "at least 28 days lie between two."
    )
    assert gap.would_work == "It works from Mon, Nov 30, 2026 on."
    soon = gap_before(LAST + DAY, areas=[], needled=CHEEKS, keeps_days=28)
    assert soon is not None
    assert soon.says == (
        "The last treatment of the same area was on Mon, Nov 2, 2026, 1 day before; "
        "at least 28 days lie between two, and under 14 days nobody books."
    )
    assert soon.would_work == gap.would_work
    same = gap_before(LAST, areas=[], needled=CHEEKS, keeps_days=28)
    assert same is not None
    assert "that same day; at least 28 days" in same.says
    least = gap_before(LAST + DAY, areas=[], needled=CHEEKS, keeps_days=14)
    assert least is not None
    assert least.says.endswith("1 day before; at least 14 days lie between two.")


@pytest.mark.rule("R35")
def test_what_was_passed_over_once_needs_no_second_reason_unless_it_is_sooner() -> None:
    passed = {LAST: 20}
    asked = {"areas": [], "needled": CHEEKS, "keeps_days": 28, "passed": passed}
    assert gap_before(LAST + 20 * DAY, **asked) is None  # type: ignore[arg-type]
    assert gap_before(LAST + 21 * DAY, **asked) is None  # type: ignore[arg-type]
    assert gap_before(LAST + 19 * DAY, **asked) is not None  # type: ignore[arg-type]
    assert first_day(**asked) == LAST + 20 * DAY  # type: ignore[arg-type]
    another = {**asked, "passed": {LAST - DAY: 20}}
    assert gap_before(LAST + 20 * DAY, **another) is not None  # type: ignore[arg-type]


def test_a_service_without_areas_meets_every_other() -> None:
    assert same_skin([], ["chin"])
    assert same_skin(["chin"], [])
    assert same_skin(["chin", "neck"], ["neck"])
    assert not same_skin(["chin"], ["neck"])
