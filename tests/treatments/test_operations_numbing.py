"""Cream on, cream off, or none and why."""

from __future__ import annotations

import datetime as dt
import json
from typing import Any

import pytest

from bookings.rules.status import Status as Visit
from clinic.models import AuditEvent
from clinic.refusals import Refusal
from clinic.rules import say_date
from tests import factories
from tests.cast import TODAY, Cast
from tests.refusals import refusal, told
from tests.treatments.visits import TIME_OUT, arrived, chart_at, cream, later
from treatments import operations
from treatments.models import NumbingApplication, Treatment
from treatments.queries.lines import Cream
from treatments.rules.status import Status


def put_on(cast: Cast, chart: Treatment, *, minute: int = 2, **given: Any) -> NumbingApplication:
    return operations.apply_numbing(
        treatment=chart, **cream(cast, **given), by=cast.esthetician, at=later(minute)
    )


def take_off(cast: Cast, chart: Treatment, *, off: int, minute: int) -> Treatment:
    return operations.remove_numbing(
        treatment=chart, removed_at=later(off), by=cast.esthetician, at=later(minute)
    )


def test_cream_is_noted_with_its_tube_and_the_board_counts_it(cast: Cast) -> None:
    chart = chart_at(cast, "open")
    made = put_on(cast, chart, lot=" TUBE-7 ")
    assert (made.product, made.lot, made.amount, made.areas) == (
        cast.cream, "TUBE-7", 15, "forehead,chin",
    )  # fmt: skip
    assert (made.applied_at, made.applied_by, made.created_at) == (
        later(2), cast.esthetician, later(2),
    )  # fmt: skip
    assert not made.late_entry
    chart.refresh_from_db()
    visit = chart.appointment
    assert (chart.status, visit.status) == (Status.NUMBING, Visit.NUMBING)
    assert (visit.numbing_on, visit.numbing_due, visit.numbing_off) == (later(2), later(22), None)


@pytest.mark.rule("R43")
@pytest.mark.parametrize(
    ("state", "given", "may"),
    [
        ("TX", {}, True),
        ("TX", {"expires_on": TODAY}, True),
        ("TX", {"expires_on": TODAY - dt.timedelta(days=1)}, False),
        ("TX", {"status": "suspended"}, False),
        ("CA", {}, False),
    ],
)
def test_a_prescription_counts_in_the_state_and_on_the_day_it_is_put_on(
    cast: Cast, state: str, given: dict[str, Any], may: bool
) -> None:
    """It is put into use for all clinics, on one prescriber; each application asks again."""
    doctor = factories.practitioner([cast.other_clinic], "MD", name="Dr. Ines Roth")
    factories.license(doctor, "md", state, by=cast.manager, **given)
    rx = factories.numbing_product("EMLA", rx_required=True, prescriber=doctor)
    chart = chart_at(cast, "open")
    if may:
        assert put_on(cast, chart, product=rx).product == rx
        return
    with pytest.raises(Refusal) as no:
        put_on(cast, chart, product=rx)
    assert (no.value.rule, no.value.field) == ("R43", "product")
    assert no.value.sentence == (
        "EMLA needs a prescription, and Dr. Ines Roth MD may not prescribe in TX on "
        f"{say_date(TODAY)}."
    )


@pytest.mark.rule("R39", "R41", "R43", "R46")
@pytest.mark.parametrize(
    ("given", "rule", "field"),
    [
        ({"lot": ""}, "R43", "lot"),
        ({"lot": " \t"}, "R43", "lot"),
        ({"expires_on": TODAY - dt.timedelta(days=1)}, "R43", "expires_on"),
        ({"amount": 0}, "R41", "amount"),
        ({"amount": 601}, "R41", "amount"),
        ({"amount": -5}, "R41", "amount"),
        ({"amount": 10**9}, "R41", "amount"),
        ({"areas": []}, "R41", "areas"),
        ({"areas": ["forehead", "elbow"]}, "R41", "areas"),
        ({"areas": ["eyelid"]}, "R41", "areas"),
        ({"applied_at": later(8)}, "R46", "applied_at"),
        ({"applied_at": later(-1)}, "R46", "applied_at"),
        ({"applied_at": dt.datetime(1, 1, 2, tzinfo=dt.UTC)}, "R46", "applied_at"),
        ({"applied_at": dt.datetime(9999, 12, 30, tzinfo=dt.UTC)}, "R46", "applied_at"),
    ],
)
def test_cream_out_of_bounds_is_refused_beside_its_field(
    cast: Cast, given: dict[str, Any], rule: str, field: str
) -> None:
    chart = chart_at(cast, "open")
    no = refusal(put_on, cast=cast, chart=chart, **given)
    assert told(no) == (422, rule, field)
    chart.refresh_from_db()
    assert (chart.status, chart.numbing.count()) == (Status.OPEN, 0)


@pytest.mark.rule("R41", "R43")
def test_every_fault_of_the_cream_is_told_at_once_beside_its_field(cast: Cast) -> None:
    chart = chart_at(cast, "open")
    wrong = {"applied_at": later(-19), "expires_on": dt.date(2026, 11, 1), "amount": 800}
    no = refusal(put_on, cast=cast, chart=chart, **wrong)
    assert [(one.field, one.text) for one in (no, *no.also)] == [
        ("expires_on", "This tube expired on Sun, Nov 1, 2026. Use another tube."),
        ("amount", "Use between 0.1 and 60 grams."),
        (
            "applied_at",
            "The patient arrived at 9:00 AM, after this time. If the desk marked it late, "
            "enter 9:00 AM here, and the true time in the note when you finish.",
        ),
    ]


