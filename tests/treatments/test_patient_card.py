"""A patient's card: contact and visits for the desk, charts for those who may open them."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Callable
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from bookings import operations as desk
from clinic.models import AuditEvent, User
from tests import factories
from tests.cast import NOW, Cast
from treatments import operations
from treatments.models import Treatment

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("clock")]
Enter = Callable[[User], Client]
DAY = dt.timedelta(days=1)


def text_of(answer: Any) -> str:
    return " ".join(re.sub(r"<[^>]+>", " ", answer.content.decode()).split())


def card(cast: Cast) -> str:
    return reverse("patient", args=[cast.mia.pk])


def booked(cast: Cast, starts_at: dt.datetime) -> Any:
    return factories.appointment(
        patient=cast.mia,
        practitioner=cast.ana,
        service=cast.service,
        room=cast.room,
        device=cast.device,
        starts_at=starts_at,
        by=cast.reception,
    )


@pytest.fixture
def chart(cast: Cast) -> Treatment:
    """Mia is here today and Ana has opened her chart; next week she comes again."""
    visit = booked(cast, NOW)
    booked(cast, NOW + 7 * DAY)
    desk.mark_arrived(appointment=visit, by=cast.reception, at=NOW)
    return operations.open_chart(appointment=visit, by=cast.esthetician, at=NOW)


def test_the_desk_sees_contact_and_visits_and_nothing_of_a_chart(
    cast: Cast, enter: Enter, chart: Treatment
):
    answer = enter(cast.reception).get(card(cast))
    text, page = text_of(answer), answer.content.decode()
    assert "born Mar 3, 1991 · PT-000001" in text
    assert "(512) 555-0123" in text
    assert "Tue, Nov 24, 2026 9:00 AM Face, 45 minutes Ana Ruiz LE Arrived" in text
    assert "Tue, Dec 1, 2026 9:00 AM Face, 45 minutes Ana Ruiz LE Booked" in text
    assert "Chart" not in text
    assert str(chart.pk) not in page
    assert f"/appointments/new/?patient={cast.mia.pk}" in page


def test_the_director_is_led_to_the_charts(cast: Cast, enter: Enter, chart: Treatment):
    answer = enter(cast.director).get(card(cast))
    assert reverse("treatment", args=[chart.pk]) in answer.content.decode()
    assert "Ana Ruiz LE" in text_of(answer)
    assert "Book a visit" not in text_of(answer)
    assert "Edit" not in text_of(answer)


def test_the_manager_is_not_led_to_a_chart(cast: Cast, enter: Enter, chart: Treatment):
    answer = enter(cast.manager).get(card(cast))
    assert str(chart.pk) not in answer.content.decode()


def test_visits_ahead_come_soonest_first_and_those_behind_newest_first(cast: Cast, enter: Enter):
    for days in (1, 6, 2, -7, -1):
        booked(cast, NOW + days * DAY)
    off = booked(cast, NOW + 3 * DAY)
    desk.cancel(appointment=off, reason="A cold", by=cast.reception, at=NOW)
    found = re.findall(r"\w{3}, (\w{3} \d+), 2026", text_of(enter(cast.reception).get(card(cast))))
    assert found == ["Nov 25", "Nov 26", "Nov 30", "Nov 27", "Nov 23", "Nov 17"]


@pytest.mark.rule("P22")
def test_each_look_leaves_one_entry(cast: Cast, enter: Enter):
    browser = enter(cast.reception)
    browser.get(card(cast))
    browser.get(card(cast))
    events = AuditEvent.objects.filter(action="patient.open")
    assert [(one.subject_code, one.actor_name) for one in events] == [
        ("PT-000001", "Rosa Alvarez"),
        ("PT-000001", "Rosa Alvarez"),
    ]


def test_who_may_open_a_card(cast: Cast, enter: Enter):
    may = {cast.reception, cast.director, cast.manager}
    for user in (*cast.staff.values(), cast.nobody):
        expected = 200 if user in may else 403
        assert enter(user).get(card(cast)).status_code == expected, user.name
    assert AuditEvent.objects.filter(action="patient.open").count() == 3


@pytest.mark.rule("P15")
def test_another_clinic_s_patient_is_not_there_and_leaves_no_entry(cast: Cast, enter: Enter):
    address = reverse("patient", args=[cast.other_patient.pk])
    assert enter(cast.reception).get(address).status_code == 404
    assert not AuditEvent.objects.filter(action="patient.open").exists()


def test_the_title_names_nobody(cast: Cast, enter: Enter):
    page = enter(cast.reception).get(card(cast)).content.decode()
    assert "<title>Patient · Stratum</title>" in page


def test_a_patient_without_visits_is_invited(cast: Cast, enter: Enter):
    assert "No visits yet" in text_of(enter(cast.reception).get(card(cast)))
    assert "No earlier visit in this clinic." in text_of(enter(cast.director).get(card(cast)))


def test_the_queries_are_as_many_for_one_visit_as_for_ten(
    cast: Cast, enter: Enter, chart: Treatment
):
    def count(browser: Client) -> int:
        with CaptureQueriesContext(connection) as seen:
            browser.get(card(cast))
        return len(seen)

    for user in (cast.reception, cast.director):
        browser = enter(user)
        browser.get(card(cast))
        few = count(browser)
        for weeks in range(2, 6):
            booked(cast, NOW + (7 * weeks + (1 if user == cast.director else 0)) * DAY)
        assert count(browser) == few
