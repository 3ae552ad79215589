"""Whether the house may take visitors: what `/readyz` answers from.

The apps upstairs add their own checks to CHECKS when they are ready.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable

from django.db import DatabaseError, connection
from django.db.migrations.executor import MigrationExecutor

from clinic import backups, constraints
from clinic.models import Message

# Each looks at one thing, at the instant it is given, and answers with what is wrong in words.
Check = Callable[[dt.datetime], list[str]]
STUCK_AFTER = dt.timedelta(minutes=15)


def migrations(at: dt.datetime) -> list[str]:
    """Every migration has run."""
    executor = MigrationExecutor(connection)
    plan = executor.migration_plan(executor.loader.graph.leaf_nodes())
    return [f"Migrations have not run: {len(plan)}."] if plan else []


def guards(at: dt.datetime) -> list[str]:
    """Every guard of the database stands."""
    missing = constraints.missing(connection)
    return [f"Guards are missing: {', '.join(sorted(missing))}."] if missing else []


def outbox(at: dt.datetime) -> list[str]:
    """The worker sends what is due."""
    waiting = Message.objects.due(at=at - STUCK_AFTER).count()
    return [f"Messages are stuck in the outbox: {waiting}."] if waiting else []


def proven_backup(at: dt.datetime) -> str:
    """The age of the newest backup that was proven to be restorable; old is not unready."""
    proven = backups.last_proven()
    if proven is None:
        return "never"
    hours = max(0, int((at - proven["made_at"]).total_seconds() // 3600))
    return f"{hours} hours old, made at {proven['made_at'].isoformat()}"


CHECKS: list[Check] = [migrations, guards, outbox]


def problems(at: dt.datetime) -> list[str]:
    """What keeps the house from being ready, in words; empty when it is."""
    try:
        connection.ensure_connection()
        return [sentence for check in CHECKS for sentence in check(at)]
    except DatabaseError:
        return ["The database does not answer as it should."]
