"""One message about several visits says of each what is so; offers are told like visits."""

from __future__ import annotations

import datetime as dt
from typing import Any

import pytest

from bookings import operations
from bookings.models import Appointment, Course, Listed, Offer
from bookings.operations import CourseVisit
from bookings.rules.status import UNDO
from clinic import operations as building
from clinic import outbox
from clinic.models import Message, Patient
from clinic.operations.patients import EDITABLE
from clinic.refusals import Refusal
from clinic.rules.posting import INTERRUPTED
from tests.bookings.test_courses import DAY, FOUR, MINUTE, book_course
from tests.bookings.test_outbox_page import fail
from tests.bookings.waiting import NOON, SECRET, offer, wait
from tests.cast import NOW, Cast
from tests.gateways import TextProvider
from tests.raw_sql import refused

pytestmark = [pytest.mark.rule("P28"), pytest.mark.django_db]
SECOND = dt.timedelta(seconds=1)
HOUR = 60 * MINUTE
MOBILE = "+15125550147"


@pytest.fixture
def course(cast: Cast) -> Course:
    """Four visits of one who reads email, told in one message that has not gone yet."""
    cast.mia.email = "mia@example.org"
    cast.mia.write()
    return book_course(cast, [CourseVisit(one.number, one.starts_at, cast.ana) for one in FOUR])


def visit(course: Course, number: int) -> Appointment:
    return Appointment.objects.get(course=course, course_no=number)


def cancel(cast: Cast, one: Appointment, at: dt.datetime = NOW) -> None:
    operations.cancel(appointment=one, reason="Ill", by=cast.reception, at=at)


def change(cast: Cast, patient: Patient, **given: Any) -> None:
    patient = Patient.objects.get(pk=patient.pk)
    values = {name: getattr(patient, name) for name in EDITABLE} | given
    building.change_patient(
        patient=patient, version=patient.version, by=cast.reception, at=NOW, **values
    )


def told(status: str) -> list[tuple[str, int]]:
    """What each message of a state says, and of how many visits."""
    rows = Message.objects.filter(status=status).order_by("due_at", "key")
    return [(one.key.partition(" ")[0], one.body.count(" at ") - 1) for one in rows]


@pytest.mark.parametrize("number", [1, 2, 4])
def test_where_one_is_off_before_the_message_went_it_tells_the_others(
    cast: Cast, course: Course, number: int
) -> None:
    cancel(cast, visit(course, number), NOW + 10 * SECOND)
    outbox.deliver(at=NOW + MINUTE)
    (mail,) = Message.objects.filter(status="sent")
    days = [f"{cast.clinic.local(one.starts_at):%b} " for one in FOUR]
    said = [day in mail.body for day in days]
    assert said == [one.number != number for one in FOUR]
    outbox.deliver(at=NOW + 10 * SECOND + UNDO)
    assert [one for one, _count in told("sent")] == ["course", "cancelled"]


def test_where_one_moves_before_the_message_went_it_tells_the_others(
    cast: Cast, course: Course
) -> None:
    third = visit(course, 3)
    operations.move(appointment=third, starts_at=third.starts_at + DAY, by=cast.reception, at=NOW)
    outbox.deliver(at=NOW + UNDO)
    assert told("sent") == [("course", 3), ("moved", 1)]


def test_a_list_that_failed_is_not_tried_again_once_one_of_its_visits_is_off(
    cast: Cast, course: Course
) -> None:
    message = fail(Message.objects.get())
    operations.try_message_again(message=message, by=cast.reception, at=NOW)
    fail(message)
    cancel(cast, visit(course, 3))
    with pytest.raises(Refusal, match="no longer so"):
        operations.try_message_again(message=message, by=cast.reception, at=NOW)
    outbox.deliver(at=NOW)
    assert told("sent") == [("course", 3)]


