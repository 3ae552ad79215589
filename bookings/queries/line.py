"""Who waits for a time that is free, in line, and why the others cannot have it."""

from __future__ import annotations

import datetime as dt
import uuid
from collections import defaultdict
from collections.abc import Collection
from dataclasses import dataclass, field

from django.db.models import Case, Exists, F, OuterRef, Q, When

from bookings.models import Appointment, Hold, Offer, Service, WaitlistEntry
from bookings.queries.going_on import taken_now
from bookings.queries.intervals import needled_of
from bookings.queries.rosters import rosters_of
from bookings.queries.waitlist import offered_there, waiting_in
from bookings.rules.fit import Person, Things, misfit
from bookings.rules.free_times import Need, Window
from bookings.rules.interval import Gap, Needled, gap_before, same_skin
from bookings.rules.status import MOVABLE
from bookings.rules.waitlist import Freed, Wish, in_line, minutes_there, misses, plan
from clinic.models import Clinic, Device, Patient, Practitioner, Room
from clinic.rules import covers, day_span

DAY = dt.timedelta(days=1)
# Of a longer line so many are judged and listed, those whom the time may suit before the others;
# the rest wait behind them all the same.
MOST = 300


@dataclass
class Line:
    """Who waits for a time like this one, first come first.

    `fits` can have it now, after all the rest whoever has a visit of that service to come, as
    `coming` says, or one of another service too near to this time for the same skin (R35), as
    `near` does; `others` cannot, each with the reason. `offer` is the open offer that
    holds this time.
    """

    practitioner: Practitioner
    starts_at: dt.datetime
    fits: list[WaitlistEntry] = field(default_factory=list)
    others: list[tuple[WaitlistEntry, str]] = field(default_factory=list)
    coming: dict[uuid.UUID, dt.datetime] = field(default_factory=dict)
    near: dict[uuid.UUID, dt.datetime] = field(default_factory=dict)
    offer: Offer | None = None
    # More wait than were looked at; and among those, some whom the time may suit.
    more: bool = False
    more_may: bool = False


def line_for(
    clinic: Clinic,
    practitioner: Practitioner,
    starts_at: dt.datetime,
    *,
    at: dt.datetime,
) -> Line:
    """Who waits for a time like this: with someone, needling from `starts_at` (UTC) on.

    Of a line of more than MOST those whom it may suit are looked at first: her own service can
    be had then, and day, hours and person are as she wishes. A constant number of queries,
    however many wait; one where nobody does.
    """
    line = Line(practitioner, starts_at)
    services = _waited_for(clinic)
    if not services:
        return line
    line.offer = offered_there(clinic, practitioner, starts_at, starts_at + DAY / 96)
    day = clinic.day_of(starts_at)
    window = Window([day_span(day, clinic.zone)], zone=clinic.zone)
    rooms, devices = _rooms(clinic), _devices(clinic)
    things_too = [key for key, _model in devices]
    busy = _busy(
        window, Q(practitioner=practitioner) | Q(room__in=rooms) | Q(device__in=things_too)
    )
    if day == clinic.day_of(at):
        for taken in taken_now(clinic, at):
            span = (window.floor(taken.span.starts_at), window.ceil(taken.span.ends_at))
            for key in taken.keys:
                busy[key] |= window.mask([span])
    freed = Freed(
        practitioner.pk,
        starts_at,
        window,
        _person(clinic, practitioner, day, window, busy[practitioner.pk]),
        clinic.local,
    )
    done_with = {one.pk: {model.pk for model in one.device_models.all()} for one in services}

    def things_for(service: uuid.UUID, patient: int = 0) -> Things:
        models = done_with[service]
        fit = [key for key, model in devices if not models or model in models]
        return Things(
            rooms=[busy[key] for key in rooms],
            devices=[busy[key] for key in fit],
            patient=patient,
            unfit=len(fit) < len(devices),
        )

    can = [one for one in services if one.is_active and not _cannot(freed, one, things_for(one.pk))]
    waiting = _may_first(clinic, freed, can)
    line.more = len(waiting) > MOST
    line.more_may = line.more and bool(waiting[MOST].may)  # type: ignore[attr-defined]
    waiting = waiting[:MOST]
    patients = {one.patient_id for one in waiting}
    busy |= _busy(window, Q(patient__in=patients))
    skin = needled_of(clinic, day, patients)
    for entry in in_line(waiting, lambda one: (one.created_at, one.pk)):
        service = entry.service
        things = things_for(service.pk, busy[entry.patient_id])
        why = _not_now(entry, line.offer)
        why = why or misses(
            Wish.of(entry),
            Need.of(service),
            freed,
            things=things,
            gap=_gap(clinic, entry, day, skin),
            at=at,
        )
        if why:
            line.others.append((entry, why))
        else:
            line.fits.append(entry)
    booked = _booked(clinic, {one.patient_id for one in line.fits}, at)
    for entry in line.fits:
        for what, areas, when in booked[entry.patient_id]:
            if what == entry.service_id:
                line.coming.setdefault(entry.pk, when)
            elif same_skin(entry.service.areas, areas) and _is_near(clinic, day, when):
                line.near.setdefault(entry.pk, when)
    line.fits.sort(key=lambda one: one.pk in line.coming or one.pk in line.near)
    return line


