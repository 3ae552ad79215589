"""The day board's pages: who is on it, what a cell leads to, and which day it is."""

from __future__ import annotations

import datetime as dt
import html
import re
from collections.abc import Callable
from typing import Any

import pytest
import time_machine
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from bookings import operations
from bookings.models import Appointment
from bookings.rules.status import Status
from clinic.models import License, User
from tests import factories
from tests.bookings.test_operations_move import bring_to
from tests.cast import NOW, TODAY, Cast

MINUTE = dt.timedelta(minutes=1)
NOON = NOW + 180 * MINUTE
DAY = dt.timedelta(days=1)
Enter = Callable[[User], Client]
pytestmark = pytest.mark.usefixtures("clock")


@pytest.fixture
def visit(cast: Cast) -> Appointment:
    """Mia with Ana at noon, in Room 1."""
    return booked(cast)


def booked(cast: Cast, **given: Any) -> Appointment:
    values: dict[str, Any] = {
        "patient": cast.mia,
        "practitioner": cast.ana,
        "service": cast.service,
        "room": cast.room,
        "device": cast.device,
        "starts_at": NOON,
        "by": cast.reception,
    }
    return factories.appointment(**values | given)


def page(client: Client, address: str = "/day/", status: int = 200) -> str:
    answer = client.get(address)
    assert answer.status_code == status
    return html.unescape(answer.content.decode())


def heads(text: str) -> list[str]:
    """The columns' heads, each as one line."""
    found = re.findall(r'<th scope="col"(?! class="board-corner")[^>]*>(.*?)</th>', text)
    return [" ".join(re.sub(r"<[^>]*>", " ", one).split()) for one in found]


def slots(text: str) -> list[str]:
    return re.findall(r'class="slot(?: early)?" href="([^"]*)"', text)


def grid(text: str) -> str:
    return text[text.index("<tbody>") : text.index("</tbody>")]


def test_each_practitioner_at_work_has_a_column_with_her_hours(cast: Cast, enter: Enter) -> None:
    assert heads(page(enter(cast.reception))) == [
        "Ana Ruiz LE 9 AM–5 PM",
        "Bo Chen NP 9 AM–5 PM",
        "Lena Brandt LE * No license",
        "Priya Raman MD 9 AM–5 PM",
    ]


def test_who_is_off_has_no_column_unless_she_has_a_visit(cast: Cast, enter: Enter) -> None:
    friday = TODAY + 3 * DAY
    address = f"/day/{friday}/"
    assert not [head for head in heads(page(enter(cast.reception), address)) if "Bo" in head]
    booked(cast, practitioner=cast.bo, starts_at=NOON + 3 * DAY)
    assert heads(page(enter(cast.reception), address))[-1] == "Bo Chen NP Not at work"


def test_a_visit_stands_in_the_grid_with_state_as_icon_word_and_class(
    cast: Cast, enter: Enter, visit: Appointment
) -> None:
    text = grid(page(enter(cast.reception)))
    cell = re.search(r'<td rowspan="3"><a class="appt is-booked tall[^"]*".*?</td>', text)
    assert cell
    assert reverse("appointment", args=[visit.pk]) in cell[0]
    assert "Lee, Mia" in cell[0]
    assert "<time>12:00</time> R1</span>" in cell[0]
    assert "Face, 45 minutes" in cell[0]
    assert '<i class="status-icon" aria-hidden="true"></i>Booked' in cell[0]
    name = (
        "Lee, Mia, Tue, Nov 24, 12:00–12:45 PM, Ana Ruiz LE, Face, 45 minutes, Room 1, Booked, "
        "comes 11:35"
    )
    assert f'title="{name}" aria-label="{name}"' in cell[0]


@pytest.mark.parametrize("status", [*Status])
def test_only_what_holds_time_stands_in_the_grid(
    cast: Cast, enter: Enter, visit: Appointment, status: Status
) -> None:
    if status != Status.BOOKED:
        bring_to(cast, visit, status)
    text = page(enter(cast.reception))
    off = status in (Status.CANCELLED, Status.NO_SHOW)
    assert ("Lee, Mia" in grid(text)) is not off
    assert ("Cancelled and no-shows" in text) is off
    if off:
        assert "Lee, Mia" in text[text.index("Cancelled and no-shows") :]
    else:
        assert f"appt is-{status} tall" in text


