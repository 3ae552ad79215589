"""Measure one engine (that of DATABASE_URL) and print the figures as JSON."""

from __future__ import annotations

import argparse
import datetime as dt
import json
import multiprocessing
import os
import platform
import statistics
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import django

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "clinic.settings")
django.setup()

from django.core.management import call_command
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from bench import booking, importing, world
from bench.web import Browser, serving, timed
from clinic import audit
from clinic.models import AuditEvent
from treatments.rules.intake import read_scan

PASSWORD = "a bench is not a clinic"
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


def spread(seconds: list[float]) -> dict[str, float]:
    """p50 and p95 in milliseconds."""
    ranked = sorted(seconds)
    return {
        "p50_ms": round(statistics.median(ranked) * 1000, 1),
        "p95_ms": round(ranked[int(len(ranked) * 0.95) - 1] * 1000, 1),
        "times": len(ranked),
    }


def queries(clerk: Any, path: str) -> dict[str, int]:
    """How many queries one GET of a page makes, and how many of them are the session's."""
    client = Client(headers={"host": "127.0.0.1"})
    client.force_login(clerk, backend="allauth.account.auth_backends.AuthenticationBackend")
    for _ in range(2):
        client.get(path)
    with CaptureQueriesContext(
        connection,
    ) as captured:
        answer = client.get(path)
    if answer.status_code != 200:
        raise SystemExit(f"{path} answered {answer.status_code}.")
    # Who is asking, and where: session, user, roles, clinic. Every page pays them.
    doors = ("django_session", "clinic_user", "clinic_roleassignment")
    own = [
        q
        for q in captured.captured_queries
        if not any(f'FROM "{table}"' in q["sql"] for table in doors)
        and 'FROM "clinic_clinic"' not in q["sql"]
    ]
    return {"all": len(captured.captured_queries), "of_the_page": len(own)}


def rate(work: Callable[[], int], seconds: float = 2.0) -> float:
    """How many a second, run again and again for at least so long."""
    done, begun = 0, time.perf_counter()
    while (took := time.perf_counter() - begun) < seconds:
        done += work()
    return round(done / took, 1)


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


def pages(address: tuple[str, int], full: world.World, times: int) -> dict[str, Any]:
    """The pages a desk waits for, over HTTP, with a session."""
    browser = Browser(address)
    browser.log_in(full.clerk.email, PASSWORD)
    free = f"/appointments/free-times/?service={full.service.pk}&from={full.day}"
    one = f"{free}&days=1&practitioner={full.practitioners[0].pk}"
    targets = {
        "free times, 10 practitioners x 14 days": f"{free}&days=14",
        "free times, one practitioner-day": one,
        "day board, 10 practitioners x 16 visits": f"/day/{full.day}/",
    }
    return {
        name: spread(timed(browser, path, times)) | {"queries": queries(full.clerk, path)}
        for name, path in targets.items()
    }


def machine() -> dict[str, Any]:
    """Where it was measured."""
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
        "python": platform.python_version(),
        "django": django.get_version(),
        "engine": f"{connection.vendor} {version}",
    }


def main() -> None:
    ask = argparse.ArgumentParser()
    ask.add_argument("--history", type=int, default=22_000)
    ask.add_argument("--seconds", type=float, default=10)
    ask.add_argument("--clients", type=int, default=16)
    ask.add_argument("--times", type=int, default=60)
    ask.add_argument("--patients", type=int, default=50_000)
    given = ask.parse_args()
    call_command("migrate", verbosity=0)
    call_command("createcachetable")
    begun = time.perf_counter()
    call_command("seed_demo", history=given.history, stdout=sys.stderr)
    seeded = round(time.perf_counter() - begun, 1)
    full = world.build("board", lanes=10, visits=16, password=PASSWORD)
    desk = world.build("desk", lanes=given.clients, visits=0, password=PASSWORD)
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute("ANALYZE")
    figures: dict[str, Any] = {
        "machine": machine(),
        "history": {"appointments": given.history, "seconds_to_seed": seeded},
        "scan verdicts": {"per_s": rate(scan_all)},
    }
    log = Path(tempfile.mkdtemp(prefix="stratum-bench-")) / "gunicorn.log"
    workers = 1 if connection.vendor == "sqlite" else 3
    with serving(log, workers=workers, threads=8) as address:
        figures["pages"] = pages(address, full, given.times)
        figures["booking"] = booking.run(
            address, desk, clients=given.clients, seconds=given.seconds, password=PASSWORD
        )
        figures["one slot, 50 clients"] = booking.race(address, desk, clients=50, password=PASSWORD)
    figures["import"] = importing.run(given.patients)
    figures["verify_audit"] = verify()
    errors = [line for line in log.read_text().splitlines() if "Traceback" in line]
    figures["server_tracebacks"] = len(errors)
    json.dump(figures, sys.stdout, indent=1)


if __name__ == "__main__":
    main()
