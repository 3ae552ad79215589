"""What a figure is: how long, how much work of the processor, how many queries, how it grows."""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable, Sequence
from typing import Any

from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

# Who is asking, and where: session, user, roles, clinic. Every page pays them.
DOORS = ("django_session", "clinic_user", "clinic_roleassignment")


def spread(seconds: Sequence[float]) -> dict[str, float]:
    """p50 and p95 in milliseconds."""
    ranked = sorted(seconds)
    return {
        "p50_ms": round(statistics.median(ranked) * 1000, 1),
        "p95_ms": round(ranked[max(0, int(len(ranked) * 0.95) - 1)] * 1000, 1),
        "times": len(ranked),
    }


def entered(clerk: Any) -> Client:
    """A browser inside this process, in which the clerk is logged in."""
    client = Client(headers={"host": "127.0.0.1"})
    client.force_login(clerk, backend="clinic.accounts.StaffBackend")
    return client


def work(client: Client, path: str, *, times: int = 20, status: int = 200, **sent: Any) -> Any:
    """What one GET costs inside the product: processor time of this process alone (p50), which
    nothing else on the machine disturbs, and its queries."""
    for _ in range(2):
        _get(client, path, status, sent)
    with CaptureQueriesContext(connection) as captured:
        _get(client, path, status, sent)
    asked = [one["sql"] for one in captured.captured_queries]
    own = [
        sql
        for sql in asked
        if not any(f'FROM "{table}"' in sql for table in DOORS)
        and 'FROM "clinic_clinic"' not in sql
    ]
    took = []
    for _ in range(times):
        begun = time.process_time()
        _get(client, path, status, sent)
        took.append(time.process_time() - begun)
    return {
        "cpu_ms": round(statistics.median(took) * 1000, 1),
        "queries": {"all": len(asked), "of_the_page": len(own)},
    }


def _get(client: Client, path: str, status: int, sent: dict[str, Any]) -> None:
    found = client.get(path, **sent).status_code
    if found != status:
        raise SystemExit(f"{path} answered {found}.")


def rate(done: Callable[[], int], seconds: float = 2.0) -> float:
    """How many a second, run again and again for at least so long."""
    count, begun = 0, time.perf_counter()
    while (took := time.perf_counter() - begun) < seconds:
        count += done()
    return round(count / took, 1)


def grown(small: dict[str, Any], great: dict[str, Any]) -> dict[str, float]:
    """How many times as much each figure is with the great history; 1.0: it has not grown."""
    return {
        name: round(great[name] / small[name], 2)
        for name in ("p50_ms", "p95_ms", "cpu_ms", "per_s")
        if small.get(name) and great.get(name)
    }
