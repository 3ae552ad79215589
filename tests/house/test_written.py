"""Every page writes dates and times in its clinic's way, and none in its own."""

from __future__ import annotations

import datetime as dt
import html
import re
from typing import Any

import pytest
import time_machine

from clinic.models import Message, User
from tests import factories
from tests.cast import NOW, Cast
from tests.house import doors, world
from tests.house.sources import ROOT, modules, place, room_of, templates

MONTH = r"(?:Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec)"
# 2:30 PM, 8 AM, and Nov 24: nobody writes those where the day comes first, on 24 hours.
AMERICAN = re.compile(rf"\b\d{{1,2}}(?::\d\d)? ?[AP]M\b|(?<!\d ){MONTH} \d{{1,2}}\b(?!:)")
HIDDEN = re.compile(r"<script.*?</script>|<style.*?</style>|<option value=\"en-.*?</option>", re.S)
# What a guide or a help text gives as an example is the product's own, like its spelling.
EXAMPLES = ("for example Nov 24, 2026", "for example Mar 14, 1991", "unless AM is typed")
# The gallery and the guides show examples.
APART = {"gallery", "guide", "guide-of"}
# Why a file has a form of its own.
OWN = {
    "clinic/models/patients.py": "who was treated, as every record says it for good",
    "treatments/forms/chart.py": "reads both clocks",
    "treatments/rules/weeks.py": "months alone",
    "treatments/views/goods_in.py": "a month and its year alone",
}


def words_of(page: str) -> str:
    text = html.unescape(re.sub(r"<[^>]+>", " ", HIDDEN.sub(" ", page)))
    for one in EXAMPLES:
        text = text.replace(one, "")
    return " ".join(text.split())


@pytest.fixture
def abroad(cast: Cast, clock: time_machine.Traveller) -> world.World:
    """The whole of Austin, after it chose to write the day first, on 24 hours."""
    made = world.build(cast)
    cast.clinic.refresh_from_db()
    cast.clinic.locale = "en-GB"
    cast.clinic.write(only=["locale"])
    return made


@pytest.mark.rule("P4")
def test_no_page_writes_in_another_way(abroad: world.World, enter: Any) -> None:
    cast = abroad.cast
    identity = abroad.signed.patient.identity
    seen, standing = 0, []
    for who in (cast.manager, cast.esthetician):
        client = enter(User.objects.get(pk=who.pk))
        for door in doors.doors():
            if door.name in APART:
                continue
            given = client.get(door.address(abroad))
            kind = given.headers.get("Content-Type", "")
            if given.status_code != 200 or given.streaming or not kind.startswith("text/html"):
                continue
            seen += 1
            said = words_of(given.content.decode()).replace(identity, "")
            standing += [
                f"{door.name}: …{said[max(0, found.start() - 40) : found.end() + 10]}"
                for found in AMERICAN.finditer(said)
            ]
    assert not standing, "\n".join(standing)
    assert seen > 60


def test_a_message_is_written_in_the_way_of_its_clinic(abroad: world.World) -> None:
    before = set(Message.objects.values_list("pk", flat=True))
    cast = abroad.cast
    cast.clinic.refresh_from_db()
    new = factories.patient(cast.clinic, "Ada", "Okafor", by=cast.manager, email="a@example.org")
    world.book(cast, new, NOW + dt.timedelta(days=1, hours=5), at=NOW)
    said = [one.body for one in Message.objects.exclude(pk__in=before)]
    assert any("Wed, 25 Nov 2026 at " in one for one in said)
    assert not [one for one in said if AMERICAN.search(one)]


def test_no_template_and_no_code_has_a_way_of_its_own() -> None:
    own = re.compile(r"\|\s*(?:date|time):[\"'](?![cU]|Y-m-d|H:i)|%p|%-?I|%b\b|%B\b|date_format")
    standing = [
        place(path, text.count("\n", 0, found.start()) + 1)
        for path in (*templates(), *modules())
        if path.name not in ("days.py", "written.py")
        and str(path.relative_to(ROOT)) not in OWN
        and room_of(path) != "management"
        for text in [path.read_text()]
        for found in own.finditer(text)
    ]
    assert not standing, "\n".join(standing)
