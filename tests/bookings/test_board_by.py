"""The board by room and by week, its filters, and what it remembers of how someone looks at it."""

from __future__ import annotations

import datetime as dt
import re
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from bookings.operations import cancel
from bookings.rules.board import Block, Kind, Lane, layout, monday, wall_time
from clinic.constraints import FIRST_DAY
from clinic.models import User
from tests import factories
from tests.bookings.test_board_views import MINUTE, NOON, Enter, booked, grid, heads, page, slots
from tests.cast import NOW, TODAY, Cast

pytestmark = pytest.mark.usefixtures("clock")


def blocks(text: str) -> list[str]:
    """The visits of the grid, each as one line, the faint ones marked."""
    found = re.findall(r'<a class="appt([^"]*)"[^>]*>(.*?)</a>', grid(text))
    return [
        ("faint: " if "faint" in look else "") + " ".join(re.sub("<[^>]*>", " ", one).split())
        for look, one in found
    ]


def test_a_room_is_drawn_from_numbing_to_the_end_of_clean_down(cast: Cast, enter: Enter) -> None:
    booked(cast)  # 25 minutes of numbing before noon, 45 of treatment, 10 of clean-down
    text = page(enter(cast.reception), "/day/?by=room")
    assert heads(text) == ["Room 1", "Room 2"]
    assert blocks(text) == ["Lee, Mia 12:00 Face, 45 minutes Ana Ruiz LE comes 11:35 Booked"]
    row = re.search(
        r'<tr class="[^"]*"(?: data-at="[^"]*")? data-start="([^"]*)">(?:(?!<tr).)*appt',
        grid(text),
        re.DOTALL,
    )
    assert row
    assert row[1] == (NOON - 25 * MINUTE).isoformat()


def test_a_free_room_is_booked_in_and_names_no_practitioner(cast: Cast, enter: Enter) -> None:
    text = page(enter(cast.reception), "/day/?by=room")
    assert 'aria-label="Book in Room 1 at 9:30 AM, Tue, Nov 24"' in text
    assert not any("practitioner" in one for one in slots(text))


def test_the_view_is_remembered_for_the_clinic_of_the_session(cast: Cast, enter: Enter) -> None:
    client = enter(cast.reception)
    page(client, "/day/?by=room&compact=on")
    again = page(client, "/day/2026-11-25/")
    assert heads(again) == ["Room 1", "Room 2"]
    assert 'class="board compact"' in again
    page(client, "/day/?by=nonsense&compact=perhaps")
    assert heads(page(client)) == ["Room 1", "Room 2"]
    assert "Ana Ruiz LE 9 AM–5 PM" in heads(page(enter(cast.manager)))


def test_the_view_is_remembered_for_the_next_log_in_at_any_desk(cast: Cast, enter: Enter) -> None:
    desk, other = enter(cast.reception), enter(cast.reception)
    page(desk, "/day/?by=room")
    version = User.objects.get(pk=cast.reception.pk).version
    desk.get("/day/", {"filter": "1", "room": str(cast.room.pk)})
    page(desk, "/week/")
    assert heads(page(other, "/day/")) == ["Room 1"]
    page(other, "/day/?by=practitioner&show=all")
    assert heads(page(desk, "/day/")) == ["Room 1"]  # each desk goes on as it was
    assert "Ana Ruiz" in page(enter(cast.reception), "/day/")
    assert heads(page(enter(cast.manager), "/day/"))[:1] != ["Room 1"]
    assert User.objects.get(pk=cast.reception.pk).version == version


def test_what_is_here_no_more_is_no_filter_at_the_next_log_in(cast: Cast, enter: Enter) -> None:
    page(client := enter(cast.reception), "/day/?by=room")
    client.get("/day/", {"filter": "1", "room": str(cast.second_room.pk)})
    assert heads(page(client, "/day/")) == ["Room 2"]
    room = type(cast.second_room).objects.get(pk=cast.second_room.pk)
    room.is_active = False
    room.write()
    assert heads(page(enter(cast.reception), "/day/")) == ["Room 1"]


