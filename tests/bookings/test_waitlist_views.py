"""The waitlist's pages, and the link of an offer (T3, T4)."""

from __future__ import annotations

import datetime as dt
import html
from typing import Any

import pytest
import time_machine
from django.test import Client
from django.urls import reverse

from bookings import operations
from bookings.models import Appointment, Offer, WaitlistEntry
from bookings.rules.choice import choice_key
from tests import factories
from tests.bookings.waiting import MINUTE, NOON, SECRET, offer, someone, wait
from tests.cast import NOW, TODAY, Cast

LINK = f"/offer/{SECRET}/"


@pytest.fixture
def rosa(cast: Cast, enter: Any, clock: time_machine.Traveller) -> Client:
    """The reception's browser, at nine."""
    return enter(cast.reception)


def text(answer: Any) -> str:
    return html.unescape(" ".join(answer.content.decode().split()))


def form(**given: Any) -> dict[str, Any]:
    return {
        "days": ["0", "1"],
        "first_on": TODAY.isoformat(),
        "from_time": "9",
        "to_time": "2 PM",
        **given,
    }


@pytest.mark.rule("T3")
def test_an_empty_waitlist_says_what_it_is_for(rosa: Client) -> None:
    assert "Nobody waits" in text(rosa.get("/waitlist/"))


@pytest.mark.rule("T3")
def test_the_desk_puts_someone_on_the_waitlist(cast: Cast, rosa: Client) -> None:
    opened = rosa.get(f"/waitlist/add/?patient={cast.siobhan.pk}&service={cast.service.pk}")
    assert cast.siobhan.name in text(opened)
    sent = form(chosen=str(cast.siobhan.pk), service=str(cast.service.pk))
    answer = rosa.post("/waitlist/add/", sent)
    assert answer.status_code == 302, text(answer)
    entry = WaitlistEntry.objects.get()
    assert (entry.weekdays, entry.from_min, entry.to_min) == (0b11, 9 * 60, 14 * 60)
    page = text(rosa.get("/waitlist/"))
    assert "Mon or Tue, 9:00 AM to 2:00 PM" in page
    again = rosa.post("/waitlist/add/", sent)
    assert again.status_code == 409
    assert "waits for" in text(again)
    other = rosa.get(f"/waitlist/?service={cast.short_service.pk}")
    assert "Nobody waits for this" in text(other)
    assert rosa.get(f"/waitlist/add/?patient={cast.other_patient.pk}").status_code == 404


@pytest.mark.rule("R35")
def test_a_visit_that_is_booked_already_is_told_to_whoever_puts_her_on_the_list_or_offers(
    cast: Cast, rosa: Client
) -> None:
    factories.appointment(
        patient=cast.siobhan,
        practitioner=cast.bo,
        service=cast.short_service,
        room=cast.room,
        device=cast.device,
        starts_at=NOON + dt.timedelta(days=1),
        by=cast.reception,
    )
    says = "Another visit for the same area is booked for Wed, Nov 25, 2026, 12:00 PM."
    asked = {"chosen": str(cast.siobhan.pk), "service": str(cast.service.pk)}
    assert says in text(rosa.get("/waitlist/add/", asked))
    alone = rosa.get("/waitlist/add/", asked, headers={"HX-Request": "true"})
    assert says in text(alone)
    assert "<html" not in text(alone)
    assert "HX-Request" in alone["Vary"]
    # Of a time before her visit and one after it alike, and of nobody else's.
    other = {**asked, "chosen": str(cast.mia.pk)}
    assert "note" not in text(rosa.get("/waitlist/add/", other, headers={"HX-Request": "true"}))
    rosa.post("/waitlist/add/", form(**asked))
    assert says in text(rosa.get("/waitlist/"))
    entry = WaitlistEntry.objects.get()
    at_noon = {"choice": choice_key(cast.ana.pk, NOON)}
    ranked = rosa.get("/waitlist/for/", {"time": at_noon["choice"]})
    assert "Has another visit for the same area on Wed, Nov 25, 2026, 12:00 PM" in text(ranked)
    rosa.post(f"/waitlist/{entry.pk}/offer/", at_noon)
    assert Offer.objects.count() == 1
    assert says in text(rosa.get("/waitlist/"))


@pytest.mark.rule("R35")
def test_who_is_booked_from_the_list_though_another_visit_is_near_is_told_of(
    cast: Cast, rosa: Client
) -> None:
    entry = wait(cast)
    factories.appointment(
        patient=cast.siobhan,
        practitioner=cast.bo,
        service=cast.short_service,
        room=cast.room,
        device=cast.device,
        starts_at=NOON + dt.timedelta(days=1),
        by=cast.reception,
    )
    answer = rosa.post(
        f"/waitlist/{entry.pk}/book/", {"choice": choice_key(cast.ana.pk, NOON)}, follow=True
    )
    assert "booked for Wed, Nov 25, 2026, 1 day apart" in text(answer)


