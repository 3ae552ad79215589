"""Prepare the clinic's data, then run the web server and the background worker until told to stop.

Called by bin/run, after the libraries are there. What can go wrong at a first start is
answered with one sentence on stderr and exit code 1.
"""

from __future__ import annotations

import http.client
import os
import re
import secrets
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import NoReturn

ROOT = Path(__file__).resolve().parent.parent
HOST = os.environ.get("HOST") or "127.0.0.1"
PORT = os.environ.get("PORT") or "8000"
VAR_DIR = Path(os.environ.get("VAR_DIR") or ROOT / "var")
LOOPBACK = ("127.0.0.1", "localhost", "::1")
READY_WITHIN = 60  # seconds until the first page must answer
STOP_WITHIN = 8  # seconds a process gets to finish what it is doing


def stop_with(sentence: str) -> NoReturn:
    print(sentence, file=sys.stderr)
    raise SystemExit(1)


def check_port() -> None:
    """Stop if the port is no port, or another program has it."""
    if not PORT.isdecimal() or not 0 < int(PORT) < 65536:
        stop_with(f"PORT must be a number from 1 to 65535, not {PORT!r}.")
    try:
        found = socket.getaddrinfo(HOST, int(PORT), type=socket.SOCK_STREAM)
    except socket.gaierror:
        stop_with(f"HOST {HOST!r} is not an address of this machine: try HOST=127.0.0.1.")
    family, kind, _, _, address = found[0]
    with socket.socket(family, kind) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(address)
        except PermissionError:
            stop_with(f"Port {PORT} needs more rights than you have: choose another, PORT=8000.")
        except OSError as problem:
            stop_with(
                f"Port {PORT} on {HOST} can't be used ({problem.strerror}): "
                f"choose another, for example 'make run PORT={next_port()}'."
            )


def next_port() -> int:
    return int(PORT) + 1 if int(PORT) < 65535 else 8000


def prepare_folder() -> None:
    """Make VAR_DIR and, once, its private keys; stop if it can't be written."""
    try:
        VAR_DIR.mkdir(parents=True, exist_ok=True)
        probe = VAR_DIR / f".probe-{os.getpid()}"
        probe.touch()
        probe.unlink()
    except OSError as problem:
        stop_with(
            f"The folder {VAR_DIR} can't be written ({problem.strerror}): "
            "name one that you own with VAR_DIR=…"
        )
    keys = VAR_DIR / "env"
    if keys.exists() or {"SECRET_KEY", "AUDIT_KEY"} <= os.environ.keys():
        return
    if (VAR_DIR / "clinic.sqlite3").exists():
        # New keys would make every audit event of the old database look forged.
        stop_with(
            f"{keys} is missing, but not the clinic's data: put the file back or set its keys."
        )
    text = f"SECRET_KEY={secrets.token_urlsafe(50)}\nAUDIT_KEY={secrets.token_hex(32)}\n"
    descriptor = os.open(keys, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "w") as file:
        file.write(text)


def prepare_data() -> str:
    """Tables, static files, demo data; returns the list of demo accounts, or stops."""
    print("Preparing the clinic's data …", flush=True)
    done = subprocess.run(
        [sys.executable, "bin/prepare.py"], cwd=ROOT, capture_output=True, text=True
    )
    if done.returncode:
        log = VAR_DIR / "start.log"
        log.write_text(done.stdout + done.stderr)
        lines = done.stderr.strip().splitlines() or ["no reason given"]
        # The last line that names an error, rather than what a driver adds below it.
        named = [found[1] for line in lines if (found := re.match(r"[\w.]+: (.+)", line))]
        stop_with(f"The data could not be prepared: {(named or lines)[-1]} (all of it: {log})")
    return done.stdout.strip()


class Signals:
    """What Ctrl-C, a closed terminal or a signal to terminate does here."""

    asked_to_stop = False

    def on_any(self, action: Callable[[int, object], None] | signal.Handlers) -> None:
        for name in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            signal.signal(name, action)

    def interrupt(self, _signal: int, _frame: object) -> None:
        raise KeyboardInterrupt

    def remember(self, _signal: int, _frame: object) -> None:
        self.asked_to_stop = True


def answers() -> bool:
    """Whether a page is served yet; what it says is the page's own affair."""
    host = {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(HOST, HOST)  # noqa: S104 - asked, not bound
    page = http.client.HTTPConnection(host, int(PORT), timeout=5)
    try:
        page.request("GET", "/healthz")
        page.getresponse()
    except (OSError, http.client.HTTPException):
        return False
    finally:
        page.close()
    return True


def end(processes: list[subprocess.Popen[bytes]]) -> None:
    """End each process and whatever it has started, and wait until it is gone."""
    for process in processes:
        if process.poll() is None:
            process.terminate()
    deadline = time.monotonic() + STOP_WITHIN
    for process in processes:
        with suppress(subprocess.TimeoutExpired):
            process.wait(max(0.1, deadline - time.monotonic()))
        # Each leads a group of its own, so that no grandchild outlives it.
        with suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        process.wait()


def serve(accounts: str, signals: Signals) -> None:
    """Keep the web server and the worker running until a signal; neither outlives this."""
    processes: list[subprocess.Popen[bytes]] = []
    try:
        for command in (["-m", "gunicorn"], ["manage.py", "work"]):
            processes.append(
                subprocess.Popen([sys.executable, *command], cwd=ROOT, start_new_session=True)
            )
        server, worker = processes
        deadline = time.monotonic() + READY_WITHIN
        ready = False
        while not signals.asked_to_stop:
            for process, name in ((server, "web server"), (worker, "background worker")):
                if process.poll() is not None:
                    stop_with(f"The {name} ended by itself; its own words are above.")
            if not ready and answers():
                ready = True
                print(f"\nReady at http://{HOST}:{PORT}/ (Ctrl-C stops it)", flush=True)
                if accounts:
                    print(f"\n{accounts}\n", flush=True)
            if not ready and time.monotonic() > deadline:
                stop_with(f"No page was served within {READY_WITHIN} seconds.")
            time.sleep(0.2)
        print("Stopping …", flush=True)
    finally:
        signals.on_any(signal.SIG_IGN)
        end(processes)


def main() -> None:
    os.environ.update(HOST=HOST, PORT=PORT, VAR_DIR=str(VAR_DIR.resolve()))
    if os.environ.get("DEMO") == "0" and HOST in LOOPBACK:
        # Nobody but this machine's own people can reach the first page.
        os.environ.setdefault("FIRST_START_OPEN", "true")
    signals = Signals()
    signals.on_any(signals.interrupt)
    try:
        check_port()
        prepare_folder()
        accounts = prepare_data()
    except KeyboardInterrupt:
        stop_with("Stopped before it was ready.")
    # From here on a signal only leaves a note, so that no process is lost between two lines.
    signals.on_any(signals.remember)
    serve(accounts, signals)


if __name__ == "__main__":
    main()
