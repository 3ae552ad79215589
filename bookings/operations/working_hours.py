"""When someone works: her week from a date on, and other hours on one day."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence

from bookings.models import Shift, ShiftException
from bookings.queries import mark_of, mark_of_days
from bookings.rules.hours import hours_faults, week_on
from bookings.rules.visit import FARTHEST
from clinic import audit
from clinic.acts import act
from clinic.models import Clinic, Practitioner, User
from clinic.permissions import Permission
from clinic.refusals import Conflict, Refusal, refuse_all
from clinic.rules import Hours, say_date

ONE_DAY = dt.timedelta(days=1)
MEANWHILE = "Someone changed these hours after you opened the page."
COMPARE = "Open the page again and compare."


@act("shift.set_week", may=Permission.SET_UP_CLINIC, on="clinic")
def set_week(
    *,
    clinic: Clinic,
    practitioner: Practitioner,
    week: Sequence[Hours],
    starts_on: dt.date,
    seen: str | None = None,
    by: User,
    at: dt.datetime,
) -> Practitioner:
    """Let a week (Monday to Sunday, minutes of the wall clock) count from a date on.

    The shifts before it end on the day before; what was planned from that date on is replaced.
    `seen` is the `mark_of` the shifts that the page showed.
    Refuses someone who does not work here (P15), a page made from other shifts (P12, 409), a date
    that is past or more than two years ahead, and hours that overlap, end before they begin or
    cross midnight (T1).
    """
    held = held_practitioner(practitioner, clinic)
    rows = list(Shift.objects.filter(clinic=clinic, practitioner=held))
    if seen is not None and seen != mark_of(rows):
        raise Conflict(MEANWHILE, rule="P12", way_out=COMPARE)
    faults = [
        Refusal(says, rule="T1", field=f"d{weekday}_{place}_from")
        for weekday, hours in enumerate(week)
        for place, says in hours_faults(hours).items()
    ]
    refuse_all([*day_faults(starts_on, clinic, at, "starts_on"), *faults])
    before = week_on(rows, starts_on)
    planned = any(one.valid_from > starts_on and not _is_void(one) for one in rows)
    after = [sorted(hours) for hours in week]
    if not planned and after == before:
        raise Refusal(
            "These are the hours that count then already.", rule="T1", way_out="Change a day first."
        )
    for row in rows:
        if row.valid_to is None or row.valid_to >= starts_on:
            # One that had not begun by then never does.
            row.valid_to = max(starts_on, row.valid_from) - ONE_DAY
            row.write(only=["valid_to"])
    for weekday, hours in enumerate(week):
        for starts_min, ends_min in hours:
            Shift(
                practitioner=held,
                clinic=clinic,
                weekday=weekday,
                starts_min=starts_min,
                ends_min=ends_min,
                valid_from=starts_on,
            ).write()
    audit.record(
        "shift.set_week",
        by=by,
        at=at,
        clinic_id=clinic.pk,
        on=held,
        detail={"since": starts_on, "before_week": before, "week": after},
    )
    return held


@act("shift.set_day", may=Permission.SET_UP_CLINIC, on="clinic")
def set_day(
    *,
    clinic: Clinic,
    practitioner: Practitioner,
    day: dt.date,
    hours: Hours,
    note: str = "",
    seen: str | None = None,
    by: User,
    at: dt.datetime,
) -> Practitioner:
    """Let other hours count on one date, or none at all; what was set for it before is replaced.

    `seen` is the `mark_of_days` that the page showed. Refuses someone who does not work here
    (P15), a page made before other hours were changed (P12, 409), a date that is past or more
    than two years ahead, and hours that overlap, end before they begin or cross midnight (T1).
    """
    held = held_practitioner(practitioner, clinic)
    _expect(held, clinic, seen)
    faults = [
        Refusal(says, rule="T1", field=f"hours_{place}_from")
        for place, says in hours_faults(hours).items()
    ]
    refuse_all([*day_faults(day, clinic, at, "day"), *faults])
    _withdraw(held, clinic, day, by, at)
    # One row without times says that she does not work.
    spans: Sequence[tuple[int | None, int | None]] = hours or [(None, None)]
    for starts_min, ends_min in spans:
        ShiftException(
            practitioner=held,
            clinic=clinic,
            day=day,
            starts_min=starts_min,
            ends_min=ends_min,
            note=note.strip(),
        ).write()
    audit.record(
        "shift.set_day",
        by=by,
        at=at,
        clinic_id=clinic.pk,
        on=held,
        detail={"day": day, "spans": sorted(hours)},
    )
    return held


@act("shift.clear_day", may=Permission.SET_UP_CLINIC, on="clinic")
def clear_day(
    *,
    clinic: Clinic,
    practitioner: Practitioner,
    day: dt.date,
    seen: str | None = None,
    by: User,
    at: dt.datetime,
) -> Practitioner:
    """Let the week's own hours count on a date again.

    Refuses someone who does not work here (P15), a page made before other hours were changed
    (P12, 409), and a date that has no other hours (T1).
    """
    held = held_practitioner(practitioner, clinic)
    _expect(held, clinic, seen)
    if not _withdraw(held, clinic, day, by, at):
        raise Refusal(f"On {say_date(day)} the week's hours count already.", rule="T1")
    audit.record("shift.clear_day", by=by, at=at, clinic_id=clinic.pk, on=held, detail={"day": day})
    return held


def day_faults(day: dt.date, clinic: Clinic, at: dt.datetime, field: str) -> list[Refusal]:
    """Why a date cannot be planned for: it is past, or too far ahead (T1)."""
    today = clinic.day_of(at)
    if day < today:
        return [
            Refusal("This date is past.", rule="T1", field=field, way_out="Use today or later.")
        ]
    if day > today + FARTHEST:
        return [Refusal("This is more than two years ahead.", rule="T1", field=field)]
    return []


def _is_void(row: Shift) -> bool:
    return row.valid_to is not None and row.valid_to < row.valid_from


def held_practitioner(practitioner: Practitioner, clinic: Clinic) -> Practitioner:
    """The practitioner, locked as a booking locks her."""
    held: Practitioner = Practitioner.objects.held().get(pk=practitioner.pk)
    if not held.clinics.filter(pk=clinic.pk).exists():
        raise Refusal(f"{held.name} does not work in {clinic.name}.", rule="P15")
    return held


def _expect(practitioner: Practitioner, clinic: Clinic, seen: str | None) -> None:
    if seen is not None and seen != mark_of_days(practitioner, clinic):
        raise Conflict(MEANWHILE, rule="P12", way_out=COMPARE)


def _withdraw(
    practitioner: Practitioner, clinic: Clinic, day: dt.date, by: User, at: dt.datetime
) -> int:
    rows = ShiftException.objects.standing().filter(
        practitioner=practitioner, clinic=clinic, day=day
    )
    gone = 0
    for row in rows:
        row.withdrawn_at, row.withdrawn_by = at, by
        row.write(only=["withdrawn_at", "withdrawn_by"])
        gone += 1
    return gone
