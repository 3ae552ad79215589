"""What holds for every page that a journey meets, without the journey asking.

- `page` is a browser in which every request, answer and console line is watched: a request to
  another host, an answer of 500 or more, a script error or a breach of the content policy
  fails the journey at its end. `another()` opens a second browser, watched alike.
- `look("day board")` is a stop: the page as it stands is free of faults that axe finds (WCAG
  2.1 A and AA), in light and in dark, and does not scroll sideways.

Every journey has the stopped clock of tests/cast.py: it is nine in the morning in Austin.
"""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Callable, Iterator
from typing import Any

import pytest
import time_machine
from axe_playwright_python.base import AxeResults
from axe_playwright_python.sync_playwright import Axe
from django.test import Client
from playwright.sync_api import (
    BrowserContext,
    ConsoleMessage,
    Dialog,
    Page,
    Request,
    Response,
    ViewportSize,
    WebSocket,
    expect,
)

from clinic.models import User
from tests.cast import NOW
from tests.server import Server

Look = Callable[..., None]
# Chromium reports each of these as a failed resource on the console.
FAILED = re.compile(r"^Failed to load resource: .* a status of (\d+) ")
BREACH = "Content policy breached: "
# Chromium says most breaches on the console by itself; this names each of them.
LISTENS = f"""addEventListener("securitypolicyviolation", (event) => {{
  console.error("{BREACH}" + event.violatedDirective + " " + event.blockedURI);
}});"""
# Two cores may drive two browsers and serve both; a page that never comes still fails.
PATIENCE_MS = 15_000
DESK = ViewportSize(width=1366, height=768)
TABLET = ViewportSize(width=1024, height=768)
expect.set_options(timeout=PATIENCE_MS)
AXE = Axe()
RULES = {
    "runOnly": {"type": "tag", "values": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa"]},
    "resultTypes": ["violations"],
    "preload": False,
}


class Watch:
    """Notes what no page may do, in every browser put under it."""

    def __init__(self, address: str) -> None:
        self.address = address
        self.seen: list[str] = []
        # How the house refuses, on purpose; any other failure a journey has to announce.
        self.allowed = {409, 422}

    def allows(self, status: int) -> None:
        """From now on this answer is part of the story."""
        self.allowed.add(status)

    def over(self, browser: BrowserContext) -> BrowserContext:
        browser.set_default_timeout(PATIENCE_MS)
        browser.add_init_script(LISTENS)
        browser.on("request", self._asks)
        browser.on("response", self._answers)
        browser.on("console", self._says)
        browser.on("weberror", lambda error: self.seen.append(f"script error: {error.error}"))
        browser.on("dialog", self._interrupts)
        browser.on("page", lambda page: page.on("websocket", self._calls))
        return browser

    def _asks(self, request: Request) -> None:
        if not request.url.startswith((self.address, "data:", "blob:")):
            self.seen.append(f"asked another host: {request.url}")

    def _answers(self, answer: Response) -> None:
        if answer.status >= 500:
            self.seen.append(f"{answer.status} on {answer.request.method} {answer.url}")

    def _says(self, line: ConsoleMessage) -> None:
        failed = FAILED.match(line.text)
        if line.type == "error" and not (failed and int(failed[1]) in self.allowed):
            self.seen.append(f"console: {line.text} {line.location['url']}")

    def _interrupts(self, dialog: Dialog) -> None:
        self.seen.append(f"dialog: {dialog.message}")
        dialog.dismiss()

    def _calls(self, socket: WebSocket) -> None:
        self.seen.append(f"opened a socket: {socket.url}")


@pytest.fixture
def browser_context_args(browser_context_args: dict[str, Any]) -> dict[str, Any]:
    """A desk's screen without motion: what is judged is what a page has come to."""
    return browser_context_args | {"reduced_motion": "reduce"}


@pytest.fixture
def watch(server: Server) -> Iterator[Watch]:
    """What the browsers of this journey did that none may do; anything fails the journey."""
    watch = Watch(server.url)
    yield watch
    assert watch.seen == []


@pytest.fixture
def another(new_context: Callable[..., BrowserContext], watch: Watch) -> Callable[[], Page]:
    """One more browser: another person, at another screen."""

    def open_() -> Page:
        return watch.over(new_context()).new_page()

    return open_


@pytest.fixture
def context(
    clock: time_machine.Traveller, new_context: Callable[..., BrowserContext], watch: Watch
) -> BrowserContext:
    """The browser that `page` opens in."""
    return watch.over(new_context())


@pytest.fixture
def seat(page: Page, enter: Callable[[User], Client], server: Server) -> Callable[..., Page]:
    """`seat(cast.reception, "/day/")`: someone goes on in a session that is open already."""

    def sit_down(user: User, address: str, *, at: Page = page) -> Page:
        session = enter(user).cookies["sessionid"].value
        at.context.add_cookies([{"name": "sessionid", "value": session, "url": server.url}])
        at.goto(address)
        return at

    return sit_down


@pytest.fixture
def clock_shows(clock: time_machine.Traveller) -> Callable[[str], None]:
    """Stop the clock at a time of that morning in Austin, such as "9:05"."""

    def set_(time: str) -> None:
        hours, minutes = map(int, time.split(":"))
        clock.move_to(NOW + dt.timedelta(hours=hours - 9, minutes=minutes), tick=False)

    return set_


@pytest.fixture
def look(page: Page) -> Look:
    """Judge the page as it stands now; `dark` judges it in the dark colors too."""

    def judge(name: str, *, dark: bool = False, at: Page = page) -> None:
        # A click returns when the next page answers, which is before it stands.
        at.wait_for_load_state()
        over = at.evaluate("document.documentElement.scrollWidth - innerWidth")
        assert over <= 0, f"{name} is {over} px too wide"
        _judge(at, name)
        # Colors do not depend on the width: on a smaller screen the light ones will do.
        if dark and at.viewport_size == DESK:
            at.emulate_media(color_scheme="dark")
            _judge(at, f"{name}, dark")
            at.emulate_media(color_scheme="light")

    return judge


def _judge(page: Page, name: str) -> None:
    page.evaluate("Promise.allSettled(document.getAnimations().map((one) => one.finished))")
    if not page.evaluate("'axe' in window"):
        page.evaluate(AXE.axe_script)
    found = AxeResults(page.evaluate("(rules) => axe.run(rules)", RULES))
    assert found.violations_count == 0, f"{name}: {found.generate_report()}"