@pytest.mark.rule("R41", "R43")
def test_the_bounds_themselves_are_inside(cast: Cast) -> None:
    chart = chart_at(cast, "open")
    put_on(cast, chart, amount=1, expires_on=TODAY)
    put_on(cast, chart, amount=600)
    assert set(chart.numbing.values_list("amount", flat=True)) == {1, 600}


@pytest.mark.rule("R43")
def test_a_product_taken_out_of_use_is_not_put_on(cast: Cast) -> None:
    chart = chart_at(cast, "open")
    cast.cream.is_active = False
    cast.cream.write()
    assert told(refusal(put_on, cast=cast, chart=chart)) == (422, "R43", "product")


def test_a_time_typed_late_is_kept_as_it_was_and_shows_as_late(cast: Cast) -> None:
    chart = chart_at(cast, "open")
    made = put_on(cast, chart, minute=20)
    assert (made.applied_at, made.created_at, made.late_entry) == (later(2), later(20), True)
    event = AuditEvent.objects.filter(action="numbing.apply").get()
    assert json.loads(event.detail) == {"late": True}


@pytest.mark.rule("R40")
@pytest.mark.parametrize(("off", "state"), [(21, "short"), (22, "ok"), (62, "ok"), (63, "long")])
def test_how_long_cream_was_on_is_judged_when_it_comes_off(
    cast: Cast, off: int, state: str
) -> None:
    chart = chart_at(cast, "numbing")
    take_off(cast, chart, off=off, minute=off)
    event = AuditEvent.objects.filter(action="numbing.remove").get()
    # The judgment is clinical: the page draws it from the chart, the audit does not repeat it.
    assert json.loads(event.detail) == {"late": False}
    dwell = Cream(chart.numbing.get()).dwell
    assert dwell is not None
    assert dwell.state == state
    chart.appointment.refresh_from_db()
    assert chart.appointment.numbing_off == later(off)


@pytest.mark.rule("R40", "R46")
@pytest.mark.parametrize(("off", "rule"), [(2, "R40"), (1, "R40"), (40, "R46")])
def test_cream_comes_off_after_it_went_on_and_not_in_the_future(
    cast: Cast, off: int, rule: str
) -> None:
    chart = chart_at(cast, "numbing")
    no = refusal(take_off, cast=cast, chart=chart, off=off, minute=30)
    assert told(no) == (422, rule, "removed_at")


def test_all_cream_comes_off_at_once_and_more_may_go_on_after(cast: Cast) -> None:
    chart = chart_at(cast, "numbing")
    other = factories.numbing_product("LIDO5", name="Lidocaine 5 %", min_dwell=30)
    put_on(cast, chart, minute=5, product=other, applied_at=later(5), lot="TUBE-8")
    take_off(cast, chart, off=40, minute=40)
    assert set(chart.numbing.values_list("removed_at", flat=True)) == {later(40)}
    put_on(cast, chart, minute=41, applied_at=later(41))
    chart.appointment.refresh_from_db()
    visit = chart.appointment
    assert (visit.numbing_on, visit.numbing_due, visit.numbing_off) == (later(2), later(61), None)
    no = refusal(operations.start, treatment=chart, **TIME_OUT, by=cast.esthetician, at=later(50))
    assert told(no) == (422, "R40", None)


@pytest.mark.rule("R40")
def test_nothing_comes_off_that_is_not_on(cast: Cast) -> None:
    chart = chart_at(cast, "numbed")
    assert told(refusal(take_off, cast=cast, chart=chart, off=28, minute=29)) == (422, "R40", None)


@pytest.mark.rule("R39")
def test_none_is_recorded_with_its_reason_and_bars_cream(cast: Cast) -> None:
    chart = chart_at(cast, "open")
    for reason in ("", "  "):
        no = refusal(
            operations.decline_numbing,
            treatment=chart,
            reason=reason,
            by=cast.esthetician,
            at=later(2),
        )
        assert told(no) == (422, "R39", "reason")
    none = operations.decline_numbing(
        treatment=chart, reason=" Declined ", by=cast.esthetician, at=later(2)
    )
    assert (none.product, none.none_reason, none.applied_at) == (None, "Declined", None)
    assert told(refusal(put_on, cast=cast, chart=chart)) == (422, "R39", "product")
    operations.start(treatment=chart, **TIME_OUT, by=cast.esthetician, at=later(3))


@pytest.mark.rule("R39")
@pytest.mark.parametrize("step", ["numbing", "numbed"])
def test_none_is_not_recorded_over_cream(cast: Cast, step: str) -> None:
    chart = chart_at(cast, step)
    no = refusal(
        operations.decline_numbing,
        treatment=chart,
        reason="Declined",
        by=cast.esthetician,
        at=later(28),
    )
    assert told(no) == (422, "R39", None)


@pytest.mark.rule("R46")
@pytest.mark.parametrize("step", ["started", "finished"])
def test_no_cream_after_the_start(cast: Cast, step: str) -> None:
    chart = chart_at(cast, step)
    assert told(refusal(put_on, cast=cast, chart=chart, minute=65)) == (422, "R46", None)


def test_one_form_sent_twice_puts_cream_on_once(cast: Cast) -> None:
    chart = chart_at(cast, "open")
    for minute in (2, 3):
        operations.apply_numbing(
            treatment=chart, **cream(cast), by=cast.esthetician, at=later(minute), once="key"
        )
    assert chart.numbing.count() == 1


@pytest.mark.rule("R54")
def test_the_desk_learns_times_and_nothing_else(cast: Cast) -> None:
    """What a receptionist may see of numbing is the clock on the appointment."""
    chart = chart_at(cast, "numbing", arrived(cast, note="window seat"))
    chart.appointment.refresh_from_db()
    assert chart.appointment.note == "window seat"
    assert not any(
        "TUBE-7" in event.detail or "forehead" in event.detail for event in AuditEvent.objects.all()
    )
