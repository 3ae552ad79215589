"""What was just done is taken back from card and board; who calls off is asked and counted."""

from __future__ import annotations

import datetime as dt
import html
import re
from typing import Any

import pytest

from bookings import operations
from bookings.models import Appointment
from bookings.rules.status import Status
from tests.bookings.test_card_views import (
    DAY,
    NOON,
    Enter,
    acts,
    booked,
    door,
    moved_to,
    press,
    shift,
    visit,
    words,
)
from tests.bookings.waiting import offer, wait
from tests.cast import NOW, TODAY, Cast

pytestmark = pytest.mark.usefixtures("clock")
__all__ = ["visit"]


def test_what_was_done_can_be_taken_back_from_the_card_and_the_board(
    cast: Cast, enter: Enter, visit: Appointment, clock: Any
) -> None:
    client = enter(cast.reception)
    answer = press(client, visit, "cancel", reason="Has a cold")
    page = client.get(answer["Location"])
    says = words(page)
    assert "The visit of Mia Lee is cancelled. The time is free again." in says
    assert "until 9:03 AM" in says
    assert acts(page) == ["undo", "undo"]  # of the note that stays, and of the card
    visit.refresh_from_db()
    board = client.get("/day/2026-11-24/")
    assert acts(board) == ["undo"]
    assert acts(client.get("/day/2026-11-24/?view=list")) == ["undo"]
    # A colleague's board does not say it; the card lets her take it back all the same.
    assert acts(enter(cast.manager).get("/day/2026-11-24/")) == []
    assert acts(enter(cast.manager).get(door(visit))) == ["undo"]

    back = press(client, visit, "undo", board="/day/2026-11-24/")
    assert (back.status_code, back["Location"]) == (302, f"/day/2026-11-24/?visit={visit.pk}")
    text = words(client.get(door(visit)))
    assert "Undone. Mia Lee is booked: Tue, Nov 24, 2026, 12:00 PM, Ana Ruiz LE." in text
    assert "Cancelled: Has a cold Nov 24, 9:00 AM by Rosa Alvarez" in text
    assert "Cancelling undone Nov 24, 9:00 AM by Rosa Alvarez" in text
    assert acts(client.get("/day/2026-11-24/")) == []


def test_time_that_is_offered_meanwhile_is_not_said_to_be_free_and_whose_it_is_is_told(
    cast: Cast, enter: Enter, visit: Appointment, clock: Any
) -> None:
    client = enter(cast.reception)
    press(client, visit, "cancel", reason="Has a cold")
    assert "The time is free again." in words(client.get("/day/2026-11-24/"))
    made = offer(cast, wait(cast))
    board = client.get("/day/2026-11-24/")
    assert acts(board) == []
    assert "The time is free again." not in words(board)
    assert "Offered to O'Brien-Łęcka, Siobhán until 9:30 AM" in words(board)
    rooms = words(client.get("/day/2026-11-24/?by=room"))
    assert "Offered to O'Brien-Łęcka, Siobhán until 9:30 AM" in rooms
    # Taken back, it can be undone again.
    operations.take_back_offer(offer=made, by=cast.reception, at=NOW)
    assert acts(client.get("/day/2026-11-24/")) == ["undo"]


def test_the_offer_to_take_back_ends_with_its_time(
    cast: Cast, enter: Enter, visit: Appointment, clock: Any
) -> None:
    client = enter(cast.reception)
    press(client, visit, "move", **moved_to(TODAY, "2:00 PM", cast))
    visit.refresh_from_db()
    assert acts(client.get("/day/2026-11-24/")) == ["undo"]
    clock.shift(180)
    assert acts(client.get("/day/2026-11-24/")) == []
    late = press(client, visit, "undo")
    assert late.status_code == 422
    assert "This was done at 9:00 AM: it can be taken back for 3 minutes only." in words(late)


@pytest.mark.rule("P2")
@pytest.mark.parametrize("act", ["cancel", "move"])
def test_where_the_time_is_gone_other_times_are_offered(
    cast: Cast, enter: Enter, visit: Appointment, clock: Any, act: str
) -> None:
    client = enter(cast.reception)
    given = moved_to(TODAY, "2:00 PM", cast) if act == "move" else {"reason": "Has a cold"}
    press(client, visit, act, **given)
    visit.refresh_from_db()
    operations.book(
        clinic=cast.clinic,
        patient=cast.wang,
        practitioner=cast.ana,
        service=cast.short_service,
        starts_at=NOON,
        by=cast.reception,
        at=NOW,
    )
    answer = press(client, visit, "undo")
    assert answer.status_code == 409
    text = answer.content.decode()
    assert "This cannot be taken back. Ana Ruiz" in words(answer)
    if act == "move":
        assert text.count('name="choice"') == 3
    else:
        offered = re.findall(r'href="(/appointments/new/\?[^"]*time=[^"]*)"', text)
        assert len(offered) == 3
        assert client.get(html.unescape(offered[0])).status_code == 200


