"""What happened to a visit while its page was open: which fact tells it, in which words."""

from __future__ import annotations

import datetime as dt
from zoneinfo import ZoneInfo

import pytest

from bookings.rules.meanwhile import deed_to_tell, say_deed, say_stand
from bookings.rules.status import Status

TODAY = dt.date(2026, 11, 24)
MORNING = dt.datetime(2026, 11, 24, 9, 5, tzinfo=ZoneInfo("America/Chicago"))
pytestmark = pytest.mark.rule("P12")


@pytest.mark.parametrize(
    ("status", "version", "steps", "deed"),
    [
        (Status.BOOKED, 1, 1, ""),
        (Status.CONFIRMED, 1, 1, "confirmed"),
        (Status.CONFIRMED, 1, 2, ""),
        (Status.CONFIRMED, 2, 1, ""),
        (Status.ARRIVED, 1, 1, "arrived"),
        (Status.ARRIVED, 2, 3, "arrived"),
        (Status.CANCELLED, 3, 2, "cancelled"),
        (Status.NO_SHOW, 2, 1, "no_show"),
        (Status.NUMBING, 2, 2, ""),
        (Status.IN_TREATMENT, 2, 3, ""),
        (Status.COMPLETED, 2, 4, ""),
    ],
)
def test_one_fact_tells_it_where_it_surely_came_last(
    status: Status, version: int, steps: int, deed: str
) -> None:
    assert deed_to_tell(status, version=version, steps=steps, chart_open=False) == deed


def test_an_arrival_is_not_the_last_thing_once_the_chart_is_open() -> None:
    assert deed_to_tell(Status.ARRIVED, version=2, steps=1, chart_open=True) == ""


@pytest.mark.parametrize(
    ("status", "today", "says"),
    [
        (Status.CONFIRMED, TODAY, "Maya Okoye confirmed this visit at 9:05 AM."),
        (Status.ARRIVED, TODAY, "Maya Okoye marked the patient arrived at 9:05 AM."),
        (Status.NO_SHOW, TODAY, "Maya Okoye marked this visit as a no-show at 9:05 AM."),
        (
            Status.CANCELLED,
            TODAY + dt.timedelta(days=1),
            "Maya Okoye cancelled this visit on Tue, Nov 24, 2026 at 9:05 AM.",
        ),
    ],
)
def test_the_deed_is_told_with_who_and_when(status: Status, today: dt.date, says: str) -> None:
    assert say_deed(status, who="Maya Okoye", when=MORNING, today=today) == says


def test_else_it_is_told_how_the_visit_stands() -> None:
    says = say_stand(
        Status.IN_TREATMENT,
        starts=MORNING,
        ends=MORNING + dt.timedelta(minutes=45),
        who="Ana Ruiz LE",
    )
    assert says == (
        "This visit was changed meanwhile. It is in treatment now: "
        "Tue, Nov 24, 2026, 9:05–9:50 AM, Ana Ruiz LE."
    )
