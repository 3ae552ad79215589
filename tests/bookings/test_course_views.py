"""The pages on which a course is planned, looked at, moved along and ended."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from bookings import operations
from bookings.models import Appointment, Course
from clinic.models import User
from tests.bookings.test_courses import FOUR, blocked, book_course
from tests.bookings.test_new_appointment_views import text_of
from tests.cast import NOW, TODAY, Cast

pytestmark = [pytest.mark.rule("T2"), pytest.mark.django_db, pytest.mark.usefixtures("clock")]
Enter = Callable[[User], Client]
DAY = dt.timedelta(days=1)
NEW = "/courses/new/"


def typed(cast: Cast, **given: Any) -> dict[str, Any]:
    values = {
        "chosen": cast.mia.pk,
        "service": cast.service.pk,
        "planned": 4,
        "interval_days": 28,
        "weekday": "1",
        "date": TODAY.isoformat(),
        "time": "12:00 PM",
        "practitioner": cast.ana.pk,
        "note": "",
        "once": "c" * 20,
    }
    return values | given


def chosen(page: Any) -> dict[str, str]:
    """What the page's radio buttons and hidden fields say, as a browser would send it."""
    html = page.content.decode()
    radios = re.findall(r'type="radio" name="(visit_\d)" value="([^"]*)" checked', html)
    hidden = re.findall(r'name="(shown|stood)" value="([^"]*)"', html)
    return {"shown": "", **dict(radios), **dict(hidden)}


def test_from_the_preview_a_course_of_four_is_booked(cast: Cast, enter: Enter) -> None:
    desk = enter(cast.reception)
    first = desk.get(NEW, {"patient": str(cast.mia.pk), "service": str(cast.service.pk)})
    assert "At least 28" in text_of(first)
    look = desk.post(NEW, typed(cast, look="1"))
    assert look.status_code == 200
    assert not Course.objects.exists()
    said = text_of(look)
    for day in ("Tue, Nov 24, 2026", "Tue, Dec 22, 2026", "Tue, Jan 19, 2027", "Tue, Feb 16, 2027"):
        assert f"wished {day}, 12:00 PM" in said
    sent = typed(cast) | chosen(look)
    assert len([name for name in sent if name.startswith("visit_")]) == 4
    done = desk.post(NEW, sent, follow=True)
    course = Course.objects.get()
    assert done.redirect_chain == [(reverse("course", args=[course.pk]), 302)]
    assert "4 visits are booked for Mia Lee." in text_of(done)
    assert Appointment.objects.filter(course=course).count() == 4
    assert (course.weekday, course.starts_min, course.practitioner) == (1, 720, cast.ana)


def test_a_visit_that_does_not_fit_says_why_and_offers_another_time(
    cast: Cast, enter: Enter
) -> None:
    blocked(cast, FOUR[2].starts_at)
    look = enter(cast.reception).post(NEW, typed(cast, look="1"))
    said = text_of(look)
    assert "Not free, nearest times instead" in said
    assert "Ana Ruiz" in said


def test_a_time_lost_meanwhile_is_named_and_the_rest_stays_chosen(cast: Cast, enter: Enter) -> None:
    desk = enter(cast.reception)
    sent = typed(cast) | chosen(desk.post(NEW, typed(cast, look="1")))
    sent["visit_4"] = ""
    blocked(cast, FOUR[2].starts_at)
    page = desk.post(NEW, sent)
    assert page.status_code == 409
    said = text_of(page)
    assert "Visit 3 on Tue, Jan 19, 2027, 12:00 PM, cannot be had" in said
    again = chosen(page)
    assert (again["visit_1"], again["visit_2"]) == (sent["visit_1"], sent["visit_2"])
    assert again["visit_3"] not in ("", sent["visit_3"])
    assert again["visit_4"] == ""
    assert not Course.objects.exists()
    assert desk.post(NEW, typed(cast, once="d" * 20) | again).status_code == 302
    assert Appointment.objects.exclude(course=None).count() == 3


