"""Booking through the JSON API: many programs at once, each with a token of its own."""

from __future__ import annotations

import datetime as dt
import http.client
import json
import multiprocessing
import time
import uuid
from collections import Counter
from typing import Any

from django.utils import timezone

from bench.booking import shared, slot_of
from bench.world import World
from clinic import operations


def _program(
    address: tuple[str, int],
    secret: str,
    fields: dict[str, str],
    patients: list[str],
    first: dt.date,
    zone: Any,
    seconds: float,
    gate: Any,
    out: Any,
) -> None:
    connection = http.client.HTTPConnection(*address, timeout=60)
    answers: Counter[int] = Counter()
    took: list[float] = []
    gate.wait()
    end = time.perf_counter() + seconds
    number = 0
    while time.perf_counter() < end:
        day, wall = slot_of(number, first)
        sent = fields | {
            "patient": patients[number % len(patients)],
            "starts_at": dt.datetime.combine(day, wall, tzinfo=zone).isoformat(),
        }
        headers = {"Content-Type": "application/json", "Authorization": f"Bearer {secret}"}
        headers["Idempotency-Key"] = uuid.uuid4().hex
        begun = time.perf_counter()
        try:
            connection.request("POST", "/api/v1/appointments", json.dumps(sent), headers)
            answer = connection.getresponse()
        except (http.client.RemoteDisconnected, ConnectionError):
            connection.close()
            continue
        answer.read()
        took.append(time.perf_counter() - begun)
        answers[answer.status] += 1
        number += 1
    out.put((answers, took))


def run(
    address: tuple[str, int], desk: World, *, clients: int, seconds: float, days_ahead: int
) -> dict[str, Any]:
    """Bookings a second; every answer other than 201 is an error and is counted."""
    gate = multiprocessing.Barrier(clients, timeout=120)
    out: Any = multiprocessing.Queue()
    per = len(desk.patients) // clients
    first = desk.day + dt.timedelta(days=days_ahead)
    processes = []
    for n in range(clients):
        token = operations.create_token(
            name=f"Bench {days_ahead}-{n}", lasts=30, by=desk.clerk, at=timezone.now()
        )
        mine = [str(one.pk) for one in desk.patients[n * per : (n + 1) * per]]
        fields = {"service": str(desk.service.pk), "practitioner": str(desk.practitioners[n].pk)}
        arguments = (address, token.secret, fields, mine, first, desk.clinic.zone, seconds)
        processes.append(multiprocessing.Process(target=_program, args=(*arguments, gate, out)))
    try:
        return shared(processes, out, clients=clients, seconds=seconds, done=201)
    finally:
        for one in desk.clerk.tokens.filter(revoked_at=None):
            operations.revoke_token(token=one, by=desk.clerk, at=timezone.now())
