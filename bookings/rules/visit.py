"""How long a visit holds what: the lanes of a booking."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

SHORTEST_MIN = 30
LONGEST_MIN = 45
NUMBING_MAX_MIN = 120
CLEAN_DOWN_MAX_MIN = 30
CHECK_IN_MAX_MIN = 30
HOLD_CAP_MIN = 240
FARTHEST = dt.timedelta(days=731)
# What a clock on the wall is read to; every step of free times is made of it.
MARK_MIN = 5
SKEW = dt.timedelta(minutes=5)


@dataclass(frozen=True)
class Span:
    """A half-open stretch of time [starts_at, ends_at), in UTC."""

    starts_at: dt.datetime
    ends_at: dt.datetime


@dataclass(frozen=True)
class Lanes:
    """What one visit needs when: each lane is held on its own."""

    practitioner: Span
    room: Span
    device: Span
    patient: Span


def lanes(
    *,
    starts_at: dt.datetime,
    numbing_min: int,
    treatment_min: int,
    clean_down_min: int,
    check_in_min: int = 0,
) -> Lanes:
    """The spans of a visit whose needling is planned to start at `starts_at` (minutes; R47, R48).

    The patient stays from check-in to the end of the treatment, the room from numbing to the end
    of the clean-down; the device from the treatment to the end of its cleaning (R49); the
    practitioner for the treatment alone, so that she is free while the cream works.
    """
    numb = starts_at - dt.timedelta(minutes=numbing_min)
    end = starts_at + dt.timedelta(minutes=treatment_min)
    clean = end + dt.timedelta(minutes=clean_down_min)
    return Lanes(
        practitioner=Span(starts_at, end),
        room=Span(numb, clean),
        device=Span(starts_at, clean),
        patient=Span(numb - dt.timedelta(minutes=check_in_min), end),
    )


def time_fault(*, starts_at: dt.datetime, at: dt.datetime) -> str | None:
    """Why a visit cannot be booked for this instant, whoever is free; None when it can."""
    if starts_at.second or starts_at.microsecond:
        return "A visit starts on a whole minute."
    if starts_at < at - SKEW:
        return "This time is in the past."
    if starts_at > at + FARTHEST:
        return "This is more than two years ahead."
    if starts_at.minute % MARK_MIN:
        return "A visit starts on a five-minute mark, for example 10:00 or 10:05."
    return None


def length_faults(
    *, treatment_min: int, numbing_min: int, clean_down_min: int, check_in_min: int = 0
) -> dict[str, str]:
    """What is wrong with the phases of a service, by field; empty where nothing is (R48)."""
    told = (
        ("treatment_min", "A treatment takes", treatment_min, SHORTEST_MIN, LONGEST_MIN),
        ("numbing_min", "Numbing takes", numbing_min, 0, NUMBING_MAX_MIN),
        ("clean_down_min", "Clean-down takes", clean_down_min, 0, CLEAN_DOWN_MAX_MIN),
        ("check_in_min", "Check-in takes", check_in_min, 0, CHECK_IN_MAX_MIN),
    )
    return {
        field: f"{says} {least} to {most} minutes."
        for field, says, given, least, most in told
        if not least <= given <= most
    }
