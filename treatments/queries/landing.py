"""The start page's numbers: what is going on today, and what is left to do. Bounded queries."""

from __future__ import annotations

import datetime as dt
import uuid
from collections import defaultdict
from dataclasses import dataclass

from django.db.models import Count, Exists, Min, Q

from bookings.models import Appointment
from bookings.queries import about_outer
from bookings.rules.status import HOLDING
from bookings.rules.status import Status as Visit
from clinic.models import AuditEvent, Clinic, Message, Practitioner, User
from clinic.moment import one_moment
from clinic.rules import SYSTEM, chain_of, day_span
from treatments.models import Cartridge, StockMovement, Treatment
from treatments.rules.balance import Flow, account
from treatments.rules.status import Status

# A visit that nobody closed is worth a look for a month; older ones are history.
LOOK_BACK_DAYS = 31
SHOWN = 6
TO_COME = (Visit.BOOKED, Visit.CONFIRMED)


@dataclass(frozen=True)
class Desk:
    """The clinic's visits: today by status, tomorrow's, and those nobody closed."""

    today: dict[str, int]
    tomorrow: int
    unconfirmed: int
    unclosed: int
    unclosed_since: dt.date | None

    @property
    def visits(self) -> int:
        """Today's visits, cancelled and missed ones left out."""
        return sum(count for status, count in self.today.items() if status in HOLDING)

    @property
    def to_come(self) -> int:
        """Today's visits that have not arrived."""
        return sum(self.today.get(status, 0) for status in TO_COME)

    @property
    def under_way(self) -> int:
        """Patients with cream on or in treatment."""
        return self.today.get(Visit.NUMBING, 0) + self.today.get(Visit.IN_TREATMENT, 0)


def credential_of(user: User) -> str:
    """The credential under which this person treats; "" where there is none on file."""
    rows = Practitioner.objects.filter(user=user).order_by()
    return rows.values_list("credential", flat=True).first() or ""


def desk(clinic: Clinic, *, today: dt.date) -> Desk:
    """The desk's numbers on a clinic-local day; two queries."""
    tomorrow = today + dt.timedelta(days=1)
    rows = Appointment.objects.filter(clinic=clinic, local_date__range=(today, tomorrow))
    counts: dict[dt.date, dict[str, int]] = defaultdict(dict)
    grouped = rows.order_by().values_list("local_date", "status").annotate(n=Count("pk"))
    for day, status, count in grouped:
        counts[day][status] = count
    earliest = today - dt.timedelta(days=LOOK_BACK_DAYS)
    unclosed = Appointment.objects.filter(
        clinic=clinic,
        local_date__range=(earliest, today - dt.timedelta(days=1)),
        status__in=[str(status) for status in HOLDING if status != Visit.COMPLETED],
    ).aggregate(n=Count("pk"), since=Min("local_date"))
    ahead = counts[tomorrow]
    return Desk(
        today=counts[today],
        tomorrow=sum(count for status, count in ahead.items() if status in HOLDING),
        unconfirmed=ahead.get(Visit.BOOKED, 0),
        unclosed=unclosed["n"],
        unclosed_since=unclosed["since"],
    )


@dataclass(frozen=True)
class ToCall:
    """How many patients there are to call, and the first few of their visits."""

    patients: int
    first: list[Appointment]


def waiting(clinic: Clinic, *, today: dt.date) -> list[Appointment]:
    """Patients who are here and whose treatment has not begun, the longest wait first."""
    return _some(_on(clinic, today).filter(status=str(Visit.ARRIVED)), "arrived_at")


def unconfirmed(clinic: Clinic, *, day: dt.date) -> list[Appointment]:
    """Visits of a day that nobody has confirmed, in time order; the first few."""
    return _some(_on(clinic, day).filter(status=str(Visit.BOOKED)), "starts_at")


def _on(clinic: Clinic, day: dt.date):  # type: ignore[no-untyped-def]
    return Appointment.objects.on_day(clinic, day)


def _some(visits, order: str) -> list[Appointment]:  # type: ignore[no-untyped-def]
    shown = visits.select_related("patient", "practitioner", "service", "room")
    return list(shown.order_by(order, "pk")[:SHOWN])


@dataclass
class PersonDay:
    """One practitioner's visits of a day."""

    name: str
    credential: str
    visits: int = 0
    done: int = 0
    here: int = 0


