"""What is offered can be booked, and what can be booked is offered."""

from __future__ import annotations

import datetime as dt

import pytest

from bookings import operations, queries
from bookings.models import Appointment
from clinic.models import Device, Room
from tests import factories
from tests.cast import NOW, TODAY, Cast

pytestmark = pytest.mark.django_db
DAY = dt.timedelta(days=1)
MINUTE = dt.timedelta(minutes=1)
TOMORROW = TODAY + DAY
EARLY = NOW - DAY * 3


def local(cast: Cast, day: dt.date, hour: int, minute: int = 0) -> dt.datetime:
    return dt.datetime.combine(day, dt.time(hour, minute), tzinfo=cast.clinic.zone).astimezone(
        dt.UTC
    )


def offered(cast: Cast, day: dt.date, **given) -> dict[str, list[str]]:
    """Practitioner → the times offered on a day, as the clock shows them."""
    values = {"clinic": cast.clinic, "need": cast.short_service, "at": EARLY, **given}
    lines = queries.FreeSearch(first=day, days=1, **values).lines()
    return {line.practitioner.name: [time.says for time in line.times] for line in lines}


def booked(cast: Cast, practitioner, starts_at: dt.datetime, **given) -> Appointment:
    values = {
        "patient": cast.mia,
        "practitioner": practitioner,
        "service": cast.service,
        "room": cast.room,
        "device": cast.device,
        "by": cast.reception,
        **given,
    }
    return factories.appointment(starts_at=starts_at, **values)


def test_an_empty_day_offers_each_quarter_hour_of_the_shift(cast: Cast):
    found = offered(cast, TODAY)
    assert set(found) == {"Ana Ruiz", "Bo Chen", "Lena Brandt", "Priya Raman"}
    assert found["Ana Ruiz"][0] == "9:00 AM"
    assert found["Ana Ruiz"][-1] == "4:30 PM"
    assert len(found["Ana Ruiz"]) == 31


@pytest.mark.rule("R25")
def test_a_day_without_a_license_offers_nothing_and_says_why(cast: Cast):
    line = next(
        line
        for line in queries.FreeSearch(
            clinic=cast.clinic, need=cast.service, first=TODAY, days=1, at=EARLY
        ).lines()
        if line.practitioner == cast.lena
    )
    assert line.times == []
    assert line.why == "The TX license of Lena Brandt expires on Mon, Nov 23, 2026."


@pytest.mark.rule("R25")
def test_the_license_s_last_day_is_offered_and_the_next_is_not(cast: Cast):
    cast.ana_license.expires_on = TODAY
    cast.ana_license.write()
    assert offered(cast, TODAY)["Ana Ruiz"]
    assert offered(cast, TOMORROW)["Ana Ruiz"] == []


def test_numbing_is_never_offered_in_the_past(cast: Cast):
    # At 9:00 the cream has not been on for 25 minutes before half past nine.
    assert offered(cast, TODAY, need=cast.service, at=NOW)["Ana Ruiz"][0] == "9:30 AM"
    assert offered(cast, TODAY, need=cast.short_service, at=NOW)["Ana Ruiz"][0] == "9:00 AM"
    late = NOW + dt.timedelta(seconds=1)
    assert offered(cast, TODAY, need=cast.short_service, at=late)["Ana Ruiz"][0] == "9:15 AM"


def test_a_practitioner_busy_in_another_clinic_is_busy_here(cast: Cast):
    factories.shifts(cast.bo, cast.other_clinic, weekdays=[1])
    factories.appointment(
        patient=cast.other_patient,
        practitioner=cast.bo,
        service=cast.other_service,
        room=cast.other_room,
        device=cast.other_device,
        starts_at=local(cast, TODAY, 9),
        by=cast.stranger,
    )
    assert offered(cast, TODAY)["Bo Chen"][0] == "9:45 AM"
    assert offered(cast, TODAY)["Ana Ruiz"][0] == "9:00 AM"


def test_the_patient_s_other_visit_and_the_numbing_before_it_count(cast: Cast):
    booked(cast, cast.ana, local(cast, TODAY, 10))
    free = offered(cast, TODAY, patient=cast.mia)["Priya Raman"]
    assert "9:00 AM" in free  # to 9:30; she is here from 9:35
    assert "9:15 AM" not in free
    assert "10:30 AM" not in free
    assert "10:45 AM" in free
    assert "9:15 AM" in offered(cast, TODAY, patient=cast.wang)["Priya Raman"]


