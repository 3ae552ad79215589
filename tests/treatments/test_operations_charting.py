"""Opening a chart, reading it, and starting."""

from __future__ import annotations

import datetime as dt
from typing import Any

import pytest

from bookings.rules.status import Status as Visit
from clinic.models import AuditEvent, Device, License
from clinic.refusals import NotAllowed
from tests.cast import NOW, TODAY, Cast
from tests.refusals import refusal, told
from tests.treatments.visits import TIME_OUT, arrived, chart_at, later
from treatments import operations
from treatments.models import Treatment
from treatments.rules.status import Status


def last_event() -> tuple[str, str, str]:
    """Action, outcome and rule of the last thing that was noted."""
    event = AuditEvent.objects.exclude(chain="system").latest("seq")
    return event.action, event.outcome, event.rule


# Opening


@pytest.mark.rule("R17", "R25")
def test_a_chart_is_opened_by_who_is_booked_and_copies_the_visit(cast: Cast) -> None:
    visit = arrived(cast)
    chart = operations.open_chart(appointment=visit, by=cast.esthetician, at=later(1))
    assert (chart.patient, chart.practitioner, chart.license) == (
        cast.mia, cast.ana, cast.ana_license,
    )  # fmt: skip
    assert (chart.room, chart.device, chart.status) == (cast.room, cast.device, Status.OPEN)
    assert (chart.opened_at, chart.opened_by) == (later(1), cast.esthetician)
    assert "LE-100200" in chart.license_text
    visit.refresh_from_db()
    assert (visit.chart_opened_at, visit.status) == (later(1), Visit.ARRIVED)
    assert last_event() == ("chart.open", "done", "")


@pytest.mark.rule("R46")
@pytest.mark.parametrize("status", [Visit.BOOKED, Visit.CONFIRMED])
def test_no_chart_before_the_patient_is_here(cast: Cast, status: Visit) -> None:
    said: dict[str, Any] = {}
    if status == Visit.CONFIRMED:
        said = {"confirmed_at": NOW, "confirmed_by": cast.reception}
    visit = arrived(cast, status=str(status), arrived_at=None, arrived_by=None, **said)
    no = refusal(operations.open_chart, appointment=visit, by=cast.esthetician, at=later(1))
    assert told(no) == (422, "R46", None)
    assert no.way_out == "The desk marks the patient arrived."
    assert Treatment.objects.count() == 0
    assert last_event() == ("chart.open", "refused", "R46")


def test_one_visit_has_one_chart(cast: Cast) -> None:
    chart = chart_at(cast, "open")
    no = refusal(
        operations.open_chart, appointment=chart.appointment, by=cast.esthetician, at=later(2)
    )
    assert told(no) == (409, "R46", None)


@pytest.mark.rule("R46")
def test_yesterdays_visit_is_not_opened_today(cast: Cast) -> None:
    visit = arrived(cast, minutes=30 - 24 * 60, arrived_at=later(-24 * 60))
    no = refusal(operations.open_chart, appointment=visit, by=cast.esthetician, at=later(0))
    assert (told(no), no.sentence) == ((422, "R46", None), "This visit is not today.")


@pytest.mark.rule("R52", "R54")
def test_nobody_but_the_booked_practitioner_opens_the_chart(cast: Cast) -> None:
    visit = arrived(cast)
    for someone in (cast.lapsed, cast.director, cast.reception, cast.manager, cast.stranger):
        no = refusal(operations.open_chart, appointment=visit, by=someone, at=later(1))
        assert isinstance(no, NotAllowed)
    assert Treatment.objects.count() == 0


@pytest.mark.rule("R17", "R25")
@pytest.mark.parametrize(("ends", "rule"), [(TODAY, None), (TODAY - dt.timedelta(days=1), "R25")])
def test_a_license_counts_through_its_printed_day(
    cast: Cast, ends: dt.date, rule: str | None
) -> None:
    visit = arrived(cast)
    cast.ana_license.expires_on = ends
    cast.ana_license.write()
    if rule is None:
        operations.open_chart(appointment=visit, by=cast.esthetician, at=later(1))
        return
    no = refusal(operations.open_chart, appointment=visit, by=cast.esthetician, at=later(1))
    assert told(no) == (422, rule, None)
    assert no.way_out == "Another licensed practitioner takes the visit."


# Reading


@pytest.mark.rule("R53", "P22")
def test_a_record_is_read_by_those_it_is_open_to_and_each_reading_is_noted(cast: Cast) -> None:
    under_way = chart_at(cast, "open")
    for reader, may in (
        (cast.esthetician, True),
        (cast.director, True),
        (cast.lapsed, False),
        (cast.colleague, False),
        (cast.auditor, False),
        (cast.manager, False),
        (cast.reception, False),
        (cast.administrator, False),
        (cast.stranger, False),
        (cast.nobody, False),
    ):
        if may:
            operations.read_chart(treatment=under_way, by=reader, at=later(5))
        else:
            no = refusal(operations.read_chart, treatment=under_way, by=reader, at=later(5))
            assert told(no) == (403, "R54", None)
        outcome = "done" if may else "refused"
        assert last_event()[:2] == ("chart.read", outcome)
        event = AuditEvent.objects.exclude(chain="system").latest("seq")
        assert (event.actor, event.subject) == (str(reader.pk), str(under_way.pk))


