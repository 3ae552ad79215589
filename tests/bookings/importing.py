"""Files to import, and the way from a file to what became of its rows."""

from __future__ import annotations

import datetime as dt
from collections import Counter
from typing import Any

from bookings import operations
from bookings.models import ImportRow, ImportRun
from bookings.rules.importing import FileGiven
from tests.cast import NOW, Cast

HEADS = "ID,First name,Last name,DOB,Phone,Email"
COLUMNS = ["outside", "first_name", "last_name", "birth_date", "phone", "email"]
VISITS = "Client ID,Date,Time,Service,Provider"
VISIT_COLUMNS = ["outside", "day", "time", "service", "practitioner"]


def csv_of(*rows: str, heads: str = HEADS) -> bytes:
    """A file of these rows."""
    return "\n".join([heads, *rows, ""]).encode()


def person(n: int) -> str:
    """A row of a person like no other."""
    return f"{n},First{n},Last{n},{n % 12 + 1}/{n % 28 + 1}/{1950 + n % 50},,p{n}@example.org"


def given(
    cast: Cast,
    content: bytes,
    *,
    kind: str = "patients",
    columns: list[str] | None = None,
    **act: Any,
) -> ImportRun:
    """A file that was given and checked."""
    acts: dict[str, Any] = {"by": cast.manager, "at": NOW} | act
    run = operations.upload_import(
        clinic=cast.clinic, kind=kind, file=FileGiven("clients.csv", content), **acts
    )
    columns = columns or (COLUMNS if kind == "patients" else VISIT_COLUMNS)
    run = operations.choose_columns(
        run=run, version=run.version, columns=columns, date_order="mdy", **acts
    )
    work(acts["at"])
    return again(run)


def begin(cast: Cast, run: ImportRun, *, twins: str = "skip", **act: Any) -> ImportRun:
    """The import is begun; the worker has not come yet."""
    acts: dict[str, Any] = {"by": cast.manager, "at": NOW} | act
    return operations.start_import(run=run, version=run.version, twins=twins, tells=False, **acts)


def imported(cast: Cast, content: bytes, *, twins: str = "skip", **how: Any) -> ImportRun:
    """The whole way: given, checked, begun, done."""
    run = begin(cast, given(cast, content, **how), twins=twins)
    work()
    return again(run)


def work(at: dt.datetime = NOW) -> None:
    """The worker, until nothing is left."""
    while operations.go_on_with_imports(at=at, seconds=60):
        pass


def again(run: ImportRun) -> ImportRun:
    """The import as it is now."""
    return ImportRun.objects.select_related("clinic").get(pk=run.pk)


def verdicts(run: ImportRun) -> dict[str, int]:
    """How many rows have which verdict."""
    return dict(Counter(ImportRow.objects.filter(run=run).values_list("verdict", flat=True)))


def reasons(run: ImportRun) -> list[tuple[int, str, str]]:
    """Line, verdict and reason of each row."""
    rows = ImportRow.objects.filter(run=run).order_by("line")
    return list(rows.values_list("line", "verdict", "reason"))
