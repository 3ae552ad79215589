"""A course of visits: planned, booked in one act, moved along, ended."""

from __future__ import annotations

import datetime as dt
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from icalendar import Calendar

from bookings import operations, queries
from bookings.models import Appointment, Course, Hold, Move
from bookings.operations import CourseVisit
from bookings.rules.course import Rhythm
from clinic import outbox
from clinic.models import AuditEvent, Message
from clinic.refusals import Conflict, Refusal
from tests import factories
from tests.cast import NOW, TODAY, Cast

pytestmark = [pytest.mark.rule("T2"), pytest.mark.django_db]
DAY = dt.timedelta(days=1)
MINUTE = dt.timedelta(minutes=1)
NOON = NOW + 180 * MINUTE
WEEKS = 28 * DAY
FOUR = [CourseVisit(no, NOON + WEEKS * (no - 1)) for no in (1, 2, 3, 4)]


def book_course(cast: Cast, visits: list[CourseVisit] | None = None, **given: Any) -> Course:
    values: dict[str, Any] = {
        "clinic": cast.clinic,
        "patient": cast.mia,
        "service": cast.service,
        "planned": 4,
        "interval_days": 28,
        "starts_min": 720,
        "visits": FOUR if visits is None else visits,
        "practitioner": cast.ana,
        "by": cast.reception,
        "at": NOW,
    }
    return operations.book_course(**values | given)


def blocked(cast: Cast, starts_at: dt.datetime) -> Appointment:
    """Another patient with Ana at that time."""
    return factories.appointment(
        patient=cast.wang,
        practitioner=cast.ana,
        service=cast.service,
        room=cast.room,
        device=cast.device,
        starts_at=starts_at,
        by=cast.reception,
    )


def plan(cast: Cast, **given: Any) -> list[queries.Wanted]:
    values: dict[str, Any] = {
        "clinic": cast.clinic,
        "patient": cast.mia,
        "service": cast.service,
        "rhythm": Rhythm(28, None, 720),
        "numbers": [1, 2, 3, 4],
        "first": TODAY,
        "at": NOW,
        "practitioner": cast.ana,
    }
    return queries.plan_visits(**values | given)


def days_of(course: Course) -> list[tuple[int, dt.date]]:
    rows = Appointment.objects.filter(course=course).exclude(status="cancelled")
    return [(one.course_no or 0, one.local_date) for one in rows.order_by("course_no")]


def test_a_course_is_booked_in_one_act(cast: Cast) -> None:
    course = book_course(cast, note="Prefers Room 1")
    assert days_of(course) == [(no, TODAY + WEEKS * (no - 1)) for no in (1, 2, 3, 4)]
    assert Hold.objects.count() == 16
    assert {one.note for one in Appointment.objects.all()} == {"Prefers Room 1"}
    told = [(one.action, one.outcome) for one in AuditEvent.objects.order_by("seq")]
    assert told == [("appointment.book", "done")] * 4 + [("course.book", "done")]


def test_only_the_chosen_visits_are_booked_and_the_rest_later(cast: Cast) -> None:
    course = book_course(cast, [FOUR[0], FOUR[2]])
    found = queries.course_for(user=cast.reception, clinic=cast.clinic, key=course.pk)
    assert found
    assert queries.open_numbers(found) == [2, 4]
    rest = operations.book_rest(course=course, visits=[FOUR[1]], by=cast.reception, at=NOW)
    assert [no for no, _day in days_of(rest)] == [1, 2, 3]
    with pytest.raises(Conflict, match="Visit 2 is booked already"):
        operations.book_rest(course=course, visits=[FOUR[1]], by=cast.reception, at=NOW)


def test_a_time_that_is_lost_names_its_visit_and_nothing_is_booked(cast: Cast) -> None:
    blocked(cast, FOUR[2].starts_at)
    named = [CourseVisit(one.number, one.starts_at, cast.ana) for one in FOUR]
    with pytest.raises(Conflict) as no:
        book_course(cast, named)
    assert (no.value.rule, no.value.field) == ("R47", "visit_3")
    assert no.value.sentence.startswith("Visit 3 on Tue, Jan 19, 2027, 12:00 PM, cannot be had: ")
    assert (Course.objects.count(), Appointment.objects.count()) == (0, 1)
    assert not Message.objects.exists()


