"""The dry run: a verdict on every row of a file, and nothing on file changes."""

from __future__ import annotations

import datetime as dt
import json
import zlib
from collections import defaultdict
from collections.abc import Iterator, Sequence
from time import monotonic
from typing import Any

from django.db import transaction

from bookings.models import ImportRow, ImportRun
from bookings.operations.imports.ground import (
    AWAY,
    LIKENESS,
    ROW_FAULT,
    TAKEN,
    Likeness,
    fingerprint,
    kind_of,
    log,
    person_of,
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
# So many rows share what is looked up for them, and are written together.
BATCH = 200
# What stands as it was typed. That the phone is a number, the reading has said already, by the
# same library as the field; asking it again takes longer than all the rest of a row.
TYPED = ["first_name", "last_name", "preferred_name", "email", "address", "emergency_contact"]
TYPED += ["language", "sex_at_birth"]


def check_file(run: ImportRun, *, at: dt.datetime, seconds: float) -> bool:
    """Check a file from where it stands, for about so many seconds; whether more is to do.

    No lock is held while rows are judged. What was cut off goes on from the last rows that were
    written. Where two check the same file, one gives way.
    """
    ends = monotonic() + seconds
    lines = read_sheet(zlib.decompress(bytes(run.content))).lines
    visits = run.kind == ImportRun.Kind.APPOINTMENTS
    reader = VisitReader(run, at=at) if visits else _PeopleReader(run, at=at)
    while True:
        rows: list[ImportRow] = []
        for row in judged(run, lines[run.done : run.done + BATCH], reader):
            rows.append(row)
            if monotonic() >= ends:
                break
        if not _keep(run, rows, of=len(lines)):
            return False
        if monotonic() >= ends:
            return True


def _keep(run: ImportRun, rows: Sequence[ImportRow], *, of: int) -> bool:
    """Write these rows, if they are the next ones still; whether others follow."""
    with transaction.atomic():
        held = ImportRun.objects.held().get(pk=run.pk)
        asked = (run.done, run.columns, run.date_order)
        if held.state != State.CHECKING or asked != (held.done, held.columns, held.date_order):
            return False
        if not held.done:
            ImportRow.objects.filter(run=run).delete()
        ImportRow.objects.bulk_create(rows)
        held.done += len(rows)
        if held.done >= of:
            held.state = State.CHECKED
        held.write(only=["done", "state"])
    run.done = held.done
    return held.state == State.CHECKING


def judged(run: ImportRun, lines: Sequence[Line], reader: Any) -> Iterator[ImportRow]:
    """These rows of the file with their verdicts, in order."""
    places = as_mapping(json.loads(run.columns))
    read = []
    for line in lines:
        row = ImportRow(
            clinic_id=run.clinic_id,
            run=run,
            line=line.number,
            verdict=Verdict.READY,
            cells=json.dumps(line.cells, ensure_ascii=False),
        )
        read.append((row, _try(row, _read, row, line, places, reader)))
    reader.look_up([said for _row, said in read if said is not None])
    for row, said in read:
        if said is not None:
            _try(row, reader.judge, row, said)
        yield row


def _read(row: ImportRow, line: Line, places: Any, reader: Any) -> Any:
    if line.fault:
        raise Wrong(line.fault)
    cells = {field: line.cells[place] for field, place in places.items()}
    said = reader.read(cells)
    row.outside = cells.get("outside", "")[:80]
    return said


def _try(row: ImportRow, step: Any, *given: Any) -> Any:
    """Do a step of judging a row; whatever goes wrong rejects this row alone."""
    try:
        return step(*given)
    except Wrong as wrong:
        row.reason = str(wrong)[:300]
    except Refusal as no:
        row.reason = no.text[:300]
    except AWAY:
        raise
    except Exception as error:
        log.error("Row %s of %s is rejected: %s", row.line, row.run.code, kind_of(error))
        row.reason = ROW_FAULT
    row.verdict = Verdict.REJECTED
    return None


class _PeopleReader:
    """Judges rows of patients against those on file and those above in the file."""

    def __init__(self, run: ImportRun, *, at: dt.datetime) -> None:
        self.run, self.at = run, at
        self.today = run.clinic.day_of(at)
        self.on_file: dict[dt.date, list[tuple[str, Likeness]]] = {}
        self.above: dict[dt.date, list[tuple[int, Likeness]]] = defaultdict(list)
        self.printed: dict[str, int] = {}
        self.before: set[str] = set()
        if run.done:
            self._recall()

    def _recall(self) -> None:
        """The rows that an earlier part of the check has judged."""
        rows = ImportRow.objects.filter(run=self.run).exclude(fingerprint="").order_by("line")
        told = rows.values_list("line", "fingerprint", "verdict", "values")
        for line, print_, verdict, values in told.iterator():
            self.printed.setdefault(print_, line)
            if verdict != Verdict.AGAIN:
                one = Likeness.of(json.loads(values))
                self.above[one.birth_date].append((line, one))

    def read(self, cells: dict[str, str]) -> tuple[dict[str, str], Likeness, str]:
        """What a row says: the values, the person, and what no other row shares."""
        values = read_person(cells, order=self.run.date_order, today=self.today)
        person = Likeness.of(values)
        check_patient(person, today=self.today)
        person_of(values, self.run).check_fields(only=TYPED)
        return values, person, fingerprint(self.run.kind, values)

    def look_up(self, said: Sequence[tuple[dict[str, str], Likeness, str]]) -> None:
        """What is on file that these rows may be like."""
        days = {person.birth_date for _values, person, _print in said}
        self.on_file = {day: [] for day in days}
        born = Patient.objects.filter(clinic_id=self.run.clinic_id, birth_date__in=days)
        for number, *values in born.order_by("number").values_list("number", *LIKENESS):
            one = Likeness(*values)
            self.on_file[one.birth_date].append((f"PT-{number:06d}", one))
        prints = [one for _values, _person, one in said]
        rows = ImportRow.objects.filter(clinic_id=self.run.clinic_id, fingerprint__in=prints)
        taken = rows.filter(verdict__in=TAKEN).exclude(run=self.run)
        self.before = set(taken.values_list("fingerprint", flat=True))

    def judge(self, row: ImportRow, said: tuple[dict[str, str], Likeness, str]) -> None:
        """Give the row its values and its verdict."""
        values, person, row.fingerprint = said
        row.values = json.dumps(values, ensure_ascii=False)
        line = self.printed.setdefault(row.fingerprint, row.line)
        above = self.above[person.birth_date]
        twins = [code for code, one in self.on_file[person.birth_date] if may_be_same(one, person)]
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
