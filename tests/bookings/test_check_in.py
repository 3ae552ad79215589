"""Check-in: the patient alone is held for it, and what is booked keeps what it was booked with."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from bookings import operations, queries
from bookings.models import Appointment
from bookings.queries.holds import visits_without_holds
from bookings.rules.visit import Span, lanes, length_faults, time_fault
from clinic.models import User
from clinic.refusals import Refusal
from tests.bookings.test_new_appointment_views import text_of
from tests.cast import NOW, TODAY, Cast

MINUTE = dt.timedelta(minutes=1)
NOON = NOW + 180 * MINUTE
Enter = Callable[[User], Client]


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


@pytest.fixture
def checked_in(cast: Cast) -> Cast:
    """The cast, where a face of 45 minutes begins with ten at the desk."""
    cast.service.check_in_min = 10
    cast.service.write()
    return cast


@pytest.mark.rule("R48")
def test_only_the_patient_is_held_for_the_check_in() -> None:
    asked = {"starts_at": NOON, "numbing_min": 25, "treatment_min": 45, "clean_down_min": 10}
    plain, held = lanes(**asked), lanes(**asked, check_in_min=10)  # type: ignore[arg-type]
    assert held.patient == Span(NOON - 35 * MINUTE, NOON + 45 * MINUTE)
    assert (held.practitioner, held.room, held.device) == (
        plain.practitioner,
        plain.room,
        plain.device,
    )


@pytest.mark.rule("R48")
@pytest.mark.parametrize(("minutes", "fault"), [(-1, True), (0, False), (30, False), (31, True)])
def test_check_in_takes_up_to_thirty_minutes(minutes: int, fault: bool) -> None:
    found = length_faults(treatment_min=45, numbing_min=0, clean_down_min=0, check_in_min=minutes)
    assert found == ({"check_in_min": "Check-in takes 0 to 30 minutes."} if fault else {})


@pytest.mark.rule("T1")
@pytest.mark.parametrize("minutes", [1, 3, 7, 14, 59])
def test_a_start_off_the_five_minutes_is_refused_in_words(minutes: int) -> None:
    says = "A visit starts on a five-minute mark, for example 10:00 or 10:05."
    assert time_fault(starts_at=NOON + minutes * MINUTE, at=NOW) == says
    assert time_fault(starts_at=NOON + minutes * 5 * MINUTE, at=NOW) is None


@pytest.mark.django_db
@pytest.mark.rule("R48")
def test_a_booking_takes_the_check_in_of_its_service_and_keeps_it(checked_in: Cast) -> None:
    cast = checked_in
    visit = book(cast)
    assert visit.comes_at == NOON - 35 * MINUTE
    assert visits_without_holds(at=NOW) == []
    operations.change_service(
        service=cast.service,
        name=cast.service.name,
        treatment_min=30,
        numbing_min=0,
        clean_down_min=0,
        check_in_min=0,
        by=cast.manager,
        at=NOW,
    )
    kept = Appointment.objects.get(pk=visit.pk)
    assert (kept.check_in_min, kept.numbing_min, kept.treatment_min) == (10, 25, 45)
    assert kept.lanes == visit.lanes
    moved = operations.move(
        appointment=kept, starts_at=NOON + 60 * MINUTE, by=cast.reception, at=NOW
    )
    assert moved.comes_at == NOON + 25 * MINUTE
    assert visits_without_holds(at=NOW) == []


@pytest.mark.django_db
@pytest.mark.rule("R47")
def test_no_time_is_offered_whose_check_in_meets_another_visit(checked_in: Cast) -> None:
    cast = checked_in
    book(cast, service=cast.short_service, starts_at=NOON - 60 * MINUTE)  # until 11:30
    asked: dict[str, Any] = {"clinic": cast.clinic, "need": cast.service, "at": NOW}
    found = queries.FreeSearch(**asked, patient=cast.mia, first=TODAY, days=1)
    free = {time.starts_at for line in found.lines() for time in line.times}
    assert NOON + 15 * MINUTE in free  # comes 11:40
    assert NOON not in free  # would come 11:25
    with pytest.raises(Refusal, match="another visit"):
        book(cast, practitioner=cast.bo)


@pytest.mark.django_db
def test_the_card_and_the_words_say_when_she_comes(
    checked_in: Cast, enter: Enter, clock: Any
) -> None:
    cast = checked_in
    visit = book(cast)
    desk = enter(cast.reception)
    card = text_of(desk.get(reverse("appointment", args=[visit.pk])))
    assert "comes 11:25 AM for 10 min of check-in and 25 min of numbing" in card
    words = desk.get(
        reverse("appointment-words"),
        {"service": str(cast.service.pk), "date": TODAY.isoformat(), "time": "2 pm"},
    )
    assert "comes" not in text_of(words)  # nothing is said before all is chosen
    words = desk.get(
        reverse("appointment-words"),
        {
            "service": str(cast.service.pk),
            "date": TODAY.isoformat(),
            "time": "2 pm",
            "chosen": str(cast.wang.pk),
        },
    )
    assert "comes 1:25 PM; numbing from 1:35 PM" in text_of(words)