def test_nobody_is_told_twice_whatever_becomes_of_the_first_later(
    cast: Cast, course: Course
) -> None:
    first = visit(course, 1)
    operations.move(
        appointment=first, starts_at=first.starts_at + 60 * MINUTE, by=cast.reception, at=NOW
    )
    outbox.deliver(at=NOW + UNDO)
    for number in (2, 3, 4):
        operations.confirm(appointment=visit(course, number), by=cast.reception, at=NOW + UNDO)
    cancel(cast, visit(course, 1), NOW + UNDO)
    outbox.deliver(at=NOW + 3 * UNDO)
    assert told("sent") == [("course", 3), ("moved", 1), ("cancelled", 1)]


def reflow(cast: Cast, course: Course) -> None:
    visits = [CourseVisit(no, FOUR[no - 1].starts_at + 2 * DAY, cast.ana) for no in (2, 3, 4)]
    operations.reflow_course(course=course, visits=visits, by=cast.reception, at=NOW)


def test_the_rest_of_a_course_that_moves_along_is_told_in_one_message(
    cast: Cast, course: Course
) -> None:
    outbox.deliver(at=NOW)
    reflow(cast, course)
    assert outbox.deliver(at=NOW + UNDO - SECOND) == 0
    assert outbox.deliver(at=NOW + UNDO) == 1
    mail = Message.objects.get(key__startswith="course-moved")
    assert mail.subject == "Your appointments have moved: Austin"
    assert mail.body.splitlines()[2:6] == [
        "Your appointments at Austin are now:",
        "Thu, Dec 24, 2026 at 11:35 AM (CST)",
        "Thu, Jan 21, 2027 at 11:35 AM (CST)",
        "Thu, Feb 18, 2027 at 11:35 AM (CST)",
    ]


def test_where_one_of_those_is_undone_the_others_are_told_in_time(
    cast: Cast, course: Course
) -> None:
    outbox.deliver(at=NOW)
    reflow(cast, course)
    third = visit(course, 3)
    operations.undo(appointment=third, by=cast.reception, at=NOW + MINUTE)
    assert outbox.deliver(at=NOW + UNDO - SECOND) == 0
    outbox.deliver(at=NOW + UNDO)
    assert told("sent") == [("course", 4), ("course-moved", 2)]


def test_a_course_told_by_another_way_is_told_as_a_whole_and_back_again(
    cast: Cast, course: Course, texts: TextProvider
) -> None:
    change(cast, cast.mia, contact_by="sms", phone=MOBILE)
    assert {(one.channel, one.status) for one in Message.objects.all()} == {
        ("email", "dropped"),
        ("sms", "waiting"),
    }
    change(cast, cast.mia, contact_by="email")
    outbox.deliver(at=NOW)
    assert (told("sent"), texts.texts) == ([("course", 4)], [])


def test_what_a_message_said_of_a_visit_stays(cast: Cast, course: Course) -> None:
    assert Listed.objects.count() == 4
    assert refused("UPDATE bookings_listed SET version = 9") == "bookings_listed_append_only"
    assert refused("DELETE FROM bookings_listed") == "bookings_listed_append_only"


@pytest.mark.parametrize(("soon", "count"), [(20, 3), (30, 4)])
def test_where_the_first_of_a_course_comes_too_soon_the_others_are_told(
    cast: Cast, soon: int, count: int
) -> None:
    """She is to be there 25 minutes before the start: at the first of these times, by now."""
    cast.mia.email = "mia@example.org"
    cast.mia.write()
    starts = [NOW + soon * MINUTE, *(one.starts_at for one in FOUR[1:])]
    book_course(cast, [CourseVisit(no, start, cast.ana) for no, start in enumerate(starts, 1)])
    outbox.deliver(at=NOW)
    assert told("sent") == [("course", count)]


@pytest.mark.parametrize("soon", [20, 30])
def test_where_the_first_that_moved_comes_too_soon_the_others_are_told(
    cast: Cast, course: Course, soon: int
) -> None:
    """At the second of these times she is to be there before the move could not be undone."""
    at = NOW + 3 * MINUTE
    outbox.deliver(at=at)
    later = [one.starts_at + DAY for one in FOUR[1:]]
    visits = [
        CourseVisit(no, start, cast.ana)
        for no, start in enumerate([NOW + soon * MINUTE, *later], 1)
    ]
    operations.reflow_course(course=course, visits=visits, by=cast.reception, at=at)
    outbox.deliver(at=at + UNDO)
    assert told("sent") == [("course", 4), ("course-moved", 3)]


