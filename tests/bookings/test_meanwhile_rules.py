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
    ("status", "steps", "deed"),
    [
        (Status.BOOKED, 1, ""),
        (Status.CONFIRMED, 1, "confirmed"),
        (Status.CONFIRMED, 2, ""),
        (Status.ARRIVED, 1, "arrived"),
        (Status.ARRIVED, 3, "arrived"),
        (Status.CANCELLED, 2, "cancelled"),
        (Status.NO_SHOW, 1, "no_show"),
        (Status.NUMBING, 2, ""),
        (Status.IN_TREATMENT, 3, ""),
        (Status.COMPLETED, 4, ""),
    ],
)
def test_one_fact_tells_it_where_one_does(status: Status, steps: int, deed: str) -> None:
    assert deed_to_tell(status, steps=steps) == deed


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
