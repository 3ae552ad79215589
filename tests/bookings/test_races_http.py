"""The same races through the pages, as a desk would run into them."""

from __future__ import annotations

import datetime as dt
from collections import Counter

import pytest
from django.utils import timezone

from bookings.models import Appointment, Hold
from clinic import audit
from tests import factories, web
from tests.bookings.test_races import overlaps
from tests.cast import Cast
from tests.server import Server
from tests.web import Press, Reply

pytestmark = pytest.mark.race


def next_tuesday(cast: Cast) -> dt.date:
    """A day on which both Ana and Bo work in Austin; the server's clock is the real one."""
    today = cast.clinic.day_of(timezone.now())
    return today + dt.timedelta(days=(1 - today.weekday()) % 7 + 7)


def presses(cast: Cast, times: list[str]) -> list[Press]:
    """One booking form of Ana's for each time, each for a patient of its own."""
    day = next_tuesday(cast)
    return [
        Press(
            cast.reception,
            "/appointments/new/",
            {
                "chosen": str(
                    factories.patient(cast.clinic, f"Patient{n}", "Race", by=cast.manager).pk
                ),
                "service": str(cast.service.pk),
                "practitioner": str(cast.ana.pk),
                "date": day.isoformat(),
                "time": time,
            },
        )
        for n, time in enumerate(times)
    ]


def assert_clean(replies: list[Reply]) -> None:
    assert {reply.status for reply in replies} <= {302, 409}
    assert overlaps() == []
    assert list(audit.faults()) == []


@pytest.mark.rule("P2")
def test_of_fifty_clerks_one_books_and_the_others_are_told_at_once(
    gunicorn: Server, cast: Cast
) -> None:
    replies = web.all_at_once(gunicorn, presses(cast, ["12:00"] * 50))

    assert_clean(replies)
    assert Counter(reply.status for reply in replies) == {302: 1, 409: 49}
    assert Appointment.objects.count() == 1
    assert Hold.objects.count() == 4
    lost = [reply for reply in replies if reply.status == 409]
    # What is refused, why, and what would work: the sentence and three free times to press.
    assert {"Ana Ruiz is busy at 12:00 PM." in reply.says for reply in lost} == {True}
    assert {reply.page.count('name="choice"') for reply in lost} == {3}
    assert {"database is locked" in reply.page for reply in lost} == {False}


@pytest.mark.rule("R47")
def test_overlapping_times_pressed_at_once_never_both_stand(gunicorn: Server, cast: Cast) -> None:
    times = ["12:00", "12:15", "12:30", "12:40", "12:45", "11:20", "11:30", "11:15"] * 2

    replies = web.all_at_once(gunicorn, presses(cast, times))

    assert_clean(replies)
    won = sum(reply.status == 302 for reply in replies)
    assert 1 <= won <= 3
    assert Appointment.objects.count() == won


@pytest.mark.rule("P3")
def test_a_button_pressed_eight_times_books_once(gunicorn: Server, cast: Cast) -> None:
    (press,) = presses(cast, ["12:00"])
    press.form["once"] = "the very same form"

    replies = web.all_at_once(gunicorn, [press] * 8)

    assert {reply.status for reply in replies} == {302}
    assert len({reply.address for reply in replies}) == 1
    assert Appointment.objects.count() == 1
