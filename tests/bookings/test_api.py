"""The desk by JSON: what programs read and do, under the same rules as the pages."""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Callable
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from bookings import operations as desk
from bookings.models import Appointment
from clinic.models import ApiToken, AuditEvent
from clinic.permissions import Role
from tests import factories
from tests.cast import NOW, TODAY, Cast
from tests.raw_sql import change, run
from tests.tokens import Program, told

pytestmark = pytest.mark.usefixtures("clock")
DAY, MINUTE = dt.timedelta(days=1), dt.timedelta(minutes=1)
TOMORROW = TODAY + DAY
AT_TEN = f"{TOMORROW}T10:00:00-06:00"


def booking(cast: Cast, **given: Any) -> dict[str, Any]:
    """A body for Mia, tomorrow at ten with Ana, half an hour."""
    return {
        "patient": str(cast.mia.pk),
        "service": str(cast.short_service.pk),
        "practitioner": str(cast.ana.pk),
        "starts_at": AT_TEN,
    } | given


def booked(cast: Cast, starts_at: dt.datetime = NOW + DAY, **given: Any) -> Appointment:
    values: dict[str, Any] = {
        "clinic": cast.clinic,
        "patient": cast.mia,
        "practitioner": cast.ana,
        "service": cast.short_service,
        "by": cast.reception,
        "at": NOW,
    }
    return desk.book(starts_at=starts_at, **values | given)


def one_visit(cast: Cast, n: int) -> None:
    """A visit tomorrow at nine in which nobody and nothing else has a part."""
    nurse = factories.practitioner([cast.clinic], "RN", name=f"Nurse {n}")
    factories.license(nurse, "rn", "TX", by=cast.manager)
    factories.appointment(
        starts_at=NOW + DAY,
        patient=factories.patient(cast.clinic, f"Ida {n}", "Berg", by=cast.manager),
        practitioner=nurse,
        service=cast.short_service,
        room=factories.room(cast.clinic, f"Extra {n}"),
        device=factories.device(cast.clinic, cast.model, f"X-{n}"),
        by=cast.reception,
    )


@pytest.fixture
def rosa(cast: Cast) -> Program:
    """The reception's program."""
    return Program(cast.reception)


def test_the_lists_name_what_the_desk_chooses_from(cast: Cast, rosa: Program) -> None:
    services = rosa.ask("services").json()
    assert services["next"] is None
    assert {one["id"] for one in services["items"]} == {
        str(cast.service.pk),
        str(cast.short_service.pk),
    }
    assert services["items"][0]["treatment_min"] in (30, 45)
    people = {one["name"]: one["available"] for one in rosa.ask("practitioners").json()["items"]}
    assert people == {"Ana Ruiz": True, "Bo Chen": True, "Lena Brandt": False, "Priya Raman": True}
    rooms = rosa.ask("rooms").json()["items"]
    assert [one["name"] for one in rooms] == ["Room 1", "Room 2"]


def test_a_search_of_patients_finds_them_and_is_on_record(cast: Cast, rosa: Program) -> None:
    found = rosa.ask("patients", q="obrien lecka").json()
    assert [one["id"] for one in found["items"]] == [str(cast.siobhan.pk)]
    assert set(found["items"][0]) == {"id", "name", "code", "birth_date", "phone", "email"}
    event = AuditEvent.objects.get(action="patient.search")
    assert (event.actor, event.outcome) == (str(cast.reception.pk), "done")
    assert "obrien" not in event.detail.lower()


@pytest.mark.parametrize("q", ["", " ", "a", "x" * 121, "\u200b\u200b"])
def test_a_search_that_means_nobody_is_refused(q: str, rosa: Program) -> None:
    assert told(rosa.ask("patients", q=q)) == (422, "invalid", "q")
    assert told(rosa.ask("patients")) == (422, "invalid", "q")
    assert not AuditEvent.objects.filter(action="patient.search").exists()


def test_a_list_comes_in_parts(cast: Cast, rosa: Program) -> None:
    for n in range(5):
        factories.patient(cast.clinic, f"Ida {n}", "Berg", by=cast.manager)
    names: list[str] = []
    address: Any = "/api/v1/patients?q=berg&limit=2"
    for _part in range(3):
        part = rosa.get(address).json()
        names += [one["name"] for one in part["items"]]
        address = part["next"]
    assert address is None
    assert names == [f"Ida {n} Berg" for n in range(5)]


