"""Everybody at the desk at once: 32 desks, one small day, every act that takes or gives time."""

from __future__ import annotations

import datetime as dt
import itertools
import random
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any
from unittest import mock

import pytest
from django.db import connection

from bookings import operations
from bookings.models import Appointment, Hold, Offer, WaitlistEntry
from bookings.operations import placing, things
from bookings.queries.holds import offers_without_holds, visits_without_holds
from bookings.rules.status import Status
from bookings.rules.waiting import OfferState
from clinic import audit, constraints
from clinic.models import AuditEvent, Patient, Practitioner, Room
from clinic.refusals import Refusal
from tests import factories
from tests.bookings.waiting import MINUTE, someone, wait
from tests.cast import NOW, Cast
from tests.races import Outcome, all_at_once

pytestmark = pytest.mark.race

DESKS = 32
LATER = NOW + MINUTE
TEN, TWO = NOW + 60 * MINUTE, NOW + 300 * MINUTE
LANES = ("practitioner", "room", "device", "patient")
# What a loser may be told: taken (R47), not as it was (P12, R46, T3, T4), press again (P2).
ANSWERS = {"R47", "R46", "P12", "T3", "T4", "P2"}
MADE = {"book", "walk in", "book who waits", "take an offer"}
Act = tuple[str, Callable[[], Any]]


@dataclass
class Day:
    """A small day: three rooms, three people, and what stands on it before the storm."""

    people: list[Practitioner]
    rooms: list[Room]
    patients: list[Patient]
    standing: list[Appointment] = field(default_factory=list)  # from two on, full
    cancelled: list[Appointment] = field(default_factory=list)  # from ten on, free again
    waiting: list[WaitlistEntry] = field(default_factory=list)
    offers: list[Offer] = field(default_factory=list)


def small_day(cast: Cast) -> Day:
    rooms = [cast.room, cast.second_room, factories.room(cast.clinic, "Room 3")]
    devices = [cast.device, cast.second_device]
    devices.append(factories.device(cast.clinic, cast.model, "D-3"))
    crowd = [
        factories.patient(cast.clinic, f"Ada {n}", "Storm", by=cast.manager) for n in range(24)
    ]
    day = Day([cast.ana, cast.bo, cast.priya], rooms, crowd[:8])
    places = list(zip(day.people, rooms, devices, strict=True))
    for n, patient in enumerate(crowd[8:]):
        afternoon = n < 9
        who, room, device = places[n % 3]
        visit = factories.appointment(
            patient=patient,
            practitioner=who,
            service=cast.short_service,
            room=room,
            device=device,
            starts_at=(TWO if afternoon else TEN) + n // 3 % 3 * 40 * MINUTE,
            by=cast.reception,
        )
        if not afternoon:
            visit = operations.cancel(appointment=visit, reason="Ill", by=cast.reception, at=NOW)
        (day.standing if afternoon else day.cancelled).append(visit)
    for n in range(5):
        at = NOW + n * dt.timedelta(seconds=1)
        day.waiting.append(wait(cast, someone(cast, n), service=cast.short_service, at=at))
    for entry, who in zip(day.waiting, day.people, strict=False):
        day.offers.append(
            operations.offer_time(
                entry=entry,
                practitioner=who,
                starts_at=TEN + 200 * MINUTE,
                by=cast.reception,
                at=NOW,
            )
        )
    return day


def acts(cast: Cast, day: Day) -> list[Act]:
    """Twelve of each but of cancelling, the same ones each time; drawn from few times, so that
    most collide. Those without an offer are wanted most: two of the five."""
    draw = random.Random(4)
    clock = itertools.count(1)

    def now() -> dt.datetime:
        # As on a clock: no two acts have the same instant.
        return LATER + next(clock) * dt.timedelta(milliseconds=1)

    def free() -> dt.datetime:
        return TEN + draw.randrange(0, 240, 20) * MINUTE

    def bound(name: str, operation: Callable[..., Any], **given: Any) -> Act:
        return name, lambda: operation(**given, at=now())

    def there_and_back(visit: Appointment) -> Act:
        def both() -> Appointment:
            gone = operations.cancel(appointment=visit, reason="Ill", by=cast.reception, at=now())
            return operations.undo(appointment=gone, by=cast.reception, at=now())

        return "cancel and undo", both

    found: list[Act] = []
    for n in range(12):
        patient, other = day.patients[n % 8], day.patients[(n + 3) % 8]
        standing, called_off = day.standing[n % 9], day.cancelled[n % 7]
        new = {"clinic": cast.clinic, "service": cast.short_service, "by": cast.reception}
        found += [
            bound(
                "book",
                operations.book,
                patient=patient,
                practitioner=draw.choice([*day.people, None]),
                starts_at=free(),
                **new,
            ),
            bound(
                "walk in",
                operations.walk_in,
                patient=other,
                practitioner=None,
                starts_at=free(),
                **new,
            ),
            bound(
                "move", operations.move, appointment=standing, starts_at=free(), by=cast.reception
            ),
            bound(
                "reassign",
                operations.move,
                appointment=day.standing[(n + 4) % 9],
                starts_at=day.standing[(n + 4) % 9].starts_at,
                practitioner=draw.choice(day.people),
                room=draw.choice(day.rooms),
                by=cast.reception,
            ),
            bound("undo", operations.undo, appointment=called_off, by=cast.reception),
            there_and_back(day.standing[(n + 7) % 9]),
            bound(
                "offer",
                operations.offer_time,
                entry=day.waiting[draw.choice([0, 3, 4])],
                practitioner=draw.choice(day.people),
                starts_at=free(),
                by=cast.reception,
            ),
            bound(
                "book who waits",
                operations.book_from_waitlist,
                entry=day.waiting[draw.choice([1, 3, 4])],
                practitioner=draw.choice(day.people),
                starts_at=free(),
                by=cast.reception,
            ),
            bound("take an offer", operations.take_offer, offer=day.offers[n % 3]),
        ]
    found += [
        bound("cancel", operations.cancel, appointment=visit, reason="Ill", by=cast.reception)
        for visit in day.standing[:3]
    ]
    draw.shuffle(found)
    return found


