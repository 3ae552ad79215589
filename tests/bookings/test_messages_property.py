"""Whatever is done and whatever fails: no message twice, late, or of what is not so."""

from __future__ import annotations

import datetime as dt
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any

import pytest
from django.db import transaction
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from bookings import operations
from bookings.models import Appointment, Course, Listed, Offer, WaitlistEntry
from bookings.operations import CourseVisit
from bookings.queries import ways_to
from bookings.rules.status import MOVABLE
from clinic import operations as building
from clinic import outbox
from clinic.models import Message, Patient
from clinic.operations.patients import EDITABLE
from clinic.refusals import Refusal
from tests.bookings.test_courses import book_course
from tests.bookings.test_messages import HOUR, MINUTE, VISIT, cancel, her, move
from tests.bookings.waiting import wait
from tests.cast import NOW, Cast

__all__ = ["her"]

WEEKS = dt.timedelta(days=28)
STARTS = [VISIT + no * WEEKS for no in range(3)]
# She is to be at the first visit in three days, in an hour or 5 minutes, or was to be by now.
FIRSTS = [VISIT, NOW + 135 * MINUTE, NOW + 80 * MINUTE, NOW + 60 * MINUTE]
ACTS = ["move", "back", "cancel", "undo", "confirm", "rest", "offer", "end", "email", "way"]
Step = tuple[str, int, int, bool, bool]
# What is done, with which of the visits; the minutes until the next; the worker, the gateways.
STEPS = st.lists(
    st.tuples(
        st.sampled_from([*ACTS, "nothing"]),
        st.integers(0, 2),
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
    max_examples=8,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(STEPS, st.sampled_from(FIRSTS))
# The list has not gone when one of its visits is off; or moves, and later the first is off.
@example([("cancel", 1, 1, True, False)], VISIT)
@example(
    [("move", 0, 4, True, False), ("confirm", 1, 60, True, False), ("cancel", 0, 4, True, False)],
    VISIT,
)
# The list fails while one of its visits moves, and the rest moves along and back in part.
@example([("nothing", 0, 1, True, True), ("move", 2, 4, True, False)], VISIT)
@example(
    [("nothing", 0, 1, True, False), ("rest", 0, 1, True, False), ("undo", 1, 4, True, False)],
    VISIT,
)
# An offer that waits while she is reached elsewhere, by another way, or not at all.
@example([("offer", 0, 1, False, False), ("email", 0, 1, True, False)], VISIT)
@example(
    [("offer", 0, 1, False, True), ("way", 0, 1, False, False), ("way", 0, 1, True, False)], VISIT
)
# The first is too soon, or comes while the worker is down.
@example([("nothing", 0, 1, True, False)], FIRSTS[3])
@example([("nothing", 0, 60, False, False)], FIRSTS[2])
def test_whatever_happens_no_message_goes_twice_late_or_for_what_is_not_so(
    cast: Cast,
    her: Patient,
    monkeypatch: pytest.MonkeyPatch,
    settings: Any,
    steps: list[Step],
    first: dt.datetime,
) -> None:
    """Acts in any order, with the worker down and the gateways failing in between."""
    settings.SMS_URL = "json://127.0.0.1:9/{to}"
    with undone():
        cast.service.numbing_min, cast.service.check_in_min = 60, 15
        cast.service.write()
        Life(cast, her, first=first).live(monkeypatch, steps)
        transaction.set_rollback(True)


@dataclass
class Life:
    """A patient with a course of three visits, who also waits for a time."""

    cast: Cast
    her: Patient
    first: dt.datetime = VISIT
    at: dt.datetime = NOW
    fails: bool = False
    # What she was told last of each visit, by each way; and of what she was reminded.
    last: dict[tuple[Any, str], dt.datetime | None] = field(default_factory=dict)
    reminded: set[tuple[Any, ...]] = field(default_factory=set)
    contacts: int = 0

    def live(self, monkeypatch: pytest.MonkeyPatch, steps: list[Step]) -> None:
        cast = self.cast
        self.starts = [self.first, *STARTS[1:]]
        visits = [CourseVisit(no, start, cast.ana) for no, start in enumerate(self.starts, 1)]
        self.course = book_course(cast, visits, patient=self.her, planned=3, at=NOW)
        self.entry = wait(cast, self.her, service=cast.short_service)
        monkeypatch.setattr(outbox, "_send", self.sent)
        for act, which, minutes, worker_up, gateway_down in steps:
            self.fails = gateway_down
            with suppress(Refusal):
                self.do(act, which)
            for _ in range(2):
                self.at += minutes * MINUTE / 2
                if worker_up:
                    self.tick()
        self.fails = False
        smooth = self.contacts == 0 and not any(down for *_rest, down in steps)
        in_time = self.first == VISIT and all(up for *_rest, up, _down in steps)
        for visit in self.visits():
            for hours in (48, 3, 2, 1, 0):
                self.at = max(self.at, visit.starts_at - hours * HOUR)
                self.tick()
        assert not Message.objects.filter(status__in=["waiting", "sending"]).exists()
        for visit in self.visits() if smooth else ():
            off = visit.status == "cancelled"
            # The first may come before she could be told of it.
            if visit.course_no != 1 or in_time:
                assert self.last[visit.pk, "email"] == (None if off else visit.comes_at)

    def visits(self) -> list[Appointment]:
        rows = Appointment.objects.filter(course=self.course).select_related("clinic", "patient")
        return list(rows.order_by("course_no"))

    def tick(self) -> None:
        operations.end_offers_over(at=self.at)
        operations.tell_the_rest(at=self.at)
        operations.send_reminders(at=self.at)
        outbox.deliver(at=self.at)

    def do(self, act: str, which: int) -> None:
        visit, cast, at = self.visits()[which], self.cast, self.at
        if act in ("move", "back"):
            move(cast, visit, self.starts[which] + (HOUR if act == "move" else 0 * HOUR), at=at)
        elif act == "cancel":
            cancel(cast, visit, at)
        elif act == "undo":
            operations.undo(appointment=visit, by=cast.reception, at=at)
        elif act == "confirm":
            operations.confirm(appointment=visit, by=cast.reception, at=at)
        elif act == "rest":
            rest = [
                CourseVisit(one.course_no or 0, one.starts_at + 2 * HOUR, cast.ana)
                for one in self.visits()[1:]
            ]
            course = Course.objects.get(pk=self.course.pk)
            operations.reflow_course(course=course, visits=rest, by=cast.reception, at=at)
        elif act == "offer":
            entry = WaitlistEntry.objects.get(pk=self.entry.pk)
            starts_at = STARTS[0] + 3 * HOUR
            operations.offer_time(
                entry=entry, practitioner=cast.ana, starts_at=starts_at, by=cast.reception, at=at
            )
        elif act == "end":
            for offer in Offer.objects.filter(entry=self.entry, state="open"):
                operations.take_back_offer(offer=offer, by=cast.reception, at=at)
        elif act in ("email", "way"):
            self.reach(act)

    def reach(self, act: str) -> None:
        """Her address is corrected, or she wants to be told otherwise."""
        self.contacts += 1
        her = Patient.objects.get(pk=self.her.pk)
        ways = ["both", "sms", "none", "email"]
        now = ways[(ways.index(her.contact_by) + 1) % 4] if act == "way" else her.contact_by
        values: dict[str, Any] = {name: getattr(her, name) for name in EDITABLE}
        values |= {"contact_by": now}
        if act == "email":
            values["email"] = f"ida{self.contacts}@example.org"
        building.change_patient(
            patient=her, version=her.version, by=self.cast.reception, at=self.at, **values
        )

    def sent(self, message: Message) -> Exception | None:
        """What a gateway is handed must be so at this moment, and new to her."""
        her = Patient.objects.get(pk=self.her.pk)
        by_text = message.channel == "sms"
        assert message.channel in ways_to(her)
        assert message.to == (str(her.phone) if by_text else her.email)
        kind = message.key.partition(" ")[0]
        if kind == "offer":
            offer = Offer.objects.get(pk=message.key.split(" ")[1])
            assert offer.state == "open"
            assert self.at < offer.expires_at
            assert "/offer/" in message.body
        told = self.told(message)
        for visit, comes_at in told:
            assert self.at < visit.comes_at
            assert (kind == "cancelled") == (visit.status == "cancelled")
            assert kind == "cancelled" or visit.status in MOVABLE
            assert kind == "cancelled" or comes_at == visit.comes_at
        if self.fails:
            return ConnectionResetError()
        for visit, comes_at in told:
            if "reminder" in kind:
                key = (kind, visit.pk, message.channel, comes_at)
                assert key not in self.reminded
                self.reminded.add(key)
            else:
                news = None if kind == "cancelled" else comes_at
                place = (visit.pk, message.channel)
                assert place not in self.last or self.last[place] != news
                self.last[place] = news
        return None

    def told(self, message: Message) -> list[tuple[Appointment, dt.datetime]]:
        """The visits of which a message speaks, with when it says she is to be there."""
        listed = Listed.objects.filter(message=message).select_related("appointment")
        if found := [(one.appointment, one.comes_at) for one in listed]:
            return found
        return [(one, message.not_after) for one in self.visits() if one.pk.hex == message.about]
