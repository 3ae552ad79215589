"""Real web servers for tests that need one: in this process, or gunicorn beside it."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from django.core.servers.basehttp import ThreadedWSGIServer, WSGIRequestHandler
from django.core.wsgi import get_wsgi_application

from clinic.gate import one_charset
from clinic.proxy import real_client
from tests.database import Database

ROOT = Path(__file__).resolve().parent.parent


@dataclass(frozen=True)
class Server:
    """Where the pages are served, and from which database."""

    url: str
    database: Database


class _Quiet(WSGIRequestHandler):
    def log_message(self, format: str, *args: Any) -> None:
        """A line for each request would bury the failure that one looks for."""


@contextmanager
def in_threads(database: Database) -> Iterator[Server]:
    """The product behind a threaded server in this process: a frozen clock holds there too."""
    server = ThreadedWSGIServer(("127.0.0.1", 0), _Quiet)
    server.set_app(real_client(one_charset(get_wsgi_application())))
    thread = threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True)
    thread.start()
    try:
        yield Server(f"http://127.0.0.1:{server.server_port}", database)
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


@contextmanager
def in_gunicorn(database: Database, log: Path, *, workers: int, threads: int) -> Iterator[Server]:
    """The product as it is served to a clinic: several processes of several threads."""
    environment = os.environ | {
        "DJANGO_SETTINGS_MODULE": "tests.settings",
        "DATABASE_URL": database.url,
        "TEST_DATABASE_POOL": "true",
        "WEB_WORKERS": str(workers),
        "WEB_THREADS": str(threads),
    }
    # The socket listens before the server starts: no port to guess, no start to poll for.
    with socket.create_server(("127.0.0.1", 0), backlog=512) as listening, log.open("wb") as output:
        port = listening.getsockname()[1]
        process = subprocess.Popen(
            [sys.executable, "-m", "gunicorn", "--bind", f"fd://{listening.fileno()}"],
            cwd=ROOT,
            env=environment,
            pass_fds=[listening.fileno()],
            stdout=output,
            stderr=output,
        )
        try:
            yield Server(f"http://127.0.0.1:{port}", database)
        finally:
            process.terminate()
            try:
                process.wait(15)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()
    print(log.read_text())
