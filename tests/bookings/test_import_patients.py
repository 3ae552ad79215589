"""Patients from a file: judged row by row, then put on file by the rules of the desk, once."""

from __future__ import annotations

import datetime as dt
import json
from typing import Any

import pytest
from django.db import IntegrityError, transaction
from hypothesis import HealthCheck, settings
from hypothesis import given as any_of
from hypothesis import strategies as st

from bookings import operations, queries
from bookings.models import ImportRow, ImportRun
from bookings.operations.imports import going_on, people
from bookings.rules.importing import FileGiven, read_sheet
from clinic.audit import faults
from clinic.models import AuditEvent, Patient, RoleAssignment
from clinic.queries.patients import find_patients
from clinic.refusals import Refusal
from tests import factories
from tests.bookings.importing import (
    COLUMNS,
    HEADS,
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


def on_file(cast: Cast) -> list[tuple[int, str]]:
    """Number and name of everyone in Austin."""
    rows = Patient.objects.filter(clinic=cast.clinic).order_by("number")
    return [(one.number, one.name) for one in rows]


def test_every_row_is_judged_and_nothing_is_on_file_yet(cast: Cast) -> None:
    before = on_file(cast)
    run = given(
        cast,
        csv_of(
            "1,Ida,Berg,3/4/1990,512 555 0111,",
            "2,Ida,Berg,3/4/1990,512 555 0111,",
            "3,I.,Berg,3/4/1990,(512) 555-0111,",
            "4,Mia,Lee,3/3/1991,,mia@example.org",
            "5,Bad,Date,2/31/1990,512 555 0111,",
            "6,No,Way,2/3/1990,,",
            "7,Not,Yet,2/3/2027,,a@example.org",
            "8,Odd,Mail,2/3/1990,,nobody",
            f"9,{'x' * 81},Long,2/3/1990,,a@example.org",
            "10,=cmd|calc,Real,2/3/1990,,b@example.org",
        ),
    )
    assert run.state == "checked"
    assert reasons(run) == [
        (2, "ready", ""),
        (3, "again", "Row 2 says the same."),
        (4, "in_file", "Like row 2."),
        (5, "on_file", "On file: PT-000001."),
        (6, "rejected", "“2/31/1990” is not a date: February 1990 has no day 31."),
        (7, "rejected", "Enter a phone number, an email address or a postal address."),
        (8, "rejected", "The birth date is in the future."),
        (9, "rejected", "Enter a valid email address."),
        (10, "rejected", "The first name has 81 characters; 80 fit."),
        (11, "ready", ""),
    ]
    assert on_file(cast) == before


def test_the_numbers_follow_without_a_gap_and_the_act_is_on_record(cast: Cast) -> None:
    before = on_file(cast)
    rows = [person(1), "2,Bad,Date,2/31/1990,,x@example.org", person(3), person(4)]
    run = imported(cast, csv_of(*rows))
    assert (run.state, bytes(run.content)) == ("done", b"")
    assert verdicts(run) == {"imported": 3, "rejected": 1}
    last = before[-1][0]
    assert on_file(cast) == [
        *before,
        (last + 1, "First1 Last1"),
        (last + 2, "First3 Last3"),
        (last + 3, "First4 Last4"),
    ]
    events = AuditEvent.objects.filter(action__startswith="import.").order_by("seq")
    assert [one.action for one in events] == [
        "import.upload",
        "import.map",
        "import.start",
        "import.patients",
        "import.finish",
    ]
    registered = AuditEvent.objects.filter(action="patient.register")
    assert {one.subject_code for one in registered} == {f"PT-{last + n:06d}" for n in (1, 2, 3)}
    assert {json.loads(one.detail)["import"] for one in registered} == {run.code}
    assert list(faults()) == []
    # What is on file is not kept a second time.
    assert set(run.lines.filter(verdict="imported").values_list("cells", "values")) == {("", "")}


def test_someone_imported_is_found_and_changed_like_anyone(cast: Cast) -> None:
    imported(cast, csv_of("1,Łucja,O'Brien,3/4/1990,512 555 0111,"))
    made = Patient.objects.get(last_name="O'Brien")
    found = find_patients(user=cast.manager, clinic=cast.clinic, text="obrien lucja")
    assert (found.patients, found.meant) == ([made], made)
    assert (str(made.phone), made.version, made.created_by) == ("+15125550111", 1, cast.manager)


@pytest.mark.parametrize(
    ("twins", "verdict", "patients", "email"),
    [
        ("skip", "skipped", 0, ""),
        ("same", "joined", 0, "mia@example.org"),
        ("other", "imported", 1, ""),
    ],
)
def test_who_may_be_on_file_is_left_out_taken_as_the_same_or_as_another(
    cast: Cast, twins: str, verdict: str, patients: int, email: str
) -> None:
    before = len(on_file(cast))
    run = imported(cast, csv_of("4,Mia,Lee,3/3/1991,512 555 0199,mia@example.org"), twins=twins)
    mia = Patient.objects.get(pk=cast.mia.pk)
    assert verdicts(run) == {verdict: 1}
    assert len(on_file(cast)) == before + patients
    # What is on file stays; only what is missing there is added.
    assert (str(mia.phone), mia.email) == (str(cast.mia.phone), email)
    changes = AuditEvent.objects.filter(action="patient.change")
    assert [json.loads(one.detail)["fields"] for one in changes] == ([["email"]] if email else [])


def test_one_row_is_decided_otherwise_than_the_rest(cast: Cast) -> None:
    rows = ["1,Mia,Lee,3/3/1991,,m@example.org", "2,Wang,王,3/3/1991,+15125550188,"]
    run = given(cast, csv_of(*rows))
    assert verdicts(run) == {"on_file": 2}
    row = ImportRow.objects.get(run=run, line=3)
    act: dict[str, Any] = {"by": cast.manager, "at": NOW}
    run = operations.set_choice(run=run, row=row, choice="other", **act)
    begin(cast, run)
    work()
    assert [one[1] for one in reasons(run)] == ["skipped", "imported"]
    with pytest.raises(Refusal, match="nothing to decide"):
        operations.set_choice(run=run, row=row, choice="skip", **act)


def test_twins_within_the_file_are_one_person_with_what_both_rows_say(cast: Cast) -> None:
    rows = ["1,Ida,Berg,3/4/1990,512 555 0111,", "2,Ida,Berg,3/4/1990,,ida@example.org"]
    run = imported(cast, csv_of(*rows), twins="same")
    ida = Patient.objects.get(last_name="Berg")
    assert verdicts(run) == {"imported": 1, "joined": 1}
    assert (str(ida.phone), ida.email) == ("+15125550111", "ida@example.org")


def test_several_on_file_are_never_taken_for_one(cast: Cast) -> None:
    for _ in range(2):
        factories.patient(cast.clinic, "Ida", "Berg", by=cast.manager)
    run = imported(cast, csv_of("1,Ida,Berg,3/3/1991,,i@example.org"), twins="same")
    assert verdicts(run) == {"skipped": 1}


def test_who_came_on_file_since_the_check_is_not_put_there_twice(cast: Cast) -> None:
    run = given(cast, csv_of("1,Ida,Berg,3/4/1990,,i@example.org"))
    born = dt.date(1990, 3, 4)
    factories.patient(cast.clinic, "Ida", "Berg", by=cast.manager, birth_date=born)
    begin(cast, run)
    work()
    assert verdicts(run) == {"skipped": 1}


@pytest.mark.rule("P3")
@pytest.mark.parametrize("twins", ["skip", "same", "other"])
def test_the_same_file_twice_is_once(cast: Cast, twins: str) -> None:
    content = csv_of(*(person(n) for n in range(5)), "9,Mia,Lee,3/3/1991,,mia@example.org")
    imported(cast, content, twins=twins)
    before = on_file(cast)
    run = given(cast, content)
    assert queries.imported_before(run) is not None
    begin(cast, run, twins=twins)
    work()
    assert on_file(cast) == before
    assert set(verdicts(run)) <= {"again", "skipped"}


def test_a_row_is_imported_once_says_the_database(cast: Cast) -> None:
    run = imported(cast, csv_of(person(1)))
    row = run.lines.get()
    with pytest.raises(IntegrityError), transaction.atomic():
        ImportRow.objects.create(
            clinic=cast.clinic,
            run=run,
            line=99,
            verdict="imported",
            fingerprint=row.fingerprint,
            cells="[]",
        )


def test_the_import_goes_on_where_it_was_killed(
    cast: Cast, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(people, "CHUNK", 3)
    run = begin(cast, given(cast, csv_of(*(person(n) for n in range(10)))))

    class Killed(BaseException):
        pass

    kept, real = [], people._Chunk.write

    def dies(chunk: Any) -> None:
        real(chunk)
        kept.append(len(chunk.made))
        if len(kept) in (2, 4):
            raise Killed

    monkeypatch.setattr(people._Chunk, "write", dies)
    monkeypatch.setattr(going_on, "import_patients", small_steps)
    for _ in range(2):
        with pytest.raises(Killed):
            work()
        assert again(run).done in (3, 6)
    work()
    done = again(run)
    assert (done.state, done.done, verdicts(done)) == ("done", 10, {"imported": 10})
    numbers = [number for number, _name in on_file(cast)]
    assert numbers == list(range(1, len(numbers) + 1))


def small_steps(**given: Any) -> ImportRun:
    """The same act, three rows at a time."""
    return people.import_patients(**{"most": 3, **given})


def test_a_row_that_the_database_refuses_takes_no_other_with_it(
    cast: Cast, monkeypatch: pytest.MonkeyPatch
) -> None:
    run = begin(cast, given(cast, csv_of(*(person(n) for n in range(4)))))
    real = people.person_of

    def faulty(values: dict[str, str], run: ImportRun) -> Patient:
        made = real(values, run)
        if made.first_name == "First2":
            made.phone = made.email = ""
        return made

    monkeypatch.setattr(people, "person_of", faulty)
    work()
    assert verdicts(run) == {"imported": 3, "rejected": 1}
    assert (4, "rejected", "Enter a phone number, an email address or a postal address.") in (
        reasons(run)
    )


@pytest.mark.rule("P17")
def test_an_import_stops_when_the_one_who_began_it_may_not_any_more(cast: Cast) -> None:
    run = begin(cast, given(cast, csv_of(person(1))))
    RoleAssignment.objects.filter(user=cast.manager).delete()
    work()
    stopped = again(run)
    assert (stopped.state, verdicts(run)) == ("stopped", {"ready": 1})
    assert stopped.stopped_because == "Maya Okoye may not import this any more."
    run = begin(cast, stopped, by=cast.administrator)
    work()
    assert (again(run).state, verdicts(run)) == ("done", {"imported": 1})


def test_a_fault_of_the_program_stops_the_import_and_says_so(
    cast: Cast, monkeypatch: pytest.MonkeyPatch
) -> None:
    def breaks(*_: Any, **__: Any) -> None:
        raise ValueError("Nobody thought of this.")

    run = begin(cast, given(cast, csv_of(person(1))))
    monkeypatch.setattr(going_on, "next_rows", breaks)
    work()
    assert (again(run).state, again(run).stopped_because) == ("stopped", going_on.FAULT)
    event = AuditEvent.objects.get(action="import.stop")
    assert (event.actor, event.subject_code) == ("system", run.code)
    monkeypatch.undo()
    begin(cast, again(run))
    work()
    assert verdicts(run) == {"imported": 1}


@pytest.mark.rule("P4")
@pytest.mark.parametrize(("way", "order"), [("en-GB", "dmy"), ("en-US-x-24", "mdy")])
def test_the_order_of_dates_is_proposed_as_the_clinic_writes_them(
    way: str, order: str, cast: Cast
) -> None:
    cast.clinic.locale = way
    cast.clinic.write(only=["locale"])
    file = FileGiven("clients.csv", csv_of("1,Ida,Berg,3/4/1990,,ida@example.org"))
    act: dict[str, Any] = {"by": cast.manager, "at": NOW}
    run = operations.upload_import(clinic=cast.clinic, kind="patients", file=file, **act)
    assert run.date_order == order


def test_a_long_file_is_checked_by_the_worker_and_anew_with_other_columns(
    cast: Cast, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("bookings.operations.imports.checking.BATCH", 2)
    run = given(cast, csv_of(*(person(n) for n in range(5))))
    assert (run.state, run.done, verdicts(run)) == ("checked", 5, {"ready": 5})
    columns = ["outside", "last_name", "first_name", "birth_date", "phone", "email"]
    act: dict[str, Any] = {"by": cast.manager, "at": NOW}
    run = operations.choose_columns(
        run=run, version=run.version, columns=columns, date_order="dmy", **act
    )
    assert run.state == "checking"
    work()
    assert (again(run).state, sum(verdicts(run).values())) == ("checked", 5)


@pytest.mark.rule("P12", "R46")
def test_what_has_begun_is_neither_begun_again_nor_dropped(cast: Cast) -> None:
    run = given(cast, csv_of(person(1)))
    act: dict[str, Any] = {"by": cast.manager, "at": NOW}
    with pytest.raises(Refusal) as no:
        operations.discard_import(run=run, version=run.version - 1, **act)
    assert (no.value.rule, no.value.status) == ("P12", 409)
    run = begin(cast, run)
    for wrong in (
        lambda: begin(cast, run),
        lambda: operations.discard_import(run=run, version=run.version, **act),
        lambda: operations.choose_columns(
            run=run, version=run.version, columns=COLUMNS, date_order="mdy", **act
        ),
    ):
        with pytest.raises(Refusal) as no:
            wrong()
        assert no.value.rule == "R46"
    work()
    for late in (operations.import_patients, operations.finish_import):
        with pytest.raises(Refusal, match="not under way"):
            late(run=run, **act)


def test_a_dropped_file_leaves_nothing_of_its_people(cast: Cast) -> None:
    run = given(cast, csv_of(person(1)))
    act: dict[str, Any] = {"by": cast.manager, "at": NOW}
    run = operations.discard_import(run=run, version=run.version, **act)
    assert (run.state, run.content, run.lines.count()) == ("discarded", b"", 0)
    assert "First1" not in run.heads


def test_a_file_that_nobody_imports_is_dropped_after_a_week(cast: Cast) -> None:
    run = given(cast, csv_of(person(1)))
    work(NOW + dt.timedelta(days=6))
    assert again(run).state == "checked"
    work(NOW + dt.timedelta(days=7))
    assert (again(run).state, run.lines.count()) == ("discarded", 0)
    event = AuditEvent.objects.get(action="import.discard")
    assert (event.actor, event.subject_code) == ("system", run.code)


CELLS = st.one_of(
    st.sampled_from(
        ["Ida", "Berg", "3/4/1990", "2/31/1990", "512 555 0111", "a@b.co", "", "=1+1", '"']
    ),
    st.sampled_from(["a\x00b", "\u200b", "x" * 100, "'=x", "-", "Mia, Lee"]),
    st.text(st.characters(codec="utf-8", exclude_categories=["Cc", "Cs"]), max_size=12),
)


@pytest.mark.rule("P3")
@settings(
    max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@any_of(
    rows=st.lists(st.lists(CELLS, min_size=1, max_size=7), min_size=1, max_size=6),
    twins=st.sampled_from(["skip", "same", "other"]),
    separator=st.sampled_from([",", ";", "\t"]),
)
def test_every_row_is_taken_or_comes_back_and_twice_is_once(
    cast: Cast, rows: list[list[str]], twins: str, separator: str
) -> None:
    with transaction.atomic():
        heads = HEADS.replace(",", separator)
        text = "\n".join([heads, person(1).replace(",", separator), *map(separator.join, rows)])
        content = text.encode()
        there = len(on_file(cast))
        run = imported(cast, content, twins=twins)
        counts = verdicts(run)
        total = len(read_sheet(content).lines)
        taken = counts.get("imported", 0) + counts.get("joined", 0)
        assert sum(counts.values()) == total
        assert taken + len(list(queries.rejects(run))) == total
        once = on_file(cast)
        assert len(once) == there + counts.get("imported", 0)
        assert [number for number, _name in once] == list(range(1, len(once) + 1))
        second = imported(cast, content, twins=twins)
        assert on_file(cast) == once
        assert verdicts(second).get("imported", 0) == 0
        transaction.set_rollback(True)
