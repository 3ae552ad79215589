"""What programs read of the desk."""

from __future__ import annotations

import datetime as dt
import uuid
from typing import Any

from django.http import Http404
from django.utils import timezone
from ninja import Query

from bookings import queries
from bookings.api.desk import router
from bookings.api.shapes import (
    PatientOut,
    PractitionerOut,
    ServiceOut,
    Slots,
    VisitOut,
    told_name,
    told_service,
    told_visit,
)
from bookings.queries.listing import rooms_in_use, visits_between
from bookings.rules.choice import choice_key, read_choice
from clinic import operations as building
from clinic.api import MOST_ON_A_PAGE, NOS, Code, Day, Named, Page, Slot, clinic_of, page
from clinic.constraints import LAST_DAY
from clinic.forms.patients import FinderForm
from clinic.permissions import Permission
from clinic.queries.licenses import practitioners_of
from clinic.queries.parts import among, cut, part_of
from clinic.queries.patients import patients_matching
from clinic.refusals import Refusal
from clinic.rules import read_search
from clinic.tokens import ApiRequest

MOST_DAYS = 31
USUAL_DAYS = 7
DAY = dt.timedelta(days=1)
WHO_BOOKS = (Permission.SEE_DAY, Permission.BOOK)


ClinicAsked = Query(
    None,
    description="The clinic's code or id; needed by who works in several.",
)
After = Query(None, description="As in `next`.")
From = Query(None, alias="from", description="YYYY-MM-DD; else today.")
To = Query(None, alias="to", description="YYYY-MM-DD, included; else `from`.")
Days = Query(USUAL_DAYS, ge=1, le=MOST_DAYS)
Wanted = Query(..., max_length=120, description="Name, phone, birth date or number.")
Limit = Query(100, ge=1, le=MOST_ON_A_PAGE)


@router.get("services", response={200: Page[ServiceOut], **NOS})
def services(
    request: ApiRequest,
    clinic: Code | None = ClinicAsked,
    after: uuid.UUID | None = After,
    limit: int = Limit,
) -> Any:
    """What can be booked now."""
    place = clinic_of(request, clinic, *WHO_BOOKS)
    rows, last = cut(queries.services_of(place), after=after, most=limit)
    return page(request, [told_service(one) for one in rows], last)


@router.get("practitioners", response={200: Page[PractitionerOut], **NOS})
def practitioners(
    request: ApiRequest,
    clinic: Code | None = ClinicAsked,
    after: uuid.UUID | None = After,
    limit: int = Limit,
) -> Any:
    """Who treats in the clinic, and whether a license covers today."""
    place = clinic_of(request, clinic, *WHO_BOOKS)
    found = queries.practitioners_on(place, place.day_of(timezone.now()))
    rows, last = cut([one.practitioner for one in found], after=after, most=limit)
    why = {one.practitioner.pk: one.why for one in found}
    items = [
        told_name(one)
        | {"credential": one.credential, "available": not why[one.pk], "says": why[one.pk]}
        for one in rows
    ]
    return page(request, items, last)


@router.get("rooms", response={200: Page[Named], **NOS})
def rooms(
    request: ApiRequest,
    clinic: Code | None = ClinicAsked,
    after: uuid.UUID | None = After,
    limit: int = Limit,
) -> Any:
    """The rooms in use."""
    place = clinic_of(request, clinic, *WHO_BOOKS)
    rows, last = part_of(rooms_in_use(place), by="name", after=after, most=limit)
    return page(request, [told_name(one) for one in rows], last)


@router.get("patients", response={200: Page[PatientOut], **NOS})
def patients(
    request: ApiRequest,
    q: str = Wanted,
    clinic: Code | None = ClinicAsked,
    after: uuid.UUID | None = After,
    limit: int = Limit,
) -> Any:
    """The patients whom a search finds, at most a hundred: who fits best comes first. Each search
    is on record."""
    place = clinic_of(request, clinic, Permission.SEE_PATIENTS)
    form = FinderForm({"q": q})
    if not form.is_valid():
        raise Refusal(str(form.errors["q"][0]), rule="input", field="q")
    wanted = form.cleaned_data["q"]
    if not wanted:
        raise Refusal("Say whom to look for.", rule="input", field="q")
    found = patients_matching(user=request.user, clinic=place, text=wanted)
    rows, last = cut(found, after=after, most=limit)
    building.search_patients(
        clinic=place,
        kind=read_search(wanted).kind,
        found=len(found),
        by=request.user,
        at=timezone.now(),
    )
    items = [
        told_name(one)
        | {
            "code": one.code,
            "birth_date": one.birth_date,
            "phone": str(one.phone or ""),
            "email": one.email,
        }
        for one in rows
    ]
    return page(request, items, last)


@router.get("free-times", response={200: Page[Slot], **NOS})
def free_times(
    request: ApiRequest,
    service: uuid.UUID,
    first: Day | None = From,
    days: int = Days,
    practitioner: uuid.UUID | None = None,
    clinic: Code | None = ClinicAsked,
    after: Code | None = After,
    limit: int = Limit,
) -> Any:
    """When the service can be booked, by time and then by practitioner.

    The room is the one that a booking without a room would get now.
    """
    place = clinic_of(request, clinic, Permission.BOOK)
    need = among(queries.services_of(place), service)
    who = among(practitioners_of(place), practitioner)
    if need is None or (practitioner and who is None):
        raise Http404
    edge = read_choice(after) if after else None
    if after and edge is None:
        raise Refusal("Begin again without “after”.", rule="input", field="after")
    at = timezone.now()
    begin = first or place.day_of(at)
    if begin > LAST_DAY - (MOST_DAYS + 1) * DAY:
        raise Refusal("Use a date between 1900 and 2200.", rule="input", field="from")
    found = queries.FreeSearch(
        clinic=place, need=need, first=begin, days=days, at=at, practitioner=who
    )
    order = {str(one.pk): number for number, one in enumerate(found.people)}
    times = [one for line in found.lines() for one in line.times]
    times.sort(key=lambda one: (one.starts_at, order[str(one.practitioner.pk)]))
    if edge:
        passed = (edge[1], order.get(edge[0], -1))
        times = [one for one in times if (one.starts_at, order[str(one.practitioner.pk)]) > passed]
    here, slots = times[:limit], Slots(found, place)
    last = here[-1] if len(times) > limit else None
    key = choice_key(last.practitioner.pk, last.starts_at) if last else None
    return page(request, [slots.told(one) for one in here], key)


@router.get("appointments", response={200: Page[VisitOut], **NOS})
def appointments(
    request: ApiRequest,
    first: Day | None = From,
    last: Day | None = To,
    clinic: Code | None = ClinicAsked,
    after: uuid.UUID | None = After,
    limit: int = Limit,
) -> Any:
    """The visits of at most 31 days of the clinic, whatever became of them, by time."""
    place = clinic_of(request, clinic, Permission.SEE_DAY)
    begin = first or place.day_of(timezone.now())
    end = last or begin
    if end < begin:
        raise Refusal("The last day is before the first.", rule="input", field="to")
    if (end - begin).days >= MOST_DAYS:
        says = f"Ask for at most {MOST_DAYS} days at a time."
        raise Refusal(says, rule="input", field="to")
    found = visits_between(user=request.user, clinic=place, first=begin, last=end)
    rows, edge = part_of(found, by="starts_at", after=after, most=limit)
    return page(request, [told_visit(one) for one in rows], edge)
