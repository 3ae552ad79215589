"""The unhappy twins: what the house says no to, and that the way out of it leads on."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from bookings import operations as desk_acts
from bookings.models import Appointment
from clinic import operations as building
from clinic.models import License, Patient
from tests.cast import NOW, PASSWORD, Cast
from tests.journeys.conftest import Look
from tests.journeys.desk import pick
from tests.journeys.people import choose, press, scan
from tests.treatments.visits import arrived, chart_at, fit_unit, later
from treatments import operations
from treatments.models import Cartridge, Treatment

Seat = Callable[..., Page]
ELEVEN = NOW + dt.timedelta(hours=2)


def ask_for(page: Page, patient: str, service: str = "Face, 30 minutes") -> None:
    page.get_by_label("Patient", exact=True).fill(patient)
    page.get_by_label("Service").select_option(service)


def suspend(cast: Cast, license: License) -> None:
    building.change_license_status(
        clinic=cast.clinic,
        license=license,
        status="suspended",
        reason="Letter of the board",
        by=cast.manager,
        at=NOW,
    )


@pytest.mark.rule("R25")
def test_whose_license_has_expired_is_shown_and_not_to_be_chosen(
    cast: Cast, seat: Seat, look: Look
) -> None:
    page = seat(cast.reception, "/appointments/new/")
    lena = page.get_by_role("option", name="Lena Brandt LE, not licensed that day")
    expect(lena).to_be_disabled()
    why = "The TX license of Lena Brandt expires on Mon, Nov 23, 2026."
    expect(page.locator("#practitioner-field")).to_contain_text(why)
    ask_for(page, "Mia Lee")
    expect(page.locator(".free-group").first).to_be_visible()
    expect(page.locator("#times")).not_to_contain_text("Lena Brandt")

    # Whoever gets past the field meets the same sentence.
    page.goto(f"/appointments/new/?practitioner={cast.lena.pk}")
    ask_for(page, "Mia Lee")
    expect(page.locator(".free-none")).to_contain_text(why)
    page.get_by_label("Time", exact=True).fill("11:00 AM")
    assert press(page, "Book") == 422
    refusal = page.locator("[data-refusal]")
    expect(refusal).to_contain_text(why)
    expect(refusal).to_contain_text("Choose another day or another practitioner.")
    expect(refusal).to_be_focused()
    expect(page.get_by_label("Patient", exact=True)).to_have_value("Mia Lee")
    expect(page.get_by_label("Time", exact=True)).to_have_value("11:00 AM")
    look("refused for the license", dark=True)
    assert not Appointment.objects.exists()


@pytest.mark.rule("R17")
def test_a_license_that_ended_after_the_booking_opens_no_chart(
    cast: Cast, seat: Seat, look: Look
) -> None:
    arrived(cast)
    page = seat(cast.esthetician, "/treatments/")
    suspend(cast, cast.ana_license)
    assert press(page, "Open chart of Mia Lee") == 422
    expect(page.get_by_role("alert")).to_contain_text("The TX license of Ana Ruiz is suspended.")
    look("refused to open a chart")
    assert not Treatment.objects.exists()


@pytest.mark.rule("R17")
def test_a_license_that_ended_after_the_opening_starts_nothing(
    cast: Cast, seat: Seat, look: Look, clock_shows: Callable[[str], None]
) -> None:
    chart = chart_at(cast, "numbed")
    suspend(cast, cast.ana_license)
    clock_shows("9:30")
    page = seat(cast.esthetician, f"/treatments/{chart.pk}/")
    page.get_by_label("The patient has said name and birth date").check()
    page.get_by_label("Screening is done and consent is signed, on paper").check()
    assert press(page, "Start treatment") == 422
    expect(page.get_by_role("alert")).to_contain_text("The TX license of Ana Ruiz is suspended.")
    look("refused to start")


@pytest.mark.rule("R3")
@pytest.mark.parametrize("by", ["the unit's code", "the maker's code"])
def test_an_expired_lot_is_not_opened(
    cast: Cast, seat: Seat, look: Look, clock_shows: Callable[[str], None], by: str
) -> None:
    chart = chart_at(cast, "started")
    old, good = cast.expired_lot.units.first(), fit_unit(cast)
    assert old
    code = old.unit_code if by == "the unit's code" else "]d2010952123454321310OLD1\x1d17261123"
    clock_shows("9:31")
    page = seat(cast.esthetician, f"/treatments/{chart.pk}/")
    assert scan(page, code) == 422
    band = page.locator(".verdict.is-refused")
    expect(band).to_contain_text("Do not use: expired")
    expect(band).to_contain_text("Lot OLD1 expired on Mon, Nov 23, 2026.")
    expect(band).to_contain_text("Take a unit of another lot, and waste this one.")
    look("expired lot", dark=True)
    # The next scan takes the place of the refused one, without a touch of the screen.
    scan(page, good.unit_code)
    expect(page.get_by_text(f"{good.unit_code} may be opened")).to_be_visible()


@pytest.mark.rule("R2")
def test_a_cartridge_is_not_used_twice(
    cast: Cast, seat: Seat, look: Look, clock_shows: Callable[[str], None]
) -> None:
    """Ana has opened one. The next is fit when Bo scans it, and she opens it before he does."""
    anas = chart_at(cast, "started")
    visit = arrived(
        cast,
        patient=cast.wang,
        practitioner=cast.bo,
        room=cast.second_room,
        device=cast.second_device,
    )
    bos = chart_at(cast, "started", visit)
    first, second, third = cast.lot.units.order_by("number")[:3]
    ana_opens(cast, anas, first)
    clock_shows("9:32")
    page = seat(cast.colleague, f"/treatments/{bos.pk}/")
    assert scan(page, first.unit_code) == 409
    said = "is open in another treatment."
    band = page.locator(".verdict.is-refused")
    for words in (
        "Do not use: opened already",
        f"{first.unit_code} {said}",
        "Compare the code that you typed with the sticker on the unit in your hand.",
    ):
        expect(band).to_contain_text(words)
    expect(band).not_to_contain_text("sharps")
    look("used before", dark=True)

    scan(page, second.unit_code)
    page.get_by_label("The pack is whole and the sterility indicator is good").check()
    operations.waste_unit(
        cartridge=first,
        reason="dropped",
        patient_contact=False,
        by=cast.esthetician,
        at=later(32),
    )
    ana_opens(cast, anas, second)
    assert press(page, f"Open {second.unit_code}") == 409
    expect(band).to_contain_text(f"{second.unit_code} {said}")
    scan(page, third.unit_code)
    page.get_by_label("The pack is whole and the sterility indicator is good").check()
    assert press(page, f"Open {third.unit_code}") == 200
    expect(page.get_by_role("heading", name="Passes", exact=True)).to_be_visible()


def ana_opens(cast: Cast, chart: Treatment, unit: Cartridge) -> None:
    operations.claim_unit(
        treatment=chart,
        unit_code=unit.unit_code,
        pack_intact=True,
        by=cast.esthetician,
        at=later(32),
    )
    unit.refresh_from_db()


@pytest.mark.rule("R47", "P2")
def test_a_slot_that_was_just_taken_is_answered_with_free_times(
    cast: Cast, seat: Seat, look: Look
) -> None:
    page = seat(cast.reception, "/appointments/new/")
    ask_for(page, "Mia Lee")
    page.get_by_label("Practitioner").select_option("Ana Ruiz LE")
    pick(page, "Ana Ruiz LE", "11:00 AM")
    desk_acts.book(
        clinic=cast.clinic,
        patient=cast.wang,
        practitioner=cast.ana,
        service=cast.short_service,
        starts_at=ELEVEN,
        by=cast.manager,
        at=NOW,
    )
    assert press(page, "Book") == 409
    refusal = page.locator("[data-refusal]")
    expect(refusal).to_contain_text("Ana Ruiz is busy at 11:00 AM.")
    expect(refusal.get_by_role("button")).to_have_count(3)
    expect(page.get_by_label("Patient", exact=True)).to_have_value("Mia Lee")
    look("slot taken", dark=True)
    free = refusal.get_by_role("button").first
    said = str(free.locator("strong").text_content())
    free.click()
    expect(page.locator("#notes")).to_contain_text("Booked: Mia Lee, Face, 30 minutes")
    visit = Appointment.objects.get(patient=cast.mia)
    local = cast.clinic.local(visit.starts_at)
    assert said == f"Tue, Nov 24, {local:%-I:%M %p}"
    assert visit.practitioner == cast.ana


@pytest.mark.rule("R46", "R51")
def test_nothing_is_signed_while_something_is_missing(
    cast: Cast, seat: Seat, look: Look, clock_shows: Callable[[str], None]
) -> None:
    chart = chart_at(cast, "needled")
    clock_shows("10:00")
    page = seat(cast.esthetician, f"/treatments/{chart.pk}/")
    page.get_by_text("Missing before signing").click()
    missing = page.get_by_role("list", name="Missing before signing")
    expect(missing.get_by_role("listitem")).to_have_count(2)
    assert forced_sign(page, chart) == 422
    page.get_by_role("button", name="Continue to finish").click()
    note = page.get_by_label("Note", exact=True)
    note.fill("Went well.")
    assert press(page, "Finish treatment") == 422
    expect(page.get_by_text("Still missing: aftercare handed over.")).to_be_visible()
    expect(note).to_have_value("Went well.")
    look("finish with something missing", dark=True)
    choose(page, "End point", "Uniform redness")
    page.get_by_label("Aftercare explained and handed over").check()
    assert press(page, "Finish treatment") == 200
    for typed, said in (
        ("", "Type your password to sign."),
        ("not the password", "This is not your password."),
    ):
        page.get_by_label("Password").fill(typed)
        assert press(page, "Sign the record") == 422
        expect(page.get_by_text(said)).to_be_visible()
        expect(page.get_by_label("Password")).to_be_focused()
    look("wrong password")
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Sign the record").click()
    expect(page.get_by_text("Contents unchanged since signing")).to_be_visible()
    expect(page.get_by_text("Went well.")).to_be_visible()


def forced_sign(page: Page, chart: Treatment) -> int:
    """Send the signature's form, which the page does not show yet."""
    token = page.locator("#chart input[name=csrfmiddlewaretoken]").first.input_value()
    form: dict[str, str | float | bool] = {
        "csrfmiddlewaretoken": token,
        "password": PASSWORD,
        "version": chart.version,
    }
    return page.request.post(f"/treatments/{chart.pk}/sign/", form=form).status