def test_a_free_cell_leads_to_a_new_appointment_with_who_and_when(cast: Cast, enter: Enter) -> None:
    found = slots(page(enter(cast.reception)))
    wanted = f"{reverse('appointment-new')}?practitioner={cast.ana.pk}&date=2026-11-24&time="
    assert [one for one in found if one.startswith(wanted)][:2] == [
        f"{wanted}09:00",
        f"{wanted}09:15",
    ]
    # Ana, Bo and Priya; nobody books with Lena, nor in the last quarter hour of work.
    assert len(found) == 3 * (8 * 4 - 1)


def test_a_free_cell_has_a_name_that_can_be_read_out(cast: Cast, enter: Enter) -> None:
    assert 'aria-label="Book Ana Ruiz at 9:30 AM, Tue, Nov 24"' in page(enter(cast.reception))


def test_a_free_cell_says_who_would_come_before_the_clinic_opens(cast: Cast, enter: Enter) -> None:
    text = page(enter(cast.reception), "/day/2026-11-25/")
    early = re.findall(r'class="slot early" href="[^"]*time=([^"]*)"[^>]*><small>([^<]*)', text)
    assert sorted(early) == [("09:00", "comes 8:35")] * 3 + [("09:15", "comes 8:50")] * 3
    assert (
        'aria-label="Book Ana Ruiz at 9:15 AM, Wed, Nov 25; with numbing the patient would come '
        'at 8:50 AM, before opening"' in text
    )


def test_whose_shift_begins_before_the_clinic_opens_lets_the_patient_in(
    cast: Cast, enter: Enter
) -> None:
    factories.shifts(cast.ana, cast.clinic, weekdays=[2], starts=8, ends=9)
    text = page(enter(cast.reception), "/day/2026-11-25/")
    early = re.findall(r'class="slot early" href="[^"]*practitioner=([^&]*)', text)
    assert str(cast.ana.pk) not in early
    assert early


def test_what_has_passed_is_not_offered(
    cast: Cast, enter: Enter, clock: time_machine.Traveller
) -> None:
    clock.shift(120 * 60)
    times = {one.rpartition("=")[2] for one in slots(page(enter(cast.reception)))}
    assert min(times) == "11:00"
    assert slots(page(enter(cast.reception), f"/day/{TODAY - DAY}/")) == []


def test_who_may_not_book_sees_the_day_and_nothing_to_book(
    cast: Cast, enter: Enter, visit: Appointment
) -> None:
    for user in (cast.esthetician, cast.director):
        text = page(enter(user))
        assert "Lee, Mia" in text
        assert slots(text) == []


@pytest.mark.rule("P14")
def test_the_day_is_closed_to_who_has_no_part_in_it(cast: Cast, enter: Enter) -> None:
    for user in (cast.auditor, cast.administrator, cast.nobody):
        assert enter(user).get("/day/").status_code == 403
    assert Client().get("/day/").headers["Location"].startswith("/accounts/login/")


@pytest.mark.rule("P15")
def test_each_clinic_sees_its_own_day(cast: Cast, enter: Enter, visit: Appointment) -> None:
    text = page(enter(cast.stranger))
    assert heads(text) == ["Nora Kim RN 9 AM–5 PM"]
    assert "Lee" not in text


@pytest.mark.rule("P15")
def test_time_held_in_another_clinic_is_busy_and_says_no_more(cast: Cast, enter: Enter) -> None:
    factories.shifts(cast.bo, cast.other_clinic, weekdays=[1])
    booked(
        cast,
        practitioner=cast.bo,
        patient=cast.other_patient,
        service=cast.other_service,
        room=cast.other_room,
        device=cast.other_device,
        starts_at=NOW + 120 * MINUTE,
        by=cast.stranger,
    )
    text = page(enter(cast.reception))
    assert '<td rowspan="3" class="busy-else"><span>Busy elsewhere</span></td>' in text
    assert "Santos" not in text
    assert f"practitioner={cast.bo.pk}&date=2026-11-24&time=11:00" not in text


def test_time_outside_the_shift_is_closed_and_says_until_when(cast: Cast, enter: Enter) -> None:
    factories.shifts(cast.ana, cast.clinic, weekdays=[1], starts=8, ends=9)
    text = page(enter(cast.reception))
    assert heads(text)[0] == "Ana Ruiz LE 8 AM–5 PM"
    assert text.count("<span>Closed to 9:00</span>") == 2


