"""The pages a desk waits for, over HTTP and with a session; and the work that each costs."""

from __future__ import annotations

import html
import re
import time
from typing import Any
from urllib.parse import quote

from django.test import Client

from bench.figures import entered, spread, work
from bench.web import Browser, timed
from bench.world import World
from bookings.queries import changes

ASKS = re.compile(r'data-asks="([^"]+)" data-knows="([^"]+)"')
# What is typed with a phone at the ear: a name, both names, the end of a number, a birth date.
TYPED = ["mia", "brandt12", "ito11 ada", "chen", "2000123", "4/20/1966", "kim", "muller3", "zzz"]


def addresses(full: World) -> dict[str, str]:
    """Each page's name, as results.json tells it, and its address."""
    free = f"/appointments/free-times/?service={full.service.pk}&from={full.day}"
    one = f"{free}&days=1&practitioner={full.practitioners[0].pk}"
    return {
        "free times, 10 practitioners x 30 days": f"{free}&days=30",
        "free times, 10 practitioners x 14 days": f"{free}&days=14",
        "free times, one practitioner-day": one,
        "day board, 10 practitioners x 16 visits": f"/day/{full.day}/",
    }


def run(address: tuple[str, int], full: World, *, times: int, password: str) -> dict[str, Any]:
    """Each page, and the board's question whether anything has changed."""
    browser, inside = Browser(address), entered(full.clerk)
    browser.log_in(full.clerk.email, password)
    figures = {
        name: spread(timed(browser, path, times)) | work(inside, path)
        for name, path in addresses(full).items()
    }
    figures["board poll, unchanged"] = poll(browser, full)
    return figures


def poll(browser: Browser, full: World, times: int = 20) -> dict[str, Any]:
    """A question that is answered 304, each time anew: what one board was told is told to others
    for half a second, and here nobody may profit from that."""
    _status, page = browser.send("GET", f"/day/{full.day}/")
    found = ASKS.search(page)
    if found is None:
        raise SystemExit("The board does not say where it asks.")
    path, knows = (html.unescape(one) for one in found.groups())
    took = []
    for _ in range(times):
        time.sleep(changes.SHARED_S + 0.05)
        begun = time.perf_counter()
        status, _text = browser.send("GET", path, headers={"If-None-Match": knows})
        took.append(time.perf_counter() - begun)
        if status != 304:
            raise SystemExit(f"The board's question was answered {status}.")
    return spread(took) | _work_of_a_poll(path, knows)


def _work_of_a_poll(path: str, knows: str) -> dict[str, Any]:
    was, changes.SHARED_S = changes.SHARED_S, 0.0
    try:
        client = Client(headers={"host": "127.0.0.1"})
        figures: dict[str, Any] = work(
            client, path, times=60, status=304, headers={"if-none-match": knows}
        )
    finally:
        changes.SHARED_S = was
    return figures


def finder(
    address: tuple[str, int], full: World, *, on_file: int, times: int, password: str
) -> dict[str, Any]:
    """The finder under a field, as a receptionist types into it."""
    browser, inside = Browser(address), entered(full.clerk)
    browser.log_in(full.clerk.email, password)
    took: list[float] = []
    worst = {"cpu_ms": 0.0}
    for text in TYPED:
        path = f"/patients/find/?q={quote(text)}"
        took += timed(browser, path, max(3, times // len(TYPED)))
        worst = max(worst, {"typed": text} | work(inside, path, times=5), key=_cpu)
    return {"patients": on_file} | spread(took) | {"dearest": worst}


def _cpu(figure: dict[str, Any]) -> float:
    return float(figure["cpu_ms"])
