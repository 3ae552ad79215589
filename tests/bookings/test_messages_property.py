"""Whatever is done with a visit, and whatever fails: no message twice, late, or not so."""

from __future__ import annotations

from typing import Any

import pytest
from django.db import transaction
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from bookings import messages, operations
from bookings.models import Appointment
from bookings.rules.status import MOVABLE
from clinic import outbox
from clinic.models import Message, Patient
from tests.bookings.test_messages import HOUR, MINUTE, VISIT, book, her, move
from tests.cast import NOW, Cast

__all__ = ["her"]

STEPS = st.lists(
    st.tuples(
        st.sampled_from(["move", "back", "cancel", "undo", "confirm", "nothing"]),
        st.sampled_from([1, 4, 60, 14 * 60]),
        st.booleans(),
        st.booleans(),
    ),
    min_size=1,
    max_size=7,
)


def undone() -> Any:
    """A transaction around each example, which the outbox takes for the test's own."""
    block = transaction.atomic()
    block._from_testcase = True  # type: ignore[attr-defined]
    return block


@pytest.mark.rule("P28")
@settings(
    max_examples=25,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(STEPS)
def test_whatever_happens_no_message_goes_twice_late_or_for_what_is_not_so(
    cast: Cast,
    her: Patient,
    monkeypatch: pytest.MonkeyPatch,
    settings: Any,
    steps: list[tuple[str, int, bool, bool]],
) -> None:
    """Acts in any order, with the worker down and the gateways failing in between."""
    settings.SMS_URL = "json://127.0.0.1:9/{to}"
    with undone():
        _live_through(cast, her, monkeypatch, steps)
        transaction.set_rollback(True)


def _live_through(
    cast: Cast,
    her: Patient,
    monkeypatch: pytest.MonkeyPatch,
    steps: list[tuple[str, int, bool, bool]],
) -> None:
    visit, at, gone, fails = book(cast, her), NOW, [], False
    off = False

    def send(message: Message) -> Exception | None:
        now = Appointment.objects.get(pk=visit.pk)
        assert at < now.comes_at
        kind = message.key.partition(" ")[0]
        assert message.not_after == now.comes_at
        assert (kind == "cancelled") == (off or now.status == "cancelled")
        assert kind == "cancelled" or now.status in MOVABLE
        if fails:
            return ConnectionResetError()
        said = (kind, message.channel, message.not_after) if "reminder" in kind else message.key
        assert said not in gone
        gone.append(said)
        return None

    monkeypatch.setattr(outbox, "_send", send)
    for act, minutes, worker_up, gateway_down in steps:
        fails = gateway_down
        visit.refresh_from_db()
        free = visit.status in MOVABLE and at < visit.starts_at and not off
        if act == "move" and free:
            visit = move(cast, visit, VISIT + HOUR, at=at)
        elif act == "back" and free:
            visit = move(cast, visit, VISIT, at=at)
        elif act == "confirm" and visit.status == "booked":
            visit = operations.confirm(appointment=visit, by=cast.reception, at=at)
        elif act == "cancel" and free:
            # Undone below, as it were: the visit itself stands.
            visit.write()
            messages.cancelled(visit, at=at)
            off = True
        elif act == "undo" and off:
            visit.write()
            messages.restored(visit, at=at)
            off = False
        for _ in range(2):
            at += minutes * MINUTE / 2
            if worker_up:
                if not off:
                    operations.send_reminders(at=at)
                outbox.deliver(at=at)
    if off:
        visit.write()
        messages.restored(visit, at=at)
        off = False
    visit.refresh_from_db()
    fails = False
    for hours in (48, 47, 2, 1, 0, -1):
        at = max(at, visit.starts_at - hours * HOUR)
        operations.send_reminders(at=at)
        outbox.deliver(at=at)
    left = Message.objects.filter(status__in=["waiting", "sending"])
    assert not left.exists()
