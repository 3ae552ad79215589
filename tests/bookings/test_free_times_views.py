"""The list of free times as a part of the page."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Callable
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from clinic.models import User
from tests import factories
from tests.bookings.test_new_appointment_views import text_of
from tests.cast import NOW, TODAY, Cast

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("clock")]
LIST = "/appointments/free-times/"


@pytest.fixture
def desk(cast: Cast, enter: Callable[[User], Client]) -> Client:
    """The receptionist's browser."""
    return enter(cast.reception)


def keys(answer: Any) -> list[str]:
    return re.findall(r'name="slot" value="([^"]+)"', answer.content.decode())


def test_the_list_is_a_fragment_with_the_best_three_first(cast: Cast, desk: Any):
    answer = desk.get(LIST, {"service": cast.service.pk, "from": "2026-11-24", "days": "14"})
    assert answer.status_code == 200
    page = answer.content.decode()
    assert "<html" not in page
    best = keys(answer)[:3]
    assert [key.partition("@")[2] for key in best] == [
        "2026-11-24T15:30Z",
        "2026-11-24T15:45Z",
        "2026-11-24T16:00Z",
    ]
    assert {key.partition("@")[0] for key in best} == {str(cast.ana.pk)}
    assert page.count('class="free-group"') == 10  # two weeks have ten working days
    assert "Soonest" in page


def test_a_line_shows_some_and_says_how_many_more(cast: Cast, desk: Any):
    short = {"service": cast.service.pk, "from": "2026-11-25", "days": "1"}
    answer = desk.get(LIST, short)
    assert "23 more" in text_of(answer)
    whole = desk.get(LIST, short | {"practitioner": cast.ana.pk})
    assert " more" not in text_of(whole)
    assert len(keys(whole)) == 28


def test_the_buttons_of_the_list_ask_for_a_whole_line_or_for_other_days(cast: Cast, desk: Any):
    page = desk.get(LIST, {"service": cast.service.pk, "from": "2026-11-25"}).content.decode()
    assert f'name="look" value="{cast.ana.pk}@2026-11-25" hx-get="{LIST}"' in page
    assert 'name="look" value="@2026-11-27"' in page
    assert 'name="look" value="@2026-11-24"' in page  # earlier, but never before today
    line = {"service": cast.service.pk, "practitioner": cast.bo.pk, "date": "2026-12-01"}
    whole = desk.get(LIST, line | {"look": f"{cast.ana.pk}@2026-11-25"})
    assert len(keys(whole)) == 28
    assert {key.partition("@")[0] for key in keys(whole)} == {str(cast.ana.pk)}
    later = desk.get(LIST, {"service": cast.service.pk, "look": "@2026-11-27"})
    assert "Fri, Nov 27" in text_of(later)
    for look in ("x", "@x", "x@2026-11-25", "@" * 99):
        assert desk.get(LIST, {"service": cast.service.pk, "look": look}).status_code in (200, 422)


def test_one_practitioner_is_listed_by_day(cast: Cast, desk: Any):
    answer = desk.get(
        LIST, {"service": cast.service.pk, "from": "2026-11-24", "practitioner": cast.bo.pk}
    )
    text = text_of(answer)
    assert text.index("Bo Chen NP") < text.index("Mon, Nov 30")
    assert "Wed, Nov 25" in text
    assert "Thu, Nov 26" not in text


@pytest.mark.rule("R25")
def test_a_practitioner_without_a_license_gets_the_reason_for_an_answer(cast: Cast, desk: Any):
    answer = desk.get(
        LIST, {"service": cast.service.pk, "from": "2026-11-24", "practitioner": cast.lena.pk}
    )
    assert text_of(answer).startswith("The TX license of Lena Brandt expires on Mon, Nov 23, 2026.")


def test_a_weekend_has_nothing_and_leads_on(cast: Cast, desk: Any):
    answer = desk.get(LIST, {"service": cast.service.pk, "from": "2026-11-28"})
    assert "No free time from Sat, Nov 28, 2026 to Sun, Nov 29, 2026." in text_of(answer)
    assert "From Mon, Nov 30" in text_of(answer)


@pytest.mark.rule("R35")
def test_skin_that_has_not_rested_is_told_and_one_press_leads_to_the_first_day(
    cast: Cast, desk: Any
):
    factories.performed(cast, TODAY - dt.timedelta(days=13))
    asked = {"service": cast.service.pk, "chosen": cast.mia.pk, "from": "2026-11-24"}
    answer = desk.get(LIST, asked)
    assert (
        "The last treatment of the same area was on Wed, Nov 11, 2026, 13 days before; at least "
        "28 days lie between two, and under 14 days nobody books. It works from Wed, Dec 9, 2026 "
        "on."
    ) in text_of(answer)
    assert 'name="look" value="@2026-12-09"' in answer.content.decode()
    assert "From Wed, Dec 9" in text_of(answer)
    led = desk.get(
        LIST, {"service": asked["service"], "chosen": cast.mia.pk, "look": "@2026-12-09"}
    )
    assert keys(led)
    # Of a practitioner's week in which the first days are too soon, the rest is offered.
    week = {**asked, "from": "2026-12-04", "practitioner": cast.ana.pk}
    assert keys(desk.get(LIST, week))[0].partition("@")[2].startswith("2026-12-09")


