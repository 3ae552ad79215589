"""When a practitioner is really with a patient, where that is not as it was booked.

What is booked stays held in the database: it is the promise. What goes on is added to it, so
that nobody is offered a time at which the needle is in the skin.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import Any

from bookings.rules.board import TICK, Block, Kind, ceil_tick
from bookings.rules.visit import SKEW, Span


@dataclass(frozen=True)
class Stay:
    """A visit's time of its practitioner: as booked, and as it is (`really`; None: as booked).

    `begun`: the needling has begun, so that `really` is known and not only foreseen.
    """

    key: Any
    booked: Span
    really: Span | None = None
    begun: bool = False


def needled(
    booked: Span,
    *,
    started_at: dt.datetime,
    ended_at: dt.datetime | None,
    now: dt.datetime | None,
) -> Span | None:
    """When the practitioner is really needling; None where that lies within what was booked.

    A treatment under way lasts as long as was planned, and to the end of the quarter hour of
    `now` at least (None: on another day). A few minutes are as booked, seconds do not count.
    """
    started_at = started_at.replace(second=0, microsecond=0)
    planned = started_at + (booked.ends_at - booked.starts_at)
    if ended_at:
        ends_at = ended_at.replace(second=0, microsecond=0)
    else:
        ends_at = max(planned, ceil_tick(now) if now else planned)
    # A cell of a minute or two could show no name.
    return _unlike(booked, Span(started_at, max(ends_at, started_at + TICK)))


def foreseen(booked: Span, *, ready_at: dt.datetime | None, now: dt.datetime) -> Span | None:
    """When a patient whose cream is on will be treated, where the booked time has come and gone;
    None where it is still to come. `ready_at` is when the cream has worked."""
    begins = max(booked.starts_at, ready_at or booked.starts_at)
    if now > begins:
        begins = ceil_tick(now)
    return _unlike(booked, Span(begins, begins + (booked.ends_at - booked.starts_at)))


def _unlike(booked: Span, really: Span) -> Span | None:
    inside = booked.starts_at - SKEW <= really.starts_at and really.ends_at <= booked.ends_at + SKEW
    return None if inside else really


def blocks(stays: Iterable[Stay], *, held: Any) -> list[Block]:
    """A column's blocks, in time order: each visit from what begins first, booked or real, to
    what ends last.

    Booked time at which nobody is drawn is a block of its own with the key `held`: it is not
    free. Of two that run into each other the one that is under way comes first.
    """
    mains: list[tuple[Stay, Span]] = []
    for stay in stays:
        whole = stay.really or stay.booked
        if stay.really and _touch(stay.booked, stay.really):
            whole = Span(
                min(stay.booked.starts_at, stay.really.starts_at),
                max(stay.booked.ends_at, stay.really.ends_at),
            )
        mains.append((stay, whole))
    mains.sort(key=lambda one: (one[1].starts_at, one[1].ends_at))
    for index in range(1, len(mains)):
        (first, before), (second, after) = mains[index - 1 : index + 1]
        cut = _cut(first, second, before, after)
        # Of which one could not read the name, that stays with the other in one cell.
        if cut and before.starts_at + TICK <= cut <= after.ends_at - TICK:
            begins = max(after.starts_at, cut)
            mains[index] = (second, replace(after, starts_at=begins))
            mains[index - 1] = (first, replace(before, ends_at=min(before.ends_at, begins)))
    found = [Block(span.starts_at, span.ends_at, Kind.VISIT, stay.key) for stay, span in mains]
    taken = [span for _, span in mains]
    booked = (
        Block(stay.booked.starts_at, stay.booked.ends_at, Kind.BUSY, held) for stay, _ in mains
    )
    return found + [part for one in booked for part in _without(one, taken)]


def _cut(first: Stay, second: Stay, before: Span, after: Span) -> dt.datetime | None:
    """Where the one ends and the other begins, of two that overlap; None: they stay together."""
    if before.ends_at <= after.starts_at:
        return None
    if first.begun and first.really:
        return first.really.ends_at
    if second.begun and second.really:
        return second.really.starts_at
    # What is only foreseen gives way to what is booked.
    return second.booked.starts_at if first.really else None


def _without(block: Block, taken: list[Span]) -> list[Block]:
    """What remains of a block beside the visits that stand in it."""
    parts: list[Block] = []
    begins = block.starts_at
    for span in sorted(taken, key=lambda one: one.starts_at):
        if span.starts_at >= block.ends_at:
            break
        if begins < span.starts_at:
            parts.append(replace(block, starts_at=begins, ends_at=span.starts_at))
        begins = max(begins, span.ends_at)
    if begins < block.ends_at:
        parts.append(replace(block, starts_at=begins))
    return parts


def _touch(one: Span, other: Span) -> bool:
    return one.starts_at <= other.ends_at and other.starts_at <= one.ends_at
