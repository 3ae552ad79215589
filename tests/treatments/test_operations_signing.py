"""Correcting, signing, and adding to what is signed."""

from __future__ import annotations

import datetime as dt
import json
from typing import Any

import pytest
from django.db import connection

from clinic import constraints
from clinic.models import AuditEvent
from tests.cast import PASSWORD, TODAY, Cast
from tests.raw_sql import change, run
from tests.refusals import refusal, told
from tests.treatments.test_operations_ending import abort
from tests.treatments.visits import chart_at, later
from treatments import operations
from treatments.models import Addendum, Signature, Treatment
from treatments.queries.chart import ChartPage
from treatments.queries.contents import content_hash
from treatments.rules.status import Status


def sign(cast: Cast, chart: Treatment, **given: Any) -> Treatment:
    return operations.sign(
        **{
            "treatment": chart,
            "password": PASSWORD,
            "by": cast.esthetician,
            "at": later(62),
            **given,
        }
    )


def amend(cast: Cast, chart: Treatment, **given: Any) -> Treatment:
    return operations.amend_chart(
        **{
            "treatment": chart,
            "version": chart.version,
            "endpoint": "erythema_mild",
            "reaction": "Mild.",
            "note_text": "Corrected.",
            "by": cast.esthetician,
            "at": later(61),
            **given,
        }
    )


# Correcting before the signature


@pytest.mark.rule("P12")
def test_a_correction_counts_from_the_page_it_was_made_on(cast: Cast) -> None:
    chart = chart_at(cast, "finished")
    amended = amend(cast, chart)
    assert (amended.endpoint, amended.reaction, amended.note, amended.version) == (
        "erythema_mild", "Mild.", "Corrected.", chart.version + 1,
    )  # fmt: skip
    stale = refusal(amend, cast=cast, chart=chart, note_text="From an old page")
    assert told(stale) == (409, "P12", None)
    amended.refresh_from_db()
    assert amended.note == "Corrected."


@pytest.mark.rule("R50")
@pytest.mark.parametrize(("step", "rule"), [("needled", "R46"), ("signed", "R50")])
def test_only_an_ended_and_unsigned_record_is_corrected(cast: Cast, step: str, rule: str) -> None:
    assert told(refusal(amend, cast=cast, chart=chart_at(cast, step))) == (422, rule, None)


def test_the_end_point_of_a_completed_treatment_is_not_taken_away(cast: Cast) -> None:
    no = refusal(amend, cast=cast, chart=chart_at(cast, "finished"), endpoint="")
    assert told(no) == (422, "R46", "endpoint")


def test_a_treatment_ended_early_needs_no_end_point(cast: Cast) -> None:
    chart = abort(cast, chart_at(cast, "claimed"))
    assert amend(cast, chart, endpoint="").note == "Corrected."


# Signing


@pytest.mark.rule("R51", "R52", "P6")
def test_a_signature_names_who_with_which_license_what_it_means_and_when(cast: Cast) -> None:
    chart = sign(cast, chart_at(cast, "finished"))
    found = Signature.objects.get()
    assert (found.treatment, found.signer) == (chart, cast.esthetician)
    assert (found.printed_name, found.meaning, found.signed_at) == (
        "Ana Ruiz LE",
        "I performed this treatment and this record is complete and correct.",
        later(62),
    )
    assert found.license_text == chart.license_text
    assert (chart.status, chart.signed_at, chart.signed_by) == (
        Status.SIGNED, later(62), cast.esthetician,
    )  # fmt: skip
    assert found.content_hash == content_hash(chart)


@pytest.mark.rule("R33", "R51")
@pytest.mark.parametrize(
    ("step", "contact", "meaning"),
    [
        ("numbed", False, "I ended this treatment before any needle contact;"),
        ("claimed", False, "I ended this treatment before any needle contact;"),
        ("claimed", True, "I began this treatment and ended it early;"),
    ],
)
def test_who_signs_an_early_end_does_not_say_that_the_treatment_was_performed(
    cast: Cast, step: str, contact: bool, meaning: str
) -> None:
    sign(cast, abort(cast, chart_at(cast, step), needle_contact=contact))
    assert Signature.objects.get().meaning == (f"{meaning} this record is complete and correct.")


@pytest.mark.rule("R51")
def test_a_wrong_password_signs_nothing_and_is_not_written_down(cast: Cast) -> None:
    chart = chart_at(cast, "finished")
    for wrong in ("", "hunter2-not-it", PASSWORD + " "):
        no = refusal(sign, cast=cast, chart=chart, password=wrong)
        assert told(no) == (422, "R51", "password")
    assert Signature.objects.count() == 0
    assert not any("hunter2" in event.detail for event in AuditEvent.objects.all())


