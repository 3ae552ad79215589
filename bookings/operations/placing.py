"""Finding place for a visit under locks: who and what is free, and the holds it takes."""

from __future__ import annotations

import datetime as dt
import uuid
from collections.abc import Collection
from contextlib import suppress
from dataclasses import dataclass
from functools import partial

from django.db.models import Count, Exists, OuterRef, Subquery
from django.db.models.functions import Coalesce

from bookings.models import Appointment, Hold, Service
from bookings.operations.looks import (
    first_taken,
    free_device,
    free_room,
    held_patient,
    licenses_of,
    one_here,
    with_clinic,
)
from bookings.operations.things import Holder, first_free, holds_of_others, taken_by_others
from bookings.queries import devices_in_service
from bookings.queries.going_on import in_use, taken_now
from bookings.queries.rosters import rosters_of
from bookings.rules import fit
from bookings.rules.rosters import Roster, closed_on
from bookings.rules.status import HOLDING
from bookings.rules.visit import Lanes, Span
from clinic.acts import LookAgain
from clinic.models import Clinic, Device, License, Patient, Practitioner, Room
from clinic.operations.patients import refuse_merged
from clinic.refusals import Conflict, Refusal
from clinic.rules import covers


@dataclass(frozen=True)
class Place:
    """Where a visit goes, and the license that covers it."""

    practitioner: Practitioner
    room: Room
    device: Device
    license: License


def find_place(
    *,
    clinic: Clinic,
    practitioner: Practitioner | None,
    patient: Patient,
    service: Service,
    lanes: Lanes,
    room: Room | None,
    device: Device | None,
    at: dt.datetime,
    but: Holder | None = None,
) -> Place:
    """Lock practitioner, room, device and patient, in this order, and choose the place.

    With no practitioner named, whoever is free and has the fewest visits that day is taken;
    with no room (device), the first free one. Who or what a treatment under way takes at that
    time comes last. The loser of a race goes on to the next. `but` is the appointment being
    moved: its own holds do not count, and its room and device come first.
    Refuses R17, R18, R25 (license), T1 (not at work), R47 (taken, 409).
    """
    today = clinic.day_of(lanes.practitioner.starts_at) == clinic.day_of(at)
    going_on = taken_now(clinic, at) if today else []
    if practitioner is None:
        busy = in_use(going_on, lanes.practitioner)
        practitioner, license = _anyone(clinic, lanes.practitioner, but, busy)
    else:
        _refuse_early(practitioner, clinic, lanes.practitioner, but)
        practitioner, license = _free(practitioner, clinic, lanes.practitioner, but)
    chosen_room = first_free(
        partial(Room.objects.filter, clinic=clinic, is_active=True),
        "room",
        room,
        lanes.room,
        clinic,
        but,
        in_use(going_on, lanes.room),
        at_once=partial(free_room, clinic=clinic.pk),
    )
    chosen_device = first_free(
        partial(devices_in_service, clinic, service.pk),
        "device",
        device,
        lanes.device,
        clinic,
        but,
        in_use(going_on, lanes.device),
        fits=True,
        at_once=partial(free_device, clinic=clinic.pk, service=service.pk),
    )
    [patient] = held_patient(key=patient.pk)
    refuse_merged(patient)
    if patient.status != Patient.Status.ACTIVE:
        raise Refusal(f"{patient.code} is not an active patient.", rule="R54", field="patient")
    taken = taken_by_others(
        but,
        room=(chosen_room, lanes.room),
        device=(chosen_device, lanes.device),
        patient=(patient, lanes.patient),
    )
    if "patient" in taken:
        raise Conflict(fit.PATIENT_BUSY, rule="R47", field="patient")
    if taken:
        # Someone took the room or device between the look and the lock. Looking again from
        # here would lock out of order: the act begins anew, with nothing held.
        raise LookAgain(f"the {' and the '.join(sorted(taken))} went to someone else")
    return Place(practitioner, chosen_room, chosen_device, license)


def take(holder: Holder) -> None:
    """Write the four holds of a visit or an offer; the database refuses an overlap (R47)."""
    lanes, lane_of = holder.lanes, holder._meta.model_name
    Hold.objects.bulk_create(
        [
            Hold(
                starts_at=span.starts_at,
                ends_at=span.ends_at,
                **{str(lane_of): holder, lane: getattr(holder, lane)},
            )
            for lane, span in (
                ("practitioner", lanes.practitioner),
                ("room", lanes.room),
                ("device", lanes.device),
                ("patient", lanes.patient),
            )
        ]
    )


def _refuse_early(
    practitioner: Practitioner, clinic: Clinic, span: Span, but: Holder | None
) -> None:
    """Refuse as `find_place` where the practitioner is already taken, without a lock.

    Of fifty who press at once all but the first would else wait for her row, one after another,
    only to hear "no". Who is refused here held nothing; who is not is judged again under lock.
    """
    if _taken_from(practitioner, span, but):
        [practitioner] = one_here(clinic=clinic.pk, key=practitioner.pk, held=False)
        _may_take(practitioner, clinic, span, but)


def _free(
    practitioner: Practitioner, clinic: Clinic, span: Span, but: Holder | None
) -> tuple[Practitioner, License]:
    [practitioner] = one_here(clinic=clinic.pk, key=practitioner.pk, held=True)
    return practitioner, _may_take(practitioner, clinic, span, but)


