"""Many at once: real threads, each with its own connection, let go at the same moment."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import Any

from django.db import connection

from clinic import constraints
from clinic.refusals import Refusal


@dataclass
class Outcome:
    """Who won, who was refused and how, and what must never happen."""

    won: list[Any] = field(default_factory=list)
    refused: list[Refusal] = field(default_factory=list)
    broken: list[BaseException] = field(default_factory=list)
    slowest: float = 0.0


def all_at_once(tries: Sequence[Callable[[], Any]]) -> Outcome:
    """Run all of them at the same moment; a crash is kept, not raised."""
    gate = threading.Barrier(len(tries))
    outcome, lock = Outcome(), threading.Lock()

    def run(attempt: Callable[[], Any]) -> None:
        try:
            connection.ensure_connection()
            gate.wait(60)
            begun = time.perf_counter()
            try:
                result: Any = attempt()
            except Refusal as no:
                with lock:
                    outcome.refused.append(no)
            else:
                with lock:
                    outcome.won.append(result)
            took = time.perf_counter() - begun
            with lock:
                outcome.slowest = max(outcome.slowest, took)
        except BaseException as error:  # a test thread's crash must reach the test
            with lock:
                outcome.broken.append(error)
        finally:
            connection.close()

    with ThreadPoolExecutor(len(tries)) as pool:
        list(pool.map(run, tries))
    return outcome


def sentences(outcome: Outcome) -> set[str]:
    """What the database said to those whom it kept out."""
    found = [constraints.violated(e) for e in outcome.broken if isinstance(e, Exception)]
    return {one[1] if one else "an error that is none of ours" for one in found}