def test_a_plan_changed_after_its_visits_were_shown_is_shown_anew(cast: Cast, enter: Enter) -> None:
    desk = enter(cast.reception)
    sent = typed(cast) | chosen(desk.post(NEW, typed(cast, look="1")))
    page = desk.post(NEW, sent | {"interval_days": 35})
    assert page.status_code == 422
    assert "What is planned has changed since." in text_of(page)
    assert "wished Tue, Dec 29, 2026, 12:00 PM" in text_of(page)
    assert not Course.objects.exists()


@pytest.mark.parametrize(
    ("given", "says"),
    [
        ({"planned": "9"}, "A course has 1 to 8 visits."),
        ({"planned": "x"}, "A course has 1 to 8 visits."),
        ({"interval_days": "27"}, "Use 28 to 180 days."),
        ({"interval_days": ""}, "Use 28 to 180 days."),
        ({"time": "noonish"}, "Enter a time, for example 9:30."),
        ({"date": "0001-01-01"}, "Use a date between 1900 and 2200."),
        ({"service": ""}, "Choose a service."),
        ({"weekday": "9"}, "Choose one from the list."),
        ({"chosen": "nobody"}, "Open this page from the patient's card."),
    ],
)
@pytest.mark.parametrize("look", [{"look": "1"}, {}], ids=["look", "book"])
def test_what_cannot_be_read_is_said_beside_its_field(
    cast: Cast, enter: Enter, given: dict[str, str], says: str, look: dict[str, str]
) -> None:
    page = enter(cast.reception).post(NEW, typed(cast, **given, **look))
    assert page.status_code == 422
    assert says in text_of(page)


def test_a_time_that_the_page_did_not_show_is_refused(cast: Cast, enter: Enter) -> None:
    desk = enter(cast.reception)
    sent = typed(cast) | chosen(desk.post(NEW, typed(cast, look="1")))
    page = desk.post(NEW, sent | {"visit_2": "anything"})
    assert page.status_code == 422
    assert "Choose one of the times on the page." in text_of(page)
    page = desk.post(NEW, sent | {f"visit_{no}": "" for no in (1, 2, 3, 4)})
    assert "Choose a time for at least one visit." in text_of(page)


def test_another_clinics_patient_is_a_404(cast: Cast, enter: Enter) -> None:
    desk = enter(cast.reception)
    assert desk.get(NEW, {"patient": str(cast.other_patient.pk)}).status_code == 404
    assert desk.get(NEW, {"patient": "x"}).status_code == 404
    assert "Whose course is it?" in text_of(desk.get(NEW))


def test_what_was_typed_for_one_visit_goes_along_to_the_course(cast: Cast, enter: Enter) -> None:
    page = enter(cast.reception).post(
        NEW,
        {
            "plan": "1",
            "chosen": "",
            "patient": "Mia Lee",
            "service": cast.service.pk,
            "time": "2 PM",
            "date": "2026-12-01",
        },
    )
    assert page.status_code == 200
    assert "Several visits for Mia Lee" in text_of(page)
    assert 'value="2 PM"' in page.content.decode()


def test_the_course_stands_on_the_patients_card_and_on_each_visits(
    cast: Cast, enter: Enter
) -> None:
    desk, course = enter(cast.reception), book_course(cast, FOUR[:3])
    card = desk.get(f"/patients/{cast.mia.pk}/")
    assert "4 visits, Face, 45 minutes, at least 28 days apart, at 12:00 PM" in text_of(card)
    assert "1 not booked yet" in text_of(card)
    assert f"/courses/new/?patient={cast.mia.pk}" in card.content.decode()
    visit = Appointment.objects.get(course=course, course_no=2)
    said = text_of(desk.get(reverse("appointment", args=[visit.pk])))
    assert "Visit 2 of 4" in said
    assert "1: Nov 24" in said
    # Who does not book sees which visit it is, and no door to the course.
    hers = enter(cast.esthetician).get(reverse("appointment", args=[visit.pk]))
    assert "Visit 2 of 4" in text_of(hers)
    assert f"/courses/{course.pk}/" not in hers.content.decode()