def storm(day_acts: list[Act]) -> tuple[Outcome, list[tuple[str, Any]]]:
    """Every desk does its share, one act after another; what became of each act, by name."""

    def desk(mine: list[Act]) -> Callable[[], list[tuple[str, Any]]]:
        def work() -> list[tuple[str, Any]]:
            done: list[tuple[str, Any]] = []
            for name, act in mine:
                try:
                    done.append((name, act()))
                except Refusal as no:
                    done.append((name, no))
            return done

        return work

    outcome = all_at_once([desk(day_acts[n::DESKS]) for n in range(DESKS)])
    return outcome, list(itertools.chain.from_iterable(outcome.won))


def one(sql: str, *values: Any) -> int:
    with connection.cursor() as cursor:
        cursor.execute(sql, values)
        return int(cursor.fetchone()[0])


def overlaps(lane: str) -> int:
    """Pairs of holds of one lane that share an instant, asked of the database itself."""
    return one(
        f"SELECT COUNT(*) FROM bookings_hold a JOIN bookings_hold b "
        f"ON a.{lane}_id = b.{lane}_id AND a.id < b.id "
        "AND a.starts_at < b.ends_at AND b.starts_at < a.ends_at"
    )


@pytest.mark.rule("R47")
@pytest.mark.rule("T3")
@pytest.mark.rule("T4")
def test_a_storm_of_every_act_leaves_one_day_that_holds(fresh_db: object, cast: Cast) -> None:
    day = small_day(cast)
    before, heard = Appointment.objects.count(), AuditEvent.objects.filter(outcome="refused")
    all_of_it = acts(cast, day)

    outcome, done = storm(all_of_it)

    # Nobody met an error, and whoever lost was told why, in words that are on record.
    assert outcome.broken == []
    assert Counter(name for name, _ in done) == Counter(name for name, _ in all_of_it)
    lost = [no for _, no in done if isinstance(no, Refusal)]
    won = Counter(name for name, made in done if not isinstance(made, Refusal))
    assert {no.rule for no in lost} <= ANSWERS
    assert all(no.sentence.endswith(".") and len(no.sentence) > 15 for no in lost)
    assert heard.count() == len(lost)
    # It was a storm: they did collide, and the day did go on.
    assert sum(no.rule == "R47" for no in lost) >= 10
    assert sum(won.values()) >= 10
    # No overlap of anyone or anything.
    assert {lane: overlaps(lane) for lane in LANES} == dict.fromkeys(LANES, 0)
    # Holds are those of the visits that stand and of the offers that are open, and no others.
    active, open_now = Appointment.objects.active().count(), Offer.objects.still_open().count()
    assert visits_without_holds(NOW) + offers_without_holds(NOW) == []
    assert Hold.objects.count() == 4 * (active + open_now)
    gone = Hold.objects.filter(appointment__status=Status.CANCELLED)
    assert not gone.exists()
    # Each "done" is one visit, and there is none that nobody was told of.
    assert Appointment.objects.count() - before == sum(won[name] for name in MADE)
    assert list(audit.faults()) == []
    for entry in WaitlistEntry.objects.all():
        assert times_ended(entry) == (entry.closed_at is not None), entry


def times_ended(entry: WaitlistEntry) -> int:
    """How often a wait came to its end: by an offer that was taken, by a booking of the desk."""
    booked = AuditEvent.objects.filter(
        action="waitlist.book", outcome="done", subject=str(entry.pk)
    )
    return entry.offers.filter(state=OfferState.TAKEN).count() + booked.count()


def test_the_storm_is_real_once_nothing_keeps_the_times_apart(fresh_db: object, cast: Cast) -> None:
    day = small_day(cast)
    constraints.drop(connection)
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            for lane in LANES:
                cursor.execute(f"ALTER TABLE bookings_hold DROP CONSTRAINT hold_no_overlap_{lane}")
    nobody = Hold.objects.none()

    with (
        mock.patch.object(placing, "_taken_from", return_value=None),
        mock.patch.object(placing, "taken_by_others", return_value=set()),
        mock.patch.object(things, "taken_by_others", return_value=set()),
        mock.patch.object(things, "holds_of_others", return_value=nobody),
        mock.patch.object(placing, "holds_of_others", return_value=nobody),
    ):
        outcome, _ = storm(acts(cast, day))

    assert outcome.broken == []
    assert all(overlaps(lane) for lane in LANES)
