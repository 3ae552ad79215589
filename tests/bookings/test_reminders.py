"""Each reminder goes once, never after the start, never for a visit that is off (P28)."""

from __future__ import annotations

import datetime as dt

import pytest
from django.core.management import call_command

from bookings import messages, operations
from bookings.models import Appointment
from clinic.models import Message
from tests.cast import NOW, Cast

VISIT = NOW + dt.timedelta(days=2, hours=2)
DAY_BEFORE = VISIT - dt.timedelta(hours=23)


def reminders() -> list[str]:
    return list(
        Message.objects.filter(key__startswith="reminder")
        .order_by("due_at")
        .values_list("status", flat=True)
    )


@pytest.fixture
def visit(db: None, cast: Cast) -> Appointment:
    return operations.book(
        clinic=cast.clinic,
        patient=cast.siobhan,
        practitioner=cast.ana,
        service=cast.service,
        starts_at=VISIT,
        by=cast.reception,
        at=NOW,
    )


@pytest.mark.rule("P28")
def test_a_reminder_is_posted_once_however_often_the_clock_ticks(visit: Appointment) -> None:
    assert messages.send_reminders(at=NOW) == 0
    for minutes in (0, 1, 60):
        messages.send_reminders(at=DAY_BEFORE + dt.timedelta(minutes=minutes))
    message = Message.objects.get(key__startswith="reminder")
    assert message.to == "siobhan@example.org"
    assert message.not_after == VISIT
    assert "Face" not in message.subject + message.body


@pytest.mark.rule("P28")
def test_a_cancelled_visit_is_not_reminded_of(visit: Appointment, cast: Cast) -> None:
    messages.send_reminders(at=DAY_BEFORE)
    operations.cancel(appointment=visit, reason="Ill", by=cast.reception, at=DAY_BEFORE)
    messages.send_reminders(at=DAY_BEFORE)
    assert reminders() == ["dropped"]


@pytest.mark.rule("P28")
def test_a_moved_visit_is_reminded_of_at_its_new_time(visit: Appointment, cast: Cast) -> None:
    messages.send_reminders(at=DAY_BEFORE)
    later = VISIT + dt.timedelta(days=1)
    operations.move(appointment=visit, starts_at=later, by=cast.reception, at=DAY_BEFORE)
    messages.send_reminders(at=DAY_BEFORE)
    assert reminders() == ["dropped"]
    messages.send_reminders(at=later - dt.timedelta(hours=20))
    assert reminders() == ["dropped", "waiting"]


@pytest.mark.rule("P28")
def test_nobody_is_reminded_after_the_start_or_right_after_booking(
    visit: Appointment, cast: Cast
) -> None:
    assert messages.send_reminders(at=VISIT) == 0
    operations.book(
        clinic=cast.clinic,
        patient=cast.siobhan,
        practitioner=cast.ana,
        service=cast.short_service,
        starts_at=NOW + dt.timedelta(hours=5),
        by=cast.reception,
        at=NOW,
    )
    assert messages.send_reminders(at=NOW + dt.timedelta(minutes=1)) == 0


def test_the_command_ticks(visit: Appointment, clock: object, capsys: object) -> None:
    clock.move_to(DAY_BEFORE)  # type: ignore[attr-defined]
    call_command("send_due")
    assert reminders() == ["waiting"]
