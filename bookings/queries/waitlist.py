"""Who waits, and what is offered to whom."""

from __future__ import annotations

import datetime as dt
import uuid
from typing import Any

from django.db.models import Prefetch, Q

from bookings.models import Hold, Offer, Service, WaitlistEntry
from bookings.models.waitlist import WaitlistQuerySet
from bookings.rules.waiting import OfferState
from clinic.models import Clinic, Patient, Practitioner, User
from clinic.permissions import Permission
from clinic.prepared import prepared

DAY = dt.timedelta(days=1)
# So many at most are ended in one round of the clock.
MOST = 300


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


def still_waits(clinic: Clinic, service: Service, patient: Patient) -> list[WaitlistEntry]:
    """The patient's own entries for a service, without what a list shows of them."""
    return _still_waits(clinic=clinic.pk, service=service.pk, patient=patient.pk)


@prepared
def _still_waits(*, clinic: Any, service: Any, patient: Any) -> WaitlistQuerySet:
    entries: WaitlistQuerySet = WaitlistEntry.objects.filter(
        clinic=clinic, service=service, patient=patient
    )
    return entries.waiting()


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


def asked_before(
    clinic: Clinic, practitioner: Practitioner, starts_at: dt.datetime
) -> set[uuid.UUID]:
    """The patients to whom this very time was offered already, under whichever number she waits;
    one query."""
    made = Offer.objects.filter(clinic=clinic, practitioner=practitioner, starts_at=starts_at)
    return set(made.order_by().values_list("entry__patient_id", flat=True))