@pytest.mark.rule("R54")
def test_an_auditor_reads_signed_records_only(cast: Cast) -> None:
    signed = chart_at(cast, "signed")
    operations.read_chart(treatment=signed, by=cast.auditor, at=later(70))
    assert last_event() == ("chart.read", "done", "")


# Starting


def test_a_start_is_dated_by_the_clinic_and_moves_the_board(cast: Cast) -> None:
    chart = chart_at(cast, "numbed")
    chart = operations.start(treatment=chart, **TIME_OUT, by=cast.esthetician, at=later(30))
    assert (chart.status, chart.started_at, chart.started_on) == (
        Status.IN_PROGRESS, later(30), TODAY,
    )  # fmt: skip
    assert (chart.started_by, chart.license) == (cast.esthetician, cast.ana_license)
    chart.appointment.refresh_from_db()
    assert chart.appointment.status == Visit.IN_TREATMENT
    assert last_event() == ("treatment.start", "done", "")


@pytest.mark.rule("P6", "R30")
@pytest.mark.parametrize(
    ("left_out", "rule", "field"),
    [("confirmed", "R30", "confirmed"), ("screened_on_paper", "R30", "screened")],
)
def test_nothing_starts_before_the_time_out_is_confirmed(
    cast: Cast, left_out: str, rule: str, field: str
) -> None:
    chart = chart_at(cast, "numbed")
    said = TIME_OUT | {left_out: False}
    no = refusal(operations.start, treatment=chart, **said, by=cast.esthetician, at=later(30))
    assert told(no) == (422, rule, field)


@pytest.mark.rule("L5")
def test_a_start_before_midnight_in_texas_is_dated_there(cast: Cast) -> None:
    late_evening = 14 * 60 + 45  # 11:45 pm in Austin, the next day in UTC
    visit = arrived(cast, minutes=late_evening + 5, arrived_at=later(late_evening))
    author: dict[str, Any] = {"by": cast.esthetician, "at": later(late_evening + 2)}
    chart = operations.open_chart(appointment=visit, **author)
    operations.decline_numbing(treatment=chart, reason="Not wanted", **author)
    chart = operations.start(treatment=chart, **TIME_OUT, **author)
    assert chart.started_at
    assert (chart.started_on, chart.started_at.astimezone(dt.UTC).date()) == (
        TODAY, TODAY + dt.timedelta(days=1),
    )  # fmt: skip


@pytest.mark.rule("R39", "R40")
@pytest.mark.parametrize(("step", "rule"), [("open", "R39"), ("numbing", "R40")])
def test_no_start_before_numbing_is_settled(cast: Cast, step: str, rule: str) -> None:
    chart = chart_at(cast, step)
    no = refusal(operations.start, treatment=chart, **TIME_OUT, by=cast.esthetician, at=later(30))
    assert told(no) == (422, rule, None)
    assert no.way_out


@pytest.mark.rule("R40")
def test_no_start_before_the_time_at_which_the_cream_came_off(cast: Cast) -> None:
    chart = chart_at(cast, "numbing")
    operations.remove_numbing(
        treatment=chart, removed_at=later(31), by=cast.esthetician, at=later(28)
    )
    assert told(
        refusal(operations.start, treatment=chart, **TIME_OUT, by=cast.esthetician, at=later(30))
    ) == (
        422,
        "R40",
        None,
    )
    operations.start(treatment=chart, **TIME_OUT, by=cast.esthetician, at=later(31))


@pytest.mark.rule("R17", "R25", "R26")
@pytest.mark.parametrize("how", ["suspended", "expired", "gone to another state"])
def test_a_license_lost_since_the_booking_stops_the_start(cast: Cast, how: str) -> None:
    chart = chart_at(cast, "numbed")
    held = License.objects.get(pk=cast.ana_license.pk)
    if how == "suspended":
        held.status = "suspended"
    elif how == "expired":
        held.expires_on = TODAY - dt.timedelta(days=1)
    else:
        held.state = "CA"
    held.write()
    no = refusal(operations.start, treatment=chart, **TIME_OUT, by=cast.esthetician, at=later(30))
    assert (no.status, no.rule) == (
        422,
        {"expired": "R25"}.get(how, "R17" if "susp" in how else "R18"),
    )
    chart.refresh_from_db()
    assert (chart.status, chart.started_at) == (Status.NUMBING, None)