def test_free_times_can_be_taken_as_they_are_offered(cast: Cast, rosa: Program) -> None:
    asked: dict[str, Any] = {"service": cast.short_service.pk, "from": TOMORROW, "days": 1}
    found = rosa.ask("free-times", **asked, practitioner=cast.ana.pk).json()["items"]
    first = found[0]
    assert first["starts_at"] == f"{TOMORROW}T09:00:00-06:00"
    assert first["ends_at"] == f"{TOMORROW}T09:30:00-06:00"
    assert first["practitioner"] == {"id": str(cast.ana.pk), "name": "Ana Ruiz"}
    body = booking(cast, starts_at=first["starts_at"], practitioner=first["practitioner"]["id"])
    made = rosa.send("appointments", body)
    assert made.status_code == 201
    assert made.json()["room"] == first["room"]
    again = rosa.ask("free-times", **asked, practitioner=cast.ana.pk).json()["items"]
    assert again[0]["starts_at"] == f"{TOMORROW}T09:30:00-06:00"


def test_a_free_time_names_a_room_that_is_free(cast: Cast, rosa: Program) -> None:
    """While the first is taken, the other is named; the booking gets the same."""
    first, second = sorted((cast.room, cast.second_room), key=lambda one: one.pk)
    booked(cast, NOW + DAY, practitioner=cast.ana, room=first, patient=cast.wang)
    asked: dict[str, Any] = {"service": cast.short_service.pk, "from": TOMORROW, "days": 1}
    found = rosa.ask("free-times", **asked, practitioner=cast.priya.pk).json()["items"]
    there = {one["starts_at"][11:16]: one["room"]["id"] for one in found}
    nine = f"{cast.clinic.local(NOW + DAY):%H:%M}"
    assert there[nine] == str(second.pk)
    assert there["16:00"] == str(first.pk)


def test_free_times_come_in_parts_without_gap_or_double(cast: Cast, rosa: Program) -> None:
    asked: dict[str, Any] = {"service": cast.short_service.pk, "from": TOMORROW, "days": 2}
    whole = rosa.ask("free-times", **asked, limit=200).json()
    assert whole["next"] is None
    parts, answer = [], rosa.ask("free-times", **asked, limit=70).json()
    while True:
        parts += answer["items"]
        if answer["next"] is None:
            break
        answer = rosa.get(answer["next"]).json()
    assert parts == whole["items"]
    assert len(parts) > 70


@pytest.mark.rule("P4")
def test_instants_bear_the_offset_of_their_own_day(cast: Cast, rosa: Program) -> None:
    """The clock goes forward on 14 March 2027: nine is nine on both sides of the night."""
    asked: dict[str, Any] = {
        "service": cast.short_service.pk,
        "practitioner": cast.ana.pk,
        "days": 1,
    }
    winter = rosa.ask("free-times", **asked, **{"from": "2027-03-12"}).json()["items"][0]
    summer = rosa.ask("free-times", **asked, **{"from": "2027-03-15"}).json()["items"][0]
    assert winter["starts_at"] == "2027-03-12T09:00:00-06:00"
    assert summer["starts_at"] == "2027-03-15T09:00:00-05:00"


def test_the_day_s_visits_are_read_by_date(cast: Cast, rosa: Program) -> None:
    today, later = booked(cast, NOW + 60 * MINUTE), booked(cast, NOW + DAY, patient=cast.wang)
    found = rosa.ask("appointments").json()["items"]
    assert [one["id"] for one in found] == [str(today.pk)]
    assert found[0]["patient"] == {"id": str(cast.mia.pk), "name": "Mia Lee", "code": "PT-000001"}
    assert found[0]["status"] == "booked"
    both = rosa.ask("appointments", **{"from": TODAY, "to": TOMORROW}).json()["items"]
    assert [one["id"] for one in both] == [str(today.pk), str(later.pk)]
    wrong = rosa.ask("appointments", **{"from": TOMORROW, "to": TODAY})
    assert told(wrong) == (422, "invalid", "to")


def test_a_visit_is_booked_and_on_record_as_from_the_page(cast: Cast, rosa: Program) -> None:
    made = rosa.send("appointments", booking(cast))
    assert made.status_code == 201
    body = made.json()
    assert (body["starts_at"], body["clinic"], body["status"]) == (AT_TEN, "austin", "booked")
    visit = Appointment.objects.get(pk=body["id"])
    assert visit.created_by == cast.reception
    event = AuditEvent.objects.get(action="appointment.book")
    assert (event.subject, event.actor) == (str(visit.pk), str(cast.reception.pk))


