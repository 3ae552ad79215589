"""What every test stands on: databases, web servers and the browser.

- `db` (or the mark `django_db`): a database whose changes are rolled back. Most tests.
- `fresh_db`: a database of its own in which commits are real; for threads, races, guards.
- `server`: the pages over HTTP on a fresh database; for journeys.
- `gunicorn`: the same behind the real server with several processes; for races over HTTP.
- `database`: whichever of the first two the test has chosen; for the cast.

The named people (`cast`), the stopped clock (`clock`) and their browsers (`enter`) are in
tests/cast.py.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings
from pytest_django import DjangoDbBlocker

from tests import database as databases
from tests.database import Database
from tests.server import Server, in_gunicorn, in_threads

pytest_plugins = ["tests.cast", "tests.gateways", "tests.house.nameless", "tests.house.used"]
JOURNEYS = Path(__file__).parent / "journeys"
REAL_DATABASE = {"fresh_db", "server", "gunicorn"}


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption(
        "--only-database",
        action="store_true",
        help="leave out the tests that no database can change",
    )


def pytest_configure() -> None:
    # Static files are looked up in their apps, yet the server wants the folder to be there.
    settings.STATIC_ROOT.mkdir(parents=True, exist_ok=True)


def pytest_unconfigure(config: pytest.Config) -> None:
    if not hasattr(config, "workerinput"):
        shutil.rmtree(settings.VAR_DIR, ignore_errors=True)


def _uses_database(item: pytest.Item) -> bool:
    names = {*getattr(item, "fixturenames", ())}
    return bool(names & {"db", "database", *REAL_DATABASE}) or bool(
        item.get_closest_marker("django_db")
    )


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    for item in items:
        names = {*getattr(item, "fixturenames", ())}
        mark = item.get_closest_marker("django_db")
        if names & {"transactional_db", "live_server"} or (mark and mark.kwargs.get("transaction")):
            raise pytest.UsageError(
                f"{item.nodeid}: append-only tables can't be flushed; use fresh_db or server."
            )
        if names & REAL_DATABASE and (mark or "db" in names):
            raise pytest.UsageError(f"{item.nodeid}: choose either db or fresh_db, not both.")
        if JOURNEYS in item.path.parents:
            item.add_marker("journey")
    if config.getoption("--only-database"):
        out = [item for item in items if not _uses_database(item)]
        config.hook.pytest_deselected(items=out)
        items[:] = [item for item in items if _uses_database(item)]


def pytest_sessionfinish(session: pytest.Session) -> None:
    if hasattr(session.config, "workerinput"):
        return
    databases.drop_template()
    reporter = session.config.pluginmanager.get_plugin("terminalreporter")
    if reporter and reporter.stats.get("skipped"):
        # A skipped test proves nothing while the summary stays green.
        reporter.write_line("A test was skipped; here that counts as a failure.", red=True)
        session.exitstatus = pytest.ExitCode.TESTS_FAILED


@pytest.fixture(scope="session")
def django_db_setup(
    django_test_environment: None, django_db_blocker: DjangoDbBlocker
) -> Iterator[None]:
    """Each worker's own clone of the template, instead of a database that can be flushed.

    A test that has not asked for a database gets none: what it wrote would stay for all others.
    """
    clone = databases.cloned()
    with django_db_blocker.unblock():
        databases.ensure_template()
        clone.__enter__()
    yield
    with django_db_blocker.unblock():
        clone.__exit__(None, None, None)


@pytest.fixture
def fresh_db(django_db_setup: None, django_db_blocker: DjangoDbBlocker) -> Iterator[Database]:
    """A database for this test alone, without a transaction around it.

    Threads and other processes may use it at the same time: a thread closes its own
    connection when it ends, another process finds it by `fresh_db.url`.
    """
    with django_db_blocker.unblock(), databases.cloned() as database:
        yield database


@pytest.fixture
def database(request: pytest.FixtureRequest) -> None:
    """The database that the test has chosen: `fresh_db` if it asks for one, else `db`."""
    chosen = "fresh_db" if {*request.fixturenames} & REAL_DATABASE else "db"
    request.getfixturevalue(chosen)


@pytest.fixture
def server(fresh_db: Database) -> Iterator[Server]:
    """The pages over HTTP, served by threads of this process."""
    with in_threads(fresh_db) as server:
        yield server


@pytest.fixture
def gunicorn(fresh_db: Database, tmp_path: Path) -> Iterator[Server]:
    """The pages over HTTP, served by gunicorn as in a clinic."""
    with in_gunicorn(fresh_db, tmp_path / "gunicorn.log", workers=2, threads=8) as server:
        yield server


def _chromium() -> str:
    for name in (os.environ.get("CHROMIUM", ""), "chromium", "chromium-browser", "google-chrome"):
        if name and (path := shutil.which(name)):
            return path
    return pytest.fail("Chromium is missing: install it with 'apt-get install chromium'.", False)


@pytest.fixture(scope="session")
def browser_type_launch_args(browser_type_launch_args: dict[str, Any]) -> dict[str, Any]:
    """The system's Chromium, kept from calling home."""
    return browser_type_launch_args | {
        "executable_path": _chromium(),
        "args": [
            "--no-sandbox",
            "--disable-gpu",
            "--no-first-run",
            "--disable-background-networking",
            "--disable-component-update",
            "--disable-sync",
            "--disable-quic",
        ],
    }


@pytest.fixture
def browser_context_args(browser_context_args: dict[str, Any], server: Server) -> dict[str, Any]:
    """A desk's screen on this test's server; `page.goto("/day/")` is enough."""
    return browser_context_args | {
        "base_url": server.url,
        "viewport": {"width": 1366, "height": 768},
        "locale": "en-US",
    }
