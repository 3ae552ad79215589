"""`{% each %}` writes what `{% for %}` writes, whatever stands in the rows, and escapes it."""

from __future__ import annotations

import datetime as dt
import uuid
from collections import namedtuple
from typing import Any

import pytest
from django.template import Context, Template, TemplateSyntaxError
from django.utils.safestring import SafeString
from hypothesis import given
from hypothesis import strategies as st

from clinic.each import EachNode

Time = namedtuple("Time", "key says")
HOSTILE = "<script>alert(\"1\")</script> & 'x'"
BODY = (
    '<tr class="{{ row.label }}"{% if row.more %} data-more="{{ row.more }}"{% endif %}>'
    "{% for time in row.times %}<td{% if time.key == picked and not row.off %} class=on"
    "{% elif time.says or row.label %} class=off{% else %}-{% endif %}>{{ time.says }}"
    "{{ time.key }}{{ title }}</td>{% endfor %}"
    "{% if row.label != 'x' %}{{ row.label }}{% endif %}</tr>"
)


def both(body: str, **page: Any) -> tuple[str, str]:
    """What the quick loop writes, and the ordinary one."""
    quick = Template(f"{{% each row in rows %}}{body}{{% endeach %}}")
    plain = Template(f"{{% for row in rows %}}{body}{{% endfor %}}")
    return quick.render(Context(page)), plain.render(Context(page))


@pytest.fixture
def only_quick(monkeypatch: pytest.MonkeyPatch) -> None:
    def ordinary(node: EachNode, context: Context) -> str:
        raise AssertionError("The ordinary loop was asked.")

    monkeypatch.setattr(EachNode, "ordinary", ordinary)


VALUES = st.one_of(
    st.text(alphabet="ax<>&\"' \u00e9", max_size=6),
    st.sampled_from(["", HOSTILE, SafeString("<b>bold</b>"), 0, 7, 12345, True, None]),
    st.sampled_from([1.5, uuid.UUID(int=5), dt.date(2026, 11, 23), dt.timedelta(minutes=5)]),
    st.sampled_from([dt.datetime(2026, 11, 23, 15, tzinfo=dt.UTC)]),
)
TIMES = st.lists(st.builds(Time, key=VALUES, says=VALUES), max_size=3)
ROWS = st.lists(
    st.fixed_dictionaries(
        {"label": VALUES, "times": TIMES}, optional={"more": VALUES, "off": VALUES}
    ),
    max_size=3,
)


@given(rows=ROWS, picked=VALUES, title=VALUES)
def test_it_writes_what_for_writes(rows: Any, picked: Any, title: Any) -> None:
    quick, plain = both(BODY, rows=rows, picked=picked, title=title)
    assert quick == plain


def test_a_name_with_markup_is_escaped(only_quick: None) -> None:
    rows = [{"label": HOSTILE, "more": HOSTILE, "times": [Time(HOSTILE, HOSTILE)]}]
    quick, _plain = both(BODY, rows=rows, picked="", title=HOSTILE)
    assert "<script" not in quick
    assert quick.count("&lt;script&gt;alert(&quot;1&quot;)&lt;/script&gt; &amp; &#x27;x&#x27;") == 6


@pytest.mark.parametrize(
    ("body", "page"),
    [
        pytest.param("{{ row.call }}", {"rows": [{"call": str}]}, id="a function is called"),
        pytest.param("{% if row.no %}-{% endif %}", {"rows": [{"no": str}]}, id="in a condition"),
        pytest.param("{{ row.days }}", {"rows": [dt.timedelta(3)]}, id="an object"),
        pytest.param("{{ row }}{{ other }}", {"rows": "ab", "other": 1}, id="letters of a text"),
        pytest.param("-", {"rows": None}, id="no rows"),
        pytest.param("-", {}, id="rows that are not there"),
    ],
)
def test_what_is_not_plain_is_left_to_the_ordinary_loop(body: str, page: dict[str, Any]) -> None:
    quick, plain = both(body, **page)
    assert quick == plain


def test_without_escaping_it_is_the_ordinary_loop_too() -> None:
    page = Context({"rows": [{"label": "<b>"}]}, autoescape=False)
    text = "{% each row in rows %}{{ row.label }}{% endeach %}"
    assert Template(text).render(page) == "<b>"


def test_a_variable_of_a_loop_ends_with_it(only_quick: None) -> None:
    body = "{% for a in row.many %}{{ a }}{% endfor %}{{ a }}{% for row in row.many %}{{ row }}"
    body += "{% endfor %}{{ row.says }}"
    quick, plain = both(body, rows=[{"many": ["1", "2"], "says": "all"}] * 2, a="outside")
    assert quick == plain == "12outside12all" * 2


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("{% each row in %}{% endeach %}", "Not {% each one in many %}"),
        ("{% each a, b in rows %}{% endeach %}", "Not {% each one in many %}"),
        ("{% each row in rows %}{{ row.day|date:'Y' }}{% endeach %}", "has no filters"),
        ("{% each row in rows|slice:':2' %}{% endeach %}", "has no filters"),
        ("{% each row in rows %}{{ forloop.counter }}{% endeach %}", "cannot tell"),
        ("{% each row in rows %}{{ row.items }}{% endeach %}", "cannot tell"),
        ("{% each row in rows %}{{ row.count }}{% endeach %}", "cannot tell"),
        ("{% each row in rows %}{% if row.0 %}-{% endif %}{% endeach %}", "cannot tell"),
        (
            "{% each row in rows %}{% if a or not row.b.12 %}-{% endif %}{% endeach %}",
            "cannot tell",
        ),
        ("{% each row in rows %}{{ row.0 }}{% endeach %}", "cannot tell"),
        ("{% each row in rows %}{% for a in row.0 %}-{% endfor %}{% endeach %}", "cannot tell"),
        ("{% each row in rows %}{% include 'x.html' %}{% endeach %}", "holds no"),
        ("{% each row in rows %}{% if row.n > 1 %}-{% endif %}{% endeach %}", "no condition"),
        ("{% each row in rows %}{% for a, b in row.m %}-{% endfor %}{% endeach %}", "one variable"),
        (
            "{% each row in rows %}{% for a in row.m %}-{% empty %}-{% endfor %}{% endeach %}",
            "one variable",
        ),
        ("{% each row in rows %}{% for a in b reversed %}-{% endfor %}{% endeach %}", "forward"),
    ],
)
def test_what_it_cannot_write_it_says_when_the_template_is_read(text: str, why: str) -> None:
    with pytest.raises(TemplateSyntaxError) as told:
        Template(text)
    assert why in str(told.value)
