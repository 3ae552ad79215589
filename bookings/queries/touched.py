"""What is booked or offered ahead with something that is about to change or to go out of use."""

from __future__ import annotations

import datetime as dt
import uuid
from dataclasses import dataclass

from django.db.models import QuerySet

from bookings.models import Appointment, Offer
from bookings.rules.status import HOLDING
from clinic.models import Clinic, Practitioner, Row, User
from clinic.permissions import Permission
from clinic.rules import say_day, say_time

SHOWN = 8


# And how many stand folded below them, so that each can be opened.
FOLDED = 100


@dataclass(frozen=True)
class Touched:
    """A line about visits, or about times that are offered: of one visit, which it may be opened by
    (`key`), of one offer, or of how many there are. `folded` are the visits behind that number."""

    says: str
    key: uuid.UUID | None = None
    folded: tuple[Touched, ...] = ()

    def __str__(self) -> str:
        return self.says


def visits_ahead(lane: str, row: Row, *, at: dt.datetime) -> QuerySet[Appointment]:
    """The visits from `at` on that still hold their time with this `lane` (practitioner, room,
    device, service), the next first."""
    held = Appointment.objects.filter(
        **{lane: row}, starts_at__gte=at, status__in=[str(status) for status in HOLDING]
    )
    return held.order_by("starts_at", "pk")


def offers_ahead(lane: str, row: Row, *, at: dt.datetime) -> QuerySet[Offer]:
    """The open offers of times from `at` on with this `lane`, the next first."""
    by = "entry__service" if lane == "service" else lane
    held = Offer.objects.still_open().filter(**{by: row}, starts_at__gte=at, expires_at__gt=at)
    return held.order_by("starts_at", "pk")


def say_visits_ahead(lane: str, row: Row, *, at: dt.datetime, named: bool) -> list[Touched]:
    """The next few of them in words, and how many more there are, then the same of what is offered
    to those who wait; at most four queries.

    Not `named`, only how many: the reader may not know who comes.
    """
    ahead, offered = visits_ahead(lane, row, at=at), offers_ahead(lane, row, at=at)
    if not named:
        return _counted(ahead, "ahead") + _offers_counted(offered)
    return _named(ahead, at) + _offers_named(offered, at)


def say_visits_of(
    practitioner: Practitioner, *, clinic: Clinic, at: dt.datetime, by: User
) -> list[Touched]:
    """The same of a practitioner, wherever she works: in the clinics whose day the reader sees
    in words, elsewhere only how many. Only visits of `clinic` open from there. At most six
    queries."""
    ahead = visits_ahead("practitioner", practitioner, at=at)
    offered = offers_ahead("practitioner", practitioner, at=at)
    seen = by.clinics_with(Permission.SEE_DAY)
    here = _named(ahead.filter(clinic__in=seen), at, clinic) if seen else []
    here += _counted(ahead.exclude(clinic__in=seen), "ahead elsewhere" if here else "ahead")
    here += _offers_named(offered.filter(clinic__in=seen), at) if seen else []
    return here + _offers_counted(offered.exclude(clinic__in=seen))


def _counted(ahead: QuerySet[Appointment], where: str) -> list[Touched]:
    count = ahead.count()
    return [Touched(f"{count} visit{'s' if count > 1 else ''} {where}")] if count else []


def _offers_counted(offered: QuerySet[Offer]) -> list[Touched]:
    count = offered.count()
    return [Touched(f"{count} time{'s' if count > 1 else ''} offered")] if count else []


def _offers_named(offered: QuerySet[Offer], at: dt.datetime) -> list[Touched]:
    found = list(offered.select_related("clinic", "entry__patient", "practitioner")[: SHOWN + 1])
    lines = []
    for offer in found[:SHOWN]:
        local = offer.clinic.local(offer.starts_at)
        day = say_day(local.date(), offer.clinic.day_of(at))
        until = say_time(offer.clinic.local(offer.expires_at))
        who = f"offered to {offer.patient.name} with {offer.practitioner} until {until}"
        lines.append(Touched(f"{day}, {say_time(local)}: {who}"))
    if len(found) > SHOWN:
        lines.append(Touched(f"and {offered.count() - SHOWN} more offers"))
    return lines


def _named(
    ahead: QuerySet[Appointment], at: dt.datetime, clinic: Clinic | None = None
) -> list[Touched]:
    most = SHOWN + FOLDED
    found = list(ahead.select_related("clinic", "patient", "practitioner")[: most + 1])
    lines: list[Touched] = []
    for visit in found[:most]:
        local = visit.clinic.local(visit.starts_at)
        day = say_day(local.date(), visit.clinic.day_of(at))
        who = f"{visit.patient.name} with {visit.practitioner}"
        opens = clinic is None or visit.clinic_id == clinic.pk
        lines.append(Touched(f"{day}, {say_time(local)}: {who}", visit.pk if opens else None))
    shown, folded = lines[:SHOWN], lines[SHOWN:]
    if len(found) > most:
        beyond = ahead.count() - most
        folded.append(Touched(f"and {beyond} more"))
        shown.append(Touched(f"and {beyond + FOLDED} more", folded=tuple(folded)))
    elif folded:
        shown.append(Touched(f"and {len(folded)} more", folded=tuple(folded)))
    return shown
