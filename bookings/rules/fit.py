"""Why a visit does not fit at a time, in words: for the line before booking and for the refusal.

The order is that in which a booking looks: the license, the shift, the practitioner's other
visits, then the room, the device and the patient.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from bookings.rules.free_times import Window
from bookings.rules.rosters import Roster
from bookings.rules.visit import SKEW, Lanes, Span
from clinic.rules import say_date, say_hours, say_span, say_time

# Refusals that another time would answer: taken, outside the shift, no license that day,
# too soon after the last treatment.
ABOUT_TIME = frozenset({"R47", "T1", "R17", "R18", "R25", "R35"})
PATIENT_BUSY = "The patient has another visit at this time."
Local = Callable[[dt.datetime], dt.datetime]
Spans = Sequence[tuple[dt.datetime, dt.datetime]]


@dataclass(frozen=True)
class Person:
    """Who might treat: `unlicensed` says why no license covers the day ("" when one does).

    `at_work` and `busy` are masks on a window's line; `roster` says why she is not at work.
    """

    name: str
    unlicensed: str
    at_work: int
    busy: int
    roster: Roster


@dataclass(frozen=True)
class Things:
    """What the rooms in use, the devices that fit, and the patient are busy with: masks.

    `unfit`: there are devices in service that the service is not done with.
    """

    rooms: Sequence[int]
    devices: Sequence[int]
    patient: int
    unfit: bool = False


def not_at_work(name: str, span: Span, local: Local, roster: Roster) -> str:
    """Why the treatment does not lie within working hours: a closed day, time off, other hours
    that day, or the shift."""
    starts, ends = local(span.starts_at), local(span.ends_at)
    day = starts.date()
    if closure := roster.closed_on(day):
        return closed(day, closure)
    if until := roster.off_at(span.starts_at, span.ends_at):
        return f"{name} has time off {until_when(local(until))}."
    if roster.differs_on(day):
        hours = say_hours(roster.hours_of(day))
        return f"On {say_date(day)} {name} works {hours}, not as in other weeks."
    hours = f"{say_time(starts)} to {say_time(ends)}"
    if ends.replace(tzinfo=None) <= starts.replace(tzinfo=None):
        # The clock is put back in between: only the zone's name tells the two apart.
        hours = f"{say_time(starts)} {starts:%Z} to {say_time(ends)} {ends:%Z}"
    return f"{name} is not at work from {hours} that day."


def closed(day: dt.date, closure: str) -> str:
    """That nobody is treated that day."""
    return f"The clinic is closed on {say_date(day)}: {closure}."


def until_when(ends: dt.datetime) -> str:
    """Until when something lasts, from its end on the wall clock: through its last whole day, or
    until an hour of the day."""
    if ends.time() == dt.time(0):
        return f"through {say_date(ends.date() - dt.timedelta(days=1))}"
    return f"until {say_date(ends.date())}, {say_time(ends)}"


def next_visit(name: str, span: Span, taken_from: dt.datetime, local: Local) -> str:
    """That the treatment would run into what the practitioner does next."""
    return (
        f"{name} has the next visit at {say_time(local(taken_from))}, and this one would last "
        f"until {say_time(local(span.ends_at))}."
    )


def busy(name: str, span: Span, local: Local, *, until: dt.datetime | None = None) -> str:
    """That the practitioner is with someone else as the treatment would begin."""
    ends = f", until {say_time(local(until))}" if until else ""
    return f"{name} is busy at {say_time(local(span.starts_at))}{ends}."


def none_in_service(what: str, *, unfit: bool = False) -> str:
    """That there is no room or device at all, or none of the kind that the service is done with."""
    if unfit:
        return f"The clinic has no {what} in service that this service is done with."
    return f"The clinic has no {what} in service."


def none_free(what: str, span: Span, local: Local) -> str:
    """That every room or device is taken for some part of the time it is needed."""
    return f"No {what} is free for all of {say_span(local(span.starts_at), local(span.ends_at))}."


def nobody(
    starts_at: dt.datetime, local: Local, *, at_work_but_taken: bool, closure: str = ""
) -> str:
    """That no one at all can treat at this time; `closure` is what the clinic is closed for."""
    when = say_time(local(starts_at))
    if at_work_but_taken:
        return f"Everyone at work is busy at {when}."
    if closure:
        return closed(local(starts_at).date(), closure)
    return f"No one with a license in force is at work at {when} that day."


def numbing_over(plan: Lanes, at: dt.datetime, local: Local) -> str:
    """That it is too late for the numbing that lies before the treatment; "" when it is not."""
    comes_at = plan.room.starts_at
    if comes_at == plan.practitioner.starts_at or comes_at >= at - SKEW:
        return ""
    return f"Numbing would have begun at {say_time(local(comes_at))}, which is over."


def comes_early(
    starts_at: dt.datetime, comes_at: dt.datetime, *, opens_at: dt.datetime, works: Spans = ()
) -> bool:
    """Whether a visit within opening hours asks its patient to come before them, when she who
    treats (`works`) is not there either. It can be booked all the same."""
    at_work = any(first <= comes_at < last for first, last in works)
    return comes_at < opens_at <= starts_at and not at_work


def before_opening(comes_at: dt.datetime, opens_at: dt.datetime, local: Local) -> str:
    """That the patient would stand before a closed door."""
    comes, opens = say_time(local(comes_at)), say_time(local(opens_at))
    return f"The patient would come at {comes}; the clinic opens at {opens}."


def outside_opening(
    comes_at: dt.datetime,
    ends_at: dt.datetime,
    opening: tuple[dt.datetime, dt.datetime] | None,
    local: Local,
) -> str:
    """That a patient would find the door closed as she comes, or be there after closing; "" where
    she would not. It can be booked all the same. `opening`: of that day, None where there is none.
    """
    if opening is None:
        return f"The clinic has no opening hours on {say_date(local(comes_at).date())}."
    opens_at, closes_at = opening
    if comes_at < opens_at:
        return before_opening(comes_at, opens_at, local)
    if ends_at <= closes_at:
        return ""
    ends, closes = say_time(local(ends_at)), say_time(local(closes_at))
    return f"The visit would last until {ends}; the clinic closes at {closes}."


def misfit(
    window: Window,
    plan: Lanes,
    *,
    people: Sequence[Person],
    anyone: bool,
    things: Things,
    local: Local,
) -> str:
    """Why the visit cannot be booked as planned; "" when it fits.

    `anyone`: whoever of `people` is free will do; else they are the one who was asked for.
    """
    treats = _bits(window, plan.practitioner)
    if anyone:
        able = [one for one in people if not one.unlicensed and not treats & ~one.at_work]
        if not any(not treats & one.busy for one in able):
            starts_at = plan.practitioner.starts_at
            day = local(starts_at).date()
            closure = next((one.roster.closed_on(day) for one in people), "")
            return nobody(starts_at, local, at_work_but_taken=bool(able), closure=closure)
    else:
        for one in people:
            if why := _not_with(one, window, plan.practitioner, local):
                return why
    for what, span, masks in (
        ("room", plan.room, things.rooms),
        ("device", plan.device, things.devices),
    ):
        wanted = _bits(window, span)
        if not masks:
            return none_in_service(what, unfit=what == "device" and things.unfit)
        if all(wanted & busy for busy in masks):
            return none_free(what, span, local)
    return PATIENT_BUSY if _bits(window, plan.patient) & things.patient else ""


def _not_with(one: Person, window: Window, span: Span, local: Local) -> str:
    treats = _bits(window, span)
    if one.unlicensed:
        return one.unlicensed
    if treats & ~one.at_work:
        return not_at_work(one.name, span, local, one.roster)
    clash = treats & one.busy
    if not clash:
        return ""
    first = (clash & -clash).bit_length() - 1
    if first > window.floor(span.starts_at):
        return next_visit(one.name, span, window.instant(first), local)
    # The first minute after it that is not busy: adding one carries through the run.
    run = one.busy >> first
    until = window.instant(first + ((run + 1) & -(run + 1)).bit_length() - 1)
    return busy(one.name, span, local, until=until)


def _bits(window: Window, span: Span) -> int:
    return window.mask([(window.floor(span.starts_at), window.ceil(span.ends_at))])
