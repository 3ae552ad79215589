"""What a person asks of an import: to take a file, to read it so, to begin, to leave it."""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Sequence

from bookings.models import ImportRow, ImportRun
from bookings.operations.imports.ground import OPEN, drop
from bookings.rules.importing import (
    FileGiven,
    Line,
    guess_order,
    mapping_fault,
)
from clinic import audit
from clinic.acts import act
from clinic.models import Clinic, User
from clinic.permissions import Permission
from clinic.refusals import Conflict, NotAllowed, Refusal
from clinic.rules import LOCALES

State, Kind = ImportRun.State, ImportRun.Kind


@act("import.upload", may=Permission.IMPORT, on="clinic")
def upload_import(
    *, clinic: Clinic, kind: str, file: FileGiven, by: User, at: dt.datetime
) -> ImportRun:
    """Take a file of patients or of appointments; nothing of it is on file yet.

    Refuses (input, 422) a file that is no table, is empty or is larger than one import may be;
    and (R54) appointments from someone who may not book.
    """
    _may_book(kind, by, clinic)
    sheet = file.sheet
    if isinstance(sheet, str):
        raise Refusal(sheet, rule="input", field="file")
    dates = [cell for line in sheet.lines[:500] if not line.fault for cell in line.cells]
    run = ImportRun(
        clinic=clinic,
        kind=kind,
        file_name=file.name,
        digest=file.digest,
        content=file.packed,
        read_as=sheet.says,
        heads=json.dumps(
            {"heads": sheet.heads, "samples": _samples(sheet.lines, len(sheet.heads))},
            ensure_ascii=False,
        ),
        # A proposal: how they are written is said with the columns.
        date_order=guess_order(dates, day_first=LOCALES[clinic.locale].day_first),
        rows=len(sheet.lines),
        created_at=at,
        created_by=by,
    )
    run.write()
    audit.record(
        "import.upload",
        by=by,
        at=at,
        clinic_id=clinic.pk,
        on=run,
        detail={"kind": kind, "rows": run.rows, "digest": file.digest[:16]},
    )
    return run


@act("import.map", may=Permission.IMPORT, on="run")
def choose_columns(
    *,
    run: ImportRun,
    version: int,
    columns: Sequence[str],
    date_order: str,
    by: User,
    at: dt.datetime,
) -> ImportRun:
    """Say what each column means and how dates are written; the file is checked by it next.

    Refuses a stale page (P12, 409), an import that has begun (R46), columns that do not make
    a patient or a visit (input), and (R54) appointments from someone who may not book.
    """
    run = _held(run, version, by)
    if run.state not in OPEN:
        raise Refusal("This import has begun; its columns stay.", rule="R46")
    if fault := mapping_fault(run.kind, columns):
        field = "" if fault.at is None else f"column_{fault.at + 1}"
        raise Refusal(fault.says, rule="input", field=field)
    run.columns, run.date_order = json.dumps(list(columns)), date_order
    run.state, run.done = State.CHECKING, 0
    run.stopped_because = ""
    run.write()
    audit.record("import.map", by=by, at=at, clinic_id=run.clinic_id, on=run)
    return run


@act("import.choose", may=Permission.IMPORT, on="run")
def set_choice(
    *, run: ImportRun, row: ImportRow, choice: str, by: User, at: dt.datetime
) -> ImportRun:
    """Say of one row what becomes of it, where someone like her is on file.

    Refuses an import that has begun, and a row that is not there any more, as after its columns
    were chosen anew (R46).
    """
    run = _held(run, None, by)
    held = ImportRow.objects.select_for_update(no_key=True).filter(pk=row.pk, run=run).first()
    if run.state != State.CHECKED or held is None or held.verdict not in ASKED:
        raise Refusal(
            "There is nothing to decide about this row any more.",
            rule="R46",
            way_out="Open the import again and look at its rows.",
        )
    held.choice = choice
    held.write(only=["choice"])
    audit.record(
        "import.choose",
        by=by,
        at=at,
        clinic_id=run.clinic_id,
        on=run,
        detail={"row": held.line, "choice": choice},
    )
    return run


@act("import.start", may=Permission.IMPORT, on="run")
def start_import(
    *, run: ImportRun, version: int, twins: str, tells: bool, by: User, at: dt.datetime
) -> ImportRun:
    """Begin to import what was checked, or go on with what had stopped; the worker does the rest.

    Whoever starts answers for it: the worker acts in her name, and stops where she may not any
    more. `twins` says what becomes of those who may be on file, `tells` whether patients get a
    confirmation of each visit. Refuses a stale page (P12, 409), an import that is not checked
    (R46), and (R54) appointments from someone who may not book.
    """
    run = _held(run, version, by)
    if run.state not in (State.CHECKED, State.STOPPED):
        raise Refusal("This import has begun already.", rule="R46")
    if run.state == State.CHECKED:
        run.twins, run.tells, run.done = twins, tells, 0
    run.state, run.stopped_because = State.RUNNING, ""
    run.started_at, run.started_by = at, by
    run.content = b""  # its rows say all of it; a large row is slow to count in
    run.write()
    audit.record(
        "import.start",
        by=by,
        at=at,
        clinic_id=run.clinic_id,
        on=run,
        detail={"kind": run.kind, "rows": run.rows, "twins": run.twins},
    )
    return run


@act("import.discard", may=Permission.IMPORT, on="run")
def discard_import(*, run: ImportRun, version: int, by: User, at: dt.datetime) -> ImportRun:
    """Leave a file that was not imported: it and its rows are dropped from here.

    Refuses a stale page (P12, 409), and an import that has begun (R46).
    """
    run = _held(run, version, by)
    if run.state not in (*OPEN, State.CHECKING):
        raise Refusal(
            "This import has begun: what is on file stays on file.",
            rule="R46",
            way_out="Open what was imported and change it there.",
        )
    drop(run)
    audit.record("import.discard", by=by, at=at, clinic_id=run.clinic_id, on=run)
    return run


@act("import.export", may=Permission.IMPORT, on="run")
def export_rejects(*, run: ImportRun, by: User, at: dt.datetime) -> ImportRun:
    """Note that the rows that were not taken left as a file (P22).

    Refuses (R54) appointments from someone who may not book.
    """
    _may_book(run.kind, by, run.clinic)
    audit.record("import.export", by=by, at=at, clinic_id=run.clinic_id, on=run)
    return run


ASKED = (ImportRow.Verdict.ON_FILE, ImportRow.Verdict.IN_FILE)


def _held(run: ImportRun, version: int | None, by: User) -> ImportRun:
    held: ImportRun = ImportRun.objects.held().select_related("clinic").get(pk=run.pk)
    if version is not None and version != held.version:
        raise Conflict(
            "This import has gone on since you opened the page.", rule="P12", way_out="Look again."
        )
    _may_book(held.kind, by, held.clinic)
    return held


def _may_book(kind: str, by: User, clinic: Clinic) -> None:
    """A visit tells what someone comes for: only those who book may see and import one."""
    if kind == Kind.APPOINTMENTS and not by.can(Permission.BOOK, clinic.pk):
        raise NotAllowed("Your role does not include booking.", rule="R54")


def _samples(lines: Sequence[Line], width: int) -> list[list[str]]:
    """For each column the first few different things that stand in it."""
    found: list[list[str]] = [[] for _ in range(width)]
    for line in lines[:200]:
        if line.fault:
            continue
        for at, cell in enumerate(line.cells[:width]):
            if cell and cell not in found[at] and len(found[at]) < 3:
                found[at].append(cell[:60])
    return found
