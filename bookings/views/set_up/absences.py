"""Time off of the clinic's people, and the days on which the clinic is closed."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django.contrib import messages
from django.db.models import QuerySet
from django.http import HttpResponse
from django.urls import reverse
from django.utils import timezone
from django.utils.functional import cached_property

from bookings import operations, queries
from bookings.forms.absences import ClosureForm, HolidaysForm, TimeOffForm, WithdrawForm
from bookings.models import Appointment, Closure, TimeOff
from bookings.views.set_up.hours import OnePerson, say_off, visit_lines
from clinic.forms.set_up import LookFirst
from clinic.models import Clinic
from clinic.rules import say_date
from clinic.views.doors import acting
from clinic.views.set_up import Line, SetUpForm, SetUpList, SetUpRow


class _LooksFirst(SetUpForm):
    """Shows the visits that it hits before it is saved; the second press saves."""

    def hits(self, form: Any) -> Sequence[Appointment]:
        """The visits that stand where nobody will work."""
        raise NotImplementedError

    def form_valid(self, form: LookFirst) -> HttpResponse:
        hits = [] if form.looked_at() else self.hits(form)
        if not hits:
            return super().form_valid(form)
        form.look()
        return self.render_to_response(self.get_context_data(form=form, hits=hits))

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        hits, at = kwargs.get("hits"), timezone.now()
        found = super().get_context_data(**kwargs)
        visits = visit_lines(self.request, hits, at=at) if hits else None
        return found | {"visits": visits, "verb": "Save all the same" if hits else self.verb}


class AddTimeOff(_LooksFirst, OnePerson):
    """A practitioner is off."""

    title = "Time off"
    lead = "No clinic can book this person then. What is booked stays until you move or cancel it."
    verb = "Save the time off"
    template_name = "bookings/absence_form.html"
    form_class = TimeOffForm

    def hits(self, form: TimeOffForm) -> Sequence[Appointment]:
        span = form.values["starts_at"], form.values["ends_at"]
        return queries.visits_in_time_off(self.row, *span, at=timezone.now())

    def perform(self, form: TimeOffForm) -> TimeOff:
        return operations.give_time_off(
            clinic=self.request.clinic,
            practitioner=self.row,
            **form.values,
            **acting(self.request),
            once=form.key,
        )

    def where_to(self, result: TimeOff) -> str:
        off = say_off(result, self.request.clinic)
        messages.success(self.request, f"{self.row} has time off: {off}.")
        return reverse("setup-time-off", args=[result.pk])


class OneTimeOff(SetUpRow):
    """One time off, the visits it still hits, and taking it back."""

    template_name = "bookings/absence.html"
    form_class = WithdrawForm
    verb = "Take the time off back"

    def rows(self) -> QuerySet[TimeOff]:
        return queries.time_off_of(self.request.user, self.request.clinic)

    def get_initial(self) -> dict[str, Any]:
        return {"version": self.row.version}

    def perform(self, form: WithdrawForm) -> TimeOff:
        return operations.withdraw_time_off(
            clinic=self.request.clinic,
            time_off=self.row,
            **form.values,
            **acting(self.request),
            once=form.key,
        )

    def where_to(self, result: TimeOff) -> str:
        who = self.row.practitioner
        messages.success(self.request, f"{who} can be booked at that time again.")
        return self.hers

    @property
    def hers(self) -> str:
        """The page of her hours; the list, where she does not work here any more."""
        who = self.row.practitioner
        here = queries.people_with_hours(self.request.user, self.request.clinic)
        if here.filter(pk=who.pk).exists():
            return reverse("setup-shift", args=[who.pk])
        return reverse("setup-shifts")

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        one, at = self.row, timezone.now()
        hits = queries.visits_in_time_off(one.practitioner, one.starts_at, one.ends_at, at=at)
        self.after = "setup-shifts"
        return super().get_context_data(**kwargs) | {
            "title": f"Time off of {one.practitioner}",
            "lead": say_off(one, self.request.clinic),
            # What another clinic has noted stays there.
            "note": one.note if one.clinic_id == self.request.clinic.pk else "",
            "over": one.ends_at <= at,
            "back": self.hers,
            "back_label": str(one.practitioner),
            "says": "in this time",
            "visits": visit_lines(self.request, hits, at=at),
        }


class Closures(SetUpList):
    """The days on which nobody is treated here."""

    title = "Closures"
    lead = "Days on which nobody is treated: holidays, a move, a training day."
    columns = ("Closed for", "Days", "Kind")
    add = "setup-closure-add"
    add_label = "Add a closure"
    template_name = "bookings/closures.html"
    empty = "The clinic is open whenever somebody works. Add the public holidays of the year."

    def lines(self) -> Sequence[Line]:
        today = self.request.clinic.day_of(timezone.now())
        rows = queries.closures_of(self.request.user, self.request.clinic)
        return [
            Line(
                one.name,
                reverse("setup-closure", args=[one.pk]),
                (say_days(one), "Public holiday" if one.is_holiday else "Closure"),
            )
            for one in rows.filter(last_on__gte=today)
        ]


def say_days(one: Closure) -> str:
    """The days of a closure in words."""
    first, last = say_date(one.first_on), say_date(one.last_on)
    return first if first == last else f"{first}, through {last}"


class AddClosure(_LooksFirst):
    """Closed from a day through another."""

    title = "Add a closure"
    lead = "Nobody can be booked on these days. What is booked stays until you move or cancel it."
    verb = "Close the clinic"
    after = "setup-closures"
    after_label = "Closures"
    template_name = "bookings/absence_form.html"
    form_class = ClosureForm

    def hits(self, form: ClosureForm) -> Sequence[Appointment]:
        days = form.values["first_on"], form.values["last_on"]
        return queries.visits_in_closure(self.request.clinic, *days, at=timezone.now())

    def perform(self, form: ClosureForm) -> Closure:
        return operations.close_clinic(
            clinic=self.request.clinic, **form.values, **acting(self.request), once=form.key
        )

    def where_to(self, result: Closure) -> str:
        messages.success(self.request, f"Closed for {result.name}: {say_days(result)}.")
        return reverse("setup-closure", args=[result.pk])


class OneClosure(SetUpRow):
    """One closure, the visits it still hits, and taking it back."""

    template_name = "bookings/absence.html"
    form_class = WithdrawForm
    verb = "Open the clinic then"
    after = "setup-closures"
    after_label = "Closures"

    def rows(self) -> QuerySet[Closure]:
        return queries.closures_of(self.request.user, self.request.clinic)

    def get_initial(self) -> dict[str, Any]:
        return {"version": self.row.version}

    def perform(self, form: WithdrawForm) -> Closure:
        return operations.withdraw_closure(
            closure=self.row, **form.values, **acting(self.request), once=form.key
        )

    def said(self, result: Closure) -> str:
        return f"The clinic is open then: {say_days(result)}."

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        one, at, clinic = self.row, timezone.now(), self.request.clinic
        hits = queries.visits_in_closure(clinic, one.first_on, one.last_on, at=at)
        return super().get_context_data(**kwargs) | {
            "title": one.name,
            "lead": say_days(one),
            "note": "",
            "over": one.last_on < clinic.day_of(at),
            "says": "on these days",
            "visits": visit_lines(self.request, hits, at=at),
        }


class Holidays(SetUpForm):
    """The public holidays of the clinic's state, to tick for a year."""

    title = "Public holidays"
    verb = "Close on these days"
    after = "setup-closures"
    after_label = "Closures"
    template_name = "bookings/holidays.html"
    form_class = HolidaysForm

    @cached_property
    def years(self) -> tuple[int, int]:
        """This year and the next."""
        this = self.request.clinic.day_of(timezone.now()).year
        return this, this + 1

    @cached_property
    def year(self) -> int:
        """The year asked for, one of the two."""
        this, following = self.years
        return following if self.request.GET.get("year") == str(following) else this

    def get_form_kwargs(self) -> dict[str, Any]:
        # A form that is sent again still knows what its first press has closed.
        offered = queries.holidays_to_close(
            self.request.clinic,
            self.year,
            at=timezone.now(),
            also_closed=self.request.method == "POST",
        )
        return super().get_form_kwargs() | {"offered": offered}

    def perform(self, form: HolidaysForm) -> Clinic:
        return operations.add_holidays(
            clinic=self.request.clinic, **form.values, **acting(self.request), once=form.key
        )

    def said(self, result: Clinic) -> str:
        return "The clinic is closed on the days you ticked."

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        clinic = self.request.clinic
        return super().get_context_data(**kwargs) | {
            "lead": f"What is public in {clinic.state}, as far as it is ahead. Visits stay booked.",
            "year": self.year,
            "years": self.years,
        }