@pytest.mark.rule("R26", "L5")
def test_a_license_that_ends_during_the_treatment_lets_the_record_be_kept(cast: Cast) -> None:
    chart = chart_at(cast, "needled")
    cast.ana_license.status = "suspended"
    cast.ana_license.write()
    finish = {"endpoint": "erythema_mild", "aftercare_given": True}
    operations.finish(treatment=chart, **finish, by=cast.esthetician, at=later(60))


@pytest.mark.rule("R7")
def test_no_start_with_a_device_out_of_service(cast: Cast) -> None:
    chart = chart_at(cast, "numbed")
    cast.device.status = Device.Status.REPAIR
    cast.device.write()
    no = refusal(operations.start, treatment=chart, **TIME_OUT, by=cast.esthetician, at=later(30))
    assert (told(no), no.sentence) == ((422, "R7", None), "Device D-1 is not in service.")


@pytest.mark.rule("R47")
@pytest.mark.parametrize(
    ("shared", "says"),
    [
        ({"room": "room", "device": "device"}, "Room 1 and D-1 are in use by Ana Ruiz since 9:30"),
        ({"room": "second_room", "device": "device"}, "D-1 is in use by Ana Ruiz since 9:30 AM."),
        ({"room": "room", "device": "second_device"}, "Room 1 is in use by Ana Ruiz since 9:30"),
        ({"room": "second_room", "device": "second_device"}, ""),
    ],
)
def test_no_start_where_another_treatment_still_goes_on(
    cast: Cast, shared: dict[str, str], says: str
) -> None:
    """Booked one after the other, and the first one runs late."""
    chart_at(cast, "started")
    with_her = {name: getattr(cast, value) for name, value in shared.items()}
    visit = arrived(cast, practitioner=cast.priya, patient=cast.wang, minutes=120, **with_her)
    author: dict[str, Any] = {"by": visit.practitioner.user, "at": later(80)}
    chart = operations.open_chart(appointment=visit, **author)
    operations.decline_numbing(treatment=chart, reason="Not wanted", **author)
    if says:
        no = refusal(operations.start, treatment=chart, **TIME_OUT, **author)
        assert told(no) == (409, "R47", "free_now")
        assert no.sentence.startswith(says)
        operations.start(treatment=chart, **TIME_OUT, free_now=True, **author)
        assert '"free_now":true' in AuditEvent.objects.latest("at", "seq").detail
    else:
        operations.start(treatment=chart, **TIME_OUT, **author)


@pytest.mark.rule("R47")
def test_no_start_in_a_room_where_another_patient_is_numbing(cast: Cast) -> None:
    chart_at(cast, "numbing")
    visit = arrived(cast, practitioner=cast.priya, patient=cast.wang, minutes=120, room=cast.room)
    author: dict[str, Any] = {"by": visit.practitioner.user, "at": later(80)}
    chart = operations.open_chart(appointment=visit, **author)
    operations.decline_numbing(treatment=chart, reason="Not wanted", **author)
    no = refusal(operations.start, treatment=chart, **TIME_OUT, **author)
    assert told(no) == (409, "R47", "free_now")
    assert no.sentence == "Room 1 is in use by Ana Ruiz since 9:01 AM."


@pytest.mark.rule("R47")
def test_room_and_device_with_two_others_are_both_named_before_it_is_confirmed(
    cast: Cast,
) -> None:
    chart_at(cast, "started")
    chart_at(cast, "started", arrived(cast, practitioner=cast.priya, patient=cast.wang, minutes=31))
    visit = arrived(
        cast, patient=cast.siobhan, minutes=120, room=cast.room, device=cast.second_device
    )
    author: dict[str, Any] = {"by": cast.esthetician, "at": later(80)}
    chart = operations.open_chart(appointment=visit, **author)
    operations.decline_numbing(treatment=chart, reason="Not wanted", **author)
    no = refusal(operations.start, treatment=chart, **TIME_OUT, **author)
    assert told(no) == (409, "R47", "free_now")
    for says in ("Room 1 is in use by Ana Ruiz since", "D-2 is in use by Priya Raman since"):
        assert says in no.sentence
    operations.start(treatment=chart, **TIME_OUT, free_now=True, **author)


def test_a_treatment_starts_once(cast: Cast) -> None:
    chart = chart_at(cast, "started")
    no = refusal(operations.start, treatment=chart, **TIME_OUT, by=cast.esthetician, at=later(40))
    assert told(no) == (422, "R46", None)
    chart.refresh_from_db()
    assert chart.started_at == later(30)


def test_a_second_press_of_one_form_starts_once(cast: Cast) -> None:
    chart = chart_at(cast, "numbed")
    first = operations.start(
        treatment=chart, **TIME_OUT, by=cast.esthetician, at=later(30), once="key"
    )
    second = operations.start(
        treatment=chart, **TIME_OUT, by=cast.esthetician, at=later(31), once="key"
    )
    assert (first.pk, second.started_at) == (second.pk, later(30))