def test_with_every_room_or_device_taken_nobody_is_offered(cast: Cast):
    booked(cast, cast.ana, local(cast, TODAY, 10))
    assert "10:00 AM" in offered(cast, TODAY)["Priya Raman"]
    booked(
        cast,
        cast.bo,
        local(cast, TODAY, 10),
        patient=cast.wang,
        room=cast.second_room,
        device=cast.second_device,
    )
    free = offered(cast, TODAY)["Priya Raman"]
    # The rooms are taken from 9:35 to 10:55, and a visit of 30 minutes has 10 of clean-down.
    assert free[0] == "11:00 AM"


def test_a_room_out_of_use_or_a_device_in_repair_is_not_offered(cast: Cast):
    for one in Room.objects.filter(clinic=cast.clinic):
        one.is_active = False
        one.write()
    assert not any(offered(cast, TODAY).values())
    for one in Room.objects.filter(clinic=cast.clinic):
        one.is_active = True
        one.write()
    assert any(offered(cast, TODAY).values())
    for device in Device.objects.filter(clinic=cast.clinic):
        device.status = Device.Status.REPAIR
        device.write()
    assert not any(offered(cast, TODAY).values())


def test_a_visit_that_moves_does_not_stand_in_its_own_way(cast: Cast):
    visit = booked(cast, cast.ana, local(cast, TODAY, 10))
    assert "10:15 AM" not in offered(cast, TODAY, need=visit)["Ana Ruiz"]
    free = offered(cast, TODAY, need=visit, patient=cast.mia, but=visit)["Ana Ruiz"]
    assert "10:15 AM" in free


def test_cancelled_time_is_free_again(cast: Cast):
    visit = booked(cast, cast.ana, local(cast, TODAY, 10))
    assert "10:00 AM" not in offered(cast, TODAY)["Ana Ruiz"]
    operations.cancel(appointment=visit, reason="She has a cold", by=cast.reception, at=NOW)
    assert "10:00 AM" in offered(cast, TODAY)["Ana Ruiz"]


def test_a_line_can_be_cut_short_and_says_how_many_are_left(cast: Cast):
    (line,) = queries.FreeSearch(
        clinic=cast.clinic,
        need=cast.short_service,
        first=TODAY,
        days=1,
        at=EARLY,
        practitioner=cast.ana,
    ).lines(most=4)
    assert [time.says for time in line.times] == ["9:00 AM", "9:15 AM", "9:30 AM", "9:45 AM"]
    assert line.more == 27


def test_a_practitioner_of_another_clinic_is_not_offered(cast: Cast):
    lines = queries.FreeSearch(
        clinic=cast.clinic,
        need=cast.service,
        first=TODAY,
        days=3,
        at=EARLY,
        practitioner=cast.nora,
    ).lines()
    assert not [time for line in lines for time in line.times]


@pytest.mark.rule("T1")
def test_the_hour_that_is_skipped_is_not_offered(cast: Cast):
    sunday = dt.date(2026, 3, 8)
    factories.shifts(cast.ana, cast.clinic, weekdays=[6], starts=1, ends=4)
    at = local(cast, sunday, 0) - DAY * 2
    assert offered(cast, sunday, at=at)["Ana Ruiz"] == [
        "1:00 AM",
        "1:15 AM",
        "1:30 AM",
        "1:45 AM",
        "3:00 AM",
        "3:15 AM",
        "3:30 AM",
    ]


@pytest.mark.rule("T1")
def test_the_hour_that_comes_twice_is_offered_twice_by_its_zone(cast: Cast):
    sunday = dt.date(2026, 11, 1)
    factories.shifts(cast.ana, cast.clinic, weekdays=[6], starts=1, ends=3)
    at = local(cast, sunday, 0) - DAY * 2
    assert offered(cast, sunday, at=at)["Ana Ruiz"] == [
        "1:00 AM CDT",
        "1:15 AM CDT",
        "1:30 AM CDT",
        "1:45 AM CDT",
        "1:00 AM CST",
        "1:15 AM CST",
        "1:30 AM CST",
        "1:45 AM CST",
        "2:00 AM",
        "2:15 AM",
        "2:30 AM",
    ]


@pytest.mark.rule("T1")
def test_a_weekday_without_opening_hours_offers_nothing_but_hours_of_that_day(cast: Cast):
    assert offered(cast, TOMORROW)["Ana Ruiz"]
    hours = [[[540, 1080]]] * 7
    hours[TOMORROW.weekday()] = []
    cast.clinic.hours = hours
    cast.clinic.write()
    assert offered(cast, TODAY)["Ana Ruiz"]
    assert not any(offered(cast, TOMORROW).values())
    act = {"clinic": cast.clinic, "by": cast.manager, "at": EARLY}
    operations.set_day(practitioner=cast.ana, day=TOMORROW, hours=[(600, 720)], **act)
    found = offered(cast, TOMORROW)
    assert found["Ana Ruiz"][0] == "10:00 AM"
    assert found["Bo Chen"] == []