@pytest.mark.rule("R25")
def test_a_license_that_begins_later_is_led_to(cast: Cast, desk: Any):
    starts = dt.date(2027, 1, 11)
    factories.license(cast.lena, "esthetician", "TX", by=cast.manager, issued_on=starts)
    asked = {"service": cast.service.pk, "from": "2026-11-24", "practitioner": cast.lena.pk}
    answer = desk.get(LIST, asked)
    assert "of Lena Brandt" in text_of(answer)
    assert 'name="look" value="@2027-01-11"' in answer.content.decode()


def test_the_last_days_that_are_booked_lead_no_further(cast: Cast, desk: Any):
    answer = desk.get(LIST, {"service": cast.service.pk, "from": "2028-11-24"})
    assert "Visits are booked up to Fri, Nov 24, 2028." in text_of(answer)
    page = answer.content.decode()
    assert "@2028-11-26" not in page
    assert 'name="look" value="@2028-11-22"' in page


def test_without_a_service_it_says_what_to_do(cast: Cast, desk: Any):
    assert text_of(desk.get(LIST)) == "Choose a service to see the free times."


def test_a_chosen_patient_s_own_visit_is_not_offered_again(cast: Cast, desk: Any):
    factories.appointment(
        patient=cast.mia,
        practitioner=cast.bo,
        service=cast.short_service,
        room=cast.room,
        device=cast.device,
        starts_at=NOW + dt.timedelta(hours=2),
        by=cast.reception,
    )
    query = {
        "service": cast.short_service.pk,
        "from": "2026-11-24",
        "days": "1",
        "practitioner": cast.ana.pk,
    }
    noon = f"{cast.ana.pk}@2026-11-24T17:00Z"
    assert noon in keys(desk.get(LIST, query))
    assert noon not in keys(desk.get(LIST, query | {"chosen": cast.mia.pk}))


def test_htmx_gets_the_field_for_the_practitioner_anew(cast: Cast, desk: Any):
    query = {"service": cast.service.pk, "date": "2026-11-24", "practitioner": cast.ana.pk}
    page = desk.get(LIST, query, headers={"HX-Request": "true"}).content.decode()
    assert 'id="practitioner-field" hx-swap-oob="innerHTML"' in page
    assert f'value="{cast.ana.pk}" selected' in page
    assert re.search(rf'value="{cast.lena.pk}"[^>]*disabled', page)
    earlier = query | {"date": "2026-11-23"}
    assert desk.get(LIST, earlier, headers={"HX-Request": "true"}).status_code == 422


@pytest.mark.parametrize(
    ("query", "says"),
    [
        ({"from": "2026-11-23"}, "Mon, Nov 23, 2026 is over."),
        ({"from": "2029-11-24"}, "This is more than two years ahead."),
        ({"from": "0001-01-01"}, "Use a date between 1900 and 2200."),
        ({"from": "9999-12-31"}, "Use a date between 1900 and 2200."),
        ({"from": "2026-02-30"}, "Enter a date, for example Nov 24, 2026."),
        ({"from": "tomorrow"}, "Enter a date, for example Nov 24, 2026."),
        ({"days": "0"}, "Ask for 1 to 31 days."),
        ({"days": "-1"}, "Ask for 1 to 31 days."),
        ({"days": "32"}, "Ask for 1 to 31 days."),
        ({"days": "1e9"}, "Ask for 1 to 31 days."),
        ({"days": "NaN"}, "Ask for 1 to 31 days."),
        ({"service": "other"}, "Choose one of this clinic's services."),
        ({"service": "'; --"}, "Choose one of this clinic's services."),
        ({"practitioner": "11111111-1111-4111-8111-111111111111"}, "Choose someone who works"),
        ({"practitioner": "x" * 5000}, "Choose someone who works"),
        ({"chosen": "x"}, "Choose the patient again."),
    ],
)
def test_what_cannot_be_listed_is_said(cast: Cast, desk: Any, query: dict[str, str], says: str):
    given: dict[str, Any] = {"service": cast.service.pk, **query}
    if query.get("service") == "other":
        given["service"] = cast.other_service.pk
    answer = desk.get(LIST, given)
    assert answer.status_code == 422
    assert says in text_of(answer)


def test_the_last_day_that_can_be_booked_can_be_listed(cast: Cast, desk: Any):
    last = TODAY + dt.timedelta(days=731)
    query = {"service": cast.service.pk, "from": last.isoformat(), "days": "31"}
    assert desk.get(LIST, query).status_code == 200


def test_the_queries_are_as_many_for_a_day_as_for_a_fortnight(cast: Cast, desk: Any):
    def count(days: str) -> int:
        query = {"service": cast.service.pk, "from": "2026-11-24", "days": days}
        with CaptureQueriesContext(connection) as seen:
            desk.get(LIST, query)
        return len(seen)

    desk.get(LIST)
    # The session; whose it is, with all that goes with her; the service; six for the free times.
    assert count("1") == count("14") == 9
