"""A variable that a template of ours names and nobody gives fails the test that shows the page.

Django shows nothing for it, so a typing error in a template looks like an empty field. What may
be absent is asked for with `{% if %}` or `{% firstof %}`, and these stay silent. Templates of
libraries are left as they are.
"""

from __future__ import annotations

import sys
from pathlib import Path
from types import FrameType

from django.template.base import FilterExpression, Node

OURS = Path(__file__).resolve().parents[2] / "templates"


class UnknownVariable(AssertionError):
    """A template asked for what its view does not give."""


class Unknown(str):
    """For the engine's `string_if_invalid`: empty text, unless it is one of ours that asks."""

    __slots__ = ()

    def __bool__(self) -> bool:
        name, template = _asked(sys._getframe(1))
        if template and Path(template).is_relative_to(OURS):
            raise UnknownVariable(f"{Path(template).relative_to(OURS)} asks for {name}, unknown.")
        return False


def _asked(frame: FrameType | None) -> tuple[str, str | None]:
    """The variable and the template it stands in: found in the frames of whoever asks."""
    name = "?"
    while frame is not None:
        asking = frame.f_locals.get("self")
        if isinstance(asking, FilterExpression) and name == "?":
            name = str(asking.token)
        if isinstance(asking, Node) and getattr(asking, "origin", None):
            return name, asking.origin.name
        frame = frame.f_back
    return name, None
