"""Nothing typed is lost when its step has gone meanwhile; no refusal is without its sentence."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client

from clinic.models import User
from tests.cast import Cast
from tests.treatments.pages import HTMX, address, send, value, words
from tests.treatments.test_chart_views import PASS
from tests.treatments.visits import arrived, chart_at, later
from treatments import operations

Enter = Callable[[User], Client]
pytestmark = pytest.mark.usefixtures("clock")


@pytest.mark.rule("P13")
def test_what_was_typed_for_the_finish_is_shown_when_its_last_pass_is_taken_back(
    cast: Cast, enter: Enter, clock: Any
) -> None:
    chart = chart_at(cast, "needled")
    clock.move_to(later(60))
    ana = enter(cast.esthetician)
    send(ana, chart, "pass-remove", seq="1")
    fields = {"note_text": "Line one\nLine two", "reaction": "<i>Calm</i>", "endpoint": "none"}
    for headers in ({}, HTMX):
        answer = ana.post(
            address(chart, "finish"), fields | {"aftercare_given": "on"}, headers=headers
        )
        page = words(answer)
        assert answer.status_code == 422
        assert "Still missing: at least one needling pass" in page
        assert (
            "Not saved: what you typed End point None reached Reaction of the skin <i>Calm</i> "
            "Note Line one Line two"
        ) in page


@pytest.mark.rule("P13")
@pytest.mark.parametrize(
    ("step", "act", "fields"),
    [
        ("finished", "finish", {"note_text": "KEEPME", "endpoint": "none"}),
        ("finished", "abort", {"reason": "KEEPME", "needle_contact": "yes"}),
        ("finished", "abort", {"reason": "KEEPME"}),
        ("needled", "addendum", {"text": "KEEPME", "reason": "Asked", "kind": "addendum"}),
        ("needled", "numb-none", {"reason": "KEEPME"}),
        ("started", "pass", PASS | {"depth": "KEEPME"}),
    ],
)
def test_what_was_typed_for_a_step_that_is_over_is_shown(
    cast: Cast, enter: Enter, clock: Any, step: str, act: str, fields: dict[str, str]
) -> None:
    chart = chart_at(cast, step)
    clock.move_to(later(61))
    answer = send(enter(cast.esthetician), chart, act, **fields)
    page = words(answer)
    assert answer.status_code == 422
    assert "KEEPME" in page.partition("Not saved: what you typed")[2]


@pytest.mark.rule("P13", "R50")
@pytest.mark.parametrize(
    ("act", "fields", "kept"),
    [
        ("amend", {"note_text": "KEEPME", "endpoint": "none"}, "End point: None reached"),
        ("amend", {"note_text": "KEEPME", "version": "1"}, "Note: KEEPME"),
        ("abort", {"reason": "KEEPME", "needle_contact": "yes"}, "Did the needle"),
        ("finish", {"note_text": "KEEPME"}, "Note: KEEPME"),
    ],
)
def test_what_was_typed_before_the_signature_stands_in_the_addendum_after_it(
    cast: Cast, enter: Enter, clock: Any, act: str, fields: dict[str, str], kept: str
) -> None:
    chart = chart_at(cast, "signed")
    clock.move_to(later(63))
    ana = enter(cast.esthetician)
    part = ana.post(address(chart, act), {"version": chart.version} | fields, headers=HTMX)
    assert part.headers["HX-Retarget"] == "body"
    answer = send(ana, chart, act, **{"version": chart.version} | fields)
    text = value(answer, "text")
    assert value(part, "text") == text
    assert answer.status_code == (409 if fields.get("version") else 422)
    assert "This record is signed and never changes. Write an addendum." in words(answer)
    assert (kept in text, "KEEPME" in text) == (True, True)
    written = send(ana, chart, "addendum", kind="late_entry", text=text, reason="Typed before")
    assert written.status_code == 302
    assert value(ana.get(address(chart)), "text") == ""


@pytest.mark.rule("P13")
@pytest.mark.parametrize("act", ["sign", "start"])
def test_a_password_and_a_tick_are_said_anew(
    cast: Cast, enter: Enter, clock: Any, act: str
) -> None:
    chart = chart_at(cast, "needled")
    clock.move_to(later(61))
    fields = {"password": "my-secret", "version": "1", "confirmed": "on", "screened": "on"}
    answer = send(enter(cast.esthetician), chart, act, **fields)
    assert "my-secret" not in answer.content.decode()
    assert "Not saved" not in words(answer)


@pytest.mark.rule("P13", "R2", "S1")
@pytest.mark.parametrize(
    ("code", "status", "says"),
    [
        ("C-000002", 409, "C-000002 is open in another treatment."),
        ("C-000003", 409, "C-000003 is wasted already."),
        ("C-000999", 422, "C-000999 is not known here."),
        ("hello", 422, "This code is not known here."),
        ("", 422, "This form is not as the page made it."),
    ],
)
def test_a_unit_that_cannot_be_wasted_is_said_above_the_step_and_its_note_is_kept(
    cast: Cast, enter: Enter, clock: Any, code: str, status: int, says: str
) -> None:
    chart = chart_at(cast, "started")
    other = chart_at(cast, "started", arrived(cast, patient=cast.wang, minutes=120))
    author: dict[str, Any] = {"by": cast.esthetician, "at": later(31)}
    operations.claim_unit(treatment=other, unit_code="C-000002", pack_intact=True, **author)
    third = cast.lot.units.get(unit_code="C-000003")
    operations.waste_unit(cartridge=third, reason="dropped", **author)
    clock.move_to(later(32))
    ana = enter(cast.esthetician)
    answer = send(ana, chart, "waste", cartridge=code, reason="dropped", note_text="KEEPME")
    page = words(answer)
    assert answer.status_code == status
    assert says in page
    assert "Why is it wasted? Dropped Note KEEPME" in page.partition("what you typed")[2]


@pytest.mark.parametrize(
    ("code", "says"),
    [("", "Scan the cartridge first."), ("a\x00", "The text has a NUL character in it.")],
)
def test_a_claim_without_a_code_is_said(
    cast: Cast, enter: Enter, clock: Any, code: str, says: str
) -> None:
    chart = chart_at(cast, "started")
    clock.move_to(later(31))
    answer = send(enter(cast.esthetician), chart, "claim", cartridge=code, pack_intact="on")
    assert answer.status_code == 422
    assert says in words(answer)
