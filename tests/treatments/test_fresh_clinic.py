"""A clinic on its first day: each page says what is missing, and leads to where it is added."""

from __future__ import annotations

import html
import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from clinic.models import Clinic, Patient, User
from clinic.permissions import Permission, Role
from tests import factories
from tests.cast import NOW, Cast
from tests.treatments.test_landing import to_do
from treatments.queries.set_up import set_up_of

Enter = Callable[[User], Client]
pytestmark = pytest.mark.usefixtures("clock")
ADD_PRACTITIONER = 'href="/setup/practitioners/add/"'
ADD_SERVICE = 'href="/setup/services/add/"'


@dataclass
class Fresh:
    """A clinic in which there is nobody but these."""

    clinic: Clinic
    staff: dict[Role, User]
    patient: Patient


@pytest.fixture
def fresh(cast: Cast) -> Fresh:
    clinic = factories.clinic(name="Fresh", code="fresh", address="")
    names = {
        Role.MANAGER: "Fay Moss",
        Role.ADMINISTRATOR: "Fern Oak",
        Role.RECEPTIONIST: "Fritz Ash",
        Role.DIRECTOR: "Flo Elm",
    }
    staff = {role: factories.user(name, {clinic: [role]}) for role, name in names.items()}
    patient = factories.patient(clinic, "Mia", "Moor", by=staff[Role.RECEPTIONIST])
    return Fresh(clinic, staff, patient)


def page(client: Client, address: str) -> str:
    answer = client.get(address)
    assert answer.status_code == 200
    return " ".join(answer.content.decode().split())


@pytest.mark.parametrize("role", [Role.MANAGER, Role.ADMINISTRATOR])
def test_the_first_thing_to_do_is_what_the_set_up_lacks(
    fresh: Fresh, enter: Enter, role: Role
) -> None:
    today = fresh.clinic.day_of(NOW)
    count = len(set_up_of(fresh.clinic, on=today).missing)
    answer = enter(fresh.staff[role]).get("/")
    assert to_do(answer)[0] == (f"{count} steps of the set-up are missing before the first booking")
    assert re.search(rf'<span class="count">{count}</span><a href="/setup/">', page_of(answer))
    assert "Nothing to do" not in page_of(answer)


@pytest.mark.parametrize("role", [Role.RECEPTIONIST, Role.DIRECTOR])
def test_whoever_may_not_set_up_is_not_told_to(fresh: Fresh, enter: Enter, role: Role) -> None:
    assert to_do(enter(fresh.staff[role]).get("/")) == []


def test_one_step_alone_is_one_step(cast: Cast, enter: Enter) -> None:
    says = "1 step of the set-up is missing before the first booking"
    assert to_do(enter(cast.manager).get("/"))[0] == says
    cast.clinic.address = "12 Congress Ave"
    cast.clinic.write()
    assert not any("set-up" in one for one in to_do(enter(cast.manager).get("/")))


def test_once_a_visit_was_booked_one_query_tells_that_nothing_is_missing_before_it(
    cast: Cast, enter: Enter
) -> None:
    client = enter(cast.administrator)
    client.get("/")
    with CaptureQueriesContext(connection) as before:
        client.get("/")
    factories.appointment(
        patient=cast.mia, practitioner=cast.ana, service=cast.service, room=cast.room,
        device=cast.device, starts_at=NOW, by=cast.reception,
    )  # fmt: skip
    with CaptureQueriesContext(connection) as after:
        answer = client.get("/")
    assert to_do(answer) == []
    assert len(after) < len(before)
    assert sum("bookings_appointment" in one["sql"] for one in after) == 1


def test_working_hours_without_anybody_lead_to_where_a_practitioner_is_added(
    fresh: Fresh, enter: Enter
) -> None:
    text = page(enter(fresh.staff[Role.MANAGER]), "/setup/shifts/")
    assert "nobody treats in this clinic yet" in text
    assert ADD_PRACTITIONER in text


@pytest.mark.parametrize(
    "address", ["/day/", "/day/?by=room", "/day/?by=list", "/week/", "/week/?as=list"]
)
def test_a_board_without_anybody_leads_to_the_set_up_or_says_whom_to_ask(
    fresh: Fresh, enter: Enter, address: str
) -> None:
    text = page(enter(fresh.staff[Role.MANAGER]), address)
    assert '<a class="btn btn-primary" href="/setup/">Open the set-up</a>' in text
    for role in (Role.RECEPTIONIST, Role.DIRECTOR):
        text = page(enter(fresh.staff[role]), address)
        assert "Nobody treats here yet" in text
        assert "Ask this clinic's manager or administrator" in html.unescape(text)
        assert 'href="/setup/"' not in text


