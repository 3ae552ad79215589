"""Finishing a treatment, and ending it early."""

from __future__ import annotations

from typing import Any

import pytest

from bookings.models import Appointment, PerformedArea
from bookings.rules.status import Status as Visit
from tests.cast import PASSWORD, TODAY, Cast
from tests.refusals import refusal, told
from tests.treatments.visits import chart_at, fit_unit, later, one_pass
from treatments import operations
from treatments.models import StockMovement, Treatment
from treatments.rules.status import Status, Unit


def finish(cast: Cast, chart: Treatment, **given: Any) -> Treatment:
    return operations.finish(
        **{
            "treatment": chart,
            "endpoint": "erythema_uniform",
            "aftercare_given": True,
            "by": cast.esthetician,
            "at": later(60),
            **given,
        }
    )


def abort(cast: Cast, chart: Treatment, **given: Any) -> Treatment:
    return operations.abort(
        **{
            "treatment": chart,
            "reason": "Felt unwell",
            "needle_contact": False,
            "by": cast.esthetician,
            "at": later(40),
            **given,
        }
    )


# Finishing


@pytest.mark.rule("R1", "R9")
def test_finishing_uses_the_open_unit_and_tells_the_board(cast: Cast) -> None:
    chart = finish(cast, chart_at(cast, "needled"), reaction=" Calm ", note_text=" Fine ")
    unit = chart.units.get()
    assert (unit.status, chart.cartridge, chart.status) == (Unit.USED, unit, Status.COMPLETED)
    assert (chart.ended_at, chart.ended_by) == (later(60), cast.esthetician)
    assert (chart.reaction, chart.note, chart.aftercare_given) == ("Calm", "Fine", True)
    assert StockMovement.objects.filter(cartridge=unit, kind="use", treatment=chart).count() == 1
    assert Appointment.objects.get(pk=chart.appointment_id).status == Visit.COMPLETED
    assert list(PerformedArea.objects.values_list("area", "performed_on")) == [("chin", TODAY)]


@pytest.mark.rule("R1", "R46")
@pytest.mark.parametrize(
    ("step", "given", "lacks", "rule"),
    [
        ("started", {}, ["the cartridge", "at least one needling pass"], "R1"),
        ("claimed", {}, ["at least one needling pass"], "R46"),
        ("needled", {"endpoint": ""}, ["the end point"], "R46"),
        ("needled", {"aftercare_given": False}, ["aftercare handed over"], "R46"),
        (
            "claimed",
            {"endpoint": "", "aftercare_given": False},
            ["at least one needling pass", "the end point", "aftercare handed over"],
            "R46",
        ),
    ],
)
def test_everything_that_is_missing_is_said_at_once(
    cast: Cast, step: str, given: dict[str, Any], lacks: list[str], rule: str
) -> None:
    chart = chart_at(cast, step)
    no = refusal(finish, cast=cast, chart=chart, **given)
    assert (no.status, no.rule) == (422, rule)
    assert [one.what for one in no.alternatives] == lacks
    assert no.sentence == f"Still missing: {', '.join(lacks)}."
    chart.refresh_from_db()
    assert chart.status == Status.IN_PROGRESS


def test_a_treatment_is_finished_from_its_middle_and_once(cast: Cast) -> None:
    assert told(refusal(finish, cast=cast, chart=chart_at(cast, "numbed"))) == (422, "R46", None)


def test_finishing_twice_is_refused_and_one_form_twice_is_once(cast: Cast) -> None:
    chart = chart_at(cast, "needled")
    first = finish(cast, chart, once="k")
    again = finish(cast, chart, once="k", at=later(61))
    assert (first.pk, again.ended_at) == (again.pk, later(60))
    assert told(refusal(finish, cast=cast, chart=chart)) == (422, "R46", None)
    other = refusal(finish, cast=cast, chart=chart, once="k", note_text="Another text")
    assert told(other) == (409, "P3", None)


@pytest.mark.rule("R46")
def test_an_unknown_end_point_is_refused_beside_its_field(cast: Cast) -> None:
    no = refusal(finish, cast=cast, chart=chart_at(cast, "needled"), endpoint="charred")
    assert told(no) == (422, "R46", "endpoint")


# Ending early


