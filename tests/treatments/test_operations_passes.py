"""The passes of a treatment, and that nobody but its author writes in a chart."""

from __future__ import annotations

from typing import Any

import pytest

from clinic.models import User
from tests.cast import Cast
from tests.refusals import refusal, told
from tests.treatments.visits import TIME_OUT, chart_at, cream, later, one_pass
from treatments import operations
from treatments.models import NeedlingPass


def test_passes_are_numbered_in_the_order_they_are_entered(cast: Cast) -> None:
    chart = chart_at(cast, "claimed")
    for area, depth in (("chin", 50), ("forehead", 25), ("chin", 75)):
        made = operations.add_pass(
            treatment=chart, **one_pass(area=area, depth=depth), by=cast.esthetician, at=later(33)
        )
    rows = NeedlingPass.objects.filter(treatment=chart).values_list(
        "seq", "area", "depth", "passes"
    )
    assert list(rows) == [(1, "chin", 50, 2), (2, "forehead", 25, 2), (3, "chin", 75, 2)]
    assert (made.at, made.created_by) == (later(33), cast.esthetician)


@pytest.mark.rule("R20", "R34", "R46")
@pytest.mark.parametrize(
    ("given", "rule", "field"),
    [
        ({"area": "eyelid"}, "R34", "area"),
        ({"area": "over_tattoo"}, "R34", "area"),
        ({"area": "elbow"}, "R34", "area"),
        ({"area": ""}, "R34", "area"),
        ({"depth": 30}, "R20", "depth"),
        ({"depth": 275}, "R20", "depth"),
        ({"depth": 0}, "R20", "depth"),
        ({"depth": -25}, "R20", "depth"),
        ({"depth": 10**9}, "R20", "depth"),
        ({"passes": 0}, "R20", "passes"),
        ({"passes": 7}, "R20", "passes"),
        ({"endpoint": ""}, "R46", "endpoint"),
        ({"endpoint": "charred"}, "R46", "endpoint"),
    ],
)
def test_a_pass_off_the_dial_or_the_list_is_refused(
    cast: Cast, given: dict[str, Any], rule: str, field: str
) -> None:
    chart = chart_at(cast, "claimed")
    no = refusal(
        operations.add_pass, treatment=chart, **one_pass(**given), by=cast.esthetician, at=later(33)
    )
    assert told(no) == (422, rule, field)
    assert chart.passes.count() == 0


@pytest.mark.rule("R1", "R46")
@pytest.mark.parametrize(
    ("step", "rule"),
    [("open", "R46"), ("numbed", "R46"), ("started", "R1"), ("finished", "R46"), ("signed", "R50")],
)
def test_no_pass_before_the_start_without_a_cartridge_or_after_the_end(
    cast: Cast, step: str, rule: str
) -> None:
    chart = chart_at(cast, step)
    no = refusal(
        operations.add_pass, treatment=chart, **one_pass(), by=cast.esthetician, at=later(65)
    )
    assert told(no) == (422, rule, None)


@pytest.mark.rule("P12")
def test_a_pass_entered_by_mistake_is_taken_back_once(cast: Cast) -> None:
    chart = chart_at(cast, "needled")
    operations.remove_pass(treatment=chart, seq=1, by=cast.esthetician, at=later(34))
    assert chart.passes.count() == 0
    no = refusal(operations.remove_pass, treatment=chart, seq=1, by=cast.esthetician, at=later(35))
    assert told(no) == (409, "P12", None)


@pytest.mark.rule("R50")
def test_no_pass_is_taken_back_once_the_treatment_has_ended(cast: Cast) -> None:
    chart = chart_at(cast, "finished")
    no = refusal(operations.remove_pass, treatment=chart, seq=1, by=cast.esthetician, at=later(61))
    assert told(no) == (422, "R46", None)
    assert chart.passes.count() == 1


# The author alone


@pytest.mark.rule("R52")
def test_nobody_writes_in_anothers_chart(cast: Cast) -> None:
    """Bo and Lena are estheticians of the clinic, Priya its director; the chart is Ana's."""
    chart = chart_at(cast, "claimed")
    unit = chart.units.get()
    for someone in (cast.colleague, cast.lapsed, cast.director):
        by: dict[str, Any] = {"treatment": chart, "by": someone, "at": later(40)}
        for act, given in (
            (operations.apply_numbing, cream(cast)),
            (operations.remove_numbing, {"removed_at": later(35)}),
            (operations.decline_numbing, {"reason": "No"}),
            (operations.start, TIME_OUT),
            (operations.scan_cartridge, {"text": "C-000001"}),
            (operations.claim_unit, {"unit_code": "C-000002", "pack_intact": True}),
            (operations.add_pass, one_pass()),
            (operations.remove_pass, {"seq": 1}),
            (operations.finish, {"endpoint": "none", "aftercare_given": True}),
            (operations.abort, {"reason": "No", "needle_contact": True}),
            (
                operations.amend_chart,
                {"version": 1, "endpoint": "none", "reaction": "", "note_text": ""},
            ),
            (operations.sign, {"password": "x"}),
        ):
            assert told(refusal(act, **by, **given)) == (403, "R52", None)
        no = refusal(
            operations.waste_unit, cartridge=unit, reason="dropped", by=someone, at=later(40)
        )
        assert told(no) == (403, "R52", None)


@pytest.mark.rule("R54")
def test_a_role_without_the_right_does_nothing_in_the_treatment_room(cast: Cast) -> None:
    chart = chart_at(cast, "claimed")
    for someone in (cast.reception, cast.manager, cast.auditor, cast.administrator, cast.stranger):
        by: dict[str, Any] = {"treatment": chart, "by": someone, "at": later(40)}
        assert told(refusal(operations.add_pass, **by, **one_pass())) == (403, "R54", None)
        assert told(refusal(operations.finish, **by, endpoint="none", aftercare_given=True)) == (
            403,
            "R54",
            None,
        )


def test_a_right_taken_away_counts_at_the_next_act(cast: Cast) -> None:
    chart = chart_at(cast, "claimed")
    fresh = User.objects.get(pk=cast.esthetician.pk)
    fresh.is_active = False
    fresh.write()
    no = refusal(operations.add_pass, treatment=chart, **one_pass(), by=fresh, at=later(40))
    assert told(no) == (403, "R54", None)
