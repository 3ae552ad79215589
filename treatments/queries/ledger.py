"""The rows behind every figure of the cartridge audit, and one unit's life."""

from __future__ import annotations

import datetime as dt
import uuid
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import islice
from typing import Any

from django.db.models import Count, F, Q, QuerySet

from clinic.models import Clinic, User
from clinic.permissions import Permission
from clinic.rules import day_span
from treatments.models import Cartridge, CartridgeLot, StockMovement, Treatment
from treatments.queries.balance import COMPLETED, K, Period, completed_in, ended_in
from treatments.rules.status import ON_HAND, Status, Unit

BATCH = 500
HAND = tuple(str(state) for state in ON_HAND)
# Steps of the period: a figure counts what came into a state less what left it again.
STEPS: dict[str, tuple[str, Q]] = {
    "received": ("Received", Q(kind=K.RECEIVE)),
    "used": (
        "Used in treatments",
        (Q(to_status="used") | Q(from_status="used"))
        & (Q(treatment__aborted=False) | Q(treatment__isnull=True)),
    ),
    "ended_early": (
        "Used in treatments that ended early",
        Q(to_status="used", treatment__aborted=True),
    ),
    "wasted": ("Wasted", Q(to_status="wasted") | Q(from_status="wasted")),
    "returned": ("Returned", Q(to_status="returned") | Q(from_status="returned")),
    "destroyed": ("Destroyed", Q(to_status="destroyed") | Q(from_status="destroyed")),
    "lost": ("Lost, less what was found again", Q(to_status="lost") | Q(from_status="lost")),
}
# Units in one of these states: at the end of the period, or before it began.
STATES: dict[str, tuple[str, tuple[str, ...]]] = {
    "opening": ("On hand before the period", HAND),
    "in_stock": ("In stock at the end", (str(Unit.IN_STOCK),)),
    "opened": ("Opened at the end", (str(Unit.OPENED),)),
    "quarantined": ("Quarantined at the end", (str(Unit.QUARANTINED),)),
    "in_transit": ("In transit at the end", (str(Unit.IN_TRANSIT),)),
    "on_hand": ("On hand at the end", HAND),
}
UNITS: dict[str, str] = {
    "difference": "Units that disagree with the ledger",
    "touched": "Wasted after touching a patient",
    "expired": "Expired and still on hand today",
    "left_open": "Opened before today and neither used nor wasted",
}
TREATMENTS: dict[str, str] = {
    "completed": "Completed treatments",
    "without_cartridge": "Completed treatments without a used cartridge",
    "unsigned": "Treatments ended and not signed",
}
TITLES: dict[str, str] = {
    **{kind: title for kind, (title, _) in STEPS.items()},
    **{kind: title for kind, (title, _) in STATES.items()},
    **UNITS,
    **TREATMENTS,
}


@dataclass(frozen=True)
class Line:
    """One row behind a figure. A key that the reader may not follow is None."""

    at: dt.datetime | None
    what: str
    status: str
    unit: str = ""
    lot: str = ""
    expires_on: dt.date | None = None
    treatment: str = ""
    chart: uuid.UUID | None = None
    visit: uuid.UUID | None = None
    by: str = ""
    reason: str = ""


def rows_of(
    period: Period, kind: str, *, lot: CartridgeLot | None, today: dt.date
) -> QuerySet[Any]:
    """The movements, units or treatments that the figure `kind` counts, of one lot or all."""
    if kind in STEPS:
        moved = StockMovement.objects.filter(STEPS[kind][1], period.during(), clinic=period.clinic)
        return _of(moved, lot).order_by("at", "cartridge__number", "pk")
    if kind in TREATMENTS:
        return _treatments(period, kind, lot)
    units = _of(Cartridge.objects.filter(clinic=period.clinic), lot)
    if kind in STATES:
        until = period.starts_at if kind == "opening" else period.ends_at
        standing = _standing(period.clinic, STATES[kind][1], until)
        return units.filter(pk__in=standing).order_by("lot__expires_on", "number")
    if kind == "difference":
        return _disagreeing(units).order_by("number")
    start_of_today, _ = day_span(today, period.clinic.zone)
    wanted = {
        "touched": period.during("wasted_at") & Q(patient_contact=True),
        "expired": Q(status__in=HAND, lot__expires_on__lt=today),
        "left_open": Q(status="opened", opened_at__lt=start_of_today),
    }[kind]
    return units.filter(wanted).order_by("lot__expires_on", "number")


