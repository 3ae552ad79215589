"""My treatments: the day, what is not signed, and who sees whose charts."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from typing import Any

import pytest
import time_machine
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from bookings.rules.status import Status as Visit
from clinic.models import AuditEvent, User
from tests import factories
from tests.cast import NOW, TODAY, Cast
from tests.treatments.pages import address, words
from tests.treatments.visits import arrived, chart_at, later
from treatments import operations
from treatments.models import Treatment

pytestmark = pytest.mark.usefixtures("clock")
Enter = Callable[[User], Client]
LIST = "/treatments/"


def yesterday(cast: Cast, **given: Any) -> Treatment:
    """A chart that Ana opened the day before and left."""
    visit = arrived(cast, minutes=30 - 24 * 60, arrived_at=later(-24 * 60), **given)
    return operations.open_chart(appointment=visit, by=cast.esthetician, at=later(1 - 24 * 60))


def test_the_day_has_who_is_here_first_each_with_the_next_act(cast: Cast, enter: Enter) -> None:
    rooms = [factories.room(cast.clinic, f"Room {n}") for n in range(3, 9)]
    pens = [factories.device(cast.clinic, cast.model, f"D-{n}") for n in range(3, 9)]

    def visit(n: int, name: str, **given: Any) -> Any:
        patient = factories.patient(cast.clinic, name, "Test", by=cast.manager)
        return arrived(
            cast, patient=patient, minutes=n * 60, room=rooms[n], device=pens[n], **given
        )

    gone = visit(0, "Gone")
    author: dict[str, Any] = {"by": cast.esthetician, "at": later(0)}
    chart = operations.open_chart(appointment=gone, **author)
    operations.abort(treatment=chart, reason="Ill", needle_contact=False, **author)
    visit(1, "Booked", status="booked", arrived_at=None, arrived_by=None)
    visit(2, "Here")
    numbing = visit(3, "Numbing")
    chart_at(cast, "numbing", numbing)
    cancelled = {"cancelled_at": NOW, "cancelled_by": cast.reception, "cancel_reason": "Ill"}
    visit(4, "Off", status="cancelled", arrived_at=None, arrived_by=None, **cancelled)
    arrived(cast, practitioner=cast.priya, minutes=120)

    page = words(enter(cast.esthetician).get(LIST))
    names = ["Here Test", "Numbing Test", "Booked Test", "Gone Test"]
    at = [page.index(name) for name in names]
    assert at == sorted(at)
    assert "Off Test" not in page
    assert "Mia Lee" not in page
    assert "Open chart of Here Test" in page
    assert "0 of 20 min due 9:22 AM" in page
    assert "Continue , Numbing Test" in page
    assert "Not here yet" in page
    assert "Ended early, not signed" in page
    assert "Sign , Gone Test" in page


def test_an_empty_day_says_so(cast: Cast, enter: Enter) -> None:
    page = words(enter(cast.esthetician).get(LIST))
    assert "No visits today" in page
    assert "not signed" not in page


def test_records_of_earlier_days_that_are_not_signed_are_unmistakable(
    cast: Cast, enter: Enter
) -> None:
    chart = yesterday(cast)
    page = words(enter(cast.esthetician).get(LIST))
    assert "1 record from earlier days is not signed Mon, Nov 23 9:30 AM Mia Lee" in page
    assert address(chart) in enter(cast.esthetician).get(LIST).content.decode()
    assert "not signed" not in words(enter(cast.lapsed).get(LIST))


def test_a_patient_who_has_arrived_gets_a_chart_and_its_page(cast: Cast, enter: Enter) -> None:
    visit = arrived(cast)
    client = enter(cast.esthetician)
    door = reverse("treatment-open", args=[visit.pk])
    answer = client.post(door, {"once": "k"})
    chart = Treatment.objects.get()
    assert (answer.status_code, answer.headers["Location"]) == (302, address(chart))
    again = client.post(door, {"once": "k"})
    assert again.headers["Location"] == address(chart)
    assert Treatment.objects.count() == 1


@pytest.mark.rule("R17", "R25")
def test_a_lapsed_license_is_said_on_the_list(cast: Cast, enter: Enter) -> None:
    visit = arrived(cast)
    cast.ana_license.expires_on = TODAY - dt.timedelta(days=1)
    cast.ana_license.write()
    answer = enter(cast.esthetician).post(reverse("treatment-open", args=[visit.pk]))
    assert answer.status_code == 422
    assert "The TX license of Ana Ruiz" in words(answer)
    assert "Another licensed practitioner takes the visit. Rule R25" in words(answer)


def test_a_chart_that_is_open_already_answers_as_a_conflict(cast: Cast, enter: Enter) -> None:
    chart = chart_at(cast, "open")
    answer = enter(cast.esthetician).post(
        reverse("treatment-open", args=[chart.appointment_id]), {"once": "other"}
    )
    assert answer.status_code == 409
    assert "This chart is open already." in words(answer)
    assert "Continue , Mia Lee" in words(answer)


@pytest.mark.rule("R52", "R54", "P15")
def test_who_may_open_a_chart(cast: Cast, enter: Enter) -> None:
    visit = arrived(cast)
    door = reverse("treatment-open", args=[visit.pk])
    for someone, status in (
        (cast.reception, 403),
        (cast.manager, 403),
        (cast.auditor, 403),
        (cast.administrator, 403),
        (cast.director, 403),
        (cast.lapsed, 403),
        (cast.other_nurse, 404),
        (cast.stranger, 404),
    ):
        assert (someone.name, enter(someone).post(door).status_code) == (someone.name, status)
    refused = AuditEvent.objects.filter(action="chart.open", outcome="refused")
    assert set(refused.values_list("actor_name", flat=True)) == {"Priya Raman", "Lena Brandt"}
    visit.refresh_from_db()
    assert visit.status == Visit.ARRIVED


@pytest.mark.rule("R54", "P14", "P15")
def test_who_may_read_a_chart(cast: Cast, enter: Enter) -> None:
    signed = chart_at(cast, "signed")
    under_way = chart_at(cast, "open", arrived(cast, patient=cast.wang, minutes=120))
    for someone, listing, of_signed, of_open in (
        (cast.esthetician, 200, 200, 200),
        (cast.director, 200, 200, 200),
        (cast.auditor, 200, 200, 404),
        (cast.lapsed, 200, 404, 404),
        (cast.colleague, 200, 404, 404),
        (cast.stranger, 200, 404, 404),
        (cast.reception, 403, 403, 403),
        (cast.manager, 403, 403, 403),
        (cast.administrator, 403, 403, 403),
    ):
        client = enter(someone)
        found = [
            client.get(page).status_code for page in (LIST, address(signed), address(under_way))
        ]
        assert (someone.name, found) == (someone.name, [listing, of_signed, of_open])


def test_a_director_reads_all_charts_and_an_auditor_the_signed(cast: Cast, enter: Enter) -> None:
    chart_at(cast, "signed")
    chart_at(cast, "open", arrived(cast, patient=cast.wang, minutes=120))
    director, auditor = enter(cast.director), enter(cast.auditor)
    assert "No visits today" in words(director.get(LIST))
    every = words(director.get(LIST + "?show=all"))
    assert ("Mia Lee" in every, "王小明" in every) == (True, True)
    unsigned = words(director.get(LIST + "?show=unsigned"))
    assert ("Mia Lee" in unsigned, "王小明" in unsigned) == (False, True)
    signed = words(auditor.get(LIST + "?show=all"))
    assert ("Mia Lee" in signed, "王小明" in signed) == (True, False)
    mine = words(enter(cast.esthetician).get(LIST + "?show=all"))
    assert "My treatments" in mine


def test_lists_without_rows_say_what_they_are(cast: Cast, enter: Enter) -> None:
    assert "Everything is signed" in words(enter(cast.director).get(LIST + "?show=unsigned"))
    assert "No records yet" in words(enter(cast.auditor).get(LIST))


@pytest.mark.parametrize("page", ["0", "-1", "999999999999999999999", "last", "x", ""])
def test_a_page_that_is_not_there_is_the_nearest(cast: Cast, enter: Enter, page: str) -> None:
    chart_at(cast, "signed")
    answer = enter(cast.auditor).get(LIST, {"page": page})
    assert (answer.status_code, "Mia Lee" in words(answer)) == (200, True)


def queries(client: Client, page: str) -> int:
    client.get(page)
    with CaptureQueriesContext(connection) as seen:
        assert client.get(page).status_code == 200
    return len(seen)


@pytest.mark.rule("P35")
def test_a_list_asks_the_database_as_often_for_three_charts_as_for_one(
    cast: Cast, enter: Enter
) -> None:
    lists = (
        (enter(cast.esthetician), LIST),
        (enter(cast.director), LIST + "?show=all"),
        (enter(cast.director), LIST + "?show=unsigned"),
    )
    chart_at(cast, "numbing")
    yesterday(cast, patient=cast.siobhan)
    once = [queries(*one) for one in lists]
    for n, patient in enumerate((cast.wang, cast.siobhan), 2):
        room = factories.room(cast.clinic, f"Room {n + 1}")
        pen = factories.device(cast.clinic, cast.model, f"D-{n + 1}")
        visit = arrived(cast, patient=patient, minutes=n * 60, room=room, device=pen)
        chart_at(cast, "numbing", visit)
    assert [queries(*one) for one in lists] == once
    assert max(once) <= 12


def test_the_day_is_the_clinics_day(
    cast: Cast, enter: Enter, clock: time_machine.Traveller
) -> None:
    """At 11 pm in Austin it is the next day in UTC, and still today's list."""
    chart_at(cast, "open")
    clock.move_to(NOW + dt.timedelta(hours=14))
    assert "Mia Lee" in words(enter(cast.esthetician).get(LIST))
    assert "Tuesday, November 24" in words(enter(cast.esthetician).get(LIST))
    clock.move_to(NOW + dt.timedelta(hours=16))
    page = words(enter(cast.esthetician).get(LIST))
    assert "Wednesday, November 25" in page
    assert "1 record from earlier days is not signed" in page


