"""The pages of an import, from the file to the rows that come back."""

from __future__ import annotations

import csv
import datetime as dt
import io
import re
import uuid
from collections.abc import Callable
from typing import Any

import pytest
import time_machine
from django.core.files.uploadedfile import SimpleUploadedFile
from django.core.management import call_command
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from bookings import queries
from bookings.models import ImportRun
from bookings.rules.importing.columns import SAME_FOR_TWO
from bookings.views.set_up.imports import twin_words
from clinic.models import AuditEvent, Patient, User
from tests import factories
from tests.bookings.importing import (
    VISIT_COLUMNS,
    VISITS,
    again,
    begin,
    csv_of,
    given,
    imported,
    person,
    verdicts,
    work,
)
from tests.cast import NOW, Cast

Enter = Callable[[User], Client]
PAGE = "/setup/import/"
NOON, NOON_HERE = NOW + dt.timedelta(hours=3), "12:00 PM"
pytestmark = pytest.mark.usefixtures("clock")


def upload(client: Client, content: bytes, name: str = "clients.csv", **typed: Any) -> Any:
    """A file as a browser sends it."""
    file = SimpleUploadedFile(name, content, "text/csv")
    return client.post(PAGE, {"kind": "patients", "file": file, "once": uuid.uuid4().hex} | typed)


def says(answer: Any) -> str:
    return " ".join(answer.content.decode().split())


def test_a_manager_brings_patients_from_another_system(cast: Cast, enter: Enter) -> None:
    client = enter(cast.manager)
    heads = (
        "ID,Last Name,First Name,Birthdate,Mobile Phone,Home Phone,Email,Postal Code,Phone,Phone"
    )
    rows = [
        "7,Berg,Ida,3/4/1990,512 555 0111,,i@example.org,78701,,",
        "8,Bad,Date,2/31/1990,,,x,,,",
    ]
    answer = upload(client, csv_of(*rows, heads=heads))
    run = ImportRun.objects.get()
    assert answer.headers["Location"] == f"{PAGE}{run.pk}/columns/"
    assert client.get(f"{PAGE}{run.pk}/").headers["Location"] == f"{PAGE}{run.pk}/columns/"
    page = client.get(f"{PAGE}{run.pk}/columns/")
    assert "Several columns are called “Phone”." in says(page)
    assert 'aria-current="true">Like Mindbody' in says(page)
    form = page.context["form"]
    chosen = {name: form[name].initial for name in form.names}
    assert [*chosen.values()][:5] == ["outside", "last_name", "first_name", "birth_date", "phone"]
    typed = {**chosen, "version": run.version, "date_order": "mdy", "once": "key-1"}
    answer = client.post(f"{PAGE}{run.pk}/columns/", typed)
    assert answer.headers["Location"] == f"{PAGE}{run.pk}/"
    page = client.get(f"{PAGE}{run.pk}/")
    assert "Import 1 row<" in says(page)
    assert "February 1990 has no day 31." in says(page)
    run = again(run)
    answer = client.post(f"{PAGE}{run.pk}/", {"version": run.version, "once": "key-2"})
    assert answer.status_code == 302
    assert 'hx-trigger="every 2s"' in says(client.get(f"{PAGE}{run.pk}/"))
    call_command("go_on_with_imports", verbosity=0)
    assert Patient.objects.filter(last_name="Berg").count() == 1
    assert "On file now" in says(client.get(f"{PAGE}{run.pk}/"))
    assert "clients.csv" in says(client.get(PAGE))


@pytest.mark.rule("P37")
def test_the_names_of_columns_run_nothing_either(cast: Cast, enter: Enter) -> None:
    heads = "=cmd|' /C calc'!A0,'@x,Last name,DOB,Phone,Email"
    run = imported(cast, csv_of("7,Ida,Berg,2/31/1990,,", heads=heads))
    answer = enter(cast.manager).get(f"{PAGE}{run.pk}/rejects/")
    text = b"".join(answer.streaming_content).decode("utf-8-sig")  # type: ignore[attr-defined]
    head = next(csv.reader(io.StringIO(text)))
    assert head[2:5] == ["'=cmd|' /C calc'!A0", "'@x", "Last name"]


