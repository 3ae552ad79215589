"""Which templates the tests have rendered, and at the end of a whole run: which they have not.

`pytest --every-template` (bin/test uses it) fails when a template was rendered by no test. Each
worker writes what it has seen; the first process adds it up.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from django.conf import settings
from django.test.signals import template_rendered

from tests.house.sources import ROOT, templates

FOLDER = ROOT / "templates"
# Shown by what a test can not bring about, each with its reason.
BY_NO_TEST: dict[str, str] = {}

_seen: set[str] = set()


def _note(sender: Any, **_: Any) -> None:
    _seen.add(str(sender.origin.name))


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption(
        "--every-template",
        action="store_true",
        help="fail when a template was rendered by no test; for a whole run",
    )


def pytest_configure() -> None:
    template_rendered.connect(_note)


def pytest_sessionfinish(session: pytest.Session) -> None:
    paper = Path(settings.VAR_DIR) / f"rendered-{_worker(session.config)}"
    paper.write_text("\n".join(sorted(_seen)))
    if hasattr(session.config, "workerinput") or not session.config.getoption("every_template"):
        return
    seen = {line for one in paper.parent.glob("rendered-*") for line in one.read_text().split("\n")}
    never = missing(seen)
    reporter = session.config.pluginmanager.get_plugin("terminalreporter")
    if never and reporter:
        reporter.write_line(f"Rendered by no test: {', '.join(never)}.", red=True)
        session.exitstatus = pytest.ExitCode.TESTS_FAILED


def missing(seen: set[str]) -> list[str]:
    """The templates of the project that are not among the rendered files."""
    every = {str(path.relative_to(FOLDER)): str(path) for path in templates()}
    return [name for name, path in every.items() if path not in seen and name not in BY_NO_TEST]


def _worker(config: pytest.Config) -> str:
    return str(getattr(config, "workerinput", {}).get("workerid", "first"))
