"""The board, its list and the start pages tell what really goes on with a patient."""

from __future__ import annotations

import html
import re
from collections.abc import Callable
from typing import Any
from urllib.parse import urlencode

import pytest
import time_machine
from django.test import Client

from bookings import operations as desk
from bookings.models import Appointment
from bookings.queries.going_on import taken_now
from clinic.models import User
from tests import factories
from tests.cast import Cast
from tests.treatments.visits import arrived, chart_at, later
from treatments import operations

Enter = Callable[[User], Client]
pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("clock")]


def page(client: Client, address: str) -> str:
    answer = client.get(address)
    assert answer.status_code == 200
    return html.unescape(answer.content.decode())


def read(text: str) -> str:
    return " ".join(re.sub(r"<[^>]+>", " ", text).split())


def grid(text: str) -> str:
    return read(text[text.index("<tbody>") : text.index("</tbody>")])


def offered(text: str, who: Any) -> list[str]:
    """The times of a practitioner's column that can be booked."""
    return re.findall(
        rf'class="slot[^"]*" href="[^"]*practitioner={who.pk}&date=[^&]*&time=([^"]*)"', text
    )


def early(cast: Cast, minutes: int = 90) -> Appointment:
    """A visit booked for half past ten that is needled from half past nine on."""
    visit = arrived(cast, minutes=minutes)
    chart_at(cast, "started", visit)
    return visit


def test_a_treatment_that_began_early_takes_its_cells(
    cast: Cast, enter: Enter, clock: time_machine.Traveller
) -> None:
    early(cast)
    clock.move_to(later(33))
    text = page(enter(cast.reception), "/day/")
    assert offered(text, cast.ana)[:2] == ["10:00", "11:00"]
    assert re.search(
        r'<td rowspan="\d+"><a class="appt is-in_treatment[^>]*>(?:(?!</td>).)*since 9:30', text
    )
    assert "Held as booked" in read(text)
    assert "10:30" not in offered(text, cast.ana)
    assert "began 9:30" in read(page(enter(cast.reception), "/day/?by=list"))


def test_a_treatment_that_runs_late_takes_the_quarter_hour(
    cast: Cast, enter: Enter, clock: time_machine.Traveller
) -> None:
    chart_at(cast, "started")  # 9:30 to 10:00
    clock.move_to(later(64))
    assert offered(page(enter(cast.reception), "/day/"), cast.ana)[0] == "10:15"


def test_the_next_visit_begins_on_the_board_when_the_late_one_ends(
    cast: Cast, enter: Enter, clock: time_machine.Traveller
) -> None:
    chart_at(cast, "started")
    factories.appointment(
        patient=cast.wang,
        practitioner=cast.ana,
        service=cast.short_service,
        room=cast.second_room,
        device=cast.second_device,
        starts_at=later(60),
        by=cast.reception,
    )
    clock.move_to(later(64))
    text = page(enter(cast.reception), "/day/")
    cells = re.findall(r'<td(?: rowspan="(\d+)")?><a class="appt is-(\w+)', text)
    assert cells == [("3", "in_treatment"), ("", "booked")]


def test_what_was_ended_early_does_not_look_like_a_whole_treatment(
    cast: Cast, enter: Enter, clock: time_machine.Traveller
) -> None:
    chart = chart_at(cast, "started")
    operations.abort(
        treatment=chart,
        reason="She felt unwell.",
        needle_contact=False,
        by=cast.esthetician,
        at=later(40),
    )
    clock.move_to(later(45))
    for address in ("/day/", "/day/?by=list", f"/appointments/{chart.appointment_id}/"):
        text = page(enter(cast.reception), address)
        assert "is-ended_early" in text
        assert "Ended early" in read(text)
    assert "is-unsigned" in page(enter(cast.esthetician), "/treatments/")


def test_cream_that_came_off_is_told_as_ready_everywhere(
    cast: Cast, enter: Enter, clock: time_machine.Traveller
) -> None:
    chart = chart_at(cast, "numbed")  # off at 9:27
    clock.move_to(later(28))
    ready = "Cream off 9:27, ready"
    for user, address in (
        (cast.reception, "/day/"),
        (cast.reception, "/day/?by=list"),
        (cast.reception, f"/appointments/{chart.appointment_id}/"),
        (cast.esthetician, "/"),
        (cast.esthetician, "/treatments/"),
    ):
        text = page(enter(user), address)
        assert ready in read(text), address
        assert "is-ready" in text
    strip = read(page(enter(cast.reception), "/day/"))
    assert "Numbing now no one Ready to start Lee, Mia, R1 cream off 9:27" in strip


