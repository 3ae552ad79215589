"""What a past visit leaves in the ledger and in the audit: what its acts would have left."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from dataclasses import dataclass, field
from operator import attrgetter
from typing import Any

from bookings.models import Appointment
from clinic.audit import Entry
from clinic.models import License, User
from treatments.management.demo.clinics import Site
from treatments.management.demo.history import Past
from treatments.management.demo.visits import PASSES, minutes
from treatments.models import Cartridge, CartridgeLot, StockMovement, Treatment

K = StockMovement.Kind


@dataclass(slots=True)
class Trace:
    """One past visit with the rows it has become."""

    past: Past
    visit: Appointment
    license: License
    units: list[Cartridge]
    chart: Treatment = field(init=False)

    @property
    def author(self) -> User:
        """Who treated and signed."""
        user: User = self.past.practitioner.user  # type: ignore[assignment]
        return user

    @property
    def signed_at(self) -> dt.datetime:
        """When the record was signed."""
        return self.past.ends_at + minutes(4)

    def opened_at(self, unit: Cartridge) -> dt.datetime:
        """When one of the units was opened."""
        return self.past.starts_at + minutes(3 if unit is self.units[-1] else 1)

    def movements(self, unit: Cartridge) -> Iterator[StockMovement]:
        """One unit's steps after goods-in."""
        yield self._movement(unit, K.OPEN, "in_stock", "opened", self.opened_at(unit))
        if unit is self.units[-1]:
            yield self._movement(unit, K.USE, "opened", "used", self.past.ends_at)
        else:
            at = self.past.starts_at + minutes(2)
            yield self._movement(unit, K.WASTE, "opened", "wasted", at, reason="Dropped")

    def _movement(
        self, unit: Cartridge, kind: str, before: str, after: str, at: dt.datetime, **more: str
    ) -> StockMovement:
        return StockMovement(
            clinic_id=unit.clinic_id,
            lot_id=unit.lot_id,
            cartridge=unit,
            kind=kind,
            from_status=before,
            to_status=after,
            treatment=self.chart,
            at=at,
            by=self.author,
            **more,
        )


def entries(
    site: Site, lots: list[tuple[CartridgeLot, int, int]], traces: list[Trace]
) -> list[Entry]:
    """The audit of a batch, in the order in which it happened."""
    found = [entry for trace in traces for entry in _visit(site, trace)]
    for lot, first, last in lots:
        detail: dict[str, Any] = {
            "lot": lot.lot,
            "product": lot.product.name,
            "units": last - first + 1,
            "first": f"C-{first:06d}",
            "last": f"C-{last:06d}",
            "quarantine": False,
            "second_person": "",
        }
        found.append(Entry("cartridge.receive", site.manager, lot.created_at, lot, detail))
    found.sort(key=attrgetter("at"))
    return found


def _visit(site: Site, trace: Trace) -> Iterator[Entry]:
    past, visit, chart, desk = trace.past, trace.visit, trace.chart, site.reception
    by, code = trace.author, trace.units[-1].unit_code
    comes_at, starts_at, ends_at = past.comes_at, past.starts_at, past.ends_at
    booked = {
        "starts_at": starts_at,
        "practitioner": visit.practitioner_id,
        "room": visit.room_id,
    }
    yield Entry("appointment.book", desk, past.booked_at, visit, booked)
    yield Entry("appointment.arrive", desk, comes_at - minutes(4), visit)
    yield Entry("appointment.chart_opened", by, comes_at - minutes(2), visit)
    yield Entry("chart.open", by, comes_at - minutes(2), chart)
    yield Entry("appointment.numbing_on", by, comes_at + minutes(1), visit)
    cream = {"late": False}
    yield Entry("numbing.apply", by, comes_at + minutes(1), chart, cream)
    off_at = starts_at - minutes(1)
    yield Entry("appointment.numbing_off", by, off_at, visit)
    yield Entry("numbing.remove", by, off_at, chart, {"late": False})
    yield Entry("appointment.started", by, starts_at, visit)
    yield Entry("treatment.start", by, starts_at, chart, {"license": chart.license_text})
    for unit in trace.units:
        at = trace.opened_at(unit)
        yield Entry("cartridge.claim", by, at, chart, {"unit": unit.unit_code})
        if unit is not trace.units[-1]:
            why = {"reason": "dropped", "patient_contact": False}
            yield Entry("cartridge.waste", by, at + minutes(1), unit, why)
    for seq, (_area, _depth, after) in enumerate(PASSES, 1):
        yield Entry("treatment.add_pass", by, starts_at + minutes(after), chart, {"seq": seq})
    yield Entry("appointment.ended", by, ends_at, visit)
    yield Entry("treatment.finish", by, ends_at, chart, {"unit": code})
    yield Entry("chart.sign", by, trace.signed_at, chart)
