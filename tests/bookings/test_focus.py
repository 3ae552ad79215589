"""Where typing begins: pages that ask for something give their first field the focus."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest
from django.test import Client

from clinic.models import User
from tests.cast import Cast


@pytest.mark.usefixtures("clock")
@pytest.mark.parametrize(
    ("address", "field"),
    [
        ("/patients/", "q"),
        ("/patients/register/", "first_name"),
        ("/day/block/", "practitioner"),
        ("/waitlist/add/", "patient"),
    ],
)
def test_the_first_field_has_the_focus(
    address: str, field: str, cast: Cast, enter: Callable[[User], Client]
) -> None:
    page = enter(cast.reception).get(address).content.decode()
    (focused,) = re.findall(r"<(?:input|select)[^>]*autofocus[^>]*>", page)
    assert f'name="{field}"' in focused
