"""The project's own files, as the tests of the building read them."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from functools import cache
from importlib import import_module
from pathlib import Path

from clinic import constraints

ROOT = Path(__file__).resolve().parents[2]
APPS = ("clinic", "bookings", "treatments")


def modules(*rooms: str) -> list[Path]:
    """The Python files of these rooms (`rules` is rules.py or rules/) in every app; of all rooms
    when none is named. Migrations are Django's own writing and left out."""
    found = [path for app in APPS for path in sorted((ROOT / app).rglob("*.py"))]
    return [
        path
        for path in found
        if "migrations" not in path.parts and (not rooms or room_of(path) in rooms)
    ]


def room_of(path: Path) -> str:
    """The room of a file of an app: `clinic/views/doors.py` and `clinic/views.py` are views."""
    return path.relative_to(ROOT).parts[1].removesuffix(".py")


@cache
def tree(path: Path) -> ast.Module:
    """The syntax tree of a file."""
    return ast.parse(path.read_text(), str(path))


def place(path: Path, node: ast.AST | int) -> str:
    """Where to look: clinic/views/doors.py:12."""
    line = node if isinstance(node, int) else getattr(node, "lineno", 0)
    return f"{path.relative_to(ROOT)}:{line}"


def calls(path: Path) -> Iterator[tuple[str, ast.Call]]:
    """Every call in a file with the dotted name that it calls, as far as it is a plain name."""
    for node in ast.walk(tree(path)):
        if isinstance(node, ast.Call):
            yield dotted(node.func), node


def dotted(node: ast.AST) -> str:
    """`timezone.now` for the syntax of that; what is not a plain name counts as "?"."""
    if isinstance(node, ast.Name):
        return node.id
    if isinstance(node, ast.Attribute):
        return f"{dotted(node.value)}.{node.attr}"
    return "?"


def templates() -> list[Path]:
    """Every template of the project."""
    return sorted((ROOT / "templates").rglob("*.*"))


def suite() -> list[Path]:
    """Every Python file under tests/."""
    return sorted((ROOT / "tests").rglob("*.py"))


def is_there(name: str) -> bool:
    """Whether it is a constraint, a guard, or a dotted name of the project that can be imported."""
    if name in constraints.sentences():
        return True
    module, *steps = name.split(".")
    where: object = import_module(module)
    for step in steps:
        module = f"{module}.{step}"
        if not hasattr(where, step):
            file = ROOT.joinpath(*module.split("."))
            if not (file.is_dir() or file.with_suffix(".py").exists()):
                return False
            where = import_module(module)
        else:
            where = getattr(where, step)
    return True