@pytest.mark.rule("T3")
def test_what_is_missing_is_said_and_what_was_typed_stays(cast: Cast, rosa: Client) -> None:
    answer = rosa.post("/waitlist/add/", form(note="before work", days=[]))
    assert answer.status_code == 422
    page = text(answer)
    for says in ("Find the patient.", "Choose a service.", "at least one day", "before work"):
        assert says in page
    looked = rosa.post("/waitlist/add/", form(patient="Siobh", look=""))
    assert cast.siobhan.code in text(looked)
    assert WaitlistEntry.objects.count() == 0


@pytest.mark.rule("T3")
def test_a_wish_is_changed_and_ended_on_its_page(cast: Cast, rosa: Client) -> None:
    entry = wait(cast)
    address = reverse("wait", args=[entry.pk])
    assert "Has to leave by" in text(rosa.get(address))
    stale = rosa.post(address, form(version=entry.version + 1))
    assert stale.status_code == 409
    assert rosa.post(address, form(version=entry.version)).status_code == 302
    entry.refresh_from_db()
    assert entry.weekdays == 0b11
    off = rosa.post(reverse("wait-withdraw", args=[entry.pk]), {"version": entry.version})
    assert off.status_code == 302
    assert WaitlistEntry.objects.waiting().count() == 0
    again = rosa.post(reverse("wait-withdraw", args=[entry.pk]), {"version": entry.version})
    assert again.status_code == 409
    assert "does not wait any more" in text(again)


@pytest.mark.rule("T3")
def test_the_line_offers_and_books_in_one_press(cast: Cast, rosa: Client) -> None:
    first, second = wait(cast), wait(cast, someone(cast, 1), at=NOW + MINUTE)
    key = choice_key(cast.ana.pk, NOON)
    line = reverse("waitlist-for")
    page = text(rosa.get(line, {"time": key}))
    assert page.index(first.patient.name) < page.index(second.patient.name)
    offered = rosa.post(reverse("wait-offer", args=[first.pk]), {"choice": key, "then_next": "on"})
    assert offered.status_code == 302, text(offered)
    made = Offer.objects.get()
    assert (made.then_next, made.starts_at) == (True, NOON)
    page = text(rosa.get(line, {"time": key}))
    assert "This time is offered to Siobhán O'Brien-Łęcka and held until" in page
    taken = rosa.post(reverse("wait-book", args=[second.pk]), {"choice": key})
    assert taken.status_code == 409
    assert "busy" in text(taken)
    assert rosa.post(reverse("offer-take-back", args=[made.pk])).status_code == 302
    assert rosa.post(reverse("offer-take-back", args=[made.pk])).status_code == 409
    booked = rosa.post(reverse("wait-book", args=[second.pk]), {"choice": key})
    assert booked.status_code == 302
    assert Appointment.objects.get().patient == second.patient


@pytest.mark.rule("T3")
def test_one_who_waits_is_one(cast: Cast, rosa: Client) -> None:
    asked = {"time": choice_key(cast.ana.pk, NOON)}
    wait(cast, practitioners=[cast.bo])
    page = text(rosa.get(reverse("waitlist-for"), asked))
    assert "For one who waits, this time does not do" in page
    wait(cast, someone(cast, 1), practitioners=[cast.bo])
    page = text(rosa.get(reverse("waitlist-for"), asked))
    assert "For 2 who wait, this time does not do" in page


@pytest.mark.rule("T3")
@pytest.mark.parametrize("time", ["", "x", "@2026-11-24T18:00Z", "nobody@2026-11-24T18:00Z"])
def test_a_line_for_no_time_is_not_there(cast: Cast, rosa: Client, time: str) -> None:
    assert rosa.get("/waitlist/for/", {"time": time}).status_code == 404
    entry = wait(cast)
    answer = rosa.post(reverse("wait-offer", args=[entry.pk]), {"choice": time})
    assert answer.status_code == 422
    assert "Choose one of the times" in text(answer)


@pytest.mark.rule("T4")
def test_the_board_draws_an_offered_time_as_offered(cast: Cast, rosa: Client) -> None:
    offer(cast, wait(cast))
    page = text(rosa.get(f"/day/{TODAY}/"))
    assert "Offered" in page
    assert "Busy elsewhere" not in page


@pytest.mark.rule("T3")
def test_after_a_cancel_the_card_says_who_waits(cast: Cast, rosa: Client) -> None:
    visit = factories.appointment(
        patient=cast.mia,
        practitioner=cast.ana,
        service=cast.service,
        room=cast.room,
        device=cast.device,
        starts_at=NOON,
        by=cast.reception,
    )
    wait(cast)
    address = reverse("appointment", args=[visit.pk])
    assert "for a time like" not in text(rosa.get(address))
    operations.cancel(appointment=visit, reason="Ill", by=cast.reception, at=NOW)
    page = text(rosa.get(address))
    assert "1 person waits for a time like Tue, Nov 24, 2026, 12:00 PM." in page
    assert f"time={cast.ana.pk}" in page
    moved = operations.book(
        clinic=cast.clinic,
        patient=cast.mia,
        practitioner=cast.ana,
        service=cast.service,
        starts_at=NOON,
        by=cast.reception,
        at=NOW,
    )
    assert "for a time like" not in text(rosa.get(address))
    operations.move(
        appointment=moved, starts_at=NOON + 90 * MINUTE, by=cast.reception, at=NOW + MINUTE
    )
    page = text(rosa.get(reverse("appointment", args=[moved.pk])))
    assert "1 person waits for a time like Tue, Nov 24, 2026, 12:00 PM." in page