def test_a_day_off_of_a_clinic_that_treats_says_nothing_of_the_set_up(
    cast: Cast, enter: Enter
) -> None:
    text = page(enter(cast.manager), "/day/2026-11-28/")
    assert "No one works on this day" in text
    assert "Nobody treats here" not in text


def presses(text: str) -> list[str]:
    """What can be pressed between the head of a page and its foot."""
    main = re.search(r"<main.*</main>", text)
    assert main
    found = re.findall(r"<button.*?</button>", main[0])
    return [re.sub(r"<[^>]+>", "", one).strip() for one in found]


@pytest.mark.parametrize(
    ("address", "left"),
    [
        ("/appointments/new/", ["Find", "Find"]),
        ("/appointments/walk-in/", ["Find", "Find"]),
        ("/waitlist/add/", []),
        ("/courses/new/?patient={patient}", []),
    ],
)
def test_without_a_service_booking_says_so(
    fresh: Fresh, cast: Cast, enter: Enter, address: str, left: list[str]
) -> None:
    here = address.format(patient=fresh.patient.pk)
    text = page(enter(fresh.staff[Role.MANAGER]), here)
    assert "this clinic offers none yet" in text
    assert ADD_SERVICE in text
    assert "Choose a service" not in text
    assert "Register a new patient" not in text
    assert presses(text) == left
    text = page(enter(fresh.staff[Role.RECEPTIONIST]), here)
    assert "Ask its manager or administrator to add one." in text
    assert ADD_SERVICE not in text
    assert presses(text) == left
    text = page(enter(cast.manager), address.format(patient=cast.mia.pk))
    assert "offers none yet" not in text
    assert "Choose a service" in text
    assert len(presses(text)) > len(left)


NEWCOMER = {
    "first_name": "Siân",
    "last_name": "Moor",
    "birth_date": "1991-03-03",
    "phone": "512 555 0142",
    "date": "2026-11-24",
    "time": "10:00",
}


@pytest.mark.parametrize("service", ["", "of another clinic"])
@pytest.mark.parametrize(
    ("address", "typed"),
    [
        ("/appointments/new/", NEWCOMER),
        ("/appointments/walk-in/", NEWCOMER),
        ("/waitlist/add/", {"first_on": "2026-11-24"}),
        ("/courses/new/", {"planned": "3", "interval_days": "28", "date": "2026-11-24"}),
    ],
)
def test_without_a_service_a_booking_that_is_sent_is_told_why_not(
    fresh: Fresh, cast: Cast, enter: Enter, address: str, typed: dict[str, str], service: str
) -> None:
    says = "Choose one of this clinic's services." if service else "Choose a service."
    sent = typed | {"once": "key-1", "service": str(cast.service.pk) if service else ""}
    if typed is not NEWCOMER:
        sent |= {"chosen": str(fresh.patient.pk)}
    answer = enter(fresh.staff[Role.MANAGER]).post(address, sent)
    assert answer.status_code == 422
    text = html.unescape(page_of(answer))
    assert text.count(says) == 1
    assert ADD_SERVICE in text
    # Who was typed in stays to be read.
    assert (typed is NEWCOMER) == ('value="Siân"' in text)


def test_a_cell_of_the_board_can_be_blocked_before_there_is_a_service(
    fresh: Fresh, enter: Enter
) -> None:
    ana = factories.practitioner([fresh.clinic], "LE", name="Ana Elm")
    cell = f"/appointments/new/?practitioner={ana.pk}&date=2026-11-24&time=10:00"
    text = page(enter(fresh.staff[Role.MANAGER]), cell)
    block = ["Block 15 min", "Block 30 min", "Block 60 min", "Block to the next visit"]
    assert presses(text) == ["Find", "Find", *block]
    assert 'name="time" value="10:00 AM"' in text


def test_a_license_needs_someone_who_holds_it(
    fresh: Fresh, cast: Cast, enter: Enter, monkeypatch: pytest.MonkeyPatch
) -> None:
    text = page(enter(fresh.staff[Role.MANAGER]), "/licenses/add/")
    assert "Nobody could hold a license yet" in text
    assert ADD_PRACTITIONER in text
    assert "Put on file" not in text
    # No role keeps licenses without the set-up today; the page does not count on it.
    can = User.can
    monkeypatch.setattr(
        User, "can", lambda *asked: asked[1] != Permission.SET_UP_CLINIC and can(*asked)
    )
    text = page(enter(fresh.staff[Role.MANAGER]), "/licenses/add/")
    assert "Ask its manager or administrator to add one." in text
    assert ADD_PRACTITIONER not in text
    monkeypatch.undo()
    assert "Put on file" in page(enter(cast.manager), "/licenses/add/")


def page_of(answer: Any) -> str:
    return str(answer.content.decode())
