"""What the database itself forbids of visits and what they hold, attacked with raw SQL."""

from __future__ import annotations

import datetime as dt
import uuid
from typing import Any

import pytest
from django.db import IntegrityError, connection, transaction

from bookings.models import Appointment, Hold
from bookings.rules.status import STEPS, Status
from clinic import constraints
from clinic.models import License
from clinic.models.base import Row
from tests import factories
from tests.bookings.test_operations_move import bring_to
from tests.cast import NOW, TODAY, Cast
from tests.database import is_postgresql

MINUTE = dt.timedelta(minutes=1)
NOON = NOW + 180 * MINUTE


def kept(value: Any) -> Any:
    """A value as the engine keeps it."""
    if isinstance(value, Row):
        return kept(value.pk)
    if isinstance(value, uuid.UUID):
        return value if is_postgresql() else value.hex
    if isinstance(value, dt.datetime):
        return value if is_postgresql() else f"{value.astimezone(dt.UTC):%Y-%m-%d %H:%M:%S}"
    return value


def run(sql: str, *values: Any) -> None:
    """One statement past the ORM; what fails leaves nothing."""
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(sql, [kept(value) for value in values])


def refused(sql: str, *values: Any) -> str:
    """The name of the constraint or guard that refuses the statement."""
    with pytest.raises(IntegrityError) as error:
        run(sql, *values)
    found = constraints.violated(error.value)
    assert found, error.value
    return found[0]


def change(visit: Appointment, **values: Any) -> tuple[Any, ...]:
    """An UPDATE of one appointment's columns, for `run` and `refused`."""
    columns = ", ".join(f"{name} = %s" for name in values)
    return (f"UPDATE bookings_appointment SET {columns} WHERE id = %s", *values.values(), visit)


KEPT = "appointment_completed_is_kept"


@pytest.fixture
def visit(cast: Cast) -> Appointment:
    """Mia with Ana at noon: 25 minutes of cream, 45 of needling, 10 of clean-down."""
    return factories.appointment(
        patient=cast.mia,
        practitioner=cast.ana,
        service=cast.service,
        room=cast.room,
        device=cast.device,
        starts_at=NOON,
        by=cast.reception,
    )


@pytest.mark.rule("R48")
@pytest.mark.parametrize("minutes", [0, 29, 46, 60])
def test_no_treatment_is_shorter_than_30_or_longer_than_45_minutes(
    cast: Cast, visit: Appointment, minutes: int
) -> None:
    assert refused(*change(visit, treatment_min=minutes)) == "appointment_treatment_30_to_45"
    found = refused(
        "UPDATE bookings_service SET treatment_min = %s WHERE id = %s", minutes, cast.service
    )
    assert found == "service_treatment_30_to_45"


@pytest.mark.rule("R48")
@pytest.mark.parametrize("minutes", [30, 35, 40, 45])
def test_30_to_45_minutes_are_fine(cast: Cast, visit: Appointment, minutes: int) -> None:
    run(*change(visit, treatment_min=minutes))
    run("UPDATE bookings_service SET treatment_min = %s WHERE id = %s", minutes, cast.service)


@pytest.mark.rule("R48")
@pytest.mark.parametrize("column", ["numbing_min", "clean_down_min"])
def test_numbing_and_clean_down_have_their_limits(visit: Appointment, column: str) -> None:
    name = "appointment_numbing_and_clean_down"
    assert refused(*change(visit, **{column: 121})) == name


@pytest.mark.rule("R48")
def test_check_in_has_its_limit(cast: Cast, visit: Appointment) -> None:
    assert refused(*change(visit, check_in_min=31)) == "appointment_check_in_up_to_30"
    sql = "UPDATE bookings_service SET check_in_min = 31 WHERE id = %s"
    assert refused(sql, cast.service) == "service_check_in_up_to_30"


