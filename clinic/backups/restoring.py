"""Putting a backup back, and proving one without touching the database at hand.

All or nothing: SQLite gets a finished copy in one transaction, PostgreSQL does all of it in one.
Whatever stops it leaves the database as it was.
"""

from __future__ import annotations

import hashlib
import io
import json
import os
import shutil
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from django.conf import settings
from django.contrib.contenttypes.models import ContentType
from django.core.management import CommandError, call_command
from django.db import DEFAULT_DB_ALIAS, DatabaseError, connection, connections, transaction
from django.db.backends.sqlite3.base import DatabaseWrapper as SQLite
from django.db.migrations.executor import MigrationExecutor
from django.db.migrations.loader import MigrationLoader

from clinic.backups import tables
from clinic.backups.archive import Archive, Unfit, lines_of, why
from clinic.backups.leftovers import sweep
from clinic.backups.progress import Progress, Tell

# SQLite's pages, copied between two lines of progress.
STEP = 8192


@dataclass(frozen=True)
class Outcome:
    """What the audit of the restored database says: `faults` is empty when all is whole."""

    said: str
    faults: str


def restore(archive: Archive, *, over_existing: bool, tell: Tell) -> Outcome:
    """Put the backup in the place of the database at hand.

    Raises Unfit, with nothing changed, when the backup is damaged or newer than the code, or
    when the database is not empty or newer than the code and `over_existing` is not said. What
    comes in while the backup is made ready counts too: it is looked for once more under the lock
    that keeps everybody else from writing until the backup is in place.
    """
    _refuse_newer_backup(archive)
    given = connections[DEFAULT_DB_ALIAS]

    def look() -> None:
        if not over_existing:
            _refuse_what_is_there(given)

    look()
    tell("Checking the backup")
    archive.check()
    try:
        if connection.vendor == "sqlite":
            place = Path(connection.settings_dict["NAME"]).resolve()
            connection.close()
            with _scratch(place.parent) as made:
                _build(archive, tell)
                connection.close()
                tell("Putting it in place")
                _put_in_place(made, place, tell, look)
                given.close()
        else:
            with transaction.atomic():
                tables.lock_all(connection)
                look()
                tables.drop_all(connection)
                _build(archive, tell)
                tell("Putting it in place")
    except (DatabaseError, OSError) as error:
        raise Unfit(
            f"The backup could not be put back, and nothing was changed: {why(error)}"
        ) from error
    ContentType.objects.clear_cache()
    tell("Verifying the audit")
    return _verify(archive)


def prove(archive: Archive, *, tell: Tell) -> Outcome:
    """Restore the backup into a scratch database, verify the audit there, and throw it away.

    The scratch is SQLite under VAR_DIR, on either engine; the database at hand is not touched.
    """
    _refuse_newer_backup(archive)
    tell("Checking the backup")
    archive.check()
    try:
        with _scratch(Path(settings.VAR_DIR)):
            _build(archive, tell)
            tell("Verifying the audit")
            return _verify(archive)
    except (DatabaseError, OSError) as error:
        raise Unfit(f"{archive.file} could not be restored: {why(error)}") from error


def _refuse_newer_backup(archive: Archive) -> None:
    known = set(MigrationLoader(None).graph.nodes)
    newer = sorted(archive.migrations - known)
    if newer:
        raise Unfit(
            f"{archive.file} was made by a newer version ({'.'.join(newer[0])} is not known "
            f"here): install version {archive.manifest['version']} or a newer one first."
        )


def _refuse_what_is_there(connection: Any) -> None:
    loader = MigrationLoader(connection)
    newer = sorted(set(loader.applied_migrations) - set(loader.graph.nodes))
    way_out = "restore into an empty one, or say --over-existing to lose all that is in it."
    if newer:
        raise Unfit(f"This database belongs to a newer version ({'.'.join(newer[0])}): {way_out}")
    rows = tables.filled(connection)
    if rows:
        raise Unfit(f"This database is not empty ({rows[0]} has rows): {way_out}")


