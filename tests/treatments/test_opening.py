"""Every page that offers to open a chart offers exactly what the operation would do."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from bookings.models import Appointment
from clinic.models import User
from clinic.refusals import Refusal
from tests.cast import NOW, TODAY, Cast
from tests.treatments.pages import words
from tests.treatments.visits import arrived, later
from treatments import operations

pytestmark = pytest.mark.usefixtures("clock")
Enter = Callable[[User], Client]
NOT_HERE: dict[str, Any] = {"arrived_at": None, "arrived_by": None}


def on_board(cast: Cast, status: str) -> Appointment:
    """A visit of today whose chart is open, its status brought past the acts of the clinic."""
    visit = arrived(cast)
    visit.status = status
    visit.chart_opened_at, visit.chart_opened_by = NOW, cast.esthetician
    visit.write()
    return visit


def unlicensed(cast: Cast) -> Appointment:
    """Her license was cut short after the visit was booked."""
    visit = arrived(cast)
    cast.ana_license.expires_on = TODAY - dt.timedelta(days=1)
    cast.ana_license.write()
    return visit


CASES: dict[str, Callable[[Cast], Appointment]] = {
    "here": arrived,
    "booked": lambda cast: arrived(cast, status="booked", **NOT_HERE),
    "confirmed": lambda cast: arrived(
        cast, status="confirmed", confirmed_at=NOW, confirmed_by=cast.reception, **NOT_HERE
    ),
    "numbing": lambda cast: on_board(cast, "numbing"),
    "in treatment": lambda cast: on_board(cast, "in_treatment"),
    "another day": lambda cast: arrived(cast, minutes=24 * 60),
    "someone else's": lambda cast: arrived(cast, practitioner=cast.priya),
    "no license": unlicensed,
}


@pytest.mark.rule("R46", "R52", "R17")
@pytest.mark.parametrize("case", [*CASES])
def test_the_button_stands_where_the_chart_would_be_opened(
    cast: Cast, enter: Enter, case: str
) -> None:
    visit = CASES[case](cast)
    client, action = enter(cast.esthetician), reverse("treatment-open", args=[visit.pk])
    pages = [reverse("appointment", args=[visit.pk]), reverse("treatments"), reverse("landing")]
    offered = {page: action in client.get(page).content.decode() for page in pages}
    try:
        operations.open_chart(appointment=visit, by=cast.esthetician, at=later(1))
        opened = True
    except Refusal:
        opened = False
    assert offered == dict.fromkeys(pages, opened)
    assert opened == (case == "here")


@pytest.mark.rule("R17", "R25")
def test_who_cannot_open_a_chart_for_her_license_reads_why(cast: Cast, enter: Enter) -> None:
    visit, client = unlicensed(cast), enter(cast.esthetician)
    for page in (reverse("appointment", args=[visit.pk]), "/treatments/", "/"):
        told = words(client.get(page))
        assert "The TX license of Ana Ruiz expire" in told
        assert "No chart can be opened" in told
