"""What the database itself forbids of the time that visits hold, attacked with raw SQL."""

from __future__ import annotations

import datetime as dt
import uuid
from contextlib import nullcontext
from typing import Any

import pytest
from django.db import DataError, connection

from bookings import operations
from bookings.models import LANES, Appointment, Hold
from bookings.rules.status import Status
from clinic import constraints
from tests import factories
from tests.bookings.test_operations_move import bring_to
from tests.cast import NOW, Cast
from tests.database import is_postgresql
from tests.raw_sql import change, refused, run

MINUTE = dt.timedelta(minutes=1)
NOON = NOW + 180 * MINUTE
HOLD = (
    "INSERT INTO bookings_hold (id, appointment_id, practitioner_id, room_id, device_id, "
    "patient_id, starts_at, ends_at) VALUES (%s, %s, %s, %s, %s, %s, %s, %s)"
)


def hold(visit: Appointment, first: int, last: int, **resources: Any) -> tuple[Any, ...]:
    """An INSERT of a hold, in minutes from noon, for `run` and `refused`."""
    held = [resources.get(lane) for lane in LANES]
    return HOLD, uuid.uuid4(), visit, *held, NOON + first * MINUTE, NOON + last * MINUTE


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


@pytest.fixture
def other(cast: Cast) -> Appointment:
    """Mia with Ana once more, two hours later, whose holds have been taken away."""
    return without_holds(cast, cast.mia, cast.ana, cast.room, cast.device)


def without_holds(cast: Cast, patient: Any, practitioner: Any, room: Any, device: Any) -> Any:
    """A visit at two that holds nothing."""
    made = factories.appointment(
        patient=patient,
        practitioner=practitioner,
        service=cast.service,
        room=room,
        device=device,
        starts_at=NOON + 120 * MINUTE,
        by=cast.reception,
    )
    Hold.objects.release(made)
    return made


# Lane → what the first visit holds of it, in minutes from noon.
SPANS = {"practitioner": (0, 45), "room": (-25, 55), "device": (0, 55), "patient": (-25, 45)}


@pytest.mark.rule("P1", "R47")
@pytest.mark.parametrize("lane", LANES)
@pytest.mark.parametrize("shape", ["same", "inside", "around", "head", "tail"])
def test_no_two_holds_of_one_resource_overlap(
    visit: Appointment, other: Appointment, lane: str, shape: str
) -> None:
    first, last = SPANS[lane]
    span = {
        "same": (first, last),
        "inside": (first + 10, last - 10),
        "around": (first - 10, last + 10),
        "head": (first - 30, first + 1),
        "tail": (last - 1, last + 30),
    }[shape]
    found = refused(*hold(other, *span, **{lane: getattr(visit, lane)}))
    assert found in {f"hold_no_overlap_{lane}", f"bookings_hold_no_overlap_{lane}"}


@pytest.mark.rule("R47")
@pytest.mark.parametrize("lane", LANES)
def test_holds_that_touch_stand_side_by_side(
    visit: Appointment, other: Appointment, lane: str
) -> None:
    first, last = SPANS[lane]
    run(*hold(other, last, last + 30, **{lane: getattr(visit, lane)}))
    Hold.objects.release(other)
    run(*hold(other, first - 30, first, **{lane: getattr(visit, lane)}))


@pytest.mark.rule("R47")
def test_lanes_do_not_stand_in_each_others_way(cast: Cast, visit: Appointment) -> None:
    other = without_holds(cast, cast.wang, cast.priya, cast.second_room, cast.second_device)
    run(*hold(other, 0, 45, room=other.room))
    run(*hold(other, 0, 45, practitioner=other.practitioner))


@pytest.mark.rule("P1")
def test_a_hold_is_not_shifted_onto_another(cast: Cast, visit: Appointment) -> None:
    later = factories.appointment(
        patient=cast.wang,
        practitioner=cast.ana,
        service=cast.short_service,
        room=cast.second_room,
        device=cast.second_device,
        starts_at=NOON + 45 * MINUTE,
        by=cast.reception,
    )
    found = refused(
        "UPDATE bookings_hold SET starts_at = %s WHERE appointment_id = %s "
        "AND practitioner_id IS NOT NULL",
        NOON + 44 * MINUTE,
        later,
    )
    assert "no_overlap_practitioner" in found