def _waited_for(clinic: Clinic) -> list[Service]:
    """The services for which someone waits, with the devices they are done with; two queries."""
    waits = WaitlistEntry.objects.filter(clinic=clinic, closed_at=None).order_by()
    found = Service.objects.filter(pk__in=waits.values("service"))
    return list(found.prefetch_related("device_models"))


def _cannot(freed: Freed, service: Service, things: Things) -> str:
    """Why nobody at all could have this time for a service; "" where someone could."""
    held = plan(Need.of(service), freed.starts_at)
    return misfit(
        freed.window, held, people=[freed.person], anyone=False, things=things, local=freed.local
    )


def _may_first(clinic: Clinic, freed: Freed, can: Collection[Service]) -> list[WaitlistEntry]:
    """The first who wait, one more than MOST; those whom the time may suit (`may`) before all
    others. Three queries."""
    with_whom = WaitlistEntry.practitioners.through.objects.filter(waitlistentry=OuterRef("pk"))
    day = freed.local(freed.starts_at).date()
    suits = Q(pk__in=[])
    for service in can:
        first, last = minutes_there(plan(Need.of(service), freed.starts_at), freed.local)
        suits |= Q(service=service, from_min__lte=first, to_min__gte=last)
    suits &= Q(first_on__lte=day, days__gt=0, patient__status=Patient.Status.ACTIVE)
    suits &= Q(last_on__isnull=True) | Q(last_on__gte=day)
    suits &= Q(Exists(with_whom.filter(practitioner=freed.practitioner))) | ~Q(Exists(with_whom))
    found = waiting_in(clinic).annotate(days=F("weekdays").bitand(1 << day.weekday()))
    may = Case(When(suits, then=1), default=0)
    return list(found.annotate(may=may).order_by("-may", "created_at", "pk")[: MOST + 1])


def _not_now(entry: WaitlistEntry, offer: Offer | None) -> str:
    """Why someone is passed over whatever she waits for."""
    if entry.patient.status != Patient.Status.ACTIVE:
        return "Not an active patient."
    if not entry.service.is_active:
        return "The service is not offered any more."
    if offer is not None and offer.entry_id == entry.pk:
        return "This time is offered to the patient."
    if entry.open_offers:  # type: ignore[attr-defined]  # read by `waiting_in`
        return "Another time is offered to the patient."
    return ""


def _gap(
    clinic: Clinic, entry: WaitlistEntry, day: dt.date, skin: dict[uuid.UUID, list[Needled]]
) -> Gap | None:
    needled = skin.get(entry.patient_id, [])
    return gap_before(
        day, areas=entry.service.areas, needled=needled, keeps_days=clinic.interval_days
    )


def _booked(
    clinic: Clinic, patients: Collection[uuid.UUID], at: dt.datetime
) -> dict[uuid.UUID, list[tuple[uuid.UUID, list[str], dt.datetime]]]:
    """The visits to come of each patient, by service with its areas, the next first; one query."""
    rows = Appointment.objects.filter(
        clinic=clinic,
        patient__in=patients,
        status__in=[str(one) for one in MOVABLE],
        starts_at__gt=at,
    )
    found: dict[uuid.UUID, list[tuple[uuid.UUID, list[str], dt.datetime]]] = defaultdict(list)
    columns = ("patient_id", "service_id", "service__areas", "starts_at")
    for who, what, areas, when in rows.order_by("starts_at", "pk").values_list(*columns):
        found[who].append((what, areas, when))
    return found


def _is_near(clinic: Clinic, day: dt.date, when: dt.datetime) -> bool:
    """Whether a visit lies nearer to a day than the interval."""
    return abs((clinic.day_of(when) - day).days) < clinic.interval_days


def _rooms(clinic: Clinic) -> list[uuid.UUID]:
    rooms = Room.objects.filter(clinic=clinic, is_active=True)
    return list(rooms.order_by("pk").values_list("pk", flat=True))


def _devices(clinic: Clinic) -> list[tuple[uuid.UUID, uuid.UUID]]:
    """The devices in service, with their models."""
    devices = Device.objects.filter(clinic=clinic, status=Device.Status.IN_SERVICE)
    return list(devices.order_by("pk").values_list("pk", "model_id"))


def _busy(window: Window, whose: Q) -> dict[uuid.UUID, int]:
    """What each of these is busy with that day, as masks by key; one query."""
    holds = Hold.objects.crossing(window.zero, window.instant(window.length)).filter(whose)
    spans: dict[uuid.UUID, list[tuple[int, int]]] = defaultdict(list)
    columns = ("practitioner_id", "room_id", "device_id", "patient_id", "starts_at", "ends_at")
    for *lanes, first, last in holds.order_by().values_list(*columns):
        key = next(one for one in lanes if one is not None)
        spans[key].append((window.floor(first), window.ceil(last)))
    found: dict[uuid.UUID, int] = defaultdict(int)
    for key, held in spans.items():
        found[key] = window.mask(held)
    return found


def _person(
    clinic: Clinic, practitioner: Practitioner, day: dt.date, window: Window, busy: int
) -> Person:
    """Whether she is at work and licensed that day; two queries."""
    verdict = covers(
        practitioner.licenses.all(), name=practitioner.name, state=clinic.state, on=day
    )
    roster = rosters_of(clinic, first=day, last=day + DAY, people=[practitioner]).of(
        practitioner.pk
    )
    at_work = window.at_work(roster.works(first=day, last=day + DAY, zone=clinic.zone))
    refused = "" if verdict.allowed else verdict.reason
    return Person(practitioner.name, refused, at_work, busy, roster)