@pytest.mark.parametrize(
    ("given", "field"),
    [
        ({"planned": 0}, "planned"),
        ({"planned": 9}, "planned"),
        ({"interval_days": 27}, "interval_days"),
        ({"interval_days": 181}, "interval_days"),
        ({"visits": []}, None),
        ({"visits": [FOUR[0], FOUR[0]]}, None),
        ({"visits": [CourseVisit(5, NOON)]}, None),
        ({"visits": [FOUR[0], CourseVisit(2, NOON + 27 * DAY)]}, "visit_2"),
        ({"visits": [CourseVisit(1, NOON + WEEKS), CourseVisit(2, NOON)]}, "visit_2"),
    ],
)
def test_no_other_course_is_booked(cast: Cast, given: dict[str, Any], field: str | None) -> None:
    with pytest.raises(Refusal) as no:
        book_course(cast, **given)
    assert (no.value.rule, no.value.field) == ("T2", field)
    assert not Course.objects.exists()


def test_another_clinics_patient_or_service_is_not_known(cast: Cast) -> None:
    for given in ({"patient": cast.other_patient}, {"service": cast.other_service}):
        with pytest.raises(Refusal) as no:
            book_course(cast, **given)
        assert no.value.rule == "P15"


def test_pressed_twice_it_is_booked_once(cast: Cast) -> None:
    first, second = (book_course(cast, once="k" * 20) for _ in range(2))
    assert (first, Course.objects.count()) == (second, 1)


@pytest.mark.rule("P26", "P28")
def test_the_patient_is_told_of_all_visits_in_one_message(cast: Cast) -> None:
    cast.mia.email = "mia@example.org"
    cast.mia.write()
    book_course(cast)
    (mail,) = Message.objects.all()
    assert mail.subject == "Your appointments: Austin"
    assert mail.body.splitlines()[2:7] == [
        "Your appointments at Austin:",
        "Tue, Nov 24, 2026 at 11:35 AM (CST)",
        "Tue, Dec 22, 2026 at 11:35 AM (CST)",
        "Tue, Jan 19, 2027 at 11:35 AM (CST)",
        "Tue, Feb 16, 2027 at 11:35 AM (CST)",
    ]
    file = Calendar.from_ical(mail.attachment)
    assert (str(file["METHOD"]), len(file.events)) == ("PUBLISH", 4)
    said = f"{mail.body} {mail.subject} {mail.attachment}".lower()
    assert not [word for word in ("needl", "numb", "face", "skin", "treat") if word in said]


@pytest.mark.rule("P28")
def test_where_the_first_is_off_before_the_message_went_the_others_are_confirmed(
    cast: Cast,
) -> None:
    cast.mia.email = "mia@example.org"
    cast.mia.write()
    course = book_course(cast)
    first = Appointment.objects.get(course=course, course_no=1)
    operations.cancel(appointment=first, reason="Ill", by=cast.reception, at=NOW)
    waiting = Message.objects.filter(status="waiting").order_by("not_after", "key")
    assert [one.key.split(" ")[0] for one in waiting] == ["cancelled", "course"]
    assert waiting[1].not_after == FOUR[1].starts_at - 25 * MINUTE
    assert waiting[1].body.count("11:35 AM") == 3


@pytest.mark.rule("P28")
def test_once_it_went_nothing_is_said_again(cast: Cast) -> None:
    cast.mia.email = "mia@example.org"
    cast.mia.write()
    course = book_course(cast)
    outbox.deliver(at=NOW)
    first = Appointment.objects.get(course=course, course_no=1)
    operations.cancel(appointment=first, reason="Ill", by=cast.reception, at=NOW)
    assert [one.key.split(" ")[0] for one in Message.objects.filter(status="waiting")] == [
        "cancelled"
    ]


def test_a_plan_offers_the_wished_times_and_says_what_stands_against_one(cast: Cast) -> None:
    blocked(cast, FOUR[1].starts_at)
    found = plan(cast)
    assert [one.fits for one in found] == [True, False, True, True]
    assert any("Ana Ruiz" in says for says in found[1].against)
    second = next(one for one in found[1].offers if one.key == found[1].picked)
    assert abs(second.starts_at - FOUR[1].starts_at) < dt.timedelta(hours=2)
    assert found[2].starts_at == FOUR[2].starts_at
    visits = [
        CourseVisit(one.number, offer.starts_at, offer.practitioner)
        for one in found
        for offer in one.offers
        if offer.key == one.picked
    ]
    assert len(days_of(book_course(cast, visits))) == 4