def test_free_times_lie_on_a_known_step(cast: Cast) -> None:
    sql = "UPDATE clinic_clinic SET start_step_min = 7 WHERE id = %s"
    assert refused(sql, cast.clinic) == "clinic_start_step_known"


def insert(visit: Appointment, **instead: Any) -> tuple[Any, ...]:
    """An INSERT of a copy of an appointment under a new key, with some columns replaced."""
    fields = [str(field.column) for field in Appointment._meta.fields]
    values = {"id": uuid.uuid4(), **instead}
    columns = [("%s" if field in values else field) for field in fields]
    given = [values[field] for field in fields if field in values]
    return (
        f"INSERT INTO bookings_appointment ({', '.join(fields)}) "
        f"SELECT {', '.join(columns)} FROM bookings_appointment WHERE id = %s",
        *given,
        visit,
    )


def test_the_copy_that_the_attacks_below_alter_is_fine_in_itself(visit: Appointment) -> None:
    run(*insert(visit))


@pytest.mark.rule("R17", "R25")
@pytest.mark.parametrize("fault", ["expired", "not yet", "suspended", "other state", "other's"])
def test_no_visit_is_written_without_a_license_that_covers_it(
    cast: Cast, visit: Appointment, fault: str
) -> None:
    day = dt.timedelta(days=1)
    license: License = cast.ana_license
    if fault == "expired":
        license.expires_on = TODAY - day
    elif fault == "not yet":
        license.issued_on = TODAY + day
    elif fault == "suspended":
        license.status = License.Status.SUSPENDED
    elif fault == "other state":
        license.state = "CA"
    else:
        license = License.objects.get(practitioner=cast.priya)
    license.write()
    assert refused(*insert(visit, license_id=license)) == "appointment_licensed"


@pytest.mark.rule("R25")
def test_the_last_printed_day_covers_a_visit(cast: Cast, visit: Appointment) -> None:
    cast.ana_license.expires_on = TODAY
    cast.ana_license.write()
    run(*insert(visit))


@pytest.mark.rule("R17")
@pytest.mark.parametrize("what", ["license", "practitioner", "day"])
def test_a_visit_is_not_turned_into_one_that_no_license_covers(
    cast: Cast, visit: Appointment, what: str
) -> None:
    cast.ana_license.expires_on = TODAY
    cast.ana_license.write()
    later = NOON + dt.timedelta(days=1)
    values: dict[str, dict[str, Any]] = {
        "license": {"license_id": cast.lapsed_license},
        "practitioner": {"practitioner_id": cast.priya},
        "day": {"starts_at": later, "local_date": later.date()},
    }
    assert refused(*change(visit, **values[what])) == "appointment_moved_licensed"


@pytest.mark.rule("R18")
def test_a_visit_is_not_carried_into_a_state_that_its_license_does_not_know(
    cast: Cast, visit: Appointment
) -> None:
    cast.ana.clinics.add(cast.other_clinic)
    found = refused(
        *change(
            visit,
            clinic_id=cast.other_clinic,
            patient_id=cast.other_patient,
            room_id=cast.other_room,
            device_id=cast.other_device,
            service_id=cast.other_service,
        )
    )
    assert found == "appointment_moved_licensed"


@pytest.mark.rule("P15")
@pytest.mark.parametrize("what", ["patient", "room", "device", "service"])
def test_everything_of_a_visit_is_of_one_clinic(cast: Cast, visit: Appointment, what: str) -> None:
    foreign = getattr(cast, f"other_{what}")
    assert refused(*change(visit, **{f"{what}_id": foreign})) == "appointment_one_clinic"
    assert refused(*insert(visit, **{f"{what}_id": foreign})) == "appointment_one_clinic"


STAMPS: dict[Status, dict[str, Any]] = {
    Status.CANCELLED: {"cancel_reason": "x", "cancelled_at": NOW, "cancelled_as": "clinic"},
    Status.NO_SHOW: {"no_show_at": NOW},
}


