"""The worker's part: every import under way goes on, a piece at a time."""

from __future__ import annotations

import datetime as dt
from collections import deque
from time import monotonic
from uuid import UUID

from django.db import transaction

from bookings.models import ImportRow, ImportRun
from bookings.operations.imports.checking import check_file
from bookings.operations.imports.ground import (
    AWAY,
    OPEN,
    ROW_FAULT,
    TO_DO,
    drop,
    kind_of,
    log,
    next_rows,
)
from bookings.operations.imports.people import import_patients
from bookings.operations.imports.visits import import_visits
from bookings.queries import import_counts
from clinic import audit
from clinic.acts import act
from clinic.models import User
from clinic.permissions import Permission
from clinic.refusals import NotAllowed, Refusal
from clinic.rules import written_as

State, Verdict = ImportRun.State, ImportRow.Verdict
# A file that nobody imports is full of people; it does not lie here for ever.
LEFT_FOR = dt.timedelta(days=7)
FAULT = "A fault of the program stopped it; the log of the worker has the details."
# So many rows are checked while the person waits, for at most so many seconds.
AT_ONCE = 300
A_MOMENT = 2.0


def go_on_with_imports(*, at: dt.datetime, seconds: float = 10) -> int:
    """Check and import what is under way, for about so many seconds; how many steps that took.

    Safe to repeat at any time and to kill: each step is a transaction of its own, and what is
    done is done once. An import that fails stops and says so; the others go on. A file that was
    given a week ago and never imported is dropped.
    """
    ends, steps = monotonic() + seconds, 0
    left = ImportRun.objects.filter(state__in=OPEN, created_at__lte=at - LEFT_FOR)
    for key in left.order_by("created_at", "pk").values_list("pk", flat=True):
        _drop_left(key, at)
    under_way = ImportRun.objects.filter(state__in=[State.CHECKING, State.RUNNING])
    # Whose version is lowest had the fewest turns so far: a long import keeps no short one waiting.
    turn = deque(under_way.order_by("version", "created_at", "pk").values_list("pk", flat=True))
    while turn and (left_over := ends - monotonic()) > 0:
        key, share = turn.popleft(), left_over / (len(turn) + 1)
        began = monotonic()
        while (passed := monotonic() - began) < share:
            now = at + dt.timedelta(seconds=seconds - (ends - monotonic()))
            if not _step(key, now, seconds=share - passed):
                break
            steps += 1
        else:
            turn.append(key)
    return steps


def check_soon(*, run: ImportRun, at: dt.datetime) -> ImportRun:
    """Check a short file while the person waits, but no longer than a moment: what is left of
    it, and any longer file, is the worker's.
    """
    if run.rows <= AT_ONCE:
        _step(run.pk, at, seconds=A_MOMENT)
        run.refresh_from_db()
    return run


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


def _step(key: UUID, at: dt.datetime, *, seconds: float) -> bool:
    """One step of one import, a check for about so many seconds; whether there is another."""
    run = ImportRun.objects.select_related("clinic", "created_by", "started_by").get(pk=key)
    try:
        # What it says of a row stands on a page of this clinic.
        with written_as(run.clinic.locale):
            if run.state == State.CHECKING:
                return check_file(run, at=at, seconds=seconds)
            if run.state != State.RUNNING or run.started_by is None:
                return False
            return _go_on(run, run.started_by, at)
    except NotAllowed:
        _stop(run, f"{run.started_by} may not import this any more.", at)
    except AWAY as error:
        log.warning("The import %s waits for the database: %s", run.code, kind_of(error))
    except Exception as error:
        log.error("The import %s stopped: %s", run.code, kind_of(error))
        _stop(run, FAULT, at)
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
    except (NotAllowed, *AWAY):
        raise
    except Exception as error:
        # One row that cannot be taken takes its whole chunk back: from here on singly.
        _away_is_no_fault(error)
        _one_by_one(run, by, at, first[0])
    return True


def _one_by_one(run: ImportRun, by: User, at: dt.datetime, row: ImportRow) -> None:
    try:
        import_patients(run=run, by=by, at=at, most=1)
    except (NotAllowed, *AWAY):
        raise
    except Exception as error:
        _away_is_no_fault(error)
        reason = error.text if isinstance(error, Refusal) else ROW_FAULT
        if reason == ROW_FAULT:
            log.error("Row %s of %s is rejected: %s", row.line, run.code, kind_of(error))
        with transaction.atomic():
            held = ImportRun.objects.held().get(pk=run.pk)
            mine = ImportRow.objects.filter(pk=row.pk, verdict__in=TO_DO)
            held.done += mine.update(verdict=Verdict.REJECTED, reason=reason[:300])
            held.write(only=["done"])


def _away_is_no_fault(error: Exception) -> None:
    """The act has tried again and given up: the import waits, and no row is rejected for it."""
    if isinstance(error.__cause__, AWAY):
        raise error.__cause__ from error


def _stop(run: ImportRun, because: str, at: dt.datetime) -> None:
    """The import waits until someone starts it again."""
    with transaction.atomic():
        held = ImportRun.objects.held().get(pk=run.pk)
        if held.state == State.CHECKING:
            held.state = State.UPLOADED
        elif held.state == State.RUNNING:
            held.state = State.STOPPED
        held.stopped_because = because[:200]
        held.write(only=["state", "stopped_because"])
        audit.record("import.stop", by=None, at=at, clinic_id=held.clinic_id, on=held)
