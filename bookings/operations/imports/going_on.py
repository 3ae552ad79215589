"""The worker's part: every import under way goes on, a piece at a time."""

from __future__ import annotations

import datetime as dt
import logging
from time import monotonic
from uuid import UUID

from django.db import transaction

from bookings.models import ImportRow, ImportRun
from bookings.operations.imports.checking import check_file
from bookings.operations.imports.ground import OPEN, TO_DO, drop, next_rows
from bookings.operations.imports.people import import_patients
from bookings.operations.imports.visits import import_visits
from bookings.queries import import_counts
from clinic import audit
from clinic.acts import act
from clinic.models import User
from clinic.permissions import Permission
from clinic.refusals import NotAllowed, Refusal

State, Verdict = ImportRun.State, ImportRow.Verdict
# A file that nobody imports is full of people; it does not lie here for ever.
LEFT_FOR = dt.timedelta(days=7)
FAULT = "A fault of the program stopped it; the log of the worker has the details."
log = logging.getLogger(__name__)


def go_on_with_imports(*, at: dt.datetime, seconds: float = 10) -> int:
    """Check and import what is under way, for about so many seconds; how many steps that took.

    Safe to repeat at any time and to kill: each step is a transaction of its own, and what is
    done is done once. An import that fails stops and says so; the others go on. A file that was
    given a week ago and never imported is dropped.
    """
    began, steps = monotonic(), 0
    left = ImportRun.objects.filter(state__in=OPEN, created_at__lte=at - LEFT_FOR)
    for key in left.order_by("created_at", "pk").values_list("pk", flat=True):
        _drop_left(key, at)
    under_way = ImportRun.objects.filter(state__in=[State.CHECKING, State.RUNNING])
    for key in under_way.order_by("created_at", "pk").values_list("pk", flat=True):
        while (passed := monotonic() - began) < seconds:
            if not _step(key, at + dt.timedelta(seconds=passed)):
                break
            steps += 1
    return steps


@act("import.finish", may=Permission.IMPORT, on="run")
def finish_import(*, run: ImportRun, by: User, at: dt.datetime) -> ImportRun:
    """Note that every row has its verdict.

    Refuses an import that is not under way (R46).
    """
    run = ImportRun.objects.held().select_related("clinic").get(pk=run.pk)
    if run.state != State.RUNNING:
        raise Refusal("This import is not under way.", rule="R46")
    run.state, run.finished_at = State.DONE, at
    run.write()
    counts = {verdict: count for verdict, count in import_counts(run).items() if count}
    audit.record("import.finish", by=by, at=at, clinic_id=run.clinic_id, on=run, detail=counts)
    return run


def _drop_left(key: UUID, at: dt.datetime) -> None:
    with transaction.atomic():
        run = ImportRun.objects.held().get(pk=key)
        if run.state in OPEN:
            drop(run)
            audit.record("import.discard", by=None, at=at, clinic_id=run.clinic_id, on=run)


def _step(key: UUID, at: dt.datetime) -> bool:
    """One step of one import; whether there is another."""
    run = ImportRun.objects.select_related("clinic", "created_by", "started_by").get(pk=key)
    try:
        if run.state == State.CHECKING:
            check_file(run, at=at)
            return False
        if run.state != State.RUNNING or run.started_by is None:
            return False
        return _go_on(run, run.started_by, at)
    except NotAllowed:
        _stop(run, f"{run.started_by} may not import this any more.")
    except (Refusal, ValueError, TypeError, LookupError, AssertionError):
        log.exception("The import %s stopped.", run.code)
        _stop(run, FAULT)
    return False


def _go_on(run: ImportRun, by: User, at: dt.datetime) -> bool:
    first = next_rows(run, 1)
    if not first:
        finish_import(run=run, by=by, at=at)
        return False
    if run.kind == ImportRun.Kind.APPOINTMENTS:
        import_visits(run=run, by=by, at=at)
        return True
    try:
        import_patients(run=run, by=by, at=at)
    except NotAllowed:
        raise
    except Refusal:
        # One row that the database refuses takes its whole chunk back: from here on singly.
        _one_by_one(run, by, at, first[0])
    return True


def _one_by_one(run: ImportRun, by: User, at: dt.datetime, row: ImportRow) -> None:
    try:
        import_patients(run=run, by=by, at=at, most=1)
    except NotAllowed:
        raise
    except Refusal as no:
        with transaction.atomic():
            held = ImportRun.objects.held().get(pk=run.pk)
            mine = ImportRow.objects.filter(pk=row.pk, verdict__in=TO_DO)
            held.done += mine.update(verdict=Verdict.REJECTED, reason=no.text[:300])
            held.write(only=["done"])


def _stop(run: ImportRun, because: str) -> None:
    """The import waits until someone starts it again."""
    with transaction.atomic():
        held = ImportRun.objects.held().get(pk=run.pk)
        if held.state == State.CHECKING:
            held.state = State.UPLOADED
        elif held.state == State.RUNNING:
            held.state = State.STOPPED
        held.stopped_because = because[:200]
        held.write(only=["state", "stopped_because"])
