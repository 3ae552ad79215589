"""Why not this time: every reason at once, and the nearest times that work."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from bookings import operations, queries
from bookings.models import Appointment
from bookings.queries import supply
from bookings.rules.supply import OUT, short_on
from clinic.models import User
from tests import factories
from tests.bookings.test_new_appointment_views import text_of
from tests.cast import NOW, TODAY, Cast

DAY = dt.timedelta(days=1)
MINUTE = dt.timedelta(minutes=1)
NOON = NOW + 180 * MINUTE
Enter = Callable[[User], Client]
pytestmark = pytest.mark.django_db


def book(cast: Cast, **given: Any) -> Appointment:
    values: dict[str, Any] = {
        "clinic": cast.clinic,
        "patient": cast.mia,
        "practitioner": cast.ana,
        "service": cast.service,
        "starts_at": NOON,
        "by": cast.reception,
        "at": NOW,
    }
    return operations.book(**values | given)


def why(cast: Cast, starts_at: dt.datetime = NOON, **given: Any) -> queries.WhyNot:
    asked: dict[str, Any] = {"clinic": cast.clinic, "need": cast.service, "at": NOW}
    return queries.reasons_against(starts_at, **asked | given)


def told(found: queries.WhyNot) -> list[str]:
    return [one.says for one in found.reasons]


def test_nothing_stands_against_a_free_time(cast: Cast) -> None:
    found = why(cast, patient=cast.mia, practitioner=cast.ana)
    assert told(found) == []
    assert found.fits


@pytest.mark.rule("P2")
def test_every_reason_is_told_at_once(cast: Cast) -> None:
    cast.device.status, cast.device.status_reason = "repair", "Motor"
    cast.device.write()
    factories.performed(cast, TODAY - 20 * DAY, patient=cast.mia)
    book(cast, patient=cast.wang, room=cast.room)
    found = why(cast, NOON + 15 * MINUTE, patient=cast.mia, practitioner=cast.ana)
    assert told(found) == [
        "Ana Ruiz is busy at 12:15 PM, until 12:45 PM.",
        "D-1 is in repair.",
        "D-2 is taken until 12:55 PM.",
        "The last treatment of the same area was on Wed, Nov 4, 2026, 20 days before; at least "
        "28 days lie between two. It works from Wed, Dec 2, 2026 on.",
    ]
    assert not found.fits
    assert {one.day for one in found.nearest} == {TODAY + 8 * DAY}


@pytest.mark.rule("R35")
def test_another_visit_that_is_planned_too_near_is_told_and_refuses_nothing(cast: Cast) -> None:
    there = book(cast, patient=cast.mia)
    says = (
        "Another visit for the same area is booked for Tue, Nov 24, 2026, 3 days apart; at least "
        "28 days are to lie between two treatments."
    )
    found = why(cast, NOON + 3 * DAY, patient=cast.mia, practitioner=cast.ana)
    assert told(found) == [says]
    assert found.fits
    # Of a visit that is moved itself, nothing is said.
    assert told(why(cast, NOON + 3 * DAY, need=there, patient=cast.mia, but=there)) == []


@pytest.mark.rule("P2")
def test_each_who_works_here_is_told_with_her_own_reason(cast: Cast) -> None:
    evening = NOON + 300 * MINUTE  # 5 pm, when the day is over
    found = why(cast, evening)
    assert told(found) == [
        "Ana Ruiz is not at work from 5:00 PM to 5:45 PM that day.",
        "Bo Chen is not at work from 5:00 PM to 5:45 PM that day.",
        "The TX license of Lena Brandt expires on Mon, Nov 23, 2026.",
        "Lena Brandt is not at work from 5:00 PM to 5:45 PM that day.",
        "Priya Raman is not at work from 5:00 PM to 5:45 PM that day.",
    ]
    assert not found.fits
    assert found.nearest


def test_a_closed_day_is_said_once(cast: Cast) -> None:
    operations.close_clinic(
        clinic=cast.clinic,
        name="Stocktaking",
        first_on=TODAY + DAY,
        last_on=TODAY + DAY,
        by=cast.manager,
        at=NOW,
    )
    found = why(cast, NOON + DAY, practitioner=cast.ana)
    assert told(found) == ["The clinic is closed on Wed, Nov 25, 2026: Stocktaking."]


def test_the_patients_other_visit_is_told_with_its_end(cast: Cast) -> None:
    book(cast)
    found = why(cast, practitioner=cast.priya, patient=cast.mia)
    assert told(found) == ["The patient has another visit, until 12:45 PM."]


@pytest.mark.parametrize(
    ("starts_at", "says"),
    [
        (NOW - 60 * MINUTE, "This time is in the past."),
        (NOON + 7 * MINUTE, "A visit starts on a five-minute mark, for example 10:00 or 10:05."),
        (NOON + 800 * DAY, "This is more than two years ahead."),
        (dt.datetime(9999, 12, 31, 18, 0, tzinfo=dt.UTC), "This is more than two years ahead."),
        (dt.datetime(1, 1, 2, 0, 0, tzinfo=dt.UTC), "This time is in the past."),
    ],
)
def test_a_time_that_cannot_be_says_so_and_offers_others(
    cast: Cast, starts_at: dt.datetime, says: str
) -> None:
    found = why(cast, starts_at)
    assert told(found)[0] == says
    assert not found.fits


def test_the_cartridges_are_counted_first_expiring_first() -> None:
    day = TODAY
    assert short_on({}, {}) is None
    assert short_on({day: 1}, {}) == day
    assert short_on({day: 2, day + DAY: 1}, {day: 2, day + DAY: 1}) is None
    assert short_on({day: 1, day + DAY: 2}, {day: 2, day + DAY: 1}) == day + DAY
    assert short_on({day: 3}, {day + 9 * DAY: 1, day: 2}) is None


def test_a_visit_more_than_there_are_cartridges_is_told_and_can_be_booked(
    cast: Cast, enter: Enter, clock: Any
) -> None:
    for hour in range(5):  # the shelf has five in date
        book(
            cast,
            starts_at=NOON + DAY + (hour - 2) * 60 * MINUTE,
            patient=factories.patient(cast.clinic, f"Ida {hour}", "Berg", by=cast.manager),
        )
    asked: dict[str, Any] = {"clinic": cast.clinic, "today": TODAY}
    assert queries.short_by(TODAY + DAY, **asked) is None
    assert queries.short_by(TODAY + DAY, **asked, more=1) == TODAY + DAY
    found = why(cast, NOON + 2 * DAY)
    assert told(found) == [OUT]
    assert found.fits
    words = enter(cast.reception).get(
        reverse("appointment-words"), typed(cast, date=(TODAY + 2 * DAY).isoformat())
    )
    assert OUT in text_of(words)


def test_the_site_has_one_provider_of_supply(monkeypatch: pytest.MonkeyPatch) -> None:
    assert supply.has_provider() == []
    monkeypatch.setattr(supply, "PROVIDERS", [])
    (error,) = supply.has_provider()
    assert error.id == "bookings.E001"


@pytest.mark.rule("P35")
def test_the_reasons_cost_a_bounded_number_of_queries(cast: Cast) -> None:
    def count(**given: Any) -> int:
        with CaptureQueriesContext(connection) as seen:
            why(cast, patient=cast.mia, **given)
        return len(seen)

    one = count()
    book(cast, patient=cast.wang)
    factories.performed(cast, TODAY - 40 * DAY, patient=cast.mia)
    factories.room(cast.clinic, "Room 9")
    assert count() == one
    assert one <= 14


def typed(cast: Cast, **given: Any) -> dict[str, Any]:
    return {
        "service": str(cast.service.pk),
        "practitioner": str(cast.ana.pk),
        "date": TODAY.isoformat(),
        "time": "12:00 PM",
        "chosen": str(cast.mia.pk),
        **given,
    }


@pytest.mark.rule("P2")
def test_the_form_says_why_not_with_and_without_javascript(
    cast: Cast, enter: Enter, clock: Any
) -> None:
    book(cast, patient=cast.wang)
    desk = enter(cast.reception)
    alone = desk.get(reverse("why-not"), typed(cast))
    whole = desk.post(reverse("appointment-new"), typed(cast, look="?"))
    for answer in (alone, whole):
        assert answer.status_code == 200
        said = text_of(answer)
        assert "Why not Tue, Nov 24, 12:00 PM?" in said
        assert "Ana Ruiz is busy at 12:00 PM, until 12:45 PM." in said
        assert "Nearest times that work:" in said
        assert 'name="choice"' in answer.content.decode()
    free = text_of(desk.get(reverse("why-not"), typed(cast, time="3 pm")))
    assert "Tue, Nov 24, 3:00 PM can be booked." in free
    assert "Choose first: service, time." in text_of(
        desk.get(reverse("why-not"), {"date": "2026-11-24"})
    )


@pytest.mark.rule("P2")
def test_what_stops_no_booking_is_not_among_what_does(cast: Cast, enter: Enter, clock: Any) -> None:
    page = enter(cast.reception).get(reverse("why-not"), typed(cast, time="10 pm"))
    stops, _, minor = text_of(page).partition("Also to know, though it stops no booking:")
    assert "Ana Ruiz is not at work" in stops
    assert "The clinic is open" not in stops
    assert "The clinic is open" in minor


@pytest.mark.rule("P2", "R35")
def test_where_whoever_is_chosen_has_no_time_the_others_are_offered(
    cast: Cast, enter: Enter, clock: Any
) -> None:
    asked = typed(cast, practitioner=str(cast.lena.pk))
    says = text_of(enter(cast.reception).get(reverse("why-not"), asked))
    assert "Lena Brandt has no free time within two weeks of it. Nearest times with others:" in says
    assert "Ana Ruiz LE" in says
    factories.performed(cast, TODAY - DAY, patient=cast.mia)
    says = text_of(enter(cast.reception).get(reverse("why-not"), asked))
    assert "Lena Brandt has no free time within two weeks of Mon, Dec 21, 2026." in says
    alone = why(cast, practitioner=cast.lena)
    assert (alone.nearest, alone.others) == ([], False)


@pytest.mark.rule("P5")
def test_a_time_that_is_not_there_or_comes_twice_is_said(
    cast: Cast, enter: Enter, clock: Any
) -> None:
    desk = enter(cast.reception)
    gone = text_of(desk.get(reverse("why-not"), typed(cast, date="2027-03-14", time="2:30 am")))
    assert "The clock is set forward on Sun, Mar 14, 2027: there is no 2:30 AM." in gone
    twice = text_of(desk.get(reverse("why-not"), typed(cast, date="2027-11-07", time="1:30 am")))
    assert "1:30 AM CDT" in twice
    assert "1:30 AM CST" in twice
    assert "Ana Ruiz is not at work from 1:30 AM CDT to 1:15 AM CST that day." in twice


@pytest.mark.django_db
def test_the_move_form_says_why_a_time_does_not_do(cast: Cast, enter: Any, clock: Any) -> None:
    values: dict[str, Any] = {
        "service": cast.service,
        "practitioner": cast.ana,
        "room": cast.room,
        "device": cast.device,
        "by": cast.reception,
    }
    noon = NOW + dt.timedelta(hours=3)
    visit = factories.appointment(patient=cast.mia, starts_at=noon, **values)
    factories.appointment(patient=cast.wang, starts_at=noon + dt.timedelta(hours=2), **values)
    client = enter(cast.reception)
    asked = {"version": visit.version, "practitioner": str(cast.ana.pk), "look": "?"}
    taken = asked | {"date": "2026-11-24", "time": "2 PM"}
    answer = client.post(f"/appointments/{visit.pk}/move/", taken)
    said = text_of(answer)
    assert answer.status_code == 200
    assert "Why not Tue, Nov 24, 2:00 PM, Ana Ruiz LE?" in said
    assert "A press on one of these times moves the visit there." in said
    free = client.post(f"/appointments/{visit.pk}/move/", taken | {"time": "3:30 PM"})
    assert "can be booked" in free.content.decode()
    missing = client.post(f"/appointments/{visit.pk}/move/", asked | {"date": "", "time": ""})
    assert "Choose first: date, time and practitioner." in missing.content.decode()
    visit.refresh_from_db()
    assert visit.starts_at == noon
