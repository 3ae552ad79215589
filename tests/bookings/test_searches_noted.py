"""Whoever is shown who was found has searched, by whatever press, and it is on record (P22)."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from django.test import Client

from clinic.models import AuditEvent, User
from tests.cast import Cast

Enter = Callable[[User], Client]

pytestmark = [
    pytest.mark.django_db,
    pytest.mark.usefixtures("clock"),
    pytest.mark.rule("P22"),
]

NEW, WALK_IN, WAIT, COURSE = (
    "/appointments/new/",
    "/appointments/walk-in/",
    "/waitlist/add/",
    "/courses/new/",
)


@pytest.fixture
def desk(cast: Cast, enter: Enter) -> Client:
    return enter(cast.reception)


def searches() -> list[str]:
    rows = AuditEvent.objects.filter(action="patient.search").order_by("seq")
    return list(rows.values_list("detail", flat=True))


@pytest.mark.parametrize(
    ("path", "press", "status"),
    [
        (NEW, {"look": ""}, 200),
        (NEW, {"look": "?"}, 200),
        (NEW, {}, 422),
        (WALK_IN, {"look": ""}, 200),
        (WALK_IN, {}, 422),
        (WAIT, {"look": ""}, 200),
        (WAIT, {"wait": ""}, 200),
        (WAIT, {}, 422),
        (COURSE, {"plan": ""}, 200),
    ],
)
@pytest.mark.parametrize("text", ["Mia Lee", "Mi", "Nobody Known"])
def test_a_press_that_shows_who_was_found_is_one_search(
    cast: Cast, desk: Client, path: str, press: dict[str, str], status: int, text: str
) -> None:
    answer = desk.post(path, {**press, "patient": text})
    assert answer.status_code == status
    found = 0 if text == "Nobody Known" or (path == COURSE and text == "Mi") else 1
    assert searches() == [f'{{"found":{found},"kind":"name"}}']


@pytest.mark.parametrize("path", [NEW, WALK_IN, WAIT])
@pytest.mark.parametrize("press", [{"look": ""}, {}])
def test_who_is_chosen_already_is_not_searched_for(
    cast: Cast, desk: Client, path: str, press: dict[str, str]
) -> None:
    desk.post(path, {**press, "patient": cast.mia.name, "chosen": str(cast.mia.pk)})
    assert searches() == []


@pytest.mark.parametrize("path", [NEW, WALK_IN, WAIT, COURSE])
def test_a_page_that_asks_for_nobody_yet_is_no_search(cast: Cast, desk: Client, path: str) -> None:
    desk.get(path)
    desk.get(path, {"patient": str(cast.mia.pk)})
    desk.post(path, {"look": "", "plan": ""})
    assert searches() == []


def test_typing_is_noted_once_and_the_press_that_follows_once(cast: Cast, desk: Client) -> None:
    for typed in ("Mi", "Mia", "Mia L"):
        desk.get("/patients/find/", {"patient": typed}, headers={"hx-request": "true"})
    assert len(searches()) == 1
    desk.post(NEW, {"patient": "Mia L"})
    assert len(searches()) == 2
