"""Who waits, who fits a time that is free, and what is offered to whom."""

from __future__ import annotations

import datetime as dt
import uuid
from collections import defaultdict
from collections.abc import Collection, Sequence
from dataclasses import dataclass, field

from django.db.models import Prefetch, Q, prefetch_related_objects

from bookings.models import Appointment, Hold, Offer, Service, WaitlistEntry
from bookings.models.waitlist import WaitlistQuerySet
from bookings.queries.going_on import taken_now
from bookings.queries.intervals import needled_of
from bookings.queries.rosters import rosters_of
from bookings.rules.fit import Person, Things
from bookings.rules.free_times import Need, Window
from bookings.rules.interval import Gap, Needled, gap_before, same_skin
from bookings.rules.status import MOVABLE
from bookings.rules.waiting import OfferState
from bookings.rules.waitlist import Freed, Wish, in_line, misses
from clinic.models import Clinic, Device, Patient, Practitioner, Room, User
from clinic.permissions import Permission
from clinic.rules import covers, day_span

DAY = dt.timedelta(days=1)
# Of a longer line the first are judged and listed; the rest wait behind them all the same.
MOST = 300


@dataclass
class Line:
    """Who waits for a time like this one, first come first.

    `fits` can have it now, whoever has a visit of that service to come after all the rest, and
    `coming` says when, and `near` when a visit of another service is too near to this time for
    the same skin (R35); `others` cannot, each with the reason. `offer` is the open offer that
    holds this time.
    """

    practitioner: Practitioner
    starts_at: dt.datetime
    fits: list[WaitlistEntry] = field(default_factory=list)
    others: list[tuple[WaitlistEntry, str]] = field(default_factory=list)
    coming: dict[uuid.UUID, dt.datetime] = field(default_factory=dict)
    near: dict[uuid.UUID, dt.datetime] = field(default_factory=dict)
    offer: Offer | None = None


def waiting_in(
    clinic: Clinic,
    *,
    service: Service | None = None,
    practitioner: Practitioner | None = None,
    patient: Patient | None = None,
) -> WaitlistQuerySet:
    """Who still waits in a clinic, first come first, with all that a list shows of them.

    A practitioner's are those who wait for her and those whom anyone will do.
    """
    found = WaitlistEntry.objects.filter(clinic=clinic).waiting()
    if service is not None:
        found = found.filter(service=service)
    if patient is not None:
        found = found.filter(patient=patient)
    if practitioner is not None:
        found = found.filter(
            Q(practitioners=practitioner) | Q(practitioners__isnull=True)
        ).distinct()
    listed: WaitlistQuerySet = found.select_related("patient", "service", "under").prefetch_related(
        "practitioners",
        Prefetch(
            "offers",
            Offer.objects.still_open().select_related("practitioner", "room"),
            to_attr="open_offers",
        ),
    )
    return listed


def entry_for(*, user: User, clinic: Clinic, key: uuid.UUID) -> WaitlistEntry | None:
    """An entry of the clinic at work; None where it is not known here (P15)."""
    return (
        WaitlistEntry.objects.seen_by(user, Permission.BOOK)
        .filter(clinic=clinic, pk=key)
        .select_related("clinic", "patient", "service", "created_by", "under")
        .prefetch_related("practitioners")
        .first()
    )


def offer_for(*, user: User, clinic: Clinic, key: uuid.UUID) -> Offer | None:
    """An offer of the clinic at work; None where it is not known here (P15)."""
    return (
        Offer.objects.seen_by(user, Permission.BOOK)
        .filter(clinic=clinic, pk=key)
        .select_related("clinic", "entry__patient", "practitioner")
        .first()
    )


def offer_by(digest: str) -> Offer | None:
    """The offer to which a link belongs, by its secret's digest."""
    found = Offer.objects.filter(digest=digest)
    return found.select_related("clinic", "entry__patient", "appointment").first()


def offers_over(*, at: dt.datetime) -> list[uuid.UUID]:
    """The keys of open offers whose time to answer is over; one query."""
    found = Offer.objects.still_open().filter(expires_at__lte=at)
    return list(found.order_by("expires_at", "pk").values_list("pk", flat=True)[:200])


