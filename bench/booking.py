"""Booking through the real form: many clerks at once, each with a session of her own."""

from __future__ import annotations

import datetime as dt
import multiprocessing
import time
import uuid
from collections import Counter
from typing import Any

from bench.web import Browser, csrf_in
from bench.world import World

SLOTS = 14  # thirty minutes of treatment each, on the quarter hour, fifty minutes apart


def _clerk(
    address: tuple[str, int],
    email: str,
    password: str,
    fields: dict[str, str],
    patients: list[str],
    day: dt.date,
    seconds: float,
    gate: Any,
    out: Any,
) -> None:
    browser = Browser(address)
    browser.log_in(email, password)
    _status, page = browser.send("GET", "/appointments/new/")
    token = csrf_in(page)
    answers: Counter[int] = Counter()
    took: list[float] = []
    gate.wait()
    end = time.perf_counter() + seconds
    number = 0
    while time.perf_counter() < end:
        minute = 9 * 60 + 30 + (number % SLOTS) * 45
        form = fields | {
            "chosen": patients[number % len(patients)],
            "date": (day + dt.timedelta(days=number // SLOTS)).isoformat(),
            "time": f"{minute // 60:02d}:{minute % 60:02d}",
            "once": uuid.uuid4().hex,
            "csrfmiddlewaretoken": token,
        }
        begun = time.perf_counter()
        status, _text = browser.send("POST", "/appointments/new/", form)
        took.append(time.perf_counter() - begun)
        answers[status] += 1
        number += 1
    out.put((answers, took))


def run(
    address: tuple[str, int], desk: World, *, clients: int, seconds: float, password: str
) -> dict[str, Any]:
    """Bookings a second; every answer other than a redirect is an error and is counted."""
    gate = multiprocessing.Barrier(clients)
    out: Any = multiprocessing.Queue()
    per = len(desk.patients) // clients
    first = desk.day + dt.timedelta(days=1)
    processes = []
    for n in range(clients):
        mine = [str(one.pk) for one in desk.patients[n * per : (n + 1) * per]]
        fields = {"service": str(desk.service.pk), "practitioner": str(desk.practitioners[n].pk)}
        arguments = (address, desk.clerk.email, password, fields, mine, first, seconds, gate, out)
        processes.append(multiprocessing.Process(target=_clerk, args=arguments))
    for process in processes:
        process.start()
    results = [out.get(timeout=seconds + 120) for _ in processes]
    for process in processes:
        process.join()
    answers: Counter[int] = sum((one for one, _took in results), Counter())
    took = sorted(second for _answers, many in results for second in many)
    return {
        "clients": clients,
        "booked": answers[302],
        "per_s": round(answers[302] / seconds, 1),
        "errors": {str(status): n for status, n in answers.items() if status != 302},
        "p50_ms": round(took[len(took) // 2] * 1000, 1),
        "p95_ms": round(took[int(len(took) * 0.95)] * 1000, 1),
    }