def test_a_license_that_ends_soon_is_marked_and_explained(cast: Cast, enter: Enter) -> None:
    cast.ana_license.expires_on = TODAY + 12 * DAY
    cast.ana_license.write()
    text = page(enter(cast.reception))
    assert heads(text)[0] == "Ana Ruiz LE * 9 AM–5 PM"
    assert "The license of Ana Ruiz ends in 12 days, on Sun, Dec 6, 2026." in text


@pytest.mark.rule("R25")
def test_a_day_past_the_license_cannot_be_booked_from_the_board(cast: Cast, enter: Enter) -> None:
    cast.ana_license.expires_on = TODAY
    cast.ana_license.write()
    client = enter(cast.reception)
    assert [one for one in slots(page(client)) if str(cast.ana.pk) in one]
    tomorrow = page(client, f"/day/{TODAY + DAY}/")
    assert [one for one in slots(tomorrow) if str(cast.ana.pk) in one] == []
    assert "The TX license of Ana Ruiz expires on Tue, Nov 24, 2026." in tomorrow


def test_cream_that_is_on_stands_above_the_board_with_its_clock(
    cast: Cast, enter: Enter, clock: time_machine.Traveller
) -> None:
    visit = booked(cast, starts_at=NOW + 25 * MINUTE)
    operations.mark_arrived(appointment=visit, by=cast.reception, at=NOW)
    room: dict[str, Any] = {"appointment": visit, "by": cast.esthetician, "at": NOW}
    operations.note_chart_opened(**room)
    operations.note_numbing_on(**room, on_at=NOW, due_at=NOW + 25 * MINUTE)
    clock.shift(12 * 60)
    strip = " ".join(re.sub(r"<[^>]*>", " ", page(enter(cast.reception))).split())
    assert "Numbing now Lee, Mia, R1 12 of 25 min due 9:25 AM" in strip
    operations.note_numbing_off(**room, off_at=NOW + 12 * MINUTE)
    assert "Numbing now no one" in " ".join(
        re.sub(r"<[^>]*>", " ", page(enter(cast.reception))).split()
    )


def test_who_waits_is_counted_with_the_longest_wait_first(
    cast: Cast, enter: Enter, clock: time_machine.Traveller
) -> None:
    for minutes, patient in enumerate(
        [
            cast.mia,
            cast.wang,
            cast.siobhan,
            factories.patient(cast.clinic, "Jo", "Doe", by=cast.manager),
        ]
    ):
        visit = booked(
            cast,
            patient=patient,
            service=cast.short_service,
            starts_at=NOW + (60 + 45 * minutes) * MINUTE,
        )
        operations.mark_arrived(appointment=visit, by=cast.reception, at=NOW + minutes * MINUTE)
    clock.shift(5 * 60)
    strip = " ".join(re.sub(r"<[^>]*>", " ", page(enter(cast.reception))).split())
    assert (
        "Waiting 4 Lee, Mia 5 min , 王, 小明 4 min , O'Brien-Łęcka, Siobhán 3 min , 1 more" in strip
    )


def test_the_now_line_is_in_the_quarter_hour_that_it_is(
    cast: Cast, enter: Enter, clock: time_machine.Traveller
) -> None:
    clock.shift(21 * 60)
    found = re.findall(
        r'<tr class="([^"]*now-at[^"]*)" data-at="([^"]*)"', page(enter(cast.manager))
    )
    assert found == [("m15 tick now-at-1", "2026-11-24T15:15:00+00:00")]
    assert "now-at" not in page(enter(cast.manager), f"/day/{TODAY + DAY}/")


@pytest.mark.rule("P4")
def test_today_is_the_clinics_day_and_not_utcs(
    cast: Cast, enter: Enter, clock: time_machine.Traveller
) -> None:
    clock.move_to(dt.datetime(2026, 11, 25, 4, 0, tzinfo=dt.UTC))
    assert "<title>Day board, Tue, Nov 24, 2026" in page(enter(cast.reception))


def test_the_days_before_and_after_are_one_press_away(cast: Cast, enter: Enter) -> None:
    text = page(enter(cast.reception))
    assert 'href="/day/2026-11-23/" aria-label="Day before, Mon, Nov 23, 2026"' in text
    assert 'href="/day/2026-11-25/" aria-label="Day after, Wed, Nov 25, 2026"' in text


