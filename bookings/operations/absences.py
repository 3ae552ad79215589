"""When nobody is treated: a practitioner's time off, and days on which the clinic is closed."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence

from bookings.models import Closure, TimeOff
from bookings.operations.working_hours import day_faults, held_practitioner
from bookings.rules.closing import public_holidays
from bookings.rules.rosters import closed_on
from bookings.rules.visit import FARTHEST
from clinic import audit
from clinic.acts import act
from clinic.models import Clinic, Practitioner, User
from clinic.permissions import Permission
from clinic.refusals import Conflict, Refusal, refuse_all
from clinic.rules import say_date, squeezed

LONGEST = dt.timedelta(days=366)
TOO_LONG = "This is longer than a year."


@act("time_off.give", may=Permission.SET_UP_CLINIC, on="clinic")
def give_time_off(
    *,
    clinic: Clinic,
    practitioner: Practitioner,
    starts_at: dt.datetime,
    ends_at: dt.datetime,
    note: str = "",
    by: User,
    at: dt.datetime,
) -> TimeOff:
    """Let a practitioner be off, in every clinic (UTC, half-open); what is booked stays booked.

    Refuses someone who does not work here (P15), time that is over, more than two years ahead,
    longer than a year or that ends before it begins (T1), and time in which she is off already
    (T1, 409).
    """
    held = held_practitioner(practitioner, clinic)
    if ends_at <= starts_at:
        raise Refusal("This ends before it begins.", rule="T1", field="last_on")
    if ends_at <= at:
        raise Refusal("This time is over.", rule="T1", field="last_on")
    if ends_at - starts_at > LONGEST:
        raise Refusal(TOO_LONG, rule="T1", field="last_on", way_out="Enter it in parts.")
    if ends_at > at + FARTHEST:
        raise Refusal("This is more than two years ahead.", rule="T1", field="last_on")
    same = TimeOff.objects.standing().filter(
        practitioner=held, starts_at__lte=starts_at, ends_at__gte=ends_at
    )
    if same.exists():
        raise Conflict(f"{held.name} is off for all of this time already.", rule="T1")
    off = TimeOff(
        practitioner=held,
        clinic=clinic,
        starts_at=starts_at,
        ends_at=ends_at,
        note=note.strip(),
        created_at=at,
        created_by=by,
    )
    off.write()
    audit.record(
        "time_off.give",
        by=by,
        at=at,
        clinic_id=clinic.pk,
        on=held,
        detail={"since": starts_at, "until": ends_at},
    )
    return off


@act("time_off.withdraw", may=Permission.SET_UP_CLINIC, on="clinic")
def withdraw_time_off(
    *,
    clinic: Clinic,
    time_off: TimeOff,
    version: int | None = None,
    by: User,
    at: dt.datetime,
) -> TimeOff:
    """Take time off back: she can be booked again. Time off counts in every clinic, so that the
    one that entered it may take it back, also when she has left, and any in which she works now;
    both have it on record.

    Refuses another clinic (P15), a stale version (P12, 409), and what is over or was taken back
    already (T1).
    """
    who: Practitioner = Practitioner.objects.held().get(pk=time_off.practitioner_id)
    held: TimeOff = TimeOff.objects.held().get(pk=time_off.pk)
    if clinic.pk != held.clinic_id and not who.clinics.filter(pk=clinic.pk).exists():
        raise Refusal(f"{who.name} does not work in {clinic.name}.", rule="P15")
    held.expect(version)
    if held.withdrawn_at or held.ends_at <= at:
        raise Refusal("This time off is over already.", rule="T1")
    held.withdrawn_at, held.withdrawn_by = at, by
    held.write(only=["withdrawn_at", "withdrawn_by"])
    audit.record_in(
        {clinic.pk, held.clinic_id},
        "time_off.withdraw",
        by=by,
        at=at,
        on=who,
        detail={"since": held.starts_at, "until": held.ends_at},
    )
    return held


@act("closure.add", may=Permission.SET_UP_CLINIC, on="clinic")
def close_clinic(
    *,
    clinic: Clinic,
    name: str,
    first_on: dt.date,
    last_on: dt.date,
    by: User,
    at: dt.datetime,
) -> Closure:
    """Close the clinic from a date through another; what is booked stays booked.

    Refuses an empty name, days that are past, more than two years ahead, out of order or longer
    than a year (T1), and days that are closed already (T1, 409).
    """
    held: Clinic = Clinic.objects.held().get(pk=clinic.pk)
    name = squeezed(name)
    faults = day_faults(first_on, held, at, "first_on")
    if not name:
        faults.insert(0, Refusal("Say what it is closed for.", rule="input", field="name"))
    if last_on < first_on:
        faults.append(Refusal("This ends before it begins.", rule="T1", field="last_on"))
    elif last_on - first_on > LONGEST:
        faults.append(Refusal(TOO_LONG, rule="T1", field="last_on", way_out="Enter it in parts."))
    refuse_all(faults)
    same = Closure.objects.standing().filter(
        clinic=held, first_on__lte=first_on, last_on__gte=last_on
    )
    if found := same.first():
        raise Conflict(f"It is closed then already: {found.name}.", rule="T1", field="first_on")
    closure = _closure(held, name, first_on, last_on, by, at)
    audit.record(
        "closure.add",
        by=by,
        at=at,
        clinic_id=held.pk,
        on=closure,
        detail={"name": name, "since": first_on, "until": last_on},
    )
    return closure


@act("closure.add_holidays", may=Permission.SET_UP_CLINIC, on="clinic")
def add_holidays(*, clinic: Clinic, days: Sequence[dt.date], by: User, at: dt.datetime) -> Clinic:
    """Close the clinic on public holidays of its state, each by its name.

    Refuses when none is chosen, and a date that is no holiday there, past, or more than two years
    ahead (T1). One that is closed already is passed over.
    """
    held: Clinic = Clinic.objects.held().get(pk=clinic.pk)
    if not days:
        raise Refusal("Tick at least one holiday.", rule="input", field="days")
    known = {year: public_holidays(held.state, year) for year in {day.year for day in days}}
    shut = list(Closure.objects.standing().filter(clinic=held, last_on__gte=min(days)))
    closed = []
    for day in sorted(set(days)):
        refuse_all(day_faults(day, held, at, "days"))
        name = known[day.year].get(day)
        if name is None:
            raise Refusal(f"{say_date(day)} is no public holiday.", rule="T1", field="days")
        if not closed_on(shut, day):
            _closure(held, name[:80], day, day, by, at, is_holiday=True)
            closed.append((name, day))
    audit.record(
        "closure.add_holidays",
        by=by,
        at=at,
        clinic_id=held.pk,
        on=held,
        detail={"days": closed},
    )
    return held


@act("closure.withdraw", may=Permission.SET_UP_CLINIC, on="closure")
def withdraw_closure(
    *, closure: Closure, version: int | None = None, by: User, at: dt.datetime
) -> Closure:
    """Open the clinic on those days after all.

    Refuses a stale version (P12, 409), and what is over or was taken back already (T1).
    """
    held: Closure = Closure.objects.held().select_related("clinic").get(pk=closure.pk)
    held.expect(version)
    if held.withdrawn_at or held.last_on < held.clinic.day_of(at):
        raise Refusal("This closure is over already.", rule="T1")
    held.withdrawn_at, held.withdrawn_by = at, by
    held.write(only=["withdrawn_at", "withdrawn_by"])
    audit.record(
        "closure.withdraw",
        by=by,
        at=at,
        clinic_id=held.clinic_id,
        on=held,
        detail={"name": held.name, "since": held.first_on, "until": held.last_on},
    )
    return held


def _closure(
    clinic: Clinic,
    name: str,
    first_on: dt.date,
    last_on: dt.date,
    by: User,
    at: dt.datetime,
    *,
    is_holiday: bool = False,
) -> Closure:
    closure = Closure(
        clinic=clinic,
        name=name,
        first_on=first_on,
        last_on=last_on,
        is_holiday=is_holiday,
        created_at=at,
        created_by=by,
    )
    closure.write()
    return closure