@pytest.mark.rule("R35")
def test_where_the_skin_has_to_rest_the_wished_time_is_offered_on_the_first_day_it_has(
    cast: Cast,
) -> None:
    factories.performed(cast, TODAY - 20 * DAY)
    first = plan(cast, numbers=[1])[0]
    rested = TODAY + 8 * DAY
    assert [one for one in first.against if "28 days" in one]
    picked = cast.clinic.local(first.offers[0].starts_at)
    assert (picked.date(), picked.time()) == (rested, dt.time(12))


def test_a_license_that_lapses_is_said_of_the_visits_after_it(cast: Cast) -> None:
    cast.ana_license.expires_on = TODAY + 60 * DAY
    cast.ana_license.write()
    found = plan(cast)
    assert [one.fits for one in found] == [True, True, True, False]
    assert "license" in " ".join(found[3].against).lower()
    assert {offer.practitioner for offer in found[3].offers} <= {cast.priya, cast.bo}


def test_what_one_cannot_take_is_offered_with_others_at_the_wished_time(cast: Cast) -> None:
    cast.ana_license.expires_on = TODAY + 60 * DAY
    cast.ana_license.write()
    last = plan(cast)[3]
    assert last.starts_at is not None
    # Others are free from nine to five: the wished time comes first, then what lies beside it.
    assert last.offers[0].starts_at == last.starts_at
    assert last.picked == last.offers[0].key
    assert {abs(one.starts_at - last.starts_at) for one in last.offers[1:]} <= {15 * MINUTE}


def test_where_anyone_will_do_the_plan_names_who_would_be_booked(cast: Cast) -> None:
    taken = blocked(cast, FOUR[0].starts_at)
    found = plan(cast, practitioner=None)
    named = [next(o for o in one.offers if o.key == one.picked) for one in found]
    assert all(one.fits for one in found)
    assert named[0].practitioner not in (None, taken.practitioner)
    # Whoever has the fewest visits that day, as where nobody is named.
    visits = [CourseVisit(no, one.starts_at) for no, one in enumerate(named, start=1)]
    booked = Appointment.objects.filter(course=book_course(cast, visits, practitioner=None))
    assert [one.practitioner for one in booked.order_by("course_no")] == [
        one.practitioner for one in named
    ]


def test_what_is_picked_leads_on_to_the_next_visit(cast: Cast) -> None:
    later = plan(cast)[0].offers[0]
    pick = f"{cast.ana.pk}@{(later.starts_at + 7 * DAY):%Y-%m-%dT%H:%MZ}"
    found = plan(cast, picked={1: pick, 3: ""})
    assert found[0].picked == pick
    assert found[1].starts_at == FOUR[1].starts_at + 7 * DAY
    assert found[2].picked == ""
    # The one that is left out lends its place to nobody: the next follows the one before it.
    assert found[3].starts_at == FOUR[2].starts_at + 7 * DAY


def test_a_visit_in_a_clock_gap_says_so(cast: Cast) -> None:
    found = plan(cast, rhythm=Rhythm(28, None, 150), first=dt.date(2027, 3, 14), numbers=[1])
    assert found[0].against == [
        "The clock is set forward on Sun, Mar 14, 2027: there is no 2:30 AM."
    ]


def test_a_visit_between_two_booked_ones_keeps_the_interval_to_both(cast: Cast) -> None:
    found = plan(
        cast,
        numbers=[2],
        standing={1: TODAY, 3: TODAY + 50 * DAY},
    )
    assert not found[0].offers
    assert "too soon" in found[0].against[0]


def test_the_rest_moves_along_by_as_much(cast: Cast) -> None:
    course = book_course(cast, [CourseVisit(n.number, n.starts_at, cast.ana) for n in FOUR])
    second = Appointment.objects.get(course=course, course_no=2)
    operations.move(
        appointment=second, starts_at=second.starts_at + 2 * DAY, by=cast.reception, at=NOW
    )
    found = queries.course_for(user=cast.reception, clinic=cast.clinic, key=course.pk)
    assert found
    second.refresh_from_db()
    slip = queries.slip_of(second, found)
    assert slip
    assert (slip.days, [one.course_no for one in slip.later]) == (2, [3, 4])
    planned = queries.plan_moves(course=found, after=2, days=2, at=NOW)
    assert [(one.number, one.fits) for one in planned] == [(3, True), (4, True)]
    visits = [
        CourseVisit(one.number, one.offers[0].starts_at, one.offers[0].practitioner)
        for one in planned
    ]
    operations.reflow_course(course=course, visits=visits, by=cast.reception, at=NOW + MINUTE)
    assert days_of(course) == [
        (1, TODAY),
        *((no, TODAY + WEEKS * (no - 1) + 2 * DAY) for no in (2, 3, 4)),
    ]
    assert (Move.objects.count(), Hold.objects.count()) == (3, 16)
    again = queries.course_for(user=cast.reception, clinic=cast.clinic, key=course.pk)
    assert again
    assert queries.slip_of(second, again) is None