@pytest.mark.parametrize(
    ("address", "missing"), [("/day/1900-01-01/", "before"), ("/day/2200-12-31/", "after")]
)
def test_the_calendar_has_two_ends(cast: Cast, enter: Enter, address: str, missing: str) -> None:
    assert f"Day {missing}" not in page(enter(cast.reception), address)


@pytest.mark.parametrize(
    "day", ["1899-12-31", "2201-01-01", "0001-01-01", "9999-12-31", "2026-13-01", "2026-02-30", "x"]
)
def test_a_day_that_is_none_is_not_there(cast: Cast, enter: Enter, day: str) -> None:
    assert enter(cast.reception).get(f"/day/{day}/").status_code == 404


def test_the_date_picker_leads_to_its_day(cast: Cast, enter: Enter) -> None:
    client = enter(cast.reception)
    assert client.get("/day/?date=2026-12-01").headers["Location"] == "/day/2026-12-01/"
    page(client, "/day/?by=list")
    address = client.get("/day/?date=2026-12-01").headers["Location"]
    assert "Day as a list, Tue, Dec 1, 2026" in page(client, address)


@pytest.mark.parametrize(
    ("typed", "sentence"),
    [
        ("tomorrow", "Enter a date, for example Nov 24, 2026."),
        ("2026-02-30", "Enter a date, for example Nov 24, 2026."),
        ("", "Enter a date, for example Nov 24, 2026."),
        ("1899-12-31", "Use a date between 1900 and 2200."),
        ("9999-12-31", "Use a date between 1900 and 2200."),
        ("<script>", "Enter a date, for example Nov 24, 2026."),
    ],
)
def test_a_date_that_is_none_is_said_beside_the_field_and_kept(
    cast: Cast, enter: Enter, typed: str, sentence: str
) -> None:
    answer = enter(cast.reception).get("/day/", {"date": typed})
    assert answer.status_code == 422
    text = answer.content.decode()
    assert sentence in text
    assert f'value="{html.escape(typed)}"' in text
    assert "Ana Ruiz" in text


def test_a_day_without_shifts_and_visits_says_so_and_leads_on(cast: Cast, enter: Enter) -> None:
    text = page(enter(cast.reception), "/day/2026-11-29/")
    assert "No one works on this day" in text
    assert 'href="/day/2026-11-30/"' in text


def test_the_list_tells_the_same_day_in_lines(cast: Cast, enter: Enter, visit: Appointment) -> None:
    gone = booked(cast, patient=cast.wang, starts_at=NOON + 90 * MINUTE)
    operations.cancel(appointment=gone, reason="Has a cold", by=cast.reception, at=NOW)
    text = page(enter(cast.reception), "/day/?by=list")
    lines = re.findall(r"<tr><td.*?</tr>", text, re.DOTALL)
    words = [" ".join(re.sub(r"<[^>]*>", " ", line).split()) for line in lines]
    assert words == [
        "12:00–12:45 PM comes 11:35 Lee, Mia Face, 45 minutes Ana Ruiz LE Room 1 Booked",
        "1:30–2:15 PM 王, 小明 Face, 45 minutes Ana Ruiz LE Room 1 "
        "Cancelled by the clinic Has a cold",
    ]


def test_a_day_without_visits_says_so_in_the_list(cast: Cast, enter: Enter) -> None:
    assert "No visits on this day" in page(enter(cast.reception), "/day/?by=list")
    sunday = page(enter(cast.reception), "/day/2026-11-29/?by=list")
    assert "No one works on this day" in sunday


def test_the_card_of_a_visit_opens_beside_the_board(
    cast: Cast, enter: Enter, visit: Appointment
) -> None:
    text = page(enter(cast.reception), f"/day/?visit={visit.pk}")
    assert 'id="visit-card"' in text
    assert 'aria-current="true"><span class="appt-who" dir="auto">' in text


@pytest.mark.rule("P15")
def test_a_card_that_is_not_ours_to_see_does_not_open(
    cast: Cast, enter: Enter, visit: Appointment
) -> None:
    for wanted in (visit.pk, "nonsense", ""):
        text = page(enter(cast.stranger), f"/day/?visit={wanted}")
        assert 'id="visit-card"' not in text


