"""Imports side by side: one bad row, one slow file or one fault keeps nobody else waiting."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from itertools import count
from typing import Any

import pytest
from django.db import OperationalError, connection
from django.test.utils import CaptureQueriesContext

from bookings import operations
from bookings.models import Appointment, ImportRow, ImportRun
from bookings.operations.imports import checking, going_on, people, visits
from bookings.operations.imports.ground import ROW_FAULT
from bookings.rules.importing import FileGiven
from clinic.models import Patient, RoleAssignment, User
from clinic.permissions import Role
from clinic.refusals import Refusal
from tests import factories
from tests.bookings.importing import (
    COLUMNS,
    VISIT_COLUMNS,
    VISITS,
    again,
    begin,
    csv_of,
    given,
    imported,
    person,
    reasons,
    verdicts,
    work,
)
from tests.cast import NOW, Cast

IDA = "71,Ida,Berg,3/4/1990,512 555 0111,ida@example.org"


def to_check(cast: Cast, content: bytes, *, kind: str = "patients") -> ImportRun:
    """A file whose columns are chosen and that nobody has looked at yet."""
    acts: dict[str, Any] = {"by": cast.manager, "at": NOW}
    run = operations.upload_import(
        clinic=cast.clinic, kind=kind, file=FileGiven("clients.csv", content), **acts
    )
    columns = COLUMNS if kind == "patients" else VISIT_COLUMNS
    return operations.choose_columns(
        run=run, version=run.version, columns=columns, date_order="mdy", **acts
    )


@pytest.fixture
def slow(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Each look at the clock of a check is a second later, so that a slice is a few rows."""
    ticks = count()
    monkeypatch.setattr(checking, "monotonic", lambda: float(next(ticks)))
    return iter(())


@pytest.mark.parametrize("day", ["12/31/9999", "1/1/0001", "12/31/2200", "1/1/1899"])
def test_a_visit_at_the_end_of_time_is_rejected_and_the_others_are_not(
    cast: Cast, day: str
) -> None:
    imported(cast, csv_of(IDA))
    rows = [f"71,{day},11:59 PM,face-45,Ana Ruiz", "71,12/1/2026,9:30 AM,face-45,Ana Ruiz"]
    run = given(cast, csv_of(*rows, heads=VISITS), kind="appointments")
    assert verdicts(run) == {"rejected": 1, "ready": 1}
    assert reasons(run)[0][2] == f"“{day}” is not a day on which anybody comes."


def test_a_number_of_thousands_of_digits_is_nobodys(cast: Cast) -> None:
    imported(cast, csv_of(IDA))
    rows = [f"{number},12/1/2026,9:30 AM,face-45,Ana" for number in ("PT-000004", "1" * 4500)]
    run = given(
        cast,
        csv_of(*rows, heads="Patient number,Date,Time,Service,Provider"),
        kind="appointments",
        columns=["number", "day", "time", "service", "practitioner"],
    )
    assert verdicts(run) == {"ready": 1, "rejected": 1}
    assert reasons(run)[1][2].startswith("No patient on file fits.")


