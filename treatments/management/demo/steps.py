"""The steps of past charts and their units, each step a whole batch at a time.

In the order of the acts, so that every row passes the guards on its way: the unit is opened for
its treatment, the ledger says so, the unit is used or wasted as the ledger says, and the
treatment names the unit that was used for it.
"""

from __future__ import annotations

import datetime as dt
from typing import Any

from django.db import connection
from django.db.models import F, OuterRef, QuerySet, Subquery

from treatments.management.demo.clinics import Site
from treatments.management.demo.trail import Trace
from treatments.management.demo.visits import NOTE, PASSES, minutes
from treatments.models import (
    Cartridge,
    NeedlingPass,
    NumbingApplication,
    Signature,
    StockMovement,
    Treatment,
)
from treatments.queries.contents import content_hashes
from treatments.rules.charting import meaning_of

K = StockMovement.Kind
OPEN_UNIT = (
    "UPDATE treatments_cartridge SET status = 'opened', treatment_id = %s, opened_at = %s, "
    "opened_by_id = %s, opened_on = %s, pack_intact = %s, version = version + 1 WHERE id = %s"
)


def open_charts(site: Site, traces: list[Trace]) -> None:
    """Open charts with their numbing closed, then all of them under way."""
    for trace in traces:
        past, visit = trace.past, trace.visit
        trace.chart = Treatment(
            clinic=site.clinic,
            appointment=visit,
            patient=past.patient,
            practitioner=past.practitioner,
            license=trace.license,
            license_text=str(trace.license),
            room=past.room,
            device=past.device,
            opened_at=past.comes_at - minutes(2),
            opened_by=trace.author,
            started_at=past.starts_at,
            started_by=trace.author,
            started_on=past.day,
            ended_at=past.ends_at,
            ended_by=trace.author,
            endpoint="erythema_uniform",
            reaction="Even redness, no swelling.",
            aftercare_given=True,
        )
    Treatment.objects.bulk_create(trace.chart for trace in traces)
    NumbingApplication.objects.bulk_create(
        NumbingApplication(
            clinic=site.clinic,
            treatment=trace.chart,
            product=site.catalog.cream,
            lot=f"L4-{trace.past.day:%y%m}",
            expires_on=trace.past.day + dt.timedelta(days=400),
            amount=25,
            areas=",".join(area for area, _depth, _after in PASSES),
            applied_at=trace.past.comes_at,
            applied_by=trace.author,
            removed_at=trace.past.starts_at - minutes(2),
            removed_by=trace.author,
            removed_entered_at=trace.past.starts_at - minutes(1),
            created_at=trace.past.comes_at + minutes(1),
            created_by=trace.author,
        )
        for trace in traces
    )
    under_way = Treatment._base_manager.filter(
        clinic=site.clinic, status="open", ended_at__isnull=False
    )
    under_way.update(status="in_progress", version=F("version") + 1)


def open_units(site: Site, traces: list[Trace]) -> None:
    """The units are opened, and the ledger tells of it; a dropped one is wasted.

    A dropped unit goes first: there is one open unit per treatment at any time.
    """
    for last in (False, True):
        opened = [
            (trace, unit)
            for trace in traces
            for unit in trace.units
            if (unit is trace.units[-1]) is last
        ]
        _step_open(opened)
        StockMovement.objects.bulk_create(
            movement for trace, unit in opened for movement in trace.movements(unit)
        )
        if not last:
            _wasted(Cartridge._base_manager.filter(clinic=site.clinic, status="opened"))


def _step_open(opened: list[tuple[Trace, Cartridge]]) -> None:
    """Each unit for a treatment of its own: no one statement says that, so they go in a row."""
    fields: list[Any] = [
        Cartridge._meta.get_field(name)
        for name in ("treatment", "opened_at", "opened_by", "opened_on", "pack_intact", "id")
    ]
    rows = []
    for trace, unit in opened:
        at = trace.opened_at(unit)
        values = (trace.chart.pk, at, trace.author.pk, trace.past.day, True, unit.pk)
        rows.append(
            [
                field.get_db_prep_save(value, connection)
                for field, value in zip(fields, values, strict=True)
            ]
        )
    with connection.cursor() as cursor:
        cursor.executemany(OPEN_UNIT, rows)


def _wasted(units: QuerySet[Cartridge]) -> None:
    wasted = StockMovement.objects.filter(cartridge=OuterRef("pk"), kind=K.WASTE)
    units.filter(movements__kind=K.WASTE).update(
        status="wasted",
        wasted_at=Subquery(wasted.values("at")[:1]),
        wasted_by=Subquery(wasted.values("by")[:1]),
        waste_reason=Cartridge.WasteReason.DROPPED,
        waste_note=NOTE,
        version=F("version") + 1,
    )


def needle(traces: list[Trace]) -> None:
    """The needling passes, with the unit open."""
    NeedlingPass.objects.bulk_create(
        NeedlingPass(
            clinic_id=trace.chart.clinic_id,
            treatment=trace.chart,
            seq=seq,
            area=area,
            depth=depth,
            passes=3,
            endpoint="erythema_uniform",
            at=trace.past.starts_at + minutes(after),
            created_by=trace.author,
        )
        for trace in traces
        for seq, (area, depth, after) in enumerate(PASSES, 1)
    )


def finish(site: Site, traces: list[Trace]) -> None:
    """The opened units are used, the treatments completed with them."""
    Cartridge._base_manager.filter(
        clinic=site.clinic, status="opened", movements__kind=K.USE
    ).update(status="used", version=F("version") + 1)
    used = Cartridge.objects.filter(treatment=OuterRef("pk"), status="used")
    Treatment._base_manager.filter(
        clinic=site.clinic, status="in_progress", ended_at__isnull=False
    ).update(
        status="completed",
        cartridge=Subquery(used.values("pk")[:1]),
        needle_contact=True,
        version=F("version") + 1,
    )


def sign(site: Site, traces: list[Trace]) -> None:
    """Each chart is signed by its author over what it holds."""
    charts = Treatment.objects.filter(
        clinic=site.clinic,
        status="completed",
        started_on__range=(traces[0].past.day, traces[-1].past.day),
    )
    hashes = content_hashes(charts)
    Signature.objects.bulk_create(
        Signature(
            clinic=site.clinic,
            treatment=trace.chart,
            signer=trace.author,
            printed_name=str(trace.past.practitioner),
            license_text=trace.chart.license_text,
            patient_text=trace.past.patient.identity,
            meaning=meaning_of(aborted=False, needle_contact=True),
            signed_at=trace.signed_at,
            content_hash=hashes[trace.chart.pk],
        )
        for trace in traces
    )
    signature = Signature.objects.filter(treatment=OuterRef("pk"))
    Treatment._base_manager.filter(
        clinic=site.clinic, status="completed", signature__isnull=False
    ).update(
        status="signed",
        signed_at=Subquery(signature.values("signed_at")[:1]),
        signed_by=Subquery(signature.values("signer")[:1]),
        version=F("version") + 1,
    )
