"""Who fits a time that is free: a table without a database (T3)."""

from __future__ import annotations

import datetime as dt
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from bookings.rules.fit import Person, Things
from bookings.rules.free_times import Need, Window
from bookings.rules.interval import Gap
from bookings.rules.rosters import Rosters
from bookings.rules.waiting import EVERY_DAY, days_of, mask_of
from bookings.rules.waitlist import Freed, Wish, in_line, misses, say_days, say_hours_of
from clinic.rules import day_span
from tests.cast import NOW, TODAY

ZONE = ZoneInfo("America/Chicago")
MINUTE = dt.timedelta(minutes=1)
DAY = dt.timedelta(days=1)
NOON = NOW + 180 * MINUTE  # a Tuesday
NEED = Need(numbing_min=25, treatment_min=45, clean_down_min=10)
WINDOW = Window([day_span(TODAY, ZONE)], zone=ZONE)


def span(first: int, last: int) -> int:
    """Minutes after noon, as a mask."""
    return WINDOW.mask([(WINDOW.floor(NOON + first * MINUTE), WINDOW.floor(NOON + last * MINUTE))])


def freed(**given: Any) -> Freed:
    person = {
        "name": "Ana",
        "unlicensed": "",
        "at_work": span(-180, 360),
        "busy": 0,
        "roster": Rosters().of("ana"),
    }
    starts_at = given.pop("starts_at", NOON)
    return Freed(
        "ana", starts_at, WINDOW, Person(**{**person, **given}), lambda one: one.astimezone(ZONE)
    )


def why(wish: Wish = Wish(), time: Freed | None = None, **given: Any) -> str:  # noqa: B008  (a value)
    things = given.pop("things", Things([0], [0], 0))
    return misses(
        wish,
        given.pop("need", NEED),
        time or freed(),
        things=things,
        gap=given.pop("gap", None),
        at=given.pop("at", NOW),
    )


@pytest.mark.rule("T3")
def test_a_time_as_wished_fits() -> None:
    assert why() == ""


@pytest.mark.rule("T3")
@pytest.mark.parametrize(
    ("wish", "says"),
    [
        ({"practitioners": {"ana"}}, ""),
        ({"practitioners": {"bo"}}, "Waits for someone else."),
        ({"practitioners": ("ana", "bo")}, ""),
        ({"weekdays": 0b0000010}, ""),
        ({"weekdays": 0b1111101}, "Waits for Mon, Wed, Thu, Fri, Sat or Sun."),
        ({"weekdays": 0b1100000}, "Waits for the weekend."),
        # She comes for the numbing at 11:35 and leaves at 12:45.
        ({"from_min": 11 * 60 + 35, "to_min": 12 * 60 + 45}, ""),
        ({"from_min": 11 * 60 + 36}, "Can be here from 11:36 AM; this would be 11:35 AM–12:45 PM."),
        ({"to_min": 12 * 60 + 44}, "Can be here until 12:44 PM; this would be 11:35 AM–12:45 PM."),
        ({"first_on": TODAY}, ""),
        ({"first_on": TODAY + DAY}, "Waits for a day from Wed, Nov 25, 2026 on."),
        ({"last_on": TODAY}, ""),
        ({"last_on": TODAY - DAY}, "Waits for a day up to Mon, Nov 23, 2026."),
    ],
    ids=str,
)
def test_a_wish_is_kept(wish: dict[str, Any], says: str) -> None:
    assert why(Wish(**wish)) == says


@pytest.mark.rule("T3")
@pytest.mark.parametrize(
    ("time", "given", "says"),
    [
        ({}, {"at": NOON + 10 * MINUTE}, "This time is in the past."),
        ({}, {"at": NOON - 25 * MINUTE}, "The patient would have to be here already."),
        ({}, {"at": NOON - 26 * MINUTE}, ""),
        ({"unlicensed": "No license."}, {}, "No license."),
        ({"at_work": span(-180, 44)}, {}, "Ana is not at work from 12:00 PM to 12:45 PM that day."),
        ({"at_work": span(-180, 44)}, {"need": Need(0, 30, 10)}, ""),
        ({"busy": span(44, 60)}, {}, "Ana has the next visit at 12:44 PM"),
        ({"busy": span(45, 60)}, {}, ""),
        ({"busy": span(-30, 1)}, {}, "Ana is busy at 12:00 PM"),
        ({}, {"things": Things([span(0, 5)], [0], 0)}, "No room is free"),
        ({}, {"things": Things([span(0, 5), 0], [0], 0)}, ""),
        ({}, {"things": Things([0], [span(46, 50)], 0)}, "No device is free"),
        ({}, {"things": Things([0], [], 0, unfit=True)}, "The clinic has no device in service"),
        ({}, {"things": Things([0], [0], span(-20, -10))}, "The patient has another visit"),
        ({}, {"gap": Gap(TODAY - 20 * DAY, 20, 28)}, "The last treatment of the same area"),
    ],
    ids=str,
)
def test_what_cannot_be_had_fits_nobody(
    time: dict[str, Any], given: dict[str, Any], says: str
) -> None:
    found = why(time=freed(**time), **given)
    assert found.startswith(says)
    assert bool(found) == bool(says)


@pytest.mark.rule("T3")
def test_first_come_first_served() -> None:
    came = [("c", NOW), ("b", NOW), ("a", NOW + MINUTE)]
    assert in_line(came, lambda one: (one[1], one[0])) == [came[1], came[0], came[2]]


@pytest.mark.parametrize(
    ("mask", "says"),
    [
        (EVERY_DAY, "any day"),
        (0b0011111, "Monday to Friday"),
        (0b0000001, "Mon"),
        (0b0000101, "Mon or Wed"),
    ],
)
def test_days_are_said(mask: int, says: str) -> None:
    assert say_days(mask) == says
    assert mask_of(days_of(mask)) == mask


@pytest.mark.parametrize(
    ("first", "last", "says"),
    [
        (0, 1440, "at any time"),
        (540, 1440, "from 9:00 AM"),
        (0, 780, "until 1:00 PM"),
        (540, 780, "9:00 AM to 1:00 PM"),
    ],
)
def test_hours_are_said(first: int, last: int, says: str) -> None:
    assert say_hours_of(Wish(from_min=first, to_min=last)) == says