def test_anyone_and_any_room_will_do(cast: Cast, rosa: Program) -> None:
    body = booking(cast, practitioner=None, room=str(cast.second_room.pk))
    made = rosa.send("appointments", body).json()
    assert made["room"]["name"] == "Room 2"


@pytest.mark.rule("P2")
def test_a_taken_time_is_refused_with_the_nearest_that_work(cast: Cast, rosa: Program) -> None:
    rosa.send("appointments", booking(cast))
    answer = rosa.send("appointments", booking(cast, patient=str(cast.wang.pk)))
    assert told(answer) == (409, "R47", "practitioner")
    offered = answer.json()["error"]["alternatives"]
    assert offered
    assert set(offered[0]) == {"practitioner", "room", "starts_at", "ends_at"}
    best = offered[0]
    body = booking(
        cast,
        patient=str(cast.wang.pk),
        starts_at=best["starts_at"],
        practitioner=best["practitioner"]["id"],
    )
    assert rosa.send("appointments", body).status_code == 201


@pytest.mark.parametrize(
    ("starts_at", "fault"),
    [
        ("2026-11-25T10:00:00", (422, "invalid", "starts_at")),
        ("2026-11-25", (422, "invalid", "starts_at")),
        (1790000000, (422, "invalid", "starts_at")),
        ("1790000000", (422, "invalid", "starts_at")),
        ("0001-01-01T00:00:00+14:00", (422, "invalid", "starts_at")),
        ("9999-12-31T23:59:59-14:00", (422, "invalid", "starts_at")),
        ("2026-11-25T10:00:00+25:00", (422, "invalid", "starts_at")),
        ("2026-02-30T10:00:00Z", (422, "invalid", "starts_at")),
        ("2020-01-06T10:00:00-06:00", (422, "T1", "starts_at")),
        ("2199-01-06T10:00:00-06:00", (422, "T1", "starts_at")),
        ("2026-11-25T10:02:00-06:00", (422, "T1", "starts_at")),
        ("2026-11-25T10:00:01-06:00", (422, "T1", "starts_at")),
        ("2026-11-25T23:00:00-06:00", (422, "T1", "starts_at")),
    ],
)
@pytest.mark.rule("T1")
def test_a_start_that_is_none_is_refused_in_words(
    starts_at: Any, fault: Any, cast: Cast, rosa: Program
) -> None:
    assert told(rosa.send("appointments", booking(cast, starts_at=starts_at))) == fault


@pytest.mark.parametrize(
    ("given", "fault"),
    [
        ({"price": 0}, (422, "invalid", "price")),
        ({"override_reason": "\x00"}, (422, "invalid", "override_reason")),
        ({"override_reason": "\ud800"}, (422, "invalid", "override_reason")),
        ({"patient": "mia"}, (422, "invalid", "patient")),
        ({"patient": None}, (422, "invalid", "patient")),
        ({"clinic": ""}, (422, "invalid", "clinic")),
        ({"clinic": "pasadena"}, (404, "not_found", None)),
    ],
)
def test_what_no_field_takes_is_refused_beside_it(
    given: Any, fault: Any, cast: Cast, rosa: Program
) -> None:
    assert told(rosa.send("appointments", booking(cast, **given))) == fault


@pytest.mark.rule("P15")
@pytest.mark.parametrize("field", ["patient", "service", "practitioner", "room"])
def test_what_is_another_clinic_s_is_not_there(field: str, cast: Cast, rosa: Program) -> None:
    theirs = {
        "patient": cast.other_patient,
        "service": cast.other_service,
        "practitioner": cast.nora,
        "room": cast.other_room,
    }
    answer = rosa.send("appointments", booking(cast, **{field: str(theirs[field].pk)}))
    assert told(answer) == (404, "P15", field)


@pytest.mark.rule("P3")
def test_the_same_key_and_body_has_the_effect_of_one(cast: Cast, rosa: Program) -> None:
    first = rosa.send("appointments", booking(cast), key="call-17")
    second = rosa.send("appointments", booking(cast), key="call-17")
    assert (first.status_code, second.status_code) == (201, 201)
    assert first.json() == second.json()
    assert Appointment.objects.count() == 1