def _build(archive: Archive, tell: Tell) -> None:
    """Fill the empty database at hand: tables as they were, rows, what has come since, guards."""
    tell("Making the tables")
    make_tables(archive.migrations)
    # A migration that adds a column asks for its key at once, from then on; rows come in any order.
    connection.check_constraints()
    there = {table.name: table for table in tables.all_tables(connection)}
    kept = archive.manifest["tables"]
    for name, told in kept.items():
        if name not in there or there[name].columns != told["columns"]:
            raise Unfit(f"{archive.file} holds a table that this version never had: {name}.")
    # No guard stands yet: rows that were lawful when written go in as they are.
    with connection.constraint_checks_disabled(), transaction.atomic():
        tables.clear(connection, there.values())
        progress = Progress(tell, archive.rows)
        for name in kept:
            tables.load(connection, there[name], progress.along(archive.rows_of(name)))
        progress.end()
    connection.check_constraints()
    tell("Comparing with the backup")
    for name, told in kept.items():
        whole = hashlib.sha256()
        for line in lines_of(there[name]):
            whole.update(line)
        if whole.hexdigest() != told["sha256"]:
            raise Unfit(f"The table {name} did not come back as it was; nothing was changed.")
    tell("Bringing it up to date")
    call_command("migrate", interactive=False, verbosity=0)
    call_command("createcachetable", verbosity=0)


def make_tables(migrations: set[tuple[str, str]]) -> None:
    """Run these migrations and no others on the empty database at hand; no guards follow."""
    executor = MigrationExecutor(connection)
    executor.migrate(_ends(executor.loader, migrations))


def _ends(loader: MigrationLoader, applied: set[tuple[str, str]]) -> list[Any]:
    """The last of each app's migrations among those that had run."""
    return sorted(
        one
        for one in applied
        if not any(child.key in applied and child.key[0] == one[0]
                   for child in loader.graph.node_map[one].children)
    )  # fmt: skip


@contextmanager
def _scratch(parent: Path) -> Iterator[Path]:
    """A SQLite database of its own takes the place of the one at hand until the block ends."""
    sweep(parent, "scratch-*")
    folder = parent / f"scratch-{os.getpid()}"
    folder.mkdir(mode=0o700)
    given = connections[DEFAULT_DB_ALIAS]
    made = folder / "scratch.sqlite3"
    scratch = SQLite(
        {
            **given.settings_dict,
            "ENGINE": "django.db.backends.sqlite3",
            "NAME": str(made),
            "OPTIONS": {
                "transaction_mode": "IMMEDIATE",
                # Thrown away or copied: it need not outlive a power cut.
                "init_command": "PRAGMA journal_mode=MEMORY; PRAGMA synchronous=OFF; "
                "PRAGMA foreign_keys=ON; PRAGMA recursive_triggers=ON;",
            },
        },
        DEFAULT_DB_ALIAS,
    )
    connections[DEFAULT_DB_ALIAS] = scratch
    try:
        yield made
    finally:
        scratch.close()
        connections[DEFAULT_DB_ALIAS] = given
        ContentType.objects.clear_cache()
        shutil.rmtree(folder, ignore_errors=True)


def _put_in_place(made: Path, place: Path, tell: Tell, look: Callable[[], None]) -> None:
    """Copy the finished database over the one in place, in one transaction of SQLite's own.

    Who reads meanwhile sees the old one, then the new one; a copy cut short is rolled back, also
    by `look`, which is asked once nobody else can write any more.
    """
    locked = False

    def step(status: int, left: int, total: int) -> None:
        nonlocal locked
        if status == sqlite3.SQLITE_OK and not locked:
            look()
            locked = True
        tell(f"  {total - left} of {total} pages")

    os.close(os.open(place, os.O_RDWR | os.O_CREAT, 0o600))
    with closing(sqlite3.connect(made)) as source, closing(sqlite3.connect(place)) as target:
        target.execute("PRAGMA journal_mode=WAL")
        target.execute("PRAGMA synchronous=FULL")
        try:
            # The first step takes the lock and must not be the last, which lets it go.
            (pages,) = source.execute("PRAGMA page_count").fetchone()
            source.backup(target, pages=max(1, min(STEP, pages - 1)), progress=step)
        except sqlite3.Error as error:
            raise DatabaseError(str(error)) from error


def _verify(archive: Archive) -> Outcome:
    anchor = Path(settings.VAR_DIR) / f"anchor-of-backup-{os.getpid()}.json"
    said = io.StringIO()
    try:
        anchor.write_text(json.dumps(archive.manifest["audit"]))
        # By name: the treatments and their ledger belong to an app above this one.
        call_command("verify_audit", anchor=anchor, stdout=said)
    except CommandError as error:
        return Outcome("", str(error))
    finally:
        anchor.unlink(missing_ok=True)
    return Outcome(said.getvalue().strip(), "")
