"""What the docs and the README name is there: files, links, commands, settings, words."""

from __future__ import annotations

import re
from importlib import import_module
from pathlib import Path

import pytest
from django.core.management import get_commands, load_command_class

from bookings.rules.status import WORDS as VISIT
from clinic.permissions import Role
from tests.house.sources import ROOT, is_there
from treatments.rules.status import UNIT_WORDS
from treatments.rules.status import WORDS as CHART

PAGES = [ROOT / "README.md", *sorted((ROOT / "docs").rglob("*.md"))]
EACH = pytest.mark.parametrize("document", PAGES, ids=lambda one: str(one.relative_to(ROOT)))
FENCE = re.compile(r"^```sh\n(.*?)^```", re.DOTALL | re.MULTILINE)
# Folders and files that a first run makes.
MADE = ("var/", "VAR_DIR/", ".venv/", "bench/results.json")


@EACH
def test_every_link_leads_somewhere(document: Path) -> None:
    broken = []
    for target in re.findall(r"\]\(([^)\s]+)\)", document.read_text()):
        if target.startswith(("http://", "https://")):
            continue
        name, _, heading = target.partition("#")
        file = (document.parent / name).resolve() if name else document
        lost = not file.exists() and name not in MADE
        if lost or (heading and heading not in _headings(file)):
            broken.append(target)
    assert broken == []


def _headings(page: Path) -> set[str]:
    """The headings of a page as links write them."""
    titles = re.findall(r"^#+ (.+)$", page.read_text(), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", title.lower()).replace(" ", "-") for title in titles}


@EACH
def test_every_path_that_is_named_is_there(document: Path) -> None:
    named = re.findall(
        r"`((?:[\w.-]+/)+[\w.-]*|[\w-]+\.(?:py|toml|md|txt|json))`", document.read_text()
    )
    lost = [
        name
        for name in named
        if not name.startswith(MADE)
        and not (ROOT / name).exists()
        and not any((ROOT / app / name).exists() for app in ("clinic", "bookings", "treatments"))
    ]
    assert lost == []


@EACH
def test_every_name_of_the_code_is_there(document: Path) -> None:
    names = re.findall(r"`((?:clinic|bookings|treatments)\.[\w.]+)`", document.read_text())
    assert [name for name in names if not is_there(name)] == []


@EACH
def test_every_command_that_is_shown_exists(document: Path) -> None:
    text = document.read_text()
    shown = "\n".join(FENCE.findall(text)) + "\n" + "\n".join(re.findall(r"`([^`\n]+)`", text))
    targets = set(re.findall(r"^([a-z]+):", (ROOT / "Makefile").read_text(), re.MULTILINE))
    assert set(re.findall(r"\bmake ([a-z]+)\b", shown)) - targets == set()
    for script in re.findall(r"(?<![\w./])(bin/[\w.]+)", shown):
        assert (ROOT / script).exists(), script
    for command, rest in re.findall(r"manage\.py ([a-z_]+)([^`\n#]*)", shown):
        assert command in get_commands(), command
        found = get_commands()[command]
        made = load_command_class(found, command) if isinstance(found, str) else found
        known = made.create_parser("manage.py", command)._option_string_actions
        assert set(re.findall(r"--[\w-]+", rest)) - set(known) == set(), command


@EACH
def test_every_setting_that_is_named_is_read(document: Path) -> None:
    """A name in capitals with an underscore, or one that is exported, is in .env.example."""
    listed = set(re.findall(r"^#? ?([A-Z][A-Z_]+)=", (ROOT / ".env.example").read_text(), re.M))
    text = document.read_text()
    named = set(re.findall(r"export ([A-Z_]+)=", text)) | set(
        re.findall(r"`([A-Z]+(?:_[A-Z]+)+)`", text)
    )
    words = {"PERFORMED_AREA"}
    assert named - listed - words == set()


def test_the_glossary_has_every_state_and_role() -> None:
    page = (ROOT / "docs" / "glossary.md").read_text()
    states = {*VISIT.values(), *CHART.values(), *UNIT_WORDS.values()}
    assert {state for state in states if f"**{state}**" not in page} == set()
    assert {role.label for role in Role if f"| {role.label} |" not in page} == set()


def test_the_house_page_knows_every_room_of_the_clinic() -> None:
    page = (ROOT / "docs" / "house.md").read_text()
    shared = {"apps", "models", "rules", "queries", "operations", "forms", "views", "urls",
              "messages", "settings", "wsgi"}  # fmt: skip
    own = {path.stem for path in (ROOT / "clinic").glob("*.py")} - shared - {"__init__"}
    assert {room for room in own if f"`clinic/{room}.py`" not in page} == set()


def test_decisions_are_numbered_in_one_line_and_say_why() -> None:
    files = sorted((ROOT / "docs" / "adr").glob("*.md"))
    assert [path.name[:4] for path in files] == [f"{n:04d}" for n in range(1, len(files) + 1)]
    for number, path in enumerate(files, 1):
        text = path.read_text()
        assert text.startswith(f"# {number}. "), path.name
        assert all(f"**{part}.**" in text for part in ("Context", "Decision", "Price")), path.name


def test_the_ready_made_guards_of_the_house_page_exist() -> None:
    page = (ROOT / "docs" / "house.md").read_text()
    made = import_module("clinic.constraints")
    named = re.findall(r"`(\w+)`", page.split("Ready-made ones: ")[1].split(". Both")[0])
    assert named
    assert [name for name in named if name != "rules" and not hasattr(made, name)] == []