@pytest.mark.rule("R33")
def test_before_contact_an_open_unit_is_wasted(cast: Cast) -> None:
    chart = abort(cast, chart_at(cast, "claimed"))
    unit = chart.units.get()
    assert (chart.status, chart.aborted, chart.cartridge) == (Status.ABORTED, True, None)
    assert (unit.status, unit.waste_reason, unit.treatment) == (
        Unit.WASTED, "opened_not_used", chart,
    )  # fmt: skip
    assert PerformedArea.objects.count() == 0


@pytest.mark.rule("R1", "R33")
def test_after_contact_the_unit_is_used_and_the_areas_count(cast: Cast) -> None:
    chart = abort(cast, chart_at(cast, "needled"), needle_contact=True)
    unit = chart.units.get()
    assert (unit.status, chart.cartridge, chart.needle_contact) == (Unit.USED, unit, True)
    assert list(PerformedArea.objects.values_list("area", flat=True)) == ["chin"]
    chart.appointment.refresh_from_db()
    assert (chart.appointment.status, chart.appointment.ended_early) == (Visit.COMPLETED, True)


@pytest.mark.rule("R33")
@pytest.mark.parametrize("step", ["open", "numbed", "started"])
def test_a_treatment_without_a_unit_may_end_at_any_step(cast: Cast, step: str) -> None:
    chart = abort(cast, chart_at(cast, step))
    assert (chart.status, chart.abort_reason) == (Status.ABORTED, "Felt unwell")
    signed = operations.sign(treatment=chart, password=PASSWORD, by=cast.esthetician, at=later(62))
    assert signed.status == Status.SIGNED


@pytest.mark.rule("R1", "R33", "R40")
@pytest.mark.parametrize(
    ("step", "given", "rule", "field"),
    [
        ("claimed", {"reason": " "}, "R33", "reason"),
        ("numbing", {}, "R40", None),
        ("started", {"needle_contact": True}, "R1", "needle_contact"),
        ("needled", {"needle_contact": False}, "R33", "needle_contact"),
        ("finished", {}, "R46", None),
        ("signed", {}, "R50", None),
    ],
)
def test_an_end_that_contradicts_the_chart_is_refused(
    cast: Cast, step: str, given: dict[str, Any], rule: str, field: str | None
) -> None:
    no = refusal(abort, cast=cast, chart=chart_at(cast, step), **given)
    assert told(no) == (422, rule, field)


def spoil(cast: Cast, chart: Treatment) -> None:
    """The open unit has touched the patient and is thrown away."""
    operations.waste_unit(
        cartridge=chart.units.get(),
        reason="contaminated",
        patient_contact=True,
        by=cast.esthetician,
        at=later(35),
    )


@pytest.mark.rule("R1", "R33")
@pytest.mark.parametrize("step", ["claimed", "needled"])
def test_a_withdrawal_after_a_spoiled_unit_tells_the_truth(cast: Cast, step: str) -> None:
    chart = chart_at(cast, step)
    spoil(cast, chart)
    no = refusal(abort, cast=cast, chart=chart, needle_contact=False)
    assert told(no) == (422, "R33", "needle_contact")
    assert "was wasted after it touched the patient" in no.sentence
    chart = abort(cast, chart, needle_contact=True)
    assert (chart.status, chart.cartridge, chart.needle_contact) == (Status.ABORTED, None, True)
    assert [one.status for one in chart.units.all()] == [Unit.WASTED]
    signed = operations.sign(treatment=chart, password=PASSWORD, by=cast.esthetician, at=later(62))
    assert signed.status == Status.SIGNED


@pytest.mark.rule("R1", "R13")
def test_a_unit_that_never_needled_does_not_finish_a_treatment(cast: Cast) -> None:
    chart = chart_at(cast, "needled")
    spoil(cast, chart)
    author: dict[str, Any] = {"treatment": chart, "by": cast.esthetician}
    code = fit_unit(cast).unit_code
    operations.claim_unit(**author, unit_code=code, pack_intact=True, at=later(36))
    no = refusal(finish, cast=cast, chart=chart)
    assert told(no) == (422, "R13", None)
    assert no.sentence == "Still missing: a pass with the cartridge that is open now."
    operations.add_pass(**author, **one_pass(), at=later(37))
    used = finish(cast, chart).cartridge
    assert used is not None
    assert used.unit_code == code


@pytest.mark.rule("R33")
def test_no_pass_after_a_withdrawal(cast: Cast) -> None:
    chart = abort(cast, chart_at(cast, "needled"), needle_contact=True)
    no = refusal(
        operations.add_pass, treatment=chart, **one_pass(), by=cast.esthetician, at=later(41)
    )
    assert told(no) == (422, "R46", None)
