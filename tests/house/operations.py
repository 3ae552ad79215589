"""The acts of the house, found in the source and as they run."""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cache
from importlib import import_module
from pathlib import Path
from typing import Any

from tests.house.sources import ROOT, dotted, modules, tree


@dataclass(frozen=True)
class Operation:
    """A function behind the one door: what it is called, where it stands, what it says."""

    act: str
    path: Path
    node: ast.FunctionDef
    on: str

    @property
    def name(self) -> str:
        """The function's own name."""
        return self.node.name

    @property
    def app(self) -> str:
        """The app it belongs to."""
        return self.path.relative_to(ROOT).parts[0]

    @property
    def function(self) -> Callable[..., Any]:
        """The function as it runs."""
        found: Callable[..., Any] = getattr(import_module(f"{self.app}.operations"), self.name)
        return found


@cache
def operations() -> list[Operation]:
    """Every function that is decorated with @act or @own_act, by reading the source."""
    return [
        found
        for path in modules()
        for node in ast.walk(tree(path))
        if isinstance(node, ast.FunctionDef)
        for found in _acts(path, node)
    ]


def _acts(path: Path, node: ast.FunctionDef) -> Iterator[Operation]:
    for mark in node.decorator_list:
        door = dotted(mark.func).rpartition(".")[2] if isinstance(mark, ast.Call) else ""
        if isinstance(mark, ast.Call) and door in {"act", "own_act"}:
            (name,) = (one.value for one in mark.args if isinstance(one, ast.Constant))
            named = {one.arg: one.value for one in mark.keywords}
            # An act on one's own account is about whoever acts.
            on = "by" if door == "own_act" else str(getattr(named["on"], "value", ""))
            yield Operation(str(name), path, node, on)


def exported(app: str) -> list[str]:
    """The functions that an app's operations offer to views and to the apps above."""
    offered = import_module(f"{app}.operations")
    return [name for name in offered.__all__ if not isinstance(getattr(offered, name), type)]


def rooms() -> list[Path]:
    """The files of every app's operations."""
    return [path for path in modules("operations") if path.name != "__init__.py"]
