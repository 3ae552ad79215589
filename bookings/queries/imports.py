"""What the pages of an import read."""

from __future__ import annotations

import json
import re
import uuid
from collections.abc import Iterable, Iterator

from django.db.models import Count, QuerySet

from bookings.models import ImportRow, ImportRun
from clinic.models import Clinic, Patient, User
from clinic.permissions import Permission

Verdict = ImportRow.Verdict
# How a reason names someone on file.
CODE = re.compile(r"\bPT-(\d{6,9})\b")
# What was not taken, and so comes back as a file with its reasons.
LEFT = (Verdict.REJECTED, Verdict.SKIPPED, Verdict.AGAIN)


def imports_of(*, user: User, clinic: Clinic) -> QuerySet[ImportRun]:
    """The clinic's imports that the user may see, the last first, without the files.

    A visit tells what someone comes for: only those who book see an import of visits.
    """
    runs = ImportRun.objects.seen_by(user, Permission.IMPORT).filter(clinic=clinic)
    if not user.can(Permission.BOOK, clinic.pk):
        runs = runs.filter(kind=ImportRun.Kind.PATIENTS)
    runs = runs.select_related("clinic", "created_by", "started_by").defer("content")
    return runs.order_by("-created_at", "pk")


def import_for(*, user: User, clinic: Clinic, key: uuid.UUID) -> ImportRun | None:
    """One of them; None where it is not there (P15)."""
    return imports_of(user=user, clinic=clinic).filter(pk=key).first()


def import_counts(run: ImportRun) -> dict[str, int]:
    """How many rows have which verdict; every verdict is there."""
    found = dict(
        ImportRow.objects.filter(run=run).order_by().values_list("verdict").annotate(Count("pk"))
    )
    return {str(verdict): found.get(str(verdict), 0) for verdict in Verdict}


def import_rows(run: ImportRun, verdict: str = "") -> QuerySet[ImportRow]:
    """The rows of an import in the file's order; of one verdict, where one is asked for."""
    rows = ImportRow.objects.filter(run=run).select_related("patient", "appointment")
    return (rows.filter(verdict=verdict) if verdict else rows).order_by("line", "pk")


def import_row(run: ImportRun, key: uuid.UUID) -> ImportRow | None:
    """One row of an import."""
    return import_rows(run).filter(pk=key).first()


def who_is_on_file(run: ImportRun, rows: Iterable[ImportRow]) -> dict[uuid.UUID, list[Patient]]:
    """Row → the patients on file who may be the same person, as its reason names them; one query.

    The reason is what was found when the rows were checked.
    """
    named = {
        row.pk: [int(number) for number in CODE.findall(row.reason)]
        for row in rows
        if row.verdict == Verdict.ON_FILE
    }
    wanted = {number for numbers in named.values() for number in numbers}
    found = Patient.objects.filter(clinic_id=run.clinic_id, number__in=wanted) if wanted else ()
    by_number = {one.number: one for one in found}
    return {
        key: [by_number[number] for number in numbers if number in by_number]
        for key, numbers in named.items()
    }


def imported_before(run: ImportRun) -> ImportRun | None:
    """The last import of the very same file."""
    same = ImportRun.objects.filter(clinic_id=run.clinic_id, kind=run.kind, digest=run.digest)
    done = same.filter(state=ImportRun.State.DONE).exclude(pk=run.pk).defer("content")
    return done.order_by("-created_at", "pk").first()


def rejects(run: ImportRun) -> Iterator[list[str]]:
    """The rows that were not taken: where each stood, why, and its cells as they were."""
    rows = ImportRow.objects.filter(run=run, verdict__in=LEFT).order_by("line", "pk")
    for row in rows.iterator(chunk_size=2000):
        yield [str(row.line), row.reason, *json.loads(row.cells or "[]")]