def step(cast: Cast, visit: Appointment, then: Status) -> tuple[Any, ...]:
    """An UPDATE to another state that satisfies every CHECK on the way."""
    values = dict(STAMPS.get(then, {}))
    for name in [name for name in values if name.endswith("_at")]:
        values[name.replace("_at", "_by_id")] = cast.reception
    if then != Status.CANCELLED:
        values |= {"cancel_reason": "", "cancelled_at": None, "cancelled_by_id": None}
        values["cancelled_as"] = ""
    if then != Status.NO_SHOW:
        values |= {"no_show_at": None, "no_show_by_id": None}
    return change(visit, status=str(then), **values)


@pytest.mark.rule("R46")
@pytest.mark.parametrize("now", [*Status])
def test_a_visit_takes_no_step_that_the_table_does_not_allow(
    cast: Cast, visit: Appointment, now: Status
) -> None:
    if now != Status.BOOKED:
        bring_to(cast, visit, now)
    for then in set(Status) - STEPS[now] - {now}:
        found = refused(*step(cast, visit, then))
        also = {Status.COMPLETED: KEPT, Status.NO_SHOW: "appointment_given_back_as_it_was"}
        assert found in {"appointment_steps", also.get(now)}, then


@pytest.mark.rule("R46")
@pytest.mark.parametrize("status", [*Status])
def test_a_visit_is_not_born_in_the_middle_of_its_day(visit: Appointment, status: Status) -> None:
    born = insert(visit, status=str(status))
    if status == Status.BOOKED:
        run(*born)
        return
    assert refused(*born) in {
        "appointment_begins_booked",
        "appointment_cancelled_has_reason",
        "appointment_no_show_is_dated",
    }


@pytest.mark.rule("R46", "P11")
def test_a_completed_visit_is_kept_as_it_was(cast: Cast, visit: Appointment) -> None:
    bring_to(cast, visit, Status.COMPLETED)
    for values in (
        {"arrived_at": NOON - 20 * MINUTE},
        {"room_id": cast.second_room},
        {"numbing_off": NOON - MINUTE},
        {"note": "x"},
    ):
        assert refused(*change(visit, **values)) == KEPT, values


@pytest.mark.rule("R46")
@pytest.mark.parametrize("then", [Status.CANCELLED, Status.NO_SHOW, Status.BOOKED])
def test_a_completed_visit_stays_completed_by_any_path(
    cast: Cast, visit: Appointment, then: Status
) -> None:
    bring_to(cast, visit, Status.COMPLETED)
    assert refused(*step(cast, visit, then)) in {"appointment_steps", KEPT}


@pytest.mark.rule("R46")
@pytest.mark.parametrize("status", [Status.ARRIVED, Status.COMPLETED, Status.CANCELLED])
def test_what_has_begun_or_ended_is_not_moved(
    cast: Cast, visit: Appointment, status: Status
) -> None:
    bring_to(cast, visit, status)
    priya = License.objects.get(practitioner=cast.priya)
    for values in (
        {"starts_at": NOON + 15 * MINUTE},
        {"patient_id": cast.wang},
        {"practitioner_id": cast.priya, "license_id": priya},
        {"treatment_min": 30},
    ):
        found = refused(*change(visit, **values))
        assert found == "appointment_past_moving" or (status, found) == (
            Status.COMPLETED,
            KEPT,
        ), values


def test_a_visit_is_not_deleted_nor_are_all(visit: Appointment) -> None:
    sql = "DELETE FROM bookings_appointment WHERE id = %s"
    assert refused(sql, visit) == "bookings_appointment_never_deleted"
    everything = (
        "TRUNCATE bookings_appointment CASCADE"
        if is_postgresql()
        else "DELETE FROM bookings_appointment"
    )
    connection.check_constraints()  # nor does it empty one
    assert refused(everything) == "bookings_appointment_never_deleted"


