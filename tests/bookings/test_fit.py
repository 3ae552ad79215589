"""Before Book is pressed: whether the chosen time fits, and if not, why."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Callable
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from bookings import operations, queries
from bookings.models import Appointment
from clinic.models import Device, Room, User
from clinic.models.places import all_week
from clinic.refusals import Refusal
from tests import factories
from tests.bookings.test_free_times import DAY, booked, local
from tests.bookings.test_new_appointment_views import NEW, asked, text_of
from tests.cast import NOW, TODAY, Cast

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("clock")]
WORDS = f"{NEW}words/"


@pytest.fixture
def desk(cast: Cast, enter: Callable[[User], Client]) -> Client:
    """The receptionist's browser."""
    return enter(cast.reception)


def says(desk: Client, cast: Cast, **given: Any) -> str:
    """What the line says of Wang's visit with Ana today at noon, unless told otherwise."""
    values = asked(cast, **{"chosen": cast.wang.pk, "patient": "", **given})
    return text_of(desk.get(WORDS, values))


def test_a_time_that_fits_is_said_without_a_doubt(cast: Cast, desk: Client):
    page = desk.get(WORDS, asked(cast, chosen=cast.wang.pk)).content.decode()
    assert "words-doubt" not in page
    assert "12:00–12:45 PM, Ana Ruiz LE; numbing from 11:35 AM" in page


@pytest.mark.parametrize(
    ("given", "why"),
    [
        ({"date": "2026-11-23"}, "This time is in the past."),
        ({"time": "9:15 AM"}, "Numbing would have begun at 8:50 AM, which is over."),
        ({"time": "3:00 AM"}, "This time is in the past."),
        (
            {"date": "2026-11-25", "time": "3:00 AM"},
            "Ana Ruiz is not at work from 3:00 AM to 3:45 AM that day.",
        ),
        ({"time": "4:30 PM"}, "Ana Ruiz is not at work from 4:30 PM to 5:15 PM that day."),
        ({"date": "2029-11-24"}, "This is more than two years ahead."),
        (
            {"practitioner": "", "date": "2026-11-28"},
            "No one with a license in force is at work at 12:00 PM that day.",
        ),
    ],
)
def test_what_the_clock_and_the_shift_say(cast: Cast, desk: Client, given: dict, why: str):
    assert why in says(desk, cast, **given)


def test_a_date_that_cannot_be_read_is_what_is_still_to_choose(cast: Cast, desk: Client):
    wrong = asked(cast, chosen=cast.wang.pk, date="someday")
    assert "Still to choose: date." in text_of(desk.get(WORDS, wrong))
    neither = wrong | {"time": ""}
    assert "Still to choose: time." in text_of(desk.get(WORDS, neither))


@pytest.mark.rule("R25")
def test_a_day_without_a_license_is_said_with_its_reason(cast: Cast, desk: Client):
    said = says(desk, cast, practitioner=cast.lena.pk)
    assert "The TX license of Lena Brandt expires on Mon, Nov 23, 2026." in said


@pytest.mark.rule("R47")
def test_what_others_hold_is_said(cast: Cast, desk: Client):
    booked(cast, cast.ana, local(cast, TODAY, 12))
    assert "Ana Ruiz is busy at 12:15 PM, until 12:45 PM." in says(desk, cast, time="12:15 PM")
    assert (
        "Ana Ruiz has the next visit at 12:00 PM, and this one would last until 12:15 PM."
    ) in says(desk, cast, time="11:30 AM")
    assert "The patient has another visit at this time." in says(
        desk, cast, time="12:15 PM", practitioner=cast.bo.pk, chosen=cast.mia.pk
    )
    booked(
        cast,
        cast.ana,
        local(cast, TODAY, 12, 45),
        patient=cast.siobhan,
        numbing_min=0,
        room=cast.second_room,
        device=cast.second_device,
    )
    assert "busy at 12:15 PM, until 1:30 PM." in says(desk, cast, time="12:15 PM")


@pytest.mark.rule("R47")
def test_without_a_room_or_a_device_it_is_said_for_how_long_one_is_needed(cast: Cast, desk: Client):
    for room in Room.objects.filter(clinic=cast.clinic).exclude(pk=cast.room.pk):
        room.is_active = False
        room.write()
    booked(cast, cast.bo, local(cast, TODAY, 12))
    said = says(desk, cast, time="12:45 PM")
    assert "No room is free for all of 12:20–1:40 PM." in said
    for device in Device.objects.filter(clinic=cast.clinic):
        device.status = Device.Status.REPAIR
        device.write()
    assert "The clinic has no device in service." in says(desk, cast, time="2:00 PM")


def test_the_doubt_is_said_before_the_patient_is_known(cast: Cast, desk: Client):
    said = text_of(desk.get(WORDS, asked(cast, patient="", date="2026-11-23")))
    assert said == "Still to choose: patient. This time is in the past."


def test_the_page_that_the_board_s_plus_opens_says_it_too(cast: Cast, desk: Client):
    given = {
        "practitioner": str(cast.ana.pk),
        "service": str(cast.service.pk),
        "date": "2026-11-24",
        "time": "09:15",
    }
    assert "Numbing would have begun at 8:50 AM, which is over." in text_of(desk.get(NEW, given))


def test_the_line_asks_a_bounded_number_of_queries(cast: Cast):
    def count(**given: Any) -> int:
        with CaptureQueriesContext(connection) as seen:
            queries.doubts_about(
                local(cast, TODAY, 15), clinic=cast.clinic, need=cast.service, at=NOW, **given
            )
        return len(seen)

    one = count(patient=cast.mia)
    for hour in (10, 12, 14):
        booked(cast, cast.ana, local(cast, TODAY, hour))
    assert count(patient=cast.mia) == one == 7


