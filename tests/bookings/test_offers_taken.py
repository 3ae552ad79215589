"""Taking up an offer when the clinic has changed meanwhile, and what its link tells then (T4)."""

from __future__ import annotations

import datetime as dt
import html
from typing import Any

import pytest
import time_machine
from django.test import Client
from django.urls import reverse

from bookings import operations
from bookings.models import Appointment, Hold, Offer
from bookings.queries.holds import offers_without_holds, visits_without_holds
from clinic.models import AuditEvent
from clinic.refusals import Refusal
from tests.bookings.test_set_up_services import typed
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


# --- what the link tells afterwards


def page(client: Client) -> tuple[int, str]:
    answer = client.get(LINK)
    return answer.status_code, html.unescape(" ".join(answer.content.decode().split()))


@pytest.mark.rule("T4")
def test_the_link_tells_a_moved_visit_as_it_stands(
    cast: Cast, client: Client, clock: time_machine.Traveller
) -> None:
    visit = operations.take_offer(offer=offer(cast, wait(cast)), at=NOW + MINUTE)
    visit = operations.move(
        appointment=visit, starts_at=NOON + DAY + 60 * MINUTE, by=cast.reception, at=NOW + MINUTE
    )
    status, says = page(client)
    assert (status, "<h1>Booked</h1>" in says) == (200, True)
    assert ("Wed, Nov 25" in says, "12:35 PM" in says) == (True, True)
    assert ("Tue, Nov 24" in says, "11:35 AM" in says) == (False, False)
    clock.move_to(NOON + MINUTE)
    assert page(client)[0] == 200
    clock.move_to(visit.starts_at)
    assert page(client)[0] == 404


@pytest.mark.rule("T4")
def test_the_link_of_a_visit_that_was_called_off_says_to_call(
    cast: Cast, client: Client, clock: time_machine.Traveller
) -> None:
    visit = operations.take_offer(offer=offer(cast, wait(cast)), at=NOW + MINUTE)
    visit = operations.cancel(
        appointment=visit, reason="Ana is ill", by=cast.reception, at=NOW + MINUTE
    )
    status, says = page(client)
    assert (status, "This visit is not booked any more" in says) == (410, True)
    assert cast.clinic.phone_text in says
    for hidden in ("Booked<", "See you then", "11:35 AM", "Ana", cast.service.name):
        assert hidden not in says
    assert client.post(LINK, {"answer": "take"}).status_code == 409
    assert Appointment.objects.count() == 1
    operations.undo(appointment=visit, by=cast.reception, at=NOW + 2 * MINUTE)
    assert page(client)[0] == 200


# --- the next in line


@pytest.mark.rule("T4")
def test_what_is_offered_by_itself_is_no_act_of_the_clerk(cast: Cast) -> None:
    made = offer(cast, wait(cast), then_next=True)
    second = wait(cast, someone(cast, 1), at=NOW + MINUTE)
    operations.end_offers_over(at=made.expires_at)
    (event,) = AuditEvent.objects.filter(action="waitlist.offer_next")
    assert (event.actor, event.at, event.subject_code) == ("system", made.expires_at, second.code)
    assert f'"offered_by":"{cast.reception.pk}"' in event.detail
    (first,) = AuditEvent.objects.filter(action="waitlist.offer", outcome="done")
    assert (first.at, first.subject_code) == (NOW, made.entry.code)
    # It is still her name in which the visit would be booked.
    (now,) = Offer.objects.still_open()
    assert (now.entry, now.made_by) == (second, cast.reception)


# --- what set-up tells of it


def test_set_up_tells_of_a_time_that_is_offered(
    cast: Cast, enter: Any, clock: time_machine.Traveller
) -> None:
    made = offer(cast, wait(cast))
    pages = [
        f"/setup/rooms/{made.room_id}/use/",
        f"/setup/devices/{made.device_id}/status/",
        f"/setup/services/{cast.service.pk}/use/",
        f"/setup/practitioners/{cast.ana.pk}/use/",
    ]
    manager, administrator = enter(cast.manager), enter(cast.administrator)
    says = f"12:00 PM: offered to {cast.siobhan.name} with {cast.ana} until 9:30 AM"
    for url in pages:
        assert says in html.unescape(manager.get(url).content.decode()), url
    counted = html.unescape(administrator.get(pages[0]).content.decode())
    assert "1 time offered" in counted
    assert cast.siobhan.last_name not in counted
    clock.move_to(made.expires_at)
    for url in pages:
        assert says not in html.unescape(manager.get(url).content.decode()), url


def test_a_change_of_a_service_tells_of_a_time_that_is_offered(
    cast: Cast, enter: Any, clock: time_machine.Traveller
) -> None:
    offer(cast, wait(cast))
    url = reverse("setup-service", args=[cast.service.pk])
    answer = enter(cast.manager).post(url, typed(cast.service, numbing_min=40))
    assert "Not saved yet: 1 time is offered." in " ".join(answer.content.decode().split())
