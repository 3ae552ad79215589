"""The dry run: a verdict on every row of a file, and nothing on file changes."""

from __future__ import annotations

import datetime as dt
import json
import zlib
from collections import defaultdict
from collections.abc import Iterator, Sequence
from typing import Any

from django.db import transaction

from bookings.models import ImportRow, ImportRun
from bookings.operations.imports.ground import (
    LIKENESS,
    Likeness,
    fingerprint,
    person_of,
    taken_before,
)
from bookings.operations.imports.visits import VisitReader
from bookings.rules.importing import (
    Line,
    Wrong,
    as_mapping,
    read_person,
    read_sheet,
)
from clinic.models import Patient
from clinic.operations.patients import check_patient
from clinic.refusals import Refusal
from clinic.rules import may_be_same

State, Verdict = ImportRun.State, ImportRow.Verdict
CHUNK = 2000
# What stands as it was typed. That the phone is a number, the reading has said already, by the
# same library as the field; asking it again takes longer than all the rest of a row.
TYPED = ["first_name", "last_name", "preferred_name", "email", "address", "emergency_contact"]
TYPED += ["language", "sex_at_birth"]


def check_now(run: ImportRun, *, at: dt.datetime) -> None:
    """Check a file in the transaction of the act that asks for it; for a file of few rows."""
    ImportRow.objects.filter(run=run).delete()
    ImportRow.objects.bulk_create(judged(run, at=at))
    run.state, run.done = State.CHECKED, run.rows
    run.write(only=["state", "done"])


def check_file(run: ImportRun, *, at: dt.datetime) -> None:
    """Check a file of any length, without a lock while it is judged.

    A check that was cut off begins anew. Where two workers check the same file, one gives way.
    """
    rows, written = judged(run, at=at), 0
    while True:
        chunk = [row for _n, row in zip(range(CHUNK), rows, strict=False)]
        with transaction.atomic():
            held = ImportRun.objects.held().get(pk=run.pk)
            if held.state != State.CHECKING or (written and held.done != written):
                return
            if not written:
                ImportRow.objects.filter(run=run).delete()
            ImportRow.objects.bulk_create(chunk)
            written += len(chunk)
            held.done = written
            if len(chunk) < CHUNK:
                held.state = State.CHECKED
            held.write(only=["done", "state"])
            if held.state == State.CHECKED:
                return


def judged(run: ImportRun, *, at: dt.datetime) -> Iterator[ImportRow]:
    """Every row of the file with its verdict, in order."""
    sheet = read_sheet(zlib.decompress(bytes(run.content)))
    places = as_mapping(json.loads(run.columns))
    visits = run.kind == ImportRun.Kind.APPOINTMENTS
    reader = VisitReader(run, at=at) if visits else _PeopleReader(run, at=at)
    for line in sheet.lines:
        row = ImportRow(
            clinic_id=run.clinic_id,
            run=run,
            line=line.number,
            verdict=Verdict.READY,
            cells=json.dumps(line.cells, ensure_ascii=False),
        )
        _judge(row, line, places, reader)
        yield row


def _judge(row: ImportRow, line: Line, places: Any, reader: Any) -> None:
    try:
        if line.fault:
            raise Wrong(line.fault)
        cells = {field: line.cells[place] for field, place in places.items()}
        reader.judge(row, cells)
        row.outside = cells.get("outside", "")[:80]
    except Wrong as wrong:
        row.verdict, row.reason = Verdict.REJECTED, str(wrong)[:300]
    except Refusal as no:
        row.verdict, row.reason = Verdict.REJECTED, no.text[:300]


class _PeopleReader:
    """Judges rows of patients against those on file and those above in the file."""

    def __init__(self, run: ImportRun, *, at: dt.datetime) -> None:
        self.run, self.at = run, at
        self.today = run.clinic.day_of(at)
        self.on_file: dict[dt.date, list[tuple[str, Likeness]]] = defaultdict(list)
        patients = Patient.objects.filter(clinic_id=run.clinic_id).order_by("number")
        for number, *values in patients.values_list("number", *LIKENESS).iterator():
            one = Likeness(*values)
            self.on_file[one.birth_date].append((f"PT-{number:06d}", one))
        self.above: dict[dt.date, list[tuple[int, Likeness]]] = defaultdict(list)
        self.printed: dict[str, int] = {}
        self.before = taken_before(run)

    def judge(self, row: ImportRow, cells: dict[str, str]) -> None:
        """Give the row its values and its verdict."""
        values = read_person(cells, order=self.run.date_order, today=self.today)
        person = Likeness.of(values)
        check_patient(person, today=self.today)
        person_of(values, self.run).check_fields(only=TYPED)
        row.values = json.dumps(values, ensure_ascii=False)
        row.fingerprint = fingerprint(self.run.kind, values)
        line = self.printed.setdefault(row.fingerprint, row.line)
        above = self.above[person.birth_date]
        there = self.on_file[person.birth_date]
        twins = [code for code, one in there if may_be_same(one, person)]
        if row.fingerprint in self.before:
            row.verdict, row.reason = Verdict.AGAIN, "The same row was imported before."
        elif line != row.line:
            row.verdict, row.reason = Verdict.AGAIN, f"Row {line} says the same."
        elif twins:
            row.verdict, row.reason = Verdict.ON_FILE, _list("On file:", twins)
        elif like := [f"row {n}" for n, one in above if may_be_same(one, person)]:
            row.verdict, row.reason = Verdict.IN_FILE, _list("Like", like)
        if row.verdict != Verdict.AGAIN:
            above.append((row.line, person))


def _list(what: str, names: Sequence[str]) -> str:
    more = f" and {len(names) - 5} more" if len(names) > 5 else ""
    return f"{what} {', '.join(names[:5])}{more}."
