"""An empty installation: one person begins it, once."""

from __future__ import annotations

import threading
import uuid
from typing import Any

import pytest
from django.db import connections
from django.test import Client
from django.urls import reverse

from clinic import operations
from clinic.models import AuditEvent, Clinic, Organization, RoleAssignment, User
from clinic.permissions import Role
from clinic.refusals import Conflict
from tests import factories
from tests.cast import NOW, Cast
from tests.raw_sql import refused

FIRST = "/setup/first/"
GIVEN: dict[str, Any] = {
    "organization": "Glow Dermal LLC",
    "clinic_name": "Buckhead",
    "state": "TX",
    "time_zone": "",
    "name": "Olivia Ward",
    "email": "olivia@glow.example",
    "password": "a quiet room with light",
    "password_again": "a quiet room with light",
    "also": ["manager", "esthetician"],
}


@pytest.fixture
def opened(settings: Any) -> None:
    settings.FIRST_START_OPEN = True


def begin(**given: Any) -> User:
    values = {name: value for name, value in GIVEN.items() if name != "password_again"} | given
    values["time_zone"] = values["time_zone"] or "America/Chicago"
    values["also"] = [Role(one) for one in values["also"]]
    return operations.first_start(**values, at=NOW)


@pytest.mark.django_db
def test_an_empty_installation_leads_to_its_set_up(client: Client, opened: None) -> None:
    answer = client.get("/", follow=True)
    assert answer.redirect_chain[-1][0] == FIRST
    assert "Set up your clinic" in answer.content.decode()


@pytest.mark.django_db
def test_who_begins_is_the_administrator_and_what_she_ticks(client: Client, opened: None) -> None:
    answer = client.post(FIRST, GIVEN)

    assert (answer.status_code, answer["Location"]) == (302, "/setup/")
    clinic = Clinic.objects.get()
    assert (clinic.name, clinic.code, clinic.time_zone) == (
        "Buckhead",
        "buckhead",
        "America/Chicago",
    )
    user = User.objects.get()
    assert user.check_password("a quiet room with light")
    assert Organization.objects.get().name == "Glow Dermal LLC"
    roles = RoleAssignment.objects.filter(user=user, clinic=clinic).values_list("role", flat=True)
    assert sorted(roles) == ["administrator", "esthetician", "manager"]
    assert client.get("/setup/").status_code == 200
    actions = AuditEvent.objects.values_list("chain", "action")
    assert ("system", "organization.begin") in actions
    assert (clinic.pk.hex, "clinic.add") in actions


@pytest.mark.django_db
def test_without_a_tick_she_may_treat_nobody_and_book_nothing(opened: None, client: Client) -> None:
    client.post(FIRST, {name: value for name, value in GIVEN.items() if name != "also"})
    assert client.get("/appointments/new/").status_code == 403
    assert client.get("/setup/rooms/").status_code == 200


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("given", "says"),
    [
        ({"organization": " "}, "Enter the name of your business."),
        ({"clinic_name": ""}, "Enter the name of your first clinic."),
        ({"state": "ZZ"}, "Choose one from the list."),
        ({"time_zone": "Mars/Olympus"}, "Choose a time zone from the list."),
        ({"email": "olivia"}, "Enter an email address, for example ana@clinic.example."),
        ({"password": "short", "password_again": "short"}, "at least 12 characters"),
        ({"password_again": "another one, quite"}, "The two passwords are not the same."),
        ({"also": ["auditor"]}, "Tick what is listed here only."),
        ({"name": "O\x00livia"}, "NUL character"),
    ],
)
def test_what_is_wrong_is_said_and_what_was_typed_stays(
    given: dict[str, Any], says: str, client: Client, opened: None
) -> None:
    answer = client.post(FIRST, GIVEN | given)
    page = answer.content.decode()
    assert answer.status_code == 422
    assert says in page
    assert "olivia" in page
    assert "a quiet room with light" not in page
    assert not User.objects.exists()


@pytest.mark.rule("R54")
def test_once_anybody_is_on_file_the_page_is_not_there(cast: Cast, client: Client, opened: None):
    assert client.get(FIRST).status_code == 404
    assert client.post(FIRST, GIVEN).status_code == 404
    with pytest.raises(Conflict, match="set up already"):
        begin()
    assert not Organization.objects.exists()


@pytest.mark.django_db
def test_where_others_could_come_first_the_page_only_says_what_to_do(client: Client) -> None:
    page = client.get(FIRST)
    assert page.status_code == 200
    assert "create_admin" in page.content.decode()
    assert client.post(FIRST, GIVEN).status_code == 404
    assert not User.objects.exists()


@pytest.mark.django_db
def test_a_browser_that_is_known_still_finds_the_log_in(client: Client) -> None:
    clinic = factories.clinic()
    factories.user("Rosa Alvarez", {clinic: [Role.RECEPTIONIST]})
    assert client.get(reverse("account_login")).status_code == 200


@pytest.mark.race
def test_of_two_who_begin_at_once_one_does(fresh_db: None) -> None:
    gate = threading.Barrier(4)
    found: list[str] = []

    def one(n: int) -> None:
        gate.wait()
        try:
            begin(email=f"one{n}@glow.example")
            found.append("begun")
        except Conflict as no:
            found.append(no.sentence)
        finally:
            connections.close_all()

    threads = [threading.Thread(target=one, args=(n,)) for n in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(found) == ["This installation is set up already."] * 3 + ["begun"]
    assert User.objects.count() == Organization.objects.count() == Clinic.objects.count() == 1


@pytest.mark.django_db
def test_a_second_organization_is_refused_by_the_database() -> None:
    begin()
    found = refused(
        'INSERT INTO clinic_organization (id, version, "only", name, mfa_required, created_at, '
        "created_by_id) SELECT %s, 1, 1, 'Another', mfa_required, created_at, created_by_id "
        "FROM clinic_organization",
        uuid.uuid4(),
    )
    assert found == "organization_once"
    beside = refused('UPDATE clinic_organization SET "only" = 2')
    assert beside == "organization_is_the_only_one"
