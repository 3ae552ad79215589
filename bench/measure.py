"""Measure one engine (that of DATABASE_URL) and print the figures as JSON.

Two sizes of history are measured one after the other in one database, so that each figure stands
beside what it has become: the demo's own past is some of it, and the rest are copies in the
clinics that are measured (see past.py). `--only pages` measures that part alone.
"""

from __future__ import annotations

import argparse
import datetime as dt
import json
import multiprocessing
import os
import platform
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

import django

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "clinic.settings")
django.setup()

from django.core.management import call_command
from django.db import connection

from bench import booking, importing, pages, past, programs, world
from bench.figures import grown, rate
from bench.web import serving
from clinic import audit, planner
from clinic.models import AuditEvent
from treatments.rules.intake import read_scan

PASSWORD = "a bench is not a clinic"
PARTS = ("scans", "pages", "finder", "form", "api", "race", "import", "audit")
# Of the history so many visits are the demo's own, with charts, ledger and audit.
PLAYED = 4_400
SCANS = [
    "]d201095212345432131728063010LOT42A",
    "]d2010952123454321310LOT42A\x1d17280630",
    "01095212345432131728020010FEB28",
    "(01)09521234543213(17)280630(10)LOT42A(21)77",
    "]d201095212345432141728063010LOT42A",
    "010952123454321310LOT42A17280630",
    "+A999SPCART10/$$3280630LOT42AA",
    "https://id.gs1.org/01/09521234543213/10/LOT42A?17=280630",
]


def scan_all() -> int:
    """Read every sample once."""
    today = dt.date(2026, 11, 22)
    for text in SCANS:
        read_scan(text, today=today)
    return len(SCANS)


def verify() -> dict[str, Any]:
    """Verify the whole audit, once, by the clock."""
    events = AuditEvent.objects.count()
    begun = time.perf_counter()
    found = list(audit.faults())
    took = time.perf_counter() - begun
    if found:
        raise SystemExit(f"The audit is not whole: {found[0].sentence}")
    return {"events": events, "seconds": round(took, 2), "events_per_s": round(events / took)}


def machine() -> dict[str, Any]:
    """Where it was measured, and what else went on there (the load as it begins)."""
    with connection.cursor() as cursor:
        sqlite = connection.vendor == "sqlite"
        cursor.execute("SELECT sqlite_version()" if sqlite else "SHOW server_version")
        version = cursor.fetchone()[0]
    model = next(
        (
            line.split(":", 1)[1].strip()
            for line in Path("/proc/cpuinfo").read_text().splitlines()
            if line.startswith("model name")
        ),
        platform.processor(),
    )
    return {
        "cpu": model,
        "cores": multiprocessing.cpu_count(),
        "load": round(os.getloadavg()[0], 1),
        "python": platform.python_version(),
        "django": django.get_version(),
        "engine": f"{connection.vendor} {version}",
    }


def settle_down() -> None:
    """As the database would by itself overnight, or the worker within the hour."""
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute("ANALYZE")
    else:
        planner.count_anew()


class Bench:
    """The clinics that are measured, and what was found, part by part and size by size."""

    def __init__(self, given: argparse.Namespace) -> None:
        self.given, self.only = given, given.only or PARTS
        self.sizes: list[int] = sorted(given.history)
        self.log = Path(tempfile.mkdtemp(prefix="stratum-bench-")) / "gunicorn.log"
        self.found: dict[str, dict[str, Any]] = {}

    def build(self) -> dict[str, Any]:
        """Migrate, play the demo's past, open the two clinics; how long it took."""
        given = self.given
        call_command("migrate", verbosity=0)
        call_command("createcachetable")
        begun = time.perf_counter()
        played = min(PLAYED, *self.sizes)
        call_command("seed_demo", history=played, stdout=sys.stderr)
        self.played, seeded = played, round(time.perf_counter() - begun, 1)
        self.full = world.build("board", lanes=10, visits=16, password=PASSWORD)
        self.desk = world.build("desk", lanes=given.clients, visits=16, password=PASSWORD)
        on_file = past.enroll(self.full, given.on_file)
        past.enroll(self.desk, given.on_file // 10)
        return {"of_the_demo": played, "seconds_to_seed": seeded, "seconds_to_enroll": on_file}

    def remember(self, size: int) -> float:
        """Let the two clinics share what the demo lacks of a history; the seconds it took."""
        share = (size - self.played) // 2
        took = past.remember(self.full, share) + past.remember(self.desk, share)
        settle_down()
        return round(took, 1)

    def serve(self, size: int, number: int) -> None:
        """Measure what is asked over HTTP, as it stands with a history of this size."""
        given, desk, full = self.given, self.desk, self.full
        ahead = 30 + 150 * number
        crowd = {"clients": given.clients, "seconds": given.seconds}
        with serving(self.log) as address:
            if "pages" in self.only:
                for name, one in pages.run(
                    address, full, times=given.times, password=PASSWORD
                ).items():
                    self.keep(name, size, one)
            if "finder" in self.only:
                one = pages.finder(
                    address, full, on_file=given.on_file, times=given.times, password=PASSWORD
                )
                self.keep("patient finder", size, one)
            if "form" in self.only:
                one = booking.run(address, desk, days_ahead=ahead, password=PASSWORD, **crowd)
                self.keep("booking by form", size, one)
            if "api" in self.only:
                one = programs.run(address, desk, days_ahead=ahead + 75, **crowd)
                self.keep("booking by API", size, one)
            if "race" in self.only and size == self.sizes[-1]:
                one = booking.race(address, desk, clients=50, password=PASSWORD)
                self.found["one slot, 50 clients"] = one

    def keep(self, name: str, size: int, figure: dict[str, Any]) -> None:
        """A figure at one size; beside the second, how it has grown from the first."""
        kept = self.found.setdefault(name, {})
        kept[str(size)] = figure
        if size != self.sizes[0]:
            kept["growth"] = grown(kept[str(self.sizes[0])], figure)


def main() -> None:
    ask = argparse.ArgumentParser()
    ask.add_argument("--history", type=int, nargs="+", default=[22_000, 220_000])
    ask.add_argument("--seconds", type=float, default=10)
    ask.add_argument("--clients", type=int, default=16)
    ask.add_argument("--times", type=int, default=60)
    ask.add_argument("--patients", type=int, default=50_000, help="rows of the import")
    ask.add_argument("--on-file", type=int, default=100_000, help="patients of the finder")
    ask.add_argument("--only", nargs="+", choices=PARTS)
    bench = Bench(ask.parse_args())
    history: dict[str, Any] = {"appointments": bench.sizes} | bench.build()
    figures: dict[str, Any] = {"machine": machine(), "history": history}
    history["seconds_to_copy"] = []
    for number, size in enumerate(bench.sizes):
        history["seconds_to_copy"].append(bench.remember(size))
        bench.serve(size, number)
    figures |= bench.found
    if "scans" in bench.only:
        figures["scan verdicts"] = {"per_s": rate(scan_all)}
    if "import" in bench.only:
        figures["import"] = importing.run(bench.given.patients)
    if "audit" in bench.only:
        figures["verify_audit"] = verify()
    errors = [line for line in bench.log.read_text().splitlines() if "Traceback" in line]
    figures["server_tracebacks"] = len(errors)
    json.dump(figures, sys.stdout, indent=1)


if __name__ == "__main__":
    main()
