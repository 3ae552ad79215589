"""Databases for the tests: one migrated template, and clones of it.

Append-only tables refuse to be emptied, so a test that really commits gets a clone of its
own and the clone is thrown away: a copied file on SQLite, `TEMPLATE` on PostgreSQL.
"""

from __future__ import annotations

import fcntl
import hashlib
import itertools
import os
import shutil
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import quote, urlencode

import psycopg
from django.conf import settings
from django.core.management import call_command
from django.db import connection, connections

ROOT = Path(__file__).resolve().parent.parent
APPS = ("clinic", "bookings", "treatments")
_counter = itertools.count(1)


@dataclass(frozen=True)
class Database:
    """A database that nobody else uses; `url` lets another process use it too."""

    name: str
    url: str


def is_postgresql() -> bool:
    return connection.vendor == "postgresql"


def _folder() -> Path:
    return Path(settings.VAR_DIR)


def _template() -> str:
    # The folder is new for each run, so its name tells one run from another.
    run = _folder().name.replace("-", "_")
    return f"{run}_template" if is_postgresql() else str(_folder() / "template.sqlite3")


def _server(sql: str) -> None:
    """Run one statement on the PostgreSQL server itself, outside every test database."""
    params: dict[str, Any] = connection.get_connection_params() | {"dbname": "postgres"}
    with psycopg.connect(**params, autocommit=True) as server:
        server.execute(sql.encode())


def current() -> str:
    """The name of the database that connections of this process go to."""
    return str(connection.settings_dict["NAME"])


def switch(name: str) -> None:
    """Let every connection opened from now on, in any thread, go to the database `name`."""
    connections.close_all()
    connection.settings_dict["NAME"] = name


def _describe(name: str) -> Database:
    if not is_postgresql():
        return Database(name, f"sqlite:///{quote(name)}")
    given = connection.settings_dict
    query = {key: str(given["OPTIONS"][key]) for key in ("host", "port") if key in given["OPTIONS"]}
    place = given["USER"] + (f":{quote(given['PASSWORD'])}" if given["PASSWORD"] else "")
    host = given["HOST"] + (f":{given['PORT']}" if given["PORT"] else "")
    return Database(name, f"postgres://{place}@{host}/{name}?{urlencode(query)}")


def ensure_template() -> None:
    """Migrate the template; the first worker does it while the others wait."""
    done = _folder() / "template.done"
    with (_folder() / "template.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if done.exists():
            return
        if is_postgresql():
            _server(f'CREATE DATABASE "{_template()}"')
            _migrate(_template())
        else:
            kept = _kept()
            if not kept.exists():
                _migrate(_template())
                _keep(kept)
            shutil.copyfile(kept, _template())
        done.touch()


def _migrate(name: str) -> None:
    switch(name)
    call_command("migrate", verbosity=0, interactive=False)
    call_command("createcachetable", verbosity=0)
    connections.close_all()


def _kept() -> Path:
    """Where a migrated SQLite file stands from an earlier run of the very same sources.

    Migrating takes longer than most files of tests. What cannot change a table, by the import
    law, does not count: of these rooms no model, guard or migration knows.
    """
    above = {"api", "forms", "management", "messages", "operations", "printing", "queries", "views"}
    told = hashlib.sha256(sys.version.encode())
    sources = [path for app in APPS for path in (ROOT / app).rglob("*.py")]
    for path in sorted([*sources, *ROOT.glob("requirements*.txt"), Path(__file__)]):
        place = path.relative_to(ROOT)
        if not above & {*place.parts[1:]}:
            told.update(f"{place}\n".encode() + path.read_bytes())
    folder = Path(os.environ.get("TEST_TEMPLATES") or ROOT / ".pytest_cache" / "templates")
    return folder / f"{told.hexdigest()[:32]}.sqlite3"


def _keep(kept: Path) -> None:
    kept.parent.mkdir(parents=True, exist_ok=True)
    for old in sorted(kept.parent.glob("*.sqlite3"), key=lambda one: one.stat().st_mtime)[:-9]:
        old.unlink(missing_ok=True)
    # Never half a file, whoever else runs tests of the same sources.
    part = kept.with_suffix(f".{os.getpid()}")
    shutil.copyfile(_template(), part)
    part.replace(kept)


def drop_template() -> None:
    """Take the template away at the end of the run; a SQLite file goes with its folder."""
    if is_postgresql() and (_folder() / "template.done").exists():
        _server(f'DROP DATABASE IF EXISTS "{_template()}" WITH (FORCE)')


@contextmanager
def cloned() -> Iterator[Database]:
    """A clone of the template, in use by this process until the block ends."""
    home = connection.settings_dict["NAME"]
    label = f"{os.environ.get('PYTEST_XDIST_WORKER', 'main')}_{os.getpid()}_{next(_counter)}"
    if is_postgresql():
        name = _template().replace("template", label)
        _server(f'CREATE DATABASE "{name}" TEMPLATE "{_template()}"')
    else:
        name = str(_folder() / f"{label}.sqlite3")
        shutil.copyfile(_template(), name)
    switch(name)
    try:
        yield _describe(name)
    finally:
        switch(home)
        if is_postgresql():
            _server(f'DROP DATABASE "{name}" WITH (FORCE)')
        else:
            for left in _folder().glob(f"{label}.sqlite3*"):
                # A connection of the server that closes this moment takes its own files away.
                left.unlink(missing_ok=True)
