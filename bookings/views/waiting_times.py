"""A time that is free: who waits for one like it, and one press to offer or book it."""

from __future__ import annotations

import datetime as dt
import uuid
from collections.abc import Collection
from typing import Any

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.utils.http import urlencode

from bookings import operations, queries
from bookings.forms.waitlist import (
    PressForm,
    TimeForm,
    read_choice,
)
from bookings.models import Appointment, Course, Offer, Service, WaitlistEntry
from bookings.rules.choice import choice_key
from bookings.rules.status import HOLDING, Status
from bookings.rules.waitlist import say_days, say_hours_of
from bookings.views.words import coming_words, near_words
from clinic.models import Clinic, Patient, Practitioner, User
from clinic.permissions import Permission
from clinic.queries.licenses import practitioners_of
from clinic.refusals import NotAllowed, Refusal
from clinic.rules import say_date, say_time
from clinic.views.doors import Door, FormPage, StaffRequest, acting


def line_url(practitioner: Practitioner, starts_at: dt.datetime) -> str:
    """Where those are listed who wait for a time like this."""
    return (
        f"{reverse('waitlist-for')}?{urlencode({'time': choice_key(practitioner.pk, starts_at)})}"
    )


def say_waits(
    clinic: Clinic, practitioner: Practitioner, starts_at: dt.datetime, at: dt.datetime
) -> dict[str, str] | None:
    """How many wait for a time that is free, with the way to them; None where nobody does."""
    if starts_at <= at:
        return None
    line = queries.line_for(clinic, practitioner, starts_at, at=at)
    count = len(line.fits)
    if not count:
        return None
    local = clinic.local(starts_at)
    when = f"{say_date(local.date())}, {say_time(local)}"
    return {
        "says": f"{count} {'person waits' if count == 1 else 'people wait'} for a time like "
        f"{when}.",
        "url": line_url(practitioner, starts_at),
    }


def still_waits(
    user: User, patient: Patient, service: Service, **back: Appointment | Course
) -> list[dict[str, Any]]:
    """What `_still_waits.html` shows of a patient who is booked for what she waits for; `back`
    names where a press leads back to. One query where she does not wait."""
    clinic = service.clinic
    query = urlencode({name: str(row.pk) for name, row in back.items()})
    found = []
    for one in queries.waiting_in(clinic, service=service, patient=patient):
        offers = one.open_offers
        under = f", put on the list under {one.under.code}" if one.under else ""
        since = say_date(clinic.day_of(one.created_at))
        initial = {"version": one.version}
        found.append(
            {
                "says": f"{patient.name} still waits for {service.name}, since {since}{under}.",
                "url": f"{reverse('wait-withdraw', args=[one.pk])}?{query}",
                "press": PressForm(clinic=clinic, user=user, auto_id=False, initial=initial),
                "offer": line_url(offers[0].practitioner, offers[0].starts_at) if offers else "",
            }
        )
    return found


def still_waits_of(user: User, visit: Appointment) -> list[dict[str, Any]]:
    """The same of the patient of a visit that is to come or goes on; of another nothing."""
    if Status(visit.status) not in HOLDING - {Status.COMPLETED}:
        return []
    return still_waits(user, visit.patient, visit.service, visit=visit)


class LineFor(Door):
    """Who waits for one time, first come first: `?time=`, a `choice_key`."""

    may = (Permission.BOOK,)

    def get(self, request: StaffRequest) -> HttpResponse:
        read = read_choice(request.GET.get("time", ""))
        people = {str(one.pk): one for one in practitioners_of(request.clinic)}
        if read is None or read[0] not in people:
            raise Http404
        return show_line(request, people[read[0]], read[1])


def show_line(
    request: StaffRequest,
    practitioner: Practitioner,
    starts_at: dt.datetime,
    *,
    refusal: Refusal | None = None,
) -> HttpResponse:
    """The line for a time, as a page; with what was refused on it."""
    clinic, at = request.clinic, timezone.now()
    line = queries.line_for(clinic, practitioner, starts_at, at=at)
    local = clinic.local(starts_at)
    key = choice_key(practitioner.pk, starts_at)
    form = TimeForm(clinic=clinic, user=request.user, auto_id=False, initial={"choice": key})
    context = {
        "when": f"{say_date(local.date())}, {say_time(local)}",
        "zone": local.tzname(),
        "who": str(practitioner),
        "fits": [
            line_of(one, clinic)
            | {
                "coming": _coming(line.coming.get(one.pk), clinic),
                "near": _coming(line.near.get(one.pk), clinic),
            }
            for one in line.fits
        ],
        "others": [line_of(one, clinic) | {"why": why} for one, why in line.others],
        "offer": offered_of(line.offer, clinic, queries.offers_untold([line.offer]))
        if line.offer
        else None,
        "more": line.more,
        "more_may": line.more_may,
        "most": queries.MOST_IN_LINE,
        "form": form,
        "press": PressForm(clinic=clinic, user=request.user, auto_id=False),
        "refusal": refusal,
        "minutes": clinic.offer_min,
        "board": reverse("day-on", args=[local.date()]),
    }
    return render(
        request, "bookings/waitlist_for.html", context, status=refusal.status if refusal else 200
    )


def _coming(starts_at: dt.datetime | None, clinic: Clinic) -> str:
    local = starts_at and clinic.local(starts_at)
    return f"{say_date(local.date())}, {say_time(local)}" if local else ""