@pytest.mark.rule("P1")
def test_a_hold_is_not_slipped_in_by_writing_over_one(
    visit: Appointment, other: Appointment
) -> None:
    """REPLACE takes away the row in its way, but the new one is judged like any other."""
    run(*hold(other, 60, 90, practitioner=other.practitioner))
    verb, after = HOLD.replace("INSERT", "INSERT OR REPLACE"), ""
    if is_postgresql():
        verb = HOLD
        after = (
            " ON CONFLICT (appointment_id, practitioner_id) DO UPDATE "
            "SET starts_at = EXCLUDED.starts_at, practitioner_id = EXCLUDED.practitioner_id"
        )
    _, *values = hold(other, 20, 50, practitioner=visit.practitioner)
    assert "no_overlap_practitioner" in refused(verb + after, *values)
    held = Hold.objects.filter(practitioner=visit.practitioner).values_list("starts_at", flat=True)
    assert {*held} == {NOON, NOON + 60 * MINUTE}


@pytest.mark.rule("P1")
def test_without_its_guard_the_same_overlap_gets_in(visit: Appointment, other: Appointment) -> None:
    constraints.drop(connection)
    connection.check_constraints()  # PostgreSQL alters no table with checks outstanding
    if is_postgresql():
        run("ALTER TABLE bookings_hold DROP CONSTRAINT hold_no_overlap_practitioner")
    run(*hold(other, 10, 40, practitioner=visit.practitioner))
    assert Hold.objects.filter(practitioner=visit.practitioner).count() == 2


@pytest.mark.parametrize("lanes", [[], ["practitioner", "room"], [*LANES]])
def test_a_hold_is_of_exactly_one_resource(other: Appointment, lanes: list[str]) -> None:
    held = {lane: getattr(other, lane) for lane in lanes}
    # A hold of nothing is no hold of its visit either.
    found = {"hold_of_exactly_one"} if lanes else {"hold_of_a_visit_that_stands"}
    assert refused(*hold(other, 0, 30, **held)) in found


@pytest.mark.rule("R47")
@pytest.mark.parametrize("lane", LANES)
def test_a_visit_holds_only_what_it_is_with(cast: Cast, visit: Appointment, lane: str) -> None:
    aside = without_holds(cast, cast.wang, cast.priya, cast.second_room, cast.second_device)
    stands = "hold_of_a_visit_that_stands"
    assert refused(*hold(aside, 200, 230, **{lane: getattr(visit, lane)})) == stands
    mine = visit.holds.get(**{f"{lane}__isnull": False})
    given = refused(
        f"UPDATE bookings_hold SET {lane}_id = %s WHERE id = %s", getattr(aside, lane), mine
    )
    assert given == stands
    moved = refused("UPDATE bookings_hold SET appointment_id = %s WHERE id = %s", aside, mine)
    assert moved in {stands, "hold_stays_where_it_is"}


@pytest.mark.rule("R47", "P15")
def test_a_hold_is_of_no_other_clinics_patient(cast: Cast, visit: Appointment) -> None:
    mine = visit.holds.get(patient__isnull=False)
    found = refused(
        "UPDATE bookings_hold SET patient_id = %s WHERE id = %s", cast.other_patient, mine
    )
    assert found == "hold_of_a_visit_that_stands"


@pytest.mark.rule("R47")
def test_what_a_visit_holds_is_not_handed_to_the_next_one(
    visit: Appointment, other: Appointment
) -> None:
    """Also where both are with the same people and things."""
    for mine in visit.holds.all():
        found = refused("UPDATE bookings_hold SET appointment_id = %s WHERE id = %s", other, mine)
        assert found == "hold_stays_where_it_is"


@pytest.mark.rule("R47")
@pytest.mark.parametrize("status", [Status.CANCELLED, Status.NO_SHOW])
def test_a_visit_that_is_off_holds_nothing(cast: Cast, visit: Appointment, status: Status) -> None:
    bring_to(cast, visit, status)
    for lane in LANES:
        found = refused(*hold(visit, 200, 230, **{lane: getattr(visit, lane)}))
        assert found == "hold_of_a_visit_that_stands"


