"""Skin that has not rested is not treated: shown when the chart opens, refused at the start and
with each pass, by the database too (R35)."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from bookings import operations as desk
from bookings.models import Appointment, PerformedArea
from clinic import constraints
from clinic.models import AuditEvent, User
from tests import factories
from tests.cast import TODAY, Cast
from tests.raw_sql import change, copy, refused, run
from tests.refusals import refusal, told
from tests.treatments.visits import TIME_OUT, arrived, chart_at, later, one_pass
from treatments import operations
from treatments.models import NeedlingPass, Treatment
from treatments.rules.status import Status

DAY = dt.timedelta(days=1)
Enter = Callable[[User], Client]


def numbed(cast: Cast, **given: Any) -> Treatment:
    """A chart of Mia, all ready but for the start."""
    return chart_at(cast, "numbed", arrived(cast, **given))


def start(treatment: Treatment, **given: Any) -> Treatment:
    values = {"by": treatment.practitioner.user, "at": later(30), **TIME_OUT, **given}
    return operations.start(treatment=treatment, **values)


def allow(cast: Cast, visit: Appointment, **given: Any) -> Appointment:
    values = {"reason": "Wedding on Saturday", "by": cast.manager, "at": later(28), **given}
    return desk.allow_interval(appointment=visit, **values)


@pytest.mark.rule("R35")
def test_a_visit_that_became_too_short_after_it_was_booked_is_not_started(cast: Cast) -> None:
    chart = numbed(cast)
    factories.performed(cast, TODAY - 5 * DAY, "chin")
    no = refusal(start, treatment=chart)
    assert told(no) == (422, "R35", None)
    assert no.sentence == (
        "The last treatment of the same area was on Thu, Nov 19, 2026, 5 days before; at least "
        "28 days lie between two, and under 14 days nobody books."
    )
    assert no.way_out == (
        "It works from Thu, Dec 17, 2026 on. From Thu, Dec 3, 2026 on a manager can allow it, "
        "with a reason."
    )
    chart.refresh_from_db()
    assert (chart.status, chart.started_at) == (Status.NUMBING, None)
    event = AuditEvent.objects.exclude(chain="system").latest("seq")
    assert (event.action, event.outcome, event.rule) == ("treatment.start", "refused", "R35")


@pytest.mark.rule("R35")
def test_from_fourteen_days_on_a_manager_may_allow_the_start(cast: Cast) -> None:
    chart = numbed(cast)
    factories.performed(cast, TODAY - 14 * DAY, "chin")
    no = refusal(start, treatment=chart)
    assert (told(no), no.way_out) == (
        (422, "R35", None),
        "It works from Tue, Dec 8, 2026 on. A manager can allow it on the appointment's card, "
        "with a reason.",
    )
    allow(cast, chart.appointment)
    assert start(chart).status == Status.IN_PROGRESS


@pytest.mark.rule("R35")
def test_what_was_allowed_for_one_treatment_does_not_cover_a_later_one(cast: Cast) -> None:
    chart = numbed(cast)
    factories.performed(cast, TODAY - 20 * DAY, "chin")
    allow(cast, chart.appointment)
    factories.performed(cast, TODAY - 16 * DAY, "chin")
    assert "Sun, Nov 8, 2026, 16 days before" in refusal(start, treatment=chart).sentence


@pytest.mark.rule("R35")
def test_a_pass_on_an_area_outside_the_service_is_judged_by_itself(cast: Cast) -> None:
    service = factories.service(cast.clinic, 30, code="chin", name="Chin", areas=["chin"])
    factories.performed(cast, TODAY - 20 * DAY, "neck")
    chart = chart_at(cast, "claimed", arrived(cast, service=service))
    by: dict[str, Any] = {"by": cast.esthetician, "at": later(32)}
    no = refusal(operations.add_pass, treatment=chart, **one_pass(area="neck"), **by)
    assert told(no) == (422, "R35", "area")
    assert no.way_out == (
        "It works from Wed, Dec 2, 2026 on. Another area of this visit can be treated."
    )
    assert operations.add_pass(treatment=chart, **one_pass(), **by).area == "chin"


@pytest.mark.rule("R35")
def test_leave_for_the_nearest_treatment_counts_for_skin_that_rested_longer(cast: Cast) -> None:
    factories.performed(cast, TODAY - 20 * DAY, "neck")
    factories.performed(cast, TODAY - 15 * DAY, "chin")
    visit = arrived(cast)
    allow(cast, visit, at=later(0))
    chart = chart_at(cast, "claimed", visit)
    for area in ("chin", "neck"):
        operations.add_pass(
            treatment=chart, **one_pass(area=area), by=cast.esthetician, at=later(32)
        )
    assert chart.passes.count() == 2


@pytest.mark.rule("R35")
def test_what_another_open_treatment_has_needled_counts_before_it_ends(cast: Cast) -> None:
    one = numbed(cast)
    other = numbed(cast, practitioner=cast.priya, minutes=180)
    start(one)
    unit = cast.lot.units.filter(status="in_stock").earliest("number").unit_code
    by: dict[str, Any] = {"treatment": one, "by": cast.esthetician}
    operations.claim_unit(unit_code=unit, pack_intact=True, at=later(31), **by)
    operations.add_pass(**one_pass(), at=later(32), **by)
    no = refusal(start, treatment=other, at=later(33))
    assert (no.rule, "that same day" in no.sentence) == ("R35", True)


# The database


def claimed_then_treated(cast: Cast, days: int, area: str = "chin") -> Treatment:
    """A treatment under way, before which the area turns out to have been treated."""
    chart = chart_at(cast, "claimed")
    factories.performed(cast, TODAY - days * DAY, area)
    return chart


@pytest.mark.rule("R35")
@pytest.mark.parametrize(("days", "stops"), [(0, True), (1, True), (13, True), (14, False)])
def test_the_database_refuses_a_start_under_fourteen_days(
    cast: Cast, days: int, stops: bool
) -> None:
    chart = numbed(cast)
    factories.performed(cast, TODAY - days * DAY, "cheek_l", hour=20 if not days else 16)
    sql = change(
        chart,
        status="in_progress",
        started_at=later(30),
        started_by_id=cast.esthetician,
        started_on=TODAY,
    )
    if stops:
        assert refused(*sql) == "treatment_started_rested"
    else:
        run(*sql)


@pytest.mark.rule("R35")
@pytest.mark.parametrize(
    ("areas", "stops"), [(["chin"], False), (["chin", "cheek_l"], True), ([], True)]
)
def test_the_start_knows_the_areas_of_its_service(
    cast: Cast, areas: list[str], stops: bool
) -> None:
    service = factories.service(cast.clinic, 30, code="some", name="Some", areas=areas)
    chart = numbed(cast, service=service)
    factories.performed(cast, TODAY - 3 * DAY, "cheek_l")
    sql = change(
        chart,
        status="in_progress",
        started_at=later(30),
        started_by_id=cast.esthetician,
        started_on=TODAY,
    )
    if stops:
        assert refused(*sql) == "treatment_started_rested"
    else:
        run(*sql)


@pytest.mark.rule("R35")
@pytest.mark.parametrize(("days", "stops"), [(1, True), (13, True), (-13, True), (14, False)])
def test_the_database_refuses_a_pass_on_skin_under_fourteen_days(
    cast: Cast, days: int, stops: bool
) -> None:
    chart = chart_at(cast, "needled")
    line = chart.passes.get()
    factories.performed(cast, TODAY - days * DAY, "neck")
    for sql in (copy(line, seq=2, area="neck"), change(line, area="neck")):
        if stops:
            assert refused(*sql) == "needling_pass_on_rested_skin"
        else:
            run(*sql)
    run(*copy(line, seq=3, area="forehead"))


@pytest.mark.rule("R35")
def test_a_pass_on_skin_that_turned_out_not_rested_is_still_taken_back(cast: Cast) -> None:
    chart = chart_at(cast, "needled")
    factories.performed(cast, TODAY - 2 * DAY, "chin")
    operations.remove_pass(treatment=chart, seq=1, by=cast.esthetician, at=later(34))
    assert not chart.passes.exists()


@pytest.mark.rule("R35")
def test_what_was_needled_is_noted_at_the_end_whatever_turned_up(cast: Cast) -> None:
    chart = chart_at(cast, "needled")
    factories.performed(cast, TODAY - 2 * DAY, "chin")
    operations.finish(
        treatment=chart,
        endpoint="erythema_uniform",
        aftercare_given=True,
        by=cast.esthetician,
        at=later(60),
    )
    assert PerformedArea.objects.filter(appointment=chart.appointment, area="chin").exists()


@pytest.mark.rule("R35")
def test_the_database_sees_passes_of_a_treatment_that_goes_on(cast: Cast) -> None:
    one = chart_at(cast, "needled")
    other = numbed(cast, practitioner=cast.priya, minutes=180)
    run(
        *change(
            other,
            status="in_progress",
            started_at=later(30),
            started_by_id=cast.director,
            started_on=TODAY,
        )
    )
    unit = cast.lot.units.filter(status="in_stock").earliest("number").unit_code
    operations.claim_unit(
        treatment=other, unit_code=unit, pack_intact=True, by=cast.director, at=later(31)
    )
    line = copy(one.passes.get(), treatment_id=other)
    assert refused(*line) == "needling_pass_rested_meanwhile"
    no = refusal(operations.add_pass, treatment=other, **one_pass(), by=cast.director, at=later(33))
    assert told(no) == (422, "R35", "area")


@pytest.mark.rule("R35", "R57")
def test_what_was_done_under_a_merged_number_counts(cast: Cast) -> None:
    factories.performed(cast, TODAY - 3 * DAY, "chin", patient=cast.wang)
    desk.merge_patients(kept=cast.mia, merged=cast.wang, by=cast.manager, at=later(0))
    chart = numbed(cast)
    assert refusal(start, treatment=chart).rule == "R35"
    sql = change(
        chart,
        status="in_progress",
        started_at=later(30),
        started_by_id=cast.esthetician,
        started_on=TODAY,
    )
    assert refused(*sql) == "treatment_started_rested"


def test_the_guards_are_named_and_said() -> None:
    says = constraints.sentences()
    for name in (
        "treatment_started_rested",
        "needling_pass_on_rested_skin",
        "needling_pass_rested_meanwhile",
    ):
        assert says[name] == "Fewer than 14 days lie between two treatments of the same area."


# The page


@pytest.mark.rule("R35")
def test_the_chart_shows_it_as_soon_as_it_is_open(cast: Cast, enter: Enter, clock: Any) -> None:
    factories.performed(cast, TODAY - 20 * DAY, "chin")
    chart = chart_at(cast, "open")
    page = reverse("treatment", args=[chart.pk])
    browser = enter(cast.esthetician)
    shown = browser.get(page).content.decode()
    assert "Too soon to start this treatment" in shown
    assert "Wed, Nov 4, 2026, 20 days before" in shown
    assert "A manager can allow it on the appointment&#x27;s card" in shown
    allow(cast, chart.appointment, at=later(1))
    assert "Too soon" not in browser.get(page).content.decode()


@pytest.mark.rule("R35")
def test_a_start_that_comes_too_soon_says_so_once(cast: Cast, enter: Enter, clock: Any) -> None:
    chart = numbed(cast)
    factories.performed(cast, TODAY - 20 * DAY, "chin")
    clock.move_to(later(30))
    sent = {"confirmed": "on", "screened": "on"}
    answer = enter(cast.esthetician).post(reverse("treatment-start", args=[chart.pk]), sent)
    assert answer.status_code == 422
    assert answer.content.decode().count("20 days before") == 1
    assert NeedlingPass.objects.count() == 0
