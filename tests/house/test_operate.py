"""docs/operate.md and the units beside it name what is there: settings, commands, programs."""

from __future__ import annotations

import ast
import configparser
import re
from pathlib import Path

import pytest
from django.core.management import get_commands

from tests.house.sources import ROOT, dotted, tree

PAGE = ROOT / "docs" / "operate.md"
UNITS = sorted((ROOT / "docs" / "systemd").iterdir())
# Where the page puts the code, and where all that is written.
APP, VAR, BACKUPS = "/srv/stratum/app", "/srv/stratum/var", "/srv/stratum/backups"


def unit(path: Path) -> configparser.ConfigParser:
    # Each of systemd's names stands once in ours, so that a strict reader may read them.
    found = configparser.ConfigParser(interpolation=None, delimiters="=")
    found.optionxform = str  # type: ignore[assignment,method-assign]  # names as they are written
    found.read_string(path.read_text())
    return found


def table() -> dict[str, str]:
    """Setting → default, as the page has them."""
    part = PAGE.read_text().split("\n## Every setting\n")[1].split("\n## ")[0]
    rows = re.findall(r"^\| `([A-Z_]+)` \| (.+?) \| .+ \|$", part, re.MULTILINE)
    assert len(rows) == len(dict(rows)), "a setting stands twice"
    return dict(rows)


def test_the_page_lists_every_setting_and_no_other() -> None:
    example = (ROOT / ".env.example").read_text()
    assert set(table()) == set(re.findall(r"^#? ?([A-Z][A-Z_]+)=", example, re.MULTILINE))


def test_the_page_tells_the_defaults_that_are_read() -> None:
    told = {name: value.strip("`") for name, value in table().items()}
    read = {}
    for node in ast.walk(tree(ROOT / "clinic" / "settings.py")):
        if not isinstance(node, ast.Call) or not dotted(node.func).startswith("env."):
            continue
        for keyword in node.keywords:
            try:
                value = eval(compile(ast.Expression(keyword.value), "default", "eval"), {})
            except NameError:
                continue  # made from another setting: the page says it in words
            name = ast.literal_eval(node.args[0]) if isinstance(node.args[0], ast.Constant) else ""
            text = ",".join(value) if isinstance(value, list) else str(value)
            read[name] = text.lower() if isinstance(value, bool) else text
    read = {name: value for name, value in read.items() if name in told and value}
    assert len(read) > 10
    assert {name: told[name] for name in read} == read


@pytest.mark.parametrize("path", UNITS, ids=lambda path: path.name)
def test_each_unit_runs_a_command_that_is_there_in_the_folders_of_the_page(path: Path) -> None:
    assert "`docs/systemd/`" in PAGE.read_text()
    found = unit(path)
    assert found["Unit"]["Description"].startswith("Stratum: ")
    if path.suffix == ".timer":
        assert path.with_suffix(".service") in UNITS
        assert found["Timer"]["OnCalendar"]
        return
    service = found["Service"]
    program, *given = service["ExecStart"].split()
    assert service["User"] == "stratum"
    assert service["WorkingDirectory"] == APP
    assert service["Environment"] == f"VAR_DIR={VAR}"
    assert service["EnvironmentFile"] == f"{VAR}/env"
    assert program in {f"{APP}/.venv/bin/gunicorn", f"{APP}/.venv/bin/python"}
    if given:
        assert given[0] == "manage.py"
        assert given[1] in get_commands()
        assert given[2:] in ([], [BACKUPS])
    assert set(service["ReadWritePaths"].split()) >= {VAR, *given[2:]}


def test_the_page_starts_every_unit_there_is() -> None:
    started = re.findall(r"systemctl enable --now (.+)", PAGE.read_text())[0].split()
    services = {one if "." in one else f"{one}.service" for one in started}
    by_timer = {one.replace(".timer", ".service") for one in services if one.endswith(".timer")}
    assert services | by_timer == {path.name for path in UNITS}


def test_the_proxy_says_what_the_product_believes() -> None:
    nginx = PAGE.read_text().split("```nginx\n")[1].split("```")[0]
    read = (ROOT / "clinic" / "settings.py").read_text() + (ROOT / "clinic/proxy.py").read_text()
    for header in ("X-Forwarded-Proto", "X-Forwarded-For"):
        assert f"proxy_set_header {header} " in nginx
        assert f"HTTP_{header.upper().replace('-', '_')}" in read
    # Appended to what the browser said: the last address is the one that the proxy has seen.
    assert "$proxy_add_x_forwarded_for" in nginx