@pytest.mark.parametrize(
    "said",
    [
        {"by": "sideways", "compact": "maybe", "whose": 7, "only": ["room"]},
        {"only": {"room": {"not-a-key": "Room 9"}, "moon": {"1": "2"}, "status": None}},
        {"by": ["room"]},
        {"only": {"status": {"booked": 5}}},
        ["board"],
        None,
    ],
)
def test_what_cannot_be_read_is_as_if_never_chosen(cast: Cast, enter: Enter, said: Any) -> None:
    cast.reception.board = {str(cast.clinic.pk): said}
    cast.reception.save(update_fields=["board"])
    text = page(enter(cast.reception), "/day/")
    assert "Ana Ruiz" in heads(text)[0]


def test_what_is_remembered_costs_the_board_no_query(cast: Cast, enter: Enter) -> None:
    def asked() -> int:
        page(client := enter(cast.reception), "/day/")
        with CaptureQueriesContext(
            connection,
        ) as queries:
            page(client, "/day/")
        return len(queries)

    before = asked()
    page(enter(cast.reception), "/day/?by=practitioner&compact=on")
    assert asked() == before


def test_who_called_a_visit_off_and_how_late_is_said(cast: Cast, enter: Enter) -> None:
    at = NOON - 30 * MINUTE
    for who, minutes in (("patient", 0), ("clinic", 120)):
        visit = booked(cast, starts_at=NOON + minutes * MINUTE)
        cancel(appointment=visit, reason="Ill", cancelled_as=who, by=cast.reception, at=at)
    client = enter(cast.reception)
    for address in ("/day/", "/day/?by=list"):
        text = page(client, address)
        off = text[text.index('id="board-off"') :] if 'id="board-off"' in text else text
        assert off.count("late, by the patient") == 1
        assert off.count("by the clinic") == 1


def test_a_filter_narrows_the_columns_makes_others_faint_and_is_told(
    cast: Cast, enter: Enter
) -> None:
    booked(cast)
    booked(
        cast,
        patient=cast.wang,
        room=cast.second_room,
        device=cast.second_device,
        starts_at=NOON + 90 * MINUTE,
    )
    client = enter(cast.reception)
    asked: dict[str, Any] = {
        "filter": "1",
        "practitioner": str(cast.ana.pk),
        "room": str(cast.room.pk),
        "service": "nonsense",
    }
    assert client.get("/day/2026-11-24/", asked).headers["Location"] == "/day/2026-11-24/"
    text = page(client)
    assert heads(text) == ["Ana Ruiz LE 9 AM–5 PM"]
    assert [one.startswith("faint: ") for one in blocks(text)] == [False, True]
    said = " ".join(re.sub(r"<[^>]*>", " ", text[text.index("board-narrowed") :]).split())
    assert "Ana Ruiz · Room 1 : 1 of 2 visits, the others faint." in said.replace(" LE", "")
    listed = page(client, "/day/?by=list")
    assert "Lee, Mia" in listed
    assert "王" not in listed[listed.index("<tbody>") :]
    page(client, "/day/?by=practitioner&show=all")
    assert "board-narrowed" not in page(client)
    assert len(heads(page(client))) == 4


def test_only_the_clinic_closes_and_only_a_person_has_a_break(cast: Cast, enter: Enter) -> None:
    new = factories.practitioner([cast.clinic], "RN", name="Uma Diaz")
    factories.license(new, "rn", "TX", by=cast.manager)
    factories.shifts(new, cast.clinic, weekdays=[1], starts=10, ends=12)
    factories.shifts(new, cast.clinic, weekdays=[1], starts=13, ends=16)
    text = grid(page(enter(cast.reception)))
    for says in ("In from 10:00", "Break 12:00–1:00", "Off from 4:00"):
        assert f'class="closed own"><span>{says}</span>' in text
    assert "Closed 12:00" not in text


