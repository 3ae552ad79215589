"""A guide of one page for each role."""

from __future__ import annotations

from typing import Any

import pytest

from clinic.permissions import Role
from tests.cast import Cast


@pytest.mark.parametrize("role", list(Role))
def test_each_role_finds_its_own_guide_first(role: Role, cast: Cast, enter: Any) -> None:
    page = enter(cast.staff[role]).get("/guide/").content.decode()
    assert f"<h1>{role.label}</h1>" in page


@pytest.mark.parametrize("role", list(Role))
def test_every_guide_can_be_read_by_who_trains(role: Role, cast: Cast, enter: Any) -> None:
    answer = enter(cast.manager).get(f"/guide/?role={role.value}")
    assert answer.status_code == 200
    assert f"<h1>{role.label}</h1>" in answer.content.decode()


def test_a_role_that_is_none_has_no_guide(cast: Cast, enter: Any) -> None:
    assert enter(cast.manager).get("/guide/?role=owner").status_code == 404