@pytest.mark.rule("P5")
def test_the_repeated_hour_of_a_night_shift_is_told_apart(
    cast: Cast, enter: Enter, clock: time_machine.Traveller
) -> None:
    factories.shifts(cast.ana, cast.clinic, weekdays=[6], starts=0, ends=4)
    text = page(enter(cast.reception), "/day/2027-11-07/")
    hours = re.findall(r"<time>(1(?: AM|:\d\d)) ?(?:<small>(\w+)</small>)?", text)
    assert hours == [
        (label, zone) for zone in ("CDT", "CST") for label in ("1 AM", "1:15", "1:30", "1:45")
    ]
    assert heads(text)[0] == "Ana Ruiz LE 12 AM–4 AM"
    assert len(slots(text)) == 5 * 4 - 1


@pytest.mark.rule("P5")
def test_the_skipped_hour_of_a_night_shift_has_no_rows(cast: Cast, enter: Enter) -> None:
    factories.shifts(cast.ana, cast.clinic, weekdays=[6], starts=0, ends=4)
    text = page(enter(cast.reception), "/day/2027-03-14/")
    assert "<time>2 AM" not in text
    assert "<time>3 AM <small>CDT</small></time>" in text
    assert len(slots(text)) == 3 * 4 - 1


def test_a_name_is_shown_as_it_is_written(cast: Cast, enter: Enter) -> None:
    patient = factories.patient(
        cast.clinic, "<script>alert(1)</script>", "{{ 7*7 }}", by=cast.manager
    )
    booked(cast, patient=patient)
    answer = enter(cast.reception).get("/day/")
    assert b"<script>alert" not in answer.content
    assert b"{{ 7*7 }}, &lt;script&gt;alert(1)&lt;/script&gt;" in answer.content


@pytest.mark.parametrize("view", ["", "?by=room", "?by=list"])
def test_a_full_day_asks_no_more_of_the_database_than_one_visit(
    cast: Cast, enter: Enter, view: str
) -> None:
    client = enter(cast.reception)

    def queries() -> int:
        with CaptureQueriesContext(
            connection,
        ) as asked:
            assert client.get(f"/day/{view}").status_code == 200
        return len(asked)

    page(client, f"/day/{view}")
    counts = [queries()]
    for number in range(30):
        one = [cast.ana, cast.priya, cast.bo][number % 3]
        if number < 3:
            factories.shifts(one, cast.clinic, weekdays=[1], starts=6, ends=9)
            factories.shifts(one, cast.clinic, weekdays=[1], starts=17, ends=22)
        booked(
            cast,
            practitioner=one,
            patient=factories.patient(cast.clinic, "P", f"{number}", by=cast.manager),
            service=cast.short_service,
            room=factories.room(cast.clinic, f"Room {number + 10}"),
            device=factories.device(cast.clinic, cast.model, f"D-{number + 10}"),
            starts_at=NOW + (number // 3) * 30 * MINUTE,
        )
        if number in (0, 2, 29):
            counts.append(queries())
    # Whether the skin of who comes has rested is asked where somebody comes.
    assert counts[1:] == [counts[0] + 1] * 3
    assert counts[1] <= 15


def test_a_practitioner_without_any_license_is_told_apart(cast: Cast, enter: Enter) -> None:
    new = factories.practitioner([cast.clinic], "RN", name="Uma Diaz")
    factories.shifts(new, cast.clinic)
    assert License.objects.filter(practitioner=new).count() == 0
    text = page(enter(cast.reception))
    assert "Uma Diaz has no license on file." in text
    assert '<td rowspan="32" class="closed"><span>No license</span></td>' in text


@pytest.mark.parametrize(
    ("address", "asks"),
    [
        ("/day/", ""),
        ("/day/2026-11-25/", "?date=2026-11-25"),
        ("/day/2026-11-20/", ""),  # over: a visit is meant for today
        ("/week/2026-12-02/", "?date=2026-11-30"),
        ("/week/2026-11-24/", ""),
        ("/day/2029-01-02/", ""),  # too far ahead to book
    ],
)
def test_a_new_visit_is_meant_for_the_day_that_is_read(
    cast: Cast, enter: Enter, address: str, asks: str
) -> None:
    text = page(enter(cast.reception), address)
    assert f'href="/appointments/new/{asks}" aria-keyshortcuts="n"' in text
