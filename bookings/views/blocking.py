"""Blocked time: put on the board from an empty cell, and given back from its own."""

from __future__ import annotations

import datetime as dt
from contextlib import suppress
from typing import Any

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.urls import reverse
from django.utils import timezone

from bookings import operations, queries
from bookings.forms.blocking import NEXT, BlockForm, UnblockForm
from bookings.models import TimeOff
from bookings.rules.blocks import LENGTHS
from clinic.permissions import Permission
from clinic.queries.licenses import practitioners_of
from clinic.refusals import Refusal
from clinic.rules import say_date, say_span, say_time
from clinic.views.doors import FormPage, acting

PREFILLED = ("practitioner", "date", "time")


class BlockTime(FormPage):
    """Keep time free of visits: `?practitioner=&date=&time=` comes from an empty cell."""

    may = (Permission.BLOCK_TIME,)
    form_class = BlockForm

    def get_template_names(self) -> list[str]:
        return ["bookings/_block.html" if self.request.htmx else "bookings/block.html"]

    def get_form_kwargs(self) -> dict[str, Any]:
        return super().get_form_kwargs() | {"practitioners": practitioners_of(self.request.clinic)}

    def get_form(self, form_class: Any = None) -> BlockForm:
        form: BlockForm = super().get_form(form_class)
        # Beside the board it is the heading that gets it.
        if not form.is_bound and not self.request.htmx:
            form.fields["practitioner"].widget.attrs["autofocus"] = True
        return form

    def get_initial(self) -> dict[str, Any]:
        clinic, given = self.request.clinic, self.request.GET
        initial: dict[str, Any] = {"date": clinic.day_of(timezone.now())}
        initial |= {name: given[name] for name in PREFILLED if given.get(name)}
        with suppress(KeyError, ValueError):
            # The board's links say 13:00; on the page a time reads as everywhere else.
            typed = dt.time.fromisoformat(initial["time"])
            initial["time"] = say_time(dt.datetime.combine(dt.date.min, typed))
        return initial

    def perform(self, form: BlockForm) -> TimeOff:
        values = form.values
        length, starts_at = values.pop("length"), values["starts_at"]
        if length == NEXT:
            ends_at = queries.free_until(self.request.clinic, values["practitioner"], starts_at)
            if ends_at is None:
                name = values["practitioner"].name
                says = f"{name} is busy or not at work then."
                raise Refusal(says, rule="T1", field="starts_at")
        else:
            ends_at = starts_at + dt.timedelta(minutes=int(length))
        return operations.block_time(
            clinic=self.request.clinic,
            **values,
            ends_at=ends_at,
            **acting(self.request),
            once=form.key,
        )

    def where_to(self, result: TimeOff) -> str:
        local = self.request.clinic.local
        span = say_span(local(result.starts_at), local(result.ends_at))
        messages.success(self.request, f"Blocked: {result.practitioner.name}, {span}.")
        return reverse("day-on", args=[local(result.starts_at).date()])

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        return super().get_context_data(**kwargs) | {"lengths": LENGTHS, "next": NEXT}


class OneBlock(FormPage):
    """A block: whose, from when to when, why; one press gives the time back."""

    may = (Permission.BLOCK_TIME,)
    form_class = UnblockForm
    block: TimeOff

    def get_template_names(self) -> list[str]:
        return ["bookings/_unblock.html" if self.request.htmx else "bookings/unblock.html"]

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> Any:
        self.key = kwargs["pk"]
        return super().dispatch(request, *args, **kwargs)

    def _found(self) -> TimeOff:
        found = queries.block_for(user=self.request.user, clinic=self.request.clinic, key=self.key)
        if found is None:
            raise Http404
        return found

    def get(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        self.block = self._found()
        return super().get(request, *args, **kwargs)

    def post(self, request: HttpRequest, *args: str, **kwargs: Any) -> HttpResponse:
        self.block = self._found()
        return super().post(request, *args, **kwargs)

    def get_initial(self) -> dict[str, Any]:
        return {"version": self.block.version}

    def perform(self, form: UnblockForm) -> TimeOff:
        return operations.unblock_time(
            block=self.block, **form.values, **acting(self.request), once=form.key
        )

    def where_to(self, result: TimeOff) -> str:
        messages.success(self.request, f"{result.practitioner.name}: the time is free again.")
        return reverse("day-on", args=[self._local(result.starts_at).date()])

    def _local(self, instant: dt.datetime) -> dt.datetime:
        local: dt.datetime = self.request.clinic.local(instant)
        return local

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        starts, ends = self._local(self.block.starts_at), self._local(self.block.ends_at)
        made = self._local(self.block.created_at)
        return super().get_context_data(**kwargs) | {
            "blocked": self.block,
            "day": say_date(starts.date()),
            "span": say_span(starts, ends),
            "made": f"{say_date(made.date())}, {say_time(made)}",
            "open": self.block.withdrawn_at is None and self.block.ends_at > timezone.now(),
            "board": reverse("day-on", args=[starts.date()]),
        }
