"""Calling a visit off: with its reason, while it has not begun."""

from __future__ import annotations

import datetime as dt
from typing import Any

import pytest

from bookings import operations
from bookings.models import Appointment, Hold
from bookings.rules.status import Status
from clinic.models import AuditEvent, Message
from clinic.refusals import Conflict, NotAllowed, Refusal
from tests import factories
from tests.bookings.test_operations_move import bring_to
from tests.cast import NOW, Cast

MINUTE = dt.timedelta(minutes=1)
NOON = NOW + 180 * MINUTE


@pytest.fixture
def visit(cast: Cast) -> Appointment:
    """Mia with Ana at noon."""
    return factories.appointment(
        patient=cast.mia,
        practitioner=cast.ana,
        service=cast.service,
        room=cast.room,
        device=cast.device,
        starts_at=NOON,
        by=cast.reception,
    )


def cancel(cast: Cast, visit: Appointment, **given: Any) -> Appointment:
    return operations.cancel(
        **{
            "appointment": visit,
            "reason": "Called: has a cold",
            "by": cast.reception,
            "at": NOW,
            **given,
        }
    )


@pytest.mark.parametrize("status", [Status.BOOKED, Status.CONFIRMED, Status.ARRIVED])
def test_a_visit_that_has_not_begun_is_cancelled_and_stays_on_file(
    cast: Cast, visit: Appointment, status: Status
) -> None:
    if status != Status.BOOKED:
        bring_to(cast, visit, status)
    found = cancel(cast, visit, reason="  Called: has a cold ")
    assert (found.status, found.cancel_reason) == (Status.CANCELLED, "Called: has a cold")
    assert (found.cancelled_at, found.cancelled_by) == (NOW, cast.reception)
    assert Hold.objects.count() == 0


def test_the_time_of_a_cancelled_visit_can_be_booked_by_another(
    cast: Cast, visit: Appointment
) -> None:
    cancel(cast, visit)
    again = operations.book(
        clinic=cast.clinic,
        patient=cast.wang,
        practitioner=cast.ana,
        service=cast.service,
        starts_at=NOON,
        by=cast.reception,
        at=NOW,
    )
    assert again.starts_at == visit.starts_at


@pytest.mark.parametrize("reason", ["", "   ", "\n\t"])
def test_a_visit_is_not_cancelled_without_a_reason(
    cast: Cast, visit: Appointment, reason: str
) -> None:
    with pytest.raises(Refusal, match="Say why the visit is cancelled") as no:
        cancel(cast, visit, reason=reason)
    assert no.value.field == "reason"


@pytest.mark.rule("R46")
@pytest.mark.parametrize(
    "status",
    [
        Status.NUMBING,
        Status.IN_TREATMENT,
        Status.COMPLETED,
        Status.CANCELLED,
        Status.NO_SHOW,
    ],
)
def test_what_has_begun_or_ended_is_not_cancelled(
    cast: Cast, visit: Appointment, status: Status
) -> None:
    bring_to(cast, visit, status)
    with pytest.raises(Refusal, match="cannot be cancelled") as no:
        cancel(cast, visit)
    assert no.value.rule == "R46"


@pytest.mark.rule("R46")
def test_an_open_chart_is_ended_in_the_chart(cast: Cast, visit: Appointment) -> None:
    bring_to(cast, visit, Status.ARRIVED)
    operations.note_chart_opened(appointment=visit, by=cast.esthetician, at=NOON)
    with pytest.raises(Refusal) as no:
        cancel(cast, visit)
    assert no.value.way_out == "End the treatment in its chart."


@pytest.mark.rule("P12")
def test_a_cancel_from_a_stale_page_is_refused(cast: Cast, visit: Appointment) -> None:
    operations.confirm(appointment=visit, by=cast.reception, at=NOW)
    with pytest.raises(Conflict) as no:
        cancel(cast, visit, version=visit.version)
    assert (no.value.rule, no.value.status) == ("P12", 409)


def test_a_reason_longer_than_its_column_is_refused_in_words(
    cast: Cast, visit: Appointment
) -> None:
    with pytest.raises(Refusal, match="at most 200 characters") as no:
        cancel(cast, visit, reason="x" * 201)
    assert no.value.field == "cancel_reason"


@pytest.mark.rule("P3")
def test_a_cancel_pressed_twice_has_the_effect_of_one(cast: Cast, visit: Appointment) -> None:
    for _ in range(2):
        cancel(cast, visit, version=1, once="key-1")
    assert AuditEvent.objects.filter(action="appointment.cancel", outcome="done").count() == 1


@pytest.mark.rule("P28")
def test_what_still_waited_to_be_sent_is_dropped(cast: Cast) -> None:
    visit = operations.book(
        clinic=cast.clinic,
        patient=cast.siobhan,
        practitioner=cast.ana,
        service=cast.service,
        starts_at=NOON,
        by=cast.reception,
        at=NOW,
    )
    cancel(cast, visit)
    letters = Message.objects.order_by("subject").values_list("subject", "status")
    assert list(letters) == [
        ("Your appointment is cancelled: Austin", "waiting"),
        ("Your appointment: Austin", "dropped"),
    ]


@pytest.mark.rule("R54")
def test_only_the_desk_cancels(cast: Cast, visit: Appointment) -> None:
    for user in (cast.esthetician, cast.director, cast.stranger):
        with pytest.raises(NotAllowed):
            cancel(cast, visit, by=user)
