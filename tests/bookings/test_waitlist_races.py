"""An offer races itself and bookings: one wins, the other is answered in words, both engines."""

from __future__ import annotations

import datetime as dt

import pytest

from bookings import operations
from bookings.models import Appointment, Hold, Offer
from bookings.queries.holds import offers_without_holds
from tests.bookings.test_races import assert_clean, patients
from tests.bookings.waiting import MINUTE, NOON, offer, someone, wait
from tests.cast import NOW, Cast
from tests.races import all_at_once

pytestmark = pytest.mark.race
LATER = NOW + MINUTE


def clean(won: int) -> None:
    assert Hold.objects.count() == 4 * won
    assert offers_without_holds(NOW) == []


@pytest.mark.rule("T4")
def test_an_offer_is_taken_once_however_often_it_is_pressed(fresh_db: object, cast: Cast) -> None:
    made = offer(cast, wait(cast))
    outcome = all_at_once([lambda: operations.take_offer(offer=made, at=LATER)] * 8)
    assert outcome.broken == []
    assert (len(outcome.won), len(outcome.refused)) == (1, 7)
    assert {no.rule for no in outcome.refused} <= {"T4", "P2"}
    assert Appointment.objects.count() == 1
    clean(1)


@pytest.mark.rule("T4")
def test_an_offer_and_bookings_race_for_one_time(fresh_db: object, cast: Cast) -> None:
    first, second = wait(cast), wait(cast, someone(cast, 1))

    def offers(entry):
        return lambda: operations.offer_time(
            entry=entry, practitioner=cast.ana, starts_at=NOON, by=cast.reception, at=NOW
        )

    def books(patient):
        return lambda: operations.book(
            clinic=cast.clinic,
            patient=patient,
            practitioner=cast.ana,
            service=cast.service,
            starts_at=NOON,
            by=cast.reception,
            at=NOW,
        )

    outcome = all_at_once(
        [offers(first), *(books(one) for one in patients(cast, 6)), offers(second)]
    )
    assert outcome.broken == []
    assert (len(outcome.won), len(outcome.refused)) == (1, 7)
    assert Appointment.objects.count() + Offer.objects.count() == 1
    outcome.refused = [no for no in outcome.refused if no.rule != "P2"]
    assert_clean(outcome)
    clean(1)


@pytest.mark.rule("T4")
def test_taking_declining_taking_back_and_the_clock_end_an_offer_once(
    fresh_db: object, cast: Cast
) -> None:
    made = offer(cast, wait(cast), then_next=True)
    wait(cast, someone(cast, 1), at=NOW + dt.timedelta(seconds=1))
    outcome = all_at_once(
        [
            lambda: operations.take_offer(offer=made, at=LATER),
            lambda: operations.decline_offer(offer=made, at=LATER),
            lambda: operations.take_back_offer(offer=made, by=cast.reception, at=LATER),
            lambda: operations.end_offers_over(at=made.expires_at),
        ]
    )
    assert outcome.broken == []
    made.refresh_from_db()
    assert made.state != "open"
    # Whatever came first: the time is had by one visit, or one open offer, or it is free.
    open_now = Offer.objects.still_open().count()
    visits = Appointment.objects.count()
    assert visits + open_now <= 1
    clean(visits + open_now)