@pytest.mark.rule("T3")
def test_where_nothing_suits_the_caller_can_wait(cast: Cast, rosa: Client) -> None:
    page = text(rosa.get(f"/appointments/new/?patient={cast.mia.pk}&service={cast.service.pk}"))
    assert "Put on the waitlist" in page
    assert "/waitlist/add/" in page


# --- the link


@pytest.mark.rule("T4")
def test_the_link_says_when_and_where_and_never_why(
    cast: Cast, client: Client, clock: time_machine.Traveller
) -> None:
    offer(cast, wait(cast))
    answer = client.get(LINK)
    page = text(answer)
    assert answer.status_code == 200
    for says in ("Austin", "Tue, Nov 24", "11:35 AM", "until <strong>9:30 AM", "Take this time"):
        assert says in page
    for hidden in (cast.service.name, cast.siobhan.name, cast.siobhan.last_name, cast.ana.name):
        assert hidden not in page
    assert "no-store" in answer["Cache-Control"]
    assert "sessionid" not in client.cookies


@pytest.mark.rule("T4")
def test_a_press_books_once_and_a_second_one_says_so(
    cast: Cast, client: Client, clock: time_machine.Traveller
) -> None:
    offer(cast, wait(cast))
    for _press in range(2):
        answer = client.post(LINK, {"answer": "take"})
        assert answer.status_code == 200
        assert "<h1>Booked</h1>" in text(answer)
    visit = Appointment.objects.get()
    assert (visit.patient, visit.starts_at, visit.created_by) == (
        cast.siobhan,
        NOON,
        cast.reception,
    )


@pytest.mark.rule("T4")
def test_whoever_comes_too_late_is_told_to_call(
    cast: Cast, client: Client, clock: time_machine.Traveller
) -> None:
    made = offer(cast, wait(cast))
    clock.move_to(made.expires_at)
    late = client.get(LINK)
    assert late.status_code == 410
    pressed = client.post(LINK, {"answer": "take"})
    assert pressed.status_code == 409
    for answer in (late, pressed):
        assert "not held for you any more" in text(answer)
        assert cast.clinic.phone_text in text(answer)
        assert "12:00 PM" not in text(answer)
    assert Appointment.objects.count() == 0


@pytest.mark.rule("T4")
def test_a_stranger_learns_nothing(
    cast: Cast, client: Client, clock: time_machine.Traveller
) -> None:
    offer(cast, wait(cast))
    unknown = client.get("/offer/guessed/")
    clock.move_to(NOON)
    past = client.get(LINK)
    assert unknown.status_code == past.status_code == 404
    assert text(unknown) == text(past)
    assert "Austin" not in text(unknown)


@pytest.mark.rule("T4")
def test_it_can_be_left_to_someone_else(
    cast: Cast, client: Client, clock: time_machine.Traveller
) -> None:
    made = offer(cast, wait(cast))
    nothing = client.post(LINK)
    assert nothing.status_code == 422
    answer = client.post(LINK, {"answer": "decline"})
    assert "Left to someone else" in text(answer)
    made.refresh_from_db()
    assert made.state == "declined"
    again = client.post(LINK, {"answer": "take"})
    assert "Left to someone else" in text(again)
    assert Appointment.objects.count() == 0


@pytest.mark.rule("T4")
def test_what_cannot_be_booked_any_more_is_told_without_its_reason(
    cast: Cast, client: Client, clock: time_machine.Traveller
) -> None:
    offer(cast, wait(cast))
    factories.performed(cast, TODAY - dt.timedelta(days=3), patient=cast.siobhan)
    answer = client.post(LINK, {"answer": "take"})
    assert answer.status_code == 422
    assert "cannot be booked here" in text(answer)
    assert "treatment" not in text(answer)


@pytest.mark.rule("T4")
def test_links_are_not_found_by_trying(client: Client, db: None) -> None:
    answers = {client.get(f"/offer/{n}/", REMOTE_ADDR="203.0.113.9").status_code for n in range(61)}
    assert answers == {404, 429}


def test_the_window_and_its_history_name_nobody(cast: Cast, rosa: Client) -> None:
    entry = wait(cast)
    page = text(rosa.get(f"/waitlist/{entry.pk}/"))
    title = page.partition("<title>")[2].partition("</title>")[0]
    assert title.startswith("On the waitlist")
    assert f"{entry.patient.name} waits" in page
    assert text(rosa.get("/waitlist/add/")).count("Put on the waitlist ·") == 1
