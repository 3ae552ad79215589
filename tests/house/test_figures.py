"""The page of figures names each aim that the last run missed, by its figure."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

from tests.house.sources import ROOT

# Each figure of bench/results.json that has an aim: which of its numbers, the aim, the unit.
MOST = {
    "free times, 10 practitioners x 30 days": ("p50_ms", 30, "ms"),
    "free times, 10 practitioners x 14 days": ("p50_ms", 25, "ms"),
    "free times, one practitioner-day": ("p50_ms", 8, "ms"),
    "day board, 10 practitioners x 16 visits": ("p50_ms", 60, "ms"),
    "board poll, unchanged": ("p50_ms", 3, "ms"),
    "patient finder": ("p95_ms", 50, "ms"),
    "one slot, 50 clients": ("loser_last_ms", 1000, "ms"),
    "import": ("seconds", 120, "s"),
}
LEAST = {
    "booking by form": ("per_s", 150, "a second"),
    "booking by API": ("per_s", 150, "a second"),
    "scan verdicts": ("per_s", 2000, "a second"),
    "verify_audit": ("events_per_s", 20_000, "a second"),
}
ENGINES = {"sqlite": "SQLite", "postgresql": "PostgreSQL"}


def figures(found: dict[str, Any], number: str) -> list[float]:
    """A figure at each size of history, or the only one."""
    if number in found:
        return [found[number]]
    return [one[number] for size, one in found.items() if size.isdigit()]


def missed(results: dict[str, Any]) -> Iterator[str]:
    for engine, called in ENGINES.items():
        for name, (number, aim, unit) in MOST.items():
            worst = max(figures(results[engine][name], number))
            if worst > aim:
                yield f"- {called}: {name}: {worst:g} {unit}, aim {aim}"
        for name, (number, aim, unit) in LEAST.items():
            # Bookings a second are asked of PostgreSQL alone: SQLite has one writer.
            if engine == "sqlite" and name.startswith("booking"):
                continue
            worst = min(figures(results[engine][name], number))
            if worst < aim:
                yield f"- {called}: {name}: {worst:g} {unit}, aim {aim}"


def test_the_page_names_what_the_last_run_missed() -> None:
    results = json.loads((ROOT / "bench" / "results.json").read_text())
    page = (ROOT / "docs" / "figures.md").read_text()
    named = [line for line in page.splitlines() if line.startswith("- ") and ", aim " in line]
    assert named == list(missed(results))
    for engine in ENGINES:
        assert results[engine]["server_tracebacks"] == 0
        for name in ("booking by form", "booking by API"):
            assert all(
                not one["errors"] for one in results[engine][name].values() if "errors" in one
            )
