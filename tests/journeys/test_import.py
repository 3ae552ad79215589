"""A clinic brings its patients and their visits along from another system."""

from __future__ import annotations

import csv
from collections.abc import Callable
from pathlib import Path

from playwright.sync_api import Page, expect

from bookings.models import Appointment
from clinic.models import Patient
from tests.bookings.importing import work
from tests.cast import Cast
from tests.journeys.conftest import Look

# As a spreadsheet on an old Windows writes it: semicolons, its own encoding, quotes inside.
PEOPLE = (
    'ID;Last Name;First Name;Birthdate;Mobile Phone;Home Phone;Email;Postal Code;"Not ""asked"""\n'
    "7;Muñoz;Zoë;3/14/1990;512 555 0111;;zoe@example.org;78701;x\n"
    "8;Impossible;Day;2/31/1990;512 555 0112;;day@example.org;78701;=cmd|'/c calc'!A1\n"
    "9;{last};{first};{born};512 555 0113;;twin@example.org;78701;\n"
)
VISITS = (
    "Client ID,Date,Start Time,Service,Staff\n"
    '7,11/25/2026,10:00 AM,"Face, 30 minutes",Ana Ruiz\n'
    '7,11/25/2026,10:15 AM,"Face, 30 minutes",Ana Ruiz\n'
)


def give(page: Page, kind: str, name: str, content: bytes) -> None:
    """Hand over a file and come to the page of its columns."""
    page.goto("/setup/import/")
    page.get_by_label(kind, exact=True).check()
    page.get_by_label("File").set_input_files(
        {"name": name, "mimeType": "text/csv", "buffer": content}
    )
    page.get_by_role("button", name="Read the file").click()


def bring_in(page: Page, button: str) -> None:
    """Press the button that begins, and let the worker come by while the page waits."""
    page.get_by_role("button", name=button).click()
    expect(page.get_by_role("progressbar")).to_be_visible()
    work()
    expect(page.get_by_role("progressbar")).to_have_count(0)


def test_patients_and_their_visits_come_from_another_system(
    page: Page, look: Look, cast: Cast, seat: Callable[..., Page], tmp_path: Path
) -> None:
    seat(cast.manager, "/setup/")
    mia = cast.mia
    born = f"{mia.birth_date.month}/{mia.birth_date.day}/{mia.birth_date.year}"
    people = PEOPLE.format(last=mia.last_name, first=mia.first_name, born=born)
    give(page, "Patients", "clients.csv", people.encode("cp1252"))
    expect(page.get_by_role("heading", name="What do the columns mean?")).to_be_visible()
    expect(page.get_by_text("semicolons")).to_be_visible()
    look("columns of an import", dark=True)
    page.get_by_role("button", name="Check every row").click()

    expect(page.get_by_text("February 1990 has no day 31.")).to_be_visible()
    expect(page.get_by_role("row", name="May be on file")).to_contain_text(mia.code)
    look("an import that is checked", dark=True)
    page.get_by_label("What becomes of row 4").select_option("The same person")
    page.get_by_role("button", name="Set", exact=True).click()
    bring_in(page, "Import 1 row")
    expect(page.get_by_role("row", name="Taken as the same person")).to_contain_text(mia.code)
    look("an import that is done")
    zoe = Patient.objects.get(clinic=cast.clinic, last_name="Muñoz")
    assert zoe.first_name == "Zoë"
    assert Patient.objects.filter(birth_date=mia.birth_date, last_name=mia.last_name).count() == 1

    with page.expect_download() as rejects:
        page.get_by_role("link", name="Rows not taken, as CSV").click()
    rejects.value.save_as(tmp_path / "rejects.csv")
    with (tmp_path / "rejects.csv").open(encoding="utf-8-sig", newline="") as file:
        _heads, row = csv.reader(file)
    assert "February 1990 has no day 31." in " ".join(row)
    assert not any(cell.startswith("=") for cell in row)

    give(page, "Appointments", "visits.csv", VISITS.encode())
    page.get_by_role("button", name="Check every row").click()
    bring_in(page, "Import 2 rows")
    # Two rows want her at once: the first has her, the other is told why.
    expect(page.get_by_role("row", name="Rejected")).to_contain_text("Ana Ruiz")
    assert [one.patient for one in Appointment.objects.active().filter(patient=zoe)] == [zoe]
    page.goto("/day/2026-11-25/")
    expect(page.locator(".board .appt")).to_contain_text("Muñoz, Zoë")
