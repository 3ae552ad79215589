"""The shelf: what is on hand by product and lot, first-expiring first."""

from __future__ import annotations

import datetime as dt
import uuid
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field

from django.db.models import Count, Exists, OuterRef, QuerySet

from clinic.models import Clinic, User
from clinic.permissions import Permission
from clinic.rules import day_span
from treatments.models import (
    Cartridge,
    CartridgeLot,
    CartridgeProduct,
    ProductIdentifier,
    StockMovement,
)
from treatments.rules.status import ON_HAND
from treatments.rules.stock import (
    SUPPLY_WINDOW_DAYS,
    days_of_supply,
    say_days_left,
    shelf_state,
)

HAND = tuple(str(state) for state in ON_HAND)
STATE_WORDS = {
    "available": "In date",
    "expiring": "Expiring",
    "expired": "Expired",
    "quarantined": "Quarantined",
    "frozen": "Frozen by a recall",
}


@dataclass(frozen=True)
class LotShelf:
    """One lot on the shelf: how it stands today, and its units by state."""

    lot: CartridgeLot
    state: str
    days_left: str
    units: dict[str, int]

    @property
    def word(self) -> str:
        """How it stands, in words."""
        return STATE_WORDS[self.state]

    @property
    def on_hand(self) -> int:
        """Units the clinic still has."""
        return sum(self.units.get(state, 0) for state in HAND)

    @property
    def ready(self) -> int:
        """Units that may be opened today."""
        usable = self.state in ("available", "expiring")
        return self.units.get("in_stock", 0) if usable else 0

    @property
    def expired(self) -> int:
        """Expired units that are still there, in quarantine or not; one that is open is not."""
        return self.on_hand - self.units.get("opened", 0) if self.state == "expired" else 0

    @property
    def quarantined(self) -> int:
        """Units in quarantine that are not among the expired: none is counted twice."""
        return self.units.get("quarantined", 0) if self.state != "expired" else 0


@dataclass
class ProductShelf:
    """One product's lots, first-expiring first; `shown` are those that are looked for."""

    product: CartridgeProduct
    used: int = 0
    lots: list[LotShelf] = field(default_factory=list)
    shown: list[LotShelf] = field(default_factory=list)

    @property
    def ready(self) -> int:
        """Units that may be opened today."""
        return sum(lot.ready for lot in self.lots)

    @property
    def on_hand(self) -> int:
        """Units the clinic still has."""
        return sum(lot.on_hand for lot in self.lots)

    @property
    def days(self) -> int | None:
        """How many days the ready units last at the pace of the last four weeks."""
        return days_of_supply(ready=self.ready, used=self.used)


def shelf(clinic: Clinic, *, today: dt.date, matching: str = "") -> list[ProductShelf]:
    """What is on hand in the clinic on its local day, the most used first, in three queries.

    `matching` narrows to lots whose number holds that text.
    """
    units = Cartridge.objects.filter(clinic=clinic).on_hand().order_by()
    counts: dict[uuid.UUID, dict[str, int]] = defaultdict(lambda: dict.fromkeys(HAND, 0))
    for lot, status, count in units.values_list("lot", "status").annotate(n=Count("pk")):
        counts[lot][status] = count
    lots = CartridgeLot.objects.filter(clinic=clinic, pk__in=list(counts))
    if matching:
        lots = lots.filter(lot__icontains=matching)
    used = _used_lately(clinic, today)
    found: dict[uuid.UUID, ProductShelf] = {}
    ordered = lots.select_related("product").order_by("expires_on", "lot", "pk")
    for lot in ordered:
        shown = found.setdefault(
            lot.product_id, ProductShelf(lot.product, used=used.get(lot.product_id, 0))
        )
        shown.lots.append(stand_of(lot, counts[lot.pk], today))
        shown.shown = shown.lots
    return sorted(found.values(), key=lambda one: (-one.used, one.product.name, one.product.pk))


