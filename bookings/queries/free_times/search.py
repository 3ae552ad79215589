"""A search for free times: read once, then asked for lines to list or for the nearest ones."""

from __future__ import annotations

import datetime as dt
import heapq
import uuid
from dataclasses import dataclass, field
from functools import lru_cache
from itertools import islice
from typing import NamedTuple

from bookings.models import Appointment, Service
from bookings.queries.free_times.reading import (
    DAY,
    Asked,
    add_going_on,
    busy_of,
    opening_of,
    people_of,
    shut_for,
    shut_on,
    things_of,
    works_of,
)
from bookings.queries.intervals import Rest, rest_of
from bookings.rules.choice import choice_key
from bookings.rules.fit import Person, Things, misfit
from bookings.rules.free_times import (
    MINUTE,
    Need,
    free_starts,
    minutes,
    outward,
    patient_free,
    places,
)
from bookings.rules.interval import Leave
from bookings.rules.visit import FARTHEST, Lanes, lanes
from clinic.constraints import LAST_DAY
from clinic.models import Clinic, Patient, Practitioner, Room
from clinic.rules import LOCALES, covers, day_span, is_twice, locale, say_time

MOST_DAYS = 31
# A caller would rather wait so long for the person she asked for than see someone else.
ANOTHER_PERSON_MIN = 45


class FreeTime(NamedTuple):
    """One start that is free: `starts_at` in UTC, `says` as the clinic's clock shows it.

    `key` is what a form sends back when this time is chosen: with whom and when.
    """

    practitioner: Practitioner
    day: dt.date
    starts_at: dt.datetime
    says: str
    key: str


@dataclass(slots=True)
class FreeLine:
    """One practitioner's free times on one clinic-local day.

    `more` counts those left out; `why` says why no license covers the day ("" when one does).
    """

    practitioner: Practitioner
    day: dt.date
    times: list[FreeTime] = field(default_factory=list)
    more: int = 0
    why: str = ""


