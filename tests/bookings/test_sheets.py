"""A day on paper: the PDFs, who may have them, and the one that is put away by itself."""

from __future__ import annotations

import datetime as dt
import io
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import time_machine
from django.core.management import call_command
from django.test import Client
from django.urls import reverse
from pypdf import PdfReader

from bench import world
from bookings.operations import book
from clinic import printing
from clinic.models import AuditEvent, User
from clinic.printing import CannotPrint, pdf_of
from tests import factories
from tests.cast import NOW, TODAY, Cast

Enter = Callable[[User], Client]
pytestmark = pytest.mark.usefixtures("clock")


def pages(content: bytes) -> list[str]:
    """What stands on each page."""
    return [" ".join(page.extract_text().split()) for page in PdfReader(io.BytesIO(content)).pages]


def booked(cast: Cast, **given: Any) -> Any:
    """A visit with Ana."""
    values = {"clinic": cast.clinic, "practitioner": cast.ana, "service": cast.service}
    return book(**(values | given), by=cast.reception, at=NOW)


def address(what: str, day: dt.date = TODAY) -> str:
    return reverse("day-sheet", args=[day, what])


@pytest.mark.timeout(300)
def test_all_visits_of_a_full_day_stand_on_one_sheet(cast: Cast, enter: Enter) -> None:
    full = world.build("full", lanes=10, visits=16, password="not for a clinic")
    names = {patient.last_name for patient in full.patients}
    answer = enter(full.clerk).get(address("picture", full.day))
    assert answer["Content-Type"] == "application/pdf"
    (page,) = pages(answer.content)
    said = "160 visits." in page
    assert said
    booked = {
        one.patient.last_name
        for one in full.clinic.appointments.filter(local_date=full.day).select_related("patient")
    }
    assert booked <= names
    assert {name for name in booked if name not in page} == set()
    sheet = PdfReader(io.BytesIO(answer.content)).pages[0].mediabox
    assert (round(sheet.width), round(sheet.height)) == (792, 612)


@pytest.mark.parametrize(("paper", "size"), [("a4", (842, 595)), ("a3", (1191, 842))])
def test_other_papers_are_printed_on_their_side_too(
    cast: Cast, enter: Enter, paper: str, size: tuple[int, int]
) -> None:
    answer = enter(cast.reception).get(address("picture"), {"paper": paper})
    box = PdfReader(io.BytesIO(answer.content)).pages[0].mediabox
    assert (round(box.width), round(box.height)) == size
    assert enter(cast.reception).get(address("picture"), {"paper": "a9"}).status_code == 404


@pytest.mark.rule("P22")
def test_the_outage_sheet_names_phones_and_leaves_a_line_in_the_audit(
    cast: Cast, enter: Enter
) -> None:
    visit = booked(cast, starts_at=NOW + dt.timedelta(hours=2), patient=cast.mia)
    content = enter(cast.reception).get(address("outage")).content
    picture, listed = pages(content)
    assert "Lee, Mia" in picture
    assert cast.mia.phone.as_national in listed
    assert cast.mia.phone.as_national not in picture
    assert visit.service.name in listed
    event = AuditEvent.objects.get(action="day.print_outage")
    assert (event.actor_name, event.chain) == (cast.reception.name, cast.clinic.pk.hex)


def test_who_may_not_see_patients_prints_the_picture_and_not_their_phones(
    cast: Cast, enter: Enter
) -> None:
    client = enter(cast.esthetician)
    assert client.get(address("picture")).status_code == 200
    assert client.get(address("outage")).status_code == 403
    refused = AuditEvent.objects.get(action="page.open", outcome="refused")
    assert (refused.actor_name, refused.rule) == (cast.esthetician.name, "R54")
    page = client.get(reverse("day-print", args=[TODAY])).content.decode()
    assert "The day on one sheet" in page
    assert "For an outage" not in page


def test_a_license_that_ends_soon_is_marked_as_on_the_board(cast: Cast, enter: Enter) -> None:
    cast.ana_license.expires_on = TODAY + dt.timedelta(days=12)
    cast.ana_license.write()
    booked(cast, patient=cast.mia, starts_at=NOW + dt.timedelta(hours=3))
    (page, *_rest) = pages(enter(cast.reception).get(address("picture")).content)
    said = " ".join(page.split())
    assert "Ana Ruiz LE*" in said
    assert "* The license of Ana Ruiz ends in 12 days, on Sun, Dec 6, 2026." in said


def test_a_day_without_anyone_is_said_on_paper(cast: Cast, enter: Enter) -> None:
    content = enter(cast.reception).get(address("picture", dt.date(2001, 1, 1))).content
    assert "Nobody works on this day" in pages(content)[0]