def test_the_rows_that_were_not_taken_come_back_as_they_were(cast: Cast, enter: Enter) -> None:
    bad = ["=cmd|calc", '"Berg, ""Ida"""', "2/31/1990", "+1 512 555 0111", "@x"]
    run = imported(cast, csv_of(person(1), f"7,{','.join(bad)}"))
    answer = enter(cast.manager).get(f"{PAGE}{run.pk}/rejects/")
    text = b"".join(answer.streaming_content).decode("utf-8-sig")  # type: ignore[attr-defined]
    head, row = csv.reader(io.StringIO(text))
    assert head[:4] == ["Row", "Reason", "ID", "First name"]
    assert row == [
        "3",
        "“2/31/1990” is not a date: February 1990 has no day 31.",
        "7",
        "'=cmd|calc",
        'Berg, "Ida"',
        "2/31/1990",
        "'+1 512 555 0111",
        "'@x",
    ]
    assert AuditEvent.objects.filter(action="import.export").count() == 1
    # The file that came back is given again: the marks are none of what it says.
    second = given(
        cast,
        text.replace("2/31/1990", "2/3/1990").replace("@x", "a@b.co").encode(),
        columns=["", "", "outside", "first_name", "last_name", "birth_date", "phone", "email"],
    )
    assert second.lines.get().values.startswith('{"first_name": "=cmd|calc"')


@pytest.mark.parametrize(
    ("content", "name", "sentence"),
    [
        (b"", "empty.csv", "The file is empty."),
        (b"%PDF-1.4 x", "clients.csv", "This is a PDF, not a table."),
        (b"PK\x03\x04zip", "clients.csv", "This is an Excel workbook or a ZIP file"),
        (b"a,b\n" + b"1,2\n" * 100_001, "clients.csv", "The file has over 100,000 rows"),
        (b"a,b\n1,2\n", "x" * 121 + ".csv", "longer than 120 characters"),
    ],
)
def test_a_file_that_is_no_table_is_refused_beside_its_field(
    cast: Cast, enter: Enter, content: bytes, name: str, sentence: str
) -> None:
    answer = upload(enter(cast.manager), content, name)
    assert answer.status_code == 422
    assert sentence in says(answer)
    assert not ImportRun.objects.exists()


def test_a_file_over_the_limit_is_refused_and_only_here_may_it_be_large(
    cast: Cast, enter: Enter
) -> None:
    client = enter(cast.manager)
    answer = upload(client, b"a,b\n" + b"1,2\n" * 5_100_000)
    assert answer.status_code == 422
    assert "The file has 20.4 MB; an import takes 20." in says(answer)
    assert upload(client, b"a" * 21_100_000).status_code == 413
    file = SimpleUploadedFile("x.csv", b"a" * 1_100_000)
    assert client.post("/setup/rooms/add/", {"file": file}).status_code == 413


def test_no_file_and_no_kind_are_said(cast: Cast, enter: Enter) -> None:
    answer = enter(cast.manager).post(PAGE, {"once": "key-1"})
    assert answer.status_code == 422
    assert "Say what stands in the file." in says(answer)
    assert "Choose the file that the other system exported." in says(answer)


def test_columns_that_make_no_patient_are_refused_and_stay_chosen(cast: Cast, enter: Enter) -> None:
    client = enter(cast.manager)
    upload(client, csv_of(person(1)))
    run = ImportRun.objects.get()
    typed = {f"column_{n}": "" for n in range(1, 7)} | {"column_1": "phone", "column_2": "phone"}
    typed |= {"version": str(run.version), "date_order": "mdy", "once": "key-1"}
    answer = client.post(f"{PAGE}{run.pk}/columns/", typed)
    assert answer.status_code == 422
    assert "Phone is chosen for two columns." in says(answer)
    assert '<option value="phone" selected>' in says(answer)
    strange = client.post(f"{PAGE}{run.pk}/columns/", typed | {"column_3": "rights"})
    assert strange.status_code == 422


@pytest.mark.rule("P18")
def test_watching_an_import_keeps_no_session_open(
    cast: Cast, enter: Enter, clock: time_machine.Traveller
) -> None:
    run = begin(cast, given(cast, csv_of(person(1), person(2))))
    client = enter(cast.manager)
    client.get(f"{PAGE}{run.pk}/")
    seen = client.session["seen_at"]
    clock.shift(60)
    answer = client.get(f"{PAGE}{run.pk}/progress/", headers={"X-Background": "1"})
    assert "0 of 2 rows" in says(answer)
    assert client.session["seen_at"] == seen
    work()
    answer = client.get(f"{PAGE}{run.pk}/progress/", headers={"X-Background": "1"})
    assert (answer.status_code, answer.headers["HX-Refresh"]) == (204, "true")


