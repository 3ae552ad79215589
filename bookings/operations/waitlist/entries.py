"""Putting someone on the waitlist, changing what she waits for, and taking her off."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from typing import Any

from bookings.models import Appointment, Service, WaitlistEntry
from bookings.operations.booking import book
from bookings.operations.waitlist.ground import close, held_entry
from bookings.rules.waiting import EVERY_DAY, MIDNIGHT_MIN, ClosedAs
from clinic import audit
from clinic.acts import act
from clinic.models import Clinic, Patient, Practitioner, User
from clinic.operations.patients import refuse_merged
from clinic.permissions import Permission
from clinic.refusals import Conflict, Refusal, refuse_all


@act("waitlist.add", may=Permission.BOOK, on="clinic")
def add_to_waitlist(
    *,
    clinic: Clinic,
    patient: Patient,
    service: Service,
    first_on: dt.date,
    by: User,
    at: dt.datetime,
    practitioners: Sequence[Practitioner] = (),
    weekdays: int = EVERY_DAY,
    from_min: int = 0,
    to_min: int = MIDNIGHT_MIN,
    last_on: dt.date | None = None,
    note: str = "",
) -> WaitlistEntry:
    """Let a patient wait for a time of a service; whoever waits first is asked first (T3).

    Refuses another clinic's patient or service (P15), one who was merged into another (R57) or
    is not active (R54), a service that is not offered any more (R48), whoever waits for it
    already (T3, 409), and a wish that no time could fit.
    """
    for name, row in (("patient", patient), ("service", service)):
        if row.clinic_id != clinic.pk:
            raise Refusal(f"This {name} is not known here.", rule="P15", field=name)
    patient = Patient.objects.held().get(pk=patient.pk)
    refuse_merged(patient)
    if patient.status != Patient.Status.ACTIVE:
        raise Refusal(f"{patient.code} is not an active patient.", rule="R54", field="patient")
    if not service.is_active:
        raise Refusal(f"{service.name} is not offered any more.", rule="R48", field="service")
    _possible(clinic, weekdays, from_min, to_min, first_on, last_on, service, at)
    if WaitlistEntry.objects.waiting().filter(patient=patient, service=service).exists():
        raise Conflict(
            f"{patient.code} waits for this service already.",
            rule="T3",
            field="service",
            way_out="Change on the waitlist what the patient waits for.",
        )
    entry = WaitlistEntry(
        clinic=clinic,
        patient=patient,
        service=service,
        weekdays=weekdays,
        from_min=from_min,
        to_min=to_min,
        first_on=first_on,
        last_on=last_on,
        note=note.strip(),
        created_at=at,
        created_by=by,
    )
    entry.write()
    entry.practitioners.set(practitioners)
    _note("waitlist.add", entry, by, at, **_wish(entry, practitioners))
    return entry


@act("waitlist.change", may=Permission.BOOK, on="entry")
def change_wait(
    *,
    entry: WaitlistEntry,
    first_on: dt.date,
    by: User,
    at: dt.datetime,
    practitioners: Sequence[Practitioner] = (),
    weekdays: int = EVERY_DAY,
    from_min: int = 0,
    to_min: int = MIDNIGHT_MIN,
    last_on: dt.date | None = None,
    note: str = "",
    version: int | None = None,
) -> WaitlistEntry:
    """Change what someone waits for; her place in the line stays hers (T3).

    Refuses a stale page (P12, 409), whoever waits no more (T3, 409), and a wish that no time
    could fit.
    """
    held = held_entry(entry, version=version)
    _possible(held.clinic, weekdays, from_min, to_min, first_on, last_on, held.service, at)
    held.weekdays, held.from_min, held.to_min = weekdays, from_min, to_min
    held.first_on, held.last_on, held.note = first_on, last_on, note.strip()
    held.write()
    held.practitioners.set(practitioners)
    _note("waitlist.change", held, by, at, **_wish(held, practitioners))
    return held


@act("waitlist.withdraw", may=Permission.BOOK, on="entry")
def withdraw_wait(
    *, entry: WaitlistEntry, by: User, at: dt.datetime, version: int | None = None
) -> WaitlistEntry:
    """Take someone off the waitlist.

    Refuses a stale page (P12, 409), whoever waits no more, and while a time is offered to her
    (T3, 409).
    """
    held = held_entry(entry, version=version)
    _without_offer(held)
    close(held, ClosedAs.WITHDRAWN, by=by, at=at)
    _note("waitlist.withdraw", held, by, at)
    return held


@act("waitlist.book", may=Permission.BOOK, on="entry")
def book_from_waitlist(
    *,
    entry: WaitlistEntry,
    practitioner: Practitioner,
    starts_at: dt.datetime,
    by: User,
    at: dt.datetime,
) -> Appointment:
    """Book a time for someone who waits, through the same door as every booking; she waits no
    more.

    Refuses whoever waits no more, and while a time is offered to her (T3, 409); and whatever
    `book` refuses.
    """
    visit = book(
        clinic=entry.clinic,
        patient=entry.patient,
        practitioner=practitioner,
        service=entry.service,
        starts_at=starts_at,
        by=by,
        at=at,
    )
    held = held_entry(entry)
    _without_offer(held)
    close(held, ClosedAs.BOOKED, by=by, at=at, appointment=visit)
    _note("waitlist.book", held, by, at, starts_at=starts_at, practitioner=practitioner.pk)
    return visit


def _without_offer(entry: WaitlistEntry) -> None:
    if entry.offers.still_open().exists():
        raise Conflict(
            f"A time is offered to {entry.patient.code}.",
            rule="T3",
            way_out="Take the offer back first.",
        )


def _possible(
    clinic: Clinic,
    weekdays: int,
    from_min: int,
    to_min: int,
    first_on: dt.date,
    last_on: dt.date | None,
    service: Service,
    at: dt.datetime,
) -> None:
    """Refuse, all at once, a wish that no time could fit."""
    faults = []
    stays = service.check_in_min + service.numbing_min + service.treatment_min
    if not 1 <= weekdays <= EVERY_DAY:
        faults.append(("weekdays", "Choose at least one day of the week."))
    if not 0 <= from_min < to_min <= MIDNIGHT_MIN:
        faults.append(("to_min", "The time of day ends after it begins."))
    elif to_min - from_min < stays:
        says = f"A visit for {service.name} takes {stays} minutes: leave at least so much time."
        faults.append(("to_min", says))
    if last_on is not None and last_on < max(first_on, clinic.day_of(at)):
        faults.append(("last_on", "The last day is over, or before the first."))
    refuse_all([Refusal(says, rule="input", field=field) for field, says in faults])


def _wish(entry: WaitlistEntry, practitioners: Sequence[Practitioner]) -> dict[str, Any]:
    return {
        "service": entry.service_id,
        "practitioners": [one.pk for one in practitioners],
        "weekdays": entry.weekdays,
        "from_min": entry.from_min,
        "to_min": entry.to_min,
        "first_on": entry.first_on,
        "last_on": entry.last_on,
    }


def _note(action: str, entry: WaitlistEntry, by: User, at: dt.datetime, **more: Any) -> None:
    audit.record(
        action,
        by=by,
        at=at,
        clinic_id=entry.clinic_id,
        on=entry,
        detail={"patient": entry.patient_id, **more},
    )
