"""When a clinic is open."""

from __future__ import annotations

import json
from typing import Any

import pytest

from bookings import operations, queries
from clinic.models import AuditEvent, Clinic
from clinic.refusals import Refusal
from tests.cast import NOW, TODAY, Cast

PAGE = "/setup/hours/"


def typed(clinic: Clinic, **given: str) -> dict[str, str]:
    days = {f"d{n}_0_{edge}": time for n in range(5) for edge, time in EDGES.items()}
    return {"version": str(clinic.version), "once": "a", **days, **given}


EDGES = {"from": "08:30", "to": "17:00"}


def test_a_clinic_says_when_it_is_open_and_the_desk_knows(cast: Cast, enter: Any) -> None:
    browser = enter(cast.manager)
    page = browser.get(PAGE).content.decode()
    assert page.count('value="09:00"') == 7
    answer = browser.post(PAGE, typed(cast.clinic, d5_0_from="9", d5_0_to="13:00"))
    assert answer.status_code == 302
    clinic = Clinic.objects.get(pk=cast.clinic.pk)
    assert clinic.hours == [[[510, 1020]]] * 5 + [[[540, 780]], []]
    opens_at = queries.clinic_opens(clinic, TODAY)
    assert opens_at is not None
    assert f"{clinic.local(opens_at):%H:%M}" == "08:30"
    event = AuditEvent.objects.get(action="clinic.set_hours")
    # Minutes, not words: a clinic may choose another way to write them.
    assert json.loads(event.detail) == {
        "from_week": [[[540, 1080]]] * 7,
        "to_week": [[[510, 1020]]] * 5 + [[[540, 780]], []],
    }
    said = "From: Mon–Sun 9:00 AM–6:00 PM; To: Mon–Fri 8:30 AM–5:00 PM, Sat 9:00 AM–1:00 PM"
    assert said in browser.get("/audit/").content.decode()


@pytest.mark.rule("T1")
@pytest.mark.parametrize(
    ("given", "says"),
    [
        ({"d0_1_from": "16:00", "d0_1_to": "18:00"}, "overlaps with"),
        ({"d0_0_from": "20:00", "d0_0_to": "02:00"}, "This crosses midnight."),
        ({"d0_0_from": "17:00", "d0_0_to": "17:00"}, "begins and ends at the same time"),
        ({"d0_0_from": "18:00", "d0_0_to": "05:30"}, "crosses midnight"),
        ({"d0_0_to": ""}, "Enter both times, or leave both empty."),
        ({"d0_0_from": "25:00"}, "Enter a time, for example 9:30."),
    ],
)
def test_hours_that_will_not_do_are_refused_in_words(
    given: dict[str, str], says: str, cast: Cast, enter: Any
) -> None:
    answer = enter(cast.manager).post(PAGE, typed(cast.clinic, **given))
    assert answer.status_code == 422
    assert says in answer.content.decode()
    assert Clinic.objects.get(pk=cast.clinic.pk).version == cast.clinic.version


@pytest.mark.rule("T1")
def test_a_clinic_that_is_never_open_is_refused(cast: Cast) -> None:
    with pytest.raises(Refusal, match="open some day of the week"):
        operations.set_opening_hours(clinic=cast.clinic, week=[[]] * 7, by=cast.manager, at=NOW)


@pytest.mark.rule("P12")
def test_a_stale_week_is_refused(cast: Cast, enter: Any) -> None:
    first = typed(cast.clinic)
    assert enter(cast.manager).post(PAGE, first).status_code == 302
    answer = enter(cast.administrator).post(PAGE, first | {"once": "b"})
    assert answer.status_code == 409
    assert "Someone changed this record" in answer.content.decode()
