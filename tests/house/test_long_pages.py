"""The pages of a thousand cells are written by the quick loop, and what people type stays text."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from typing import Any

import pytest
from django.template.context import Context
from django.test import Client

from clinic.each import EachNode
from clinic.models import User
from tests import factories
from tests.cast import NOW, Cast

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("clock")]
TYPED = "<script>x</script>"
FREE = "/appointments/free-times/?service={service}&from=2026-11-25&days=14"


@pytest.mark.parametrize(
    "address",
    [
        "/day/",
        "/day/?by=room",
        "/week/?practitioner={ana}",
        FREE,
        FREE + "&practitioner={ana}",
        FREE + "&practitioner={ana}&slot={ana}%402026-11-25T15%3A30Z",
        "/appointments/new/?service={service}",
    ],
)
def test_a_long_page_is_written_by_the_quick_loop(
    cast: Cast, enter: Callable[[User], Client], address: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    def ordinary(node: EachNode, context: Context) -> str:
        raise AssertionError("The ordinary loop was asked.")

    monkeypatch.setattr(EachNode, "ordinary", ordinary)
    for row, name in ((cast.ana, "name"), (cast.mia, "last_name"), (cast.room, "name")):
        setattr(row, name, TYPED)
        row.write()
    factories.appointment(
        patient=cast.mia,
        practitioner=cast.ana,
        service=cast.service,
        room=cast.room,
        device=cast.device,
        starts_at=NOW + dt.timedelta(hours=3),
        by=cast.reception,
    )
    asked: dict[str, Any] = {"ana": cast.ana.pk, "service": cast.service.pk}
    answer = enter(cast.reception).get(address.format(**asked))
    page = answer.content.decode()
    assert answer.status_code == 200
    assert TYPED not in page
    assert "&lt;script&gt;x&lt;/script&gt;" in page
