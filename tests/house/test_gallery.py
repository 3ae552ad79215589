"""The gallery of parts: for whoever draws a page, never for a clinic."""

from __future__ import annotations

from typing import Any

import pytest
from django.test import Client

from tests.house.sources import ROOT


def test_the_gallery_shows_every_part(db: None, settings: Any) -> None:
    settings.DEBUG = True
    answer = Client().get("/gallery/")
    assert answer.status_code == 200
    shown = {one.name for one in answer.templates}
    parts = {f"_parts/{path.name}" for path in (ROOT / "templates" / "_parts").glob("*.html")}
    assert parts - shown == set()


@pytest.mark.parametrize("method", ["get", "post"])
def test_a_clinic_has_no_gallery(db: None, method: str) -> None:
    assert getattr(Client(), method)("/gallery/").status_code == 404
