"""Each reminder goes once, never after the start, never for a visit that is off (P28)."""

from __future__ import annotations

import datetime as dt

import pytest
from django.core.management import call_command
from django.db import connection
from django.test.utils import CaptureQueriesContext

from bookings import operations
from bookings.models import Appointment
from clinic import outbox
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


def moves_turn_out(status: str, *, at: dt.datetime) -> None:
    """What became of the mails that waited to tell of a move."""
    for message in Message.objects.filter(key__startswith="moved", status="waiting"):
        message.status, message.finished_at = status, at
        message.write()


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
    assert operations.send_reminders(at=NOW) == 0
    for minutes in (0, 1, 60):
        operations.send_reminders(at=DAY_BEFORE + dt.timedelta(minutes=minutes))
    message = Message.objects.get(key__startswith="reminder")
    assert message.to == "siobhan@example.org"
    assert message.not_after == visit.comes_at
    assert "Face" not in message.subject + message.body


@pytest.mark.rule("P28")
def test_a_cancelled_visit_is_not_reminded_of(visit: Appointment, cast: Cast) -> None:
    operations.send_reminders(at=DAY_BEFORE)
    operations.cancel(appointment=visit, reason="Ill", by=cast.reception, at=DAY_BEFORE)
    operations.send_reminders(at=DAY_BEFORE)
    assert reminders() == ["dropped"]


@pytest.mark.rule("P28")
def test_a_moved_visit_is_reminded_of_at_its_new_time(visit: Appointment, cast: Cast) -> None:
    operations.send_reminders(at=DAY_BEFORE)
    later = VISIT + dt.timedelta(days=1)
    operations.move(appointment=visit, starts_at=later, by=cast.reception, at=DAY_BEFORE)
    operations.send_reminders(at=DAY_BEFORE)
    assert reminders() == ["dropped"]
    # The mail of the move was the first reminder; the second comes two hours before the start.
    operations.send_reminders(at=later - dt.timedelta(hours=20))
    assert reminders() == ["dropped"]
    operations.send_reminders(at=later - dt.timedelta(hours=2))
    assert reminders() == ["dropped", "waiting"]


@pytest.mark.rule("P28")
@pytest.mark.parametrize(("status", "reminded"), [("sent", []), ("failed", ["waiting"])])
def test_the_mail_of_a_move_to_a_near_start_is_its_reminder_unless_it_failed(
    visit: Appointment, cast: Cast, status: str, reminded: list[str]
) -> None:
    near = NOW + dt.timedelta(hours=3)
    operations.move(appointment=visit, starts_at=near, by=cast.reception, at=NOW)
    moves_turn_out(status, at=NOW)
    assert operations.send_reminders(at=NOW + dt.timedelta(minutes=1)) == len(reminded)
    assert reminders() == reminded


@pytest.mark.rule("P28")
def test_a_visit_moved_away_and_back_is_reminded_of_again_where_no_mail_said_so(
    visit: Appointment, cast: Cast
) -> None:
    operations.send_reminders(at=DAY_BEFORE)
    for starts_at in (VISIT + dt.timedelta(days=1), VISIT):
        operations.move(appointment=visit, starts_at=starts_at, by=cast.reception, at=DAY_BEFORE)
        visit.refresh_from_db()
    assert operations.send_reminders(at=DAY_BEFORE) == 0
    moves_turn_out("failed", at=DAY_BEFORE)
    for _ in range(2):
        operations.send_reminders(at=DAY_BEFORE)
    assert sorted(reminders()) == ["dropped", "waiting"]


@pytest.mark.rule("P28")
def test_a_reminder_that_went_out_is_not_repeated_after_a_move_and_back(
    visit: Appointment, cast: Cast
) -> None:
    operations.send_reminders(at=DAY_BEFORE)
    outbox.deliver(at=DAY_BEFORE)
    for starts_at in (VISIT + dt.timedelta(days=1), VISIT):
        operations.move(appointment=visit, starts_at=starts_at, by=cast.reception, at=DAY_BEFORE)
        visit.refresh_from_db()
    operations.send_reminders(at=DAY_BEFORE)
    assert reminders() == ["sent"]


def test_a_tick_with_nothing_to_do_asks_twice_and_writes_nothing(visit: Appointment) -> None:
    assert operations.send_reminders(at=DAY_BEFORE) == 1
    with CaptureQueriesContext(connection) as asked:
        assert operations.send_reminders(at=DAY_BEFORE) == 0
    assert [one["sql"].split()[0] for one in asked] == ["SELECT"] * 2


def test_a_name_on_two_lines_is_written_on_one(visit: Appointment, cast: Cast) -> None:
    """A line break in a subject would be refused by the mail (and could add a header)."""
    cast.clinic.name = "Austin\r\nBcc: all@example.org\x07\t South"
    cast.clinic.save()
    cast.siobhan.preferred_name = "Siobhan\n\nPay here"
    cast.siobhan.save()
    operations.send_reminders(at=DAY_BEFORE)
    message = Message.objects.get(key__startswith="reminder")
    assert message.subject == "A reminder of your appointment: Austin Bcc: all@example.org South"
    assert message.body.startswith("Hello Siobhan Pay here,\n\nYou have an appointment at Austin")
    assert outbox.deliver(at=DAY_BEFORE) > 0


@pytest.mark.rule("P28")
def test_nobody_is_reminded_after_the_start_or_right_after_booking(
    visit: Appointment, cast: Cast
) -> None:
    assert operations.send_reminders(at=VISIT) == 0
    operations.book(
        clinic=cast.clinic,
        patient=cast.siobhan,
        practitioner=cast.ana,
        service=cast.short_service,
        starts_at=NOW + dt.timedelta(hours=5),
        by=cast.reception,
        at=NOW,
    )
    assert operations.send_reminders(at=NOW + dt.timedelta(minutes=1)) == 0


def test_the_command_ticks(visit: Appointment, clock: object, capsys: object) -> None:
    clock.move_to(DAY_BEFORE)  # type: ignore[attr-defined]
    call_command("send_due")
    assert reminders() == ["waiting"]


@pytest.mark.rule("P28")
@pytest.mark.parametrize(
    ("minutes_before", "reminded"),
    [(121, ["reminder "]), (120, ["reminder-again"]), (1, ["reminder-again"]), (0, []), (-60, [])],
)
def test_reminders_count_from_when_she_is_to_be_there(
    cast: Cast, minutes_before: int, reminded: list[str]
) -> None:
    """Numbing takes two hours here: what comes two hours before the needling is no reminder."""
    cast.service.numbing_min, cast.service.check_in_min = 120, 15
    cast.service.write()
    visit = operations.book(
        clinic=cast.clinic,
        patient=cast.siobhan,
        practitioner=cast.ana,
        service=cast.service,
        starts_at=VISIT + dt.timedelta(hours=3),
        by=cast.reception,
        at=NOW,
    )
    outbox.deliver(at=NOW)
    at = visit.comes_at - dt.timedelta(minutes=minutes_before)
    assert operations.send_reminders(at=at) == len(reminded)
    sent = Message.objects.filter(key__startswith="reminder")
    assert [one.key[: len(says)] for one, says in zip(sent, reminded, strict=True)] == reminded
    outbox.deliver(at=visit.comes_at)
    assert reminders() == ["dropped"] * len(reminded)