@pytest.mark.rule("R46")
@pytest.mark.parametrize("recursive", ["ON", "OFF"])
def test_a_completed_visit_is_not_written_over_by_a_booked_one(
    cast: Cast, visit: Appointment, recursive: str
) -> None:
    """REPLACE asks no DELETE guard where a connection has recursive triggers off."""
    bring_to(cast, visit, Status.COMPLETED)
    Hold.objects.release(visit)
    sql, *values = insert(visit, id=visit.pk, status="booked")
    if is_postgresql():
        sql += " ON CONFLICT (id) DO UPDATE SET status = EXCLUDED.status"
    else:
        sql = sql.replace("INSERT", "INSERT OR REPLACE")
        with connection.cursor() as cursor:
            cursor.execute(f"PRAGMA recursive_triggers={recursive}")
    try:
        refused(sql, *values)
    finally:
        if not is_postgresql():
            with connection.cursor() as cursor:
                cursor.execute("PRAGMA recursive_triggers=ON")
    visit.refresh_from_db()
    assert visit.status == Status.COMPLETED


@pytest.mark.parametrize(
    ("values", "name"),
    [
        ({"status": "gone"}, "appointment_status_known"),
        ({"cancel_reason": "x", "cancelled_at": NOW}, "appointment_cancelled_has_reason"),
        ({"no_show_at": NOW}, "appointment_no_show_is_dated"),
        ({"arrived_at": NOW}, "appointment_arrived_by"),
        ({"confirmed_at": NOW}, "appointment_confirmed_by"),
        ({"chart_opened_at": NOW}, "appointment_chart_opened_by"),
        ({"numbing_on": NOW, "numbing_off": NOW}, "appointment_numbing_in_order"),
    ],
)
def test_a_visit_keeps_its_acts_with_their_people(
    visit: Appointment, values: dict[str, Any], name: str
) -> None:
    found = refused(*change(visit, **values))
    # Two checks may see the same fault; which one speaks first is the engine's affair.
    assert found in {name, "appointment_cancelled_by", "appointment_no_show_by"} | (
        {"appointment_steps"} if "status" in values else set()
    )


def test_a_cancelled_visit_has_its_reason(cast: Cast, visit: Appointment) -> None:
    sql = change(
        visit,
        status="cancelled",
        cancelled_at=NOW,
        cancelled_by_id=cast.reception,
        cancelled_as="clinic",
        cancel_reason="",
    )
    assert refused(*sql) == "appointment_cancelled_has_reason"


@pytest.mark.rule("L5")
def test_the_kept_date_is_the_clinics_date_of_the_start(visit: Appointment) -> None:
    """Exact on PostgreSQL; on SQLite within what any time zone allows."""
    name = "bookings_appointment_local_local_date"
    wrong = TODAY - dt.timedelta(days=1 if is_postgresql() else 2)
    assert refused(*change(visit, local_date=wrong)) == name
    assert refused(*change(visit, starts_at=NOON + dt.timedelta(days=2))) == name


def test_a_visit_lies_between_1900_and_2200(visit: Appointment) -> None:
    far = dt.datetime(2201, 6, 1, 18, tzinfo=dt.UTC)
    found = refused(*change(visit, starts_at=far, local_date=far.date()))
    assert found in {"appointment_dates_bounded", "appointment_moved_licensed"}


def delete_at_once(table: str, row: Row) -> None:
    """A DELETE whose foreign keys are judged now, not when the test is rolled back."""
    with transaction.atomic():
        run(f"DELETE FROM {table} WHERE id = %s", row)
        connection.check_constraints()


def test_nothing_that_a_visit_names_can_be_deleted(cast: Cast, visit: Appointment) -> None:
    for table, row in (
        ("clinic_room", cast.room),
        ("clinic_device", cast.device),
        ("clinic_practitioner", cast.ana),
        ("bookings_service", cast.service),
        ("clinic_patient", cast.mia),
    ):
        with pytest.raises(IntegrityError):
            delete_at_once(table, row)
