"""One visit as the demo plays it: every act through its operation, at the time it happens."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from enum import StrEnum

from bookings import operations as desk
from bookings.models import Appointment, Service
from bookings.rules.cancelling import CancelledAs
from clinic.models import Device, Patient, Practitioner, Room, User
from treatments import operations as treating
from treatments.management.demo.clinics import Site
from treatments.management.demo.holidays import at_the_desk
from treatments.models import Cartridge, Treatment

W = Cartridge.WasteReason
NOTE = "Slipped while it was mounted."
Act = tuple[dt.datetime, Callable[[dt.datetime], None]]


class Fate(StrEnum):
    """How a visit goes, as far as the clock has come."""

    BOOKED = "booked"
    CONFIRMED = "confirmed"
    CANCELLED = "cancelled"
    MISSED = "missed"
    TREATED = "treated"
    UNSIGNED = "unsigned"
    DROPPED = "dropped"
    CONTAMINATED = "contaminated"
    ENDED_EARLY = "ended early"


TREATED = frozenset(
    {Fate.TREATED, Fate.UNSIGNED, Fate.DROPPED, Fate.CONTAMINATED, Fate.ENDED_EARLY}
)
# Area and depth (hundredths of a millimeter) of each pass, and minutes after the start.
PASSES = (("forehead", 50, 5), ("cheek_l", 75, 11), ("cheek_r", 75, 17))


def minutes(count: float) -> dt.timedelta:
    """So many minutes."""
    return dt.timedelta(minutes=count)


@dataclass
class Visit:
    """A visit and what becomes of it. Times are UTC."""

    site: Site
    practitioner: Practitioner
    patient: Patient
    service: Service
    starts_at: dt.datetime
    booked_at: dt.datetime
    fate: Fate
    password: str
    arrives_at: dt.datetime | None = None
    room: Room | None = None
    device: Device | None = None
    appointment: Appointment | None = None
    chart: Treatment | None = None

    @property
    def comes_at(self) -> dt.datetime:
        """When the patient is due."""
        return self.starts_at - minutes(self.service.numbing_min)

    @property
    def ends_at(self) -> dt.datetime:
        """When the treatment is planned to end."""
        return self.starts_at + minutes(self.service.treatment_min)

    def __post_init__(self) -> None:
        self.booked_at = at_the_desk(self.booked_at, self.site.clinic.local(self.booked_at))

    def acts(self) -> Iterator[Act]:
        """Every act of this visit with its time; whoever plays them stops at the present."""
        yield self.booked_at, self.book
        if self.fate is Fate.BOOKED:
            return
        if self.fate is Fate.CANCELLED:
            yield min(self.comes_at - minutes(95), self.booked_at + minutes(90)), self.cancel
            return
        yield self.booked_at + minutes(50), self.confirm
        if self.fate is Fate.MISSED:
            yield self.starts_at + minutes(15), self.miss
        if self.fate not in TREATED:
            return
        yield self.arrives_at or self.comes_at - minutes(4), self.arrive
        yield self.comes_at - minutes(2), self.open_chart
        yield self.comes_at + minutes(1), self.numb
        yield self.starts_at - minutes(1), self.wipe
        yield self.starts_at, self.start
        if self.fate is Fate.DROPPED:
            yield self.starts_at + minutes(1), self.claim
            yield self.starts_at + minutes(2), self.waste(W.DROPPED, NOTE)
        yield self.starts_at + minutes(3), self.claim
        yield from self._needling()
        if self.fate is not Fate.UNSIGNED:
            yield self.starts_at + minutes(self.service.treatment_min + 1), self.sign

    def _needling(self) -> Iterator[Act]:
        if self.fate is Fate.ENDED_EARLY:
            yield self.starts_at + minutes(5), self.needle(0)
            yield self.starts_at + minutes(9), self.abort
            return
        for number, (_area, _depth, after) in enumerate(PASSES):
            yield self.starts_at + minutes(after), self.needle(number)
            if self.fate is Fate.CONTAMINATED and number == 0:
                why = "Touched the drape between two areas."
                yield self.starts_at + minutes(7), self.waste(W.CONTAMINATED, why, touched=True)
                yield self.starts_at + minutes(8), self.claim
        yield self.starts_at + minutes(self.service.treatment_min - 3), self.finish

    @property
    def _author(self) -> User:
        user: User = self.practitioner.user  # type: ignore[assignment]
        return user

    @property
    def _visit(self) -> Appointment:
        return self.appointment  # type: ignore[return-value]

    @property
    def _chart(self) -> Treatment:
        return self.chart  # type: ignore[return-value]

    def book(self, at: dt.datetime) -> None:
        self.appointment = desk.book(
            clinic=self.site.clinic,
            patient=self.patient,
            practitioner=self.practitioner,
            service=self.service,
            starts_at=self.starts_at,
            room=self.room,
            device=self.device,
            by=self.site.reception,
            at=at,
        )

    def confirm(self, at: dt.datetime) -> None:
        desk.confirm(appointment=self._visit, by=self.site.reception, at=at)

    def cancel(self, at: dt.datetime) -> None:
        desk.cancel(
            appointment=self._visit,
            cancelled_as=CancelledAs.PATIENT,
            reason="Called: has a cold, will call again.",
            by=self.site.reception,
            at=at,
        )

    def miss(self, at: dt.datetime) -> None:
        desk.mark_no_show(appointment=self._visit, by=self.site.reception, at=at)

    def arrive(self, at: dt.datetime) -> None:
        desk.mark_arrived(appointment=self._visit, by=self.site.reception, at=at)

    def open_chart(self, at: dt.datetime) -> None:
        self.chart = treating.open_chart(appointment=self._visit, by=self._author, at=at)

    def numb(self, at: dt.datetime) -> None:
        treating.apply_numbing(
            treatment=self._chart,
            product=self.site.catalog.cream,
            lot="L4-2207",
            expires_on=self.site.clinic.day_of(at) + dt.timedelta(days=400),
            amount=25,
            areas=[area for area, _depth, _after in PASSES],
            applied_at=self.comes_at,
            by=self._author,
            at=at,
        )

    def wipe(self, at: dt.datetime) -> None:
        treating.remove_numbing(
            treatment=self._chart, removed_at=at - minutes(1), by=self._author, at=at
        )

    def start(self, at: dt.datetime) -> None:
        treating.start(
            treatment=self._chart,
            confirmed=True,
            screened_on_paper=True,
            by=self._author,
            at=at,
        )

    def claim(self, at: dt.datetime) -> None:
        ready = Cartridge.objects.filter(
            clinic=self.site.clinic, lot__product=self.site.catalog.box.product
        ).fit_to_use(on=self.site.clinic.day_of(at))
        treating.claim_unit(
            treatment=self._chart,
            unit_code=ready[0].unit_code,
            pack_intact=True,
            by=self._author,
            at=at,
        )

    def waste(
        self, reason: str, note: str, *, touched: bool = False
    ) -> Callable[[dt.datetime], None]:
        def act(at: dt.datetime) -> None:
            treating.waste_unit(
                cartridge=Cartridge.objects.get(treatment=self._chart, status="opened"),
                reason=reason,
                note_text=note,
                patient_contact=touched,
                by=self._author,
                at=at,
            )

        return act

    def needle(self, number: int) -> Callable[[dt.datetime], None]:
        area, depth, _after = PASSES[number]

        def act(at: dt.datetime) -> None:
            treating.add_pass(
                treatment=self._chart,
                area=area,
                depth=depth,
                passes=3,
                endpoint="erythema_uniform",
                by=self._author,
                at=at,
            )

        return act

    def finish(self, at: dt.datetime) -> None:
        treating.finish(
            treatment=self._chart,
            endpoint="erythema_uniform",
            aftercare_given=True,
            reaction="Even redness, no swelling.",
            by=self._author,
            at=at,
        )

    def abort(self, at: dt.datetime) -> None:
        treating.abort(
            treatment=self._chart,
            reason="Patient felt faint and asked to stop.",
            needle_contact=True,
            by=self._author,
            at=at,
        )

    def sign(self, at: dt.datetime) -> None:
        treating.sign(treatment=self._chart, password=self.password, by=self._author, at=at)
