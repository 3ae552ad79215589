"""What `book` allows the manager sooner than the interval, the pages around it offer (R35)."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from bookings import operations, queries
from bookings.rules.interval import Gap, Leave, say_gap
from clinic.models import User
from tests import factories
from tests.bookings.test_new_appointment_views import text_of
from tests.cast import NOW, TODAY, Cast

DAY = dt.timedelta(days=1)
NOON = NOW + dt.timedelta(hours=3)
Enter = Callable[[User], Client]
pytestmark = pytest.mark.rule("R35")


@pytest.mark.parametrize(
    ("days", "leave", "ends"),
    [
        (20, Leave.NONE, "It works from Sun, Nov 29, 2026 on."),
        (20, Leave.MAY, "It works from Sun, Nov 29, 2026 on. To book it sooner, give a reason."),
        (20, Leave.GIVEN, "lie between two. Your reason passes it over."),
        (13, Leave.NONE, "nobody books. It works from Sun, Nov 29, 2026 on."),
        (13, Leave.MAY, "From Sun, Nov 15, 2026 on you can book it with a reason."),
        (13, Leave.GIVEN, "nobody books. From Sun, Nov 15, 2026 on it works with your reason."),
    ],
)
def test_a_gap_says_what_a_reason_does(days: int, leave: Leave, ends: str) -> None:
    gap = Gap(dt.date(2026, 11, 1), days, 28)
    assert say_gap(gap, leave).endswith(ends)
    assert leave.passes(gap) is (ends == "lie between two. Your reason passes it over.")


@pytest.mark.django_db
def test_with_a_reason_times_are_free_from_the_fourteenth_day_on(cast: Cast) -> None:
    factories.performed(cast, TODAY - 13 * DAY)
    asked: dict[str, Any] = {
        "clinic": cast.clinic,
        "need": cast.service,
        "at": NOW,
        "patient": cast.mia,
    }
    with CaptureQueriesContext(
        connection,
    ) as before:
        queries.FreeSearch(**asked, first=TODAY, days=3)
    with CaptureQueriesContext(connection) as after:
        found = queries.FreeSearch(**asked, first=TODAY, days=3, leave=Leave.GIVEN)
    assert len(after) == len(before)
    assert {line.day for line in found.lines() if line.times} == {TODAY + DAY, TODAY + 2 * DAY}
    near = queries.nearest_free_times(**asked, around=NOON, leave=Leave.GIVEN)
    first = near[0]
    assert first.day == TODAY + DAY
    told = queries.reasons_against(first.starts_at, **asked, leave=Leave.GIVEN)
    assert told.fits
    assert "Your reason passes it over." in told.reasons[0].says
    assert told.nearest[0].day == TODAY + DAY
    # What the page offers, `book` does.
    operations.book(
        clinic=cast.clinic,
        patient=cast.mia,
        service=cast.service,
        practitioner=first.practitioner,
        starts_at=first.starts_at,
        override_reason="Wedding",
        by=cast.manager,
        at=NOW,
    )


@pytest.mark.django_db
def test_the_page_says_that_the_reason_passes_the_interval_over(
    cast: Cast, enter: Enter, clock: Any
) -> None:
    factories.performed(cast, TODAY - 20 * DAY)
    asked = {
        "chosen": str(cast.mia.pk),
        "service": str(cast.service.pk),
        "date": TODAY.isoformat(),
        "time": "12:00 PM",
    }
    manager = enter(cast.manager)
    for name in ("appointment-words", "why-not", "free-times"):
        plain = text_of(manager.get(reverse(name), asked))
        assert "To book it sooner, give a reason." in plain, name
        given = text_of(manager.get(reverse(name), {**asked, "sooner": "1"}))
        assert "Your reason passes it over." in given, name
        assert "It works from" not in given, name
    desk = text_of(enter(cast.reception).get(reverse("why-not"), {**asked, "sooner": "1"}))
    assert "passes it over" not in desk
    page = reverse("appointment-new")
    looked = enter(cast.manager).post(page, {**asked, "look": "?", "override_reason": "Wedding"})
    assert text_of(looked).count("Your reason passes it over.") == 3
    assert "It works from" not in text_of(looked)