def test_a_week_has_its_days_as_columns_with_what_is_off_named(cast: Cast, enter: Enter) -> None:
    booked(cast)
    cast.ana_license.expires_on = TODAY + dt.timedelta(days=1)
    cast.ana_license.write()
    client = enter(cast.reception)
    text = page(client, f"/week/?practitioner={cast.ana.pk}")
    assert heads(text) == [
        "Mon, Nov 23 9 AM–5 PM",
        "Tue, Nov 24 9 AM–5 PM",
        "Wed, Nov 25 9 AM–5 PM License ends",
        "Thu, Nov 26 * No license",
        "Fri, Nov 27 * No license",
        "Sat, Nov 28 * No license",
        "Sun, Nov 29 * No license",
    ]
    assert blocks(text) == ["Lee, Mia 12:00 R1 Face, 45 minutes comes 11:35 Booked"]
    assert 'data-day="2026-11-25"' in text
    wanted = f"practitioner={cast.ana.pk}&date=2026-11-25&time=09:00"
    assert any(one.endswith(wanted) for one in slots(text))
    assert not any("date=2026-11-23" in one for one in slots(text))
    listed = page(client, "/week/2026-11-24/?as=list")  # whose week it was is remembered
    assert "Tue, Nov 24, 2026" in listed
    assert "Lee, Mia" in listed


@pytest.mark.rule("P15")
@pytest.mark.parametrize("asked", ["nonsense", "00000000-0000-0000-0000-000000000000"])
def test_a_week_of_someone_unknown_is_not_there(cast: Cast, enter: Enter, asked: str) -> None:
    client = enter(cast.reception)
    assert client.get(f"/week/?practitioner={asked}").status_code == 404
    assert client.get(f"/week/?practitioner={cast.nora.pk}").status_code == 404


def test_the_first_and_the_last_week_of_the_calendar_are_there(cast: Cast, enter: Enter) -> None:
    client: Client = enter(cast.reception)
    for day, missing in (("1900-01-01", "Week before"), ("2200-12-31", "Week after")):
        assert missing not in page(client, f"/week/{day}/")
    assert monday(FIRST_DAY) == FIRST_DAY


def test_a_full_week_asks_no_more_of_the_database_than_one_visit(cast: Cast, enter: Enter) -> None:
    client = enter(cast.reception)
    address = f"/week/?practitioner={cast.ana.pk}"
    page(client, address)
    counts = []
    for n in range(4):
        with CaptureQueriesContext(connection) as asked:
            page(client, address)
        counts.append(len(asked))
        booked(cast, service=cast.short_service, starts_at=NOW + (60 + 60 * n) * MINUTE)
    # Whether the skin of who comes has rested is asked where somebody comes.
    assert counts[1:] == [counts[0] + 1] * 3
    assert counts[1] <= 15


def test_why_nobody_works_cuts_the_time_the_first_reason_first() -> None:
    def at(hour: int) -> dt.datetime:
        return dt.datetime(2026, 11, 24, hour, tzinfo=dt.UTC)

    away = [Block(at(9), at(11), Kind.OFF, "off"), Block(at(8), at(10), Kind.SHUT, "shut")]
    rows = layout(
        [Lane([(at(12), at(13))], [], away)],
        starts_at=at(8),
        ends_at=at(13),
        zone=ZoneInfo("America/Chicago"),
    )
    kinds = [(c.kind, c.starts_at.hour) for row in rows for c in row.cells if c.keys or c.rows > 1]
    assert kinds == [(Kind.SHUT, 8), (Kind.OFF, 9), (Kind.CLOSED, 11)]


def test_an_instant_lies_on_the_wall_clock_of_its_day() -> None:
    zone = ZoneInfo("America/Chicago")
    day = dt.date(2026, 11, 24)
    noon = dt.datetime(2026, 11, 24, 12, tzinfo=zone)
    assert f"{wall_time(noon, day=day, zone=zone):%d %H:%M}" == "01 12:00"
    later = wall_time(noon + dt.timedelta(days=1), day=day, zone=zone)
    assert f"{later:%d %H:%M}" == "02 00:00"
