"""What `find_place` looks up, by queries whose SQL is made once: booking waits for them."""

from __future__ import annotations

from typing import Any

from django.db.models import Exists, OuterRef, QuerySet

from bookings.operations.things import holds_of_others, unheld
from bookings.queries import devices_in_service
from bookings.rules.visit import Span
from clinic.models import License, Patient, Practitioner, Room
from clinic.models.base import ScopedQuerySet
from clinic.prepared import prepared


@prepared
def one_here(*, clinic: Any, key: Any, held: bool) -> QuerySet[Any, Any]:
    """A practitioner, locked where it is to be `held`; `works_here` says whether in this clinic."""
    rows = with_clinic(clinic).filter(pk=key)
    return rows.held() if held else rows


def with_clinic(clinic: Any) -> ScopedQuerySet:
    """Practitioners, each with whether she `works_here`."""
    works_here = Practitioner.clinics.through.objects.filter(
        practitioner=OuterRef("pk"), clinic=clinic
    )
    rows: ScopedQuerySet = Practitioner.objects.annotate(works_here=Exists(works_here))
    return rows


@prepared
def licenses_of(*, practitioner: Any) -> QuerySet[Any, Any]:
    """All licenses of a practitioner."""
    return License.objects.filter(practitioner=practitioner)


@prepared
def first_taken(*, practitioner: Any, starts_at: Any, ends_at: Any, but: Any) -> QuerySet[Any, Any]:
    """When the first of the other visits begins that take a practitioner in a span."""
    held = holds_of_others(Span(starts_at, ends_at), but).filter(practitioner=practitioner)
    first: QuerySet[Any, Any] = held.order_by("starts_at").values_list("starts_at")[:1]
    return first


@prepared
def free_room(*, clinic: Any, starts_at: Any, ends_at: Any) -> QuerySet[Any, Any]:
    """The first room that is free and that no other act holds just now, locked."""
    rooms = Room.objects.filter(clinic=clinic, is_active=True)
    return _first(rooms, "room", Span(starts_at, ends_at))


@prepared
def free_device(*, clinic: Any, service: Any, starts_at: Any, ends_at: Any) -> QuerySet[Any, Any]:
    """The same of the devices that the service is done with."""
    fitting = devices_in_service(clinic, service).filter(fits=True)
    return _first(fitting, "device", Span(starts_at, ends_at))


def _first(rows: Any, lane: str, span: Span) -> QuerySet[Any, Any]:
    found: QuerySet[Any, Any] = unheld(rows, lane, span, None).held(waiting=False)[:1]
    return found


@prepared
def held_patient(*, key: Any) -> QuerySet[Any, Any]:
    """A patient, locked."""
    return Patient.objects.filter(pk=key).held()