class FreeSearch:
    """Where a visit of one need fits, over days in a row. Eight queries at most, and for a visit
    that is moved one more.

    Starts lie on the clinic's step, from the clinic-local date `first` on. What is offered can
    be booked now: licensed (R17, R25), at work (T1), with a room and a device (R47), the
    patient free and her skin rested (R35), the numbing not in the past. Nobody is asked to come
    before the clinic opens or whoever treats is at work, nor on a weekday without opening hours,
    unless she has hours of that day alone, nor at a time at which a treatment that
    began early or runs late goes on; such a time can be booked all the same. `practitioner` narrows
    the search to her (None: all who work here), `room` to that room; `but` is a visit being
    moved, whose own holds do not count and whose own time is not offered; `leave` is whether who
    asks passes over the interval.
    """

    def __init__(
        self,
        *,
        clinic: Clinic,
        need: Service | Appointment,
        first: dt.date,
        days: int,
        at: dt.datetime,
        practitioner: Practitioner | None = None,
        patient: Patient | None = None,
        but: Appointment | None = None,
        rest: Rest | None = None,
        room: Room | None = None,
        leave: Leave = Leave.NONE,
    ) -> None:
        self.asked = asked = Asked(clinic, Need.of(need), first, min(days, MOST_DAYS))
        self.licenses = people_of(clinic, practitioner)
        self.people = [*self.licenses]
        self._why: dict[tuple[uuid.UUID, int], str] = {}
        self._starts: dict[int, tuple[dt.datetime, str]] = {}
        self._rosters, self._works = works_of(asked, self.people)
        works = self._works
        in_use = things_of(clinic, need.pk if isinstance(need, Service) else need.service_id)
        self.room = room
        rooms, devices = in_use["room"], in_use["device"]
        if room is not None:
            rooms = [one for one in rooms if one == room.pk]
        self._busy = busy = busy_of(asked, self.people, rooms, devices, patient, but)
        add_going_on(busy, asked, at)
        self._things = things = Things(
            rooms=[busy[one] for one in rooms],
            devices=[busy[one] for one in devices],
            patient=busy[patient.pk] if patient else 0,
            unfit=bool(in_use["unfit"]),
        )
        opening, shut = opening_of(asked), shut_on(asked)
        if patient is not None and rest is None:
            rest = rest_for(clinic, need, patient, since=first, but=but, leave=leave)
        self.rest = rest
        elsewise = (
            places(asked.window, asked.need, rooms=things.rooms, devices=things.devices)
            & patient_free(asked.window, asked.need, things.patient)
            & asked.window.between(self._earliest(at), at + FARTHEST)
        )
        self._free = {
            one.pk: free_starts(
                asked.window,
                asked.need,
                at_work=works[one.pk] & ~shut_for(self._rosters[one.pk], shut),
                opening=opening,
                busy=busy[one.pk],
                elsewise=elsewise,
            )
            for one in self.people
        }
        if but is not None and but.practitioner_id in self._free and self.covers(but.starts_at):
            # Where it is already is nowhere to move to.
            now = 1 << asked.window.floor(but.starts_at)
            self._free[but.practitioner_id] &= ~now

    def _earliest(self, at: dt.datetime) -> dt.datetime:
        """The first instant at which the needling may begin: the numbing not in the past, the
        skin rested."""
        soonest = at + MINUTE * self.asked.need.before_min
        first = self.rest.first_day if self.rest else None
        if first is None or first <= self.asked.days[0]:
            return soonest
        return max(soonest, day_span(min(first, LAST_DAY), self.asked.zone)[0])

    def lines(
        self,
        *,
        first: dt.date | None = None,
        days: int | None = None,
        practitioner: Practitioner | None = None,
        most: int | None = None,
    ) -> list[FreeLine]:
        """The free times by day and then by practitioner in name order.

        `most` caps the times of a line. Days and practitioner may be fewer than were searched.
        """
        begin = (first - self.asked.days[0]).days if first else 0
        end = len(self.asked.days) if days is None else begin + days
        who = [one for one in self.people if practitioner is None or one.pk == practitioner.pk]
        return [
            self._line(one, index, most)
            for index in range(begin, min(end, len(self.asked.days)))
            for one in who
        ]

    def nearest(
        self,
        around: dt.datetime,
        *,
        practitioner: Practitioner | None = None,
        alone: bool = False,
        count: int = 3,
    ) -> list[FreeTime]:
        """The free times nearest to the instant `around`, in time order.

        Each is offered with one person: with a practitioner named, with her, unless someone
        else is free three quarters of an hour nearer; `alone`: with nobody else.
        """
        wanted = self.asked.window.floor(around)
        best: dict[int, tuple[tuple[int, bool, int, str], Practitioner, int]] = {}
        for one in self.people:
            another = practitioner is not None and one.pk != practitioner.pk
            if another and alone:
                continue
            extra = ANOTHER_PERSON_MIN if another else 0
            near = (
                (minute, index)
                for minute in outward(self._free[one.pk], wanted)
                if not self.why(one, index := self.asked.window.day_of(minute))
            )
            for minute, index in islice(near, count):
                cost = (abs(minute - wanted) + extra, another, minute, one.name)
                if minute not in best or cost < best[minute][0]:
                    best[minute] = (cost, one, index)
        chosen = heapq.nsmallest(count, best.items(), key=lambda item: item[1][0])
        return [self._time(one, index, minute) for minute, (_, one, index) in sorted(chosen)]

    def why(self, one: Practitioner, index: int) -> str:
        """Why no license covers a practitioner on a day of the search; "" when one does."""
        if (known := self._why.get((one.pk, index))) is not None:
            return known
        verdict = covers(
            self.licenses[one],
            name=one.name,
            state=self.asked.clinic.state,
            on=self.asked.days[index],
        )
        self._why[one.pk, index] = found = "" if verdict.allowed else verdict.reason
        return found

    def covers(self, starts_at: dt.datetime) -> bool:
        """Whether the instant lies on one of the days that were searched."""
        return self.asked.window.days[0][0] <= starts_at < self.asked.window.days[-1][1]

    def busy_with(self, key: uuid.UUID) -> int:
        """What a practitioner, room, device or the patient is busy with, as a mask."""
        return self._busy.get(key, 0)

    def persons_on(
        self, starts_at: dt.datetime, *, practitioner: Practitioner | None = None
    ) -> list[Person]:
        """Who might treat at an instant of these days: one who is named, else everyone."""
        index = self.asked.window.day_of(self.asked.window.floor(starts_at))
        return [
            Person(
                one.name,
                self.why(one, index),
                self._works[one.pk],
                self._busy[one.pk],
                self._rosters[one.pk],
            )
            for one in self.people
            if practitioner is None or one.pk == practitioner.pk
        ]

    def misfit(self, starts_at: dt.datetime, *, practitioner: Practitioner | None = None) -> str:
        """Why the visit could not be booked at an instant of these days (UTC, any minute).

        "" when it could. Without a practitioner anyone who is free will do, as when booking.
        """
        index = self.asked.window.day_of(self.asked.window.floor(starts_at))
        people = self.persons_on(starts_at, practitioner=practitioner)
        found = misfit(
            self.asked.window,
            plan_of(self.asked.need, starts_at),
            people=people,
            anyone=practitioner is None,
            things=self._things,
            local=self.asked.clinic.local,
        )
        return found or (self.rest.says_against(self.asked.days[index]) if self.rest else "")

    def _line(self, one: Practitioner, index: int, most: int | None) -> FreeLine:
        line = FreeLine(one, self.asked.days[index], why=self.why(one, index))
        if line.why:
            return line
        here = self.asked.window.on_day(self._free[one.pk], index)
        start = self.asked.window.floor(self.asked.window.days[index][0])
        who = str(one.pk)
        for minute in minutes(here):
            if most is not None and len(line.times) == most:
                line.more = here.bit_count() - most
                break
            line.times.append(self._time(one, index, start + minute, who))
        return line

    def _time(self, one: Practitioner, index: int, minute: int, who: str = "") -> FreeTime:
        """The free time at a minute of the window that lies on that day; `who` is her key."""
        if (known := self._starts.get(minute)) is None:
            known = self._starts[minute] = self._start(index, minute)
        starts_at, says = known
        key = choice_key(who or one.pk, starts_at)
        return FreeTime(one, self.asked.days[index], starts_at, says, key)

    def _start(self, index: int, minute: int) -> tuple[dt.datetime, str]:
        """When a minute of the window that lies on that day is, and how the clock shows it."""
        start, end = self.asked.window.days[index]
        starts_at = self.asked.window.instant(minute)
        if end - start == DAY:
            return starts_at, _says((starts_at - start) // MINUTE, locale().code)
        local = starts_at.astimezone(self.asked.zone)
        return starts_at, say_time(local) + (f" {local:%Z}" if is_twice(local) else "")


def rest_for(
    clinic: Clinic,
    need: Service | Appointment,
    patient: Patient,
    *,
    since: dt.date,
    but: Appointment | None = None,
    leave: Leave = Leave.NONE,
) -> Rest:
    """What the interval says of a need on days from `since` on (R35); see `rest_of`."""
    areas = need.areas if isinstance(need, Service) else need.service.areas
    return rest_of(clinic=clinic, patient=patient, areas=areas, since=since, but=but, leave=leave)


def plan_of(need: Need, starts_at: dt.datetime) -> Lanes:
    """What a need whose needling starts at an instant holds."""
    return lanes(
        starts_at=starts_at,
        numbing_min=need.numbing_min,
        treatment_min=need.treatment_min,
        clean_down_min=need.clean_down_min,
        check_in_min=need.check_in_min,
    )


@lru_cache(maxsize=24 * 60 * len(LOCALES))
def _says(minute: int, way: str) -> str:  # say_time writes in the way in use
    """A minute of a day without a clock change, as the clock of that way shows it."""
    return say_time(dt.datetime(2000, 1, 1, minute // 60, minute % 60, tzinfo=dt.UTC))
