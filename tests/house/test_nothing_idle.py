"""What the house keeps, it uses: a rule, a query or a verb that only a test calls is in the way."""

from __future__ import annotations

import ast
import re
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

from tests.house.sources import modules, place, templates, tree

ROOMS = ("rules", "queries", "models", "operations", "forms", "messages")
# Django calls these by name.
CALLED_BY_DJANGO = re.compile(
    r"__\w+__|clean_\w+|objects|Meta|pre_save|get_by_natural_key|has_perm|validate|get_help_text"
)
Definition = ast.FunctionDef | ast.ClassDef


def defined(path: Path) -> Iterator[Definition]:
    """Every public function, method and class of a file."""
    for node in ast.walk(tree(path)):
        if isinstance(node, Definition) and not node.name.startswith("_"):
            yield node


def named(path: Path) -> Iterator[str]:
    """Every name that a file uses, also as a text; what it imports or hands on is no use."""
    handed_on = {
        id(one)
        for node in ast.walk(tree(path))
        if isinstance(node, ast.Assign) and ast.unparse(node.targets[0]) == "__all__"
        for one in ast.walk(node)
    }
    for node in ast.walk(tree(path)):
        if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Load):
            yield node.id
        elif isinstance(node, ast.Attribute):
            yield node.attr
        elif isinstance(node, ast.keyword) and node.arg:
            yield node.arg
        elif isinstance(node, ast.Constant) and id(node) not in handed_on:
            yield from _words(str(node.value))


def _words(text: str) -> list[str]:
    """The names in a text that is nothing but a name, such as "device__model" or "once"."""
    return re.split(r"\.|__", text) if re.fullmatch(r"[\w.]+", text) else []


def used() -> Counter[str]:
    """How often each name is used in the apps and in their templates."""
    found = Counter(name for path in modules() for name in named(path))
    for path in templates():
        for tag in re.findall(r"{[{%].*?[%}]}", path.read_text()):
            found.update(re.findall(r"\w+", tag))
    return found


def test_no_name_is_kept_for_the_tests_alone() -> None:
    known = used()
    idle = [
        f"{place(path, node)} {node.name}"
        for path in modules(*ROOMS)
        for node in defined(path)
        if not known[node.name] and not CALLED_BY_DJANGO.fullmatch(node.name)
    ]
    assert not idle, "\n".join(idle)
