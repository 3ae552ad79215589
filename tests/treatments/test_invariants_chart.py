"""What the database itself forbids of a chart on its way, attacked with raw SQL."""

from __future__ import annotations

import datetime as dt
from typing import Any

import pytest
from django.db import DatabaseError, connection

from bookings.operations import merge_patients
from clinic import constraints
from tests import factories
from tests.cast import NOW, TODAY, Cast
from tests.database import is_postgresql
from tests.raw_sql import change, copy, refused, run
from tests.treatments.visits import arrived, chart_at, later
from treatments import operations

YESTERDAY = TODAY - dt.timedelta(days=1)


@pytest.mark.rule("R46")
@pytest.mark.parametrize(
    ("step", "columns", "name"),
    [
        ("open", {"status": "completed"}, "treatment_completed_is_charted"),
        ("open", {"status": "signed"}, "treatment_completed_is_charted"),
        ("numbed", {"status": "open"}, "treatment_steps"),
        ("needled", {"status": "numbing"}, "treatment_steps"),
        ("finished", {"status": "in_progress"}, "treatment_steps"),
        ("finished", {"status": "aborted"}, "treatment_steps"),
        ("open", {"status": "dancing"}, "treatment_status_known"),
    ],
)
def test_a_chart_takes_no_step_that_is_not_in_the_table(
    cast: Cast, step: str, columns: dict[str, Any], name: str
) -> None:
    assert refused(*change(chart_at(cast, step), **columns)) in {name, "treatment_steps"}


@pytest.mark.rule("R46")
def test_a_chart_begins_open_and_with_its_appointment(cast: Cast) -> None:
    chart = chart_at(cast, "open")
    visit = arrived(cast, patient=cast.wang, minutes=120)
    fresh: dict[str, Any] = {"appointment_id": visit, "patient_id": cast.wang}
    assert refused(*copy(chart, **fresh, status="numbing")) == "treatment_begins_open"
    assert refused(*copy(chart, **fresh | {"patient_id": cast.siobhan})) == (
        "treatment_of_its_appointment"
    )
    assert refused(*copy(chart, **fresh, practitioner_id=cast.bo)) == "treatment_of_its_appointment"
    run(*copy(chart, **fresh, room_id=cast.second_room, device_id=cast.second_device))
    with pytest.raises(DatabaseError):
        run(*copy(chart))


@pytest.mark.rule("R12", "P6")
@pytest.mark.parametrize("column", ["patient_id", "practitioner_id", "clinic_id", "appointment_id"])
def test_a_chart_keeps_its_visit_and_its_people(cast: Cast, column: str) -> None:
    chart = chart_at(cast, "open")
    other = {
        "patient_id": cast.wang,
        "practitioner_id": cast.bo,
        "clinic_id": cast.other_clinic,
        "appointment_id": arrived(cast, patient=cast.wang, minutes=120),
    }[column]
    assert refused(*change(chart, **{column: other})) == "treatment_keeps_identity"


@pytest.mark.rule("P6")
@pytest.mark.parametrize(
    "columns",
    [
        {"started_at": later(29)},
        {"started_on": YESTERDAY},
        {"license_text": "Physician"},
        {"license_id": "lapsed"},
        {"room_id": "second_room"},
        {"device_id": "second_device"},
    ],
)
def test_a_treatment_keeps_its_start_and_the_license_it_started_with(
    cast: Cast, columns: dict[str, Any]
) -> None:
    ((column, value),) = columns.items()
    row = {"lapsed": cast.lapsed_license, "second_room": cast.second_room}.get(
        value, cast.second_device if value == "second_device" else value
    )
    found = refused(*change(chart_at(cast, "finished"), **{column: row}))
    assert found in {"treatment_keeps_start", "treatments_treatment_local_started_on"}


@pytest.mark.rule("R17", "R18", "R25", "R26", "P6")
@pytest.mark.parametrize(
    "lapse",
    [
        {"expires_on": YESTERDAY},
        {"issued_on": TODAY + dt.timedelta(days=1)},
        {"status": "suspended"},
        {"state": "CA"},
    ],
)
def test_no_start_without_a_license_in_force_here_today(cast: Cast, lapse: dict[str, Any]) -> None:
    chart = chart_at(cast, "numbed")
    run(*change(cast.ana_license, **lapse))
    start = {
        "status": "in_progress",
        "started_at": later(30),
        "started_by_id": cast.esthetician,
        "started_on": TODAY,
    }
    assert refused(*change(chart, **start)) == "treatment_started_licensed"
    borrowed = change(chart, **start, license_id=cast.priya.licenses.get())
    assert refused(*borrowed) == "treatment_started_licensed"


