"""Visits from a file: who, when, what, to whom; each booked as at the desk or refused as there."""

from __future__ import annotations

import datetime as dt
from typing import Any

import pytest

from bookings import operations
from bookings.models import Appointment
from bookings.operations.imports import visits
from clinic.models import Message
from clinic.refusals import NotAllowed
from tests import factories
from tests.bookings.importing import (
    VISIT_COLUMNS,
    VISITS,
    begin,
    csv_of,
    given,
    imported,
    reasons,
    verdicts,
    work,
)
from tests.cast import NOW, Cast

PEOPLE = [
    "71,Ida,Berg,3/4/1990,512 555 0111,ida@example.org",
    "72,Uwe,Kern,5/6/1980,,u@example.org",
]


def visits_of(*rows: str) -> bytes:
    return csv_of(*rows, heads=VISITS)


def booked() -> list[tuple[str, str, str]]:
    """Who comes when to whom, by the clinic's clock."""
    return [
        (one.patient.name, f"{one.clinic.local(one.starts_at):%m/%d %H:%M}", one.practitioner.name)
        for one in Appointment.objects.order_by("starts_at", "pk")
    ]


@pytest.fixture
def people(cast: Cast) -> Cast:
    imported(cast, csv_of(*PEOPLE))
    return cast


def test_future_visits_are_booked_for_the_people_of_the_first_file(people: Cast) -> None:
    run = imported(
        people,
        visits_of(
            '71,12/1/2026,9:30 AM,"Face, 45 minutes",Ana Ruiz',
            '72,12/1/2026,13:00,face-30,"Ruiz, Ana"',
        ),
        kind="appointments",
    )
    assert verdicts(run) == {"imported": 2}
    assert booked() == [
        ("Ida Berg", "12/01 09:30", "Ana Ruiz"),
        ("Uwe Kern", "12/01 13:00", "Ana Ruiz"),
    ]
    # They know of it from the other system; the reminder comes the day before.
    assert not Message.objects.exists()


def test_a_confirmation_goes_out_where_it_is_asked_for(people: Cast) -> None:
    run = given(people, visits_of("71,12/1/2026,9:30,face-45,Ana"), kind="appointments")
    operations.start_import(
        run=run, version=run.version, twins="skip", tells=True, by=people.manager, at=NOW
    )
    work()
    assert Message.objects.get().to == "ida@example.org"


def test_each_row_that_cannot_be_booked_says_why_before(people: Cast) -> None:
    factories.patient(people.clinic, "Ida", "Berg", by=people.manager)
    run = given(
        people,
        visits_of(
            "99,12/1/2026,9:30,face-45,Ana",
            "71,12/1/2026,9:30,Massage,Ana",
            "71,12/1/2026,9:30,face-45,Zoe",
            "71,12/5/2026,9:30,face-45,Ana",
            "71,12/1/2020,9:30,face-45,Ana",
            "71,12/1/2026,9:30,face-45,Lena Brandt",
            "71,2/31/2027,9:30,face-45,Ana",
            "71,12/1/2026,9:30,face-45,Ana",
            "71,12/1/2026,9:30,face-45,Ana",
        ),
        kind="appointments",
    )
    found = reasons(run)
    assert [one[1] for one in found] == ["rejected"] * 7 + ["ready", "again"]
    beginnings = [
        "No patient on file fits.",
        "No service here is called “Massage”.",
        "No practitioner here is called “Zoe”.",
        "Ana Ruiz is not at work",
        "This time is in the past.",
        "The TX license of Lena Brandt expires",
        "“2/31/2027” is not a date",
        "",
        "Row 9 says the same.",
    ]
    for (_line, _verdict, reason), begins in zip(found, beginnings, strict=True):
        assert reason.startswith(begins), reason


@pytest.mark.parametrize(
    ("heads", "columns", "row", "found"),
    [
        ("Client,Born", ["full_name", "birth_date"], "Ida Berg,3/4/1990", True),
        ("Client,Phone", ["full_name", "phone"], '"Berg, Ida",(512) 555-0111', True),
        ("Client,Email", ["full_name", "email"], "IDA BERG,Ida@Example.org", True),
        ("Number,x", ["number", ""], "PT-000004,x", True),
        ("Number,x", ["number", ""], "4,x", True),
        ("Client,Born", ["full_name", "birth_date"], "Ida Berg,3/5/1990", False),
        ("Client,Email", ["full_name", "email"], "Ida Berg,", False),
    ],
)
def test_a_patient_is_found_by_what_the_file_says_of_her(
    people: Cast, heads: str, columns: list[str], row: str, found: bool
) -> None:
    run = given(
        people,
        csv_of(f"{row},12/1/2026,9:30,face-45", heads=f"{heads},Date,Time,Service"),
        kind="appointments",
        columns=[*columns, "day", "time", "service"],
    )
    line = run.lines.select_related("patient").get()
    assert (line.verdict, line.patient and line.patient.name) == (
        ("ready", "Ida Berg") if found else ("rejected", None)
    )


