"""Who is found in a long line (T3)."""

from __future__ import annotations

from typing import Any
from unittest import mock

import pytest
import time_machine
from django.urls import reverse

from bookings import operations, queries
from bookings.rules.choice import choice_key
from tests.bookings.waiting import MINUTE, NOON, someone, wait
from tests.cast import NOW, TODAY, Cast


@pytest.mark.rule("T3")
def test_the_only_one_who_fits_is_found_behind_a_long_line(cast: Cast) -> None:
    """Those before her wait for another person, day, hour, or a service that takes too long."""
    waits: list[dict[str, Any]] = [
        {"practitioners": [cast.bo]},
        {"weekdays": 0b1000000},
        {"from_min": 14 * 60},
        {"first_on": TODAY.replace(month=12)},
        {},
    ]
    for n, given in enumerate(waits):
        wait(cast, someone(cast, n), at=NOW + n * MINUTE, **given)
    # In half an hour Ana has her next visit: the long service does not fit.
    operations.book(
        clinic=cast.clinic,
        patient=cast.mia,
        practitioner=cast.ana,
        service=cast.short_service,
        starts_at=NOON + 40 * MINUTE,
        by=cast.reception,
        at=NOW,
    )
    last = wait(cast, service=cast.short_service, at=NOW + 9 * MINUTE)
    with mock.patch("bookings.queries.line.MOST", 3):
        line = queries.line_for(cast.clinic, cast.ana, NOON, at=NOW)
    assert line.fits == [last]
    assert len(line.others) == 2
    assert (line.more, line.more_may) == (True, False)
    whole = queries.line_for(cast.clinic, cast.ana, NOON, at=NOW)
    assert (whole.fits, len(whole.others), whole.more) == ([last], 5, False)


@pytest.mark.rule("T3")
def test_a_line_that_is_cut_says_so(cast: Cast, enter: Any, clock: time_machine.Traveller) -> None:
    first = [wait(cast, someone(cast, n), at=NOW + n * MINUTE) for n in range(3)]
    url = f"{reverse('waitlist-for')}?time={choice_key(cast.ana.pk, NOON)}"
    browser = enter(cast.reception)
    with mock.patch("bookings.queries.line.MOST", 2):
        line = queries.line_for(cast.clinic, cast.ana, NOON, at=NOW)
        page = browser.get(url).content.decode()
    assert (line.fits, line.more_may) == (first[:2], True)
    assert "This time may suit more than 300 who wait" in page
    assert "may suit" not in browser.get(url).content.decode()
