"""Measure on both engines and write bench/results.json: `make bench`.

Each engine gets a new database in a folder of its own; PostgreSQL runs with its usual
durability, because a figure without it would be a lie.
"""

from __future__ import annotations

import argparse
import datetime as dt
import json
import os
import secrets
import subprocess
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent


def measure(engine: str, arguments: list[str]) -> dict[str, object]:
    """The figures of one engine."""
    with tempfile.TemporaryDirectory(prefix="stratum-bench-") as folder:
        environment = os.environ | {
            "VAR_DIR": folder,
            "SECRET_KEY": secrets.token_urlsafe(50),
            "AUDIT_KEY": secrets.token_hex(32),
            "STATIC_STORAGE": "django.contrib.staticfiles.storage.StaticFilesStorage",
            "PYTHONPATH": str(ROOT),
        }
        for name in ("DATABASE_URL", "WEB_WORKERS", "WEB_THREADS"):
            environment.pop(name, None)
        command = [sys.executable, "-m", "bench.measure", *arguments]
        if engine == "postgresql":
            server = [sys.executable, "-W", "ignore", str(ROOT / "bin/postgres.py"), "--durable"]
            command = server + command
        done = subprocess.run(
            command, cwd=ROOT, env=environment, stdout=subprocess.PIPE, check=True, text=True
        )
        figures: dict[str, object] = json.loads(done.stdout[done.stdout.index("{") :])
        return figures


def main() -> None:
    ask = argparse.ArgumentParser()
    ask.add_argument("--engine", choices=["sqlite", "postgresql", "both"], default="both")
    ask.add_argument("--out", type=Path, default=ROOT / "bench/results.json")
    given, rest = ask.parse_known_args()
    engines = ["sqlite", "postgresql"] if given.engine == "both" else [given.engine]
    results: dict[str, object] = {"measured_on": dt.datetime.now(dt.UTC).date().isoformat()}
    for engine in engines:
        print(f"== {engine}", file=sys.stderr)
        results[engine] = measure(engine, rest)
    given.out.write_text(json.dumps(results, indent=1) + "\n")
    print(json.dumps(results, indent=1))


if __name__ == "__main__":
    main()
