"""`{% each one in many %}`: a loop that a page writes out many hundred times.

It says what `{% for %}` says, and the same comes out. In it stand text, values (escaped, as
everywhere), `{% if %}` and `{% for %}`, of mappings and named tuples by name, and nothing else:
so it need not find out, for each value of each row, which of all the things it is that a template
may meet, and takes a sixth of the time. What is not so plain after all is left to the ordinary
loop.
"""

from __future__ import annotations

from collections.abc import Callable
from html import escape
from typing import Any

from django.template import Library, TemplateSyntaxError
from django.template.base import (
    FilterExpression,
    NodeList,
    Parser,
    TextNode,
    Token,
    Variable,
    VariableNode,
    render_value_in_context,
)
from django.template.context import Context
from django.template.defaulttags import ForNode, IfNode, TemplateLiteral

register = Library()


class NotPlain(Exception):
    """Something that only the ordinary loop knows how to show."""


class Scope(dict[str, Any]):
    """The loops' own variables, and those of the page as they are asked for."""

    def __init__(self, context: Context) -> None:
        self.context = context

    def __missing__(self, name: str) -> Any:
        self[name] = found = self.context[name]
        return found


Get = Callable[[Scope], Any]
Write = Callable[[Scope], str]
NOTHING = object()


class EachNode(ForNode):
    """A loop of `{% each %}`, made ready once for all pages."""

    def __init__(self, name: str, many: FilterExpression, body: NodeList) -> None:
        super().__init__([name], many, False, body)
        self.write = _loop(self)

    def render(self, context: Context) -> str:
        """What `{% for %}` would write."""
        if context.autoescape:
            try:
                return self.write(Scope(context))
            except (NotPlain, KeyError, AttributeError):
                pass
        return self.ordinary(context)

    def ordinary(self, context: Context) -> str:
        """The same, by the ordinary loop: it also says what is missing."""
        return super().render(context)


@register.tag
def each(parser: Parser, token: Token) -> EachNode:
    """`{% each one in many %} ... {% endeach %}`."""
    match token.split_contents():
        case [_, name, "in", many]:
            body = parser.parse(("endeach",))
            parser.delete_first_token()
            return EachNode(name, parser.compile_filter(many), body)
    raise TemplateSyntaxError(f"Not {{% each one in many %}}: {token.contents}")


def _loop(node: ForNode) -> Write:
    if len(node.loopvars) > 1 or node.is_reversed or node.nodelist_empty:
        raise TemplateSyntaxError("A loop in {% each %} has one variable and goes forward.")
    parts: Any = node  # the stubs know less of them than we
    name, many, body = node.loopvars[0], _value(parts.sequence), _body(parts.nodelist_loop)

    def write(scope: Scope) -> str:
        items = many(scope)
        if not isinstance(items, list | tuple):
            raise NotPlain
        before = scope.get(name, NOTHING)
        written = []
        for item in items:
            scope[name] = item
            written.append(body(scope))
        if before is NOTHING:
            scope.pop(name, None)
        else:
            scope[name] = before
        return "".join(written)

    return write


def _body(nodes: NodeList) -> Write:
    parts = [_part(node) for node in nodes]
    return lambda scope: "".join([part if isinstance(part, str) else part(scope) for part in parts])


def _part(node: Any) -> str | Write:
    if isinstance(node, TextNode):
        return node.s
    if isinstance(node, VariableNode):
        return _shown(_value(node.filter_expression))
    if isinstance(node, IfNode):
        return _choice(node)
    if isinstance(node, ForNode):
        return _loop(node)
    raise TemplateSyntaxError(f"{{% each %}} holds no {node}.")


def _shown(get: Get) -> Write:
    def write(scope: Scope) -> str:
        value = get(scope)
        if type(value) is str:
            return escape(value)
        if callable(value):
            raise NotPlain
        return render_value_in_context(value, scope.context)

    return write


def _choice(node: IfNode) -> Write:
    branches = [
        (None if condition is None else _truth(condition), _body(nodes))
        for condition, nodes in node.conditions_nodelists
    ]

    def write(scope: Scope) -> str:
        for holds, body in branches:
            if holds is None or holds(scope):
                return body(scope)
        return ""

    return write


def _truth(condition: Any) -> Get:
    """What a condition of `{% if %}` comes to. What is not there does not hold."""
    if isinstance(condition, TemplateLiteral):
        get = _value(condition.value)  # type: ignore[arg-type]  # the stubs know it as its parent

        def found(scope: Scope) -> Any:
            try:
                value = get(scope)
            except (KeyError, AttributeError):
                return None
            if callable(value):
                raise NotPlain
            return value

        return found
    first = _truth(condition.first)
    if condition.id == "not":
        return lambda scope: not first(scope)
    second = _truth(condition.second)
    match condition.id:
        case "and":
            return lambda scope: first(scope) and second(scope)
        case "or":
            return lambda scope: first(scope) or second(scope)
        case "==":
            return lambda scope: first(scope) == second(scope)
        case "!=":
            return lambda scope: first(scope) != second(scope)
    raise TemplateSyntaxError(f"{{% each %}} knows no condition with {condition.id}.")


def _value(expression: FilterExpression) -> Get:
    """How to get at a value: `row`, `row.label`, or a text as it stands."""
    variable = expression.var
    if expression.filters:
        raise TemplateSyntaxError(f"{{% each %}} has no filters: {expression.token}")
    if not isinstance(variable, Variable) or variable.lookups is None:
        literal = variable.literal if isinstance(variable, Variable) else variable
        return lambda scope: literal
    first, *rest = variable.lookups
    # A mapping's own methods would hide behind these names, a place behind a number, and the
    # loop's count is not kept.
    if first == "forloop" or any(
        not bit.isidentifier() or hasattr(dict, bit) or hasattr(tuple, bit) for bit in rest
    ):
        raise TemplateSyntaxError(f"{{% each %}} cannot tell what {expression.token} is.")

    def get(scope: Scope) -> Any:
        value = scope[first]
        for bit in rest:
            if type(value) is dict:
                value = value[bit]
            elif isinstance(value, tuple):
                value = getattr(value, bit)
            else:
                raise NotPlain
        return value

    return get
