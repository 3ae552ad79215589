"""`make run` from the outside: what it says when it can't, and that it leaves nothing behind."""

from __future__ import annotations

import os
import re
import shutil
import signal
import socket
import stat
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
TOOLS = ("sh", "dirname", "cat", "cut", "sha256sum", "pwd", "rm", "mkdir", "cp", "env")


def bare(**more: object) -> dict[str, str]:
    """The environment of somebody who has set nothing, plus `more`."""
    kept = {name: os.environ[name] for name in ("PATH", "HOME") if name in os.environ}
    return kept | {name: str(value) for name, value in more.items()}


def refusal(*command: str, cwd: Path = ROOT, env: dict[str, str]) -> str:
    """What a start that must fail says on stderr: one line, exit code 1."""
    done = subprocess.run(command, cwd=cwd, env=env, capture_output=True, text=True, timeout=60)
    assert done.returncode == 1, done.stdout + done.stderr
    lines = done.stderr.splitlines()
    assert len(lines) == 1, done.stderr
    return lines[0]


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        return taken.getsockname()[1]


def test_a_taken_port_is_named_with_the_way_out(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        said = refusal("bin/run", env=bare(PORT=port, VAR_DIR=tmp_path))
    assert said == (
        f"Port {port} on 127.0.0.1 can't be used (Address already in use): "
        f"choose another, for example 'make run PORT={port + 1}'."
    )
    assert not any(tmp_path.iterdir())


@pytest.mark.parametrize("port", ["0", "65536", "eight", "-1", "80 80"])
def test_a_port_that_is_none_is_refused(port: str, tmp_path: Path) -> None:
    said = refusal("bin/run", env=bare(PORT=port, VAR_DIR=tmp_path))
    assert said == f"PORT must be a number from 1 to 65535, not {port!r}."


def test_a_host_of_another_machine_is_refused(tmp_path: Path) -> None:
    said = refusal("bin/run", env=bare(HOST="192.0.2.1", PORT=free_port(), VAR_DIR=tmp_path))
    assert "192.0.2.1 can't be used (Cannot assign requested address)" in said


def test_a_folder_that_cannot_be_written_is_named(tmp_path: Path) -> None:
    in_the_way = tmp_path / "var"
    in_the_way.write_text("a file, not a folder")
    said = refusal("bin/run", env=bare(PORT=free_port(), VAR_DIR=in_the_way))
    assert said == (
        f"The folder {in_the_way} can't be written (File exists): "
        "name one that you own with VAR_DIR=…"
    )


def test_lost_keys_are_not_replaced_while_the_data_is_there(tmp_path: Path) -> None:
    (tmp_path / "clinic.sqlite3").touch()
    said = refusal("bin/run", env=bare(PORT=free_port(), VAR_DIR=tmp_path))
    assert said == (
        f"{tmp_path / 'env'} is missing, but not the clinic's data: "
        "put the file back or set its keys."
    )


@pytest.fixture
def clone(tmp_path: Path) -> Path:
    """A clone in which nothing is set up, and the few tools of a bare machine in `tools`."""
    folder = tmp_path / "a clone"
    shutil.copytree(ROOT / "bin", folder / "bin")
    for name in ("requirements.txt", "requirements-dev.txt", "package.json", "package-lock.json"):
        shutil.copy(ROOT / name, folder)
    tools = tmp_path / "tools"
    tools.mkdir()
    for tool in TOOLS:
        if found := shutil.which(tool):
            (tools / tool).symlink_to(found)
    return folder


def program(clone: Path, name: str, text: str) -> None:
    path = clone.parent / "tools" / name
    path.write_text(f"#!/bin/sh\n{text}\n")
    path.chmod(path.stat().st_mode | stat.S_IXUSR)


def test_a_missing_node_is_named(clone: Path) -> None:
    (clone / ".venv").symlink_to(ROOT / ".venv")
    program(clone, "python3", f'exec "{sys.executable}" "$@"')
    said = refusal("bin/run", cwd=clone, env={"PATH": str(clone.parent / "tools")})
    assert said.startswith("Node.js with npm is missing: install it with 'apt-get install")


def test_a_missing_python_is_named(clone: Path) -> None:
    said = refusal("bin/run", cwd=clone, env={"PATH": str(clone.parent / "tools")})
    assert said.startswith("Python is missing: install it with 'apt-get install python3")


def test_an_old_python_is_named(clone: Path) -> None:
    program(clone, "python3", '[ "$1" = -V ] && echo Python 3.9.2 && exit 0; exit 1')
    said = refusal("bin/run", cwd=clone, env={"PATH": str(clone.parent / "tools")})
    assert said.startswith("Python 3.11 or newer is needed, and python3 is Python 3.9.2")


def test_a_missing_venv_module_is_named(clone: Path) -> None:
    # Debian's python3 without python3-venv: it runs, and `import ensurepip` fails.
    program(
        clone,
        "python3",
        'case "$2" in *ensurepip*) exit 1;; esac\n' + f'exec "{sys.executable}" "$@"',
    )
    said = refusal("bin/run", cwd=clone, env={"PATH": str(clone.parent / "tools")})
    assert said.startswith("Python's venv module is missing: install it with 'apt-get install")


def processes_with(marker: str) -> list[int]:
    """Every living process that was started with `marker` in its environment."""
    found = []
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            if marker.encode() in (folder / "environ").read_bytes():
                found.append(int(folder.name))
        except OSError:
            continue
    return found


class Start:
    """One `make run` in a process group of its own, as a terminal would start it."""

    def __init__(self, var: Path, port: int) -> None:
        self.url = f"http://127.0.0.1:{port}"
        self.marker = f"STARTED_BY_TEST={var}"
        self.paper = var.with_suffix(".out")
        began = time.monotonic()
        with self.paper.open("w") as paper:
            self.process = subprocess.Popen(
                ["make", "run"],
                cwd=ROOT,
                env=bare(PORT=port, VAR_DIR=var, STARTED_BY_TEST=var),
                stdout=paper,
                stderr=paper,
                start_new_session=True,
            )
        while "Ready at" not in self.said():
            assert self.process.poll() is None, self.said()
            time.sleep(0.1)
        self.took = time.monotonic() - began

    def said(self) -> str:
        """What stood on the terminal so far."""
        return self.paper.read_text()

    def end(self, name: signal.Signals, *, everyone: bool) -> None:
        """Send the signal, to the whole group as Ctrl-C does or to make alone, and wait."""
        (os.killpg if everyone else os.kill)(self.process.pid, name)
        self.process.wait(20)


@pytest.fixture
def start(tmp_path: Path) -> Iterator[type[Start]]:
    yield Start
    for left in processes_with(f"STARTED_BY_TEST={tmp_path}"):
        os.kill(left, signal.SIGKILL)


def test_it_starts_twice_keeps_its_data_and_leaves_no_process(
    start: type[Start], tmp_path: Path
) -> None:
    var = tmp_path / "the clinic's data"
    port = free_port()

    first = start(var, port)
    assert f"Ready at {first.url}/" in first.said()
    with urllib.request.urlopen(first.url + "/accounts/login/", timeout=10) as page:
        text = page.read().decode()
        assert page.status == 200
    for style in re.findall(r'(?:href|src)="(/static/[^"]+)"', text):
        with urllib.request.urlopen(first.url + style, timeout=10) as asset:
            assert asset.status == 200
    first.end(signal.SIGINT, everyone=True)
    assert "admin@demo.example" in first.said()
    assert "Traceback" not in first.said()
    assert processes_with(first.marker) == []

    keys = var / "env"
    assert stat.S_IMODE(keys.stat().st_mode) == 0o600
    before = keys.read_text()
    again = start(var, port)
    assert again.took < 20  # 10 on a quiet machine
    assert keys.read_text() == before
    again.end(signal.SIGTERM, everyone=False)
    assert "Stopping" in again.said()
    assert "Traceback" not in again.said()
    assert processes_with(again.marker) == []
