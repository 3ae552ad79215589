"""Templates: nothing inline, nothing from elsewhere, nothing unknown, nothing missing."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from django.contrib.staticfiles import finders
from django.template import Context, Engine, Origin, Template, engines
from django.template.loader import get_template
from django.urls import get_resolver

from tests.house.sources import ROOT, calls, modules, place, templates
from tests.house.unknown import Unknown, UnknownVariable

FOLDER = ROOT / "templates"
# What the strict Content-Security-Policy would block in a browser, and what would go around it.
BARRED = {
    "a script in the page": re.compile(r"<script(?![^>]*\ssrc=)[^>]*>", re.IGNORECASE),
    "a style sheet in the page": re.compile(r"<style[\s>]", re.IGNORECASE),
    "a style attribute": re.compile(r"\sstyle\s*=", re.IGNORECASE),
    "an event attribute": re.compile(r"\son[a-z]+\s*=", re.IGNORECASE),
    "a script as an address": re.compile(r"javascript:", re.IGNORECASE),
    "code in an htmx attribute": re.compile(r"\bhx-on\b|[\"']js:"),
    "something from another host": re.compile(r"(?:src|href|action)\s*=\s*[\"'](?:https?:)?//"),
    "markup that is not escaped": re.compile(r"\|\s*safe(seq)?\b|autoescape\s+off"),
}
TARGET = re.compile(r"{%\s*(include|extends)\s+(\S+)")
QUOTED = re.compile(r"^[\"']([^\"'#]+)(?:#[\w-]+)?[\"']$")


TAG = re.compile(r"{%.*?%}|{{.*?}}|{#.*?#}", re.DOTALL)


def found(what: str, text: str) -> list[int]:
    """The lines of a template in which it stands. Markup is looked for outside the tags."""
    if what != "markup that is not escaped":
        text = TAG.sub(lambda tag: re.sub(r"[^\n]", "x", tag.group()), text)
    return [text.count("\n", 0, match.start()) + 1 for match in BARRED[what].finditer(text)]


@pytest.mark.parametrize("what", BARRED)
def test_no_template_holds(what: str) -> None:
    standing = [
        place(path, line)
        for path in templates()
        if path.suffix != ".txt"
        for line in found(what, path.read_text())
    ]
    assert standing == []


@pytest.mark.parametrize(
    ("what", "sample"),
    [
        ("a script in the page", "<script>go()</script>"),
        ("a style sheet in the page", "<style>p{}</style>"),
        ("a style attribute", '<p style="color:red">'),
        ("an event attribute", '<a onclick="go()">'),
        ("a script as an address", '<a href="javascript:go()">'),
        ("code in an htmx attribute", '<a hx-on:click="go()">'),
        ("something from another host", '<script src="//cdn.example/x.js"></script>'),
        ("markup that is not escaped", "{{ note|safe }}"),
    ],
)
def test_the_search_sees(what: str, sample: str) -> None:
    assert found(what, f"<p>\n{sample}") == [2]
    sound = '<script src="{% static "x.js" %}" defer></script><a href="/">{% if one == 1 %}'
    assert found(what, sound) == []


def test_no_python_makes_markup() -> None:
    makers = {"mark_safe", "SafeString", "format_html", "format_html_join", "html_safe"}
    made = [
        place(path, call)
        for path in modules()
        for name, call in calls(path)
        if name.rpartition(".")[2] in makers
    ]
    assert made == []


@pytest.mark.parametrize("path", templates(), ids=lambda path: str(path.relative_to(FOLDER)))
def test_a_template_is_well_formed_and_finds_its_parts(path: Path) -> None:
    get_template(str(path.relative_to(FOLDER)))
    for tag, target in TARGET.findall(path.read_text()):
        name = QUOTED.match(target)
        assert name, f"{{% {tag} {target} %}}: name the template, so that it can be found"
        get_template(name.group(1))


def test_every_static_file_that_a_template_names_is_there() -> None:
    named = {
        (str(path.relative_to(ROOT)), name)
        for path in templates()
        for name in re.findall(r"{%\s*static\s+[\"']([^\"']+)[\"']", path.read_text())
    }
    assert {(path, name) for path, name in named if not finders.find(name)} == set()


def test_every_address_that_a_template_names_is_there() -> None:
    names = {name for name in get_resolver().reverse_dict if isinstance(name, str)}
    named = {
        (str(path.relative_to(ROOT)), name)
        for path in templates()
        for name in re.findall(r"{%\s*url\s+[\"']([^\"']+)[\"']", path.read_text())
    }
    assert {(path, name) for path, name in named if name not in names} == set()


def test_every_form_that_is_posted_carries_the_token() -> None:
    forms = re.compile(r"<form\b(?:(?!</form>).)*</form>", re.DOTALL)
    bare = [
        str(path.relative_to(ROOT))
        for path in templates()
        for form in forms.findall(path.read_text())
        if re.search(r"method=[\"']post[\"']", form.split(">")[0], re.IGNORECASE)
        and "csrf_token" not in form
    ]
    assert bare == []


def test_every_part_begins_with_its_contract() -> None:
    """One line that says what the part is and what it needs."""
    silent = [
        str(path.relative_to(ROOT))
        for path in templates()
        if (path.parent.name == "_parts" or path.name.startswith("_"))
        and not path.read_text().startswith("{#")
    ]
    assert silent == []


def _page(text: str, name: str = "clinic/of_a_test.html") -> Template:
    engine: Engine = engines["django"].engine  # type: ignore[attr-defined]
    return Template(text, origin=Origin(str(FOLDER / name), name), engine=engine)


@pytest.mark.parametrize(
    "text",
    [
        "{{ patinet }}",
        "{{ patient.nmae }}",
        "{{ patinet|default:'none' }}",
        "{% include '_parts/stat.html' with label=patinet value=1 %}",
        "{% for one in rows %}{{ one.missing }}{% endfor %}",
    ],
)
def test_an_unknown_variable_fails(text: str) -> None:
    with pytest.raises(UnknownVariable, match=r"clinic/of_a_test\.html asks for "):
        _page(text).render(Context({"patient": {"name": "Mia"}, "rows": [{}]}))


def test_what_may_be_absent_is_asked_for() -> None:
    text = "{% if lead %}{{ lead }}{% endif %}{% firstof SITE_NAME 'Stratum' %}"
    assert _page(text).render(Context({})) == "Stratum"


def test_templates_of_libraries_are_left_alone() -> None:
    text = "{{ missing }}{{ missing|default:'x' }}"
    assert _page(text, "/usr/share/library/x.html").render(Context({})) == "x"


def test_the_tests_run_with_strict_variables() -> None:
    engine: Engine = engines["django"].engine  # type: ignore[attr-defined]
    assert isinstance(engine.string_if_invalid, Unknown)