@pytest.mark.rule("P12")
def test_an_old_page_does_not_write_over_a_newer_text(
    cast: Cast, seat: Seat, look: Look, clock_shows: Callable[[str], None]
) -> None:
    chart = chart_at(cast, "finished")
    clock_shows("10:01")
    page = seat(cast.esthetician, f"/treatments/{chart.pk}/?step=finish")
    beside = page.context.new_page()
    beside.goto(page.url)
    beside.get_by_label("Note", exact=True).fill("Typed on the tablet.")
    assert press(beside, "Save correction") == 200
    note = page.get_by_label("Note", exact=True)
    note.fill("Typed at the desk.")
    assert press(page, "Save correction") == 409
    expect(page.get_by_role("alert")).to_contain_text("changed this record after you opened it")
    expect(page.get_by_text("There now: Typed on the tablet.")).to_be_visible()
    expect(note).to_have_value("Typed at the desk.")
    look("stale page", dark=True)
    assert press(page, "Save correction") == 200
    chart.refresh_from_db()
    assert chart.note == "Typed at the desk."


@pytest.mark.rule("P3")
def test_pressing_book_twice_books_once(cast: Cast, seat: Seat) -> None:
    page = seat(cast.reception, "/appointments/new/")
    page.get_by_text("Register a new patient").click()
    page.get_by_label("First name").fill("Dot")
    page.get_by_label("Last name").fill("Double")
    page.get_by_label("Birth date").fill("1990-01-01")
    page.get_by_label("Phone").fill("(512) 555-0177")
    page.get_by_label("Service").select_option("Face, 30 minutes")
    page.get_by_label("Time", exact=True).fill("11:00 AM")
    page.get_by_role("button", name="Book", exact=True).dblclick()
    expect(page.locator("#notes")).to_contain_text("Booked: Dot Double")
    assert Appointment.objects.count() == 1
    assert Patient.objects.filter(last_name="Double").count() == 1
