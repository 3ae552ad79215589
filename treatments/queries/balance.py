"""The cartridge audit of one clinic and period, from the ledger; a constant number of queries."""

from __future__ import annotations

import datetime as dt
import uuid
from collections import defaultdict
from dataclasses import dataclass
from functools import cached_property

from django.db.models import Case, CharField, Count, Q, Value, When
from django.db.models.functions import TruncDate

from clinic.models import Clinic
from clinic.moment import one_moment
from clinic.rules import day_span
from treatments.models import Cartridge, CartridgeLot, StockMovement, Treatment
from treatments.models.charts import TreatmentQuerySet
from treatments.rules.balance import Account, Flow, account, together
from treatments.rules.status import ON_HAND, Status

K = StockMovement.Kind
COMPLETED = (str(Status.COMPLETED), str(Status.SIGNED))


@dataclass(frozen=True)
class Period:
    """Clinic-local days from `first` to `last`, both inclusive; as instants, half-open, in UTC."""

    clinic: Clinic
    first: dt.date
    last: dt.date

    @cached_property
    def starts_at(self) -> dt.datetime:
        return day_span(self.first, self.clinic.zone)[0]

    @cached_property
    def ends_at(self) -> dt.datetime:
        return day_span(self.last, self.clinic.zone)[1]

    def during(self, field: str = "at") -> Q:
        """Rows whose instant lies in the period."""
        return Q(**{f"{field}__gte": self.starts_at, f"{field}__lt": self.ends_at})

    @property
    def query(self) -> str:
        """The period as it stands in an address."""
        return f"from={self.first.isoformat()}&to={self.last.isoformat()}"


@dataclass(frozen=True)
class LotLine:
    """One lot and its account."""

    lot: CartridgeLot
    account: Account


@dataclass(frozen=True)
class Exceptions:
    """What is out of line, in units or treatments; all 0 when nothing is."""

    touched: int
    ended_early: int
    without_cartridge: int
    expired: int
    left_open: int
    unsigned: int


@dataclass(frozen=True)
class Balance:
    """The audit page's figures. `completed` treatments stand against `total.used` units."""

    period: Period
    lines: list[LotLine]
    total: Account
    completed: int
    exceptions: Exceptions


def balance(period: Period, *, today: dt.date) -> Balance:
    """Every lot that was there, moved or is wrong; expiry is judged on the local day `today`.

    All figures are of one moment: a unit opened meanwhile is in all of them or in none.
    """
    with one_moment():
        return _balance(period, today)


def _balance(period: Period, today: dt.date) -> Balance:
    flows = _flows(period)
    rows: dict[uuid.UUID, dict[str, int]] = defaultdict(dict)
    units = Cartridge.objects.filter(clinic=period.clinic).order_by()
    for lot, status, count in units.values_list("lot", "status").annotate(n=Count("pk")):
        rows[lot][status] = count
    lots = CartridgeLot.objects.filter(clinic=period.clinic).select_related("product")
    lines = []
    for lot in lots.order_by("product__name", "expires_on", "lot", "pk"):
        parts = flows[lot.pk]
        found = account(
            before=parts["before"],
            during=parts["during"],
            after=parts["after"],
            rows=rows[lot.pk],
        )
        if not found.is_still:
            lines.append(LotLine(lot, found))
    return Balance(
        period=period,
        lines=lines,
        total=together(line.account for line in lines),
        completed=completed_in(period).count(),
        exceptions=_exceptions(period, today),
    )


def _flows(period: Period) -> dict[uuid.UUID, dict[str, list[Flow]]]:
    """The ledger's steps by lot: before, during and after the period, in two queries."""
    steps = (
        StockMovement.objects.filter(clinic=period.clinic)
        .order_by()
        .values_list(
            "lot",
            "kind",
            "from_status",
            "to_status",
            Case(
                When(at__lt=period.starts_at, then=Value("before")),
                When(at__lt=period.ends_at, then=Value("during")),
                default=Value("after"),
                output_field=CharField(),
            ),
        )
    )
    # Use in a treatment that ended early is shown apart; few rows, so they are asked apart.
    early = {
        tuple(key): count
        for *key, count in steps.filter(kind=K.USE, treatment__aborted=True).annotate(n=Count("pk"))
    }
    found: dict[uuid.UUID, dict[str, list[Flow]]] = defaultdict(lambda: defaultdict(list))
    for *key, count in steps.annotate(n=Count("pk")):
        lot, kind, before, after, part = key
        apart = early.get(tuple(key), 0)
        if apart:
            found[lot][part].append(Flow(kind, before, after, apart, early=True))
        if count > apart:
            found[lot][part].append(Flow(kind, before, after, count - apart))
    return found


def ended_in(period: Period) -> TreatmentQuerySet:
    """The treatments that ended in the period, finished or early."""
    return Treatment.objects.filter(period.during("ended_at"), clinic=period.clinic)


def completed_in(period: Period) -> TreatmentQuerySet:
    """The treatments that were finished in the period, not those ended early."""
    return ended_in(period).filter(status__in=COMPLETED, aborted=False)


def _exceptions(period: Period, today: dt.date) -> Exceptions:
    clinic = period.clinic
    counted = ended_in(period).aggregate(
        early=Count("pk", filter=Q(aborted=True, needle_contact=True)),
        without=Count(
            "pk", filter=Q(status__in=COMPLETED, aborted=False) & ~Q(cartridge__status="used")
        ),
        unsigned=Count("pk", filter=~Q(status=str(Status.SIGNED))),
    )
    start_of_today, _ = day_span(today, clinic.zone)
    # What stands on the shelf today is out of line today, and no news of days that are over.
    now = Q() if period.last >= today else Q(pk__in=[])
    units = Cartridge.objects.filter(clinic=clinic).aggregate(
        touched=Count("pk", filter=period.during("wasted_at") & Q(patient_contact=True)),
        expired=Count(
            "pk",
            filter=now & Q(status__in=[str(one) for one in ON_HAND], lot__expires_on__lt=today),
        ),
        left_open=Count("pk", filter=now & Q(status="opened", opened_at__lt=start_of_today)),
    )
    return Exceptions(
        touched=units["touched"],
        ended_early=counted["early"],
        without_cartridge=counted["without"],
        expired=units["expired"],
        left_open=units["left_open"],
        unsigned=counted["unsigned"],
    )


def used_and_wasted_by_day(period: Period) -> list[tuple[dt.date, str, int]]:
    """Per clinic-local day and kind ("use" or "waste"), how many units; one query."""
    moved = StockMovement.objects.filter(
        period.during(), clinic=period.clinic, kind__in=[K.USE, K.WASTE]
    ).order_by()
    days = moved.annotate(day=TruncDate("at", tzinfo=period.clinic.zone))
    return list(days.values_list("day", "kind").annotate(n=Count("pk")))