@pytest.mark.rule("P3")
def test_the_first_answer_stands_whatever_became_of_what_it_names(
    cast: Cast, rosa: Program
) -> None:
    body = booking(cast, room=str(cast.room.pk))
    first = rosa.send("appointments", body, key="call-17")
    visit = Appointment.objects.get()
    desk.move(appointment=visit, starts_at=NOW + 2 * DAY, by=cast.manager, at=NOW)
    run(*change(cast.short_service, is_active=False))
    run(*change(cast.room, is_active=False))
    again = rosa.send("appointments", dict(reversed(body.items())), key="call-17")
    assert (again.status_code, again.content) == (201, first.content)
    other = rosa.send(
        "appointments", body | {"starts_at": f"{TOMORROW}T11:00:00-06:00"}, key="call-17"
    )
    assert told(other) == (422, "P3", "Idempotency-Key")
    off = rosa.send(f"appointments/{visit.pk}/cancel", {"reason": "Ill"}, key="call-19")
    run(*change(cast.room, is_active=True))
    desk.undo(appointment=Appointment.objects.get(), by=cast.manager, at=NOW + MINUTE)
    again = rosa.send(f"appointments/{visit.pk}/cancel", {"reason": "Ill"}, key="call-19")
    assert (again.status_code, again.content) == (200, off.content)
    assert Appointment.objects.get().status == "booked"


@pytest.mark.rule("P22")
def test_the_audit_says_which_program_asked(cast: Cast, rosa: Program) -> None:
    assert rosa.send("appointments", booking(cast)).status_code == 201
    assert rosa.send("appointments", booking(cast)).status_code == 409
    booked(cast, NOW + 3 * DAY)
    rows = AuditEvent.objects.filter(action="appointment.book").order_by("seq")
    said = [json.loads(one.detail).get("token") for one in rows]
    mark = ApiToken.objects.get().prefix
    assert said == [mark, mark, None]


def test_the_days_of_a_list_are_at_most_a_month(cast: Cast, rosa: Program) -> None:
    span = {"from": "2026-11-01", "to": "2026-12-01"}
    assert rosa.ask("appointments", **span).status_code == 200
    answer = rosa.ask("appointments", **span | {"to": "2026-12-02"})
    assert told(answer) == (422, "invalid", "to")


@pytest.mark.rule("P3")
def test_the_same_key_with_another_body_is_refused(cast: Cast, rosa: Program) -> None:
    rosa.send("appointments", booking(cast), key="call-17")
    other = rosa.send("appointments", booking(cast, patient=str(cast.wang.pk)), key="call-17")
    assert told(other) == (422, "P3", "Idempotency-Key")
    visit = Appointment.objects.get()
    third = rosa.send(f"appointments/{visit.pk}/cancel", {"reason": "x"}, key="call-17")
    assert told(third) == (422, "P3", "Idempotency-Key")


@pytest.mark.rule("P3")
def test_a_refusal_frees_its_key(cast: Cast, rosa: Program) -> None:
    taken = booked(cast, dt.datetime.fromisoformat(AT_TEN), patient=cast.wang)
    assert rosa.send("appointments", booking(cast), key="call-18").status_code == 409
    desk.cancel(appointment=taken, reason="Moved away", by=cast.reception, at=NOW)
    assert rosa.send("appointments", booking(cast), key="call-18").status_code == 201


def test_two_programs_of_one_user_share_no_key(cast: Cast, rosa: Program) -> None:
    rosa.send("appointments", booking(cast), key="1")
    other = Program(cast.reception).send(
        "appointments", booking(cast, patient=str(cast.wang.pk), practitioner=None), key="1"
    )
    assert other.status_code == 201


def test_a_visit_is_moved_and_refused_as_a_booking_is(cast: Cast, rosa: Program) -> None:
    visit = booked(cast, dt.datetime.fromisoformat(AT_TEN))
    booked(cast, dt.datetime.fromisoformat(AT_TEN) + 60 * MINUTE, patient=cast.wang)
    to = f"{TOMORROW}T11:00:00-06:00"
    refused = rosa.send(f"appointments/{visit.pk}/move", {"starts_at": to})
    assert told(refused) == (409, "R47", "practitioner")
    assert refused.json()["error"]["alternatives"]
    to = f"{TOMORROW}T13:00:00-06:00"
    moved = rosa.send(f"appointments/{visit.pk}/move", {"starts_at": to, "version": 1})
    assert (moved.status_code, moved.json()["starts_at"]) == (200, to)
    stale = rosa.send(f"appointments/{visit.pk}/move", {"starts_at": AT_TEN, "version": 1})
    assert told(stale) == (409, "P12", None)


