"""What can be booked, and with whom on which day."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from django.db.models import QuerySet

from bookings.models import Service
from clinic.models import Clinic, Practitioner
from clinic.prepared import prepared
from clinic.queries.licenses import Held, practitioners_of, with_licenses
from clinic.rules import covers


@dataclass(frozen=True)
class OnDay:
    """A practitioner on a clinic-local day; `why` says why no license covers it ("": one does)."""

    practitioner: Practitioner
    why: str


def services_of(clinic: Clinic) -> list[Service]:
    """The services that the clinic offers now, by name."""
    return _services(clinic=clinic.pk)


@prepared
def _services(*, clinic: Any) -> QuerySet[Service, Any]:
    found: QuerySet[Service, Any] = Service.objects.filter(clinic=clinic, is_active=True)
    return found.order_by("name", "pk")


def practitioners_on(
    clinic: Clinic, day: dt.date, people: Mapping[Practitioner, Iterable[Held]] | None = None
) -> list[OnDay]:
    """Everyone who works in the clinic, and whom no license covers that day (R17, R25).

    `people` are they, with their licenses, where they have been read already.
    """
    if people is None:
        people = with_licenses(practitioners_of(clinic))
    return [OnDay(one, _why(one, held, clinic, day)) for one, held in people.items()]


def _why(one: Practitioner, held: Iterable[Held], clinic: Clinic, day: dt.date) -> str:
    verdict = covers(held, name=one.name, state=clinic.state, on=day)
    return "" if verdict.allowed else verdict.reason
