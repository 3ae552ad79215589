"""docs/rules.md is true: each rule on it is held and tested, and each rule named is on it."""

from __future__ import annotations

import ast
import re
from collections import defaultdict

import pytest

from clinic import constraints
from tests.house.sources import ROOT, dotted, is_there, modules, place, suite, tree

PAGE = ROOT / "docs" / "rules.md"
NUMBER = re.compile(r"^(R|P|S|L|Q|N|C|T)(\d+)$")
# How many there are of each kind; a ruling more, and the page has to know it.
LAST = {"R": 64, "P": 39, "S": 7, "L": 10, "Q": 5, "N": 3, "C": 4, "T": 4}
# What a refusal may stand on without being a numbered rule.
PLAIN = {"input", "password", "inactive"}


def rows(heading: str) -> dict[str, list[str]]:
    """The rows of the tables under a heading, by their number."""
    part = PAGE.read_text().split(f"\n## {heading}\n")[1].split("\n## ")[0]
    found: dict[str, list[str]] = {}
    for line in part.splitlines():
        cells = [cell.strip() for cell in line.strip("|").split("|")]
        if line.startswith("|") and NUMBER.match(cells[0]):
            assert cells[0] not in found, f"{cells[0]} stands twice under {heading}"
            found[cells[0]] = cells[1:]
    return found


HELD = rows("Held")
SAME = rows("The same by another number")
MISSING = rows("Not yet held")


def marked() -> dict[str, set[str]]:
    """Rule → the test files that carry its number, read without running them."""
    found: dict[str, set[str]] = defaultdict(set)
    for path in suite():
        for node in ast.walk(tree(path)):
            if isinstance(node, ast.Call) and dotted(node.func) == "pytest.mark.rule":
                for given in node.args:
                    assert isinstance(given, ast.Constant), place(path, node)
                    found[str(given.value)].add(str(path.relative_to(ROOT)))
    return found


def test_every_rule_is_held_or_said_to_be_missing() -> None:
    every = {f"{kind}{number}" for kind, last in LAST.items() for number in range(1, last + 1)}
    assert every - {*HELD, *SAME, *MISSING} == set()
    assert {*HELD, *SAME, *MISSING} - every == set()
    assert {*SAME} & {*HELD, *MISSING} == set()


def test_every_held_rule_has_a_test() -> None:
    assert {*HELD} - set(marked()) == set()


def test_every_number_that_a_test_carries_is_held() -> None:
    assert set(marked()) - {*HELD, *SAME} == set()


def test_every_number_that_a_refusal_names_is_held() -> None:
    named = {
        str(given.value): place(path, node.value)
        for path in modules()
        for node in ast.walk(tree(path))
        if isinstance(node, ast.keyword) and node.arg == "rule"
        for given in _choices(node.value)
        if isinstance(given, ast.Constant)
    }
    assert {rule: named[rule] for rule in set(named) - {*HELD, *SAME} - PLAIN - {""}} == {}


def _choices(value: ast.expr) -> list[ast.expr]:
    return [value.body, value.orelse] if isinstance(value, ast.IfExp) else [value]


@pytest.mark.parametrize("rule", HELD)
def test_a_held_rule_says_where_and_by_which_tests(rule: str) -> None:
    says, where, tests = HELD[rule]
    assert says.endswith("."), says
    names = re.findall(r"`([^`]+)`", where)
    assert names, f"{rule} is held nowhere"
    assert [name for name in names if not is_there(name)] == []
    listed = set(re.findall(r"\((?:\.\./)?(tests/[^)]+)\)|`(tests/[^`]+)`", tests))
    files = {one for pair in listed for one in pair if one}
    assert files, f"{rule} names no test; these carry it: {sorted(marked().get(rule, set()))}"
    assert files - marked().get(rule, set()) == set()


@pytest.mark.parametrize("rule", SAME)
def test_a_promise_that_other_rules_keep_names_them(rule: str) -> None:
    _says, kept_by = SAME[rule]
    assert set(kept_by.split(", ")) <= {*HELD}


@pytest.mark.parametrize("rule", MISSING)
def test_a_missing_rule_says_what_is_missing(rule: str) -> None:
    (what,) = MISSING[rule]
    assert what.endswith(".")
    assert [name for name in re.findall(r"`([^`]+)`", what) if not is_there(name)] == []


def test_every_guard_holds_a_rule_of_this_page() -> None:
    page = PAGE.read_text()
    idle = {
        guard.name
        for _table, guard in constraints.all_guards()
        if not guard.name.endswith(("_no_replace", "_no_displace", "_typed"))
        and f"`{guard.name}`" not in page
    }
    assert idle == set()


def test_the_rules_that_a_docstring_names_exist() -> None:
    known = {*HELD, *SAME, *MISSING}
    unknown = [
        f"{path.relative_to(ROOT)} {found}"
        for path in modules()
        for found in re.findall(r"\(([RPSLQNCT]\d{1,2})\b", path.read_text())
        if found not in known
    ]
    assert unknown == []