def test_a_late_cancellation_is_said_before_and_counted_after(
    cast: Cast, enter: Enter, visit: Appointment, clock: Any
) -> None:
    client = enter(cast.reception)
    assert "This is less than 24 hours before the visit" in words(client.get(door(visit)))
    press(client, visit, "cancel", reason="Has a cold")
    text = words(client.get(door(visit)))
    assert "late, by the patient" in text
    assert 'href="/appointments/new/?patient=' in client.get(door(visit)).content.decode()
    later = booked(cast, starts_at=NOON + 7 * DAY)
    assert "1 late cancellation" in words(client.get(door(later)))
    assert "before the visit" not in words(client.get(door(later)))
    page = client.get(f"/appointments/new/?patient={cast.mia.pk}")
    assert "1 late cancellation" in words(page)


def test_a_no_show_offers_to_book_again(cast: Cast, enter: Enter, visit: Appointment) -> None:
    shift(cast, visit, Status.NO_SHOW)
    client = enter(cast.reception)
    text = client.get(door(visit)).content.decode()
    found = re.search(r'href="([^"]*)"[^>]*data-key="g"', text)
    assert found
    page = client.get(html.unescape(found[1]))
    assert page.status_code == 200
    form = page.context["form"]
    assert str(form.initial["chosen"]) == str(visit.patient_id)
    assert str(form.glimpse("service").pk) == str(visit.service_id)
    assert form.glimpse("practitioner") == cast.ana


def test_a_no_show_marked_after_the_visits_end_can_be_taken_back_from_the_board(
    cast: Cast, enter: Enter, visit: Appointment, clock: Any
) -> None:
    clock.shift(4 * 3600)  # 1 PM; the visit was 12:00–12:45 PM
    assert visit.lanes.practitioner.ends_at < NOW + dt.timedelta(hours=4)
    client = enter(cast.reception)
    press(client, visit, "no-show")
    board = client.get("/day/2026-11-24/")
    assert acts(board) == ["undo"]
    assert "Mia Lee is marked as a no-show." in words(board)
    assert "until 1:03 PM" in words(board)


@pytest.mark.parametrize(
    ("here", "back"),
    [
        ("/day/2026-11-23/?by=room&visit=OTHER", "/day/2026-11-23/?visit=OTHER&by=room"),
        ("/day/2026-11-23/", "/day/2026-11-23/?visit=OWN"),
        ("/week/2026-11-23/?as=list&date=x", "/week/2026-11-23/?visit=OWN&as=list"),
        ("https://elsewhere.example/day/", "/day/?visit=OWN"),
        ("//elsewhere.example/", "/appointments/OWN/"),
        ("http://[", "/appointments/OWN/"),
    ],
)
def test_who_takes_back_stays_on_the_board_and_beside_the_card_that_she_reads(
    cast: Cast, enter: Enter, visit: Appointment, here: str, back: str
) -> None:
    other = booked(cast, patient=cast.wang, starts_at=NOON + DAY)

    def named(address: str) -> str:
        return address.replace("OTHER", str(other.pk)).replace("OWN", str(visit.pk))

    client = enter(cast.reception)
    press(client, visit, "move", **moved_to(TODAY, "2:00 PM", cast))
    visit.refresh_from_db()
    answer = press(client, visit, "undo", board=named(here))
    assert (answer.status_code, answer["Location"]) == (302, named(back))


def test_the_note_says_whose_act_would_be_taken_back(
    cast: Cast, enter: Enter, visit: Appointment
) -> None:
    client = enter(cast.reception)
    press(client, visit, "move", **moved_to(TODAY, "2:00 PM", cast))
    says = words(client.get("/day/2026-11-23/"))
    assert "The visit of Mia Lee is moved to Tue, Nov 24, 2026, 2:00 PM, Ana Ruiz LE." in says
    assert "Undo move" in says
