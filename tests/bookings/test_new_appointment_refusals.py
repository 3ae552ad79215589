"""Being told no on the booking page: what was typed stays, and what would work is offered."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client

from bookings.models import Appointment
from clinic.models import Patient, User
from tests import factories
from tests.bookings.test_new_appointment_views import NEW, asked, newcomer, slot, text_of
from tests.cast import NOW, TODAY, Cast

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("clock")]


@pytest.fixture
def desk(cast: Cast, enter: Callable[[User], Client]) -> Client:
    """The receptionist's browser."""
    return enter(cast.reception)


@pytest.mark.rule("P2")
@pytest.mark.rule("R47")
def test_the_loser_is_offered_the_three_nearest_times_and_loses_nothing(cast: Cast, desk: Any):
    desk.post(NEW, asked(cast))
    answer = desk.post(NEW, asked(cast, patient="王小明", once="b-key"))
    assert answer.status_code == 409
    text, page = text_of(answer), answer.content.decode()
    assert "Ana Ruiz is busy at 12:00 PM." in text
    assert re.findall(r'name="choice" value="[^@]+@([^"]+)"', page) == [
        "2026-11-24T17:15Z",
        "2026-11-24T18:00Z",
        "2026-11-24T18:45Z",
    ]
    assert 'value="王小明"' in page
    assert 'value="12:00"' in page
    assert f'value="{cast.service.pk}" selected' in page
    choice = re.search(r'name="choice" value="([^"]+18:45Z)"', page)[1]  # type: ignore[index]
    won = desk.post(NEW, asked(cast, patient="王小明", once="b-key", choice=choice))
    assert won.status_code == 302
    assert Appointment.objects.get(patient=cast.wang).starts_at == NOW + dt.timedelta(minutes=225)


def test_a_newcomer_who_may_be_on_file_is_asked_about_beside_the_fields(cast: Cast, desk: Any):
    twin = newcomer(first_name="Mia", last_name="Lee", birth_date="3/3/1991")
    answer = desk.post(NEW, asked(cast, **twin))
    assert answer.status_code == 422
    page = answer.content.decode()
    fields = page[page.index('<details class="newcomer" open') :].partition("</details>")[0]
    assert "This person may be on file" in fields
    assert f'href="/patients/{cast.mia.pk}/"' in fields
    assert 'name="another" id="id_another">' in fields
    assert page.count("This person may be on file") == 1
    assert not Appointment.objects.exists()
    assert desk.post(NEW, asked(cast, **twin, another="on")).status_code == 302
    visit = Appointment.objects.get()
    assert visit.patient.name == "Mia Lee"
    assert visit.patient != cast.mia
    assert Patient.objects.filter(clinic=cast.clinic).count() == 4


@pytest.mark.rule("R25")
def test_a_license_that_ended_is_said_beside_the_practitioner(cast: Cast, desk: Any):
    page = desk.get(NEW, {"date": "2026-11-24", "service": cast.service.pk})
    option = re.search(rf'<option value="{cast.lena.pk}"[^>]*>[^<]*', page.content.decode())
    assert option
    assert "disabled" in option[0]
    assert "not licensed that day" in option[0]
    assert "The TX license of Lena Brandt expires on Mon, Nov 23, 2026." in text_of(page)
    answer = desk.post(NEW, asked(cast, practitioner=cast.lena.pk))
    assert answer.status_code == 422
    assert "The TX license of Lena Brandt expires on Mon, Nov 23, 2026." in text_of(answer)
    assert 'name="choice"' in answer.content.decode()
    assert not Appointment.objects.exists()


def test_anyone_free_is_taken_where_nobody_is_named(cast: Cast, desk: Any):
    assert desk.post(NEW, asked(cast, practitioner="")).status_code == 302
    assert Appointment.objects.get().practitioner in (cast.ana, cast.bo, cast.priya)


def test_a_time_from_the_list_says_with_whom_and_when(cast: Cast, desk: Any):
    chosen = slot(cast.priya, "2026-11-25T16:15Z")
    given = asked(cast, practitioner="", time="", slot=chosen, listed="2026-11-24")
    assert desk.post(NEW, given).status_code == 302
    visit = Appointment.objects.get()
    assert (visit.practitioner, visit.local_date) == (cast.priya, TODAY + dt.timedelta(days=1))


@pytest.mark.parametrize(
    ("given", "field"),
    [
        ({"time": "10:00"}, "10:00 AM is typed"),
        ({"date": "2026-11-30"}, "the date says Mon, Nov 30, 2026"),
        ({"practitioner": "bo"}, "Bo Chen NP is selected"),
    ],
)
def test_a_list_older_than_what_was_typed_is_asked_about(
    cast: Cast, desk: Any, given: dict[str, str], field: str
):
    values = asked(cast, practitioner="", time="", listed="2026-11-24")
    values |= {"slot": slot(cast.priya, "2026-11-24T16:15Z"), **given}
    if "practitioner" in given:
        values["practitioner"] = cast.bo.pk
    answer = desk.post(NEW, values)
    assert answer.status_code == 422
    assert field in text_of(answer)
    assert not Appointment.objects.exists()


@pytest.mark.rule("P5")
def test_a_time_in_the_gap_is_refused_in_words(cast: Cast, desk: Any):
    answer = desk.post(NEW, asked(cast, date="2027-03-14", time="02:30"))
    assert answer.status_code == 422
    assert "The clock is set forward on Sun, Mar 14, 2027: there is no 2:30 AM." in text_of(answer)


@pytest.mark.rule("P5")
def test_a_time_that_comes_twice_is_asked(cast: Cast, desk: Any):
    factories.shifts(cast.ana, cast.clinic, weekdays=[6], starts=0, ends=6)
    given = asked(cast, date="2027-11-07", time="01:30", service=cast.short_service.pk)
    answer = desk.post(NEW, given)
    assert answer.status_code == 422
    assert "1:30 AM CDT" in text_of(answer)
    assert "1:30 AM CST" in text_of(answer)
    second = slot(cast.ana, "2027-11-07T07:30Z")
    assert f'name="choice" value="{second}"' in answer.content.decode()
    assert desk.post(NEW, given | {"choice": second}).status_code == 302
    assert Appointment.objects.get().starts_at == dt.datetime(2027, 11, 7, 7, 30, tzinfo=dt.UTC)


def test_a_fault_of_input_has_no_rule_to_show(cast: Cast, desk: Any):
    answer = desk.post(NEW, asked(cast, **newcomer(phone="")))
    assert answer.status_code == 422
    assert "Enter a phone number, an email address or a postal address." in text_of(answer)
    assert "Rule input" not in text_of(answer)