def test_where_one_cannot_move_none_does(cast: Cast) -> None:
    course = book_course(cast, [CourseVisit(n.number, n.starts_at, cast.ana) for n in FOUR])
    blocked(cast, FOUR[2].starts_at + 2 * DAY)
    visits = [CourseVisit(no, FOUR[no - 1].starts_at + 2 * DAY, cast.ana) for no in (3, 4)]
    with pytest.raises(Conflict) as no:
        operations.reflow_course(course=course, visits=visits, by=cast.reception, at=NOW)
    assert no.value.field == "visit_3"
    assert days_of(course)[2:] == [(3, TODAY + WEEKS * 2), (4, TODAY + WEEKS * 3)]
    assert not Move.objects.exists()


def test_the_rest_moves_onto_each_others_places(cast: Cast) -> None:
    course = book_course(cast, [CourseVisit(n.number, n.starts_at, cast.ana) for n in FOUR])
    visits = [CourseVisit(no, FOUR[no - 1].starts_at + WEEKS, cast.ana) for no in (2, 3, 4)]
    operations.reflow_course(course=course, visits=visits, by=cast.reception, at=NOW)
    assert [day for _no, day in days_of(course)] == [TODAY + WEEKS * no for no in (0, 2, 3, 4)]


def test_visits_do_not_move_too_near(cast: Cast) -> None:
    course = book_course(cast)
    visits = [CourseVisit(3, FOUR[2].starts_at - DAY)]
    with pytest.raises(Refusal) as no:
        operations.reflow_course(course=course, visits=visits, by=cast.reception, at=NOW)
    assert (no.value.rule, no.value.field) == ("T2", "visit_3")


def test_a_visit_that_is_off_is_not_moved_along(cast: Cast) -> None:
    course = book_course(cast)
    third = Appointment.objects.get(course=course, course_no=3)
    operations.cancel(appointment=third, reason="Ill", by=cast.reception, at=NOW)
    visits = [CourseVisit(3, FOUR[2].starts_at + DAY)]
    with pytest.raises(Conflict, match="not to be moved any more"):
        operations.reflow_course(course=course, visits=visits, by=cast.reception, at=NOW)


def test_one_booked_anew_offers_to_move_the_rest(cast: Cast) -> None:
    course = book_course(cast)
    second = Appointment.objects.get(course=course, course_no=2)
    operations.cancel(appointment=second, reason="Ill", by=cast.reception, at=NOW)
    anew = CourseVisit(2, FOUR[1].starts_at + DAY)
    # The third stands a day too near by then.
    with pytest.raises(Refusal) as no:
        operations.book_rest(course=course, visits=[anew], by=cast.reception, at=NOW)
    assert (no.value.rule, no.value.field) == ("T2", "visit_2")


def test_an_ended_course_takes_no_more_visits(cast: Cast) -> None:
    course = book_course(cast, FOUR[:2])
    with pytest.raises(Refusal, match="Say why"):
        operations.end_course(course=course, reason=" ", by=cast.reception, at=NOW)
    ended = operations.end_course(
        course=course, reason="Moves away", by=cast.reception, at=NOW, version=course.version
    )
    assert (ended.end_reason, ended.ended_by) == ("Moves away", cast.reception)
    with pytest.raises(Refusal, match="This course is ended"):
        operations.book_rest(course=course, visits=[FOUR[2]], by=cast.reception, at=NOW)
    assert len(days_of(course)) == 2


def test_a_stale_page_of_a_course_is_refused(cast: Cast) -> None:
    course = book_course(cast, FOUR[:1])
    with pytest.raises(Conflict) as no:
        operations.end_course(course=course, reason="Why", by=cast.reception, at=NOW, version=7)
    assert no.value.rule == "P12"


@pytest.mark.rule("P35")
def test_a_plan_asks_a_bounded_number_of_questions_for_each_visit(cast: Cast) -> None:
    def asked(planned: int) -> int:
        with CaptureQueriesContext(connection) as queries_made:
            plan(cast, numbers=range(1, planned + 1))
        return len(queries_made)

    asked(1)
    few, many = asked(2), asked(8)
    assert many - few <= 6 * 12
    assert few <= 2 * 12 + 2