def _of(rows: Any, lot: CartridgeLot | None) -> Any:
    return rows.filter(lot=lot) if lot else rows


def _treatments(period: Period, kind: str, lot: CartridgeLot | None) -> QuerySet[Treatment]:
    if kind == "completed":
        found = completed_in(period)
    elif kind == "unsigned":
        found = ended_in(period).exclude(status=str(Status.SIGNED))
    else:
        found = ended_in(period).filter(
            Q(status__in=COMPLETED, aborted=False) & ~Q(cartridge__status="used")
        )
    if lot:
        found = found.filter(cartridge__lot=lot)
    return found.order_by("ended_at", "pk")


def _standing(clinic: Clinic, states: tuple[str, ...], until: dt.datetime) -> QuerySet[Any]:
    """The keys of the units that the ledger has in one of the states just before `until`."""
    steps = StockMovement.objects.filter(clinic=clinic, at__lt=until).order_by()
    came = Count("pk", filter=Q(to_status__in=states))
    left = Count("pk", filter=Q(from_status__in=states))
    return steps.values("cartridge").annotate(n=came - left).filter(n__gt=0).values("cartridge")


def _disagreeing(units: Any) -> Any:
    """Units whose row is in a state that the ledger has not left them in."""
    return units.annotate(
        came=Count("movements", filter=Q(movements__to_status=F("status"))),
        left=Count("movements", filter=Q(movements__from_status=F("status"))),
    ).exclude(came=F("left") + 1)


def lines_of(rows: Iterable[Any], kind: str, *, user: User, clinic: Clinic) -> list[Line]:
    """The rows of one page as they are shown, in a constant number of queries."""
    if isinstance(rows, QuerySet):
        rows = rows.select_related(*_related(kind))
    found = list(rows)
    if kind in STEPS:
        return _movement_lines(found, user, clinic)
    if kind in TREATMENTS:
        return _treatment_lines(found, user, clinic)
    charts = _charts(user, [unit.treatment_id for unit in found if unit.treatment_id])
    sees_day = user.can(Permission.SEE_DAY, clinic.pk)
    return [
        Line(
            at=unit.wasted_at or unit.opened_at,
            what=unit.get_status_display(),
            status=unit.status,
            unit=unit.unit_code,
            lot=unit.lot.lot,
            expires_on=unit.lot.expires_on,
            treatment=unit.treatment.code if unit.treatment else "",
            chart=unit.treatment_id if unit.treatment_id in charts else None,
            visit=unit.treatment.appointment_id if unit.treatment and sees_day else None,
            by=str(unit.wasted_by or unit.opened_by or ""),
            reason=_reason(unit),
        )
        for unit in found
    ]


def each_line(rows: QuerySet[Any], kind: str, *, user: User, clinic: Clinic) -> Iterator[Line]:
    """All the rows for a file, read and asked about some hundred at a time."""
    rest = rows.select_related(*_related(kind)).iterator(chunk_size=BATCH)
    while batch := list(islice(rest, BATCH)):
        yield from lines_of(batch, kind, user=user, clinic=clinic)


def _related(kind: str) -> tuple[str, ...]:
    if kind in STEPS:
        return ("cartridge", "lot", "by", "treatment")
    if kind in TREATMENTS:
        return ("practitioner", "cartridge__lot")
    return ("lot", "opened_by", "wasted_by", "treatment")