def test_whatever_goes_wrong_with_a_row_in_the_check_rejects_that_row(
    cast: Cast, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    real = checking.read_person

    def breaks(cells: dict[str, str], **how: Any) -> dict[str, str]:
        if cells["first_name"] == "First2":
            raise OverflowError("Berg, 3/4/1990")
        return real(cells, **how)

    monkeypatch.setattr(checking, "read_person", breaks)
    run = given(cast, csv_of(*(person(n) for n in range(4))))
    assert verdicts(run) == {"ready": 3, "rejected": 1}
    assert reasons(run)[2] == (4, "rejected", ROW_FAULT)
    assert "OverflowError at " in caplog.text
    assert "Berg" not in caplog.text  # what stands in a row is no part of the log


def test_whatever_goes_wrong_with_a_row_in_the_import_rejects_that_row(
    cast: Cast, monkeypatch: pytest.MonkeyPatch
) -> None:
    run = begin(cast, given(cast, csv_of(*(person(n) for n in range(4)))))
    real = people.person_of

    def breaks(values: dict[str, str], run: ImportRun) -> Patient:
        if values["first_name"] == "First2":
            raise ArithmeticError
        return real(values, run)

    monkeypatch.setattr(people, "person_of", breaks)
    work()
    assert (again(run).state, verdicts(run)) == ("done", {"imported": 3, "rejected": 1})


def test_whatever_goes_wrong_with_a_visit_rejects_that_row(
    cast: Cast, monkeypatch: pytest.MonkeyPatch
) -> None:
    imported(cast, csv_of(IDA))
    rows = [f"71,12/{day}/2026,9:30 AM,face-45,Ana" for day in (1, 2)]
    run = begin(cast, given(cast, csv_of(*rows, heads=VISITS), kind="appointments"))
    real = visits.book

    def breaks(**asked: Any) -> Appointment:
        if asked["starts_at"].day == 1:
            raise OverflowError
        return real(**asked)

    monkeypatch.setattr(visits, "book", breaks)
    work()
    assert reasons(run) == [(2, "rejected", ROW_FAULT), (3, "imported", "")]


def test_a_database_that_is_away_rejects_no_row_and_stops_no_import(
    cast: Cast, monkeypatch: pytest.MonkeyPatch
) -> None:
    imported(cast, csv_of(IDA))
    row = "71,12/1/2026,9:30 AM,face-45,Ana"
    run = given(cast, csv_of(row, heads=VISITS), kind="appointments")
    patients = begin(cast, given(cast, csv_of(person(1))))
    run = begin(cast, run)

    def away(**_asked: Any) -> Appointment:
        raise Refusal("The system is busy.", rule="P2") from OperationalError("database is locked")

    monkeypatch.setattr(visits, "book", away)
    monkeypatch.setattr(going_on, "import_patients", away)
    operations.go_on_with_imports(at=NOW, seconds=60)
    assert {again(run).state, again(patients).state} == {"running"}
    monkeypatch.undo()
    work()
    assert (verdicts(run), verdicts(patients)) == ({"imported": 1}, {"imported": 1})


@pytest.mark.parametrize("state", ["checking", "running"])
def test_an_import_that_fails_stops_and_the_others_go_on(
    cast: Cast, monkeypatch: pytest.MonkeyPatch, state: str
) -> None:
    bad, good = (to_check(cast, csv_of(person(n))) for n in (1, 2))
    if state == "running":
        work()
        bad, good = begin(cast, again(bad)), begin(cast, again(good))
    step = {"checking": "check_file", "running": "_go_on"}[state]
    real = getattr(going_on, step)

    def breaks(run: ImportRun, *given: Any, **named: Any) -> Any:
        if run.pk == bad.pk:
            raise OverflowError
        return real(run, *given, **named)

    monkeypatch.setattr(going_on, step, breaks)
    work()
    stopped = again(bad)
    assert stopped.stopped_because == going_on.FAULT
    assert (stopped.state, again(good).state) == (
        ("uploaded", "checked") if state == "checking" else ("stopped", "done")
    )


@pytest.mark.usefixtures("slow")
@pytest.mark.parametrize("kind", ["patients", "appointments"])
def test_a_check_goes_on_where_its_time_was_over(cast: Cast, kind: str) -> None:
    if kind == "patients":
        twin = person(0).replace("p0@", "q0@")
        content = csv_of(*(person(n) for n in range(8)), person(0), twin)
        found = [*(["ready"] * 8), "again", "in_file"]
    else:
        imported(cast, csv_of(IDA))
        rows = [f"71,12/1/2026,{hour}:30 AM,face-45,Ana" for hour in (9, 10, 9, 10)]
        content, found = csv_of(*rows, heads=VISITS), ["ready", "ready", "again", "again"]
    run = to_check(cast, content, kind=kind)
    done = []
    while again(run).state == "checking":
        checking.check_file(again(run), at=NOW, seconds=3)
        done.append(again(run).done)
    assert len(done) > 1
    assert done == sorted(set(done))  # each slice goes on, none begins anew
    assert [one[1] for one in reasons(run)] == found


@pytest.mark.usefixtures("slow")
def test_two_who_check_the_same_file_write_each_row_once(cast: Cast) -> None:
    run = to_check(cast, csv_of(*(person(n) for n in range(6))))
    first, second = again(run), again(run)
    checking.check_file(first, at=NOW, seconds=3)
    assert checking.check_file(second, at=NOW, seconds=3) is False
    work()
    assert verdicts(run) == {"ready": 6}


def test_a_long_check_keeps_no_other_import_waiting(
    cast: Cast, monkeypatch: pytest.MonkeyPatch
) -> None:
    short = begin(cast, given(cast, csv_of(person(9))))
    to_check(cast, csv_of(*(person(n) for n in range(5))))
    asked: list[float] = []

    def never_ends(run: ImportRun, *, at: dt.datetime, seconds: float) -> bool:
        asked.append(seconds)
        return True

    monkeypatch.setattr(going_on, "check_file", never_ends)
    operations.go_on_with_imports(at=NOW, seconds=2)
    assert again(short).state == "done"
    assert max(asked) <= 1  # half of the time, as there are two


def test_choosing_columns_reads_nobody_whom_the_file_does_not_name(cast: Cast) -> None:
    """The check of a file of one visit is as long in a clinic of many patients as of few."""
    imported(cast, csv_of(IDA))
    run = to_check(
        cast, csv_of("71,12/1/2026,9:30 AM,face-45,Ana", heads=VISITS), kind="appointments"
    )
    reader = visits.VisitReader(run, at=NOW)
    line = checking.read_sheet(csv_of("71,12/1/2026,9:30 AM,face-45,Ana", heads=VISITS)).lines
    assert [row.verdict for row in checking.judged(run, line, reader)] == ["ready"]
    assert [one.last_name for one in reader.patients.values()] == ["Berg"]


def test_a_file_is_taken_apart_before_anything_is_locked() -> None:
    file = FileGiven("clients.csv", csv_of(person(1))).prepared()
    assert {"sheet", "packed"} <= set(vars(file))
    assert FileGiven("x.csv", b"%PDF-1.4").sheet == (
        "This is a PDF, not a table. Open it in the program it comes from and save it as CSV."
    )


def test_a_short_file_is_checked_while_one_waits_and_a_long_one_by_the_worker(
    cast: Cast, monkeypatch: pytest.MonkeyPatch
) -> None:
    run = to_check(cast, csv_of(person(1), person(2)))
    with CaptureQueriesContext(connection) as asked:
        assert operations.check_soon(run=run, at=NOW).state == "checked"
    assert len(asked) < 25
    monkeypatch.setattr(going_on, "AT_ONCE", 1)
    run = to_check(cast, csv_of(person(3), person(4)))
    assert operations.check_soon(run=run, at=NOW).state == "checking"


def test_a_row_that_is_gone_since_is_not_decided_about(cast: Cast) -> None:
    imported(cast, csv_of(IDA))
    run = given(cast, csv_of("2,Ida,Berg,3/4/1990,512 555 0199,i2@example.org"))
    row = ImportRow.objects.get(run=run)
    acts: dict[str, Any] = {"by": cast.manager, "at": NOW}
    operations.choose_columns(
        run=run, version=run.version, columns=COLUMNS, date_order="mdy", **acts
    )
    work()
    with pytest.raises(Refusal, match="nothing to decide") as no:
        operations.set_choice(run=again(run), row=row, choice="other", **acts)
    assert no.value.rule == "R46"


@pytest.mark.rule("P3")
def test_a_visit_that_was_booked_is_found_booked_whoever_goes_on(
    cast: Cast, monkeypatch: pytest.MonkeyPatch
) -> None:
    imported(cast, csv_of(IDA))
    row = "71,12/1/2026,9:30 AM,face-45,Ana"
    run = begin(cast, given(cast, csv_of(row, heads=VISITS), kind="appointments"))
    real = visits.book

    class Killed(BaseException):
        pass

    def dies(**asked: Any) -> Appointment:
        real(**asked)
        raise Killed

    monkeypatch.setattr(visits, "book", dies)
    with pytest.raises(Killed):
        work()
    monkeypatch.undo()
    RoleAssignment.objects.filter(user=cast.manager).delete()
    work()
    assert again(run).state == "stopped"
    other = User.objects.get(pk=factories.user("Zed", {cast.clinic: [Role.MANAGER]}).pk)
    begin(cast, again(run), by=other)
    work()
    assert verdicts(run) == {"imported": 1}
    assert run.lines.get().appointment == Appointment.objects.get()
