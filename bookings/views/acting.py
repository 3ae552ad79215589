"""The doors behind the card's buttons: one press, one operation."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from functools import partial
from typing import Any, ClassVar

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.urls import reverse
from django.utils import timezone

from bookings import operations, queries
from bookings.forms.acting import AllowForm, CancelForm, MoveForm, StepForm
from bookings.models import Appointment
from bookings.rules.choice import choice_key
from bookings.rules.fit import ABOUT_TIME
from bookings.rules.status import Act
from bookings.views.card import again_url, fresh_move, late_of, show_card
from bookings.views.undoing import board_before, offer_undo, undo_done
from bookings.views.why_not import why_moved
from clinic.models import Practitioner
from clinic.permissions import Permission
from clinic.queries.licenses import practitioners_of
from clinic.refusals import Refusal
from clinic.rules import is_twice, say_date, say_time, say_weekday
from clinic.views.doors import FormPage, acting


class _OnVisit(FormPage):
    """A press on the card: one operation, then the board or the page with what came of it."""

    http_method_names = ["post"]
    may = (Permission.BOOK,)
    act: ClassVar[Act]
    operation: ClassVar[Callable[..., Appointment]]
    form_class: type[Any] = StepForm

    def post(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        clinic = self.request.clinic
        user = self.request.user
        found = queries.visit_for(user=user, clinic=clinic, key=kwargs["pk"])
        if found is None:
            raise Http404
        self.appointment = found
        return super().post(request, *args, **kwargs)

    def get_form_kwargs(self) -> dict[str, Any]:
        return super().get_form_kwargs() | {"auto_id": f"{self.act}-%s"}

    def perform(self, form: Any) -> Appointment:
        return type(self).operation(
            appointment=self.appointment, **form.values, **acting(self.request), once=form.key
        )

    def where_to(self, result: Appointment) -> str:
        self.tell(result)
        if self.request.htmx:
            return f"{reverse('day-on', args=[result.local_date])}?visit={result.pk}"
        return reverse("appointment", args=[result.pk])

    def tell(self, result: Appointment) -> None:
        """Say on the next page what has been done."""
        messages.success(self.request, self.said(result))

    def said(self, visit: Appointment) -> str:
        """What has been done, in one line."""
        return f"{visit.patient.name} is {visit.get_status_display().lower()}."

    def form_invalid(self, form: Any) -> HttpResponse:
        return show_card(
            self.request, self.appointment.pk, bound={self.act: form}, status=form.status
        )

    def form_refused(self, form: Any, no: Refusal) -> HttpResponse:
        return self.form_invalid(form)


class Confirm(_OnVisit):
    """The patient said she will come."""

    act = Act.CONFIRM
    operation = staticmethod(operations.confirm)


class Arrive(_OnVisit):
    """The patient is here."""

    act = Act.ARRIVE
    operation = staticmethod(operations.mark_arrived)

    def said(self, visit: Appointment) -> str:
        return f"{visit.patient.name} has arrived."


class AllowInterval(_OnVisit):
    """Someone who may lets the visit be treated sooner than the interval."""

    may = (Permission.OVERRIDE,)
    operation = staticmethod(operations.allow_interval)
    form_class = AllowForm

    def get_form_kwargs(self) -> dict[str, Any]:
        return super(_OnVisit, self).get_form_kwargs() | {"auto_id": "allow-%s"}

    def said(self, visit: Appointment) -> str:
        return f"The shorter interval of {visit.patient.name} is allowed."

    def form_invalid(self, form: Any) -> HttpResponse:
        return show_card(self.request, self.appointment.pk, allowing=form, status=form.status)


class _Undoable(_OnVisit):
    """A press that can be taken back: the next pages offer to, as long as it can."""

    def tell(self, result: Appointment) -> None:
        offer_undo(self.request, result, self.said(result))


class NoShow(_Undoable):
    """The patient did not come."""

    act = Act.NO_SHOW
    operation = staticmethod(operations.mark_no_show)

    def said(self, visit: Appointment) -> str:
        return f"{visit.patient.name} is marked as a no-show. The time is free again."


class Cancel(_Undoable):
    """The visit is called off, with its reason."""

    act = Act.CANCEL
    operation = staticmethod(operations.cancel)
    form_class = CancelForm

    def get_form_kwargs(self) -> dict[str, Any]:
        late = late_of(self.appointment, timezone.now())
        return super().get_form_kwargs() | {"late": late}

    def said(self, visit: Appointment) -> str:
        return f"The visit of {visit.patient.name} is cancelled. The time is free again."


class Move(_Undoable):
    """The visit goes to another time or another practitioner."""

    act = Act.MOVE
    operation = staticmethod(operations.move)
    form_class = MoveForm

    def get_form_kwargs(self) -> dict[str, Any]:
        clinic = self.request.clinic
        return super().get_form_kwargs() | {"practitioners": partial(practitioners_of, clinic)}

    def form_invalid(self, form: Any) -> HttpResponse:
        if self.looks:
            around, who = form.glimpse()
            if self.request.POST["look"] == "?":
                form.why = self._why(around, who)
                return show_card(self.request, self.appointment.pk, bound={self.act: form})
            self._propose(form, around or self.appointment.starts_at, who)
            return show_card(self.request, self.appointment.pk, bound={self.act: form})
        if form.twice:
            who = form.cleaned_data.get("practitioner") or self.appointment.practitioner
            form.proposed = [self._offer(who, one) for one in form.twice]
        return super().form_invalid(form)

    def _why(self, starts_at: dt.datetime | None, who: Practitioner | None) -> dict[str, Any]:
        """Why the time that is typed does not do; writes nothing."""
        if starts_at is None or who is None:
            return {"missing": "Choose first: date, time and practitioner.", "asked": []}
        return why_moved(self.appointment, starts_at, who, at=timezone.now())

    def perform(self, form: Any) -> Appointment:
        # A refusal takes the field it belongs to out of the form's values.
        self.wanted = dict(form.cleaned_data)
        return super().perform(form)

    def post(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        self.looks = "look" in self.request.POST
        return super().post(request, *args, **kwargs)

    def get_form(self, form_class: Any = None) -> Any:
        form = super().get_form(form_class)
        if not self.looks:
            return form
        # A look writes nothing and judges nothing: what was typed stands there as before.
        kwargs = self.get_form_kwargs() | {"data": None, "files": None}
        return MoveForm(**kwargs | {"initial": self.request.POST.dict()})

    def form_refused(self, form: Any, no: Refusal) -> HttpResponse:
        if no.rule in ABOUT_TIME:
            self._propose(form, self.wanted["starts_at"], self.wanted["practitioner"])
        return super().form_refused(form, no)

    def _propose(self, form: Any, around: dt.datetime, who: Practitioner | None) -> None:
        """Offer the free times nearest to an instant."""
        at, visit = timezone.now(), self.appointment
        found = queries.nearest_free_times(
            clinic=visit.clinic,
            need=visit,
            around=max(around, at),
            at=at,
            practitioner=who,
            patient=visit.patient,
            but=visit,
        )
        form.proposed = [self._offer(one.practitioner, one.starts_at) for one in found]
        if found and who is not None and not any(one.practitioner.pk == who.pk for one in found):
            form.none_with = who.name

    def _offer(self, who: Practitioner, starts_at: dt.datetime) -> dict[str, Any]:
        return time_offer(self.appointment, who, starts_at)

    def said(self, visit: Appointment) -> str:
        local = visit.clinic.local(visit.starts_at)
        when = f"{say_date(visit.local_date)}, {say_time(local)}, {visit.practitioner}"
        return f"The visit of {visit.patient.name} is moved to {when}."


class Undo(_OnVisit):
    """What was done last is taken back; where its time went to another, others are offered."""

    act = Act.UNDO
    operation = staticmethod(operations.undo)

    def where_to(self, result: Appointment) -> str:
        address = super().where_to(result)
        return board_before(self.request, result) or address

    def tell(self, result: Appointment) -> None:
        undo_done(self.request, result)
        super().tell(result)

    def said(self, visit: Appointment) -> str:
        local = visit.clinic.local(visit.starts_at)
        when = f"{say_date(visit.local_date)}, {say_time(local)}, {visit.practitioner}"
        return f"Undone. {visit.patient.name} is {visit.get_status_display().lower()}: {when}."

    def form_refused(self, form: Any, no: Refusal) -> HttpResponse:
        visit, done = self.appointment, queries.done_last(self.appointment)
        if no.rule not in ABOUT_TIME or done is None:
            return self.form_invalid(form)
        around = done.move.from_starts_at if done.move else visit.starts_at
        at = timezone.now()
        found = queries.nearest_free_times(
            clinic=visit.clinic,
            need=visit,
            around=max(around, at),
            at=at,
            practitioner=done.move.from_practitioner if done.move else visit.practitioner,
            patient=visit.patient,
            but=visit if done.move else None,
        )
        bound: dict[Act, Any] = {Act.UNDO: form}
        if done.move:
            again = fresh_move(visit, self.request)
            again.proposed = [time_offer(visit, one.practitioner, one.starts_at) for one in found]
            bound[Act.MOVE] = again
        else:
            form.offers = [
                time_offer(visit, one.practitioner, one.starts_at)
                | {"url": again_url(visit, one.practitioner, one.starts_at)}
                for one in found
            ]
        return show_card(self.request, visit.pk, bound=bound, status=form.status)


def time_offer(visit: Appointment, who: Practitioner, starts_at: dt.datetime) -> dict[str, Any]:
    """A free time for a visit, as a card shows it."""
    local = visit.clinic.local(starts_at)
    zone = f" {local:%Z}" if is_twice(local) else ""
    return {
        "value": choice_key(who.pk, starts_at),
        "label": f"{say_time(local)}{zone}",
        "note": f"{say_weekday(local)} · {who}",
        "says": f"{say_date(local.date())}, {say_time(local)}{zone}, {who}",
    }