def entries_over(*, at: dt.datetime) -> list[uuid.UUID]:
    """The keys of entries whose last day is over in their clinic; one query."""
    found = WaitlistEntry.objects.waiting().filter(last_on__lt=(at + DAY).date())
    listed = found.exclude(offers__state=OfferState.OPEN).select_related("clinic")[:MOST]
    return [one.pk for one in listed if one.last_on < one.clinic.day_of(at)]


def offered_there(
    clinic: Clinic, practitioner: Practitioner, starts_at: dt.datetime, ends_at: dt.datetime
) -> Offer | None:
    """The open offer that holds some of this time of someone; None where none does. One query."""
    held = Hold.objects.crossing(starts_at, ends_at).filter(
        practitioner=practitioner, offer__clinic=clinic
    )
    found = Offer.objects.still_open().filter(pk__in=held.values("offer"))
    return found.select_related("entry__patient", "practitioner").order_by("pk").first()


def line_for(
    clinic: Clinic,
    practitioner: Practitioner,
    starts_at: dt.datetime,
    *,
    at: dt.datetime,
    waiting: Sequence[WaitlistEntry] | None = None,
) -> Line:
    """Who waits for a time like this: with someone, needling from `starts_at` (UTC) on.

    A constant number of queries, however many wait; one where nobody does.
    """
    line = Line(practitioner, starts_at)
    if waiting is None:
        waiting = list(waiting_in(clinic)[:MOST])
    if not waiting:
        return line
    line.offer = offered_there(clinic, practitioner, starts_at, starts_at + DAY / 96)
    day = clinic.day_of(starts_at)
    window = Window([day_span(day, clinic.zone)], zone=clinic.zone)
    rooms, devices = _rooms(clinic), _devices(clinic)
    busy = _busy(window, practitioner, rooms, devices, {one.patient_id for one in waiting})
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
    skin = needled_of(clinic, day, {one.patient_id for one in waiting})
    services = list({one.service_id: one.service for one in waiting}.values())
    prefetch_related_objects(services, "device_models")
    done_with = {one.pk: {model.pk for model in one.device_models.all()} for one in services}
    for entry in in_line(waiting, lambda one: (one.created_at, one.pk)):
        service = entry.service
        models = done_with[service.pk]
        fit = [key for key, model in devices if not models or model in models]
        things = Things(
            rooms=[busy[key] for key in rooms],
            devices=[busy[key] for key in fit],
            patient=busy[entry.patient_id],
            unfit=len(fit) < len(devices),
        )
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
    line.fits.sort(key=lambda one: one.pk in line.coming)
    return line


def asked_before(
    clinic: Clinic, practitioner: Practitioner, starts_at: dt.datetime
) -> set[uuid.UUID]:
    """The entries to which this very time was offered already; one query."""
    made = Offer.objects.filter(clinic=clinic, practitioner=practitioner, starts_at=starts_at)
    return set(made.order_by().values_list("entry_id", flat=True))


def _not_now(entry: WaitlistEntry, offer: Offer | None) -> str:
    """Why someone is passed over whatever she waits for."""
    if entry.patient.status != Patient.Status.ACTIVE:
        return "Not an active patient."
    if not entry.service.is_active:
        return "The service is not offered any more."
    if offer is not None and offer.entry_id == entry.pk:
        return "This time is offered to her."
    if entry.open_offers:  # type: ignore[attr-defined]  # read by `waiting_in`
        return "Another time is offered to her."
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


def _busy(
    window: Window,
    practitioner: Practitioner,
    rooms: list[uuid.UUID],
    devices: list[tuple[uuid.UUID, uuid.UUID]],
    patients: Collection[uuid.UUID],
) -> dict[uuid.UUID, int]:
    """What each of these is busy with that day, as masks by key; one query."""
    holds = Hold.objects.crossing(window.zero, window.instant(window.length)).filter(
        Q(practitioner=practitioner)
        | Q(room__in=rooms)
        | Q(device__in=[key for key, _model in devices])
        | Q(patient__in=patients)
    )
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
