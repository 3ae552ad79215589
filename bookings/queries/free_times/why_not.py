"""Every reason that stands against a time one points at, and the nearest times that work."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import Any

from bookings.models import Appointment, Service
from bookings.queries.free_times.near import NEAR_BEFORE, NEAR_DAYS
from bookings.queries.free_times.search import FreeSearch, FreeTime, plan_of, rest_for
from bookings.queries.intervals import planned_near
from bookings.queries.supply import short_by
from bookings.rules.free_times import Need
from bookings.rules.interval import Leave, say_near
from bookings.rules.shifts import shift_span
from bookings.rules.supply import OUT
from bookings.rules.visit import FARTHEST, SKEW, time_fault
from bookings.rules.why_not import Facts, Reason, Thing, why_not
from clinic.models import Clinic, Device, Patient, Practitioner, Room

COUNT = 3


@dataclass(frozen=True)
class WhyNot:
    """The reasons against a time (none: it can be booked), and the nearest that work.

    `since` is the day around which these were looked for, where that is a later one (R35);
    `others`: whoever was asked for has none, these are the others'.
    """

    reasons: list[Reason]
    nearest: list[FreeTime]
    since: dt.date | None = None
    others: bool = False

    @property
    def blocking(self) -> list[Reason]:
        """What stops a booking."""
        return [one for one in self.reasons if one.blocks]

    @property
    def minor(self) -> list[Reason]:
        """What is only to be known."""
        return [one for one in self.reasons if not one.blocks]

    @property
    def fits(self) -> bool:
        """Whether the time can be booked as it stands."""
        return not self.blocking


def reasons_against(
    starts_at: dt.datetime,
    *,
    clinic: Clinic,
    need: Service | Appointment,
    at: dt.datetime,
    practitioner: Practitioner | None = None,
    patient: Patient | None = None,
    but: Appointment | None = None,
    room: Room | None = None,
    leave: Leave = Leave.NONE,
    or_others: bool = False,
) -> WhyNot:
    """All that stands against a visit at an instant (UTC), and the nearest times that work.

    Fourteen queries at most, and a second search where the skin has not rested within two weeks
    (R35). `but` is a visit being moved. With a practitioner or a room named,
    the reasons are theirs; `leave` is whether who asks passes over the interval. `or_others`:
    where whoever is named has no time, one search more looks for the others'.
    """
    fault = time_fault(starts_at=starts_at, at=at) or ""
    around = min(max(starts_at, at), at + FARTHEST)
    today, day = clinic.day_of(at), clinic.day_of(around)
    first = max(day - NEAR_BEFORE, today)
    rest = rest_for(clinic, need, patient, since=first, but=but, leave=leave) if patient else None
    asked: dict[str, Any] = {
        "clinic": clinic,
        "need": need,
        "at": at,
        "practitioner": practitioner,
        "patient": patient,
        "but": but,
        "rest": rest,
        "room": room,
    }
    found = FreeSearch(first=first, days=NEAR_DAYS, **asked)
    near = found.nearest(around, count=COUNT)
    since = rest.first_day if rest and rest.first_day and rest.first_day > day else None
    if since and not near:
        near = FreeSearch(first=since, days=NEAR_DAYS, **asked).nearest(around, count=COUNT)
    others = or_others and practitioner is not None and not near
    if others:
        asked["practitioner"] = None
        near = FreeSearch(first=since or first, days=NEAR_DAYS, **asked).nearest(
            around, count=COUNT
        )
    told: dict[str, Any] = {"nearest": near, "since": since, "others": others and bool(near)}
    if starts_at < at - SKEW or not found.covers(starts_at):
        return WhyNot([Reason("time", fault)] if fault else [], **told)
    rooms, devices = _named(clinic, need, found)
    hours = clinic.open_from(day)
    opens_at, closes_at = shift_span(day, *hours, clinic.zone) if hours else (None, None)
    short = short_by(day, clinic=clinic, today=today, more=0 if but else 1)
    facts = Facts(
        plan=plan_of(Need.of(need), starts_at),
        people=found.persons_on(starts_at, practitioner=practitioner),
        anyone=practitioner is None,
        rooms=rooms,
        devices=devices,
        patient=found.busy_with(patient.pk) if patient else 0,
        local=clinic.local,
        at=at,
        time=fault,
        gap=rest.gap_on(day) if rest else None,
        leave=leave,
        near=_near(clinic, need, patient, day, but) if patient else "",
        opens_at=opens_at,
        closes_at=closes_at,
        supply=OUT if short else "",
    )
    return WhyNot(why_not(found.asked.window, facts), **told)


def _near(
    clinic: Clinic,
    need: Service | Appointment,
    patient: Patient,
    day: dt.date,
    but: Appointment | None,
) -> str:
    """That another visit for the same skin is planned too near to a day; "" where none is."""
    service = need if isinstance(need, Service) else need.service
    found = planned_near(day, clinic=clinic, patient=patient, service=service, but=but)
    return say_near(day, found.local_date, clinic.interval_days) if found else ""


def _named(
    clinic: Clinic, need: Service | Appointment, found: FreeSearch
) -> tuple[list[Thing], list[Thing]]:
    """The clinic's rooms in use, and the devices that the service is done with, each by name with
    what it is busy with or why it is out; three queries."""
    rooms = Room.objects.filter(clinic=clinic, is_active=True).order_by("name", "pk")
    if found.room is not None:
        rooms = rooms.filter(pk=found.room.pk)
    service = need if isinstance(need, Service) else need.service
    fitting = {model.pk for model in service.device_models.all()}
    devices = Device.objects.filter(clinic=clinic).exclude(status=Device.Status.RETIRED)
    return (
        [Thing(one.name, found.busy_with(one.pk)) for one in rooms],
        [
            Thing(
                one.code,
                found.busy_with(one.pk),
                "" if one.status == Device.Status.IN_SERVICE else _out(one),
            )
            for one in devices.order_by("code", "pk")
            if not fitting or one.model_id in fitting
        ],
    )


def _out(device: Device) -> str:
    words: str = device.get_status_display()
    return words.lower()