@pytest.mark.rule("R47")
@pytest.mark.rule("T1")
def test_the_line_doubts_exactly_what_booking_refuses_and_says_the_same(cast: Cast):
    """Each 25 minutes of a busy day, with each practitioner and with anyone."""
    booked(cast, cast.ana, local(cast, TODAY, 10))
    booked(cast, cast.ana, local(cast, TODAY, 11, 5), patient=cast.siobhan, numbing_min=0)
    booked(
        cast,
        cast.bo,
        local(cast, TODAY, 13),
        patient=cast.wang,
        room=cast.second_room,
        device=cast.second_device,
    )
    booked(cast, cast.priya, local(cast, TODAY, 13, 10), patient=cast.siobhan)
    at = NOW - DAY
    refused = 0
    for who in (cast.ana, cast.bo, cast.priya, cast.lena, None):
        for minute in range(8 * 60, 18 * 60, 25):
            starts_at = local(cast, TODAY, *divmod(minute, 60))
            said = queries.doubts_about(
                starts_at,
                clinic=cast.clinic,
                need=cast.service,
                at=at,
                practitioner=who,
                patient=cast.mia,
            )
            told = ""
            try:
                visit = operations.book(
                    clinic=cast.clinic,
                    patient=cast.mia,
                    practitioner=who,
                    service=cast.service,
                    starts_at=starts_at,
                    by=cast.reception,
                    at=at,
                )
            except Refusal as no:
                refused += 1
                told = no.sentence
            else:
                operations.cancel(appointment=visit, reason="Only tried", by=cast.reception, at=at)
            # Only the line says until when someone is busy.
            assert re.sub(r", until .*M\.$", ".", said) == told, minute
    assert refused > 20
    assert Appointment.objects.active().count() == 4


@pytest.mark.rule("R47")
def test_the_refusal_names_the_visit_that_stands_in_the_way(cast: Cast, desk: Any):
    booked(cast, cast.ana, local(cast, TODAY, 12), patient=cast.siobhan)
    answer = desk.post(NEW, asked(cast, time="11:45", patient="王小明"))
    assert answer.status_code == 409
    assert "Ana Ruiz has the next visit at 12:00 PM, and this one would last" in text_of(answer)


def test_nobody_is_asked_to_come_to_a_closed_door(cast: Cast):
    """The clinic opens at nine; by typing it the earlier time can be booked all the same."""

    def first(day: dt.date = TODAY) -> str:
        (line,) = queries.FreeSearch(
            clinic=cast.clinic,
            need=cast.service,
            first=day,
            days=1,
            at=NOW - DAY * 3,
            practitioner=cast.ana,
        ).lines()
        return line.times[0].says

    assert first() == "9:30 AM"
    cast.clinic.hours = all_week(8 * 60 + 30, 18 * 60)
    cast.clinic.write()
    assert first() == "9:00 AM"
    cast.clinic.hours = all_week(10 * 60, 18 * 60)
    cast.clinic.write()
    # She is there from nine.
    assert first() == "9:30 AM"
    starts_at = local(cast, TODAY, 9)
    assert not queries.doubts_about(
        starts_at, clinic=cast.clinic, need=cast.service, at=NOW - DAY, practitioner=cast.ana
    )
    operations.book(
        clinic=cast.clinic,
        patient=cast.mia,
        practitioner=cast.ana,
        service=cast.service,
        starts_at=starts_at,
        by=cast.reception,
        at=NOW - DAY,
    )


@pytest.mark.rule("T1")
@pytest.mark.parametrize("sunday", [dt.date(2026, 3, 8), dt.date(2026, 11, 1)])
def test_opening_hours_are_the_wall_clock_s_when_the_clock_changes(cast: Cast, sunday: dt.date):
    factories.shifts(cast.ana, cast.clinic, weekdays=[6], starts=9, ends=12)
    cast.clinic.hours = all_week(8 * 60 + 30, 18 * 60)
    cast.clinic.write()
    (line,) = queries.FreeSearch(
        clinic=cast.clinic,
        need=cast.service,
        first=sunday,
        days=1,
        at=local(cast, sunday, 0) - DAY,
        practitioner=cast.ana,
    ).lines()
    assert line.times[0].says == "9:00 AM"


def test_the_line_says_who_would_come_before_the_clinic_opens(cast: Cast, desk: Client):
    said = says(desk, cast, date="2026-11-25", time="9:15 AM")
    assert "The patient would come at 8:50 AM; the clinic opens at 9:00 AM." in said
    assert "the clinic opens" not in says(desk, cast, date="2026-11-25", time="9:30 AM")
    answer = desk.post(
        NEW,
        asked(cast, patient="Mia Lee", once="k", date="2026-11-25", time="9:15 AM"),
        follow=True,
    )
    assert "The patient would come at 8:50 AM" in text_of(answer)


@pytest.mark.parametrize(
    ("opening", "time", "says"),
    [
        ([], "12:00 PM", "The clinic has no opening hours on Tue, Nov 24, 2026."),
        ([[780, 1080]], "12:00 PM", "The patient would come at 11:35 AM; the clinic opens at 1:00"),
        ([[540, 750]], "12:00 PM", "until 12:45 PM; the clinic closes at 12:30 PM."),
        ([[540, 1080]], "12:00 PM", ""),
    ],
)
def test_a_visit_outside_opening_hours_is_told_whatever_part_of_it_lies_outside(
    cast: Cast, desk: Client, opening: Any, time: str, says: str
):
    cast.clinic.hours = [opening] * 7
    cast.clinic.write()
    said = text_of(desk.get(WORDS, asked(cast, chosen=cast.wang.pk, time=time)))
    assert says in said
    assert bool(says) is ("the clinic " in said.lower())