@pytest.mark.rule("R46", "R50")
@pytest.mark.parametrize(
    ("step", "rule"), [("open", "R46"), ("numbing", "R46"), ("needled", "R46"), ("signed", "R50")]
)
def test_only_what_has_ended_is_signed_and_once(cast: Cast, step: str, rule: str) -> None:
    assert told(refusal(sign, cast=cast, chart=chart_at(cast, step))) == (422, rule, None)


@pytest.mark.rule("P12")
def test_signing_a_page_that_has_changed_is_refused(cast: Cast) -> None:
    chart = chart_at(cast, "finished")
    amend(cast, chart)
    no = refusal(sign, cast=cast, chart=chart, version=chart.version)
    assert told(no) == (409, "P12", None)
    assert Signature.objects.count() == 0


def test_one_press_repeated_signs_once(cast: Cast) -> None:
    chart = chart_at(cast, "finished")
    sign(cast, chart, once="k")
    assert sign(cast, chart, once="k", at=later(63)).signed_at == later(62)
    assert Signature.objects.count() == 1


@pytest.mark.rule("R3")
def test_the_lot_is_judged_again_at_the_signature(cast: Cast, fresh_db: object) -> None:
    """A lot keeps its expiry; with that guard away, signing sees what someone has changed."""
    chart = chart_at(cast, "finished")
    constraints.drop(connection)
    run(*change(cast.lot, expires_on=TODAY - dt.timedelta(days=1)))
    no = refusal(sign, cast=cast, chart=chart)
    assert told(no) == (422, "R3", None)


@pytest.mark.rule("R51")
@pytest.mark.parametrize(
    "tamper",
    [
        lambda chart: change(chart, note="Nothing happened"),
        lambda chart: change(chart.passes.get(), depth=150),
        lambda chart: change(chart.numbing.get(), amount=20),
        lambda chart: change(chart.units.get(), opened_at=later(20)),
        lambda chart: ("DELETE FROM treatments_needlingpass WHERE id = %s", chart.passes.get()),
    ],
)
def test_whatever_is_changed_past_the_guards_makes_the_signature_visibly_invalid(
    cast: Cast, fresh_db: object, tamper: Any
) -> None:
    chart = chart_at(cast, "signed")
    assert ChartPage(chart).unchanged
    constraints.drop(connection)
    run(*tamper(chart))
    assert not ChartPage(chart).unchanged


# Adding afterwards


@pytest.mark.rule("R50", "P11")
def test_an_addendum_is_dated_and_leaves_the_record_as_it_was(cast: Cast) -> None:
    chart = chart_at(cast, "signed")
    for author, kind in ((cast.esthetician, "late_entry"), (cast.director, "correction")):
        made = operations.add_addendum(
            treatment=chart, kind=kind, text=" More ", reason=" Asked ", by=author, at=later(90)
        )
        assert (made.text, made.reason, made.printed_name) == ("More", "Asked", author.name)
        assert (made.author, made.written_at) == (author, later(90))
    assert ChartPage(chart).unchanged
    event = AuditEvent.objects.exclude(chain="system").latest("seq")
    assert (event.action, json.loads(event.detail)) == (
        "chart.add_addendum", {"kind": "correction"},
    )  # fmt: skip


@pytest.mark.rule("R50", "R54")
@pytest.mark.parametrize(
    ("given", "answer"),
    [
        ({"kind": "remark"}, (422, "R50", "kind")),
        ({"text": "  "}, (422, "R50", "text")),
        ({"reason": ""}, (422, "R50", "reason")),
        ({"by": "lapsed"}, (403, "R54", None)),
        ({"by": "auditor"}, (403, "R54", None)),
        ({"by": "manager"}, (403, "R54", None)),
    ],
)
def test_an_addendum_has_its_kind_text_reason_and_a_fit_author(
    cast: Cast, given: dict[str, Any], answer: tuple[int, str, str | None]
) -> None:
    chart = chart_at(cast, "signed")
    values = {"kind": "addendum", "text": "More", "reason": "Asked", "by": "esthetician", **given}
    values["by"] = getattr(cast, values["by"])
    no = refusal(operations.add_addendum, treatment=chart, **values, at=later(90))
    assert told(no) == answer
    assert Addendum.objects.count() == 0


@pytest.mark.rule("R50")
def test_nothing_is_added_before_the_signature(cast: Cast) -> None:
    no = refusal(
        operations.add_addendum,
        treatment=chart_at(cast, "finished"),
        kind="addendum",
        text="More",
        reason="Asked",
        by=cast.esthetician,
        at=later(90),
    )
    assert (told(no), no.way_out) == ((422, "R50", None), "Edit the record.")
