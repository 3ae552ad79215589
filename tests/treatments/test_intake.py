"""GS1 codes: the valid samples V1-V13, the malformed ones M1-M22, and the rules they prove."""

import re
from datetime import date

import pytest

from tests.treatments.intake_samples import (
    ANOTHER,
    BOX,
    JUNE_30,
    MALFORMED,
    OTHER,
    PARTS,
    TODAY,
    UNIT,
    V10_TEXT,
    VALID,
    Read,
    scan,
    told,
)
from treatments.rules.intake import (
    Fault,
    Kind,
    Level,
    Precision,
    read_scan,
)


@pytest.mark.rule("R14")
@pytest.mark.parametrize(("text", "expected"), VALID.values(), ids=VALID.keys())
def test_a_sound_code_says_product_lot_and_expiry(text: str, expected: Read) -> None:
    verdict = scan(text)

    assert told(verdict) == expected
    assert verdict.raw == text


@pytest.mark.rule("R14")
@pytest.mark.parametrize(("text", "fault"), MALFORMED.values(), ids=MALFORMED.keys())
def test_a_malformed_code_is_refused_with_its_fault_and_the_way_out(
    text: str, fault: Fault
) -> None:
    verdict = scan(text)

    assert (verdict.kind, verdict.fault) == (Kind.REFUSED, fault)
    assert not verdict.accepted
    assert verdict.sentence.endswith(".")
    assert re.search(r"\bscan\b|two people|type", verdict.sentence, re.IGNORECASE)


@pytest.mark.parametrize(
    ("sample", "quarantine"),
    [(name, name in {"M1", "M3", "M4", "M5", "M16", "M20"}) for name in MALFORMED],
)
def test_only_wrong_data_points_to_quarantine(sample: str, quarantine: bool) -> None:
    assert scan(MALFORMED[sample][0]).quarantine is quarantine


@pytest.mark.rule("S3")
@pytest.mark.parametrize(
    "text", ["]E09521234543213", "9521234543213", UNIT, "]I109521234543213", PARTS]
)
def test_a_bare_product_number_asks_for_lot_and_expiry(text: str) -> None:
    """M14, S3."""
    verdict = scan(text)

    assert verdict.kind is Kind.ASK
    assert verdict.fault is Fault.LOT_AND_EXPIRY_MISSING
    assert (verdict.di, verdict.level, verdict.lot, verdict.expires_on) == (
        UNIT,
        Level.UNIT,
        None,
        None,
    )
    assert "other code" in verdict.sentence
    assert "two people" in verdict.sentence
    assert not verdict.accepted


def test_the_bracketed_text_is_read_by_the_strict_parser() -> None:
    """M21 is V10's text: the lot ends where (21) begins."""
    verdict = scan(V10_TEXT)

    assert (verdict.lot, verdict.serial) == ("LOT42A", "77")


@pytest.mark.rule("R4")
@pytest.mark.parametrize(
    ("printed", "last_day"),
    [
        ("280200", date(2028, 2, 29)),
        ("270200", date(2027, 2, 28)),
        ("280400", date(2028, 4, 30)),
        ("281200", date(2028, 12, 31)),
    ],
)
def test_expiry_without_a_day_is_the_last_day_of_its_month(printed: str, last_day: date) -> None:
    verdict = scan(f"{PARTS}17{printed}10L1")

    assert (verdict.expires_on, verdict.expiry_precision) == (last_day, Precision.MONTH)


@pytest.mark.rule("R4")
def test_a_month_only_expiry_is_good_on_its_last_day_and_not_after() -> None:
    verdict = scan(f"{PARTS}1728020010L1")

    assert not verdict.expired_on(date(2028, 2, 29))
    assert verdict.expired_on(date(2028, 3, 1))


@pytest.mark.rule("S7")
def test_expiry_is_a_fact_about_a_day_and_not_a_fault_of_the_scan() -> None:
    """S7."""
    verdict = scan(f"{PARTS}1726061410L1")

    assert verdict.accepted
    assert [verdict.expired_on(date(2026, 6, day)) for day in (13, 14, 15)] == [False, False, True]


def test_a_verdict_without_expiry_counts_as_expired() -> None:
    assert scan("]E09521234543213").expired_on(date.min)


@pytest.mark.rule("R16")
def test_lots_are_kept_sign_by_sign() -> None:
    lots = ["O0O", "000", "lot42a", "LOT42A", "0042", "42"]

    assert [scan(f"{PARTS}1728063010{lot}").lot for lot in lots] == lots


@pytest.mark.rule("R16")
def test_every_packaging_level_has_its_own_number_and_level() -> None:
    told_levels = {di: scan(f"01{di}1728063010L1").level for di in (UNIT, BOX, OTHER, ANOTHER)}

    assert told_levels == {
        UNIT: Level.UNIT,
        BOX: Level.BOX,
        OTHER: Level.UNIT,
        ANOTHER: Level.CASE,
    }


@pytest.mark.rule("R14")
def test_a_product_outside_the_catalog_is_refused_with_what_was_read() -> None:
    verdict = scan("01095290000000141728063010L1")

    assert (verdict.di, verdict.lot, verdict.expires_on, verdict.level) == (
        "09529000000014",
        "L1",
        JUNE_30,
        None,
    )
    assert "A manager adds the product, then scan again." in verdict.sentence


def test_without_a_catalog_the_packaging_digit_tells_unit_from_box() -> None:
    kinds = [read_scan(f"01{di}1728063010L1", today=TODAY).kind for di in (UNIT, BOX)] + [
        read_scan("]E09521234543213", today=TODAY).kind
    ]

    assert kinds == [Kind.UNIT, Kind.BOX, Kind.ASK]


def test_two_digit_years_follow_the_date_of_the_clinic() -> None:
    """GS1: 50 years ahead at most, 49 back at most; the window then decides."""
    far = date(2095, 1, 1)

    assert scan(f"{PARTS}1705063010L1", today=far).expires_on == date(2105, 6, 30)
    assert scan(f"{PARTS}1745063010L1", today=far).expires_on == date(2145, 6, 30)
    assert scan(f"{PARTS}1746063010L1", today=far).expires_on == date(2046, 6, 30)
    assert scan(f"{PARTS}1777063010L1").expires_on == date(1977, 6, 30)
    assert scan(f"{PARTS}1776063010L1").expires_on == date(2076, 6, 30)