def test_a_name_is_printed_as_it_is_and_opens_nothing(cast: Cast, enter: Enter) -> None:
    who = factories.patient(
        cast.clinic, "<img src=file:///etc/passwd>", "{{7*7}}", by=cast.reception
    )
    booked(cast, starts_at=NOW + dt.timedelta(hours=2), patient=who)
    picture, listed = pages(enter(cast.reception).get(address("outage")).content)
    assert "{{7*7}}" in picture
    assert "<img src=file:///etc/passwd>" in listed.replace("/ passwd", "/passwd")
    assert "root:" not in listed


def test_a_server_without_pango_says_what_to_install_and_runs_on(
    cast: Cast, enter: Enter, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(printing.ctypes.util, "find_library", lambda name: None)
    client = enter(cast.reception)
    answer = client.get(reverse("day-print", args=[TODAY]))
    assert answer.status_code == 200
    assert "libpango-1.0-0" in answer.content.decode()
    assert client.get(reverse("day-on", args=[TODAY])).status_code == 200


def test_a_layout_that_fails_is_said_in_words(
    cast: Cast, enter: Enter, monkeypatch: pytest.MonkeyPatch
) -> None:
    def late(*_given: Any, **_named: Any) -> Any:
        raise subprocess.TimeoutExpired("layout", 90)

    monkeypatch.setattr(printing.subprocess, "run", late)
    answer = enter(cast.reception).get(address("picture"))
    assert answer.status_code == 422
    assert "took too long" in answer.content.decode()


def test_a_page_may_refer_to_nothing_and_knows_no_secret(tmp_path: Path) -> None:
    secret = tmp_path / "secret.txt"
    secret.write_text("the key of the audit")
    html = (
        f'<link rel="stylesheet" href="file://{secret}"><img src="http://127.0.0.1:9/x.png">'
        f'<object data="file://{secret}"></object><p>Day</p>'
    )
    (page,) = pages(pdf_of(html, css="p { font-size: 9pt; }"))
    assert page == "Day"


def test_what_is_no_page_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(printing.sys, "executable", "/bin/false")
    with pytest.raises(CannotPrint, match="could not be laid out"):
        pdf_of("<p>Day</p>", css="")


def test_tomorrows_sheet_is_put_away_at_closing_time_once_and_for_nobody_else(
    cast: Cast, settings: Any, tmp_path: Path, clock: time_machine.Traveller
) -> None:
    settings.VAR_DIR = tmp_path
    tomorrow = TODAY + dt.timedelta(days=1)
    booked(cast, starts_at=NOW + dt.timedelta(days=1, hours=2), patient=cast.mia)
    folder = tmp_path / "outage" / cast.clinic.code
    folder.mkdir(parents=True)
    (folder / "2026-11-01.pdf").write_bytes(b"old")
    call_command("keep_outage_sheets", verbosity=0)
    assert [one.name for one in folder.glob("*")] == ["2026-11-01.pdf"]
    closes = cast.clinic.hours[TODAY.weekday()][-1][1]
    clock.move_to(dt.datetime.combine(TODAY, dt.time(closes // 60), tzinfo=cast.clinic.zone))
    call_command("keep_outage_sheets", verbosity=0)
    (kept,) = folder.glob("*")
    assert kept.name == f"{tomorrow.isoformat()}.pdf"
    assert kept.stat().st_mode & 0o077 == 0
    second = pages(kept.read_bytes())[1]
    assert "Lee, Mia" in second
    assert "11:00 AM" in second
    written = kept.stat().st_mtime_ns
    call_command("keep_outage_sheets", verbosity=0)
    assert kept.stat().st_mtime_ns == written
    events = AuditEvent.objects.filter(action="day.keep_outage", chain=cast.clinic.pk.hex)
    assert events.count() == 1


def test_a_sheet_made_by_itself_is_written_in_the_way_of_its_clinic(
    cast: Cast, settings: Any, tmp_path: Path, clock: time_machine.Traveller
) -> None:
    settings.VAR_DIR = tmp_path
    cast.clinic.locale = "en-GB"
    cast.clinic.write(only=["locale"])
    booked(cast, starts_at=NOW + dt.timedelta(days=1, hours=5), patient=cast.mia)
    clock.move_to(dt.datetime.combine(TODAY, dt.time(20), tzinfo=cast.clinic.zone))
    call_command("keep_outage_sheets", verbosity=0)
    (kept,) = (tmp_path / "outage" / cast.clinic.code).glob("*")
    picture, listed = pages(kept.read_bytes())
    assert "Wed, 25 Nov 2026" in picture
    assert "14:00 13:35 Lee, Mia PT-000001 3 Mar 1991" in listed
    assert not [one for one in (picture, listed) if " PM" in one]
