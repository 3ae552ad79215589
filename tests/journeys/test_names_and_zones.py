"""Names of many scripts, and clocks that differ: what is stored is what is shown, everywhere."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from zoneinfo import ZoneInfo

import pytest
from playwright.sync_api import BrowserContext, Page, expect

from bookings.models import Appointment
from clinic.models import Patient
from tests import factories
from tests.cast import NOW, Cast
from tests.journeys.conftest import Look, Watch
from tests.journeys.people import press

Seat = Callable[..., Page]
# First and last name, as on the ID.
NAMES = [
    ("美玲", "陳"),
    ("محمد", "الأمين"),
    ("דָּנִיֵּאל", "כֹּהֵן"),
    ("Nguyễn Thị", "Ánh"),
    ("Zoe\u0308", "Łęcka-O’Brien"),
    ("प्रिया", "शर्मा"),
    ("Anne👩🏽‍⚕️", "de la Cruz y Ortega de los Monteros"),
    ("<script>alert(1)</script>", "{{7*7}}"),
    ("'; DROP TABLE clinic_patient; --", "<img src=x onerror=alert(2)>"),
]
SUNDAY = 6


def called(first: str, last: str) -> str:
    """How someone is called: a Chinese name keeps its order."""
    return "陳美玲" if last == "陳" else f"{first} {last}"


def test_names_are_shown_as_they_are_written_on_every_page(
    cast: Cast, seat: Seat, look: Look, clock_shows: Callable[[str], None]
) -> None:
    page = seat(cast.reception, "/patients/register/")
    for number, (first, last) in enumerate(NAMES):
        register(page, first, last, f"(512) 555-01{number:02}")
        expect(page.get_by_role("heading", name=called(first, last), exact=True)).to_be_visible()
    look("card of a patient")
    visits = [book(cast, number) for number in range(len(NAMES))]
    clock_shows("9:00")

    page.goto("/patients/")
    for first, last in NAMES:
        expect(page.get_by_role("link", name=f"{last}, {first}", exact=True)).to_be_visible()
    look("patients of many scripts", dark=True)
    page.goto("/day/")
    for first, last in NAMES:
        expect(page.locator(".board").get_by_text(f"{last}, {first}", exact=True)).to_be_attached()
    look("day board of many scripts")
    page.goto("/day/?by=list")
    for first, last in NAMES:
        expect(page.get_by_role("link", name=f"{last}, {first}", exact=True)).to_be_visible()
    for visit, (first, last) in zip(visits, NAMES, strict=True):
        page.goto(f"/appointments/{visit.pk}/")
        expect(page.get_by_role("heading", name=called(first, last), exact=True)).to_be_visible()
    page.goto("/appointments/new/")
    for first, last in NAMES:
        page.get_by_label("Patient", exact=True).fill(last)
        expect(page.locator("#found").get_by_text(called(first, last), exact=True)).to_be_visible()

    page = seat(cast.esthetician, "/treatments/")
    for visit, (first, last) in zip(visits, NAMES, strict=True):
        if visit.practitioner == cast.ana:
            expect(page.get_by_text(called(first, last), exact=True)).to_be_visible()
    look("my treatments of many scripts")


def register(page: Page, first: str, last: str, phone: str) -> None:
    page.goto("/patients/register/")
    page.get_by_label("First name*", exact=True).fill(first)
    page.get_by_label("Last name*", exact=True).fill(last)
    page.get_by_label("Birth date").fill("1990-05-17")
    page.get_by_label("Phone").fill(phone)
    assert press(page, "Register") == 302


def book(cast: Cast, number: int) -> Appointment:
    """The patient of that number of NAMES, with Ana, Bo or Priya, one after the other."""
    first, last = NAMES[number]
    turn, lane = divmod(number, 2)
    return factories.appointment(
        patient=Patient.objects.get(first_name=first, last_name=last),
        practitioner=(cast.ana, cast.bo)[lane],
        service=cast.short_service,
        room=(cast.room, cast.second_room)[lane],
        device=(cast.device, cast.second_device)[lane],
        starts_at=NOW + dt.timedelta(hours=turn),
        by=cast.reception,
    )


@pytest.mark.rule("P4")
def test_each_clinic_shows_its_own_wall_clock_wherever_the_browser_is(
    cast: Cast, new_context: Callable[..., BrowserContext], watch: Watch, seat: Seat, look: Look
) -> None:
    """Nine in Austin is seven in Pasadena, also on a tablet that was set up in Tokyo."""
    tablet = watch.over(new_context(timezone_id="Asia/Tokyo")).new_page()
    page = seat(cast.colleague, "/day/", at=tablet)
    expect(page.locator(".board-corner")).to_contain_text("CST")
    expect(page.locator("tr[class*='now-at-'] th")).to_have_text("9 AM")
    page.get_by_label("Clinic").select_option("Pasadena")
    expect(page.get_by_text("Tuesday, November 24 in Pasadena, CA")).to_be_visible()
    page.get_by_role("link", name="Day", exact=True).click()
    expect(page.locator(".board-corner")).to_contain_text("PST")
    page.goto("/treatments/")
    expect(page.get_by_text("Tuesday, November 24")).to_be_visible()

    page = seat(cast.stranger, "/appointments/new/", at=tablet)
    page.get_by_label("Patient", exact=True).fill("Diego Santos")
    page.get_by_label("Service").select_option("Face, 45 minutes")
    page.get_by_label("Practitioner").select_option("Nora Kim RN")
    page.get_by_label("Time", exact=True).fill("10:00 AM")
    expect(page.get_by_role("heading", name="When")).to_contain_text("Pasadena time, PST")
    page.get_by_role("button", name="Book", exact=True).click()
    card = page.get_by_role("complementary", name="Visit")
    expect(card).to_contain_text("10:00–10:45 AM PST")
    expect(card).to_contain_text("comes 9:35 AM")
    look("another clinic's day", at=page)
    here = Appointment.objects.get().starts_at.astimezone(ZoneInfo("America/Los_Angeles"))
    assert (here.hour, here.minute) == (10, 0)


@pytest.mark.rule("P4", "P5")
def test_a_day_with_a_clock_change_has_the_hours_that_it_has(
    cast: Cast, seat: Seat, look: Look
) -> None:
    factories.shifts(cast.ana, cast.clinic, weekdays=[SUNDAY], starts=0, ends=6)
    page = seat(cast.reception, "/day/2027-03-14/")
    assert [label for label in labels(page) if "M" in label] == [
        "12 AM",
        "1 AM",
        "3 AM CDT",
        "4 AM",
        "5 AM",
    ]
    look("day without two o'clock", dark=True)
    page.goto("/day/2027-11-07/")
    assert [label for label in labels(page) if label.startswith(("1 ", "1:"))] == [
        f"{time} {zone}" for zone in ("CDT", "CST") for time in ("1 AM", "1:15", "1:30", "1:45")
    ]
    look("day with one o'clock twice")


def labels(page: Page) -> list[str]:
    """What stands beside the rows of the board."""
    heads = page.locator(".board tbody th[scope=row]").all_inner_texts()
    return [" ".join(head.split()) for head in heads]


@pytest.mark.rule("P5")
def test_a_time_that_comes_twice_is_asked_and_one_that_never_comes_is_refused(
    cast: Cast, seat: Seat, look: Look
) -> None:
    factories.shifts(cast.ana, cast.clinic, weekdays=[SUNDAY], starts=0, ends=6)
    page = seat(cast.reception, "/appointments/new/?date=2027-03-14")
    page.get_by_label("Patient", exact=True).fill("Mia Lee")
    page.get_by_label("Service").select_option("Face, 30 minutes")
    page.get_by_label("Time", exact=True).fill("2:30 AM")
    assert press(page, "Book") == 422
    expect(page.locator("#id_time_error")).to_contain_text(
        "The clock is set forward on Sun, Mar 14, 2027: there is no 2:30 AM."
    )
    look("a time that never comes")
    page.get_by_label("Date", exact=True).fill("2027-11-07")
    page.get_by_label("Time", exact=True).fill("1:30 AM")
    assert press(page, "Book") == 422
    question = page.get_by_role("alert").filter(has_text="Which of the two is meant?")
    expect(question.get_by_role("button")).to_have_count(2)
    look("a time that comes twice", dark=True)
    question.get_by_role("button", name="1:30 AM CST").click()
    expect(page.locator("#notes")).to_contain_text("Booked: Mia Lee, Face, 30 minutes")
    expect(page.get_by_role("complementary", name="Visit")).to_contain_text("1:30–2:00 AM CST")
    assert Appointment.objects.get().starts_at == dt.datetime(2027, 11, 7, 7, 30, tzinfo=dt.UTC)