def test_a_visit_is_called_off_by_whom_and_why(cast: Cast, rosa: Program) -> None:
    visit = booked(cast)
    path = f"appointments/{visit.pk}/cancel"
    assert told(rosa.send(path, {})) == (422, "invalid", "reason")
    assert told(rosa.send(path, {"reason": " "})) == (422, "invalid", "reason")
    assert told(rosa.send(path, {"reason": "Ill", "cancelled_as": "dog"}))[2] == "cancelled_as"
    done = rosa.send(path, {"reason": "Ill", "cancelled_as": "patient"})
    assert done.json()["status"] == "cancelled"
    assert told(rosa.send(path, {"reason": "Ill"})) == (422, "R46", None)


def test_who_is_here_has_arrived(cast: Cast, rosa: Program) -> None:
    visit = booked(cast, NOW + 60 * MINUTE)
    assert rosa.send(f"appointments/{visit.pk}/arrive").json()["status"] == "arrived"
    again = rosa.send(f"appointments/{visit.pk}/arrive", {"version": 2})
    assert told(again) == (422, "R46", None)


def test_who_did_not_come_is_a_no_show(cast: Cast, rosa: Program, clock: Any) -> None:
    visit = booked(cast, NOW + 60 * MINUTE)
    assert told(rosa.send(f"appointments/{visit.pk}/no-show"))[:2] == (422, "R46")
    clock.shift(75 * MINUTE)
    assert rosa.send(f"appointments/{visit.pk}/no-show").json()["status"] == "no_show"


def test_who_works_in_several_clinics_says_which(cast: Cast) -> None:
    both = factories.user(
        "Uma Both",
        {cast.clinic: [Role.RECEPTIONIST], cast.other_clinic: [Role.RECEPTIONIST]},
    )
    program = Program(both)
    unsaid = program.ask("rooms")
    assert told(unsaid) == (422, "invalid", "clinic")
    assert "austin, pasadena" in unsaid.json()["error"]["message"]
    for name in ("pasadena", str(cast.other_clinic.pk)):
        found = program.ask("rooms", clinic=name).json()["items"]
        assert [one["id"] for one in found] == [str(cast.other_room.pk)]
    assert told(program.ask("rooms", clinic="boston")) == (404, "not_found", None)
    assert told(program.send("appointments", booking(cast))) == (422, "invalid", "clinic")
    made = program.send("appointments", booking(cast, clinic="austin"))
    assert made.status_code == 201
    # A visit says itself where it is.
    path = f"appointments/{made.json()['id']}/cancel"
    assert program.send(path, {"reason": "Ill"}).status_code == 200


@pytest.mark.rule("P35")
@pytest.mark.parametrize("path", ["appointments", "patients", "practitioners", "rooms", "services"])
def test_a_list_costs_the_same_at_any_length(path: str, cast: Cast, rosa: Program) -> None:
    grow: dict[str, Callable[[int], Any]] = {
        "appointments": lambda n: one_visit(cast, n),
        "patients": lambda n: factories.patient(cast.clinic, f"Ida {n}", "Berg", by=cast.manager),
        "practitioners": lambda n: factories.practitioner([cast.clinic], "RN", name=f"N {n}"),
        "rooms": lambda n: factories.room(cast.clinic, f"Room {n + 100}"),
        "services": lambda n: factories.service(cast.clinic, code=f"s-{n}", name=f"Extra {n}"),
    }
    asked: dict[str, dict[str, Any]] = {
        "patients": {"q": "berg"},
        "appointments": {"from": TODAY, "to": TOMORROW},
    }
    counted, made = [], 0
    for rows in (1, 3, 20):
        while made < rows:
            made += 1
            grow[path](made)
        rosa.ask(path, **asked.get(path, {}))
        with CaptureQueriesContext(connection) as caught:
            answer = rosa.ask(path, **asked.get(path, {}))
        assert len(answer.json()["items"]) >= rows
        counted.append(len(caught))
    assert counted[0] == counted[1] == counted[2]
    assert counted[0] <= 18


def test_free_times_cost_a_bounded_number_of_queries(cast: Cast, rosa: Program) -> None:
    asked: dict[str, Any] = {"service": cast.short_service.pk, "from": TOMORROW, "days": 31}
    rosa.ask("free-times", **asked)
    with CaptureQueriesContext(connection) as caught:
        assert rosa.ask("free-times", **asked).status_code == 200
    assert len(caught) <= 22
