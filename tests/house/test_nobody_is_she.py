"""Nobody's sex is guessed: what people read speaks of the patient, or of them."""

from __future__ import annotations

import ast
import re

from tests.house.sources import modules, place, templates, tree

GUESSED = re.compile(r"\b(she|her|hers|herself|he|him|his|himself)\b", re.IGNORECASE)
UNSEEN = re.compile(r"{#.*?#}|{% comment %}.*?{% endcomment %}", re.DOTALL)


def test_no_page_message_or_sheet_says_she() -> None:
    standing = []
    for path in templates():
        text = UNSEEN.sub(lambda one: re.sub(r"[^\n]", " ", one.group()), path.read_text())
        standing += [
            f"{place(path, text.count(chr(10), 0, match.start()) + 1)} {match.group()}"
            for match in GUESSED.finditer(text)
        ]
    assert standing == []


def test_no_sentence_of_the_code_says_she() -> None:
    standing = []
    for path in modules("rules", "operations", "queries", "forms", "views", "api"):
        about = {
            id(node.value) for node in ast.walk(tree(path)) if isinstance(node, ast.Expr)
        }  # docstrings
        standing += [
            f"{place(path, node)} {node.value}"
            for node in ast.walk(tree(path))
            if isinstance(node, ast.Constant)
            and isinstance(node.value, str)
            and id(node) not in about
            and GUESSED.search(node.value)
        ]
    assert standing == []