@pytest.mark.rule("R46")
@pytest.mark.parametrize("status", [Status.CANCELLED, Status.NO_SHOW])
def test_who_called_a_visit_off_stays_on_file(
    cast: Cast, visit: Appointment, status: Status
) -> None:
    bring_to(cast, visit, status)
    later: dict[Status, list[dict[str, Any]]] = {
        Status.CANCELLED: [
            {"cancelled_by_id": cast.manager},
            {"cancelled_at": NOON},
            {"cancel_reason": "Other"},
            {"cancelled_as": "patient"},
            {"cancelled_as": "patient", "cancelled_late": True},
        ],
        Status.NO_SHOW: [{"no_show_by_id": cast.manager}, {"no_show_at": NOON + MINUTE}],
    }
    for columns in later[status]:
        assert refused(*change(visit, **columns)) == "appointment_off_stays_as_it_was"
    run(*change(visit, note="Called once more"))


@pytest.mark.parametrize(
    ("first", "last", "name"),
    [
        (0, 0, "hold_starts_before_end"),
        (30, 0, "hold_starts_before_end"),
        (0, 241, "hold_is_capped"),
    ],
)
def test_a_hold_is_a_stretch_of_at_most_four_hours(
    other: Appointment, first: int, last: int, name: str
) -> None:
    # The cap bounds how far back a crossing hold is looked for.
    assert refused(*hold(other, first, last, room=other.room)) == name
    run(*hold(other, 0, 240, room=other.room))


@pytest.mark.rule("P1")
def test_the_longest_hold_is_still_seen_at_its_far_end(
    cast: Cast, visit: Appointment, other: Appointment
) -> None:
    Hold.objects.release(visit)
    run(*hold(visit, 0, 240, room=cast.room))
    assert "no_overlap_room" in refused(*hold(other, 239, 300, room=cast.room))
    run(*hold(other, 240, 300, room=cast.room))


def test_a_visit_holds_each_kind_of_thing_once(visit: Appointment) -> None:
    found = refused(*hold(visit, 200, 230, room=visit.room))
    assert found == "hold_room_once_per_visit"


def test_a_hold_lies_between_1900_and_2200(other: Appointment) -> None:
    for year in (1899, 2201):
        far = dt.datetime(year, 6, 1, tzinfo=dt.UTC)
        values = [uuid.uuid4(), other, None, other.room, None, None, far, far + 30 * MINUTE]
        assert refused(HOLD, *values) == "hold_dates_bounded"


@pytest.mark.rule("P34")
@pytest.mark.parametrize(
    "text",
    [
        "2026-11-24 18:00",
        "2026-11-24T18:00:00",
        "2026-11-24 18:00:00.5",
        "2026-11-24 18:00:00+00:00",
        "noon",
    ],
)
def test_an_instant_is_kept_in_one_form_only(other: Appointment, text: str) -> None:
    """Text compares like time only while all of it has one form; PostgreSQL has a type for it."""
    values = [uuid.uuid4(), other, None, other.room, None, None, text, NOON + 30 * MINUTE]
    if is_postgresql():
        with pytest.raises(DataError) if text == "noon" else nullcontext():
            run(HOLD, *values)
        return
    assert refused(HOLD, *values) == "bookings_hold_instants"


def test_every_active_visit_has_its_four_holds_and_no_other_has_any(cast: Cast) -> None:
    """Whatever the desk does, booked time is held and given time is free."""
    made = [
        operations.book(
            clinic=cast.clinic,
            patient=cast.mia,
            practitioner=cast.ana,
            service=cast.short_service,
            starts_at=NOON + dt.timedelta(days=n),
            by=cast.reception,
            at=NOW,
        )
        for n in (0, 1, 2, 3)
    ]
    made[0] = operations.move(
        appointment=made[0], starts_at=NOON + 60 * MINUTE, by=cast.reception, at=NOW
    )
    operations.cancel(appointment=made[1], reason="Ill", by=cast.reception, at=NOW)
    late = NOON + dt.timedelta(days=2, minutes=10)
    operations.mark_no_show(appointment=made[2], by=cast.reception, at=late)
    counts = {visit.pk: visit.holds.count() for visit in Appointment.objects.all()}
    assert [counts[visit.pk] for visit in made] == [4, 0, 0, 4]
