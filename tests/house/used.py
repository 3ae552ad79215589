"""What the tests have used of the house, and at the end of a whole run: what they have not.

`pytest --nothing-unused` (bin/test uses it) fails when no test has rendered a template, or done an
act. Each worker writes what it has seen; the first process adds it up.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from django.conf import settings
from django.db.models.signals import post_save
from django.test.signals import template_rendered

from clinic.models import AuditEvent
from tests.house.operations import operations
from tests.house.sources import ROOT, templates

FOLDER = ROOT / "templates"
# What a test cannot bring about, each with its reason.
BY_NO_TEST: dict[str, str] = {}

_seen: set[str] = set()


def _rendered(sender: Any, **_: Any) -> None:
    _seen.add(str(sender.origin.name))


def _recorded(instance: AuditEvent, **_: Any) -> None:
    if instance.outcome == AuditEvent.Outcome.DONE:
        _seen.add(f"act {instance.action}")


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption(
        "--nothing-unused",
        action="store_true",
        help="fail when no test has rendered a template or done an act; for a whole run",
    )


def pytest_configure() -> None:
    template_rendered.connect(_rendered)
    post_save.connect(_recorded, sender=AuditEvent)


def pytest_sessionfinish(session: pytest.Session) -> None:
    paper = Path(settings.VAR_DIR) / f"used-{_worker(session.config)}"
    paper.write_text("\n".join(sorted(_seen)))
    if hasattr(session.config, "workerinput") or not session.config.getoption("nothing_unused"):
        return
    seen = {line for one in paper.parent.glob("used-*") for line in one.read_text().split("\n")}
    never = unused(seen)
    reporter = session.config.pluginmanager.get_plugin("terminalreporter")
    if never and reporter:
        reporter.write_line(f"Used by no test: {', '.join(never)}.", red=True)
        session.exitstatus = pytest.ExitCode.TESTS_FAILED


def everything() -> dict[str, str]:
    """What there is to use: how it is called → how it shows that it was used."""
    rendered = {str(path.relative_to(FOLDER)): str(path) for path in templates()}
    return rendered | {one.act: f"act {one.act}" for one in operations()}


def unused(seen: set[str]) -> list[str]:
    """What is not among the things seen."""
    return [
        name for name, sign in everything().items() if sign not in seen and name not in BY_NO_TEST
    ]


def _worker(config: pytest.Config) -> str:
    return str(getattr(config, "workerinput", {}).get("workerid", "first"))
