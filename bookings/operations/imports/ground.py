"""What the check and the import of a row both stand on."""

from __future__ import annotations

import datetime as dt
import hashlib
import json
import logging
import traceback
from dataclasses import dataclass
from typing import Any, Self

from django.db import InterfaceError, OperationalError

from bookings.models import ImportRow, ImportRun
from clinic.models import Patient

State, Verdict = ImportRun.State, ImportRow.Verdict
OPEN = (State.UPLOADED, State.CHECKED)
TAKEN = (Verdict.IMPORTED, Verdict.JOINED)
# What the program did not foresee of a row; the log says the rest.
ROW_FAULT = "The program cannot take this row as it stands. Enter it by hand, or change it."
# The database is away, or busy: no fault of a row or an import, and tried again.
AWAY = (InterfaceError, OperationalError)
TO_DO = (Verdict.READY, Verdict.ON_FILE, Verdict.IN_FILE)
log = logging.getLogger(__name__)


@dataclass(slots=True)
class Likeness:
    """What tells people apart, as plain values: a patient's row costs more than all the rest."""

    first_name: str
    last_name: str
    preferred_name: str
    birth_date: dt.date
    phone: str
    email: str
    address: str

    @classmethod
    def of(cls, values: dict[str, str]) -> Self:
        """That of a row's values."""
        given = {name: values[name] for name in LIKENESS if name != "birth_date"}
        return cls(**given, birth_date=dt.date.fromisoformat(values["birth_date"]))


LIKENESS = tuple(Likeness.__slots__)


def fingerprint(kind: str, values: dict[str, Any]) -> str:
    """What two rows share that say the same."""
    return hashlib.sha256(f"{kind} {json.dumps(values, sort_keys=True)}".encode()).hexdigest()


def person_of(values: dict[str, str], run: ImportRun) -> Patient:
    """The patient that a row's values make, not yet written."""
    birth_date = dt.date.fromisoformat(values["birth_date"])
    given = {name: value for name, value in values.items() if name != "birth_date"}
    return Patient(clinic_id=run.clinic_id, number=1, birth_date=birth_date, **given)


def next_rows(run: ImportRun, most: int) -> list[ImportRow]:
    """The next rows of an import that are still to be done, in the file's order.

    Of each verdict by itself, which an index has in order: all of them at once would be sorted
    anew at every step, and the steps would grow with the file.
    """
    found: list[ImportRow] = []
    for verdict in TO_DO:
        rows = ImportRow.objects.filter(run=run, verdict=verdict).order_by("line")
        found += rows.defer("cells")[:most]
    return sorted(found, key=lambda row: row.line)[:most]


def kind_of(error: BaseException) -> str:
    """What went wrong and where, for the log: what stood in the row is no part of it."""
    frames = traceback.extract_tb(error.__traceback__)
    last = frames[-1] if frames else None
    return f"{type(error).__name__} at {last.filename}:{last.lineno}" if last else repr(type(error))


def drop(run: ImportRun) -> None:
    """Keep that there was a file, and nothing of what stood in it; the caller holds its row."""
    ImportRow.objects.filter(run=run).delete()
    run.state, run.content = State.DISCARDED, b""
    run.heads = json.dumps({"heads": [], "samples": []})
    run.write()