def test_who_else_has_room_and_who_the_device_stand_together_above_the_tick(
    cast: Cast, enter: Enter, clock: time_machine.Traveller
) -> None:
    chart_at(cast, "started")
    chart_at(cast, "started", arrived(cast, practitioner=cast.priya, patient=cast.wang, minutes=31))
    visit = arrived(
        cast, patient=cast.siobhan, minutes=120, room=cast.room, device=cast.second_device
    )
    author: dict[str, Any] = {"by": cast.esthetician, "at": later(80)}
    chart = operations.open_chart(appointment=visit, **author)
    operations.decline_numbing(treatment=chart, reason="Not wanted", **author)
    clock.move_to(later(80))
    page = words(enter(cast.esthetician).get(address(chart)))
    assert "Room 1 is in use by Ana Ruiz since 9:30 AM." in page
    assert "D-2 is in use by Priya Raman since 9:30 AM." in page
    assert "Have each of them finished in its chart first." in page


def test_an_opening_that_was_sent_with_two_keys_opens_nothing(cast: Cast, enter: Enter) -> None:
    """Which of the two presses it is, nobody can say; refused as everywhere else."""
    visit = arrived(cast)
    client = enter(cast.esthetician)
    door = reverse("treatment-open", args=[visit.pk])
    for once in (["a", "b"], ["x" * 65]):
        answer = client.post(door, {"once": once})
        assert answer.status_code == 422
        assert "This form is not as the page made it. Nothing was changed." in words(answer)
    assert not Treatment.objects.exists()
    visit.refresh_from_db()
    assert visit.status == Visit.ARRIVED
