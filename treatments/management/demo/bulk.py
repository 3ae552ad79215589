"""The demo's past, written in bulk: patients, lots, visits and charts, batch by batch."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Iterator

from django.db import connection, transaction
from django.db.models import Max

from bookings.models import LANES, Appointment, Hold, PerformedArea
from clinic import audit, constraints
from clinic.models import License, Patient
from treatments.management.demo.clinics import Site
from treatments.management.demo.history import (
    DROPPED_EVERY,
    MOST_A_DAY,
    Delivery,
    Past,
    Shelf,
    batches,
    wall,
    working_days,
)
from treatments.management.demo.names import person
from treatments.management.demo.steps import finish, needle, open_charts, open_units, sign
from treatments.management.demo.stockroom import element_string
from treatments.management.demo.trail import Trace, entries
from treatments.management.demo.visits import PASSES, minutes
from treatments.models import (
    Cartridge,
    CartridgeLot,
    StockMovement,
)

K = StockMovement.Kind
ENROLLED = dt.timedelta(days=45)


def remember(
    site: Site, count: int, *, last: dt.date, area_code: str, left_over: int
) -> Iterator[int]:
    """Write `count` past visits up to the clinic-local day `last`; yields how many at a time.

    `left_over` units stay on the shelf at the end. Each batch is a transaction of its own, so
    that a run broken off keeps what it has and the next run goes on.
    """
    first = working_days(count, last=last)[0][0]
    # Four weeks of different people, so that nobody is needled twice within 28 days.
    crowd = max(60, min(count, MOST_A_DAY * 24) * 5 // 4)
    patients = enroll(site, crowd, area_code=area_code, at=wall(site, first, 7 * 60))
    dropped = sum(
        len(batch) // DROPPED_EVERY for batch in batches(site, count, patients, last=last)
    )
    shelf = Shelf(site, to_come=count + dropped + left_over, size=max(40, min(240, count // 4)))
    for batch in batches(site, count, patients, last=last):
        write(site, shelf, batch)
        yield len(batch)


def patients_of(site: Site, count: int, area_code: str, *, at: dt.datetime) -> list[Patient]:
    """`count` patients of the site whose skin has rested (R35); those lacking are put on file."""
    since = at.date() - dt.timedelta(days=site.clinic.interval_days + 2)
    lately = PerformedArea.objects.filter(clinic=site.clinic, performed_on__gte=since)
    rested = Patient.objects.filter(clinic=site.clinic).exclude(
        pk__in=lately.order_by().values("patient")
    )
    found = list(rested.order_by("number")[:count])
    if len(found) < count:
        found += enroll(site, count - len(found), area_code=area_code, at=at - ENROLLED)
    return found


def enroll(site: Site, count: int, *, area_code: str, at: dt.datetime) -> list[Patient]:
    """Put `count` more patients on file."""
    with transaction.atomic():
        constraints.lock_name(connection, f"patient-number {site.clinic.pk}")
        highest = Patient.objects.filter(clinic=site.clinic).aggregate(n=Max("number"))["n"] or 0
        made = []
        for number in range(highest + 1, highest + 1 + count):
            who = person(number + (9 if site.clinic.state == "CA" else 0), area_code=area_code)
            patient = Patient(
                clinic=site.clinic,
                number=number,
                first_name=who.first_name,
                last_name=who.last_name,
                birth_date=who.birth_date,
                language=who.language,
                sex_at_birth=who.sex_at_birth,
                phone=who.phone,
                email=who.email,
                created_at=at,
                created_by=site.reception,
            )
            made.append(patient)
        Patient.objects.bulk_create(made)
        audit.record_many(
            [audit.Entry("patient.register", site.reception, at, one) for one in made],
            clinic_id=site.clinic.pk,
        )
    return made


def write(site: Site, shelf: Shelf, batch: list[Past]) -> None:
    """Write one batch of past visits with everything that belongs to them."""
    with transaction.atomic():
        constraints.lock_name(connection, "unit-codes")
        shelf.first_number = (Cartridge.objects.aggregate(n=Max("number"))["n"] or 0) + 1
        for number, visit in enumerate(batch, 1):
            dropped = (shelf.take(visit.day),) if number % DROPPED_EVERY == 0 else ()
            visit.units = (*dropped, shelf.take(visit.day))
        lots = _deliver(site, shelf.deliveries)
        shelf.deliveries = []
        traces = _visits(site, batch)
        open_charts(site, traces)
        open_units(site, traces)
        needle(traces)
        finish(site, traces)
        sign(site, traces)
        audit.record_many(entries(site, lots, traces), clinic_id=site.clinic.pk)


def _deliver(site: Site, deliveries: Iterable[Delivery]) -> list[tuple[CartridgeLot, int, int]]:
    """Receive the lots; each with its first and last unit number."""
    found = []
    for one in deliveries:
        highest = Cartridge.objects.aggregate(n=Max("number"))["n"] or 0
        lot = CartridgeLot(
            clinic=site.clinic,
            product=site.catalog.pouch.product,
            lot=one.lot,
            expires_on=one.expires_on,
            received_on=one.day,
            scan_text=element_string(site.catalog.pouch, one.lot, one.expires_on),
            supplier="Lumen Aesthetics, Dallas",
            created_at=one.at,
            created_by=site.manager,
        )
        lot.write()
        units = [
            Cartridge(clinic=site.clinic, lot=lot, number=number, unit_code=f"C-{number:06d}")
            for number in range(highest + 1, highest + 1 + one.units)
        ]
        Cartridge.objects.bulk_create(units)
        StockMovement.objects.bulk_create(
            StockMovement(
                clinic=site.clinic,
                lot=lot,
                cartridge=unit,
                kind=K.RECEIVE,
                to_status="in_stock",
                at=one.at,
                by=site.manager,
            )
            for unit in units
        )
        found.append((lot, highest + 1, highest + one.units))
    return found


def _visits(site: Site, batch: list[Past]) -> list[Trace]:
    licenses = {
        one.practitioner_id: one
        for one in License.objects.filter(
            practitioner__in=site.practitioners, state=site.clinic.state
        )
    }
    units = {
        unit.number: unit
        for unit in Cartridge.objects.filter(
            clinic=site.clinic, status="in_stock", number__gte=batch[0].units[0]
        )
    }
    traces = []
    for past in batch:
        service = past.service
        license = licenses[past.practitioner.pk]
        visit = Appointment(
            clinic=site.clinic,
            patient=past.patient,
            practitioner=past.practitioner,
            license=license,
            service=service,
            room=past.room,
            device=past.device,
            starts_at=past.starts_at,
            local_date=past.day,
            numbing_min=service.numbing_min,
            treatment_min=service.treatment_min,
            clean_down_min=service.clean_down_min,
            created_at=past.booked_at,
            created_by=site.reception,
            arrived_at=past.comes_at - minutes(4),
            arrived_by=site.reception,
            chart_opened_at=past.comes_at - minutes(2),
            chart_opened_by=past.practitioner.user,
            numbing_on=past.comes_at,
            numbing_due=past.comes_at + minutes(site.catalog.cream.min_dwell),
            numbing_off=past.starts_at - minutes(2),
        )
        traces.append(Trace(past, visit, license, [units[number] for number in past.units]))
    Appointment.objects.bulk_create(trace.visit for trace in traces)
    made = Appointment._base_manager.filter(pk__in=[trace.visit.pk for trace in traces])
    for status in ("arrived", "completed"):
        made.update(status=status)
    Hold.objects.bulk_create(hold for trace in traces for hold in _holds(trace.visit))
    PerformedArea.objects.bulk_create(
        PerformedArea(
            clinic=site.clinic,
            patient=trace.past.patient,
            appointment=trace.visit,
            area=area,
            performed_on=trace.past.day,
        )
        for trace in traces
        for area, _depth, _after in PASSES
    )
    return traces


def _holds(visit: Appointment) -> Iterable[Hold]:
    spans = visit.lanes
    for lane in LANES:
        span = getattr(spans, lane)
        yield Hold(
            appointment=visit,
            starts_at=span.starts_at,
            ends_at=span.ends_at,
            **{f"{lane}_id": getattr(visit, f"{lane}_id")},
        )