def _reason(unit: Cartridge) -> str:
    told = unit.get_waste_reason_display() if unit.waste_reason else ""
    touched = "touched the patient" if unit.patient_contact else ""
    # A note is a sentence of its own: its full stop ends what is joined to it.
    parts = (told, unit.waste_note.strip().rstrip("."), touched)
    return "; ".join(one for one in parts if one)


def _movement_lines(rows: list[StockMovement], user: User, clinic: Clinic) -> list[Line]:
    charts = _charts(user, [row.treatment_id for row in rows if row.treatment_id])
    sees_day = user.can(Permission.SEE_DAY, clinic.pk)
    return [
        Line(
            at=row.at,
            what=_what(row),
            status=row.to_status,
            unit=row.cartridge.unit_code,
            lot=row.lot.lot,
            expires_on=row.lot.expires_on,
            treatment=row.treatment.code if row.treatment else "",
            chart=row.treatment_id if row.treatment_id in charts else None,
            visit=row.treatment.appointment_id if row.treatment and sees_day else None,
            by=row.by.name,
            reason=row.reason,
        )
        for row in rows
    ]


def _what(row: StockMovement) -> str:
    """What happened, in words. A delivery set aside at once says so: it has no second step."""
    aside = row.kind == StockMovement.Kind.RECEIVE and row.to_status == Unit.QUARANTINED
    told: str = row.get_kind_display()
    return f"{told} into quarantine" if aside else told


def _treatment_lines(rows: list[Treatment], user: User, clinic: Clinic) -> list[Line]:
    charts = _charts(user, [row.pk for row in rows])
    sees_day = user.can(Permission.SEE_DAY, clinic.pk)
    return [
        Line(
            at=row.ended_at,
            what=row.get_status_display(),
            status=row.status,
            unit=row.cartridge.unit_code if row.cartridge else "",
            lot=row.cartridge.lot.lot if row.cartridge else "",
            expires_on=row.cartridge.lot.expires_on if row.cartridge else None,
            treatment=row.code,
            chart=row.pk if row.pk in charts else None,
            visit=row.appointment_id if sees_day else None,
            by=str(row.practitioner),
        )
        for row in rows
    ]


def _charts(user: User, keys: list[uuid.UUID]) -> set[uuid.UUID]:
    """Which of the treatments the person may open the chart of."""
    return set(Treatment.objects.charts_for(user).filter(pk__in=keys).values_list("pk", flat=True))


def unit_here(*, user: User, clinic: Clinic, code: str) -> Cartridge | None:
    """A unit of the clinic at work by the code on its sticker; None where there is none (P15)."""
    return _units_here(user, clinic).filter(unit_code=code.upper()).first()


def unit_by_key(*, user: User, clinic: Clinic, key: uuid.UUID) -> Cartridge | None:
    """A unit of the clinic at work by its key; None where there is none (P15)."""
    return _units_here(user, clinic).filter(pk=key).first()


def _units_here(user: User, clinic: Clinic) -> QuerySet[Cartridge]:
    units = Cartridge.objects.seen_by(user, Permission.SEE_STOCK).filter(clinic=clinic)
    return units.select_related("lot__product", "clinic", "opened_by", "wasted_by", "treatment")


def wasted_during(chart: Treatment) -> QuerySet[Cartridge]:
    """The units wasted in a treatment's room, opened for it or never opened, in order (D7)."""
    return (
        Cartridge.objects.filter(movements__kind=K.WASTE, movements__treatment=chart)
        .select_related("wasted_by")
        .order_by("wasted_at", "number")
    )


def life_of(unit: Cartridge, *, user: User) -> list[Line]:
    """Every step of a unit, the first one first."""
    rows = unit.movements.select_related("cartridge", "lot", "by", "treatment")
    # Steps of one instant follow each other by state: goods-in has none before it.
    found = sorted(rows, key=lambda row: (row.at, ORDER.get(row.from_status, len(ORDER))))
    return _movement_lines(found, user, unit.clinic)


ORDER = {"": 0, "in_transit": 1, "lost": 2, "quarantined": 3, "in_stock": 4, "opened": 5, "used": 6}