def stand_of(lot: CartridgeLot, units: dict[str, int], today: dt.date) -> LotShelf:
    """How a lot stands on that clinic-local day."""
    state = shelf_state(expires_on=lot.expires_on, lot_status=lot.status, today=today)
    return LotShelf(lot, state, say_days_left(lot.expires_on, today), units)


def _used_lately(clinic: Clinic, today: dt.date) -> dict[uuid.UUID, int]:
    since, _ = day_span(today - dt.timedelta(days=SUPPLY_WINDOW_DAYS), clinic.zone)
    moved = StockMovement.objects.filter(
        clinic=clinic, at__gte=since, kind=StockMovement.Kind.USE
    ).order_by()
    return dict(moved.values_list("lot__product").annotate(n=Count("pk")))


def used_up(clinic: Clinic) -> QuerySet[CartridgeLot]:
    """Lots of which nothing is on hand, the latest received first."""
    there = Cartridge.objects.filter(lot=OuterRef("pk")).on_hand()
    return (
        CartridgeLot.objects.filter(~Exists(there), clinic=clinic)
        .select_related("product")
        .order_by("-received_on", "lot", "pk")
    )


def lot_here(*, user: User, clinic: Clinic, key: uuid.UUID) -> CartridgeLot | None:
    """A lot of the clinic at work; None where there is none (P15)."""
    found: CartridgeLot | None = (
        CartridgeLot.objects.seen_by(user, Permission.SEE_STOCK)
        .filter(clinic=clinic, pk=key)
        .select_related("product", "clinic", "created_by")
        .first()
    )
    return found


def lot_of_scan(clinic: Clinic, *, di: str, lot: str) -> CartridgeLot | None:
    """The clinic's lot that a maker's code names, if it is on file."""
    found: CartridgeLot | None = CartridgeLot.objects.filter(
        clinic=clinic, lot=lot, product__identifiers__value=di
    ).first()
    return found


def states_of(lot: CartridgeLot) -> dict[str, int]:
    """A lot's units by state."""
    return dict(lot.units.order_by().values_list("status").annotate(n=Count("pk")))


def units_of(lot: CartridgeLot, *, state: str = "") -> QuerySet[Cartridge]:
    """A lot's units in the order of their codes, of one state or all."""
    units = lot.units.select_related("treatment", "wasted_by", "opened_by").order_by("number")
    return units.filter(status=state) if state else units


@dataclass(frozen=True)
class Delivery:
    """Units of a lot that came in together; `first` and `last` are unit codes."""

    at: dt.datetime
    by: str
    codes: list[str]

    @property
    def first(self) -> str:
        return self.codes[0]

    @property
    def last(self) -> str:
        return self.codes[-1]


def deliveries_of(lot: CartridgeLot) -> list[Delivery]:
    """The deliveries of a lot, the latest first, each with the codes minted for it."""
    rows = (
        StockMovement.objects.filter(lot=lot, kind=StockMovement.Kind.RECEIVE)
        .order_by("-at", "cartridge__number")
        .values_list("at", "by__name", "cartridge__unit_code")
    )
    found: dict[tuple[dt.datetime, str], list[str]] = defaultdict(list)
    for at, by, code in rows:
        found[at, by].append(code)
    return [Delivery(at, by, codes) for (at, by), codes in found.items()]


def packages() -> Iterable[ProductIdentifier]:
    """What can come in by hand: every package of every product in use."""
    return (
        ProductIdentifier.objects.filter(product__is_active=True)
        .select_related("product")
        .order_by("product__name", "units", "value")
    )


def identifiers_of(lot: CartridgeLot) -> Iterable[ProductIdentifier]:
    """The numbers under which a lot's product is sold, the single unit first."""
    return lot.product.identifiers.order_by("units", "value")


def identifier_of(di: str) -> ProductIdentifier | None:
    """The package that a device identifier names, with its product."""
    return ProductIdentifier.objects.filter(value=di).select_related("product").first()


def colleague_of(clinic: Clinic, email: str) -> User | None:
    """The person of this clinic with that email address, whatever its case."""
    return User.objects.filter(email__iexact=email.strip(), assignments__clinic=clinic).first()
