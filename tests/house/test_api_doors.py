"""Every address of the JSON API × every role, by token, against one literal table.

Each is asked for what only Austin has: its visit of 10:30, its patient Wang. `none` sends no token.
"""

from __future__ import annotations

import logging
from collections.abc import Iterator
from typing import Any

import pytest
import time_machine
from django.urls import URLPattern, URLResolver, get_resolver

from tests.cast import NOW, Cast
from tests.house import world
from tests.house.doors import WHO
from tests.house.test_doors import undone
from tests.house.world import MINUTE, World
from tests.tokens import Program
from treatments.api import api

TABLE = """
address                         anonymous reception esthetician lena director manager auditor administrator stranger nobody
GET  services                   401       200       200         200  200      200     403     403           200      403
GET  practitioners              401       200       200         200  200      200     403     403           200      403
GET  rooms                      401       200       200         200  200      200     403     403           200      403
GET  patients                   401       200       403         403  200      200     403     403           200      403
GET  free-times                 401       200       403         403  403      200     403     403           404      403
GET  appointments               401       200       200         200  200      200     403     403           200      403
POST appointments               401       201       403         403  403      201     403     403           404      403
POST appointments/{pk}/move     401       200       403         403  403      200     403     403           404      403
POST appointments/{pk}/cancel   401       200       403         403  403      200     403     403           404      403
POST appointments/{pk}/arrive   401       200       403         403  403      200     403     403           404      403
POST appointments/{pk}/no-show  401       422       403         403  403      422     403     403           404      403
POST scans                      401       403       200         200  200      200     200     403           200      403
"""  # noqa: E501 - a table is read across


def rows() -> dict[str, dict[str, str]]:
    """The table as address → who → answer."""
    head, *lines = [line.split() for line in TABLE.strip().splitlines()]
    return {
        f"{method} {path}": dict(zip(head[1:], answers, strict=True))
        for method, path, *answers in lines
    }


def given(austin: World, address: str, who: str) -> dict[str, Any]:
    """What is sent: by the administrator, who works in both clinics, with Austin's code."""
    cast, both = austin.cast, {"clinic": "austin"} if who == "administrator" else {}
    booking = {
        "patient": str(cast.wang.pk),
        "service": str(cast.short_service.pk),
        "starts_at": (NOW + 300 * MINUTE).isoformat(),
    }
    bodies: dict[str, dict[str, Any]] = {
        "GET patients": {"q": "berg"} | both,
        "GET free-times": {"service": str(cast.short_service.pk)} | both,
        "POST appointments": booking | both,
        "POST appointments/{pk}/move": {"starts_at": booking["starts_at"]},
        "POST appointments/{pk}/cancel": {"reason": "Ill"},
        "POST scans": {"text": "0109521234543213"} | both,
    }
    return bodies.get(address, both if address.startswith("GET") else {})


@pytest.fixture
def austin(cast: Cast, clock: time_machine.Traveller, caplog: pytest.LogCaptureFixture) -> World:
    caplog.set_level(logging.ERROR, "django.request")
    return world.build(cast)


@pytest.mark.rule("P14", "P15")
@pytest.mark.parametrize("who", WHO)
def test_each_address_answers_each_role_as_listed(who: str, austin: World) -> None:
    program = Program(WHO[who](austin.cast))
    found = {}
    for address in rows():
        method, path = address.split()
        path = path.replace("{pk}", str(austin.booked.pk))
        body = given(austin, address, who)
        with undone():
            answer = program.ask(path, **body) if method == "GET" else program.send(path, body)
        found[address] = str(answer.status_code)
    assert found == {address: answers[who] for address, answers in rows().items()}


def test_the_table_lists_every_address_and_no_other() -> None:
    paths = api.get_openapi_schema()["paths"]
    assert set(rows()) == {
        f"{method.upper()} {path.removeprefix('/api/v1/')}"
        for path, acts in paths.items()
        for method in acts
    }


def _below(resolver: URLResolver, so_far: str = "") -> Iterator[tuple[str, str]]:
    for one in resolver.url_patterns:
        address = so_far + str(one.pattern)
        if isinstance(one, URLResolver):
            yield from _below(one, address)
        elif isinstance(one, URLPattern):
            yield address, one.callback.__module__


def test_below_api_there_is_the_api_alone_and_it_is_nowhere_else() -> None:
    """What passes by the log-in page does so in one place, which asks for a token itself."""
    found = [(path, room) for path, room in _below(get_resolver()) if path.startswith("api")]
    assert found
    assert {path for path, _room in found if not path.startswith("api/v1/")} == set()
    assert {room.partition(".")[0] for _path, room in found} <= {"ninja", "functools"}
    others = [room for path, room in _below(get_resolver()) if not path.startswith("api")]
    assert not any(room.startswith("ninja") for room in others)