class _OnTime(FormPage):
    """A press beside a time: one operation on an entry."""

    http_method_names = ["post"]
    may = (Permission.BOOK,)
    form_class = TimeForm

    def post(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        self.entry = entry_of(self.request, kwargs["pk"])
        return super().post(request, *args, **kwargs)

    def form_invalid(self, form: Any) -> HttpResponse:
        no = form.no or Refusal("Choose one of the times on the page.", rule="input")
        values = getattr(form, "cleaned_data", {})
        if "practitioner" not in values:
            context: dict[str, Any] = {
                "refusal": no,
                "when": "",
                "who": "",
                "fits": [],
                "others": [],
            }
            return render(self.request, "bookings/waitlist_for.html", context, status=form.status)
        return show_line(self.request, values["practitioner"], values["starts_at"], refusal=no)

    def form_refused(self, form: Any, no: Refusal) -> HttpResponse:
        form.cleaned_data |= self.wanted
        return self.form_invalid(form)

    def values_of(self, form: TimeForm) -> dict[str, Any]:
        """What was chosen; kept, because a refusal takes its field out of the form."""
        self.wanted = {name: form.cleaned_data[name] for name in ("practitioner", "starts_at")}
        return self.wanted


class OfferTime(_OnTime):
    """Hold the time for her and send the link."""

    def perform(self, form: TimeForm) -> Offer:
        return operations.offer_time(
            entry=self.entry,
            **self.values_of(form),
            then_next=form.cleaned_data["then_next"],
            **acting(self.request),
            once=form.key,
        )

    def where_to(self, result: Offer) -> str:
        until = say_time(self.request.clinic.local(result.expires_at))
        messages.success(
            self.request, f"Offered to {self.entry.patient.name}: the time is held until {until}."
        )
        if coming := coming_words(
            self.request.clinic, self.entry.service, self.entry.patient, timezone.now()
        ):
            messages.warning(self.request, coming)
        return line_url(result.practitioner, result.starts_at)


class BookTime(_OnTime):
    """Book the time for her at once."""

    def perform(self, form: TimeForm) -> Any:
        return operations.book_from_waitlist(
            entry=self.entry, **self.values_of(form), **acting(self.request), once=form.key
        )

    def where_to(self, result: Any) -> str:
        local = self.request.clinic.local(result.starts_at)
        messages.success(
            self.request,
            f"Booked from the waitlist: {result.patient.name}, {say_date(local.date())}, "
            f"{say_time(local)}, {result.practitioner}; {result.room.name}.",
        )
        if near := near_words(
            self.request.clinic, result.service, result.patient, result.local_date, but=result
        ):
            messages.warning(self.request, near)
        return f"{reverse('day-on', args=[result.local_date])}?visit={result.pk}"


class TakeBackOffer(Door):
    """Take an offer back: the time is free again."""

    form_class = PressForm
    http_method_names = ["post"]
    may = (Permission.BOOK,)

    def post(self, request: StaffRequest, pk: uuid.UUID) -> HttpResponse:
        offer = queries.offer_for(user=request.user, clinic=request.clinic, key=pk)
        if offer is None:
            raise Http404
        form = PressForm(request.POST, clinic=request.clinic, user=request.user)
        if not form.is_valid():
            return say_no(request, Refusal("This form is not as the page made it.", rule="input"))
        try:
            operations.take_back_offer(offer=offer, **acting(request), once=form.key)
        except NotAllowed as no:
            raise PermissionDenied from no
        except Refusal as no:
            return say_no(request, no)
        messages.success(
            request, f"The offer to {offer.patient.name} is taken back. The time is free again."
        )
        return HttpResponseRedirect(line_url(offer.practitioner, offer.starts_at))


def say_no(request: StaffRequest, no: Refusal) -> HttpResponse:
    """A refusal on a page of its own, where there is no form to show it in."""
    context: dict[str, Any] = {"refusal": no, "when": "", "who": "", "fits": [], "others": []}
    return render(request, "bookings/waitlist_for.html", context, status=no.status)


def entry_of(request: StaffRequest, key: uuid.UUID) -> WaitlistEntry:
    """The entry of this clinic, for who may see it; 404 else (P15)."""
    found = queries.entry_for(user=request.user, clinic=request.clinic, key=key)
    if found is None:
        raise Http404
    return found


def line_of(
    entry: WaitlistEntry, clinic: Clinic, untold: Collection[uuid.UUID] = ()
) -> dict[str, Any]:
    """An entry as a list shows it; `untold` are the offers of which no message goes out."""
    since = clinic.local(entry.created_at)
    days = f"from {say_date(entry.first_on)}"
    if entry.last_on:
        days += f" to {say_date(entry.last_on)}"
    offers = entry.open_offers  # type: ignore[attr-defined]  # read by `waiting_in`
    return {
        "key": entry.pk,
        "version": entry.version,
        "who": entry.patient.name,
        "code": entry.patient.code,
        "under": entry.under.code if entry.under else "",
        "phone": entry.patient.phone_text,
        "service": entry.service.name,
        "with": ", ".join(str(one) for one in entry.practitioners.all()) or "Anyone",
        "days": say_days(entry.weekdays),
        "hours": say_hours_of(entry),
        "dates": days,
        "since": f"{say_date(since.date())}, {say_time(since)}",
        "note": entry.note,
        "offer": offered_of(offers[0], clinic, untold) if offers else None,
    }


def offered_of(offer: Offer, clinic: Clinic, untold: Collection[uuid.UUID] = ()) -> dict[str, Any]:
    """An offer as a list shows it."""
    local = clinic.local(offer.starts_at)
    return {
        "key": offer.pk,
        "who": offer.practitioner.name,
        "to": offer.entry.patient.name,
        "when": f"{say_date(local.date())}, {say_time(local)}",
        "until": say_time(clinic.local(offer.expires_at)),
        "url": line_url(offer.practitioner, offer.starts_at),
        "then_next": offer.then_next,
        "untold": offer.pk in untold,
    }
