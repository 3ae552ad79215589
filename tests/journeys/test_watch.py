"""The watch over every journey sees what no page may do: each fault is planted once."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from typing import Any

import pytest
from playwright.sync_api import BrowserContext, Page

from clinic import health
from tests.journeys.conftest import Look, Watch
from tests.server import Server

# What the watch says of it, by which event of the browser, and how it is planted.
FAULTS = [
    ("breached: style-src", "console", "document.body.setAttribute('style', 'color: red')"),
    ("breached: connect-src", "console", "fetch('https://elsewhere.example/').catch(() => 0)"),
    ("script error", "weberror", "setTimeout(() => { throw new Error('planted') })"),
    ("console: planted", "console", "console.error('planted')"),
    ("dialog: planted", "dialog", "setTimeout(() => alert('planted'))"),
    ("another host", "request", "setTimeout(() => location.assign('http://127.0.0.1:9/'))"),
    ("503 on GET", "response", "setTimeout(() => location.assign('/readyz'))"),
    ("status of 404", "console", "setTimeout(() => location.assign('/nowhere'))"),
]


@pytest.mark.parametrize(("said", "event", "planted"), FAULTS, ids=[one[0] for one in FAULTS])
def test_a_fault_is_noted(
    server: Server,
    new_context: Callable[..., BrowserContext],
    monkeypatch: pytest.MonkeyPatch,
    said: str,
    event: Any,
    planted: str,
) -> None:
    def unwell(at: dt.datetime) -> list[str]:
        return ["Planted."]

    monkeypatch.setattr(health, "CHECKS", [unwell])
    watch = Watch(server.url)
    page = watch.over(new_context()).new_page()
    page.goto("/accounts/login/")
    assert watch.seen == []
    with page.context.expect_event(event, lambda _: any(said in line for line in watch.seen)):
        page.evaluate(f"() => {{ {planted} }}")


def test_a_page_that_is_hard_to_read_or_too_wide_does_not_pass(page: Page, look: Look) -> None:
    page.goto("/accounts/login/")
    look("log-in")
    page.evaluate("document.querySelector('h1').style.color = '#ddd'")
    with pytest.raises(AssertionError, match="color-contrast"):
        look("pale log-in")
    page.evaluate("document.querySelector('h1').style.width = '3000px'")
    with pytest.raises(AssertionError, match="px too wide"):
        look("wide log-in")