def test_a_name_that_several_bear_is_never_guessed(people: Cast) -> None:
    born = dt.date(1990, 3, 4)
    factories.patient(people.clinic, "Ida", "Berg", by=people.manager, birth_date=born)
    run = given(
        people,
        csv_of("Ida Berg,3/4/1990,12/1/2026,9:30,face-45", heads="Client,Born,Date,Time,Service"),
        kind="appointments",
        columns=["full_name", "birth_date", "day", "time", "service"],
    )
    assert reasons(run)[0][2].startswith("Several patients fit: PT-000004, PT-000006.")


@pytest.mark.rule("R47")
def test_of_two_rows_for_one_time_the_first_has_it(people: Cast) -> None:
    rows = ["71,12/1/2026,9:30,face-45,Ana", "72,12/1/2026,9:45,face-45,Ana"]
    run = imported(people, visits_of(*rows), kind="appointments")
    assert verdicts(run) == {"imported": 1, "rejected": 1}
    assert reasons(run)[1][2].startswith("Ana Ruiz is busy")
    assert [one[0] for one in booked()] == ["Ida Berg"]


@pytest.mark.rule("P3")
def test_the_same_visits_twice_are_booked_once_also_when_one_was_cancelled(people: Cast) -> None:
    content = visits_of("71,12/1/2026,9:30,face-45,Ana", "72,12/1/2026,13:00,face-45,Ana")
    imported(people, content, kind="appointments")
    first = Appointment.objects.order_by("starts_at").first()
    assert first is not None
    operations.cancel(appointment=first, reason="Moved away", by=people.manager, at=NOW)
    run = given(people, content, kind="appointments")
    assert verdicts(run) == {"again": 2}


def test_a_row_that_fits_nobody_is_asked_only_for_what_it_lacks(people: Cast) -> None:
    columns = ["number", "full_name", "birth_date", "phone", "email", "day", "time", "service"]
    run = given(
        people,
        csv_of(
            ",Zoe Zahn,3/4/1990,512 555 0199,z@example.org,12/1/2026,9:30,face-45",
            ",Zoe Zahn,3/4/1990,512 555 0199,,12/1/2026,9:30,face-45",
            "99,Zoe Zahn,3/4/1990,,,12/1/2026,9:30,face-45",
            "99,,,,,12/1/2026,9:30,face-45",
            heads="Number,Name,DOB,Phone,Email,Date,Time,Service",
        ),
        kind="appointments",
        columns=columns,
    )
    register = "import or register the patient first."
    assert [one[2] for one in reasons(run)] == [
        "Nobody on file has this name with this birth date, phone or email. "
        + register.capitalize(),
        f"No patient on file fits. Add the email or the patient's number, or {register}",
        f"No patient on file fits. Add the phone or the email, or {register}",
        "No patient on file fits. Add the name with the birth date, the phone or the email, or "
        + register,
    ]


def test_what_is_booked_already_is_not_booked_again(people: Cast) -> None:
    run = given(people, visits_of("71,12/1/2026,9:30,face-45,Ana"), kind="appointments")
    ida = run.lines.get().patient
    operations.book(
        clinic=people.clinic,
        patient=ida,
        practitioner=people.ana,
        service=people.service,
        starts_at=dt.datetime(2026, 12, 1, 15, 30, tzinfo=dt.UTC),
        by=people.reception,
        at=NOW,
    )
    run = given(people, visits_of("71,12/1/2026,9:30,face-45,Ana,x"[:-2]), kind="appointments")
    assert reasons(run)[0][1:] == ("again", "A visit is booked for then already.")


def test_a_visit_that_was_booked_as_the_worker_died_is_not_booked_twice(
    people: Cast, monkeypatch: pytest.MonkeyPatch
) -> None:
    rows = ["71,12/1/2026,9:30,face-45,Ana", "72,12/1/2026,13:00,face-45,Ana"]
    run = begin(people, given(people, visits_of(*rows), kind="appointments"))

    class Killed(BaseException):
        pass

    real = visits.book

    def dies(**asked: Any) -> Appointment:
        real(**asked)
        raise Killed

    monkeypatch.setattr(visits, "book", dies)
    with pytest.raises(Killed):
        work()
    monkeypatch.undo()
    assert len(booked()) == 1
    work()
    assert verdicts(run) == {"imported": 2}
    assert len(booked()) == 2


@pytest.mark.rule("R54")
def test_only_who_books_imports_visits(people: Cast) -> None:
    with pytest.raises(NotAllowed, match="booking"):
        given(
            people,
            visits_of("71,12/1/2026,9:30,face-45,Ana"),
            kind="appointments",
            columns=VISIT_COLUMNS,
            by=people.administrator,
        )
