"""Blocking a short time on the board, and giving it back."""

from __future__ import annotations

import datetime as dt

from bookings.models import Hold, TimeOff
from bookings.operations.working_hours import held_practitioner
from bookings.rules.blocks import BLOCK_LONGEST
from bookings.rules.visit import FARTHEST
from clinic import audit
from clinic.acts import act
from clinic.models import Clinic, Practitioner, User
from clinic.permissions import Permission
from clinic.refusals import Conflict, Refusal
from clinic.rules import say_time


@act("time_off.block", may=Permission.BLOCK_TIME, on="clinic")
def block_time(
    *,
    clinic: Clinic,
    practitioner: Practitioner,
    starts_at: dt.datetime,
    ends_at: dt.datetime,
    note: str = "",
    by: User,
    at: dt.datetime,
) -> TimeOff:
    """Keep a practitioner's time free of visits, in every clinic (UTC, half-open).

    Refuses someone who does not work here (P15); time that is over, too far ahead, longer than
    twelve hours or that ends before it begins (T1); where a visit stands (R47, 409), and where
    she is off already (T1, 409).
    """
    held = held_practitioner(practitioner, clinic)
    fault = ""
    if ends_at <= starts_at:
        fault = "This ends before it begins."
    elif ends_at <= at:
        fault = "This time is over."
    elif ends_at - starts_at > BLOCK_LONGEST:
        fault = "A block lasts at most twelve hours."
    elif ends_at > at + FARTHEST:
        fault = "This is more than two years ahead."
    if fault:
        raise Refusal(fault, rule="T1", field="starts_at", way_out="Choose another time.")
    holds = Hold.objects.crossing(starts_at, ends_at).filter(practitioner=held)
    if (visit := holds.order_by("starts_at").first()) is not None:
        starts, ends = (say_time(clinic.local(one)) for one in (visit.starts_at, visit.ends_at))
        raise Conflict(
            f"{held.name} has a visit from {starts} to {ends}.",
            rule="R47",
            field="starts_at",
            way_out="Block the time up to it, or move the visit first.",
        )
    off = TimeOff.objects.standing().filter(
        practitioner=held, starts_at__lt=ends_at, ends_at__gt=starts_at
    )
    if (there := off.order_by("starts_at").first()) is not None:
        until = say_time(clinic.local(there.ends_at))
        raise Conflict(f"{held.name} is off until {until} already.", rule="T1", field="starts_at")
    block = TimeOff(
        practitioner=held,
        clinic=clinic,
        starts_at=starts_at,
        ends_at=ends_at,
        note=note.strip(),
        is_block=True,
        created_at=at,
        created_by=by,
    )
    block.write()
    _note("time_off.block", block, by, at)
    return block


@act("time_off.unblock", may=Permission.BLOCK_TIME, on="block")
def unblock_time(
    *, block: TimeOff, version: int | None = None, by: User, at: dt.datetime
) -> TimeOff:
    """Give blocked time back: she can be booked again.

    Refuses a stale version (P12, 409), what is no block, over, or given back already (T1).
    """
    held_practitioner(block.practitioner, block.clinic)
    held: TimeOff = TimeOff.objects.held().get(pk=block.pk)
    held.expect(version)
    if not held.is_block:
        raise Refusal("This is time off, not a block.", rule="T1", way_out="A manager changes it.")
    if held.withdrawn_at or held.ends_at <= at:
        raise Refusal("This block is over already.", rule="T1")
    held.withdrawn_at, held.withdrawn_by = at, by
    held.write(only=["withdrawn_at", "withdrawn_by"])
    _note("time_off.unblock", held, by, at)
    return held


def _note(action: str, block: TimeOff, by: User, at: dt.datetime) -> None:
    audit.record(
        action,
        by=by,
        at=at,
        clinic_id=block.clinic_id,
        on=block.practitioner,
        detail={"since": block.starts_at, "until": block.ends_at},
    )
