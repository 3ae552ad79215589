"""What a drop is answered: from when to when, who is told, or why not."""

from __future__ import annotations

import datetime as dt
import html
from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client

from bookings import operations
from bookings.models import Appointment
from bookings.rules.choice import choice_key
from bookings.rules.telling import say_told
from clinic.models import User
from tests import factories
from tests.cast import NOW, TODAY, Cast

MINUTE = dt.timedelta(minutes=1)
NOON = NOW + 180 * MINUTE
Enter = Callable[[User], Client]
ASIDE = {"HX-Request": "true"}


@pytest.fixture
def visit(cast: Cast, clock: Any) -> Appointment:
    """Mia with Ana at noon."""
    return factories.appointment(
        patient=cast.mia,
        practitioner=cast.ana,
        service=cast.short_service,
        room=cast.room,
        device=cast.device,
        starts_at=NOON,
        by=cast.reception,
    )


def asked(client: Client, visit: Appointment, query: str, status: int = 200) -> str:
    answer = client.get(f"/appointments/{visit.pk}/move-to/?{query}", headers=ASIDE)
    assert answer.status_code == status
    return html.unescape(answer.content.decode())


def test_it_says_from_when_to_when_and_is_sent_as_it_was_asked(
    enter: Enter, cast: Cast, visit: Appointment
) -> None:
    client = enter(cast.reception)
    choice = choice_key(cast.bo.pk, NOON + 30 * MINUTE)
    text = asked(client, visit, f"choice={choice}")
    assert "12:00–12:30 PM" in text
    assert "12:30–1:00 PM" in text
    assert f'name="choice" value="{choice}"' in text
    once = text.partition('name="once" value="')[2].partition('"')[0]
    sent = {"choice": choice, "version": "1", "once": once}
    for _ in range(2):  # a second press is the same press
        assert client.post(f"/appointments/{visit.pk}/move/", sent).status_code == 302
    visit.refresh_from_db()
    assert (visit.starts_at, visit.practitioner_id, visit.version) == (
        NOON + 30 * MINUTE,
        cast.bo.pk,
        2,
    )


def test_a_week_asks_by_the_wall_clock(enter: Enter, cast: Cast, visit: Appointment) -> None:
    day = TODAY + dt.timedelta(days=1)
    text = asked(enter(cast.reception), visit, f"date={day}&time=14:00&practitioner={cast.ana.pk}")
    assert "Wed, Nov 25, 2026, 2:00–2:30 PM" in text


def test_a_refused_time_has_its_reasons_and_the_nearest_times(
    enter: Enter, cast: Cast, visit: Appointment
) -> None:
    factories.appointment(
        patient=cast.wang,
        practitioner=cast.bo,
        service=cast.short_service,
        room=cast.second_room,
        device=cast.second_device,
        starts_at=NOON + 60 * MINUTE,
        by=cast.reception,
    )
    text = asked(
        enter(cast.reception), visit, f"choice={choice_key(cast.bo.pk, NOON + 60 * MINUTE)}"
    )
    assert "cannot go there" in text
    assert "Bo Chen is busy" in text
    assert 'class="time" type="submit" name="choice"' in text
    assert "Move the visit" not in text
    assert "<dt>Told</dt><dd>" in text


def test_who_cannot_be_written_to_is_to_be_called_by_number(
    enter: Enter, cast: Cast, visit: Appointment
) -> None:
    visit.patient.email, visit.patient.phone = "", "+15125550142"
    visit.patient.write()
    text = asked(enter(cast.reception), visit, f"choice={choice_key(cast.bo.pk, NOON + MINUTE)}")
    assert 'Call. <span class="nowrap">(512) 555-0142</span>' in text


def test_what_has_begun_stays(enter: Enter, cast: Cast, visit: Appointment) -> None:
    operations.mark_arrived(appointment=visit, by=cast.manager, at=NOW)
    text = asked(
        enter(cast.reception), visit, f"choice={choice_key(cast.bo.pk, NOON + 60 * MINUTE)}"
    )
    assert "Mia Lee stays" in text
    assert "Move the visit" not in text


@pytest.mark.parametrize(
    "query",
    ["choice=x", "choice=@2026-11-24T18:00Z", "date=2026-13-01&time=9:00", "time=x",
     "practitioner=00000000-0000-0000-0000-000000000000"],
)  # fmt: skip
def test_a_link_that_cannot_be_read_leads_nowhere(
    enter: Enter, cast: Cast, visit: Appointment, query: str
) -> None:
    asked(enter(cast.reception), visit, query, status=404)


def test_only_who_may_book_can_take_hold_of_a_visit(
    enter: Enter, cast: Cast, visit: Appointment
) -> None:
    def held(user: User) -> bool:
        return " moves" in enter(user).get("/day/").content.decode()

    assert held(cast.reception)
    assert not held(cast.director)
    operations.mark_arrived(appointment=visit, by=cast.manager, at=NOW)
    assert not held(cast.reception)


def test_as_a_page_it_stands_on_its_own(enter: Enter, cast: Cast, visit: Appointment) -> None:
    client = enter(cast.reception)
    choice = choice_key(cast.bo.pk, NOON + 30 * MINUTE)
    text = client.get(f"/appointments/{visit.pk}/move-to/?choice={choice}").content.decode()
    assert "<title>Move a visit" in text
    assert "hx-post" not in text
    assert "Mark arrived" in client.get("/day/keys/").content.decode()
    assert "<html" not in client.get("/day/keys/", headers=ASIDE).content.decode()


@pytest.mark.parametrize(
    ("by", "same", "says"),
    [
        (("email",), False, "The patient, by email, in 3 minutes; until then it can be undone."),
        (
            ("email", "sms"),
            False,
            "The patient, by email and text message, in 3 minutes; until then it can be undone.",
        ),
        ((), False, "Nobody by us: there is no way to write to the patient. Call."),
        (("email",), True, "Nobody: the time stays the same."),
    ],
)
def test_who_is_told_of_a_move(by: tuple[str, ...], same: bool, says: str) -> None:
    assert say_told(by, same_start=same) == says
