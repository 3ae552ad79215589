"""The building's pure decisions, each at its boundaries."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from clinic.models import License
from clinic.rules import (
    chain_of,
    covers,
    day_span,
    expiry_state,
    normalize_license_number,
    on_wall_clock,
    say_date,
    say_time,
    search_key,
    spreadsheet_safe,
    text_fault,
)

CHICAGO, LOS_ANGELES = ZoneInfo("America/Chicago"), ZoneInfo("America/Los_Angeles")
LORD_HOWE_TWICE = ["2026-04-04T14:45", "2026-04-04T15:15"]
FIRST, LAST = dt.date(2024, 3, 1), dt.date(2026, 11, 24)
ONE_DAY = dt.timedelta(days=1)


@dataclass
class Held:
    """A license as the rule sees it."""

    kind: str = "esthetician"
    state: str = "TX"
    status: str = "active"
    issued_on: dt.date = FIRST
    expires_on: dt.date = LAST

    @property
    def status_words(self) -> str:
        return f"now {self.status}"


@pytest.mark.parametrize(
    ("on", "allowed"),
    [
        (FIRST - ONE_DAY, False),
        (FIRST, True),
        (LAST - ONE_DAY, True),
        (LAST, True),
        (LAST + ONE_DAY, False),
    ],
)
@pytest.mark.rule("R17")
@pytest.mark.rule("R25")
def test_a_license_counts_from_its_first_through_its_last_printed_day(
    on: dt.date, allowed: bool
) -> None:
    assert covers([Held()], name="Ana", state="TX", on=on).allowed is allowed


@pytest.mark.parametrize(
    "status",
    [status.value for status in License.Status if status != "active"],
)
@pytest.mark.rule("R17")
def test_only_an_active_license_counts(status: str) -> None:
    verdict = covers([Held(status=status)], name="Ana", state="TX", on=LAST)
    assert (verdict.allowed, verdict.rule) == (False, "R17")
    assert verdict.reason == f"The TX license of Ana is now {status}."


@pytest.mark.rule("R17")
def test_a_name_that_sounds_like_an_expiry_is_none() -> None:
    verdict = covers([Held(status="probation")], name="Lexpire Ana", state="TX", on=LAST)
    assert verdict.rule == "R17"


@pytest.mark.rule("R17")
def test_a_status_is_told_in_words() -> None:
    license = License(state="TX", status="probation", issued_on=FIRST, expires_on=LAST)
    verdict = covers([license], name="Ana", state="TX", on=LAST)
    assert verdict.reason == "The TX license of Ana is on probation."


@pytest.mark.rule("R18")
def test_a_license_of_another_state_does_not_count_and_the_way_out_is_named() -> None:
    verdict = covers([Held(state="CA"), Held(state="AZ")], name="Ana", state="TX", on=LAST)
    assert (verdict.allowed, verdict.rule) == (False, "R18")
    assert verdict.reason == "Ana is licensed in AZ, CA, not in TX."
    assert verdict.way_out == "Choose someone licensed in TX."


def test_nobody_is_covered_without_a_license() -> None:
    assert covers([], name="Ana", state="TX", on=LAST).reason == "Ana has no license on file."


@pytest.mark.rule("R25")
def test_the_reason_names_the_last_day_in_words() -> None:
    verdict = covers([Held()], name="Ana", state="TX", on=LAST + ONE_DAY)
    assert verdict.reason == "The TX license of Ana expires on Tue, Nov 24, 2026."
    assert verdict.rule == "R25"


@pytest.mark.rule("R28")
def test_of_two_licenses_one_is_named_and_a_lapsed_one_does_not_stand_in_the_way() -> None:
    good, bad = Held(kind="rn"), Held(status="suspended", expires_on=LAST + 99 * ONE_DAY)
    verdict = covers([bad, good], name="Ana", state="TX", on=LAST)
    assert verdict.allowed
    assert verdict.license is good


def test_the_seam_for_scope_can_refuse_with_its_own_reason() -> None:
    verdict = covers(
        [Held()], name="Ana", state="TX", on=LAST, scope=lambda _license: ("R24", "Too deep.")
    )
    assert (verdict.allowed, verdict.rule, verdict.reason) == (False, "R24", "Too deep.")


@pytest.mark.parametrize(
    ("days", "status", "state"),
    [
        (61, "active", "active"),
        (60, "active", "expiring"),
        (0, "active", "expiring"),
        (-1, "active", "expired"),
        (400, "suspended", "suspended"),
        (-1, "revoked", "revoked"),
    ],
)
def test_a_license_is_expiring_for_sixty_days_through_its_last(
    days: int, status: str, state: str
) -> None:
    today = dt.date(2026, 11, 24)
    expires_on = today + days * ONE_DAY
    assert expiry_state(expires_on=expires_on, status=status, today=today) == state


@pytest.mark.parametrize(
    ("day", "time", "zone", "instants"),
    [
        # an ordinary day
        ((2026, 11, 24), (9, 0), CHICAGO, ["2026-11-24T15:00"]),
        # spring: 2:00 to 2:59 does not exist, 3:00 does
        ((2026, 3, 8), (1, 59), CHICAGO, ["2026-03-08T07:59"]),
        ((2026, 3, 8), (2, 0), CHICAGO, []),
        ((2026, 3, 8), (2, 59), CHICAGO, []),
        ((2026, 3, 8), (3, 0), CHICAGO, ["2026-03-08T08:00"]),
        # fall: 1:00 to 1:59 comes twice, 2:00 once
        ((2026, 11, 1), (0, 59), CHICAGO, ["2026-11-01T05:59"]),
        ((2026, 11, 1), (1, 0), CHICAGO, ["2026-11-01T06:00", "2026-11-01T07:00"]),
        ((2026, 11, 1), (1, 59), CHICAGO, ["2026-11-01T06:59", "2026-11-01T07:59"]),
        ((2026, 11, 1), (2, 0), CHICAGO, ["2026-11-01T08:00"]),
        ((2026, 11, 1), (1, 30), LOS_ANGELES, ["2026-11-01T08:30", "2026-11-01T09:30"]),
        # a zone without clock changes
        ((2026, 3, 8), (2, 30), ZoneInfo("America/Phoenix"), ["2026-03-08T09:30"]),
        # half an hour's change
        (
            (2026, 4, 5),
            (1, 45),
            ZoneInfo("Australia/Lord_Howe"),
            LORD_HOWE_TWICE,
        ),
    ],
)
@pytest.mark.rule("P5")
def test_a_wall_clock_time_means_none_one_or_two_instants(
    day: tuple[int, int, int], time: tuple[int, int], zone: ZoneInfo, instants: list[str]
) -> None:
    found = on_wall_clock(dt.date(*day), dt.time(*time), zone).instants
    assert [f"{one:%Y-%m-%dT%H:%M}" for one in found] == instants


@given(
    st.dates(dt.date(2000, 1, 1), dt.date(2100, 1, 1)),
    st.times().map(lambda t: t.replace(second=0, microsecond=0)),
    st.sampled_from(["America/Chicago", "America/St_Johns", "Asia/Kathmandu"]),
)
@pytest.mark.rule("P4")
def test_every_instant_found_shows_the_time_that_was_asked_for(
    day: dt.date, time: dt.time, zone: str
) -> None:
    for instant in on_wall_clock(day, time, ZoneInfo(zone)).instants:
        local = instant.astimezone(ZoneInfo(zone))
        assert (local.date(), local.time()) == (day, time)


@pytest.mark.parametrize(
    ("day", "hours"),
    [((2026, 3, 8), 23), ((2026, 11, 1), 25), ((2026, 11, 24), 24)],
)
def test_a_local_day_has_as_many_hours_as_its_wall_clock(
    day: tuple[int, int, int], hours: int
) -> None:
    start, end = day_span(dt.date(*day), CHICAGO)
    assert end - start == dt.timedelta(hours=hours)


@pytest.mark.parametrize(
    ("typed", "kept"),
    [
        ("le-100 200", "LE100200"),
        (" 1261-000 123\t", "1261000123"),
        ("036.000123", "036.000123"),
        ("–", "–"),
        ("- -", ""),
    ],
)
def test_a_license_number_is_compared_without_case_spaces_or_dashes(typed: str, kept: str) -> None:
    assert normalize_license_number(typed) == kept


@pytest.mark.parametrize(
    ("text", "key"),
    [
        ("O'Brien-Łęcka", "o brien lecka"),
        ("O’BRIEN  LECKA", "o brien lecka"),
        ("José Núñez", "jose nunez"),
        ("王小明", "王小明"),
        ("Søren Đặng", "soren dang"),
        ("ß", "ss"),
        ("  ", ""),
    ],
)
def test_the_finder_reads_names_of_many_scripts(text: str, key: str) -> None:
    assert search_key(text) == key


@pytest.mark.parametrize(
    "text", ["O'Brien-Łęcka", "王小明", "🙂", "a\u200bb", "e\u0301", "'; --", "{{7*7}}", ""]
)
def test_an_odd_text_is_stored_as_typed(text: str) -> None:
    assert text_fault(text) is None


@pytest.mark.parametrize("text", ["a\x00b", "\ud800"])
def test_a_text_that_no_table_can_hold_is_refused_in_words(text: str) -> None:
    fault = text_fault(text)
    assert fault
    assert fault.endswith("Delete it and type the text again.")


@pytest.mark.parametrize(
    ("value", "cell"),
    [
        ("=1+1", "'=1+1"),
        ("+15125550123", "'+15125550123"),
        ("-2", "'-2"),
        ("@SUM(A1)", "'@SUM(A1)"),
        ("\t=1", "'\t=1"),
        ("\r=1", "'\r=1"),
        ("\n=1", "'\n=1"),
        ("  =1", "'  =1"),
        (-2, "-2"),
        (0, "0"),
        (None, ""),
        ("", ""),
        ("Mia Lee", "Mia Lee"),
    ],
)
@pytest.mark.rule("P37")
def test_no_cell_can_run_as_a_formula(value: object, cell: str) -> None:
    assert spreadsheet_safe(value) == cell


@pytest.mark.parametrize(
    ("hour", "minute", "words"),
    [(0, 5, "12:05 AM"), (9, 5, "9:05 AM"), (12, 0, "12:00 PM"), (23, 59, "11:59 PM")],
)
def test_a_time_is_said_as_the_desk_says_it(hour: int, minute: int, words: str) -> None:
    assert say_time(dt.datetime(2026, 11, 24, hour, minute, tzinfo=CHICAGO)) == words


def test_a_date_is_said_with_its_weekday() -> None:
    assert say_date(dt.date(2026, 11, 4)) == "Wed, Nov 4, 2026"


def test_what_belongs_to_no_clinic_stands_in_the_system_chain() -> None:
    assert chain_of(None) == "system"
