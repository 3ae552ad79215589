"""What every act on a visit stands on: the locked visit, that the page was up to date, and that
the clinic still offers the service."""

from __future__ import annotations

import datetime as dt

from bookings.models import Appointment, Service
from bookings.rules.meanwhile import deed_to_tell, say_deed, say_stand
from bookings.rules.status import Status
from clinic.models import Clinic
from clinic.refusals import Conflict, Refusal


def held_visit(
    appointment: Appointment, *, at: dt.datetime, version: int | None = None
) -> Appointment:
    """The visit, locked and read again.

    Refuses a page made from an older version (P12, 409) with what happened meanwhile.
    """
    visit: Appointment = Appointment.objects.held().select_related("clinic").get(pk=appointment.pk)
    if version is not None and version != visit.version:
        raise _stale(visit, version, at)
    return visit


def refuse_not_offered(clinic: Clinic, service: Service) -> None:
    """Refuse (R48) a service, or a clinic, that is out of use."""
    if not clinic.is_active or not service.is_active:
        what = service.name if clinic.is_active else clinic.name
        raise Refusal(f"{what} is not offered any more.", rule="R48", field="service")


def _stale(visit: Appointment, version: int, at: dt.datetime) -> Conflict:
    clinic, status = visit.clinic, Status(visit.status)
    deed = deed_to_tell(
        status,
        version=version,
        steps=visit.version - version,
        chart_open=visit.chart_opened_at is not None,
    )
    if deed:
        when, who = getattr(visit, f"{deed}_at"), getattr(visit, f"{deed}_by")
        says = say_deed(status, who=who.name, when=clinic.local(when), today=clinic.day_of(at))
        return Conflict(says, rule="P12")
    says = say_stand(
        status,
        starts=clinic.local(visit.starts_at),
        ends=clinic.local(visit.ends_at),
        who=str(visit.practitioner),
    )
    return Conflict(says, rule="P12", way_out="Look at it again.")
