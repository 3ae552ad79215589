"""Taking up an offer when the clinic has changed meanwhile, and what its link tells then (T4)."""

from __future__ import annotations

import datetime as dt

import pytest

from bookings import operations
from bookings.models import Appointment, Hold, Offer
from bookings.queries.holds import offers_without_holds, visits_without_holds
from clinic.refusals import Refusal
from tests.bookings.waiting import MINUTE, NOON, SECRET, offer, someone, wait
from tests.cast import NOW, Cast

DAY = dt.timedelta(days=1)
LINK = f"/offer/{SECRET}/"


@pytest.mark.rule("R48")
@pytest.mark.parametrize("what", ["service", "clinic"])
def test_what_is_not_offered_any_more_takes_no_offer(cast: Cast, what: str) -> None:
    made = offer(cast, wait(cast))
    row = getattr(cast, what)
    row.is_active = False
    row.write(only=["is_active"])
    with pytest.raises(Refusal, match=f"{row.name} is not offered any more") as no:
        operations.take_offer(offer=Offer.objects.get(pk=made.pk), at=NOW + MINUTE)
    assert no.value.rule == "R48"
    assert (Appointment.objects.count(), made.holds.count()) == (0, 4)
    with pytest.raises(Refusal, match="not offered any more"):
        offer(cast, wait(cast, someone(cast, 1)), starts_at=NOON + 120 * MINUTE, secret="two")


@pytest.mark.rule("R47")
@pytest.mark.parametrize("lane", ["room", "device"])
def test_an_offered_time_outlives_its_room_and_its_device(cast: Cast, lane: str) -> None:
    made = offer(cast, wait(cast))
    out = getattr(made, lane)
    if lane == "room":
        out.is_active = False
    else:
        out.status, out.status_reason = "repair", "Cable"
    out.write()
    visit = operations.take_offer(offer=made, at=NOW + MINUTE)
    assert (visit.starts_at, visit.practitioner) == (made.starts_at, made.practitioner)
    assert getattr(visit, lane) != out
    assert getattr(visit, lane).clinic == cast.clinic
    assert visits_without_holds(NOW) == offers_without_holds(NOW) == []
    assert Hold.objects.filter(offer__isnull=False).count() == 0


@pytest.mark.rule("T4")
def test_an_offer_whose_room_is_in_use_keeps_it(cast: Cast) -> None:
    """What the offer holds is the visit's, though another would come first in the list."""
    made = offer(cast, wait(cast))
    visit = operations.take_offer(offer=made, at=NOW + MINUTE)
    assert (visit.room, visit.device) == (made.room, made.device)