def test_who_may_be_on_file_is_shown_to_whoever_may_see_patients(cast: Cast, enter: Enter) -> None:
    run = given(cast, csv_of("1,Mia,Lee,3/3/1991,,m@example.org", person(2)))
    page = says(enter(cast.manager).get(f"{PAGE}{run.pk}/?show=on_file"))
    assert f'href="/patients/{cast.mia.pk}/">PT-000001</a>, <bdi>Mia Lee, born' in page
    assert "Import 1 row<" in page
    row = run.lines.get(verdict="on_file")
    assert queries.who_is_on_file(run, [row]) == {row.pk: [cast.mia]}
    assert twin_words(cast.mia, named=False) == {
        "code": "PT-000001",
        "key": None,
        "who": f"M. L., {cast.mia.birth_date.year}",
    }


def test_the_counts_of_an_import_add_up(cast: Cast, enter: Enter) -> None:
    run = given(cast, csv_of(person(1), person(2), person(1), "7,,Berg,2/31/1990,,"))
    page = says(enter(cast.manager).get(f"{PAGE}{run.pk}/"))
    assert "Repeated" in page
    assert "Imported before" not in page
    run = begin(cast, run)
    page = says(enter(cast.manager).get(f"{PAGE}{run.pk}/progress/"))
    assert "0 of 2 rows: 0 imported, 0 not." in page


def test_who_may_be_on_file_is_decided_row_by_row(cast: Cast, enter: Enter) -> None:
    client = enter(cast.manager)
    run = given(cast, csv_of("1,Mia,Lee,3/3/1991,,m@example.org"))
    page = f"{PAGE}{run.pk}/"
    assert "PT-000001" in says(client.get(f"{page}?show=on_file"))
    typed = {"row": str(run.lines.get().pk), "choice": "other", "once": "key-1"}
    answer = client.post(f"{page}choose/?show=on_file&page=1", typed)
    assert answer.headers["Location"] == f"{page}?show=on_file&page=1"
    assert run.lines.get().choice == "other"
    assert client.post(f"{page}choose/", typed | {"row": str(uuid.uuid4())}).status_code == 404
    assert client.post(f"{page}choose/", {"choice": "all"}).status_code == 422
    begin(cast, again(run))
    late = client.post(f"{page}choose/", typed | {"once": "key-3"})
    assert (late.status_code, "nothing to decide" in says(late)) == (422, True)


def test_a_file_is_dropped_from_its_page(cast: Cast, enter: Enter) -> None:
    client = enter(cast.manager)
    run = given(cast, csv_of(person(1)))
    stale = client.post(f"{PAGE}{run.pk}/discard/", {"version": "1", "once": "key-1"})
    assert stale.status_code == 409
    answer = client.post(f"{PAGE}{run.pk}/discard/", {"version": run.version, "once": "key-2"})
    assert answer.headers["Location"] == PAGE
    assert "clients.csv is dropped." in says(client.get(PAGE))
    assert client.get(f"{PAGE}{run.pk}/").status_code == 404


def test_the_same_file_is_told_before_anything_is_done(cast: Cast, enter: Enter) -> None:
    content = csv_of(person(1))
    imported(cast, content)
    client = enter(cast.manager)
    answer = upload(client, content)
    assert "This file was imported on" in says(client.get(answer.headers["Location"]))
    run = given(cast, content)
    assert verdicts(run) == {"again": 1}
    page = says(client.get(f"{PAGE}{run.pk}/"))
    assert "No row of this file can be imported as it is" in page
    assert client.get(f"{PAGE}{run.pk}/?page=9").status_code == 404
    assert "No rows" in says(client.get(f"{PAGE}{run.pk}/?show=rejected"))


def test_a_stopped_import_says_why_and_goes_on(
    cast: Cast, enter: Enter, monkeypatch: pytest.MonkeyPatch
) -> None:
    run = begin(cast, given(cast, csv_of(person(1))))
    monkeypatch.setattr(cast.manager.__class__, "can", lambda *_: False)
    work()
    monkeypatch.undo()
    client = enter(cast.manager)
    assert "may not import this any more" in says(client.get(f"{PAGE}{run.pk}/"))
    typed = {"version": again(run).version, "once": "key-1"}
    assert client.post(f"{PAGE}{run.pk}/", typed).status_code == 302
    work()
    assert again(run).state == "done"