def people(clinic: Clinic, *, today: dt.date) -> list[PersonDay]:
    """Who treats today, in name order, and how far each one's day has come; one query."""
    visits = Appointment.objects.filter(
        clinic=clinic, local_date=today, status__in=[str(status) for status in HOLDING]
    )
    found: dict[uuid.UUID, PersonDay] = {}
    grouped = visits.order_by("practitioner__name", "practitioner").values_list(
        "practitioner", "practitioner__name", "practitioner__credential", "status"
    )
    for key, name, credential, status, count in grouped.annotate(n=Count("pk")):
        one = found.setdefault(key, PersonDay(name, credential))
        one.visits += count
        if status == Visit.COMPLETED:
            one.done += count
        elif status not in TO_COME:
            one.here += count
    return list(found.values())


@dataclass(frozen=True)
class Records:
    """The clinic's charts that wait for a signature, and what was done lately."""

    unsigned: int
    unsigned_since: dt.date | None
    signed: int
    ended_early: int


def records(clinic: Clinic, *, today: dt.date) -> Records:
    """Charts of a clinic: unsigned ones, and those ended in the last 28 days; two queries."""
    open_ones = Treatment.objects.filter(clinic=clinic).exclude(status=str(Status.SIGNED))
    waiting_ = open_ones.aggregate(
        unsigned=Count("pk", filter=Q(ended_at__isnull=False)),
        since=Min("ended_at"),
    )
    first = today - dt.timedelta(days=27)
    since, until = day_span(first, clinic.zone)[0], day_span(today, clinic.zone)[1]
    ended = Treatment.objects.filter(clinic=clinic, ended_at__gte=since, ended_at__lt=until)
    lately = ended.aggregate(
        signed=Count("pk", filter=Q(status=str(Status.SIGNED))),
        ended_early=Count("pk", filter=Q(aborted=True)),
    )
    return Records(
        unsigned=waiting_["unsigned"],
        unsigned_since=clinic.day_of(waiting_["since"]) if waiting_["since"] else None,
        signed=lately["signed"],
        ended_early=lately["ended_early"],
    )


def difference(clinic: Clinic) -> int:
    """How many units of the clinic the ledger and the unit rows disagree on; two queries."""
    with one_moment():
        return _difference(clinic)


def _difference(clinic: Clinic) -> int:
    flows: dict[uuid.UUID, list[Flow]] = defaultdict(list)
    steps = StockMovement.objects.filter(clinic=clinic).order_by()
    for lot, kind, before, after, count in steps.values_list(
        "lot", "kind", "from_status", "to_status"
    ).annotate(n=Count("pk")):
        flows[lot].append(Flow(kind, before, after, count))
    rows: dict[uuid.UUID, dict[str, int]] = defaultdict(dict)
    units = Cartridge.objects.filter(clinic=clinic).order_by()
    for lot, status, count in units.values_list("lot", "status").annotate(n=Count("pk")):
        rows[lot][status] = count
    return sum(
        account(before=flows[lot], during=(), rows=rows[lot]).difference for lot in {*flows, *rows}
    )


@dataclass(frozen=True)
class Trail:
    """The audit of one clinic-local day."""

    events: int
    refused: int
    failed_log_ins: int


def trail(clinic: Clinic, *, today: dt.date, system: bool) -> Trail:
    """What the audit holds of today; `system` also asks the log of log-ins. Two queries at most."""
    starts_at, ends_at = day_span(today, clinic.zone)
    refused = Q(outcome=AuditEvent.Outcome.REFUSED)
    rows = AuditEvent.objects.filter(at__gte=starts_at, at__lt=ends_at)
    own = rows.filter(chain=chain_of(clinic.pk)).aggregate(
        events=Count("pk"), refused=Count("pk", filter=refused)
    )
    failed = rows.filter(refused, chain=SYSTEM, action="user.log_in").count() if system else 0
    return Trail(own["events"], own["refused"], failed)


def unreached(clinic: Clinic, *, at: dt.datetime) -> ToCall:
    """Visits to come, or called off, of which a message to the patient failed (P28), in time
    order. Two queries."""
    failed = Message.objects.filter(
        about=about_outer(), status=Message.Status.FAILED, withdrawn=False, not_after__gt=at
    )
    to_call = Appointment.objects.filter(
        Exists(failed),
        clinic=clinic,
        local_date__gte=clinic.day_of(at),
        # Whoever does not know that her visit is off comes in vain.
        status__in=[str(status) for status in (*TO_COME, Visit.CANCELLED)],
    )
    patients = to_call.aggregate(n=Count("patient", distinct=True))["n"]
    return ToCall(patients, _some(to_call, "starts_at"))