@pytest.mark.parametrize("became", ["waiting", "dropped", "failed"])
def test_where_a_list_is_too_late_for_its_first_the_others_are_told_once(
    cast: Cast, course: Course, became: str
) -> None:
    """The mail was away until the first visit; or refused the message, and it was not tried."""
    first = visit(course, 1).comes_at
    if became == "dropped":
        outbox.deliver(at=first)
    elif became == "failed":
        fail(Message.objects.get())
    assert operations.tell_the_rest(at=first - SECOND) == 0
    assert [operations.tell_the_rest(at=first + no * MINUTE) for no in range(2)] == [1, 0]
    outbox.deliver(at=first + MINUTE)
    assert operations.tell_the_rest(at=first + HOUR) == 0
    assert told("sent") == [("course", 3)]


def test_what_was_cut_off_while_it_was_sent_is_not_told_twice(cast: Cast, course: Course) -> None:
    fail(Message.objects.get(), INTERRUPTED)
    assert operations.tell_the_rest(at=visit(course, 1).comes_at) == 0


@pytest.fixture
def offered(cast: Cast) -> Offer:
    return offer(cast, wait(cast))


def test_an_offer_goes_where_she_is_reached_now(cast: Cast, offered: Offer) -> None:
    change(cast, cast.siobhan, email="new@example.org")
    assert [one.to for one in Message.objects.filter(status="waiting")] == ["new@example.org"]


def test_an_offer_goes_by_her_way_with_its_link(
    cast: Cast, offered: Offer, texts: TextProvider
) -> None:
    change(cast, cast.siobhan, contact_by="sms", phone=MOBILE)
    outbox.deliver(at=NOW)
    ((_path, text),) = texts.texts
    assert text.endswith(f"/offer/{SECRET}/")
    assert [one.channel for one in Message.objects.filter(status="sent")] == ["sms"]


def test_whoever_wants_no_messages_gets_no_offer(cast: Cast, offered: Offer, enter: Any) -> None:
    change(cast, cast.siobhan, contact_by="none")
    assert outbox.deliver(at=NOW) == 0
    assert [one.status for one in Message.objects.all()] == ["dropped"]


def test_the_desk_sees_that_the_message_of_an_offer_failed_and_tries_it_again(
    cast: Cast, offered: Offer, enter: Any, clock: Any
) -> None:
    message = fail(Message.objects.get())
    browser = enter(cast.reception)
    page = browser.get("/messages/").content.decode().partition("<main")[2]
    for words in (
        cast.siobhan.first_name,
        "A time offered from the waitlist",
        "Tue, Nov 24, 2026, 12:00 PM, held until",
        "Try again",
        "Take the offer back",
    ):
        assert words in page, words
    assert "The message did not go out" in browser.get("/waitlist/").content.decode()
    line = f"/waitlist/for/?time={cast.ana.pk}@{NOON:%Y-%m-%dT%H:%MZ}"
    assert "The patient was not told" in browser.get(line).content.decode()
    change(cast, cast.siobhan, email="right@example.org")
    answer = browser.post(f"/messages/{message.pk}/again/", {"once": "k"}, follow=True)
    assert "right@example.org goes out once more" in answer.content.decode()
    assert "Her message did not" not in browser.get("/waitlist/").content.decode()
    assert outbox.deliver(at=NOW + MINUTE) == 1


def test_an_offer_whose_message_failed_is_taken_back_from_there(
    cast: Cast, offered: Offer, enter: Any, clock: Any
) -> None:
    message = fail(Message.objects.get())
    browser = enter(cast.reception)
    answer = browser.post(f"/waitlist/offers/{offered.pk}/take-back/", {"once": "k"}, follow=True)
    assert "is taken back. The time is free again." in answer.content.decode()
    page = browser.get("/messages/").content.decode()
    assert "No longer so: nothing to do." in page
    refusal = browser.post(f"/messages/{message.pk}/again/", {"once": "l"})
    assert refusal.status_code == 422
    assert "not held for the patient any more" in refusal.content.decode()
