"""The clinic's own data, and one clinic more."""

from __future__ import annotations

import datetime as dt
from typing import Any

import pytest
import time_machine
from django.test import Client
from django.utils import timezone

from clinic import operations
from clinic.models import AuditEvent, Clinic, Patient, RoleAssignment
from clinic.permissions import Role
from clinic.refusals import NotAllowed, Refusal
from tests import factories
from tests.cast import NOW, Cast
from tests.raw_sql import change, copy, refused

PAGE = "/setup/clinic/"
WHOLE: dict[str, Any] = {
    "name": "Austin",
    "address": "",
    "phone": "",
    "state": "TX",
    "time_zone": "America/Chicago",
    "cancel_cutoff_h": 24,
    "interval_days": 28,
    "idle_min": 15,
    "start_step_min": 15,
    "offer_min": 30,
    "locale": "en-US",
}


def typed(clinic: Clinic, **given: Any) -> dict[str, Any]:
    return {
        "version": clinic.version,
        "name": clinic.name,
        "address": "12 Congress Ave, Austin, TX 78701",
        "phone": "(512) 555-0100",
        "state": clinic.state,
        "time_zone": clinic.time_zone,
        "cancel_cutoff_h": "24",
        "interval_days": "28",
        "idle_min": "15",
        "start_step_min": "15",
        "locale": "en-US",
        "offer_min": "30",
        "once": "k1",
        **given,
    }


def test_a_manager_changes_her_clinic_and_nothing_of_another(cast: Cast, enter: Any) -> None:
    answer = enter(cast.manager).post(PAGE, typed(cast.clinic, name="Austin  South "))
    assert (answer.status_code, answer["Location"]) == (302, "/setup/")
    clinic = Clinic.objects.get(pk=cast.clinic.pk)
    assert (clinic.name, clinic.address) == ("Austin South", "12 Congress Ave, Austin, TX 78701")
    assert Clinic.objects.get(pk=cast.other_clinic.pk).name == "Pasadena"
    event = AuditEvent.objects.get(action="clinic.change")
    assert event.chain == clinic.pk.hex
    assert "Austin South" in event.detail


@pytest.mark.parametrize(
    ("given", "says"),
    [
        ({"name": "  "}, "Give the clinic a name."),
        ({"address": ""}, "Enter the address at which patients come."),
        ({"phone": "12"}, "Enter a phone number"),
        ({"time_zone": "Mars/Olympus"}, "Choose a time zone from the list."),
        ({"state": "XX"}, "Choose one from the list."),
        ({"locale": ""}, "Choose how dates and times are written."),
        ({"locale": "de-DE"}, "Choose how dates and times are written."),
        ({"cancel_cutoff_h": "-1"}, "Enter a number of hours, 0 to 168."),
        ({"cancel_cutoff_h": "1e9"}, "Enter a number of hours, 0 to 168."),
        ({"interval_days": "13"}, "Enter a number of days, 14 to 180."),
        ({"idle_min": "NaN"}, "Enter a number of minutes, 2 to 60."),
        ({"offer_min": "4"}, "Enter a number of minutes, 5 to 240."),
        ({"start_step_min": "7"}, "Choose one from the list."),
        ({"idle_min": "61"}, "Enter a number of minutes, 2 to 60."),
    ],
)
def test_what_is_wrong_is_said_beside_its_field(
    given: dict[str, Any], says: str, cast: Cast, enter: Any
) -> None:
    answer = enter(cast.manager).post(PAGE, typed(cast.clinic, **given))
    assert answer.status_code == 422
    assert says in answer.content.decode()
    assert Clinic.objects.get(pk=cast.clinic.pk).version == cast.clinic.version


@pytest.mark.rule("P4")
@pytest.mark.parametrize("field", [{"state": "CA"}, {"time_zone": "America/New_York"}])
def test_state_and_time_zone_stand_once_a_patient_is_on_file(
    field: dict[str, str], cast: Cast, enter: Any
) -> None:
    answer = enter(cast.manager).post(PAGE, typed(cast.clinic, **field))
    assert answer.status_code == 422
    assert "has patients on file" in answer.content.decode()
    assert Clinic.objects.get(pk=cast.clinic.pk).time_zone == "America/Chicago"


def test_a_clinic_without_patients_may_still_move(cast: Cast, enter: Any) -> None:
    empty = factories.clinic(name="New", code="new")
    manager = factories.user("Nia Lund", {empty: [Role.MANAGER]})
    answer = enter(manager).post(PAGE, typed(empty, state="CA", time_zone="America/Los_Angeles"))
    assert answer.status_code == 302
    assert Clinic.objects.get(pk=empty.pk).state == "CA"


@pytest.mark.rule("P12")
def test_of_two_who_save_the_second_sees_both_texts(cast: Cast, enter: Any) -> None:
    enter(cast.manager).post(PAGE, typed(cast.clinic, name="Austin North", once="k2"))
    answer = enter(cast.administrator).post(PAGE, typed(cast.clinic, name="Austin West"))
    page = answer.content.decode()
    assert answer.status_code == 409
    assert "Someone changed this after you opened the page." in page
    assert "Austin North" in page
    assert "Austin West" in page
    assert Clinic.objects.get(pk=cast.clinic.pk).name == "Austin North"