@pytest.mark.rule("R40", "R46")
def test_no_start_with_cream_on_and_no_cream_after_the_start(cast: Cast) -> None:
    start = {
        "status": "in_progress",
        "started_at": later(10),
        "started_by_id": cast.esthetician,
        "started_on": TODAY,
    }
    chart = chart_at(cast, "numbing")
    cream = chart.numbing.get()
    assert refused(*change(chart, **start)) == "treatment_ended_numbing_closed"
    off = {"removed_by_id": cast.esthetician, "removed_entered_at": later(9)}
    run(*change(cream, removed_at=later(11), **off))
    assert refused(*change(chart, **start)) == "treatment_ended_numbing_closed"
    run(*change(cream, removed_at=later(9), **off))
    run(*change(chart, **start))
    assert refused(*change(cream, removed_at=later(20))) == "numbing_before_the_start"
    assert refused(*copy(cream)) == "numbing_before_the_start"


@pytest.mark.rule("L5")
def test_the_start_is_dated_by_the_clinics_clock(cast: Cast) -> None:
    chart = chart_at(cast, "numbed")
    wrong = TODAY - dt.timedelta(days=1 if is_postgresql() else 2)
    found = refused(
        *change(
            chart,
            status="in_progress",
            started_at=later(30),
            started_by_id=cast.esthetician,
            started_on=wrong,
        )
    )
    assert found == "treatments_treatment_local_started_on"


@pytest.mark.rule("R46")
@pytest.mark.parametrize(
    ("columns", "name"),
    [
        ({"ended_at": later(29)}, "treatment_times_in_order"),
        ({"ended_by_id": None}, "treatment_ended_by"),
        ({"endpoint": ""}, "treatment_completed_is_told"),
        ({"signed_at": later(62), "signed_by_id": "author"}, "treatment_signed_is_dated"),
        ({"status": "signed"}, "treatment_signed_with_signature"),
        (
            {"status": "signed", "signed_at": later(61), "signed_by_id": "author"},
            "treatment_signed_with_signature",
        ),
        ({"opened_at": dt.datetime(1899, 1, 1, tzinfo=dt.UTC)}, "treatment_dates_bounded"),
        ({"ended_at": dt.datetime(2201, 1, 1, tzinfo=dt.UTC)}, "treatment_dates_bounded"),
        ({"aborted": True, "abort_reason": "x"}, "treatment_aborted_has_reason"),
    ],
)
def test_the_times_of_an_ended_treatment_are_in_order(
    cast: Cast, columns: dict[str, Any], name: str
) -> None:
    chart = chart_at(cast, "finished")
    given = {
        key: cast.esthetician if value == "author" else value for key, value in columns.items()
    }
    edit = change(chart, **given)
    assert refused(*edit) in {name, "treatment_keeps_end", "treatment_keeps_identity"}
    if name != "treatment_signed_with_signature":
        constraints.drop(connection)
        assert refused(*edit) == name


@pytest.mark.rule("P6", "R33", "R46")
@pytest.mark.parametrize(
    ("columns", "name"),
    [
        ({"ended_at": later(61)}, "treatment_keeps_end"),
        ({"ended_by_id": "colleague"}, "treatment_keeps_end"),
        ({"aftercare_given": False}, "treatment_keeps_end"),
        ({"started_by_id": "colleague"}, "treatment_keeps_start"),
        ({"opened_at": later(0)}, "treatment_keeps_identity"),
        ({"opened_by_id": "colleague"}, "treatment_keeps_identity"),
    ],
)
def test_who_opened_began_and_ended_a_treatment_and_when_is_written_once(
    cast: Cast, columns: dict[str, Any], name: str
) -> None:
    chart = chart_at(cast, "finished")
    given = {
        key: cast.colleague if value == "colleague" else value for key, value in columns.items()
    }
    assert refused(*change(chart, **given)) == name


@pytest.mark.rule("R46")
@pytest.mark.parametrize("step", ["open", "numbing", "started"])
def test_a_visit_is_not_over_while_its_treatment_goes_on(cast: Cast, step: str) -> None:
    chart = chart_at(cast, step)
    says = "appointment_over_after_its_chart"
    assert refused(*change(chart.appointment, status="completed")) == says


@pytest.mark.rule("P6", "R33")
@pytest.mark.parametrize("columns", [{"abort_reason": "Another"}, {"needle_contact": True}])
def test_how_a_treatment_ended_early_is_written_once(cast: Cast, columns: dict[str, Any]) -> None:
    chart = chart_at(cast, "started")
    operations.abort(
        treatment=chart, reason="Faint", needle_contact=False, by=cast.esthetician, at=later(40)
    )
    found = refused(*change(chart, **columns))
    assert found in {"treatment_keeps_end", "treatment_contact_has_cartridge"}


@pytest.mark.rule("R57")
def test_no_chart_is_opened_under_a_merged_number(cast: Cast) -> None:
    chart = chart_at(cast, "open")
    twin = factories.patient(cast.clinic, "Sib", "Ohn", by=cast.manager)
    past = factories.appointment(
        patient=twin,
        practitioner=cast.ana,
        service=cast.short_service,
        room=cast.second_room,
        device=cast.second_device,
        starts_at=later(-24 * 60),
        by=cast.reception,
    )
    fresh = {"appointment_id": past, "patient_id": twin, "room_id": cast.second_room}
    merge_patients(kept=cast.siobhan, merged=twin, by=cast.manager, at=NOW)
    assert refused(*copy(chart, **fresh, device_id=cast.second_device)) == "treatment_not_of_merged"
