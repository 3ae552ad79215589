"""Who is booked while she waits for the same service: said, one press from the end, and last in
line (T3)."""

from __future__ import annotations

import datetime as dt
import html
import re
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from bookings import operations, queries
from bookings.models import Appointment, WaitlistEntry
from tests import factories
from tests.bookings.waiting import MINUTE, NOON, offer, wait
from tests.cast import NOW, TODAY, Cast
from tests.tokens import Program

pytestmark = [
    pytest.mark.django_db,
    pytest.mark.usefixtures("clock"),
    pytest.mark.rule("T3"),
]
DAY = dt.timedelta(days=1)


@pytest.fixture
def rosa(cast: Cast, enter: Any) -> Client:
    """The reception's browser."""
    return enter(cast.reception)


def words(answer: Any) -> str:
    bare = re.sub(r"<[^>]*>", " ", answer.content.decode())
    return " ".join(html.unescape(bare).split())


def book(cast: Cast, **given: Any) -> Appointment:
    values: dict[str, Any] = {
        "clinic": cast.clinic,
        "patient": cast.siobhan,
        "practitioner": cast.ana,
        "service": cast.service,
        "starts_at": NOON,
        "by": cast.reception,
        "at": NOW,
    }
    return operations.book(**values | given)


def ends_it(client: Client, answer: Any, entry: WaitlistEntry) -> Any:
    """Press the one button beside what the page says."""
    page = answer.content.decode()
    found = re.search(rf'action="(/waitlist/{entry.pk}/withdraw/[^"]*)"(.*?)</form>', page, re.S)
    assert found
    sent = dict(re.findall(r'name="(\w+)" value="([^"]*)"', found[2]))
    return client.post(html.unescape(found[1]), sent, follow=True)


SAYS = "Siobhán O'Brien-Łęcka still waits for Face, 45 minutes, since Tue, Nov 24, 2026."


def test_the_answer_to_a_booking_says_so_and_one_press_ends_it(cast: Cast, rosa: Client) -> None:
    entry = wait(cast)
    sent = {
        "chosen": str(cast.siobhan.pk),
        "service": str(cast.service.pk),
        "practitioner": str(cast.ana.pk),
        "date": TODAY.isoformat(),
        "time": "12:00 PM",
    }
    answer = rosa.post("/appointments/new/", sent, follow=True)
    assert SAYS in words(answer)
    done = ends_it(rosa, answer, entry)
    assert "is off the waitlist." in words(done)
    assert "still waits" not in words(done)
    visit = Appointment.objects.get(patient=cast.siobhan)
    assert done.redirect_chain == [(f"/day/{TODAY}/?visit={visit.pk}", 302)]
    assert WaitlistEntry.objects.get(pk=entry.pk).closed_as == "withdrawn"


def test_a_walk_in_is_told_of_too(cast: Cast, rosa: Client) -> None:
    wait(cast)
    page = rosa.get("/appointments/walk-in/", {"service": str(cast.service.pk)})
    slot = re.search(r'name="slot" value="([^"]*)"', page.content.decode())
    assert slot
    sent = {
        "chosen": str(cast.siobhan.pk),
        "service": str(cast.service.pk),
        "slot": html.unescape(slot[1]),
    }
    answer = rosa.post("/appointments/walk-in/", sent, follow=True)
    assert SAYS in words(answer)


def test_a_course_says_so_and_the_press_leads_back_to_it(cast: Cast, rosa: Client) -> None:
    entry = wait(cast)
    course = operations.book_course(
        clinic=cast.clinic,
        patient=cast.siobhan,
        service=cast.service,
        planned=2,
        interval_days=28,
        starts_min=720,
        visits=[operations.CourseVisit(1, NOON)],
        by=cast.reception,
        at=NOW,
    )
    answer = rosa.get(f"/courses/{course.pk}/")
    assert SAYS in words(answer)
    done = ends_it(rosa, answer, entry)
    assert done.redirect_chain == [(f"/courses/{course.pk}/", 302)]


def test_a_program_is_told_too(cast: Cast) -> None:
    entry = wait(cast)
    sent = {
        "patient": str(cast.siobhan.pk),
        "service": str(cast.service.pk),
        "starts_at": NOON.isoformat(),
    }
    answer = Program(cast.reception).send("appointments", sent)
    assert answer.status_code == 201
    assert [one["id"] for one in answer.json()["still_waiting"]] == [str(entry.pk)]


@pytest.mark.parametrize("what", ["nobody", "another", "over"])
def test_nothing_is_said_where_nobody_waits_for_it(cast: Cast, rosa: Client, what: str) -> None:
    if what == "another":
        wait(cast, service=cast.short_service)
    visit = book(cast)
    if what == "over":
        wait(cast)
        operations.cancel(appointment=visit, reason="Ill", by=cast.reception, at=NOW)
    assert "still waits" not in words(rosa.get(reverse("appointment", args=[visit.pk])))


def test_where_a_time_is_offered_the_offer_is_shown_instead(cast: Cast, rosa: Client) -> None:
    offer(cast, wait(cast))
    visit = book(cast, starts_at=NOON + DAY)
    answer = rosa.get(reverse("appointment", args=[visit.pk]))
    assert "A time is offered to the patient. Show the offer" in words(answer)
    assert "Take the patient off the waitlist" not in words(answer)


def test_who_may_not_book_reads_nothing_of_it(cast: Cast, enter: Any) -> None:
    wait(cast)
    visit = book(cast)
    answer = enter(cast.esthetician).get(reverse("appointment", args=[visit.pk]))
    assert "still waits" not in words(answer)


def test_who_has_a_visit_for_it_to_come_is_last_in_line(cast: Cast, rosa: Client) -> None:
    first = wait(cast)
    second = wait(cast, cast.mia, at=NOW + MINUTE)
    book(cast, starts_at=NOON + DAY)
    line = queries.line_for(cast.clinic, cast.ana, NOON, at=NOW)
    assert [one.pk for one in line.fits] == [second.pk, first.pk]
    assert line.coming == {first.pk: NOON + DAY}
    page = words(rosa.get("/waitlist/for/", {"time": f"{cast.ana.pk}@2026-11-24T18:00Z"}))
    assert page.count("Has a visit for it on Wed, Nov 25, 2026, 12:00 PM") == 1
    assert page.index("Mia Lee") < page.index("Siobhán")


def test_who_has_a_visit_near_it_for_the_same_area_comes_after_the_others(cast: Cast) -> None:
    first, second = wait(cast), wait(cast, cast.mia, at=NOW + MINUTE)
    book(cast, starts_at=NOON + DAY, service=cast.short_service)
    line = queries.line_for(cast.clinic, cast.ana, NOON, at=NOW)
    assert line.near == {first.pk: NOON + DAY}
    assert [one.pk for one in line.fits] == [second.pk, first.pk]


def test_a_visit_of_another_service_or_one_that_was_is_no_visit_for_it(cast: Cast) -> None:
    first, second = wait(cast), wait(cast, cast.mia, at=NOW + MINUTE)
    book(cast, starts_at=NOON + 28 * DAY, service=cast.short_service)
    factories.appointment(
        patient=cast.siobhan,
        practitioner=cast.ana,
        service=cast.service,
        room=cast.room,
        device=cast.device,
        starts_at=NOON - DAY,
        by=cast.reception,
    )
    line = queries.line_for(cast.clinic, cast.ana, NOON, at=NOW)
    assert [one.pk for one in line.fits] == [first.pk, second.pk]