def test_who_does_not_set_up_is_not_let_in(cast: Cast) -> None:
    with pytest.raises(NotAllowed):
        operations.add_clinic(
            clinic=cast.clinic,
            name="Mine",
            state="TX",
            time_zone="America/Chicago",
            by=cast.manager,
            at=NOW,
        )


def test_who_adds_a_clinic_is_its_administrator(cast: Cast, enter: Any) -> None:
    browser = enter(cast.administrator)
    sent = {"name": "Austin", "state": "TX", "time_zone": "", "once": "k3"}
    assert browser.post("/setup/clinics/add/", sent).status_code == 302
    made = Clinic.objects.get(name="Austin", address="", code="austin-2")
    roles = RoleAssignment.objects.filter(clinic=made).values_list("user", "role")
    assert list(roles) == [(cast.administrator.pk, "administrator")]
    assert "austin" in browser.get("/setup/clinics/").content.decode().lower()


@pytest.mark.rule("P18")
def test_a_screen_locks_as_early_as_the_clinic_wants_it(
    cast: Cast, enter: Any, clock: time_machine.Traveller
) -> None:
    cast.clinic.idle_min = 5
    cast.clinic.write()
    browser: Client = enter(cast.reception)
    assert browser.get("/day/").status_code == 200
    clock.move_to(timezone.now() + dt.timedelta(minutes=6))
    answer = browser.get("/day/")
    assert answer.status_code == 302
    assert answer["Location"].startswith("/lock/")


@pytest.mark.parametrize(
    ("column", "value", "name"),
    [
        ("idle_min", 1, "clinic_idle_2_to_60"),
        ("interval_days", 13, "clinic_interval_14_to_180"),
        ("cancel_cutoff_h", 169, "clinic_cancel_cutoff_up_to_a_week"),
    ],
)
def test_the_database_holds_the_policies_within_bounds(
    column: str, value: int, name: str, cast: Cast
) -> None:
    assert refused(f"UPDATE clinic_clinic SET {column} = %s", value) == name


def test_an_empty_change_says_what_is_missing(cast: Cast) -> None:
    with pytest.raises(Refusal, match="Give the clinic a name"):
        operations.add_clinic(
            clinic=cast.clinic,
            name=" ",
            state="TX",
            time_zone="America/Chicago",
            by=cast.administrator,
            at=NOW,
        )


@pytest.mark.rule("P4")
@pytest.mark.parametrize("column", [{"time_zone": "Mars/Olympus"}, {"state": "ZZ"}])
def test_the_database_knows_no_clinic_on_another_planet(cast: Cast, column: dict[str, str]) -> None:
    assert refused(*change(cast.clinic, **column)) == "clinic_place_known"
    assert refused(*copy(cast.clinic, code="mars", **column)) == "clinic_place_known"


@pytest.mark.rule("P4")
def test_the_database_knows_no_other_way_of_writing(cast: Cast) -> None:
    assert refused(*change(cast.clinic, locale="de-DE")) == "clinic_locale_known"
    assert refused(*copy(cast.clinic, code="mars", locale="")) == "clinic_locale_known"


def test_no_operation_takes_another_way_of_writing(cast: Cast) -> None:
    with pytest.raises(Refusal, match="Choose a way from the list"):
        operations.change_clinic(
            clinic=cast.clinic, **WHOLE | {"locale": "de-DE"}, by=cast.manager, at=NOW
        )


@pytest.mark.parametrize("left_out", [*WHOLE])
def test_nothing_that_a_clinic_chose_is_set_back_by_saying_nothing_of_it(
    left_out: str, cast: Cast
) -> None:
    said = {name: value for name, value in WHOLE.items() if name != left_out}
    with pytest.raises(TypeError, match=f"'{left_out}'"):
        operations.change_clinic(clinic=cast.clinic, **said, by=cast.manager, at=NOW)


@pytest.mark.parametrize(
    ("locale", "day", "time"),
    [
        ("en-US", "Tue, Nov 24, 2026", ">1 PM<"),
        ("en-US-x-24", "Tue, Nov 24, 2026", ">13:00<"),
        ("en-GB", "Tue, 24 Nov 2026", ">13:00<"),
    ],
)
def test_the_board_is_written_as_the_clinic_chose(
    locale: str, day: str, time: str, cast: Cast, enter: Any, clock: time_machine.Traveller
) -> None:
    client = enter(cast.manager)
    assert client.post(PAGE, typed(cast.clinic, locale=locale)).status_code == 302
    page = client.get("/day/").content.decode()
    assert day in page
    assert time in page


def test_a_day_that_is_typed_is_read_as_the_clinic_writes_it(cast: Cast, enter: Any) -> None:
    client = enter(cast.manager)
    client.post(PAGE, typed(cast.clinic, locale="en-GB"))
    given = {
        "first_name": "Ada",
        "last_name": "Okafor",
        "birth_date": "3/4/1991",
        "phone": "512 555 0177",
        "sex_at_birth": "unknown",
        "language": "English",
        "once": "k9",
    }
    answer = client.post("/patients/register/", given)
    assert answer.status_code == 302, answer.content.decode()
    assert Patient.objects.get(last_name="Okafor").birth_date == dt.date(1991, 4, 3)