def _may_take(
    practitioner: Practitioner, clinic: Clinic, span: Span, but: Holder | None
) -> License:
    """The license by which a locked practitioner takes the visit; refuses as `find_place`."""
    license = _licensed(practitioner, clinic, clinic.day_of(span.starts_at))
    _at_work(practitioner, clinic, span)
    if (taken_from := _taken_from(practitioner, span, but)) is not None:
        if taken_from > span.starts_at:
            says = fit.next_visit(practitioner.name, span, taken_from, clinic.local)
        else:
            says = fit.busy(practitioner.name, span, clinic.local)
        raise Conflict(says, rule="R47", field="practitioner")
    return license


def _taken_from(practitioner: Practitioner, span: Span, but: Holder | None) -> dt.datetime | None:
    """When the first of the other visits begins that take the practitioner in the span."""
    rows = first_taken(
        practitioner=practitioner.pk,
        starts_at=span.starts_at,
        ends_at=span.ends_at,
        but=but.pk if but else None,
    )
    return rows[0][0] if rows else None


def _anyone(
    clinic: Clinic, span: Span, but: Holder | None, busy: Collection[uuid.UUID]
) -> tuple[Practitioner, License]:
    """Whoever may, is free and has the fewest visits that day, locked and judged once more.

    Those who are `busy` all the same come last. Whoever is being booked just now is passed
    over; only where no other is left does it wait.
    """
    at_work, closure = _at_work_then(clinic, span, but)
    # `is_taken` is the query's own column, which the model's type does not know.
    free = [one.pk for one in at_work if not one.is_taken]  # type: ignore[attr-defined]
    idle = [key for key in free if key not in busy]
    lost = False
    # While an idle one is only being booked, nobody is called away from a patient.
    for key in idle or free:
        one = with_clinic(clinic).filter(pk=key).held(waiting=False).first()
        if one is None:
            continue
        with suppress(Refusal):
            return one, _may_take(one, clinic, span, but)
        lost = True
    if not lost:
        # Locks that are waited for are taken in key order, so that two bookings never cross.
        for one in with_clinic(clinic).filter(pk__in=idle or free).order_by("pk"):
            with suppress(Refusal):
                return _free(one, clinic, span, but)
    if lost or (idle and len(idle) < len(free)):
        # Taken between the look and the lock. To go on to another with a row in hand would
        # lock out of order: the act begins anew, with nothing held.
        raise LookAgain("who was free went to someone else")
    says = fit.nobody(
        span.starts_at, clinic.local, at_work_but_taken=bool(at_work), closure=closure
    )
    if at_work:
        raise Conflict(says, rule="R47", field="starts_at")
    raise Refusal(says, rule="T1", field="starts_at", way_out="Choose another time.")


def _at_work_then(clinic: Clinic, span: Span, but: Holder | None) -> tuple[list[Practitioner], str]:
    """Who may treat and is at work then, by visits of that day, then key; nobody is locked.

    Each says whether she `is_taken`. Beside them, what the clinic is closed for that day ("" when
    it is not). Three queries, however many work there.
    """
    day, last = clinic.day_of(span.starts_at), clinic.day_of(span.ends_at)
    holding = [str(status) for status in HOLDING]
    visits = Appointment.objects.filter(
        practitioner=OuterRef("pk"), local_date=day, status__in=holding
    )
    count = visits.order_by().values("practitioner").annotate(n=Count("pk")).values("n")
    people = (
        Practitioner.objects.working_in(clinic)
        .annotate(
            is_taken=Exists(holds_of_others(span, but).filter(practitioner=OuterRef("pk"))),
            visits_that_day=Coalesce(Subquery(count), 0),
        )
        .order_by("visits_that_day", "pk")
        .prefetch_related("licenses")
    )
    rosters = rosters_of(clinic, first=day, last=last)
    able = [
        one
        for one in people
        if covers(one.licenses.all(), name=one.name, state=clinic.state, on=day).allowed
        and _spans(rosters.of(one.pk), clinic, span)
    ]
    return able, closed_on(rosters.closures, day)


def _spans(roster: Roster, clinic: Clinic, span: Span) -> bool:
    """Whether a practitioner is at work for the whole span."""
    first, last = clinic.day_of(span.starts_at), clinic.day_of(span.ends_at)
    times = roster.works(first=first, last=last, zone=clinic.zone)
    return any(begins <= span.starts_at and span.ends_at <= ends for begins, ends in times)


def _licensed(practitioner: Practitioner, clinic: Clinic, day: dt.date) -> License:
    licenses = licenses_of(practitioner=practitioner.pk)
    verdict = covers(licenses, name=practitioner.name, state=clinic.state, on=day)
    if not verdict.allowed:
        raise Refusal(
            verdict.reason, rule=verdict.rule, field="practitioner", way_out=verdict.way_out
        )
    found: License = verdict.license
    return found


def _at_work(practitioner: Practitioner, clinic: Clinic, span: Span) -> None:
    day = clinic.day_of(span.starts_at)
    if not practitioner.is_active or not practitioner.works_here:  # type: ignore[attr-defined]
        raise Refusal(
            f"{practitioner.name} does not work in {clinic.name}.",
            rule="T1",
            field="practitioner",
        )
    last = clinic.day_of(span.ends_at)
    roster = rosters_of(clinic, first=day, last=last, people=[practitioner]).of(practitioner.pk)
    if _spans(roster, clinic, span):
        return
    raise Refusal(
        fit.not_at_work(practitioner.name, span, clinic.local, roster),
        rule="T1",
        field="starts_at",
        way_out="Choose a time within working hours.",
    )