@pytest.mark.rule("R54")
def test_the_administrator_imports_who_comes_and_never_what_for(cast: Cast, enter: Enter) -> None:
    client = enter(cast.administrator)
    assert "Appointments" not in says(client.get(PAGE))
    assert upload(client, csv_of(person(1)), kind="appointments").status_code == 422
    visits = given(
        cast,
        csv_of("1,12/1/2026,9:00,Face,Ana", heads=VISITS),
        kind="appointments",
        columns=VISIT_COLUMNS,
    )
    assert client.get(f"{PAGE}{visits.pk}/").status_code == 404
    patients = given(cast, csv_of(person(1)))
    assert client.get(f"{PAGE}{patients.pk}/").status_code == 200
    done = imported(cast, csv_of(person(2)))
    patient = done.lines.get().patient
    assert patient is not None
    card = f"/patients/{patient.pk}/"
    assert card not in says(client.get(f"{PAGE}{done.pk}/"))
    assert card in says(enter(cast.manager).get(f"{PAGE}{done.pk}/"))


@pytest.mark.rule("P35")
def test_the_rows_of_an_import_cost_the_same_however_many(cast: Cast, enter: Enter) -> None:
    client = enter(cast.manager)
    counted = []
    for first, rows in ((0, 1), (100, 3), (200, 30)):
        run = imported(cast, csv_of(*(person(first + n) for n in range(rows))))
        client.get(f"{PAGE}{run.pk}/")
        with CaptureQueriesContext(connection) as caught:
            client.get(f"{PAGE}{run.pk}/")
        counted.append(len(caught))
    assert counted[0] == counted[1] == counted[2] <= 15


def test_a_start_beside_a_date_is_its_time(cast: Cast, enter: Enter) -> None:
    client = enter(cast.manager)
    heads = "Client ID,Date,Start,Service"
    upload(client, csv_of("7,11/24/2026,3:00 PM,face-45", heads=heads), kind="appointments")
    run = ImportRun.objects.get()
    form = client.get(f"{PAGE}{run.pk}/columns/").context["form"]
    chosen = {name: form[name].initial for name in form.names}
    assert [*chosen.values()] == ["outside", "day", "time", "service"]
    both = chosen | {"column_3": "starts"}
    typed = {"version": run.version, "date_order": "mdy", "once": "key-1"}
    answer = client.post(f"{PAGE}{run.pk}/columns/", {**both, **typed})
    assert answer.status_code == 422
    assert [*answer.context["form"].errors] == ["column_3"]
    assert "A visit starts by “Date” and “Time”, or by" in says(answer)
    twice = chosen | {"column_1": "day", "column_4": "starts"}
    answer = client.post(f"{PAGE}{run.pk}/columns/", {**twice, **typed})
    assert answer.context["form"].errors == {"column_2": [SAME_FOR_TWO.format(what="Date")]}
    nobody = both | {"column_1": ""}
    answer = client.post(f"{PAGE}{run.pk}/columns/", {**nobody, **typed})
    assert [*answer.context["form"].errors] == ["__all__"]
    assert "Choose a column that says who comes" in says(answer)
    answer = client.post(f"{PAGE}{run.pk}/columns/", {**chosen, **typed, "once": "key-2"})
    assert answer.headers["Location"] == f"{PAGE}{run.pk}/"


def test_whoever_has_the_visit_already_is_named_once(cast: Cast, enter: Enter) -> None:
    patient = cast.mia
    factories.appointment(
        patient=patient, practitioner=cast.ana, service=cast.service, room=cast.room,
        device=cast.device, starts_at=NOON, by=cast.reception,
    )  # fmt: skip
    row = f"{patient.code},11/24/2026,{NOON_HERE},face-45"
    heads = ["number", "day", "time", "service"]
    content = csv_of(row, heads="Number,Date,Time,Service")
    run = given(cast, content, kind="appointments", columns=heads)
    answer = enter(cast.manager).get(f"{PAGE}{run.pk}/")
    why = re.search(r'data-label="Why">(.*?)</td>', says(answer))
    assert why is not None
    said = re.sub(r"<.*?>", "", why[1]).strip()
    assert said == f"{patient.code}: A visit is booked for then already."
