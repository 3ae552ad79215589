"""How a test speaks of a "no"."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from clinic.refusals import Refusal


def refusal(act: Callable[..., Any], **given: Any) -> Refusal:
    """The refusal that the act answers with."""
    with pytest.raises(Refusal) as error:
        act(**given)
    assert error.value.sentence.endswith("."), error.value.sentence
    return error.value


def told(no: Refusal) -> tuple[int, str, str | None]:
    """Status, rule and field of a refusal."""
    return no.status, no.rule, no.field
