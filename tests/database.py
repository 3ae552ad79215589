"""Databases for the tests: one migrated template, and clones of it.

Append-only tables refuse to be emptied, so a test that really commits gets a clone of its
own and the clone is thrown away: a copied file on SQLite, `TEMPLATE` on PostgreSQL.
"""

from __future__ import annotations

import fcntl
import itertools
import os
import shutil
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
        switch(_template())
        call_command("migrate", verbosity=0, interactive=False)
        call_command("createcachetable", verbosity=0)
        connections.close_all()
        done.touch()


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
                left.unlink()