def test_a_patient_who_was_due_is_marked_late_until_she_comes(
    cast: Cast, enter: Enter, clock: time_machine.Traveller
) -> None:
    visit = arrived(
        cast, service=cast.service, status="booked", arrived_at=None, arrived_by=None, minutes=60
    )
    client = enter(cast.reception)
    clock.move_to(later(35))  # she is to come then, for 25 minutes of numbing
    assert "late" not in grid(page(client, "/day/"))
    assert "comes 9:35 Booked" in read(page(client, "/day/"))
    clock.move_to(later(36))
    assert "comes 9:35 Booked, late" in read(page(client, "/day/"))
    assert "comes 9:35, late" in read(page(client, "/day/?by=list"))
    desk.mark_arrived(appointment=visit, by=cast.reception, at=later(36))
    assert "late" not in grid(page(client, "/day/"))


def test_nobody_is_booked_unawares_beside_a_treatment_that_began_early(
    cast: Cast, enter: Enter, clock: time_machine.Traveller
) -> None:
    visit = early(cast)
    clock.move_to(later(33))
    asked = {"service": cast.short_service.pk, "practitioner": cast.ana.pk}
    desk = enter(cast.reception)
    times = page(desk, f"/appointments/free-times/?{urlencode(asked | {'days': 1})}")
    assert "9:45 AM" not in times
    assert "11:15 AM" in times
    on = {"date": "2026-11-24", "time": "9:45 AM"}
    said = read(page(desk, f"/appointments/new/words/?{urlencode(asked | on)}"))
    assert "Ana Ruiz is busy at 9:45 AM, until 10:00 AM." in said
    # Her room and device are in use too, and cleaned after.
    others = {"service": cast.short_service.pk, "practitioner": cast.bo.pk}
    factories.appointment(
        patient=cast.wang,
        practitioner=cast.priya,
        service=cast.short_service,
        room=cast.room,
        device=cast.device,
        starts_at=later(45),
        by=cast.reception,
    )
    said = read(page(desk, f"/appointments/new/words/?{urlencode(others | on)}"))
    assert "No room is free" in said
    # What is promised is what was booked: the time can be had all the same.
    assert visit.lanes.practitioner.starts_at == later(90)


def test_anyone_and_any_room_are_those_where_nobody_is_being_treated(
    cast: Cast, clock: time_machine.Traveller
) -> None:
    under_way = early(cast)  # Ana in the second room, and she has the fewest visits
    for hours, who in ((3, cast.priya), (4, cast.bo), (5, cast.priya), (6, cast.bo)):
        factories.appointment(
            patient=cast.wang,
            practitioner=who,
            service=cast.short_service,
            room=cast.room,
            device=cast.device,
            starts_at=later(60 * hours),
            by=cast.reception,
        )
    asked: dict[str, Any] = {"clinic": cast.clinic, "service": cast.short_service}
    asked |= {"starts_at": later(45), "by": cast.reception, "at": later(33)}
    first = desk.book(patient=cast.siobhan, practitioner=None, **asked)
    assert first.practitioner_id != under_way.practitioner_id
    assert (first.room_id, first.device_id) == (cast.room.pk, cast.device.pk)
    # Nothing else is left: what was promised can be had all the same.
    second = desk.book(patient=cast.wang, practitioner=cast.ana, **asked)
    assert second.practitioner == cast.ana
    assert (second.room_id, second.device_id) == (under_way.room_id, under_way.device_id)


def test_a_moved_visit_leaves_its_room_where_a_treatment_still_goes_on(
    cast: Cast, clock: time_machine.Traveller
) -> None:
    under_way = early(cast)
    visit = factories.appointment(
        patient=cast.wang,
        practitioner=cast.bo,
        service=cast.short_service,
        room=under_way.room,
        device=under_way.device,
        starts_at=later(300),
        by=cast.reception,
    )
    moved = desk.move(appointment=visit, starts_at=later(45), by=cast.reception, at=later(33))
    assert (moved.room_id, moved.device_id) == (cast.room.pk, cast.device.pk)


def test_who_is_needling_in_one_clinic_is_not_offered_in_another(
    cast: Cast,
    clock: time_machine.Traveller,
    django_assert_num_queries: Callable[[int], Any],
) -> None:
    early(cast)
    assert taken_now(cast.other_clinic, later(33)) == []
    cast.ana.clinics.add(cast.other_clinic)
    with django_assert_num_queries(2):
        (person, things) = taken_now(cast.other_clinic, later(33))
    assert person.keys == (cast.ana.pk,)
    with django_assert_num_queries(2):
        assert taken_now(cast.clinic, later(33)) == [person, things]
