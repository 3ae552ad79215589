"""Booking through the real form: many clerks at once, each with a session of her own."""

from __future__ import annotations

import datetime as dt
import multiprocessing
import threading
import time
import uuid
from collections import Counter
from typing import Any

from bench.web import Browser, csrf_in
from bench.world import World

SLOTS = 14  # thirty minutes of treatment each, on the quarter hour, forty-five minutes apart


def slot_of(number: int, first: dt.date) -> tuple[dt.date, dt.time]:
    """The day and the wall-clock time of one client's so-and-so-many-th booking."""
    minute = 9 * 60 + 30 + (number % SLOTS) * 45
    return first + dt.timedelta(days=number // SLOTS), dt.time(minute // 60, minute % 60)


def _clerk(
    address: tuple[str, int],
    email: str,
    password: str,
    fields: dict[str, str],
    patients: list[str],
    first: dt.date,
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
        on, wall = slot_of(number, first)
        form = fields | {
            "chosen": patients[number % len(patients)],
            "date": on.isoformat(),
            "time": f"{wall:%H:%M}",
            "once": uuid.uuid4().hex,
            "csrfmiddlewaretoken": token,
        }
        begun = time.perf_counter()
        status, _text = browser.send("POST", "/appointments/new/", form)
        took.append(time.perf_counter() - begun)
        answers[status] += 1
        number += 1
    out.put((answers, took))


def race(address: tuple[str, int], desk: World, *, clients: int, password: str) -> dict[str, Any]:
    """So many clerks press at once for one practitioner's one time; how long each waited."""
    gate = threading.Barrier(clients, timeout=120)
    when = (desk.day + dt.timedelta(days=60)).isoformat()
    answers: list[tuple[int, float]] = []

    def clerk(browser: Browser, token: str, patient: str) -> None:
        form = {
            "service": str(desk.service.pk),
            "practitioner": str(desk.practitioners[0].pk),
            "chosen": patient,
            "date": when,
            "time": "12:00",
            "once": uuid.uuid4().hex,
            "csrfmiddlewaretoken": token,
        }
        gate.wait()
        begun = time.perf_counter()
        status, _text = browser.send("POST", "/appointments/new/", form)
        answers.append((status, time.perf_counter() - begun))

    clerks = []
    for n in range(clients):
        browser = Browser(address)
        browser.log_in(desk.clerk.email, password)
        token = csrf_in(browser.send("GET", "/appointments/new/")[1])
        patient = str(desk.patients[n].pk)
        clerks.append(threading.Thread(target=clerk, args=(browser, token, patient)))
    for thread in clerks:
        thread.start()
    for thread in clerks:
        thread.join()
    waited = sorted(took for status, took in answers if status == 409)
    return {
        "clients": clients,
        "answers": {str(status): n for status, n in Counter(s for s, _ in answers).items()},
        "loser_p50_ms": round(waited[len(waited) // 2] * 1000, 1),
        "loser_last_ms": round(waited[-1] * 1000, 1),
    }


def run(
    address: tuple[str, int],
    desk: World,
    *,
    clients: int,
    seconds: float,
    days_ahead: int,
    password: str,
) -> dict[str, Any]:
    """Bookings a second; every answer other than a redirect is an error and is counted."""
    gate = multiprocessing.Barrier(clients, timeout=120)
    out: Any = multiprocessing.Queue()
    per = len(desk.patients) // clients
    first = desk.day + dt.timedelta(days=days_ahead)
    processes = []
    for n in range(clients):
        mine = [str(one.pk) for one in desk.patients[n * per : (n + 1) * per]]
        fields = {"service": str(desk.service.pk), "practitioner": str(desk.practitioners[n].pk)}
        arguments = (address, desk.clerk.email, password, fields, mine, first, seconds, gate, out)
        processes.append(multiprocessing.Process(target=_clerk, args=arguments))
    return shared(processes, out, clients=clients, seconds=seconds, done=302)


def shared(
    processes: list[multiprocessing.Process], out: Any, *, clients: int, seconds: float, done: int
) -> dict[str, Any]:
    """What so many clients, each a process, got done in a second; `done` is the good answer."""
    for process in processes:
        process.start()
    results = [out.get(timeout=seconds + 120) for _ in processes]
    for process in processes:
        process.join()
    answers: Counter[int] = sum((one for one, _took in results), Counter())
    took = sorted(second for _answers, many in results for second in many)
    return {
        "clients": clients,
        "booked": answers[done],
        "per_s": round(answers[done] / seconds, 1),
        "errors": {str(status): n for status, n in answers.items() if status != done},
        "p50_ms": round(took[len(took) // 2] * 1000, 1),
        "p95_ms": round(took[int(len(took) * 0.95)] * 1000, 1),
    }