def test_the_missing_visits_are_booked_from_the_courses_page(cast: Cast, enter: Enter) -> None:
    desk, course = enter(cast.reception), book_course(cast, FOUR[:2])
    page = desk.get(reverse("course", args=[course.pk]))
    assert "Book the 2 missing visits" in text_of(page)
    address = reverse("course-book", args=[course.pk])
    rest = desk.get(address)
    sent = chosen(rest) | {"once": "r" * 20, "version": "1"}
    done = desk.post(address, sent, follow=True)
    assert "2 visits are booked for Mia Lee." in text_of(done)
    assert Appointment.objects.filter(course=course).count() == 4
    assert "No visit of this course is left to book." in text_of(desk.get(address))


def test_once_a_visit_has_moved_the_rest_is_offered_to_move_along(cast: Cast, enter: Enter) -> None:
    desk, course = enter(cast.reception), book_course(cast)
    second = Appointment.objects.get(course=course, course_no=2)
    operations.move(appointment=second, starts_at=second.starts_at + DAY, by=cast.reception, at=NOW)
    card = desk.get(reverse("appointment", args=[second.pk]))
    assert "This visit stands 1 day later than it did." in text_of(card)
    address = reverse("course-move", args=[course.pk])
    assert f"{address}?after=2&amp;days=1" in card.content.decode()
    look = desk.get(address, {"after": 2, "days": 1})
    assert "Visits after visit 2 move." in text_of(look)
    sent = {"after": "2", "days": "1", "once": "m" * 20} | chosen(look)
    again = desk.post(address, sent | {"look": "1"})
    assert chosen(again) == chosen(look)
    done = desk.post(address, sent, follow=True)
    assert "2 visits are moved." in text_of(done)
    rows = Appointment.objects.filter(course=course).order_by("course_no")
    assert [one.starts_at for one in rows] == [
        FOUR[0].starts_at,
        *(one.starts_at + DAY for one in FOUR[1:]),
    ]
    assert "stands 1 day later" not in text_of(desk.get(reverse("appointment", args=[second.pk])))


@pytest.mark.rule("P12")
def test_the_rest_is_not_moved_over_what_another_desk_did(cast: Cast, enter: Enter) -> None:
    desk, course = enter(cast.reception), book_course(cast)
    address = reverse("course-move", args=[course.pk])
    look = desk.get(address, {"after": 1, "days": 7})
    third = Appointment.objects.get(course=course, course_no=3)
    elsewhere = third.starts_at + dt.timedelta(hours=1)
    operations.move(appointment=third, starts_at=elsewhere, by=cast.manager, at=NOW)
    sent = {"after": "1", "days": "7", "once": "m" * 20} | chosen(look)
    for stood in ({}, {"stood": ""}, {"stood": "3.x 2 9.9"}):
        page = desk.post(address, sent | stood)
        assert page.status_code == 409
        assert "changed" in text_of(page)
    third.refresh_from_db()
    assert third.starts_at == elsewhere
    sent |= chosen(page) | {"once": "n" * 20}
    assert "3 visits are moved." in text_of(desk.post(address, sent, follow=True))


def test_a_cancelled_visit_is_booked_anew_or_the_later_ones_move(cast: Cast, enter: Enter) -> None:
    desk, course = enter(cast.reception), book_course(cast)
    second = Appointment.objects.get(course=course, course_no=2)
    operations.cancel(appointment=second, reason="Ill", by=cast.reception, at=NOW)
    said = text_of(desk.get(reverse("appointment", args=[second.pk])))
    assert "Book visit 2 anew" in said
    assert "Move the later visits" in said


@pytest.mark.parametrize("days", ["", "0", "x", "999"])
def test_by_how_many_days_is_asked(cast: Cast, enter: Enter, days: str) -> None:
    desk, course = enter(cast.reception), book_course(cast)
    address = reverse("course-move", args=[course.pk])
    assert desk.get(address, {"after": "1", "days": days}).status_code == 200
    page = desk.post(address, {"after": "1", "days": days})
    assert page.status_code == 422


def test_a_course_is_ended_with_its_reason(cast: Cast, enter: Enter) -> None:
    desk, course = enter(cast.reception), book_course(cast, FOUR[:2])
    address = reverse("course", args=[course.pk])
    assert "Say why the course is ended." in text_of(desk.post(address, {"version": "1"}))
    done = desk.post(address, {"version": "1", "reason": "Moves away"}, follow=True)
    assert "Ended by Rosa Alvarez: Moves away" in text_of(done)
    assert "missing visit" not in text_of(done)
