"""Why a time does not do: every reason in one list, not only the first that a booking meets."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass

from bookings.rules import fit
from bookings.rules.fit import Local, Person
from bookings.rules.free_times import Window
from bookings.rules.interval import Gap, Leave, say_gap
from bookings.rules.visit import Lanes, Span
from clinic.rules import say_time


@dataclass(frozen=True)
class Reason:
    """One thing that stands against a time. What does not `blocks` is told and can be booked."""

    about: str  # time, clinic, practitioner, room, device, patient or supply
    says: str
    blocks: bool = True


@dataclass(frozen=True)
class Thing:
    """A room or device by name: what it is `busy` with (a mask), or why it is `out` of service."""

    name: str
    busy: int = 0
    out: str = ""


@dataclass(frozen=True)
class Facts:
    """All that is known about a time.

    `people` are those who were asked for (`anyone`: whoever is free will do), `devices` those
    the service is done with, in service or not; `time` is what is wrong with the time itself,
    `near` that another visit is planned too near to it, `opens_at` when the clinic opens that
    day (None: closed all day by its opening hours).
    """

    plan: Lanes
    people: Sequence[Person]
    anyone: bool
    rooms: Sequence[Thing]
    devices: Sequence[Thing]
    patient: int
    local: Local
    at: dt.datetime
    time: str = ""
    gap: Gap | None = None
    leave: Leave = Leave.NONE
    near: str = ""
    opens_at: dt.datetime | None = None
    closes_at: dt.datetime | None = None
    supply: str = ""


def why_not(window: Window, facts: Facts) -> list[Reason]:
    """Everything that stands against a time; empty where nothing does."""
    found = []
    if facts.time:
        found.append(Reason("time", facts.time))
    elif over := fit.numbing_over(facts.plan, facts.at, facts.local):
        found.append(Reason("time", over, blocks=False))
    day = facts.local(facts.plan.practitioner.starts_at).date()
    closure = next((name for one in facts.people if (name := one.roster.closed_on(day))), "")
    if closure:
        found.append(Reason("clinic", fit.closed(day, closure)))
    else:
        found += _doors(facts)
    found += _people(window, facts, closed=bool(closure))
    found += _things(window, "room", facts.plan.room, facts.rooms, facts.local)
    found += _things(window, "device", facts.plan.device, facts.devices, facts.local)
    stay = _bits(window, facts.plan.patient)
    if clash := stay & facts.patient:
        until = say_time(facts.local(_until(window, facts.patient, clash)))
        found.append(Reason("patient", f"The patient has another visit, until {until}."))
    too_soon = facts.gap is not None and not facts.leave.passes(facts.gap)
    if facts.gap:
        found.append(Reason("patient", say_gap(facts.gap, facts.leave), blocks=too_soon))
    if facts.near and not clash and not too_soon:
        found.append(Reason("patient", facts.near, blocks=False))
    if facts.supply:
        found.append(Reason("supply", facts.supply, blocks=False))
    return found


def _doors(facts: Facts) -> list[Reason]:
    """That the clinic's doors are shut when the patient would come or still be treated."""
    comes_at, ends_at = facts.plan.patient.starts_at, facts.plan.patient.ends_at
    if facts.opens_at is None or facts.closes_at is None:
        return [Reason("clinic", "The clinic has no opening hours that day.", blocks=False)]
    if facts.opens_at <= comes_at and ends_at <= facts.closes_at:
        return []
    opens, closes = (say_time(facts.local(one)) for one in (facts.opens_at, facts.closes_at))
    return [Reason("clinic", f"The clinic is open {opens} to {closes}.", blocks=False)]


def _people(window: Window, facts: Facts, *, closed: bool) -> list[Reason]:
    each = [_of_one(window, one, facts, closed=closed) for one in facts.people]
    if facts.anyone and any(not reasons for reasons in each):
        return []
    if not facts.people:
        return [Reason("practitioner", "Nobody who treats works in this clinic.")]
    return [Reason("practitioner", says) for reasons in each for says in reasons]


def _of_one(window: Window, one: Person, facts: Facts, *, closed: bool) -> list[str]:
    span = facts.plan.practitioner
    treats = _bits(window, span)
    found = [one.unlicensed] if one.unlicensed else []
    if treats & ~one.at_work:
        if not closed:
            found.append(fit.not_at_work(one.name, span, facts.local, one.roster))
        elif facts.anyone:
            found.append(f"{one.name} does not treat while the clinic is closed.")
    if clash := treats & one.busy:
        first = (clash & -clash).bit_length() - 1
        if first > window.floor(span.starts_at):
            found.append(fit.next_visit(one.name, span, window.instant(first), facts.local))
        else:
            until = _until(window, one.busy, clash)
            found.append(fit.busy(one.name, span, facts.local, until=until))
    return found


def _things(
    window: Window, what: str, span: Span, things: Sequence[Thing], local: Local
) -> list[Reason]:
    """Why no room (device) can be had: each one by name, those out of service among them."""
    wanted = _bits(window, span)
    if any(not one.out and not wanted & one.busy for one in things):
        return []
    if not things:
        return [Reason(what, fit.none_in_service(what))]
    found = []
    for one in things:
        if one.out:
            found.append(Reason(what, f"{one.name} is {one.out}."))
        else:
            until = say_time(local(_until(window, one.busy, wanted & one.busy)))
            found.append(Reason(what, f"{one.name} is taken until {until}."))
    return found


def _until(window: Window, busy: int, clash: int) -> dt.datetime:
    """When the busy stretch ends that holds the last minute of a clash."""
    last = clash.bit_length() - 1
    run = busy >> last
    # The first minute after it that is not busy: adding one carries through the run.
    return window.instant(last + ((run + 1) & -(run + 1)).bit_length() - 1)


def _bits(window: Window, span: Span) -> int:
    return window.mask([(window.floor(span.starts_at), window.ceil(span.ends_at))])
